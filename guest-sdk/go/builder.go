package lancehost

import (
	"bytes"
	"encoding/binary"
)

// A column is a batch of values in the Arrow columnar format, as the contract wants it. Its
// buffers belong to the builder, and hold until that is reset.
type column struct {
	length   int
	validity []byte
	buffers  [][]byte
}

// A builder collects the values of one column of a batch, in the layout in which they leave. A
// nested one has builders for its parts.
type builder struct {
	dataType *dataType
	nullable bool
	// top is whether this is a column, rather than a part of one.
	top    bool
	length int
	// validity is kept from the first null on.
	validity []byte
	// data has the values of fixed width, the bits of booleans, or the bytes of text.
	data []byte
	// offsets are where values end, after a leading 0, where their size varies.
	offsets []byte
	parts   []*builder
	// positions are where a dictionary has its values, by their bytes.
	positions map[string]uint64
	// size counts the bytes of the whole batch.
	size *int
}

func newBuilder(t *dataType, nullable, top bool, size *int) *builder {
	b := &builder{dataType: t, nullable: nullable, top: top, size: size}
	switch t.kind {
	case kindVector: // Its items are its own data.
	case kindMap:
		entries := &dataType{kind: kindStruct, text: t.text, parts: t.parts}
		b.parts = []*builder{newBuilder(entries, false, false, size)}
	case kindDictionary:
		b.positions = map[string]uint64{}
		b.parts = []*builder{newBuilder(t.parts[1].dataType, false, false, size)}
	default:
		for _, part := range t.parts {
			b.parts = append(b.parts, newBuilder(part.dataType, part.nullable, false, size))
		}
	}
	b.reset()
	return b
}

// reset forgets all values and keeps the memory.
func (b *builder) reset() {
	b.length, b.validity, b.data = 0, nil, b.data[:0]
	if b.hasOffsets() {
		b.offsets = append(b.offsets[:0], zeros[:b.dataType.width]...)
	}
	clear(b.positions)
	for _, part := range b.parts {
		part.reset()
	}
}

// hasOffsets is whether the size of a value varies.
func (b *builder) hasOffsets() bool {
	switch b.dataType.kind {
	case kindText, kindBytes, kindJSON, kindList, kindMap:
		return true
	}
	return false
}

var zeros [64]byte

// present ends a value whose content was appended.
func (b *builder) present() {
	if b.validity != nil {
		b.validity = appendBit(b.validity, b.length, true)
	}
	b.length++
}

// null appends a null, if one is allowed.
func (b *builder) null() error {
	switch {
	case b.nullable:
		b.placeholder()
		if b.validity == nil {
			b.validity = bytes.Repeat([]byte{0xff}, (b.length+7)/8)
		}
		last := b.length - 1
		b.validity[last>>3] &^= 1 << (last & 7)
		b.validity = truncateBits(b.validity, b.length)
		return nil
	case b.top:
		return refuse(codeNull, "the column is required and has no value here")
	default:
		return refuse(codeNull, "a value is required here, and there is none")
	}
}

// placeholder appends what stands in the place of a null, or within one. Its content means
// nothing, but every value has its place.
func (b *builder) placeholder() {
	switch b.dataType.kind {
	case kindBool:
		b.appendBool(false)
		return
	case kindText, kindBytes:
		b.appendVariable(nil)
		return
	case kindJSON:
		b.appendVariable([]byte("null"))
		return
	case kindList:
		b.endItems(b.parts[0].length)
		return
	case kindMap:
		b.endItems(b.parts[0].length)
		return
	case kindFixedList:
		for range b.dataType.size {
			b.parts[0].placeholder()
		}
	case kindStruct:
		for _, part := range b.parts {
			part.placeholder()
		}
	case kindDictionary:
		if b.parts[0].length == 0 {
			b.parts[0].placeholder()
		}
		fallthrough
	default:
		for left := b.dataType.width; left > 0; left -= len(zeros) {
			b.data = append(b.data, zeros[:min(left, len(zeros))]...)
		}
		*b.size += b.dataType.width
	}
	b.present()
}

func (b *builder) appendBool(value bool) {
	b.data = appendBit(b.data, b.length, value)
	b.present()
}

// appendVariable appends a value of any number of bytes.
func (b *builder) appendVariable(value []byte) {
	b.data = append(b.data, value...)
	*b.size += len(value)
	b.endItems(len(b.data))
}

func (b *builder) appendString(value string) {
	b.data = append(b.data, value...)
	*b.size += len(value)
	b.endItems(len(b.data))
}

// endItems ends a value whose bytes or items end at this position.
func (b *builder) endItems(end int) {
	if b.dataType.width == 4 {
		b.offsets = binary.LittleEndian.AppendUint32(b.offsets, uint32(end))
	} else {
		b.offsets = binary.LittleEndian.AppendUint64(b.offsets, uint64(end))
	}
	*b.size += b.dataType.width
	b.present()
}

// appendFixed appends a value of exactly the type's width.
func (b *builder) appendFixed(value []byte) {
	b.data = append(b.data, value...)
	*b.size += len(value)
	b.present()
}

// appendWord appends the low bytes of a word, as many as the type's width.
func (b *builder) appendWord(value uint64) {
	switch b.dataType.width {
	case 1:
		b.data = append(b.data, byte(value))
	case 2:
		b.data = binary.LittleEndian.AppendUint16(b.data, uint16(value))
	case 4:
		b.data = binary.LittleEndian.AppendUint32(b.data, uint32(value))
	default:
		b.data = binary.LittleEndian.AppendUint64(b.data, value)
	}
	*b.size += b.dataType.width
	b.present()
}

// truncate forgets all but the first values.
func (b *builder) truncate(length int) {
	if length >= b.length {
		// A value that was not ended may have left something behind.
		length = b.length
	}
	b.length = length
	if b.validity != nil {
		b.validity = truncateBits(b.validity, length)
	}
	t := b.dataType
	switch {
	case t.kind == kindBool:
		b.data = truncateBits(b.data, length)
	case b.hasOffsets():
		b.offsets = b.offsets[:(length+1)*t.width]
		var end int
		if last := b.offsets[length*t.width:]; t.width == 4 {
			end = int(binary.LittleEndian.Uint32(last))
		} else {
			end = int(binary.LittleEndian.Uint64(last))
		}
		if len(b.parts) == 0 {
			b.data = b.data[:end]
		} else {
			b.parts[0].truncate(end)
		}
	case t.kind == kindFixedList:
		b.parts[0].truncate(length * t.size)
	case t.kind == kindStruct:
		for _, part := range b.parts {
			part.truncate(length)
		}
	default:
		// The values of a dictionary may stay: nothing refers to them.
		b.data = b.data[:length*t.width]
	}
}

// finish appends the column and its parts, depth first.
func (b *builder) finish(columns []column) []column {
	c := column{length: b.length, validity: b.validity}
	switch {
	case !b.hasOffsets():
		if b.dataType.kind != kindFixedList && b.dataType.kind != kindStruct {
			c.buffers = [][]byte{b.data}
		}
	case len(b.parts) == 0:
		c.buffers = [][]byte{b.offsets, b.data}
	default:
		c.buffers = [][]byte{b.offsets}
	}
	columns = append(columns, c)
	for _, part := range b.parts {
		columns = part.finish(columns)
	}
	return columns
}

// appendBit appends a bit to a bitmap of some length; all bits behind its end are 0.
func appendBit(bits []byte, length int, bit bool) []byte {
	if length&7 == 0 {
		bits = append(bits, 0)
	}
	if bit {
		bits[length>>3] |= 1 << (length & 7)
	}
	return bits
}

func truncateBits(bits []byte, length int) []byte {
	bits = bits[:(length+7)/8]
	if length&7 != 0 {
		bits[length>>3] &= 1<<(length&7) - 1
	}
	return bits
}
