package lancehost

import (
	"slices"
	"sync"
)

// A TestHost stands in for lance-host in the tests of a pipeline under plain Go. The zero value is ready:
//
//	func TestEverybodyIsGreeted(t *testing.T) {
//		var host lancehost.TestHost
//		if err := host.Run(run, lancehost.Setting{Name: "name", Value: "Ada"}); err != nil {
//			t.Fatal(err)
//		}
//		for _, row := range host.Table("greetings").Rows {
//			t.Log(row["text"])
//		}
//	}
//
// Build nothing with it that is to run in lance-host. It takes everything that the contract can carry, and checks little of it: that keys are not declared
// twice is for the real host to say.
type TestHost struct {
	// Tables are what the last run declared, in its order.
	Tables []*TestTable
	// Refuse, if it is set, is asked before rows are taken, and may return an error, as the real host
	// does with an [*Error].
	Refuse func(table *TestTable, rows []Row) error
}

// A TestTable is a table that a pipeline declared to a [TestHost].
type TestTable struct {
	Database, Name string
	Columns        []Column
	Key            []string
	Settings       []Setting
	Indexes        []TestIndex
	// Rows are the rows in the order in which they were declared, as the columns hold them: integers,
	// dates, times and durations are int64 or uint64, floating-point numbers float64, text, JSON and
	// decimals string, bytes []byte. Vectors are []float32 if that is what they hold, and otherwise
	// []float64, []int64 or []uint64. A list is []any, a struct a [Row], a map a [][2]any.
	Rows []Row
	// Batches are how many rows came at once.
	Batches []int

	host  *TestHost
	types []*dataType
}

// A TestIndex is an index that was declared.
type TestIndex struct {
	Column, Kind string
	Settings     []Setting
}

// running keeps tests that run in parallel from each other: a real pipeline runs once.
var running sync.Mutex

// Run runs a pipeline's function with these parameters, and returns the error with which the run fails.
func (h *TestHost) Run(run func(Params) error, params ...Setting) error {
	running.Lock()
	before := host
	host, declaredTables, h.Tables = h, nil, nil
	defer func() {
		host, declaredTables = before, nil
		running.Unlock()
	}()
	if err := run(params); err != nil {
		return err
	}
	return finish()
}

// Table returns the table of this name, or nil if there is none.
func (h *TestHost) Table(name string) *TestTable {
	for _, table := range h.Tables {
		if table.Name == name {
			return table
		}
	}
	return nil
}

func (h *TestHost) declareTable(
	database, name string, columns []Column, key []string, settings []Setting,
) (hostTable, error) {
	table := &TestTable{
		Database: database, Name: name, Columns: slices.Clone(columns),
		Key: slices.Clone(key), Settings: slices.Clone(settings), host: h,
	}
	for _, column := range columns {
		parsed, err := parseType(column.Type)
		if err != nil {
			return nil, inTable(inColumn(err, column.Name), database+"/"+name, NoRow)
		}
		table.types = append(table.types, parsed)
	}
	h.Tables = append(h.Tables, table)
	return table, nil
}

func (t *TestTable) declareRows(columns []column) error {
	rows := make([]Row, columns[0].length)
	for i := range rows {
		rows[i] = Row{}
	}
	parts := &partReader{columns}
	for i, parsed := range t.types {
		values := parts.values(parsed)
		for at, row := range rows {
			row[t.Columns[i].Name] = values(at)
		}
	}
	if t.host.Refuse != nil {
		if err := t.host.Refuse(t, rows); err != nil {
			return err
		}
	}
	t.Rows = append(t.Rows, rows...)
	t.Batches = append(t.Batches, len(rows))
	return nil
}

func (t *TestTable) declareIndex(column, kind string, settings []Setting) error {
	t.Indexes = append(t.Indexes, TestIndex{column, kind, slices.Clone(settings)})
	return nil
}
