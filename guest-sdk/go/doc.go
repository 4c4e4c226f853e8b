// Package lancehost declares LanceDB tables and rows from Go.
//
// A pipeline is a WebAssembly component that says which tables and rows should exist. lance-host runs
// it in a sandbox, compares, and makes the database match: rows are inserted, updated and deleted in
// one commit a table, and nothing is written if nothing changed. There is no clean-up code to write: a
// row that is no longer declared goes.
//
// # Columns
//
// Each exported field of a struct is a column, with the name in its tag or else its own:
//
//	type Document struct {
//		Path      string    `lance:"path,key"`
//		Title     *string   `lance:"title"`
//		Words     int       `lance:"words,type=int32"`
//		Embedding []float32 `lance:"embedding,vector=384"`
//		Tags      []string  `lance:"tags"`
//		Seen      bool      `lance:"-"`
//	}
//
// What a field's type becomes, if its tag does not say otherwise:
//
//	bool                            bool
//	int8 … int64, int               the same, int64
//	uint8 … uint64, uint            the same, uint64
//	float32, float64                the same
//	string                          utf8
//	[]byte, [N]byte                 binary, fixed-size-binary(N)
//	[N]float32, float64, int8       vector(float32, N), …
//	time.Time                       timestamp(us, UTC)
//	time.Duration                   duration(us)
//	what has a MarshalText method   utf8
//	json.RawMessage                 json
//	structs, maps, slices, any      json, as encoding/json writes it
//
// A pointer, or a type of database/sql such as [database/sql.Null], makes a column that may be null.
// The fields of an embedded struct count as the struct's own.
//
// The options of a tag, after the name and separated by commas:
//
//	key          the field identifies the row; several make a composite key
//	nullable     nil is null, rather than an empty slice or map
//	vector=N     a slice of N float32, float64, uint8 or int8 is a vector
//	type=…       a type of the contract, such as type=decimal128(10, 2) or type=list(utf8!)
//	json         JSON, whatever the type
//
// With type=…, numbers convert where they fit, times are cut to the column's unit, text and whole
// numbers become decimals, dates and times of day, slices become lists, structs and maps become
// structs by their tags, and maps become maps. A value that does not fit is an error, which names the
// column and the row.
//
// # Building
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -o pipeline.core.wasm .
//	lance-host-componentize pipeline.core.wasm pipeline.wasm "go 0.1.0"
//	lance-host run pipeline.wasm
//
// Go makes a core module, and the second command a component of it.
//
// # Testing
//
// A [TestHost] stands in for lance-host under plain Go.
package lancehost
