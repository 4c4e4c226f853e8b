package lancehost

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
	"unsafe"
)

// encoded appends values to a column of a type, and shows its buffers.
func encoded[T any](t *testing.T, dataType string, values ...T) string {
	t.Helper()
	b := newBuilder(must(parseType(dataType)), true, true, new(int))
	appendTo, err := compile(reflect.TypeFor[T](), b)
	if err != nil {
		return err.Error()
	}
	for i := range values {
		if err := appendTo(unsafe.Pointer(&values[i])); err != nil {
			return err.Error()
		}
	}
	var text []string
	for _, column := range b.finish(nil) {
		text = append(text, fmt.Sprintf("%d%v %v", column.length, column.validity, column.buffers))
	}
	return strings.Join(text, " ")
}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestNumbersFitOrAreRefused(t *testing.T) {
	expect(t, encoded(t, "int8", -128, 127), "2[] [[128 127]]")
	expect(t, encoded(t, "int8", 128), "128 does not fit int8")
	expect(t, encoded(t, "uint16", -1), "-1 does not fit uint16")
	expect(t, encoded(t, "uint64", uint64(math.MaxUint64)), "1[] [[255 255 255 255 255 255 255 255]]")
	expect(t, encoded(t, "int64", uint64(math.MaxUint64)), "18446744073709551615 does not fit int64")
	expect(t, encoded(t, "float32", 1<<24+1), "16777217 does not fit float32")
	expect(t, encoded(t, "float32", 0.1), "1[] [[205 204 204 61]]")
	expect(t, encoded(t, "float32", math.MaxFloat64), "1.7976931348623157e+308 does not fit float32")
	expect(t, encoded(t, "int64", true), "a Go value of type bool has no place in int64")
	expect(t, encoded(t, "bool", true, false, true), "3[] [[5]]")
}

func TestHalvesAreRoundedToTheNearestEven(t *testing.T) {
	for value, want := range map[float32]uint16{
		0: 0, 1: 0x3c00, -1.5: 0xbe00, 65504: 0x7bff, 65519: 0x7bff, 65520: 0x7c00,
		1 + 1.0/2048: 0x3c00, 1 + 3.0/2048: 0x3c02, 5.9604645e-08: 1, 2.9802322e-08: 0, 8.940697e-08: 2,
		6.1035156e-05: 0x0400, 6.0975552e-05: 0x03ff, float32(math.Inf(-1)): 0xfc00,
	} {
		if got := toHalf(value); got != want {
			t.Errorf("%v: got %#x, want %#x", value, got, want)
		}
	}
	for half := range uint16(0x7c00) {
		if got := toHalf(float32(fromHalf(half))); got != half {
			t.Fatalf("%#x became %#x", half, got)
		}
	}
	expect(t, encoded(t, "float16", 65520), "65520 does not fit float16")
}

func TestDecimalsKeepEveryDigit(t *testing.T) {
	zeros := strings.Repeat(" 0", 14)
	expect(t, encoded(t, "decimal128(4, 2)", "1.5", "-0.01"),
		"2[] [[150 0"+zeros+strings.Repeat(" 255", 16)+"]]")
	expect(t, encoded(t, "decimal128(4, -2)", 1200), "1[] [[12 0"+zeros+"]]")
	expect(t, encoded(t, "decimal128(4, 2)", "1.005"), "1.005 has more digits behind the point than decimal128(4, 2)")
	expect(t, encoded(t, "decimal128(4, 2)", "100"), "100 has more digits than decimal128(4, 2)")
	expect(t, encoded(t, "decimal128(4, 2)", "1e3"), `"1e3" is no decimal number`)
}

func TestTimesAreCutToTheirUnit(t *testing.T) {
	paris := time.FixedZone("", 3600)
	before := time.Date(1969, 12, 31, 23, 59, 59, 999_999_999, time.UTC)
	expect(t, encoded(t, "timestamp(s, UTC)", before), "1[] [[255 255 255 255 255 255 255 255]]")
	expect(t, encoded(t, "date32", before), "1[] [[255 255 255 255]]")
	noon := time.Date(1970, 1, 2, 0, 30, 0, 0, paris)
	expect(t, encoded(t, "date32", noon), "1[] [[1 0 0 0]]")
	expect(t, encoded(t, "timestamp(s)", noon), "1[] [[136 88 1 0 0 0 0 0]]")
	expect(t, encoded(t, "timestamp(s, UTC)", noon), "1[] [[120 74 1 0 0 0 0 0]]")
	expect(t, encoded(t, "time32(s)", noon), "1[] [[8 7 0 0]]")
	expect(t, encoded(t, "date32", "1970-01-03"), "1[] [[2 0 0 0]]")
	expect(t, encoded(t, "date32", "3 January"), `"3 January" is no date32, which looks like 2006-01-02`)
	expect(t, encoded(t, "timestamp(ns)", time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)),
		"3000-01-01T00:00:00Z is out of the range of timestamp(ns)")
	expect(t, encoded(t, "duration(ms)", -1500*time.Microsecond), "1[] [[254 255 255 255 255 255 255 255]]")
}

func TestNestedColumnsHaveTheirPartsDepthFirst(t *testing.T) {
	one := int8(1)
	expect(t, encoded(t, "list(int8)", []*int8{&one, nil}, nil),
		"2[] [[0 0 0 0 2 0 0 0 2 0 0 0]] 2[1] [[1 0]]")
	expect(t, encoded(t, "list(int8!)", []*int8{nil}), "a value is required here, and there is none")
	type point struct {
		Y int8 `lance:"y"`
		X int8 `lance:"x"`
	}
	expect(t, encoded(t, "struct(x: int8!, y: int8)", &point{2, 1}, nil), "2[1] [] 2[] [[1 0]] 2[] [[2 0]]")
	expect(t, encoded(t, "struct(x: int8!, y: int8)", map[string]any{"x": 1}), "1[] [] 1[] [[1]] 1[0] [[0]]")
	expect(t, encoded(t, "struct(z: int8)", point{}), "lancehost.point has no field for z of struct(z: int8)")
	expect(t, encoded(t, "map(utf8, int8)", map[string]int8{"b": 2, "a": 1}),
		"1[] [[0 0 0 0 2 0 0 0]] 2[] [] 2[] [[0 0 0 0 1 0 0 0 2 0 0 0] [97 98]] 2[] [[1 2]]")
	expect(t, encoded(t, "fixed-size-list(int8, 2)", [2]int8{1, 2}), "1[] [] 2[] [[1 2]]")
	expect(t, encoded(t, "dictionary(int8, utf8)", "a", "b", "a"),
		"3[] [[0 1 0]] 2[] [[0 0 0 0 1 0 0 0 2 0 0 0] [97 98]]")
	expect(t, encoded(t, "vector(float16, 2)", []float64{1, -2}), "1[] [[0 60 0 192]]")
}

func TestTruncationForgetsTheWholeOfARow(t *testing.T) {
	for _, dataType := range []string{
		"bool", "int32", "utf8", "large-binary", "json", "list(utf8)", "fixed-size-list(int8, 3)",
		"struct(a: bool, b: list(int8))", "map(utf8, int8)", "vector(float32, 2)",
	} {
		grown := newBuilder(must(parseType(dataType)), true, true, new(int))
		fresh := newBuilder(must(parseType(dataType)), true, true, new(int))
		for i := range 20 {
			for _, b := range []*builder{grown, fresh} {
				if b == grown || i < 11 || i > 14 {
					if i%3 == 0 {
						if err := b.null(); err != nil {
							t.Fatal(err)
						}
					} else {
						b.placeholder()
					}
				}
			}
			if i == 14 {
				grown.truncate(11)
			}
		}
		if got, want := fmt.Sprint(grown.finish(nil)), fmt.Sprint(fresh.finish(nil)); got != want {
			t.Errorf("%s: got %s, want %s", dataType, got, want)
		}
	}
}

func TestJSONIsWrittenWithoutTheEscapesOfHTML(t *testing.T) {
	expect(t, encoded(t, "json", any("<a>")), "1[] [[0 0 0 0 5 0 0 0] [34 60 97 62 34]]")
	expect(t, encoded(t, "json", make(chan int)), "there is no JSON for it: json: unsupported type: chan int")
}
