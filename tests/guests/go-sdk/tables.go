package main

import (
	"strings"

	"lance-host.dev/lancehost"
)

type numbered struct {
	ID int `lance:"id,key"`
}

type text struct {
	ID   int    `lance:"id,key"`
	Text string `lance:"text"`
}

func composite(lancehost.Params) error {
	type row struct {
		Tenant string `lance:"tenant,key"`
		Number int    `lance:"number,key"`
		Text   string `lance:"text"`
	}
	return declare("composite", row{"a", 1, "a1"}, row{"a", 2, "a2"}, row{"b", 1, "b1"})
}

func batches(lancehost.Params) error {
	var rows []text
	for id := range 30_000 {
		rows = append(rows, text{id, strings.Repeat("x", 100)})
	}
	return declare("batches", rows...)
}

func large(lancehost.Params) error {
	const size = 3 << 20
	return declare("large",
		text{0, strings.Repeat("a", size)}, text{1, "b"}, text{2, strings.Repeat("c", size)})
}

func empty(lancehost.Params) error {
	return declare[numbered]("empty")
}

func twoTables(lancehost.Params) error {
	even, err := lancehost.NewTable[numbered]("default", "even")
	if err != nil {
		return err
	}
	odd, err := lancehost.NewTable[numbered]("default", "odd")
	if err != nil {
		return err
	}
	for id := range 10 {
		table := even
		if id%2 == 1 {
			table = odd
		}
		if err := table.Declare(numbered{id}); err != nil {
			return err
		}
	}
	return nil
}

func user(lancehost.Params) error {
	table, err := lancehost.NewTable[numbered]("default", "user", lancehost.ManagedByUser())
	if err != nil {
		return err
	}
	return table.Declare(numbered{1})
}

func params(params lancehost.Params) error {
	type row struct {
		Position int    `lance:"position,key"`
		Name     string `lance:"name"`
		Value    string `lance:"value"`
	}
	var rows []row
	for position, param := range params {
		rows = append(rows, row{position, param.Name, param.Value})
	}
	return declare("params", rows...)
}

// rowTable declares a table by its columns, and rows that are maps.
func rowTable(name string, columns []lancehost.Column, rows ...lancehost.Row) error {
	table, err := lancehost.NewRowTable("default", name, columns, []string{"id"})
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

func explicit(lancehost.Params) error {
	return rowTable("explicit",
		[]lancehost.Column{
			{Name: "id", Type: "int64"},
			{Name: "name", Type: "utf8", Nullable: true},
			{Name: "small", Type: "int32"},
			{Name: "vector", Type: "vector(float32, 2)"},
		},
		lancehost.Row{"id": 1, "name": "one", "small": 10, "vector": []float32{1, 2}},
		lancehost.Row{"vector": []float64{3, 4}, "small": 20, "id": 2},
	)
}

func indexes(lancehost.Params) error {
	type row struct {
		ID     int        `lance:"id,key"`
		Kind   string     `lance:"kind"`
		Text   string     `lance:"text"`
		Vector [2]float32 `lance:"vector"`
	}
	table, err := lancehost.NewTable[row]("default", "indexes")
	if err != nil {
		return err
	}
	for column, index := range map[string]lancehost.Index{
		"id":     lancehost.BTree,
		"kind":   lancehost.Bitmap,
		"text":   lancehost.TextIndex{Language: "French"},
		"vector": lancehost.VectorIndex{Kind: lancehost.IVFFlat, Metric: lancehost.Cosine, NumPartitions: 1},
	} {
		if err := table.DeclareIndex(column, index); err != nil {
			return err
		}
	}
	for _, row := range []row{
		{1, "a", "un chat noir", [2]float32{1, 0}},
		{2, "b", "des chiens blancs", [2]float32{0, 1}},
	} {
		if err := table.Declare(row); err != nil {
			return err
		}
	}
	return nil
}
