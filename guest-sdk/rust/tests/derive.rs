//! Which column each field of a struct goes to.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may panic"
)]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use lance_host_sdk::__private::{Column, Columns};
use lance_host_sdk::{Bytes, Error, Row, Vector};
use serde::Serialize;

/// The columns of a row: name, type, and a question mark if it may be null.
fn columns<R: Row>() -> Vec<String> {
    let fields = R::fields().into_iter();
    let column = |field: lance_host_sdk::__private::Field| {
        let nullable = if field.nullable { "?" } else { "" };
        format!("{}: {}{nullable}", field.name, field.data_type)
    };
    fields.map(column).collect()
}

/// The columns of a batch of one row.
fn batch<R: Row>(row: &R) -> Result<Vec<Column>, Error> {
    let mut columns = R::Columns::default();
    row.append(&mut columns)?;
    Ok(columns.finish(1))
}

#[derive(Serialize)]
struct Author {
    name: &'static str,
    born: Option<u16>,
}

const DIMENSION: usize = 2;

#[derive(Row)]
struct Defaults<'a, T, const N: usize> {
    #[row(key)]
    id: T,
    flag: bool,
    i8: i8,
    isize: isize,
    u64: u64,
    usize: usize,
    f32: Option<f32>,
    f64: &'a f64,
    letter: char,
    text: Cow<'a, str>,
    boxed: Option<Box<str>>,
    bytes: &'a [u8],
    newtype: Bytes,
    array: [u8; 4],
    vector: [f32; N],
    constant: [f64; DIMENSION],
    quantized: [i8; DIMENSION],
    on_the_heap: Option<Vector<u8, 3>>,
    shared: Rc<Vec<u8>>,
    #[row(dimension = DIMENSION)]
    slice: &'a [f32],
    #[row(dimension = DIMENSION, item = "float16")]
    halves: Vec<f32>,
    modified: SystemTime,
    took: Duration,
    json: serde_json::Value,
    tags: Vec<&'a str>,
    authors: Option<Vec<Author>>,
    author: Author,
    counts: BTreeMap<String, u32>,
    pair: (i64, String),
}

#[test]
fn a_field_without_attributes_goes_to_the_column_of_its_type() {
    assert_eq!(
        columns::<Defaults<i16, 5>>(),
        [
            "id: int16",
            "flag: bool",
            "i8: int8",
            "isize: int64",
            "u64: uint64",
            "usize: uint64",
            "f32: float32?",
            "f64: float64",
            "letter: utf8",
            "text: utf8",
            "boxed: utf8?",
            "bytes: binary",
            "newtype: binary",
            "array: binary",
            "vector: vector(float32, 5)",
            "constant: vector(float64, 2)",
            "quantized: vector(int8, 2)",
            "on_the_heap: vector(uint8, 3)?",
            "shared: binary",
            "slice: vector(float32, 2)",
            "halves: vector(float16, 2)",
            "modified: timestamp(us, UTC)",
            "took: duration(us)",
            "json: json",
            "tags: json",
            "authors: json?",
            "author: json",
            "counts: json",
            "pair: json",
        ]
    );
    let row = Defaults::<_, 1> {
        id: 7_u8,
        flag: true,
        i8: -1,
        isize: -1,
        u64: u64::MAX,
        usize: 1,
        f32: None,
        f64: &0.5,
        letter: 'ö',
        text: "text".into(),
        boxed: Some("boxed".into()),
        bytes: &[1],
        newtype: Bytes(vec![2]),
        array: [3; 4],
        vector: [1.0],
        constant: [2.0; 2],
        quantized: [-3; 2],
        on_the_heap: Some(Vector::from([1, 2, 3])),
        shared: Rc::new(vec![4]),
        slice: &[1.0, 2.0],
        halves: vec![1.0, -2.0],
        modified: SystemTime::UNIX_EPOCH - Duration::from_nanos(1),
        took: Duration::from_millis(1),
        json: serde_json::json!(null),
        tags: vec!["a"],
        authors: None,
        author: Author {
            name: "Ada",
            born: Some(1815),
        },
        counts: BTreeMap::from([("a".to_owned(), 1)]),
        pair: (1, "b".to_owned()),
    };
    let columns = batch(&row).unwrap();
    let text = |position: usize| str::from_utf8(&columns[position].buffers[1]).unwrap();
    assert_eq!(columns[0].buffers, [[7]]);
    assert_eq!(text(8), "ö");
    assert_eq!(columns[16].buffers, [[253, 253]]);
    assert_eq!(columns[17].buffers, [[1, 2, 3]]);
    assert_eq!(columns[20].buffers, [[0, 0x3c, 0, 0xc0]]);
    // Before 1970, in whole microseconds toward the past.
    assert_eq!(columns[21].buffers, [(-1_i64).to_le_bytes()]);
    assert_eq!(columns[22].buffers, [1_000_i64.to_le_bytes()]);
    let json = [23, 24, 26, 27, 28].map(text);
    assert_eq!(
        json,
        [
            "null",
            r#"["a"]"#,
            r#"{"name":"Ada","born":1815}"#,
            r#"{"a":1}"#,
            r#"[1,"b"]"#
        ]
    );
    assert_eq!(columns[25].validity, Some(vec![0]));
}

fn half_of(number: &i64) -> f64 {
    *number as f64 / 2.0
}

fn upper(text: &&str) -> Result<String, &'static str> {
    match *text {
        "" => Err("the text is empty"),
        text => Ok(text.to_uppercase()),
    }
}

fn keys(map: &BTreeMap<&'static str, i64>) -> Vec<String> {
    map.keys().map(ToString::to_string).collect()
}

#[derive(Row)]
struct Typed<'a> {
    #[row(key, type = "int8")]
    id: i64,
    #[row(type = "float16")]
    score: Option<f64>,
    #[row(type = "date32")]
    day: &'a str,
    #[row(type = "timestamp(ms, Europe/Berlin)")]
    modified: SystemTime,
    #[row(type = "time32(s)")]
    time: u32,
    #[row(type = "fixed-size-binary(2)")]
    hash: Option<[u8; 2]>,
    #[row(type = "large-utf8")]
    text: &'a str,
    #[row(type = "decimal128(5, 2)")]
    price: String,
    #[row(type = "dictionary(int32, utf8)")]
    language: Option<&'a str>,
    #[row(type = "vector(float16, 2)")]
    vector: Vec<f32>,
    #[row(type = "list(float32)")]
    numbers: Vec<Option<f64>>,
    #[row(type = "list(vector(float32, 2)!)")]
    multivector: Option<Vec<Vec<f32>>>,
    #[row(type = "fixed-size-list(utf8!, 2)")]
    pair: [&'a str; 2],
    #[row(type = "struct(name: utf8!, born: int16)")]
    author: Author,
    #[row(type = "map(utf8, int64)")]
    counts: BTreeMap<&'static str, i64>,
    #[row(type = "json")]
    json: String,
    #[row(type = "float32", encode = "half_of")]
    half: Option<i64>,
    #[row(type = "utf8", encode = "upper")]
    upper: &'a str,
    #[row(json, encode = "keys")]
    keys: BTreeMap<&'static str, i64>,
    #[row(rename = "Group", metadata("unit" = "m", "a b" = ""))]
    group: i64,
}

fn typed() -> Typed<'static> {
    Typed {
        id: 1,
        score: Some(1.0),
        day: "1970-01-02",
        modified: SystemTime::UNIX_EPOCH,
        time: 9,
        hash: None,
        text: "text",
        price: "1.5".to_owned(),
        language: Some("en"),
        vector: vec![0.5, 1.0],
        numbers: vec![Some(1.0), None],
        multivector: Some(vec![vec![1.0, 2.0], vec![3.0, 4.0]]),
        pair: ["a", "b"],
        author: Author {
            name: "Ada",
            born: None,
        },
        counts: BTreeMap::from([("a", 1)]),
        json: "text".to_owned(),
        half: Some(3),
        upper: "loud",
        keys: BTreeMap::from([("k", 1)]),
        group: 0,
    }
}

#[test]
fn a_field_with_a_type_goes_to_a_column_of_that_type() {
    let types = [
        "id: int8",
        "score: float16?",
        "day: date32",
        "modified: timestamp(ms, Europe/Berlin)",
        "time: time32(s)",
        "hash: fixed-size-binary(2)?",
        "text: large-utf8",
        "price: decimal128(5, 2)",
        "language: dictionary(int32, utf8)?",
        "vector: vector(float16, 2)",
        "numbers: list(float32)",
        "multivector: list(vector(float32, 2)!)?",
        "pair: fixed-size-list(utf8!, 2)",
        "author: struct(name: utf8!, born: int16)",
        "counts: map(utf8, int64)",
        "json: json",
        "half: float32?",
        "upper: utf8",
        "keys: json",
        "Group: int64",
    ];
    assert_eq!(columns::<Typed>(), types);
    let fields = Typed::fields();
    let metadata = &fields.last().unwrap().metadata;
    assert_eq!(metadata.len(), 2);
    assert_eq!(metadata[0], ("unit".to_owned(), "m".to_owned()));

    let columns = batch(&typed()).unwrap();
    // Parts come behind their parents.
    let parts = 1 + 1 + 1 + 1 + 2 + 3;
    assert_eq!(columns.len(), types.len() + parts);
    assert_eq!(columns[0].buffers, [[1]]);
    assert_eq!(columns[2].buffers, [1_i32.to_le_bytes()]);
    assert_eq!(columns[7].buffers, [150_i128.to_le_bytes()]);
    let last = |back: usize| &columns[columns.len() - back];
    assert_eq!(last(5).buffers[1], br#""text""#);
    assert_eq!(last(4).buffers, [1.5_f32.to_le_bytes()]);
    assert_eq!(last(3).buffers[1], b"LOUD");
    assert_eq!(last(2).buffers[1], br#"["k"]"#);
}

#[test]
fn a_value_that_does_not_fit_is_refused_with_its_column() {
    let refused = |change: fn(&mut Typed)| {
        let mut row = typed();
        change(&mut row);
        batch(&row).unwrap_err().to_string()
    };
    assert_eq!(
        refused(|row| row.id = 300),
        "300 does not fit int8 (column id)"
    );
    assert_eq!(
        refused(|row| row.score = Some(1e6)),
        "1000000 does not fit float16 (column score)"
    );
    assert_eq!(
        refused(|row| row.day = "today"),
        "\"today\" is not a date like 2024-02-29 (column day)"
    );
    assert_eq!(
        refused(|row| row.vector.clear()),
        "the vector is empty and should have 2 items (column vector)"
    );
    assert_eq!(
        refused(|row| row.multivector = Some(vec![vec![1.0]])),
        "item 0: the vector has 1 items instead of 2 (column multivector)"
    );
    assert_eq!(
        refused(|row| row.price = "1.005".to_owned()),
        "1.005 does not fit a decimal of 5 digits, 2 of them behind the point (column price)"
    );
    assert_eq!(
        refused(|row| row.upper = ""),
        "the text is empty (column upper)"
    );
}
