package lancehost

import (
	"reflect"
	"slices"
	"unsafe"
)

// A lane takes the plain values of one field: those that Go keeps as the column does, or pointers to
// such. What costs most of Go in WebAssembly is to call a function, so they are written to their
// places in one loop, without a call. That cannot fail.
//
// A lane writes to the memory of its column's builder, which learns of it when the batch is finished.
type lane struct {
	// offset is where the field is in its struct.
	offset  uintptr
	kind    plain
	pointer bool
	// data and offsets have room for as many rows as the batch has, and data for so many bytes of text.
	data, offsets unsafe.Pointer
	bytes         int
	// valid has a bit for each row of a pointer, whether there are nulls or not.
	valid  []byte
	nulls  bool
	column *builder
}

type plain uint8

const (
	notPlain plain = iota
	plainBool
	plainWord32
	plainWord64
	plainText
)

// laneOf makes the lane of a field; its kind is notPlain if the field has none.
func laneOf(field goField, column *builder) lane {
	l := lane{offset: field.offset, column: column}
	t := field.goType
	if t.Kind() == reflect.Pointer {
		t, l.pointer = t.Elem(), true
	}
	switch to := column.dataType; {
	case isExact(t, to) && to.width == 4:
		l.kind = plainWord32
	case isExact(t, to) && to.width == 8:
		l.kind = plainWord64
	case t.Kind() == reflect.Bool && to.kind == kindBool:
		l.kind = plainBool
	case t.Kind() == reflect.String && to.kind == kindText && to.width == 4 && !isTextMarshaler(t):
		l.kind = plainText
	}
	return l
}

// appendPlain writes the plain values of the row at an address.
func (b *batch) appendPlain(row unsafe.Pointer) {
	at := b.rows
	if at == b.room {
		b.widen()
	}
	bits, bit := at>>3, byte(1)<<(at&7)
	for i := range b.lanes {
		l := &b.lanes[i]
		p := unsafe.Add(row, l.offset)
		if l.pointer {
			valid := (*byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(l.valid)), bits))
			if p = *(*unsafe.Pointer)(p); p == nil {
				// Zeros are an empty text too.
				p = unsafe.Pointer(&zeros)
				l.nulls = true
				*valid &^= bit
			} else {
				*valid |= bit
			}
		}
		if l.kind == plainWord64 {
			*(*uint64)(unsafe.Add(l.data, at*8)) = *(*uint64)(p)
		} else if l.kind == plainText {
			text := *(*string)(p)
			ends := unsafe.Add(l.offsets, at*4)
			start := int(*(*uint32)(ends))
			end := start + len(text)
			if end > l.bytes {
				l.lengthen(start, end)
			}
			*(*uint32)(unsafe.Add(ends, 4)) = uint32(end)
			from, to := unsafe.Pointer(unsafe.StringData(text)), unsafe.Add(l.data, start)
			// Most texts are short, and not worth a call.
			switch n := len(text); {
			case n > 64:
				copy(unsafe.Slice((*byte)(to), n), text)
			case n >= 8:
				for i := 0; i < n-8; i += 8 {
					*(*uint64)(unsafe.Add(to, i)) = *(*uint64)(unsafe.Add(from, i))
				}
				*(*uint64)(unsafe.Add(to, n-8)) = *(*uint64)(unsafe.Add(from, n-8))
			case n >= 4:
				*(*uint32)(to) = *(*uint32)(from)
				*(*uint32)(unsafe.Add(to, n-4)) = *(*uint32)(unsafe.Add(from, n-4))
			case n > 0:
				*(*byte)(to) = *(*byte)(from)
				*(*byte)(unsafe.Add(to, n>>1)) = *(*byte)(unsafe.Add(from, n>>1))
				*(*byte)(unsafe.Add(to, n-1)) = *(*byte)(unsafe.Add(from, n-1))
			}
			b.size += len(text)
		} else if l.kind == plainBool {
			byte := (*byte)(unsafe.Add(l.data, bits))
			if *(*bool)(p) {
				*byte |= bit
			} else {
				*byte &^= bit
			}
		} else {
			*(*uint32)(unsafe.Add(l.data, at*4)) = *(*uint32)(p)
		}
	}
	b.size += b.plainSize
}

// widen makes room for more rows.
func (b *batch) widen() {
	rows := b.rows
	b.room = max(2*b.room, 1024)
	for i := range b.lanes {
		l := &b.lanes[i]
		c := l.column
		switch l.kind {
		case plainBool:
			c.data, l.data = roomFor(c.data[:(rows+7)/8], b.room/8)
		case plainText:
			c.offsets, l.offsets = roomFor(c.offsets[:(rows+1)*4], (b.room+1)*4)
		default:
			width := c.dataType.width
			c.data, l.data = roomFor(c.data[:rows*width], b.room*width)
		}
		if l.pointer {
			l.valid, _ = roomFor(l.valid[:(rows+7)/8], b.room/8)
		}
	}
}

// lengthen makes room for more bytes of a text.
func (l *lane) lengthen(used, wanted int) {
	l.bytes = max(2*l.bytes, wanted, 1<<12)
	l.column.data, l.data = roomFor(l.column.data[:used], l.bytes)
}

func roomFor(content []byte, bytes int) ([]byte, unsafe.Pointer) {
	content = slices.Grow(content, bytes-len(content))
	return content, unsafe.Pointer(unsafe.SliceData(content))
}

// settle tells the column what the lane has written.
func (l *lane) settle(rows int) {
	c := l.column
	c.length = rows
	switch l.kind {
	case plainBool:
		c.data = truncateBits(c.data[:(rows+7)/8], rows)
	case plainText:
		c.offsets = c.offsets[:(rows+1)*4]
		c.data = c.data[:*(*uint32)(unsafe.Add(l.offsets, rows*4))]
	default:
		c.data = c.data[:rows*c.dataType.width]
	}
	if l.nulls {
		c.validity = truncateBits(l.valid[:(rows+7)/8], rows)
		l.nulls = false
	}
}
