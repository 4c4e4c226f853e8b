//! The column of each type of field, and of each type that a field or a schema may name.

use std::sync::Arc;

use arrow::{
    array::AsArray,
    datatypes::{Field, Float64Type},
};
use lance_host_tests::World;
use serde_json::{Value, json};

use super::{assert_unchanged, shown, world_after};

/// The columns of a table: name, type, and a question mark if it may be null.
fn columns(world: &World, table: &str) -> Vec<String> {
    let schema = world.table(table).schema();
    let column = |field: &Arc<Field>| {
        let nullable = if field.is_nullable() { "?" } else { "" };
        format!("{}: {}{nullable}", field.name(), field.data_type())
    };
    schema.fields().iter().map(column).collect()
}

#[test]
fn every_type_of_field_goes_where_it_belongs() {
    let world = world_after("types");
    assert_eq!(
        columns(&world, "types"),
        [
            "id: Utf8",
            "yes: Boolean",
            "i8: Int8",
            "i16: Int16",
            "i32: Int32",
            "i64: Int64",
            "u8: UInt8",
            "u16: UInt16",
            "u32: UInt32",
            "u64: UInt64",
            "f32: Float32",
            "f64: Float64",
            "letter: Utf8",
            "text: Utf8",
            "bytes: Binary",
            "hash: Binary",
            "value: Utf8",
            "tags: Utf8",
            "nested: Utf8",
            "counts: Utf8",
            "array: FixedSizeList(3 x Float32)",
            "slice: FixedSizeList(2 x Float32)",
            "doubles: FixedSizeList(2 x Float64)",
            "heap: FixedSizeList(2 x UInt8)",
        ]
    );
    let floats = world.table("types").rows()["f64"]
        .as_primitive::<Float64Type>()
        .clone();
    assert!(floats.iter().flatten().any(f64::is_nan));

    let rows = shown(&world, "types", "id");
    assert_eq!(
        rows[0],
        json!({
            "id": "max", "yes": true, "i8": 127, "i16": 32767, "i32": i32::MAX, "i64": i64::MAX,
            "u8": 255, "u16": 65535, "u32": u32::MAX, "u64": u64::MAX, "f32": 0.5, "f64": "NaN",
            "letter": "世", "text": "Grüße, 世界 🌍", "bytes": "00ff", "hash": "ffffffff",
            "value": r#"{"a":[1,2.5,"x"]}"#, "tags": r#"["a","b"]"#,
            "nested": r#"{"name":"n","level":255}"#, "counts": r#"{"a":1}"#,
            "array": [1.0, 2.5, -3.0], "slice": [1.0, -1.0], "doubles": [0.1, -0.1],
            "heap": [1, 255],
        })
    );
    assert_eq!(
        rows[1],
        json!({
            "id": "min", "yes": false, "i8": -128, "i16": -32768, "i32": i32::MIN, "i64": i64::MIN,
            "u8": 0, "u16": 0, "u32": 0, "u64": 0, "f32": -0.0, "f64": f64::MIN,
            "letter": "a", "text": "", "bytes": "", "hash": "00000000",
            "value": "null", "tags": "[]", "nested": r#"{"name":"","level":0}"#, "counts": "{}",
            "array": [0.0, 0.0, 0.0], "slice": [0.0, 0.0], "doubles": [0.0, 0.0],
            "heap": [0, 0],
        })
    );
}

#[test]
fn an_option_is_a_column_that_may_be_null() {
    let world = world_after("nulls");
    let schema = world.table("nulls").schema();
    for field in schema.fields() {
        assert_eq!(
            field.is_nullable(),
            field.name() != "id",
            "{}",
            field.name()
        );
    }
    let rows = shown(&world, "nulls", "id");
    assert_eq!(
        rows,
        [
            json!({"id": "absent", "yes": null, "number": null, "float": null, "text": null,
                "bytes": null, "value": null, "tags": null, "array": null, "slice": null}),
            json!({"id": "present", "yes": true, "number": 1, "float": 1.5, "text": "t",
                "bytes": "01", "value": "{}", "tags": r#"["a"]"#,
                "array": [1.0, 2.0], "slice": [3.0, 4.0]}),
        ]
    );
}

#[test]
fn types_of_libraries_go_to_columns_of_dates_and_times() {
    let world = world_after("libraries");
    assert_eq!(
        columns(&world, "libraries"),
        [
            "id: Utf8",
            "system_time: Timestamp(µs, \"UTC\")",
            "duration: Duration(µs)",
            "chrono_date: Date32",
            "chrono_time: Time64(µs)",
            "chrono_wall: Timestamp(µs)",
            "chrono_moment: Timestamp(µs, \"UTC\")",
            "chrono_span: Duration(µs)?",
            "time_date: Date32",
            "time_time: Time64(µs)",
            "time_wall: Timestamp(µs)",
            "time_moment: Timestamp(µs, \"UTC\")",
            "time_utc: Timestamp(µs, \"UTC\")?",
            "time_span: Duration(µs)",
            "half: Float16",
            "halves: FixedSizeList(2 x Float16)",
        ]
    );
    assert_eq!(
        shown(&world, "libraries", "id"),
        [json!({
            "id": "01234567-89ab-cdef-0123-456789abcdef",
            "system_time": "1970-01-02T00:00:00.001Z", "duration": "PT1.5S",
            "chrono_date": "1970-01-02", "chrono_time": "00:00:00.001",
            "chrono_wall": "1970-01-02T00:00:00.001",
            "chrono_moment": "1970-01-02T00:00:00.001Z", "chrono_span": "-PT1.5S",
            "time_date": "1970-01-02", "time_time": "00:00:00.001",
            "time_wall": "1970-01-02T00:00:00.001",
            "time_moment": "1970-01-02T00:00:00.001Z", "time_utc": "1970-01-02T00:00:00.001Z",
            "time_span": "-PT1.5S", "half": 0.5, "halves": [-0.5, "Infinity"],
        })]
    );
}

#[test]
fn a_field_may_name_the_type_of_its_column() {
    let world = world_after("typed");
    // The type of each column, and the value of the row that has all of them.
    let typed = [
        ("id: Int32", json!(1)),
        ("float16: Float16?", json!(0.5)),
        ("uint64: UInt64?", json!(u64::MAX)),
        ("date: Date32?", json!("2024-02-29")),
        ("date64: Date64?", json!("2024-02-29T00:00:00")),
        ("time: Time32(ms)?", json!("23:59:59.999")),
        ("nanoseconds: Time64(ns)?", json!("00:00:00.000000001")),
        (
            "moment: Timestamp(ms, \"Europe/Berlin\")?",
            json!("1970-01-01T01:00:00.001+01:00"),
        ),
        ("wall: Timestamp(s)?", json!("1970-01-02T00:00:00")),
        ("span: Duration(ms)?", json!("PT2S")),
        (
            "uuid: FixedSizeBinary(16)?",
            json!("000000000000000000000000000000ff"),
        ),
        ("text: LargeUtf8?", json!("large")),
        ("bytes: LargeBinary?", json!("0102")),
        ("price: Decimal128(10, 2)?", json!("-12.50")),
        (
            "huge: Decimal256(76, 0)?",
            json!("170141183460469231731687303715884105727"),
        ),
        ("language: Dictionary(Int32, Utf8)?", json!("en")),
        ("halves: FixedSizeList(2 x Float16)?", json!([0.5, -2.0])),
        ("doubles: FixedSizeList(2 x Float64)?", json!([0.5, -2.0])),
        ("list: List(Float32)?", json!([0.5, null])),
        (
            "multivector: List(non-null FixedSizeList(2 x Float32))?",
            json!([[1.0, 2.0], [3.0, 4.0]]),
        ),
        ("words: LargeList(non-null Utf8)?", json!(["a", ""])),
        ("pair: FixedSizeList(2 x Int16)?", json!([-1, 1])),
        (
            "nested: Struct(\"a\": Int64, \"b\": non-null Utf8)?",
            json!({"a": null, "b": "x"}),
        ),
        (
            "many: List(Struct(\"a\": Int64, \"b\": non-null Utf8))?",
            json!([{"a": 1, "b": "y"}]),
        ),
        ("json: Utf8?", json!(r#"{"a":null,"b":"z"}"#)),
        ("tags: Utf8?", json!("red, green")),
    ];
    assert_eq!(
        columns(&world, "typed"),
        typed.clone().map(|(column, _)| column)
    );
    let names = typed
        .clone()
        .map(|(column, _)| column.split(':').next().unwrap());
    let [full, nulls] = shown(&world, "typed", "id").try_into().unwrap();
    for (name, (_, value)) in names.iter().zip(&typed) {
        assert_eq!(&full[name], value, "{name}");
        let null = if *name == "id" { json!(2) } else { Value::Null };
        assert_eq!(nulls[name], null, "{name}");
    }
    assert_unchanged(&world, "typed", 2);
}

#[test]
fn a_table_without_a_struct_has_columns_of_every_type() {
    let world = world_after("dynamic");
    let schema = world.table("dynamic").schema();
    let [high, low, null] = shown(&world, "dynamic", "id").try_into().unwrap();
    let nines = "9".repeat(38);
    // What was declared, the column, and its values in the rows `low` and `high`.
    let columns = [
        ("bool", "Boolean", json!(false), json!(true)),
        ("int8", "Int8", json!(i8::MIN), json!(i8::MAX)),
        ("int16", "Int16", json!(i16::MIN), json!(i16::MAX)),
        ("int32", "Int32", json!(i32::MIN), json!(i32::MAX)),
        ("int64", "Int64", json!(i64::MIN), json!(i64::MAX)),
        ("uint8", "UInt8", json!(0), json!(u8::MAX)),
        ("uint16", "UInt16", json!(0), json!(u16::MAX)),
        ("uint32", "UInt32", json!(0), json!(u32::MAX)),
        ("uint64", "UInt64", json!(0), json!(u64::MAX)),
        ("float16", "Float16", json!(-65504.0), json!("Infinity")),
        ("float32", "Float32", json!(-3.4028235e38), json!(0.1)),
        ("float64", "Float64", json!(f64::MIN), json!("NaN")),
        ("utf8", "Utf8", json!(""), json!("世界")),
        ("large-utf8", "LargeUtf8", json!(""), json!("世界")),
        ("binary", "Binary", json!(""), json!("00ff")),
        ("large-binary", "LargeBinary", json!(""), json!("00ff")),
        (
            "fixed-size-binary(2)",
            "FixedSizeBinary(2)",
            json!("0000"),
            json!("ff01"),
        ),
        ("json", "Utf8", json!("[]"), json!(r#"{"a":[1,null]}"#)),
        ("date32", "Date32", json!("0001-01-01"), json!("9999-12-31")),
        (
            "date64",
            "Date64",
            json!("1970-01-01T00:00:00"),
            json!("9999-12-31T00:00:00"),
        ),
        (
            "time32(s)",
            "Time32(s)",
            json!("00:00:00"),
            json!("23:59:59"),
        ),
        (
            "time32(ms)",
            "Time32(ms)",
            json!("00:00:00"),
            json!("23:59:59.999"),
        ),
        (
            "time64(us)",
            "Time64(µs)",
            json!("00:00:00"),
            json!("23:59:59.999999"),
        ),
        (
            "time64(ns)",
            "Time64(ns)",
            json!("00:00:00"),
            json!("23:59:59.999999999"),
        ),
        (
            "timestamp(s)",
            "Timestamp(s)",
            json!("0001-01-01T00:00:00"),
            json!("9999-12-31T23:59:59"),
        ),
        (
            "timestamp(ms)",
            "Timestamp(ms)",
            json!("1969-12-31T23:59:59.999"),
            json!("9999-12-31T23:59:59.999"),
        ),
        (
            "timestamp(us, UTC)",
            "Timestamp(µs, \"UTC\")",
            json!("1969-12-31T23:59:59.999999Z"),
            json!("2024-02-28T23:00:00Z"),
        ),
        (
            "timestamp(ns, UTC)",
            "Timestamp(ns, \"UTC\")",
            json!("1677-09-21T00:12:43.145224192Z"),
            json!("2262-04-11T23:47:16.854775807Z"),
        ),
        ("duration(s)", "Duration(s)", json!("-PT1S"), json!("PT1S")),
        (
            "duration(ns)",
            "Duration(ns)",
            json!("-PT9223372036.854775808S"),
            json!("PT9223372036.854775807S"),
        ),
        (
            "decimal128(5, 2)",
            "Decimal128(5, 2)",
            json!("-999.99"),
            json!("999.99"),
        ),
        (
            "decimal128(38, 0)",
            "Decimal128(38, 0)",
            json!("-1"),
            json!(nines),
        ),
        (
            "decimal256(76, 38)",
            "Decimal256(76, 38)",
            json!(format!("-0.5{}", "0".repeat(37))),
            json!(format!("{nines}.{}", "0".repeat(38))),
        ),
        (
            "vector(float16, 2)",
            "FixedSizeList(2 x Float16)",
            json!([0.0, 0.0]),
            json!([0.5, -0.5]),
        ),
        (
            "vector(float32, 2)",
            "FixedSizeList(2 x Float32)",
            json!([0.0, 0.0]),
            json!([0.1, -0.1]),
        ),
        (
            "vector(float64, 2)",
            "FixedSizeList(2 x Float64)",
            json!([0.0, 0.0]),
            json!([0.1, -0.1]),
        ),
        (
            "vector(uint8, 2)",
            "FixedSizeList(2 x UInt8)",
            json!([0, 0]),
            json!([1, 255]),
        ),
        (
            "vector(int8, 2)",
            "FixedSizeList(2 x Int8)",
            json!([-128, 0]),
            json!([0, 127]),
        ),
        ("list(int32)", "List(Int32)", json!([]), json!([1, null])),
        (
            "list(vector(float32, 1)!)",
            "List(non-null FixedSizeList(1 x Float32))",
            json!([]),
            json!([[1.0], [2.0]]),
        ),
        (
            "large-list(utf8!)",
            "LargeList(non-null Utf8)",
            json!([]),
            json!(["a", ""]),
        ),
        (
            "fixed-size-list(bool, 2)",
            "FixedSizeList(2 x Boolean)",
            json!([true, null]),
            json!([false, true]),
        ),
        (
            "struct(a: int64, b: list(utf8)!)",
            "Struct(\"a\": Int64, \"b\": non-null List(Utf8))",
            json!({"a": null, "b": []}),
            json!({"a": 1, "b": ["x"]}),
        ),
        (
            "map(utf8, int64)",
            "Map(\"entries\": non-null Struct(\"key\": non-null Utf8, \"value\": Int64), unsorted)",
            json!([]),
            json!([{"key": "a", "value": 1}, {"key": "b", "value": null}]),
        ),
        (
            "dictionary(int32, utf8)",
            "Dictionary(Int32, Utf8)",
            json!("a"),
            json!("b"),
        ),
    ];
    assert_eq!(schema.fields().len(), 1 + columns.len());
    for (field, (declared, data_type, first, second)) in schema.fields().iter().skip(1).zip(columns)
    {
        assert_eq!(field.metadata()["declared"], declared);
        assert_eq!(field.data_type().to_string(), data_type, "{declared}");
        assert!(field.is_nullable(), "{declared}");
        assert_eq!(low[field.name()], first, "{declared}");
        assert_eq!(high[field.name()], second, "{declared}");
        assert_eq!(null[field.name()], Value::Null, "{declared}");
    }
    assert_unchanged(&world, "dynamic", 3);
}

#[test]
fn a_column_may_have_metadata() {
    let world = world_after("metadata");
    let schema = world.table("metadata").schema();
    assert_eq!(schema.field(0).metadata()["unit"], "m");
}

#[test]
fn json_of_a_hash_table_is_the_same_in_each_run() {
    let world = world_after("hash-map");
    for _ in 0..3 {
        assert_unchanged(&world, "hash-map", 1);
    }
}
