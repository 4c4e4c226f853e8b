package lancehost

import (
	"fmt"
	"math"
	"reflect"
	"unsafe"
)

// compileNumber returns nil if the type is no number.
func compileNumber(t reflect.Type, b *builder) appender {
	if isExact(t, b.dataType) {
		return compileExact(b)
	}
	load := numberOf(t)
	if load == nil {
		return nil
	}
	return func(p unsafe.Pointer) error {
		word, err := load(p).as(b.dataType)
		if err == nil {
			b.appendWord(word)
		}
		return err
	}
}

// isExact is whether Go keeps a value as the column does.
func isExact(t reflect.Type, to *dataType) bool {
	if int(t.Size()) != to.width {
		return false
	}
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return to.kind == kindInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return to.kind == kindUint
	case reflect.Float32, reflect.Float64:
		return to.kind == kindFloat
	}
	return false
}

func compileExact(b *builder) appender {
	switch b.dataType.width {
	case 1:
		return func(p unsafe.Pointer) error {
			b.appendWord(uint64(*(*uint8)(p)))
			return nil
		}
	case 2:
		return func(p unsafe.Pointer) error {
			b.appendWord(uint64(*(*uint16)(p)))
			return nil
		}
	case 4:
		return func(p unsafe.Pointer) error {
			b.appendWord(uint64(*(*uint32)(p)))
			return nil
		}
	default:
		return func(p unsafe.Pointer) error {
			b.appendWord(*(*uint64)(p))
			return nil
		}
	}
}

// A number is any of Go's, without a loss.
type number struct {
	kind typeKind
	i    int64
	u    uint64
	f    float64
}

func (n number) String() string {
	switch n.kind {
	case kindInt:
		return fmt.Sprint(n.i)
	case kindUint:
		return fmt.Sprint(n.u)
	default:
		return fmt.Sprint(n.f)
	}
}

// numberOf reads a number; nil if the type is none.
func numberOf(t reflect.Type) func(p unsafe.Pointer) number {
	switch t.Kind() {
	case reflect.Int:
		return loadInt[int]
	case reflect.Int8:
		return loadInt[int8]
	case reflect.Int16:
		return loadInt[int16]
	case reflect.Int32:
		return loadInt[int32]
	case reflect.Int64:
		return loadInt[int64]
	case reflect.Uint:
		return loadUint[uint]
	case reflect.Uint8:
		return loadUint[uint8]
	case reflect.Uint16:
		return loadUint[uint16]
	case reflect.Uint32:
		return loadUint[uint32]
	case reflect.Uint64:
		return loadUint[uint64]
	case reflect.Float32:
		return loadFloat[float32]
	case reflect.Float64:
		return loadFloat[float64]
	}
	return nil
}

func loadInt[T int | int8 | int16 | int32 | int64](p unsafe.Pointer) number {
	return number{kind: kindInt, i: int64(*(*T)(p))}
}

func loadUint[T uint | uint8 | uint16 | uint32 | uint64](p unsafe.Pointer) number {
	return number{kind: kindUint, u: uint64(*(*T)(p))}
}

func loadFloat[T float32 | float64](p unsafe.Pointer) number {
	return number{kind: kindFloat, f: float64(*(*T)(p))}
}

// as converts a number to the word that a column of the type has for it. A whole number is kept
// exactly, or refused.
func (n number) as(to *dataType) (uint64, error) {
	var word uint64
	fits := false
	switch to.kind {
	case kindFloat:
		word, fits = n.float(to.width)
	case kindUint:
		word, fits = n.uint()
		fits = fits && word <= math.MaxUint64>>(64-8*to.width)
	default: // Integers, and what is counted in them.
		var value int64
		value, fits = n.int()
		bound := int64(math.MaxInt64 >> (64 - 8*to.width))
		word, fits = uint64(value), fits && value <= bound && value >= -bound-1
	}
	if !fits {
		return 0, refuse(codeInvalid, "%v does not fit %s", n, to.text)
	}
	return word, nil
}

func (n number) int() (int64, bool) {
	switch n.kind {
	case kindInt:
		return n.i, true
	case kindUint:
		return int64(n.u), n.u <= math.MaxInt64
	default:
		return int64(n.f), n.f == math.Trunc(n.f) && n.f >= -1<<63 && n.f < 1<<63
	}
}

func (n number) uint() (uint64, bool) {
	switch n.kind {
	case kindInt:
		return uint64(n.i), n.i >= 0
	case kindUint:
		return n.u, true
	default:
		return uint64(n.f), n.f == math.Trunc(n.f) && n.f >= 0 && n.f < 1<<64
	}
}

// float rounds fractions, as is usual, but neither whole numbers nor to infinity.
func (n number) float(width int) (uint64, bool) {
	value, whole := n.f, n.kind != kindFloat
	switch n.kind {
	case kindInt:
		value = float64(n.i)
		if back, ok := (number{kind: kindFloat, f: value}).int(); !ok || back != n.i {
			return 0, false
		}
	case kindUint:
		value = float64(n.u)
		if back, ok := (number{kind: kindFloat, f: value}).uint(); !ok || back != n.u {
			return 0, false
		}
	}
	var word uint64
	var stored float64
	switch width {
	case 2:
		half := toHalf(float32(value))
		word, stored = uint64(half), fromHalf(half)
	case 4:
		word, stored = uint64(math.Float32bits(float32(value))), float64(float32(value))
	default:
		return math.Float64bits(value), true
	}
	if whole && stored != value || math.IsInf(stored, 0) && !math.IsInf(value, 0) {
		return 0, false
	}
	return word, true
}

// toHalf rounds to the nearest number of 16 bits, of two equally near ones to the even.
func toHalf(value float32) uint16 {
	bits := math.Float32bits(value)
	sign := uint16(bits >> 16 & 0x8000)
	exponent := int(bits>>23&0xff) - 127
	fraction := bits & 0x7fffff
	switch {
	case exponent == 128 && fraction != 0:
		return sign | 0x7e00
	case exponent > 15:
		return sign | 0x7c00
	case exponent < -25:
		return sign
	}
	shift := 13
	mantissa := fraction | 0x800000
	result := uint32(exponent+14) << 10
	if exponent < -14 {
		shift += -14 - exponent
		result = 0
	}
	result += mantissa >> shift
	rest, half := mantissa&(1<<shift-1), uint32(1)<<(shift-1)
	if rest > half || rest == half && result&1 == 1 {
		// Into the exponent, where the fraction is full.
		result++
	}
	return sign | uint16(result)
}

func fromHalf(half uint16) float64 {
	exponent, fraction := int(half>>10&0x1f), float64(half&0x3ff)
	var value float64
	switch exponent {
	case 0:
		value = math.Ldexp(fraction, -24)
	case 31:
		if fraction != 0 {
			return math.NaN()
		}
		value = math.Inf(1)
	default:
		value = math.Ldexp(fraction+1024, exponent-25)
	}
	if half&0x8000 != 0 {
		return -value
	}
	return value
}

// compileVector returns nil if the type is no slice or array of numbers.
func compileVector(t reflect.Type, b *builder) appender {
	if t.Kind() != reflect.Slice && t.Kind() != reflect.Array {
		return nil
	}
	items, item := itemsOf(t), b.dataType.parts[0].dataType
	stride, size := t.Elem().Size(), b.dataType.size
	exact := isExact(t.Elem(), item)
	load := numberOf(t.Elem())
	if load == nil {
		return nil
	}
	// One item at a time goes through a builder of its own.
	scratch := newBuilder(item, false, false, new(int))
	return func(p unsafe.Pointer) error {
		first, count := items(p)
		if count != size {
			return refuse(codeDimension, "the vector has %d items instead of %d", count, size)
		}
		if exact && count > 0 {
			b.appendFixed(unsafe.Slice((*byte)(first), b.dataType.width))
			return nil
		}
		scratch.reset()
		for i := range count {
			word, err := load(unsafe.Add(first, uintptr(i)*stride)).as(item)
			if err != nil {
				return err
			}
			scratch.appendWord(word)
		}
		b.appendFixed(scratch.data)
		return nil
	}
}

// itemsOf reads where the items of a slice or an array are, and how many.
func itemsOf(t reflect.Type) func(p unsafe.Pointer) (first unsafe.Pointer, count int) {
	if t.Kind() == reflect.Array {
		count := t.Len()
		return func(p unsafe.Pointer) (unsafe.Pointer, int) { return p, count }
	}
	return func(p unsafe.Pointer) (unsafe.Pointer, int) {
		// The items' type does not matter for where they are.
		slice := *(*[]byte)(p)
		return unsafe.Pointer(unsafe.SliceData(slice)), len(slice)
	}
}
