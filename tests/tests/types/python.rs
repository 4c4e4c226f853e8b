//! Every type, read by the official `lancedb` package for Python.

use lance_host_tests::{Declare, How, Table, World};
use serde_json::{Value, json};

use super::{declared, name, samples};

/// Prints the types and the values of all tables by `id`, and a vector's nearest neighbour.
const READ: &str = r#"
import json, sys
import lancedb
import pyarrow as pa

database = lancedb.connect(sys.argv[1])
read = {}
for name in database.table_names(limit=1000):
    rows = database.open_table(name).to_arrow().sort_by("id")
    column = rows["v"].combine_chunks()
    counted = {pa.types.is_timestamp: pa.int64(), pa.types.is_duration: pa.int64(),
               pa.types.is_date64: pa.int64(), pa.types.is_time64: pa.int64(),
               pa.types.is_date32: pa.int32(), pa.types.is_time32: pa.int32()}
    for is_counted, integer in counted.items():
        if is_counted(column.type):
            column = column.cast(integer)
    read[name] = [str(rows.schema.field("v").type), [repr(value) for value in column.to_pylist()]]
print(json.dumps(read))
"#;

#[test]
fn python_reads_every_type() {
    let world = World::new();
    let samples = samples();
    world
        .declare("p", &declared(&samples, How::Rows, false))
        .exits(0);
    let read: Value = serde_json::from_str(&world.python(READ)).unwrap();
    let lines: Vec<_> = samples
        .iter()
        .enumerate()
        .map(|(number, sample)| {
            let [data_type, values] = read[name(number)].as_array().unwrap().as_slice() else {
                panic!("no type and values in {read}");
            };
            let values: Vec<_> = values
                .as_array()
                .unwrap()
                .iter()
                .filter_map(Value::as_str)
                .collect();
            format!(
                "{} | {} | {}",
                sample.data_type,
                data_type.as_str().unwrap(),
                values.join(" | ")
            )
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    bool | bool | True | None | False
    int8 | int8 | -128 | None | 127 | 0
    int16 | int16 | -32768 | None | 32767 | 0
    int32 | int32 | -2147483648 | None | 2147483647 | 0
    int64 | int64 | -9223372036854775808 | None | 9223372036854775807 | 0
    uint8 | uint8 | 1 | None | 255 | 0
    uint16 | uint16 | 1 | None | 65535 | 0
    uint32 | uint32 | 1 | None | 4294967295 | 0
    uint64 | uint64 | 1 | None | 18446744073709551615 | 0
    float16 | halffloat | 65504.0 | None | nan | inf | -inf | -0.0 | 0.0
    float32 | float | 3.4028234663852886e+38 | None | nan | inf | -inf | -0.0 | 0.0
    float64 | double | 5e-324 | None | nan | inf | -inf | -0.0 | 0.0
    utf8 | string | '' | None | 'ö\x00\'"`\\ 🦀' | 'null'
    large-utf8 | large_string | '' | None | 'ö\x00\'"`\\ 🦀' | 'null'
    dictionary(int32, utf8) | dictionary<values=string, indices=int32, ordered=0> | '' | None | 'ö\x00\'"`\\ 🦀' | 'null'
    dictionary(uint32, large-utf8) | dictionary<values=large_string, indices=uint32, ordered=0> | '' | None | 'ö\x00\'"`\\ 🦀' | 'null'
    binary | binary | b'' | None | b'\x00\xff\x80'
    large-binary | large_binary | b'' | None | b'\x00\xff\x80'
    fixed-size-binary(2) | fixed_size_binary[2] | b'\x00\xff' | None | b'\x00\x00'
    json | string | '{"a":"","b":[1.5,null]}' | None | '""'
    date32 | date32[day] | -2147483648 | None | 2147483647 | 0
    date64 | date64[ms] | -86400000 | None | 9223372036828800000 | 0
    time32(s) | time32[s] | 1 | None | 86399 | 0
    time32(ms) | time32[ms] | 1 | None | 86399999 | 0
    time64(us) | time64[us] | 1 | None | 86399999999 | 0
    time64(ns) | time64[ns] | 1 | None | 86399999999999 | 0
    timestamp(s) | timestamp[s] | -9223372036854775808 | None | 9223372036854775807 | -1
    timestamp(ms, Europe/Berlin) | timestamp[ms, tz=Europe/Berlin] | -9223372036854775808 | None | 9223372036854775807 | -1
    timestamp(us, UTC) | timestamp[us, tz=UTC] | -9223372036854775808 | None | 9223372036854775807 | -1
    timestamp(ns, +02:00) | timestamp[ns, tz=+02:00] | -9223372036854775808 | None | 9223372036854775807 | -1
    duration(s) | duration[s] | -9223372036854775808 | None | 9223372036854775807 | -1
    duration(ns) | duration[ns] | -9223372036854775808 | None | 9223372036854775807 | -1
    decimal128(38, 0) | decimal128(38, 0) | Decimal('99999999999999999999999999999999999999') | None | Decimal('-1')
    decimal128(5, 2) | decimal128(5, 2) | Decimal('-123.45') | None | Decimal('0.01')
    decimal128(3, -2) | decimal128(3, -2) | Decimal('9.99E+4') | None | Decimal('-1E+2')
    decimal256(76, 12) | decimal256(76, 12) | Decimal('-9999999999999999999999999999999999999999999999999999999999999999.999999999999') | None | Decimal('1.000000000000')
    vector(float16, 2) | fixed_size_list<item: halffloat>[2] | [1.5, nan] | None | [-0.0, -inf]
    vector(float32, 2) | fixed_size_list<item: float>[2] | [3.4028234663852886e+38, nan] | None | [-0.0, 0.0]
    vector(float64, 1) | fixed_size_list<item: double>[1] | [0.5] | None | [-0.0]
    vector(uint8, 2) | fixed_size_list<item: uint8>[2] | [0, 255] | None | [1, 2]
    vector(int8, 2) | fixed_size_list<item: int8>[2] | [-128, 127] | None | [1, 2]
    list(vector(float32, 2)) | list<item: fixed_size_list<item: float>[2]> | [[1.0, 2.0], [3.0, 4.0]] | None | [] | [[1.0, 2.0]]
    list(int64) | list<item: int64> | [1, None, -3] | None | [] | [None]
    large-list(int64) | large_list<item: int64> | [1, None, -3] | None | [] | [None]
    list(utf8!) | list<item: string not null> | ['', 'ö'] | None | []
    list(list(bool)) | list<item: list<item: bool>> | [[True], [], None] | None | [None] | []
    list(binary) | list<item: binary> | [b'\x00\xff', b''] | None | [None]
    list(decimal128(5, 2)) | list<item: decimal128(5, 2)> | [Decimal('1.50'), None] | None | []
    list(dictionary(int32, utf8)) | list<item: dictionary<values=string, indices=int32, ordered=0>> | ['a', 'b', 'a'] | None | [None]
    fixed-size-list(int32, 2) | fixed_size_list<item: int32>[2] | [1, None] | None | [None, None] | [1, 2]
    fixed-size-list(bool!, 3) | fixed_size_list<item: bool>[3] | [True, False, True] | None | [False, False, True]
    fixed-size-list(fixed-size-list(int8, 2), 2) | fixed_size_list<item: fixed_size_list<item: int8>[2]>[2] | [[1, 2], [3, 4]] | None | [[4, 3], [2, 1]]
    struct(a: int64!, "b c": utf8) | struct<a: int64 not null, b c: string> | {'a': 1, 'b c': 'x'} | None | {'a': 1, 'b c': None}
    struct(a: struct(b: list(int8)), v: vector(float32, 1)) | struct<a: struct<b: list<item: int8>>, v: fixed_size_list<item: float>[1]> | {'a': {'b': [1, None]}, 'v': [0.5]} | None | {'a': {'b': None}, 'v': None} | {'a': None, 'v': None}
    list(struct(a: bool, b: json)) | list<item: struct<a: bool, b: string>> | [{'a': True, 'b': '{"c":1}'}, None] | None | [{'a': None, 'b': None}]
    map(utf8, int64) | map<string, int64> | [('a', 1), ('b', None)] | None | []
    map(int8, struct(x: float64)) | map<int8, struct<x: double>> | [(1, {'x': 0.5})] | None | [(1, None)]
    dictionary(uint64, int64) | dictionary<values=int64, indices=uint64, ordered=0> | -9223372036854775808 | None | 1
    dictionary(int64, binary) | dictionary<values=binary, indices=int64, ordered=0> | b'\x00\xff' | None | b''
    "#);
}

/// Prints what a vector index and a query make of the vectors of each table.
const SEARCH: &str = r#"
import json, sys
import lancedb

database = lancedb.connect(sys.argv[1])
found = {}
for name in database.table_names():
    table = database.open_table(name)
    query = [1, 0] if name != "many" else [[1, 0]]
    try:
        nearest = [row["id"] for row in table.search(query, vector_column_name="v").limit(1).to_list()]
    except Exception as error:
        nearest = str(error).splitlines()[0]
    found[name] = nearest
print(json.dumps(found))
"#;

#[test]
fn python_searches_vectors_of_every_kind() {
    let world = World::new();
    let vectors = |name: &str, data_type: &str, values: [Value; 2]| {
        let table = Table::new(name)
            .required("id", "int64")
            .required("v", data_type)
            .key(&["id"]);
        let [far, near] = values;
        table.row(json!([1, far])).row(json!([2, near]))
    };
    let mut declare = Declare::nothing();
    for item in ["float16", "float32", "float64", "uint8", "int8"] {
        let data_type = format!("vector({item}, 2)");
        declare = declare.and(vectors(item, &data_type, [json!([0, 8]), json!([1, 0])]));
    }
    let many = "list(vector(float32, 2))";
    declare = declare.and(vectors(
        "many",
        many,
        [json!([[0, 8]]), json!([[1, 0], [0, 1]])],
    ));
    world.declare("p", &declare).exits(0);
    insta::assert_snapshot!(world.python(SEARCH).trim(), @r#"{"float16": [2], "float32": [2], "float64": [2], "int8": "Invalid input, Column v has element type Int8 and the query vector is Float32", "many": [2], "uint8": [2]}"#);
}
