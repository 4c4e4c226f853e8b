package lancehost_test

import (
	"database/sql"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"lance-host.dev/lancehost"
)

type place struct {
	X float64  `lance:"x"`
	Y *float64 `lance:"y"`
}

type every struct {
	ID      string            `lance:"id,key"`
	Yes     bool              `lance:"yes"`
	Small   int8              `lance:"small"`
	Large   uint64            `lance:"large"`
	Half    float32           `lance:"half,type=float16"`
	Note    sql.Null[string]  `lance:"note"`
	Bytes   []byte            `lance:"bytes"`
	Hash    [2]byte           `lance:"hash"`
	Value   map[string]any    `lance:"value"`
	Day     time.Time         `lance:"day,type=date32"`
	Moment  time.Time         `lance:"moment"`
	Price   string            `lance:"price,type=decimal128(10, 2)"`
	Whole   string            `lance:"whole,type=decimal256(40, -1)"`
	Vector  []float32         `lance:"vector,vector=2"`
	Levels  []uint8           `lance:"levels,vector=2"`
	Tags    []*string         `lance:"tags,type=list(utf8),nullable"`
	Pairs   [2]int16          `lance:"pairs,type=fixed-size-list(int16!, 2)"`
	Place   place             `lance:"place,type=struct(x: float64!, y: float64)"`
	Counts  map[string]int32  `lance:"counts,type=map(utf8, int32)"`
	Country string            `lance:"country,type=dictionary(int32, utf8)"`
	Doubles map[string]string `lance:"doubles,json"`
}

func TestTestHostKeepsWhatWasDeclared(t *testing.T) {
	tag, y := "a", 2.5
	moment := time.Date(2024, 2, 29, 12, 34, 56, 789012000, time.UTC)
	run := func(params lancehost.Params) error {
		table, err := lancehost.NewTable[every]("default", "every", lancehost.ManagedByUser())
		if err != nil {
			return err
		}
		return errors.Join(
			table.DeclareIndex("id", lancehost.BTree),
			table.Declare(every{
				ID: params.Get("id", ""), Yes: true, Small: -128, Large: 1 << 63, Half: -1.5,
				Note: sql.Null[string]{V: "n", Valid: true}, Bytes: []byte{0, 255}, Hash: [2]byte{1, 2},
				Value: map[string]any{"a": 1}, Day: moment, Moment: moment, Price: "-0.01", Whole: "120",
				Vector: []float32{1, 0.1}, Levels: []uint8{1, 255}, Tags: []*string{&tag, nil},
				Pairs: [2]int16{-1, 1}, Place: place{1.5, &y}, Counts: map[string]int32{"b": 2, "a": 1},
				Country: "FR",
			}),
			table.Declare(every{
				ID: "empty", Price: "12345678.90", Whole: "-10", Vector: []float32{0, 0}, Levels: []uint8{0, 0},
				Day: time.Unix(0, 0), Moment: time.Unix(0, 0), Country: "FR",
			}),
		)
	}
	var host lancehost.TestHost
	if err := host.Run(run, lancehost.Setting{Name: "id", Value: "full"}); err != nil {
		t.Fatal(err)
	}
	table := host.Table("every")
	want := []lancehost.Row{
		{
			"id": "full", "yes": true, "small": int64(-128), "large": uint64(1 << 63), "half": -1.5, "note": "n",
			"bytes": []byte{0, 255}, "hash": []byte{1, 2}, "value": `{"a":1}`, "day": int64(19782),
			"moment": moment.UnixMicro(), "price": "-0.01", "whole": "120", "vector": []float32{1, 0.1},
			"levels": []uint64{1, 255}, "tags": []any{"a", nil}, "pairs": []any{int64(-1), int64(1)},
			"place": lancehost.Row{"x": 1.5, "y": 2.5}, "counts": [][2]any{{"a", int64(1)}, {"b", int64(2)}},
			"country": "FR", "doubles": "null",
		},
		{
			"id": "empty", "yes": false, "small": int64(0), "large": uint64(0), "half": 0.0, "note": nil,
			"bytes": []byte{}, "hash": []byte{0, 0}, "value": "null", "day": int64(0), "moment": int64(0),
			"price": "12345678.90", "whole": "-10", "vector": []float32{0, 0}, "levels": []uint64{0, 0},
			"tags": nil, "pairs": []any{int64(0), int64(0)}, "place": lancehost.Row{"x": 0.0, "y": nil},
			"counts": [][2]any{}, "country": "FR", "doubles": "null",
		},
	}
	for i, row := range table.Rows {
		for column, value := range want[i] {
			if got := row[column]; !reflect.DeepEqual(got, value) {
				t.Errorf("row %d, %s: got %#v, want %#v", i, column, got, value)
			}
		}
		if len(row) != len(want[i]) {
			t.Errorf("row %d: %v", i, row)
		}
	}
	if len(table.Rows) != 2 || !reflect.DeepEqual(table.Batches, []int{2}) {
		t.Error(table.Rows, table.Batches)
	}
	if !reflect.DeepEqual(table.Key, []string{"id"}) || table.Columns[5].Nullable != true {
		t.Error(table.Key, table.Columns)
	}
	if !reflect.DeepEqual(table.Settings, []lancehost.Setting{{Name: "managed-by", Value: "user"}}) {
		t.Error(table.Settings)
	}
	if !reflect.DeepEqual(table.Indexes, []lancehost.TestIndex{{Column: "id", Kind: "btree"}}) {
		t.Error(table.Indexes)
	}
}

func TestTestHostFailsAsTheRealOneWould(t *testing.T) {
	type row struct {
		ID int `lance:"id,key"`
	}
	run := func(lancehost.Params) error {
		table, err := lancehost.NewTable[row]("default", "rows")
		if err != nil {
			return err
		}
		return table.Declare(row{1})
	}
	host := lancehost.TestHost{Refuse: func(table *lancehost.TestTable, rows []lancehost.Row) error {
		return &lancehost.Error{Code: "duplicate-key", Message: "not today", Table: table.Name, Row: rows[0]["id"].(int64)}
	}}
	err := host.Run(run)
	if err == nil || err.Error() != "not today (table rows, row 1)" {
		t.Error(err)
	}
	if host.Table("rows").Rows != nil || host.Table("other") != nil {
		t.Error(host.Tables)
	}
	// The next run begins anew, and outside of a run there is no host.
	host.Refuse = nil
	if err := host.Run(run); err != nil || len(host.Tables) != 1 {
		t.Error(err, host.Tables)
	}
	if err := run(nil); err == nil || !strings.Contains(err.Error(), "there is no host") {
		t.Error(err)
	}
}
