package lancehost

// The contract's import, behind interfaces, so that tests can stand in for the host.

// A target takes declarations of tables.
type target interface {
	declareTable(database, name string, fields []Column, key []string, settings []Setting) (hostTable, error)
}

// A hostTable is a declared table. It keeps nothing of what it is given.
type hostTable interface {
	declareRows(columns []column) error
	declareIndex(column, kind string, settings []Setting) error
}
