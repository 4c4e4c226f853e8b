//! Tables whose columns a schema has.
//!
//! `dynamic` has a column for each type of the contract, named `c0`, `c1` and so on in the order of
//! [`TYPES`]; the row `low` and the row `high` have the values there, the row `null` none.

use std::collections::BTreeMap;

use lance_host_sdk::{Bytes, Column, DynamicTable, TableSchema, Value};
use serde_json::json;

/// A type, and a value for each of two rows.
type Typed = (&'static str, Value, Value);

fn text(text: &str) -> Value {
    Value::from(text)
}

fn integer(value: impl Into<i128>) -> Value {
    Value::Integer(value.into())
}

fn bytes(bytes: &[u8]) -> Value {
    Value::from(Bytes(bytes.to_vec()))
}

fn types() -> Vec<Typed> {
    vec![
        ("bool", false.into(), true.into()),
        ("int8", i8::MIN.into(), i8::MAX.into()),
        ("int16", i16::MIN.into(), i16::MAX.into()),
        ("int32", i32::MIN.into(), i32::MAX.into()),
        ("int64", i64::MIN.into(), i64::MAX.into()),
        ("uint8", 0.into(), u8::MAX.into()),
        ("uint16", 0.into(), u16::MAX.into()),
        ("uint32", 0.into(), u32::MAX.into()),
        ("uint64", 0.into(), u64::MAX.into()),
        ("float16", (-65_504.0).into(), f64::INFINITY.into()),
        ("float32", f32::MIN.into(), 0.1.into()),
        ("float64", f64::MIN.into(), f64::NAN.into()),
        ("utf8", text(""), text("世界")),
        ("large-utf8", text(""), text("世界")),
        ("binary", bytes(&[]), bytes(&[0, 255])),
        ("large-binary", bytes(&[]), bytes(&[0, 255])),
        ("fixed-size-binary(2)", bytes(&[0, 0]), bytes(&[255, 1])),
        ("json", json!([]).into(), json!({"a": [1, null]}).into()),
        ("date32", text("0001-01-01"), text("9999-12-31")),
        ("date64", text("1970-01-01"), text("9999-12-31")),
        ("time32(s)", text("00:00"), text("23:59:59")),
        ("time32(ms)", text("00:00"), text("23:59:59.999")),
        ("time64(us)", text("00:00"), text("23:59:59.999999")),
        ("time64(ns)", text("00:00"), text("23:59:59.999999999")),
        (
            "timestamp(s)",
            text("0001-01-01T00:00:00"),
            text("9999-12-31T23:59:59"),
        ),
        (
            "timestamp(ms)",
            integer(-1),
            text("9999-12-31T23:59:59.999"),
        ),
        (
            "timestamp(us, UTC)",
            integer(-1),
            text("2024-02-29T00:00:00+01:00"),
        ),
        ("timestamp(ns, UTC)", integer(i64::MIN), integer(i64::MAX)),
        ("duration(s)", integer(-1), integer(1)),
        ("duration(ns)", integer(i64::MIN), integer(i64::MAX)),
        ("decimal128(5, 2)", text("-999.99"), text("999.99")),
        ("decimal128(38, 0)", integer(-1), text(&"9".repeat(38))),
        ("decimal256(76, 38)", text("-0.5"), text(&"9".repeat(38))),
        (
            "vector(float16, 2)",
            vec![0.0, 0.0].into(),
            vec![0.5, -0.5].into(),
        ),
        (
            "vector(float32, 2)",
            vec![0.0, 0.0].into(),
            vec![0.1, -0.1].into(),
        ),
        (
            "vector(float64, 2)",
            vec![0.0, 0.0].into(),
            vec![0.1, -0.1].into(),
        ),
        ("vector(uint8, 2)", vec![0, 0].into(), bytes(&[1, 255])),
        ("vector(int8, 2)", vec![-128, 0].into(), vec![0, 127].into()),
        ("list(int32)", json!([]).into(), json!([1, null]).into()),
        (
            "list(vector(float32, 1)!)",
            json!([]).into(),
            json!([[1], [2]]).into(),
        ),
        (
            "large-list(utf8!)",
            json!([]).into(),
            json!(["a", ""]).into(),
        ),
        (
            "fixed-size-list(bool, 2)",
            json!([true, null]).into(),
            json!([false, true]).into(),
        ),
        (
            "struct(a: int64, b: list(utf8)!)",
            json!({"b": []}).into(),
            json!({"a": 1, "b": ["x"]}).into(),
        ),
        (
            "map(utf8, int64)",
            json!({}).into(),
            json!({"a": 1, "b": null}).into(),
        ),
        ("dictionary(int32, utf8)", text("a"), text("b")),
    ]
}

pub fn dynamic() -> anyhow::Result<()> {
    let types = types();
    let named = (0..).zip(&types).map(|(i, (data_type, ..))| {
        Column::new(format!("c{i}"), *data_type)
            .nullable()
            .metadata("declared", *data_type)
    });
    let schema = TableSchema::new(std::iter::once(Column::new("id", "utf8")).chain(named))
        .primary_key(["id"]);
    let mut table = DynamicTable::declare("default", "dynamic", &schema)?;

    // By position.
    let low = types.iter().map(|(_, low, _)| low.clone());
    let row: Vec<Value> = std::iter::once(text("low")).chain(low).collect();
    table.declare_row(&row)?;
    // By name, in another order than the columns'.
    let high = (0..)
        .zip(&types)
        .map(|(i, (.., high))| (format!("c{i}"), high.clone()));
    let row: BTreeMap<String, Value> = high.chain([("id".to_owned(), text("high"))]).collect();
    table.declare_row(&row)?;
    table.declare_row(&json!({"id": "null"}))?;
    Ok(())
}

fn titles(name: &str) -> anyhow::Result<DynamicTable> {
    let schema = TableSchema::new([Column::new("id", "int64"), Column::new("title", "utf8")])
        .primary_key(["id"]);
    Ok(DynamicTable::declare("default", name, &schema)?)
}

pub fn unknown_column() -> anyhow::Result<()> {
    let mut table = titles("unknown-column")?;
    table.declare_row(&json!({"id": 0, "title": "a"}))?;
    table.declare_row(&json!({"id": 1, "titel": "b"}))?;
    Ok(())
}

pub fn missing_value() -> anyhow::Result<()> {
    titles("missing-value")?.declare_row(&json!({"id": 0}))?;
    Ok(())
}

pub fn no_type() -> anyhow::Result<()> {
    let schema = TableSchema::new([Column::new("id", "strng")]).primary_key(["id"]);
    DynamicTable::declare("default", "no-type", &schema)?;
    Ok(())
}
