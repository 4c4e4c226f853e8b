package lancehost

import (
	"reflect"
	"unsafe"
)

// A Table is a table that has been declared, and takes rows. It need not be closed: what it has
// collected is sent by itself, at the latest when the pipeline's function has returned. A table is
// used by one goroutine at a time.
type Table[T any] struct {
	declared
	// appendSlot appends what is not plain of the row in the slot, if there may be something.
	appendSlot func() error
	// slot is where a row lies while it is read: in one place, so that none is allocated.
	slot T
}

// A Row is a row of a table whose columns were named one by one. See [NewRowTable].
type Row = map[string]any

// A Column is a column of a table. See [NewRowTable].
type Column struct {
	Name string
	// Type is written as in the contract, such as "int64" or "vector(float32, 384)".
	Type string
	// Nullable is whether it may hold nulls.
	Nullable bool
	// Metadata is stored with the column.
	Metadata []Setting
}

// An Option of a table that is about to be declared.
type Option func(*options)

type options struct {
	settings []Setting
}

// WithSetting sets an option by its name, for those of a host that is newer than this package.
func WithSetting(name, value string) Option {
	return func(o *options) { o.settings = append(o.settings, Setting{name, value}) }
}

// ManagedByUser says that the table exists already, and that the host writes its rows only. A table
// is otherwise created, changed and dropped by the host.
func ManagedByUser() Option {
	return WithSetting("managed-by", "user")
}

// SchemaChange says what happens to stored columns that differ from the declared ones.
type SchemaChange string

const (
	// Evolve makes the stored columns as declared. It is the default.
	Evolve SchemaChange = "evolve"
	// AppendOnly adds columns, and removes none.
	AppendOnly SchemaChange = "append-only"
	// Fail makes a difference an error.
	Fail SchemaChange = "fail"
)

// OnSchemaChange says what happens to stored columns that differ from the declared ones.
func OnSchemaChange(change SchemaChange) Option {
	return WithSetting("on-schema-change", string(change))
}

// NewTable declares a table whose columns are the fields of the struct T. The database is a name
// that the host knows, "default" if in doubt.
func NewTable[T any](database, name string, opts ...Option) (*Table[T], error) {
	rows, steps, err := structBatch(reflect.TypeFor[T]())
	if err != nil {
		return nil, inTable(err, database+"/"+name, NoRow)
	}
	table := new(Table[T])
	if len(steps) > 0 {
		table.appendSlot = func() error { return appendSteps(unsafe.Pointer(&table.slot), steps) }
	}
	if err := table.declare(database, name, rows, opts); err != nil {
		return nil, err
	}
	declaredTables = append(declaredTables, table)
	return table, nil
}

// NewRowTable declares a table by its columns, named one by one. Its rows are maps: a column that a
// row does not name is null. It is slower than a table of a struct, and for columns that show only
// when the pipeline runs.
func NewRowTable(database, name string, columns []Column, key []string, opts ...Option) (*Table[Row], error) {
	rows, err := newBatch(columns, key)
	if err != nil {
		return nil, inTable(err, database+"/"+name, NoRow)
	}
	appender := rowAppender{fields: columns, values: make([]dynamic, len(columns))}
	for i, column := range rows.columns {
		appender.values[i].builder = column
	}
	table := new(Table[Row])
	table.appendSlot = func() error { return appender.append(table.slot) }
	if err := table.declare(database, name, rows, opts); err != nil {
		return nil, err
	}
	declaredTables = append(declaredTables, table)
	return table, nil
}

// Declare declares a row.
//
// An error is an [*Error]. If it is about a value, such as a vector of the wrong dimension, nothing
// of the row is declared, and the table takes further rows. If the host refuses a batch, which may
// show a while after the row in question, every further call returns the same error, and the run
// fails.
func (t *Table[T]) Declare(row T) error {
	if t.refused != nil {
		return t.refused
	}
	t.slot = row
	if t.appendSlot != nil {
		size := t.batch.size
		if err := t.appendSlot(); err != nil {
			t.batch.forget(size)
			return inTable(err, t.name, t.sent+int64(t.batch.rows))
		}
	}
	t.batch.appendPlain(unsafe.Pointer(&t.slot))
	t.batch.rows++
	if t.batch.size >= fullBatch {
		return t.Flush()
	}
	return nil
}

// declared is a table without the type of its rows.
type declared struct {
	// name is DATABASE/TABLE, as the host names it too.
	name  string
	host  hostTable
	batch *batch
	// sent is how many rows the host has taken.
	sent int64
	// refused is why the host refused a batch. Its rows are lost, and a run that went on without
	// them would delete them from the table.
	refused error
}

func (d *declared) declare(database, name string, rows *batch, opts []Option) (err error) {
	var o options
	for _, option := range opts {
		option(&o)
	}
	d.name, d.batch = database+"/"+name, rows
	d.host, err = host.declareTable(database, name, rows.fields, rows.key, o.settings)
	return err
}

// Flush sends the rows that have been collected. There is rarely a need: it happens by itself
// whenever there is enough to send, and at the end.
func (d *declared) Flush() error {
	if d.refused != nil || d.batch.rows == 0 {
		return d.refused
	}
	if err := d.host.declareRows(d.batch.finish()); err != nil {
		d.refused = err
		return err
	}
	d.sent += int64(d.batch.rows)
	d.batch.reset()
	return nil
}

// declaredTables are the tables of this run, in their order.
var declaredTables []interface{ Flush() error }

// finish sends what is left of all tables.
func finish() error {
	for _, table := range declaredTables {
		if err := table.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func inTable(err error, table string, row int64) error {
	if refused, ok := err.(*Error); ok {
		refused.Table, refused.Row = table, row
	}
	return err
}
