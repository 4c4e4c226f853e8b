package lancehost

import (
	"database/sql"
	"encoding/json"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestEveryFieldHasTheColumnOfItsType(t *testing.T) {
	type Embedded struct {
		Inner int16
	}
	type row struct {
		Key      string `lance:"key,key"`
		Embedded `json:"ignored"`
		Plain    uint
		Hidden   int `lance:"-"`
		hidden   int
		Address  netip.Addr
		Null     sql.NullTime
		Pointer  **float32
		Raw      json.RawMessage
		Any      any
		List     []string        `lance:"list,nullable"`
		Map      map[string]int8 `lance:",type=map(utf8, int32!)"`
		Quoted   struct{}        `lance:"q,type=struct(\"a,b\": utf8, c: list(int8))"`
		JSON     []byte          `lance:",json"`
		Vector   []int8          `lance:",vector=3"`
		Named    time.Month
		Array    [2]string
	}
	want := strings.Fields(strings.ReplaceAll(`key:utf8 Inner:int16 Plain:uint64 Address:utf8
		Null:timestamp(us,_UTC)? Pointer:float32? Raw:json Any:json list:json? Map:map(utf8,_int32!)
		q:struct("a,b":_utf8,_c:_list(int8)) JSON:json Vector:vector(int8,_3) Named:int64 Array:json`, "\t", ""))
	fields, err := fieldsOf(reflect.TypeFor[row]())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, field := range fields {
		column, err := columnOf(field)
		if err != nil {
			t.Fatal(err)
		}
		text := column.Name + ":" + strings.ReplaceAll(column.Type, " ", "_")
		if column.Nullable {
			text += "?"
		}
		got = append(got, text)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	_ = row{}.hidden
}

func refusalOf[T any](t *testing.T, want string) {
	t.Helper()
	onFakeHost(t)
	_, err := NewTable[T]("default", "t")
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestWrongStructsAreRefusedWithAdvice(t *testing.T) {
	refusalOf[struct{ A int }](t, "has no key: tag the fields that identify a row, as in `lance:\"id,key\"`")
	refusalOf[struct {
		A []float32 `lance:"a,key"`
	}](t, "field .A is a vector or a list: say vector=N for N items, type=list(float32!) or json (table default/t, column a)")
	refusalOf[struct {
		A *int `lance:"a,key"`
	}](t, "a key is never null")
	refusalOf[struct {
		A chan int `lance:"a,key"`
	}](t, "which no column holds; leave it out with `lance:\"-\"`")
	refusalOf[struct {
		A int `lance:"a,kye"`
	}](t, `there is no option "kye"; known are key, json, nullable, type=… and vector=…`)
	refusalOf[struct {
		A int `lance:"a,key,type=int65"`
	}](t, `the type "int65" is wrong at character 1: there is no type int65`)
	refusalOf[struct {
		A string `lance:"a,key,type=int64"`
	}](t, "a Go value of type string has no place in int64")
	refusalOf[struct {
		A int `lance:"a,key,nullable"`
	}](t, "a int is never nil: declare field .A as *int")
	refusalOf[struct {
		a int `lance:"a,key"`
	}](t, "has a tag but is not exported")
	refusalOf[int](t, "a row is a struct")
}

func TestTypesAreReadAsTheContractWritesThem(t *testing.T) {
	for _, text := range []string{
		"bool", " list( utf8! ) ", "struct(x: float64!, \"first \"\"name\"\"\": utf8)",
		"map(utf8, list(vector(float16, 3)))", "dictionary(int8, utf8)", "decimal128(10, -2)",
		"timestamp(us, America/New_York)", "fixed-size-list(int8!, 4)", "time32(ms)",
	} {
		if _, err := parseType(text); err != nil {
			t.Error(err)
		}
	}
	for text, want := range map[string]string{
		"":                   "at character 1: a type is missing",
		"list(utf8":          "at character 10: ')' is missing",
		"vector(utf8, 3)":    "the items of a vector are float16",
		"time32(us)":         "at character 8: the unit is s or ms",
		"struct(\"ä: int8)":  "a quote is missing",
		"int8 int8":          "at character 6: the type ends before \"int8\"",
		"fixed-size-list(x)": "at character 17: there is no type x",
		strings.Repeat("list(", 20) + "int8" + strings.Repeat(")", 20): "types are nested at most 16 deep",
	} {
		if _, err := parseType(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}
