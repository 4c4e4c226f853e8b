package main

import (
	"errors"
	"fmt"

	"lance-host.dev/lancehost"
)

type named struct {
	ID   int    `lance:"id,key"`
	Name string `lance:"name"`
}

func wrongDimension(lancehost.Params) error {
	type row struct {
		ID     int       `lance:"id,key"`
		Vector []float32 `lance:"vector,vector=2"`
	}
	return declare("wrong-dimension", row{0, make([]float32, 2)}, row{1, make([]float32, 3)})
}

func wrongType(lancehost.Params) error {
	return rowTable("wrong-type",
		[]lancehost.Column{{Name: "id", Type: "int64"}, {Name: "number", Type: "int64"}},
		lancehost.Row{"id": 0, "number": 1}, lancehost.Row{"id": 1, "number": "many"})
}

func missingColumn(lancehost.Params) error {
	return rowTable("missing-column",
		[]lancehost.Column{{Name: "id", Type: "int64"}, {Name: "name", Type: "utf8"}},
		lancehost.Row{"id": 0, "name": "a"}, lancehost.Row{"id": 1})
}

func duplicateTable(lancehost.Params) error {
	if err := declare[numbered]("duplicate-table"); err != nil {
		return err
	}
	return declare[named]("duplicate-table")
}

func duplicateKey(lancehost.Params) error {
	return declare("duplicate-key", named{1, "a"}, named{1, "b"})
}

func unknownDatabase(lancehost.Params) error {
	_, err := lancehost.NewTable[numbered]("nowhere", "unknown-database")
	return err
}

func unknownSetting(lancehost.Params) error {
	_, err := lancehost.NewTable[numbered]("default", "unknown-setting", lancehost.WithSetting("colour", "blue"))
	return err
}

func unknownIndex(lancehost.Params) error {
	table, err := lancehost.NewTable[numbered]("default", "unknown-index")
	if err != nil {
		return err
	}
	return table.DeclareIndex("nowhere", lancehost.BTree)
}

func fails(lancehost.Params) error {
	if err := declare("error", numbered{1}); err != nil {
		return err
	}
	middle := fmt.Errorf("middle: %w", errors.New("inner"))
	return fmt.Errorf("outer: %w", middle)
}

func panics(lancehost.Params) error {
	if err := declare("panic", numbered{1}); err != nil {
		return err
	}
	panic("the guest panicked on purpose")
}
