//! What becomes of Rust's types.

use std::time::Duration;

use lance_host_sdk::prelude::*;
use serde::Serialize;
use serde_json::json;

#[derive(Row)]
struct Types {
    #[row(key)]
    id: &'static str,
    yes: bool,
    number: i64,
    float: f64,
    text: &'static str,
    bytes: Vec<u8>,
    value: serde_json::Value,
    vector: [f32; 3],
}

pub fn types() -> anyhow::Result<()> {
    let mut table = Table::<Types>::declare("default", "types")?;
    table.declare_row(&Types {
        id: "min",
        yes: false,
        number: i64::MIN,
        float: f64::MIN,
        text: "",
        bytes: Vec::new(),
        value: json!([]),
        vector: [0.0; 3],
    })?;
    table.declare_row(&Types {
        id: "max",
        yes: true,
        number: i64::MAX,
        float: f64::NAN,
        text: "Grüße, 世界 🌍",
        bytes: vec![0, 255],
        value: json!({"a": [1, 2.5, "x"]}),
        vector: [1.0, 2.5, -3.0],
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
    text: Option<&'static str>,
    bytes: Option<Vec<u8>>,
    value: Option<serde_json::Value>,
    vector: Option<[f32; 3]>,
}

pub fn nulls() -> anyhow::Result<()> {
    let mut table = Table::<Nulls>::declare("default", "nulls")?;
    table.declare_row(&Nulls {
        id: "present",
        yes: Some(true),
        number: Some(1),
        float: Some(1.5),
        text: Some("t"),
        bytes: Some(vec![1]),
        value: Some(json!({})),
        vector: Some([1.0, 2.0, 3.0]),
    })?;
    table.declare_row(&Nulls {
        id: "absent",
        ..Nulls::default()
    })?;
    Ok(())
}

#[derive(Row)]
struct Wide {
    #[row(key)]
    id: &'static str,
    i8: i8,
    i16: i16,
    i32: i32,
    u8: u8,
    u16: u16,
    u32: u32,
    u64: u64,
    #[row(type = "float16")]
    f16: f32,
    f32: f32,
    #[row(type = "large-utf8")]
    text: &'static str,
    #[row(type = "large-binary")]
    bytes: Vec<u8>,
    #[row(type = "fixed-size-binary(4)")]
    hash: [u8; 4],
    #[row(type = "date32")]
    day: &'static str,
    #[row(type = "time64(us)")]
    time: &'static str,
    #[row(type = "timestamp(us)")]
    moment: &'static str,
    #[row(type = "timestamp(us, UTC)")]
    zoned: &'static str,
    #[row(type = "duration(us)")]
    span: Duration,
    #[row(type = "decimal128(10, 2)")]
    price: &'static str,
    #[row(type = "vector(float16, 2)")]
    halves: [f32; 2],
    doubles: [f64; 2],
    #[row(type = "vector(uint8, 2)")]
    levels: [u8; 2],
    #[row(type = "vector(int8, 2)")]
    signed: [i8; 2],
}

pub fn wide() -> anyhow::Result<()> {
    let mut table = Table::<Wide>::declare("default", "wide")?;
    table.declare_row(&Wide {
        id: "min",
        i8: i8::MIN,
        i16: i16::MIN,
        i32: i32::MIN,
        u8: 0,
        u16: 0,
        u32: 0,
        u64: 0,
        f16: -1.5,
        f32: -1.5,
        text: "",
        bytes: Vec::new(),
        hash: [0; 4],
        day: "1970-01-01",
        time: "00:00:00",
        moment: "1970-01-01T00:00:00",
        zoned: "1970-01-01T00:00:00Z",
        span: Duration::ZERO,
        price: "-0.01",
        halves: [0.0; 2],
        doubles: [0.0; 2],
        levels: [0; 2],
        signed: [0; 2],
    })?;
    table.declare_row(&Wide {
        id: "max",
        i8: i8::MAX,
        i16: i16::MAX,
        i32: i32::MAX,
        u8: u8::MAX,
        u16: u16::MAX,
        u32: u32::MAX,
        u64: u64::MAX,
        f16: 65504.0,
        f32: 0.5,
        text: "ä",
        bytes: vec![0, 255],
        hash: [255; 4],
        day: "2024-02-29",
        time: "23:59:59.999999",
        moment: "2024-02-29T12:34:56.789012",
        zoned: "2024-02-29T12:34:56.789012Z",
        span: Duration::from_micros(90_000_001),
        price: "12345678.90",
        halves: [1.0, -0.5],
        doubles: [1.0, -0.1],
        levels: [1, 255],
        signed: [127, -128],
    })?;
    Ok(())
}

#[derive(Row)]
struct Nested {
    #[row(key)]
    id: &'static str,
    #[row(type = "list(utf8)")]
    tags: Option<Vec<Option<&'static str>>>,
    #[row(type = "list(int32!)")]
    counts: Option<Vec<i32>>,
    #[row(type = "struct(x: float64!, y: float64)")]
    place: Option<Place>,
}

#[derive(Serialize)]
struct Place {
    x: f64,
    y: Option<f64>,
}

pub fn nested() -> anyhow::Result<()> {
    let mut table = Table::<Nested>::declare("default", "nested")?;
    table.declare_row(&Nested {
        id: "empty",
        tags: Some(Vec::new()),
        counts: None,
        place: None,
    })?;
    table.declare_row(&Nested {
        id: "full",
        tags: Some(vec![Some("a"), None, Some("ä")]),
        counts: Some(vec![1, 2]),
        place: Some(Place { x: 1.5, y: None }),
    })?;
    Ok(())
}
