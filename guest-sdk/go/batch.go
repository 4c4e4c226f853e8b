package lancehost

import (
	"reflect"
	"unsafe"
)

// fullBatch is the size at which a batch is sent. Smaller batches cost more calls, larger ones
// leave the processor's cache on their way.
const fullBatch = 1 << 20

// A batch is rows on their way to the host: whole rows only, about 1 MiB of them.
type batch struct {
	fields  []Column
	key     []string
	columns []*builder
	// lanes are those of the columns that have one, with room for so many rows.
	lanes []lane
	room  int
	// plainSize is the bytes of a row in the lanes, but for texts.
	plainSize int
	rows      int
	size      int
	// scratch is reused for each batch that is handed out.
	scratch []column
}

func newBatch(fields []Column, key []string) (*batch, error) {
	b := &batch{fields: fields, key: key}
	for _, field := range fields {
		parsed, err := parseType(field.Type)
		if err != nil {
			return nil, inColumn(err, field.Name)
		}
		b.columns = append(b.columns, newBuilder(parsed, field.Nullable, true, &b.size))
	}
	return b, nil
}

// forget takes back what was appended of a row that was not finished.
func (b *batch) forget(size int) {
	b.size = size
	for _, column := range b.columns {
		column.truncate(b.rows)
	}
}

// finish hands out the columns, which hold until the batch is reset.
func (b *batch) finish() []column {
	for i := range b.lanes {
		b.lanes[i].settle(b.rows)
	}
	b.scratch = b.scratch[:0]
	for _, column := range b.columns {
		b.scratch = column.finish(b.scratch)
	}
	return b.scratch
}

func (b *batch) reset() {
	b.rows, b.size = 0, 0
	for _, column := range b.columns {
		column.reset()
	}
}

// A step appends one field of a struct that is not plain to its column.
type step struct {
	offset uintptr
	append appender
	column string
}

// structBatch is the batch for the rows of a struct, and the steps that a row takes.
func structBatch(t reflect.Type) (*batch, []step, error) {
	if t.Kind() != reflect.Struct || t == timeType {
		return nil, nil, refuse(codeSchema, "a row is a struct, or of type lancehost.Row with NewRowTable, and %s is neither", t)
	}
	fields, err := fieldsOf(t)
	if err != nil {
		return nil, nil, err
	}
	columns := make([]Column, len(fields))
	var key []string
	for i, field := range fields {
		if columns[i], err = columnOf(field); err != nil {
			return nil, nil, inColumn(err, field.name)
		}
		if field.key {
			key = append(key, field.name)
		}
	}
	if len(key) == 0 {
		return nil, nil, refuse(codeSchema, "%s has no key: tag the fields that identify a row, as in `lance:\"id,key\"`", t)
	}
	b, err := newBatch(columns, key)
	if err != nil {
		return nil, nil, err
	}
	var steps []step
	for i, field := range fields {
		if lane := laneOf(field, b.columns[i]); lane.kind != notPlain {
			b.lanes = append(b.lanes, lane)
			b.plainSize += b.columns[i].dataType.width
			continue
		}
		appendTo, err := compileField(field, b.columns[i])
		if err != nil {
			return nil, nil, inColumn(err, field.name)
		}
		steps = append(steps, step{field.offset, appendTo, field.name})
	}
	return b, steps, nil
}

// appendSteps takes the steps with the row at an address.
func appendSteps(row unsafe.Pointer, steps []step) error {
	for i := range steps {
		step := &steps[i]
		if err := step.append(unsafe.Add(row, step.offset)); err != nil {
			return inColumn(err, step.column)
		}
	}
	return nil
}

// rowAppender appends rows that are maps.
type rowAppender struct {
	fields []Column
	values []dynamic
}

func (r *rowAppender) append(row Row) error {
	found := 0
	for i := range r.values {
		name := r.fields[i].Name
		value, given := row[name]
		if given {
			found++
		}
		if err := r.values[i].append(value); err != nil {
			return inColumn(err, name)
		}
	}
	if found == len(row) {
		return nil
	}
	known := map[string]bool{}
	for _, field := range r.fields {
		known[field.Name] = true
	}
	for name := range row {
		if !known[name] {
			return inColumn(refuse(codeUnknown, "the row has a value for a column that the table does not have"), name)
		}
	}
	return nil
}

func inColumn(err error, column string) error {
	if refused, ok := err.(*Error); ok {
		refused.Column = column
	}
	return err
}
