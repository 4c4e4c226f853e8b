//! Every type that a column can hold, from every type of field that goes there.
//!
//! `types` has one row of the smallest and one of the largest values:
//!
//! | column | type | row `min` | row `max` |
//! | --- | --- | --- | --- |
//! | `id` (key) | utf8 | `min` | `max` |
//! | `yes` | bool | false | true |
//! | `i8`, `i16`, `i32`, `i64` | int64 | the smallest | the largest |
//! | `u8`, `u16`, `u32` | int64 | 0 | the largest |
//! | `f32` | float64 | -0.0 | 0.5 |
//! | `f64` | float64 | the smallest | NaN |
//! | `text` | utf8 | empty | `Grüße, 世界 🌍` |
//! | `bytes` | binary | empty | 0, 255 |
//! | `hash` | binary | four times 0 | four times 255 |
//! | `value` | json | `null` | `{"a":[1,2.5,"x"]}` |
//! | `tags` | json | `[]` | `["a","b"]` |
//! | `nested` | json | `{"name":"","level":0}` | `{"name":"n","level":255}` |
//! | `array` | vector(float32, 3) | 0, 0, 0 | 1, 2.5, -3 |
//! | `slice` | vector(float32, 2) | 0, 0 | 1, -1 |
//!
//! `nulls` has the row `present`, whose nullable columns `yes`, `number`,
//! `float`, `text`, `bytes`, `value`, `tags`, `array`, `slice` hold true, 1, 1.5,
//! `t`, one byte 1, `{}`, `["a"]`, 1 and 2, 3 and 4; and the row `absent`, where
//! they are all null.

use lance_host_sdk::prelude::*;
use serde::Serialize;
use serde_json::json;

#[derive(Row)]
struct Types {
    #[row(key)]
    id: String,
    yes: bool,
    i8: i8,
    i16: i16,
    i32: i32,
    i64: i64,
    u8: u8,
    u16: u16,
    u32: u32,
    f32: f32,
    f64: f64,
    text: String,
    bytes: Vec<u8>,
    hash: [u8; 4],
    value: serde_json::Value,
    #[row(json)]
    tags: Vec<String>,
    #[row(json)]
    nested: Nested,
    array: [f32; 3],
    #[row(dimension = 2)]
    slice: Vec<f32>,
}

#[derive(Serialize)]
struct Nested {
    name: String,
    level: u8,
}

pub fn types() -> anyhow::Result<()> {
    let mut table = Table::<Types>::declare("default", "types")?;
    table.declare_row(&Types {
        id: "min".to_owned(),
        yes: false,
        i8: i8::MIN,
        i16: i16::MIN,
        i32: i32::MIN,
        i64: i64::MIN,
        u8: 0,
        u16: 0,
        u32: 0,
        f32: -0.0,
        f64: f64::MIN,
        text: String::new(),
        bytes: Vec::new(),
        hash: [0; 4],
        value: json!(null),
        tags: Vec::new(),
        nested: Nested {
            name: String::new(),
            level: 0,
        },
        array: [0.0; 3],
        slice: vec![0.0; 2],
    })?;
    table.declare_row(&Types {
        id: "max".to_owned(),
        yes: true,
        i8: i8::MAX,
        i16: i16::MAX,
        i32: i32::MAX,
        i64: i64::MAX,
        u8: u8::MAX,
        u16: u16::MAX,
        u32: u32::MAX,
        f32: 0.5,
        f64: f64::NAN,
        text: "Grüße, 世界 🌍".to_owned(),
        bytes: vec![0, 255],
        hash: [255; 4],
        value: json!({"a": [1, 2.5, "x"]}),
        tags: vec!["a".to_owned(), "b".to_owned()],
        nested: Nested {
            name: "n".to_owned(),
            level: 255,
        },
        array: [1.0, 2.5, -3.0],
        slice: vec![1.0, -1.0],
    })?;
    Ok(())
}

#[derive(Default, Row)]
struct Nulls {
    #[row(key)]
    id: &'static str,
    yes: Option<bool>,
    number: Option<i64>,
    float: Option<f64>,
    text: Option<String>,
    bytes: Option<Vec<u8>>,
    value: Option<serde_json::Value>,
    #[row(json)]
    tags: Option<Vec<String>>,
    array: Option<[f32; 2]>,
    #[row(dimension = 2)]
    slice: Option<Vec<f32>>,
}

pub fn nulls() -> anyhow::Result<()> {
    let mut table = Table::<Nulls>::declare("default", "nulls")?;
    table.declare_row(&Nulls {
        id: "present",
        yes: Some(true),
        number: Some(1),
        float: Some(1.5),
        text: Some("t".to_owned()),
        bytes: Some(vec![1]),
        value: Some(json!({})),
        tags: Some(vec!["a".to_owned()]),
        array: Some([1.0, 2.0]),
        slice: Some(vec![3.0, 4.0]),
    })?;
    table.declare_row(&Nulls {
        id: "absent",
        ..Nulls::default()
    })?;
    Ok(())
}
