package lancehost_test

import (
	"errors"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lance-host.dev/lancehost"
)

type Document struct {
	Path      string    `lance:"path,key"`
	Title     *string   `lance:"title"`
	Words     int       `lance:"words,type=int32"`
	Changed   time.Time `lance:"changed"`
	Tags      []string  `lance:"tags"`
	Embedding []float32 `lance:"embedding,vector=2"`
}

// A whole pipeline: a table of the files in a folder.
func Example() {
	run := func(params lancehost.Params) error {
		documents, err := lancehost.NewTable[Document]("default", "documents")
		if err != nil {
			return err
		}
		paths, err := filepath.Glob(filepath.Join(params.Get("root", "/docs"), "*.md"))
		if err != nil {
			return err
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			words := strings.Fields(string(text))
			err = documents.Declare(Document{
				Path:      path,
				Words:     len(words),
				Embedding: []float32{float32(len(text)), float32(len(words))},
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	lancehost.Main(run)
}

// A table whose columns show only when the pipeline runs.
func ExampleNewRowTable() {
	declare := func() error {
		columns := []lancehost.Column{
			{Name: "id", Type: "int64"},
			{Name: "tags", Type: "list(utf8!)", Nullable: true},
		}
		table, err := lancehost.NewRowTable("default", "things", columns, []string{"id"})
		if err != nil {
			return err
		}
		return table.Declare(lancehost.Row{"id": 1, "tags": []string{"a", "b"}})
	}
	_ = declare
}

// Indexes of two columns.
func ExampleTable_DeclareIndex() {
	declare := func(documents *lancehost.Table[Document]) error {
		return errors.Join(
			documents.DeclareIndex("title", lancehost.TextIndex{Language: "French"}),
			documents.DeclareIndex("embedding", lancehost.VectorIndex{
				Kind:   lancehost.IVFPQ,
				Metric: lancehost.Cosine,
			}),
		)
	}
	_ = declare
}

// A row that does not fit is left out, and the others go on.
func ExampleError() {
	declare := func(documents *lancehost.Table[Document], document Document) error {
		err := documents.Declare(document)
		var refused *lancehost.Error
		if errors.As(err, &refused) && refused.Code == "dimension-mismatch" {
			log.Printf("row %d is left out", refused.Row)
			return nil
		}
		return err
	}
	_ = declare
}
