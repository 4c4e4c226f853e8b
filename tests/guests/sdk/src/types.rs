//! The column that each type of field goes to by itself.
//!
//! `types` has one row of the smallest and one of the largest values:
//!
//! | column | type | row `min` | row `max` |
//! | --- | --- | --- | --- |
//! | `id` (key) | utf8 | `min` | `max` |
//! | `yes` | bool | false | true |
//! | `i8`, `i16`, `i32`, `i64` | int8 to int64 | the smallest | the largest |
//! | `u8`, `u16`, `u32`, `u64` | uint8 to uint64 | 0 | the largest |
//! | `f32` | float32 | -0.0 | 0.5 |
//! | `f64` | float64 | the smallest | NaN |
//! | `letter` | utf8 | `a` | `世` |
//! | `text` | utf8 | empty | `Grüße, 世界 🌍` |
//! | `bytes` | binary | empty | 0, 255 |
//! | `hash` | binary | four times 0 | four times 255 |
//! | `value` | json | `null` | `{"a":[1,2.5,"x"]}` |
//! | `tags` | json | `[]` | `["a","b"]` |
//! | `nested` | json | `{"name":"","level":0}` | `{"name":"n","level":255}` |
//! | `counts` | json | `{}` | `{"a":1}` |
//! | `array` | vector(float32, 3) | 0, 0, 0 | 1, 2.5, -3 |
//! | `slice` | vector(float32, 2) | 0, 0 | 1, -1 |
//! | `doubles` | vector(float64, 2) | 0, 0 | 0.1, -0.1 |
//! | `heap` | vector(uint8, 2) | 0, 0 | 1, 255 |
//!
//! `libraries` has one row of types of the standard library, of `chrono`, `time`, `half` and
//! `uuid`: moments a day and a millisecond after the start of 1970, and spans of minus one and a
//! half seconds where they may be negative, else of one and a half.
//!
//! `nulls` has the row `present`, whose nullable columns `yes`, `number`,
//! `float`, `text`, `bytes`, `value`, `tags`, `array`, `slice` hold true, 1, 1.5,
//! `t`, one byte 1, `{}`, `["a"]`, 1 and 2, 3 and 4; and the row `absent`, where
//! they are all null.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use lance_host_sdk::Vector;
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
    u64: u64,
    f32: f32,
    f64: f64,
    letter: char,
    text: String,
    bytes: Vec<u8>,
    hash: [u8; 4],
    value: serde_json::Value,
    tags: Vec<String>,
    nested: Nested,
    counts: BTreeMap<String, u32>,
    array: [f32; 3],
    #[row(dimension = 2)]
    slice: Vec<f32>,
    doubles: [f64; 2],
    heap: Vector<u8, 2>,
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
        u64: 0,
        f32: -0.0,
        f64: f64::MIN,
        letter: 'a',
        text: String::new(),
        bytes: Vec::new(),
        hash: [0; 4],
        value: json!(null),
        tags: Vec::new(),
        nested: Nested {
            name: String::new(),
            level: 0,
        },
        counts: BTreeMap::new(),
        array: [0.0; 3],
        slice: vec![0.0; 2],
        doubles: [0.0; 2],
        heap: Vector::from([0, 0]),
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
        u64: u64::MAX,
        f32: 0.5,
        f64: f64::NAN,
        letter: '世',
        text: "Grüße, 世界 🌍".to_owned(),
        bytes: vec![0, 255],
        hash: [255; 4],
        value: json!({"a": [1, 2.5, "x"]}),
        tags: vec!["a".to_owned(), "b".to_owned()],
        nested: Nested {
            name: "n".to_owned(),
            level: 255,
        },
        counts: BTreeMap::from([("a".to_owned(), 1)]),
        array: [1.0, 2.5, -3.0],
        slice: vec![1.0, -1.0],
        doubles: [0.1, -0.1],
        heap: Vector::from([1, 255]),
    })?;
    Ok(())
}

#[derive(Row)]
struct Libraries {
    #[row(key)]
    id: uuid::Uuid,
    system_time: SystemTime,
    duration: Duration,
    chrono_date: chrono::NaiveDate,
    chrono_time: chrono::NaiveTime,
    chrono_wall: chrono::NaiveDateTime,
    chrono_moment: chrono::DateTime<chrono::FixedOffset>,
    chrono_span: Option<chrono::TimeDelta>,
    time_date: time::Date,
    time_time: time::Time,
    time_wall: time::PrimitiveDateTime,
    time_moment: time::OffsetDateTime,
    time_utc: Option<time::UtcDateTime>,
    time_span: time::Duration,
    half: half::f16,
    halves: [half::f16; 2],
}

pub fn libraries() -> anyhow::Result<()> {
    let moment = SystemTime::UNIX_EPOCH + Duration::from_millis(86_400_001);
    let utc = chrono::DateTime::from_timestamp_millis(86_400_001).context("a moment")?;
    let east = chrono::FixedOffset::east_opt(3600).context("an offset")?;
    let time = time::UtcDateTime::UNIX_EPOCH + time::Duration::milliseconds(86_400_001);
    let mut table = Table::<Libraries>::declare("default", "libraries")?;
    table.declare_row(&Libraries {
        id: uuid::Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef),
        system_time: moment,
        duration: Duration::from_millis(1_500),
        chrono_date: utc.date_naive(),
        chrono_time: utc.time(),
        chrono_wall: utc.naive_utc(),
        chrono_moment: utc.with_timezone(&east),
        chrono_span: Some(chrono::TimeDelta::milliseconds(-1_500)),
        time_date: time.date(),
        time_time: time.time(),
        time_wall: time::PrimitiveDateTime::new(time.date(), time.time()),
        time_moment: time.to_offset(time::UtcOffset::from_hms(-1, 0, 0)?),
        time_utc: Some(time),
        time_span: time::Duration::milliseconds(-1_500),
        half: half::f16::from_f32(0.5),
        halves: [half::f16::from_f32(-0.5), half::f16::INFINITY],
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
