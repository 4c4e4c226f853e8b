// Command go-sdk is the guest in Go of the suite that all SDKs share, tests/tests/sdk_suite.rs,
// where the cases are described.
package main

import (
	"fmt"

	"lance-host.dev/lancehost"
)

var cases = map[string]func(lancehost.Params) error{
	"types":            types,
	"nulls":            nulls,
	"wide":             wide,
	"nested":           nested,
	"composite":        composite,
	"batches":          batches,
	"large":            large,
	"empty":            empty,
	"two-tables":       twoTables,
	"user":             user,
	"params":           params,
	"explicit":         explicit,
	"indexes":          indexes,
	"wrong-dimension":  wrongDimension,
	"wrong-type":       wrongType,
	"missing-column":   missingColumn,
	"duplicate-table":  duplicateTable,
	"duplicate-key":    duplicateKey,
	"unknown-database": unknownDatabase,
	"unknown-setting":  unknownSetting,
	"unknown-index":    unknownIndex,
	"error":            fails,
	"panic":            panics,
}

func main() {
	lancehost.Main(run)
}

func run(params lancehost.Params) error {
	name, err := params.Require("case")
	if err != nil {
		return err
	}
	declare, ok := cases[name]
	if !ok {
		return fmt.Errorf("no such case: %s", name)
	}
	return declare(params)
}

// declare declares a table of the database "default" and its rows.
func declare[T any](name string, rows ...T) error {
	table, err := lancehost.NewTable[T]("default", name)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := table.Declare(row); err != nil {
			return err
		}
	}
	return nil
}
