package lancehost

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// fakeHost stands in for the host, and keeps what is declared.
type fakeHost struct {
	fields   []Column
	key      []string
	settings []Setting
	batches  [][]column
	indexes  []string
	refusal  error
}

func (h *fakeHost) declareTable(_, _ string, fields []Column, key []string, settings []Setting) (hostTable, error) {
	h.fields, h.key, h.settings = fields, key, settings
	return h, h.refusal
}

func (h *fakeHost) declareRows(columns []column) error {
	var batch []column
	for _, c := range columns {
		kept := column{c.length, slices.Clone(c.validity), nil}
		for _, buffer := range c.buffers {
			kept.buffers = append(kept.buffers, slices.Clone(buffer))
		}
		batch = append(batch, kept)
	}
	h.batches = append(h.batches, batch)
	return h.refusal
}

func (h *fakeHost) declareIndex(column, kind string, settings []Setting) error {
	h.indexes = append(h.indexes, fmt.Sprint(column, " ", kind, " ", settings))
	return nil
}

// onFakeHost makes a host that keeps what the test declares.
func onFakeHost(t *testing.T) *fakeHost {
	fake, before := new(fakeHost), host
	host, declaredTables = fake, nil
	t.Cleanup(func() { host, declaredTables = before, nil })
	return fake
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

type document struct {
	ID        string    `lance:"id,key"`
	Title     *string   `lance:"title"`
	Embedding []float32 `lance:"embedding,vector=2"`
}

func TestRowsLeaveInTheLayoutOfArrow(t *testing.T) {
	fake := onFakeHost(t)
	title := "é"
	Main(func(Params) error {
		table := must(NewTable[document]("default", "documents"))
		for _, row := range []document{
			{"a", nil, []float32{1, 2}},
			{"bc", &title, []float32{-1, 0}},
		} {
			if err := table.Declare(row); err != nil {
				return err
			}
		}
		return nil
	})
	if outcome != nil {
		t.Fatal(outcome)
	}
	want := []column{
		{2, nil, [][]byte{{0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0}, []byte("abc")}},
		{2, []byte{0b10}, [][]byte{{0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0}, []byte("é")}},
		{2, nil, [][]byte{{0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 128, 191, 0, 0, 0, 0}}},
	}
	if got := fmt.Sprint(fake.batches); got != fmt.Sprint([][]column{want}) {
		t.Errorf("got %v, want %v", got, want)
	}
	if fmt.Sprint(fake.fields) != "[{id utf8 false []} {title utf8 true []} {embedding vector(float32, 2) false []}]" {
		t.Error(fake.fields)
	}
	if !slices.Equal(fake.key, []string{"id"}) {
		t.Error(fake.key)
	}
}

func TestRefusedRowLeavesNoTrace(t *testing.T) {
	fake := onFakeHost(t)
	table := must(NewTable[document]("default", "documents"))
	for i, items := range []int{2, 3, 2} {
		err := table.Declare(document{ID: fmt.Sprint(i), Embedding: make([]float32, items)})
		if items == 2 {
			if err != nil {
				t.Fatal(err)
			}
			continue
		}
		var refused *Error
		if !errors.As(err, &refused) || refused.Code != "dimension-mismatch" {
			t.Fatal(err)
		}
		want := "the vector has 3 items instead of 2 (table default/documents, column embedding, row 1)"
		if err.Error() != want {
			t.Errorf("got %q, want %q", err, want)
		}
	}
	if err := finish(); err != nil {
		t.Fatal(err)
	}
	ids := fake.batches[0][0]
	if ids.length != 2 || string(ids.buffers[1]) != "02" {
		t.Error(ids)
	}
}

func TestBatchIsSentWhenItIsFull(t *testing.T) {
	type row struct {
		ID   int    `lance:"id,key"`
		Text string `lance:"text"`
	}
	fake := onFakeHost(t)
	table := must(NewTable[row]("default", "rows"))
	for id := range 3 {
		if err := table.Declare(row{id, strings.Repeat("x", 600_000)}); err != nil {
			t.Fatal(err)
		}
	}
	if len(fake.batches) != 1 || fake.batches[0][0].length != 2 {
		t.Fatalf("%d batches", len(fake.batches))
	}
	if err := finish(); err != nil {
		t.Fatal(err)
	}
	if len(fake.batches) != 2 || fake.batches[1][0].length != 1 {
		t.Errorf("%d batches", len(fake.batches))
	}
}

func TestRefusedBatchFailsTheRun(t *testing.T) {
	fake := onFakeHost(t)
	table := must(NewTable[document]("default", "documents"))
	row := document{ID: "a", Embedding: []float32{1, 2}}
	if err := table.Declare(row); err != nil {
		t.Fatal(err)
	}
	fake.refusal = refuse(codeInvalid, "not today")
	for _, call := range []func() error{table.Flush, func() error { return table.Declare(row) }, finish} {
		if err := call(); err != fake.refusal {
			t.Error(err)
		}
	}
	if len(fake.batches) != 1 {
		t.Errorf("%d batches", len(fake.batches))
	}
}

func TestDeclaringNeedsNoMemoryOnceABatchHasGrown(t *testing.T) {
	type row struct {
		ID     int        `lance:"id,key"`
		Name   string     `lance:"name"`
		Score  *float64   `lance:"score"`
		Vector [4]float32 `lance:"vector"`
	}
	onFakeHost(t)
	table := must(NewTable[row]("default", "rows"))
	declare := func() {
		if err := table.Declare(row{ID: 1, Name: "name"}); err != nil {
			t.Fatal(err)
		}
	}
	for range 1000 {
		declare()
	}
	table.batch.reset()
	if got := testing.AllocsPerRun(500, declare); got > 0.1 {
		t.Errorf("%v allocations a row", got)
	}
}

func TestRowsOfMapsNameTheColumnThatIsWrong(t *testing.T) {
	fake := onFakeHost(t)
	columns := []Column{{Name: "id", Type: "int64"}, {Name: "small", Type: "int8", Nullable: true}}
	table := must(NewRowTable("default", "rows", columns, []string{"id"}))
	for _, test := range []struct {
		row  Row
		want string
	}{
		{Row{"id": 1}, ""},
		{Row{"id": 2.0, "small": uint64(3)}, ""},
		{Row{"small": 1}, "the column is required and has no value here (table default/rows, column id, row 2)"},
		{Row{"id": "many"}, `the string "many" is no int64 (table default/rows, column id, row 2)`},
		{Row{"id": 0.5}, "0.5 does not fit int64 (table default/rows, column id, row 2)"},
		{Row{"id": 3, "small": 128}, "128 does not fit int8 (table default/rows, column small, row 2)"},
		{Row{"id": 3, "large": 1}, "the row has a value for a column that the table does not have " +
			"(table default/rows, column large, row 2)"},
	} {
		got := ""
		if err := table.Declare(test.row); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%v: got %q, want %q", test.row, got, test.want)
		}
	}
	if err := table.Flush(); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(fake.batches[0]); got !=
		"[{2 [] [[1 0 0 0 0 0 0 0 2 0 0 0 0 0 0 0]]} {2 [2] [[0 3]]}]" {
		t.Error(got)
	}
}

func TestOptionsAndIndexesAreSaid(t *testing.T) {
	fake := onFakeHost(t)
	table := must(NewTable[document]("default", "documents", ManagedByUser(), OnSchemaChange(Fail)))
	for _, index := range []struct {
		column string
		index  Index
	}{
		{"id", BTree},
		{"title", TextIndex{Language: "French", Stem: Off, MaxTokenLength: -1}},
		{"embedding", VectorIndex{Kind: IVFPQ, Metric: Cosine, NumSubVectors: 2, Settings: []Setting{{"a", "b"}}}},
	} {
		if err := table.DeclareIndex(index.column, index.index); err != nil {
			t.Fatal(err)
		}
	}
	if got := fmt.Sprint(fake.settings); got != "[{managed-by user} {on-schema-change fail}]" {
		t.Error(got)
	}
	if got := strings.Join(fake.indexes, "\n"); got != `id btree []
title fts [{language French} {max-token-length none} {stem false}]
embedding ivf-pq [{metric cosine} {num-sub-vectors 2} {a b}]` {
		t.Error(got)
	}
}

func TestParamsAreReadByTheirNames(t *testing.T) {
	params := Params{{"root", "/a"}, {"limit", "12"}, {"root", "/b"}, {"bad", "x"}}
	if params.Get("root", "") != "/b" || params.Get("other", "/c") != "/c" {
		t.Error("the last value of a name counts")
	}
	if limit, err := params.Int("limit", 1); err != nil || limit != 12 {
		t.Error(limit, err)
	}
	if _, err := params.Int("bad", 1); err == nil || err.Error() != `parameter bad cannot be "x": it is no whole number` {
		t.Error(err)
	}
	if _, err := params.Require("query"); err == nil ||
		err.Error() != "parameter query is missing: give it with --param query=VALUE" {
		t.Error(err)
	}
}

func TestFieldsOfAnEmbeddedStructCountAsItsOwn(t *testing.T) {
	type Place struct {
		X, Y int8
	}
	type row struct {
		ID int8 `lance:"id,key"`
		Place
	}
	fake := onFakeHost(t)
	table := must(NewTable[row]("default", "rows"))
	if err := errors.Join(table.Declare(row{1, Place{2, 3}}), table.Flush()); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(fake.batches[0]); got != "[{1 [] [[1]]} {1 [] [[2]]} {1 [] [[3]]}]" {
		t.Error(got)
	}
}
