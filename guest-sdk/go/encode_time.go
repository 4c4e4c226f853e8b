package lancehost

import (
	"math/big"
	"reflect"
	"strings"
	"time"
	"unsafe"
)

// unitLength is how long a unit takes.
var unitLength = map[string]time.Duration{
	"s": time.Second, "ms": time.Millisecond, "us": time.Microsecond, "ns": time.Nanosecond,
}

const secondsPerDay = 24 * 60 * 60

// compileTime returns nil if the type is no time. Whole numbers are taken as counts of the
// column's unit.
func compileTime(t reflect.Type, b *builder) appender {
	to := b.dataType
	switch {
	case t == timeType && to.kind != kindDuration:
		return func(p unsafe.Pointer) error {
			return b.appendTime(*(*time.Time)(p))
		}
	case t == durationType && (to.kind == kindDuration || to.kind == kindTime):
		unit := int64(unitLength[to.unit])
		return func(p unsafe.Pointer) error {
			return b.appendCount(floor(*(*int64)(p), unit))
		}
	case to.kind != kindDuration && textOf(t) != nil:
		text := textOf(t)
		return func(p unsafe.Pointer) error {
			value, err := text(p)
			if err != nil {
				return err
			}
			moment, err := parseTime(value, to)
			if err != nil {
				return err
			}
			return b.appendTime(moment)
		}
	case t != durationType && isWhole(t):
		return compileNumber(t, b)
	}
	return nil
}

func isWhole(t reflect.Type) bool {
	return t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64
}

// appendTime appends a moment. What is finer than the column's unit is cut off. A zoned timestamp
// keeps the instant; everything else keeps what the clock and the calendar show in the time's own
// location.
func (b *builder) appendTime(moment time.Time) error {
	to := b.dataType
	if !to.zoned {
		year, month, day := moment.Date()
		hour, minute, second := moment.Clock()
		moment = time.Date(year, month, day, hour, minute, second, moment.Nanosecond(), time.UTC)
	}
	seconds, nanoseconds := moment.Unix(), int64(moment.Nanosecond())
	switch to.kind {
	case kindDate:
		days := floor(seconds, secondsPerDay)
		if to.unit == "ms" {
			days *= secondsPerDay * 1000
		}
		return b.appendCount(days)
	case kindTime:
		seconds -= floor(seconds, secondsPerDay) * secondsPerDay
	}
	perSecond := int64(time.Second / unitLength[to.unit])
	count := seconds*perSecond + nanoseconds/int64(unitLength[to.unit])
	if floor(count, perSecond) != seconds {
		return refuse(codeInvalid, "%s is out of the range of %s", moment.Format(time.RFC3339Nano), to.text)
	}
	return b.appendCount(count)
}

func (b *builder) appendCount(count int64) error {
	word, err := number{kind: kindInt, i: count}.as(b.dataType)
	if err == nil {
		b.appendWord(word)
	}
	return err
}

// floor divides, and rounds down.
func floor(value, by int64) int64 {
	quotient := value / by
	if value%by < 0 {
		quotient--
	}
	return quotient
}

// parseTime reads the text of a date, a time of day or a moment.
func parseTime(text string, to *dataType) (time.Time, error) {
	layout := "2006-01-02T15:04:05"
	switch {
	case to.kind == kindDate:
		layout = time.DateOnly
	case to.kind == kindTime:
		layout = time.TimeOnly
	case to.zoned:
		layout = time.RFC3339
	}
	moment, err := time.Parse(layout, text)
	if err != nil {
		return time.Time{}, refuse(codeInvalid, "%q is no %s, which looks like %s", text, to.text, layout)
	}
	return moment, nil
}

// compileDecimal returns nil if the type is neither text nor a whole number.
func compileDecimal(t reflect.Type, b *builder) appender {
	to := b.dataType
	text := textOf(t)
	if load := numberOf(t); load != nil && isWhole(t) {
		text = func(p unsafe.Pointer) (string, error) { return load(p).String(), nil }
	}
	if text == nil {
		return nil
	}
	return func(p unsafe.Pointer) error {
		value, err := text(p)
		if err != nil {
			return err
		}
		bytes, err := parseDecimal(value, to)
		if err == nil {
			b.appendFixed(bytes)
		}
		return err
	}
}

// parseDecimal reads a decimal number to its unscaled value in two's complement, little-endian.
func parseDecimal(text string, to *dataType) ([]byte, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	exponent := to.scale - len(fraction)
	digits := whole + fraction
	for ; exponent < 0 && strings.HasSuffix(digits, "0"); exponent++ {
		digits = digits[:len(digits)-1]
	}
	unscaled, ok := new(big.Int).SetString(digits, 10)
	if !ok || whole == "" || strings.ContainsAny(fraction, "+-_") {
		return nil, refuse(codeInvalid, "%q is no decimal number", text)
	}
	if exponent < 0 {
		return nil, refuse(codeInvalid, "%s has more digits behind the point than %s", text, to.text)
	}
	ten := big.NewInt(10)
	unscaled.Mul(unscaled, new(big.Int).Exp(ten, big.NewInt(int64(exponent)), nil))
	bound := new(big.Int).Exp(ten, big.NewInt(int64(to.precision)), nil)
	if unscaled.CmpAbs(bound) >= 0 {
		return nil, refuse(codeInvalid, "%s has more digits than %s", text, to.text)
	}
	if unscaled.Sign() < 0 {
		unscaled.Add(unscaled, new(big.Int).Lsh(big.NewInt(1), uint(8*to.width)))
	}
	bytes := unscaled.FillBytes(make([]byte, to.width))
	for i, j := 0, len(bytes)-1; i < j; i, j = i+1, j-1 {
		bytes[i], bytes[j] = bytes[j], bytes[i]
	}
	return bytes, nil
}
