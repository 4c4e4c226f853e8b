package lancehost

import (
	"fmt"
	"strings"
	"testing"
)

// Plain fields have a way of their own, which has to end where the other one does.
func TestPlainFieldsLeaveAsAllOthersDo(t *testing.T) {
	type plainRow struct {
		ID     int64 `lance:"id,key"`
		Small  int32
		Ratio  float32
		Active bool
		Text   string
		Maybe  *float64
		Note   *string
		Sure   *bool
		// These are not plain, and the last may be wrong.
		Items [2]float32 `lance:"Items,type=list(float32)"`
		Grade int        `lance:"Grade,type=int8"`
	}
	fake := onFakeHost(t)
	structs := must(NewTable[plainRow]("default", "structs"))
	maps := must(NewRowTable("default", "maps", structs.batch.fields, structs.batch.key))

	var sent [2][][]column
	for i := range 5000 {
		number, sure := float64(i)/4, i%2 == 0
		text := strings.Repeat("äöü"[:i%7], i%31)
		row := plainRow{
			ID: int64(i), Small: int32(-i), Ratio: float32(i) / 8, Active: i%3 == 0, Text: text,
			Items: [2]float32{1, float32(i)}, Grade: i % 100,
		}
		asMap := Row{
			"id": row.ID, "Small": row.Small, "Ratio": row.Ratio, "Active": row.Active, "Text": row.Text,
			"Items": row.Items, "Grade": row.Grade,
		}
		if i%5 != 0 {
			row.Maybe, asMap["Maybe"] = &number, number
		}
		if i > 3000 && i%3 == 0 {
			row.Note, asMap["Note"] = &text, text
		}
		if i%4 != 0 {
			row.Sure, asMap["Sure"] = &sure, sure
		}
		if i%11 == 0 {
			wrong := row
			wrong.Grade, wrong.Active, wrong.Maybe = 1000, true, nil
			if err := structs.Declare(wrong); err == nil {
				t.Fatal("1000 is no int8")
			}
		}
		if err := structs.Declare(row); err != nil {
			t.Fatal(err)
		}
		if err := maps.Declare(asMap); err != nil {
			t.Fatal(err)
		}
		// Smaller and larger batches, which end within a byte of a bitmap, and one that has to grow.
		if i < 1500 && i%37 == 0 && i%3 != 0 || i == 4999 {
			if structs.batch.size != maps.batch.size {
				t.Fatalf("%d bytes instead of %d", structs.batch.size, maps.batch.size)
			}
			for to, flush := range []func() error{structs.Flush, maps.Flush} {
				if err := flush(); err != nil {
					t.Fatal(err)
				}
				sent[to] = append(sent[to], fake.batches...)
				fake.batches = nil
			}
		}
	}
	for i := range sent[0] {
		for at := range sent[0][i] {
			if got, want := fmt.Sprint(sent[0][i][at]), fmt.Sprint(sent[1][i][at]); got != want {
				t.Fatalf("batch %d, column %d and its parts: got %s, want %s", i, at, got, want)
			}
		}
	}
}
