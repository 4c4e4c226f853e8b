package lancehost

import (
	"encoding/binary"
	"math"
	"math/big"
	"slices"
	"strings"
)

// A partReader takes parts of columns from the left. A function that it returns reads one value, and
// copies what the value refers to.
type partReader struct {
	rest []column
}

func (r *partReader) next() column {
	part := r.rest[0]
	r.rest = r.rest[1:]
	return part
}

// values reads the values of a type, nil where they are null.
func (r *partReader) values(t *dataType) func(at int) any {
	part := r.next()
	read := r.present(t, part)
	return func(at int) any {
		if part.validity != nil && part.validity[at>>3]>>(at&7)&1 == 0 {
			return nil
		}
		return read(at)
	}
}

func (r *partReader) present(t *dataType, part column) func(at int) any {
	switch t.kind {
	case kindBool:
		return func(at int) any { return part.buffers[0][at>>3]>>(at&7)&1 == 1 }
	case kindText, kindJSON:
		return func(at int) any { return string(variable(t, part, at)) }
	case kindBytes:
		return func(at int) any { return slices.Clone(variable(t, part, at)) }
	case kindFixedBytes:
		return func(at int) any { return slices.Clone(fixed(t, part, at)) }
	case kindDecimal:
		return func(at int) any { return decimalText(fixed(t, part, at), t.scale) }
	case kindVector:
		return func(at int) any { return vectorItems(t.parts[0].dataType, fixed(t, part, at)) }
	case kindList:
		items := r.values(t.parts[0].dataType)
		return func(at int) any {
			start, end := ends(t, part, at)
			return read(items, start, end)
		}
	case kindFixedList:
		items := r.values(t.parts[0].dataType)
		return func(at int) any { return read(items, at*t.size, (at+1)*t.size) }
	case kindStruct:
		fields := make([]func(int) any, len(t.parts))
		for i, field := range t.parts {
			fields[i] = r.values(field.dataType)
		}
		return func(at int) any {
			row := Row{}
			for i, field := range t.parts {
				row[field.name] = fields[i](at)
			}
			return row
		}
	case kindMap:
		r.next() // The entries have nothing of their own.
		keys, values := r.values(t.parts[0].dataType), r.values(t.parts[1].dataType)
		return func(at int) any {
			start, end := ends(t, part, at)
			entries := make([][2]any, 0, end-start)
			for i := start; i < end; i++ {
				entries = append(entries, [2]any{keys(i), values(i)})
			}
			return entries
		}
	case kindDictionary:
		values := r.values(t.parts[1].dataType)
		return func(at int) any { return values(int(word(fixed(t, part, at)))) }
	}
	return func(at int) any { return numberAt(t, fixed(t, part, at)) }
}

func read(items func(int) any, start, end int) []any {
	list := make([]any, 0, end-start)
	for i := start; i < end; i++ {
		list = append(list, items(i))
	}
	return list
}

// ends are where a value of varying size begins and ends.
func ends(t *dataType, part column, at int) (start, end int) {
	offset := func(i int) int { return int(word(part.buffers[0][i*t.width:][:t.width])) }
	return offset(at), offset(at + 1)
}

func variable(t *dataType, part column, at int) []byte {
	start, end := ends(t, part, at)
	return part.buffers[1][start:end]
}

func fixed(t *dataType, part column, at int) []byte {
	return part.buffers[0][at*t.width:][:t.width]
}

// word is a number of up to eight bytes, without its sign.
func word(value []byte) uint64 {
	var all [8]byte
	copy(all[:], value)
	return binary.LittleEndian.Uint64(all[:])
}

func numberAt(t *dataType, value []byte) any {
	bits := word(value)
	switch t.kind {
	case kindUint:
		return bits
	case kindFloat:
		switch t.width {
		case 2:
			return halfValue(uint16(bits))
		case 4:
			return float64(math.Float32frombits(uint32(bits)))
		}
		return math.Float64frombits(bits)
	}
	unused := 64 - 8*t.width
	return int64(bits<<unused) >> unused
}

func halfValue(bits uint16) float64 {
	sign := 1.0
	if bits&0x8000 != 0 {
		sign = -1
	}
	exponent, fraction := int(bits>>10&0x1f), float64(bits&0x3ff)
	switch exponent {
	case 0:
		return sign * math.Ldexp(fraction, -24)
	case 0x1f:
		if fraction != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

func vectorItems(item *dataType, value []byte) any {
	switch item.text {
	case "float32":
		return itemsAs(item, value, func(number any) float32 { return float32(number.(float64)) })
	case "float16", "float64":
		return itemsAs(item, value, func(number any) float64 { return number.(float64) })
	case "uint8":
		return itemsAs(item, value, func(number any) uint64 { return number.(uint64) })
	}
	return itemsAs(item, value, func(number any) int64 { return number.(int64) })
}

func itemsAs[T any](item *dataType, value []byte, as func(any) T) []T {
	items := make([]T, 0, len(value)/item.width)
	for bytes := range slices.Chunk(value, item.width) {
		items = append(items, as(numberAt(item, bytes)))
	}
	return items
}

// decimalText writes a number in units of its last place.
func decimalText(value []byte, scale int) string {
	bytes := slices.Clone(value)
	slices.Reverse(bytes)
	number := new(big.Int).SetBytes(bytes)
	if bytes[0]&0x80 != 0 {
		number.Sub(number, new(big.Int).Lsh(big.NewInt(1), uint(8*len(bytes))))
	}
	if scale <= 0 {
		return number.Mul(number, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(-scale)), nil)).String()
	}
	digits := new(big.Int).Abs(number).String()
	if missing := scale + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	point := len(digits) - scale
	text := digits[:point] + "." + digits[point:]
	if number.Sign() < 0 {
		text = "-" + text
	}
	return text
}
