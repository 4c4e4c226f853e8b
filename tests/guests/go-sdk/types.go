package main

import (
	"database/sql"
	"math"
	"time"

	"lance-host.dev/lancehost"
)

func types(lancehost.Params) error {
	type row struct {
		ID     string     `lance:"id,key"`
		Yes    bool       `lance:"yes"`
		Number int        `lance:"number"`
		Float  float64    `lance:"float"`
		Text   string     `lance:"text"`
		Bytes  []byte     `lance:"bytes"`
		Value  any        `lance:"value"`
		Vector [3]float32 `lance:"vector"`
	}
	return declare("types",
		row{ID: "min", Number: math.MinInt64, Float: -math.MaxFloat64, Value: []int{}},
		row{
			"max", true, math.MaxInt64, math.NaN(), "Grüße, 世界 🌍", []byte{0, 255},
			map[string]any{"a": []any{1, 2.5, "x"}}, [3]float32{1, 2.5, -3},
		},
	)
}

func nulls(lancehost.Params) error {
	type row struct {
		ID     string            `lance:"id,key"`
		Yes    *bool             `lance:"yes"`
		Number sql.NullInt64     `lance:"number"`
		Float  sql.Null[float64] `lance:"float"`
		Text   *string           `lance:"text"`
		Bytes  []byte            `lance:"bytes,nullable"`
		Value  map[string]int    `lance:"value,nullable"`
		Vector []float32         `lance:"vector,vector=3,nullable"`
	}
	yes, text := true, "t"
	return declare("nulls",
		row{
			"present", &yes, sql.NullInt64{Int64: 1, Valid: true}, sql.Null[float64]{V: 1.5, Valid: true},
			&text, []byte{1}, map[string]int{}, []float32{1, 2, 3},
		},
		row{ID: "absent"},
	)
}

func wide(lancehost.Params) error {
	type row struct {
		ID      string        `lance:"id,key"`
		I8      int8          `lance:"i8"`
		I16     int16         `lance:"i16"`
		I32     int           `lance:"i32,type=int32"`
		U8      uint8         `lance:"u8"`
		U16     uint16        `lance:"u16"`
		U32     uint32        `lance:"u32"`
		U64     uint64        `lance:"u64"`
		F16     float32       `lance:"f16,type=float16"`
		F32     float32       `lance:"f32"`
		Text    string        `lance:"text,type=large-utf8"`
		Bytes   []byte        `lance:"bytes,type=large-binary"`
		Hash    [4]byte       `lance:"hash"`
		Day     time.Time     `lance:"day,type=date32"`
		Time    time.Duration `lance:"time,type=time64(us)"`
		Moment  time.Time     `lance:"moment,type=timestamp(us)"`
		Zoned   time.Time     `lance:"zoned"`
		Span    time.Duration `lance:"span"`
		Price   string        `lance:"price,type=decimal128(10, 2)"`
		Halves  []float32     `lance:"halves,type=vector(float16, 2)"`
		Doubles [2]float64    `lance:"doubles"`
		Levels  []uint8       `lance:"levels,vector=2"`
		Signed  [2]int8       `lance:"signed"`
	}
	epoch := time.Unix(0, 0).UTC()
	leap := time.Date(2024, time.February, 29, 12, 34, 56, 789012000, time.UTC)
	return declare("wide",
		row{
			ID: "min", I8: math.MinInt8, I16: math.MinInt16, I32: math.MinInt32, F16: -1.5, F32: -1.5,
			Day: epoch, Moment: epoch, Zoned: epoch, Price: "-0.01",
			Halves: []float32{0, 0}, Levels: []uint8{0, 0},
		},
		row{
			"max", math.MaxInt8, math.MaxInt16, math.MaxInt32,
			math.MaxUint8, math.MaxUint16, math.MaxUint32, math.MaxUint64, 65504, 0.5,
			"ä", []byte{0, 255}, [4]byte{255, 255, 255, 255},
			leap, 24*time.Hour - time.Microsecond, leap, leap, 90*time.Second + time.Microsecond,
			"12345678.90", []float32{1, -0.5}, [2]float64{1, -0.1}, []uint8{1, 255}, [2]int8{127, -128},
		},
	)
}

func nested(lancehost.Params) error {
	type place struct {
		X float64  `lance:"x"`
		Y *float64 `lance:"y"`
	}
	type row struct {
		ID     string    `lance:"id,key"`
		Tags   []*string `lance:"tags,type=list(utf8),nullable"`
		Counts []int32   `lance:"counts,type=list(int32!),nullable"`
		Place  *place    `lance:"place,type=struct(x: float64!, y: float64)"`
	}
	a, umlaut := "a", "ä"
	return declare("nested",
		row{ID: "empty", Tags: []*string{}},
		row{"full", []*string{&a, nil, &umlaut}, []int32{1, 2}, &place{X: 1.5}},
	)
}
