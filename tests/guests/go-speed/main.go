// Command go-speed makes the rows of `cargo xtask bench --guests` in Go; xtask/bench/guests.py
// describes them.
package main

import (
	"fmt"
	"strconv"

	"lance-host.dev/lancehost"
)

const dimension = 384

var cities = [...]string{"Aachen", "Bern", "Celle", "Dresden", "Erfurt", "Fulda", "Gera", "Hanau"}

type narrowRow struct {
	ID     int64    `lance:"id,key"`
	Name   string   `lance:"name"`
	City   string   `lance:"city"`
	Score  float64  `lance:"score"`
	Visits int64    `lance:"visits"`
	Active bool     `lance:"active"`
	Rating *float64 `lance:"rating"`
	Note   *string  `lance:"note"`
}

type vectorRow struct {
	ID        int64     `lance:"id,key"`
	Embedding []float32 `lance:"embedding,vector=384"`
}

func main() {
	lancehost.Main(run)
}

func run(params lancehost.Params) error {
	text, err := params.Require("rows")
	if err != nil {
		return err
	}
	rows, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return err
	}
	by, err := params.Require("by")
	if err != nil {
		return err
	}
	if by != "none" && by != "sdk" {
		return fmt.Errorf("no way %q: there are none and sdk", by)
	}
	shape, err := params.Require("shape")
	if err != nil {
		return err
	}
	switch shape {
	case "narrow":
		return narrow(rows, by == "sdk")
	case "vectors":
		return vectors(rows, by == "sdk")
	}
	return fmt.Errorf("no shape %q: there are narrow and vectors", shape)
}

// Kept, so that no row is optimised away.
var (
	keptNarrow narrowRow
	keptVector vectorRow
)

func narrow(rows int64, declared bool) error {
	declare := func(row narrowRow) error {
		keptNarrow = row
		return nil
	}
	if declared {
		table, err := lancehost.NewTable[narrowRow]("default", "narrow")
		if err != nil {
			return err
		}
		declare = table.Declare
	}
	note := "a note"
	for id := range rows {
		row := narrowRow{
			ID:     id,
			Name:   "person " + strconv.FormatInt(id, 10),
			City:   cities[id%8],
			Score:  float64(id) / 4,
			Visits: id * 7 % 1000,
			Active: id%2 == 0,
		}
		if id%3 != 0 {
			rating := float64(id) / 8
			row.Rating = &rating
		}
		if id%4 == 0 {
			row.Note = &note
		}
		if err := declare(row); err != nil {
			return err
		}
	}
	return nil
}

func vectors(rows int64, declared bool) error {
	declare := func(row vectorRow) error {
		keptVector = row
		return nil
	}
	if declared {
		table, err := lancehost.NewTable[vectorRow]("default", "vectors")
		if err != nil {
			return err
		}
		declare = table.Declare
	}
	embedding := make([]float32, dimension)
	for i := range embedding {
		embedding[i] = float32(i) / 7
	}
	for id := range rows {
		embedding[0] = float32(id)
		if err := declare(vectorRow{id, embedding}); err != nil {
			return err
		}
	}
	return nil
}
