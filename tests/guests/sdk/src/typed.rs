//! Fields whose column has the type that an attribute names.
//!
//! `typed` has the row 1, whose values are below, and the row 2, where all nullable columns are
//! null.

use std::time::{Duration, SystemTime};

use lance_host_sdk::prelude::*;
use serde::Serialize;

#[derive(Default, Row)]
struct Typed<'a> {
    #[row(key, type = "int32")]
    id: i64,
    #[row(type = "float16")]
    float16: Option<f64>,
    #[row(type = "uint64")]
    uint64: Option<u128>,
    #[row(type = "date32")]
    date: Option<&'a str>,
    #[row(type = "date64")]
    date64: Option<chrono::NaiveDate>,
    #[row(type = "time32(ms)")]
    time: Option<String>,
    #[row(type = "time64(ns)")]
    nanoseconds: Option<time::Time>,
    #[row(type = "timestamp(ms, Europe/Berlin)")]
    moment: Option<SystemTime>,
    #[row(type = "timestamp(s)")]
    wall: Option<&'a str>,
    #[row(type = "duration(ms)")]
    span: Option<Duration>,
    #[row(type = "fixed-size-binary(16)")]
    uuid: Option<uuid::Uuid>,
    #[row(type = "large-utf8")]
    text: Option<&'a str>,
    #[row(type = "large-binary")]
    bytes: Option<Vec<u8>>,
    #[row(type = "decimal128(10, 2)")]
    price: Option<&'a str>,
    #[row(type = "decimal256(76, 0)")]
    huge: Option<i128>,
    #[row(type = "dictionary(int32, utf8)")]
    language: Option<&'a str>,
    #[row(type = "vector(float16, 2)")]
    halves: Option<Vec<f32>>,
    #[row(dimension = DIMENSION, item = "float64")]
    doubles: Option<&'a [f32]>,
    #[row(type = "list(float32)")]
    list: Option<Vec<Option<f64>>>,
    #[row(type = "list(vector(float32, 2)!)")]
    multivector: Option<Vec<[f32; 2]>>,
    #[row(type = "large-list(utf8!)")]
    words: Option<Vec<&'a str>>,
    #[row(type = "fixed-size-list(int16, 2)")]
    pair: Option<[i64; 2]>,
    #[row(type = "struct(a: int64, b: utf8!)")]
    nested: Option<Nested<'a>>,
    #[row(type = "list(struct(a: int64, b: utf8!))")]
    many: Option<Vec<Nested<'a>>>,
    #[row(type = "json")]
    json: Option<Nested<'a>>,
    #[row(type = "utf8", encode = "joined")]
    tags: Option<Vec<&'a str>>,
}

const DIMENSION: usize = 2;

#[derive(Serialize)]
struct Nested<'a> {
    a: Option<i64>,
    b: &'a str,
}

fn joined(tags: &Vec<&str>) -> String {
    tags.join(", ")
}

pub fn typed() -> anyhow::Result<()> {
    let mut table = Table::<Typed>::declare("default", "typed")?;
    table.declare_row(&Typed {
        id: 1,
        float16: Some(0.5),
        uint64: Some(u64::MAX.into()),
        date: Some("2024-02-29"),
        date64: chrono::NaiveDate::from_ymd_opt(2024, 2, 29),
        time: Some("23:59:59.999".to_owned()),
        nanoseconds: Some(time::Time::MIDNIGHT + time::Duration::nanoseconds(1)),
        moment: Some(SystemTime::UNIX_EPOCH + Duration::from_millis(1)),
        wall: Some("1970-01-02T00:00:00"),
        span: Some(Duration::from_secs(2)),
        uuid: Some(uuid::Uuid::from_u128(255)),
        text: Some("large"),
        bytes: Some(vec![1, 2]),
        price: Some("-12.5"),
        huge: Some(i128::MAX),
        language: Some("en"),
        halves: Some(vec![0.5, -2.0]),
        doubles: Some(&[0.5, -2.0]),
        list: Some(vec![Some(0.5), None]),
        multivector: Some(vec![[1.0, 2.0], [3.0, 4.0]]),
        words: Some(vec!["a", ""]),
        pair: Some([-1, 1]),
        nested: Some(Nested { a: None, b: "x" }),
        many: Some(vec![Nested { a: Some(1), b: "y" }]),
        json: Some(Nested { a: None, b: "z" }),
        tags: Some(vec!["red", "green"]),
    })?;
    table.declare_row(&Typed {
        id: 2,
        ..Typed::default()
    })?;
    Ok(())
}
