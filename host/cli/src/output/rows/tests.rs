//! Every type as text and as JSON, at its extremes.

use std::sync::Arc;

use arrow::{
    array::{
        Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Date64Array, Decimal128Array,
        Decimal256Array, DictionaryArray, DurationMicrosecondArray, DurationNanosecondArray,
        DurationSecondArray, FixedSizeBinaryArray, FixedSizeListArray, Float32Array, Float64Array,
        Int8Array, Int16Array, Int32Array, Int64Array, LargeBinaryArray, LargeStringArray,
        ListArray, NullArray, RecordBatch, StringArray, StructArray, Time32SecondArray,
        Time64NanosecondArray, TimestampMicrosecondArray, TimestampNanosecondArray,
        TimestampSecondArray, UInt8Array, UInt64Array,
    },
    buffer::OffsetBuffer,
    compute::cast,
    datatypes::{DataType, Field, Fields, Int8Type, Int32Type, i256},
};

use super::*;

/// Each value of a column on a line: its text, and its JSON.
fn both(column: impl Array + 'static) -> String {
    let column: ArrayRef = Arc::new(column);
    let rows = RecordBatch::try_from_iter_with_nullable([("c", column, true)]).unwrap();
    let text = text(&rows);
    let json = serde_json::to_string(&Json::new("default", "t", &rows)).unwrap();
    let json: Vec<String> = json
        .strip_prefix(r#"{"database":"default","table":"t","rows":[{"c":"#)
        .unwrap()
        .strip_suffix("}]}")
        .unwrap()
        .split(r#"},{"c":"#)
        .map(str::to_owned)
        .collect();
    let lines: Vec<&str> = text.lines().skip(1).collect();
    assert_eq!(lines.len(), json.len(), "{text}");
    let lines = lines.iter().zip(json);
    lines
        .map(|(text, json)| format!("{text}  →  {json}\n"))
        .collect()
}

fn vectors(items: impl Array + 'static, dimension: i32) -> FixedSizeListArray {
    let field = Arc::new(Field::new("item", items.data_type().clone(), false));
    FixedSizeListArray::new(field, dimension, Arc::new(items), None)
}

fn lists(items: impl Array + 'static, lengths: &[usize]) -> ListArray {
    let field = Arc::new(Field::new("item", items.data_type().clone(), true));
    let offsets = OffsetBuffer::from_lengths(lengths.iter().copied());
    ListArray::new(field, offsets, Arc::new(items), None)
}

#[test]
fn nulls_and_booleans() {
    insta::assert_snapshot!(both(NullArray::new(1)), @"null  →  null");
    insta::assert_snapshot!(both(BooleanArray::from(vec![Some(true), Some(false), None])), @r"
    true  →  true
    false  →  false
    null  →  null
    ");
}

#[test]
fn integers_are_exact_numbers() {
    insta::assert_snapshot!(both(Int8Array::from(vec![i8::MIN, i8::MAX])), @r"
    -128  →  -128
    127  →  127
    ");
    insta::assert_snapshot!(both(Int16Array::from(vec![i16::MIN])), @"-32768  →  -32768");
    insta::assert_snapshot!(both(Int32Array::from(vec![i32::MIN])), @"-2147483648  →  -2147483648");
    insta::assert_snapshot!(both(Int64Array::from(vec![i64::MIN, i64::MAX])), @r"
    -9223372036854775808  →  -9223372036854775808
    9223372036854775807  →  9223372036854775807
    ");
    insta::assert_snapshot!(both(UInt8Array::from(vec![u8::MAX])), @"255  →  255");
    insta::assert_snapshot!(both(cast(&UInt64Array::from(vec![65535]), &DataType::UInt16).unwrap()), @"65535  →  65535");
    insta::assert_snapshot!(both(cast(&UInt64Array::from(vec![4294967295]), &DataType::UInt32).unwrap()), @"4294967295  →  4294967295");
    insta::assert_snapshot!(both(UInt64Array::from(vec![u64::MAX])), @"18446744073709551615  →  18446744073709551615");
}

#[test]
fn floats_have_their_shortest_form_and_json_has_words_for_the_special_ones() {
    let floats = vec![
        0.1,
        1.0,
        -0.0,
        f32::MAX,
        f32::MIN_POSITIVE,
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
    ];
    let floats = Float32Array::from(floats);
    insta::assert_snapshot!(both(cast(&floats, &DataType::Float16).unwrap()), @r#"
    0.099975586  →  0.099975586
    1.0  →  1.0
    -0.0  →  -0.0
    inf  →  "Infinity"
    0.0  →  0.0
    NaN  →  "NaN"
    inf  →  "Infinity"
    -inf  →  "-Infinity"
    "#);
    insta::assert_snapshot!(both(floats), @r#"
    0.1  →  0.1
    1.0  →  1.0
    -0.0  →  -0.0
    3.4028235e38  →  3.4028235e+38
    1.1754944e-38  →  1.1754944e-38
    NaN  →  "NaN"
    inf  →  "Infinity"
    -inf  →  "-Infinity"
    "#);
    insta::assert_snapshot!(both(Float64Array::from(vec![0.1, -0.0, f64::MAX, 5e-324, f64::NAN, f64::NEG_INFINITY])), @r#"
    0.1  →  0.1
    -0.0  →  -0.0
    1.7976931348623157e308  →  1.7976931348623157e+308
    5e-324  →  5e-324
    NaN  →  "NaN"
    -inf  →  "-Infinity"
    "#);
}

#[test]
fn text_is_one_short_line_and_whole_in_json() {
    let long = "x".repeat(70);
    let texts = vec![
        "",
        "plain",
        "two\nlines\tand\rmore",
        "{\"a\": [1, 2]}",
        &long,
    ];
    insta::assert_snapshot!(both(StringArray::from(texts.clone())), @r#"
      →  ""
    plain  →  "plain"
    two lines and more  →  "two\nlines\tand\rmore"
    {"a": [1, 2]}  →  "{\"a\": [1, 2]}"
    xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…  →  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    "#);
    insta::assert_snapshot!(both(LargeStringArray::from(vec!["large"])), @r#"large  →  "large""#);
    insta::assert_snapshot!(both(cast(&StringArray::from(vec!["view"]), &DataType::Utf8View).unwrap()), @r#"view  →  "view""#);
}

#[test]
fn bytes_are_hexadecimal() {
    let long = [7; 1024];
    insta::assert_snapshot!(both(BinaryArray::from(vec![b"".as_slice(), &[0, 255]])), @r#"
      →  ""
    00ff  →  "00ff"
    "#);
    let text = text::text(&BinaryArray::from(vec![long.as_slice()]), 0);
    insta::assert_snapshot!(text, @"07070707070707070707070707070707… 1,024 bytes");
    insta::assert_snapshot!(both(LargeBinaryArray::from(vec![b"large".as_slice()])), @r#"6c61726765  →  "6c61726765""#);
    insta::assert_snapshot!(both(FixedSizeBinaryArray::from(vec![&[1, 2, 3]])), @r#"010203  →  "010203""#);
}

#[test]
fn dates_and_times_are_iso_8601() {
    insta::assert_snapshot!(both(Date32Array::from(vec![0, -1, 20_000, i32::MAX])), @r#"
    1970-01-01  →  "1970-01-01"
    1969-12-31  →  "1969-12-31"
    2024-10-04  →  "2024-10-04"
    2147483647  →  2147483647
    "#);
    insta::assert_snapshot!(both(Date64Array::from(vec![0, 1_728_000_000_000, i64::MAX])), @r#"
    1970-01-01T00:00:00  →  "1970-01-01T00:00:00"
    2024-10-04T00:00:00  →  "2024-10-04T00:00:00"
    9223372036854775807  →  9223372036854775807
    "#);
    insta::assert_snapshot!(both(Time32SecondArray::from(vec![0, 86_399])), @r#"
    00:00:00  →  "00:00:00"
    23:59:59  →  "23:59:59"
    "#);
    insta::assert_snapshot!(both(cast(&Int32Array::from(vec![1]), &DataType::Time32(arrow::datatypes::TimeUnit::Millisecond)).unwrap()), @r#"00:00:00.001  →  "00:00:00.001""#);
    insta::assert_snapshot!(both(Time64NanosecondArray::from(vec![1, -1])), @r#"
    00:00:00.000000001  →  "00:00:00.000000001"
    -1  →  -1
    "#);
    insta::assert_snapshot!(both(TimestampSecondArray::from(vec![0, -1])), @r#"
    1970-01-01T00:00:00  →  "1970-01-01T00:00:00"
    1969-12-31T23:59:59  →  "1969-12-31T23:59:59"
    "#);
    insta::assert_snapshot!(both(TimestampNanosecondArray::from(vec![i64::MIN, i64::MAX])), @r#"
    1677-09-21T00:12:43.145224192  →  "1677-09-21T00:12:43.145224192"
    2262-04-11T23:47:16.854775807  →  "2262-04-11T23:47:16.854775807"
    "#);
    let micros = TimestampMicrosecondArray::from(vec![1_764_000_000_000_001, i64::MIN]);
    insta::assert_snapshot!(both(micros.clone().with_timezone("UTC")), @r#"
    2025-11-24T16:00:00.000001Z  →  "2025-11-24T16:00:00.000001Z"
    -9223372036854775808  →  -9223372036854775808
    "#);
    insta::assert_snapshot!(both(micros.clone().with_timezone("+02:00")), @r#"
    2025-11-24T18:00:00.000001+02:00  →  "2025-11-24T18:00:00.000001+02:00"
    -9223372036854775808  →  -9223372036854775808
    "#);
    insta::assert_snapshot!(both(micros.clone().with_timezone("Europe/Berlin")), @r#"
    2025-11-24T17:00:00.000001+01:00  →  "2025-11-24T17:00:00.000001+01:00"
    -9223372036854775808  →  -9223372036854775808
    "#);
    insta::assert_snapshot!(both(micros.with_timezone("Middle-earth/Shire")), @r"
    1764000000000001  →  1764000000000001
    -9223372036854775808  →  -9223372036854775808
    ");
}

#[test]
fn durations_are_seconds_as_iso_8601_writes_them() {
    insta::assert_snapshot!(both(DurationSecondArray::from(vec![0, 90, i64::MIN])), @r#"
    PT0S  →  "PT0S"
    PT90S  →  "PT90S"
    -PT9223372036854775808S  →  "-PT9223372036854775808S"
    "#);
    insta::assert_snapshot!(both(DurationMicrosecondArray::from(vec![1_500_000, -1])), @r#"
    PT1.5S  →  "PT1.5S"
    -PT0.000001S  →  "-PT0.000001S"
    "#);
    insta::assert_snapshot!(both(DurationNanosecondArray::from(vec![i64::MAX])), @r#"PT9223372036.854775807S  →  "PT9223372036.854775807S""#);
}

#[test]
fn decimals_keep_all_their_digits() {
    let digits = vec![0, 150, -1, 10_i128.pow(38) - 1];
    insta::assert_snapshot!(both(Decimal128Array::from(digits).with_precision_and_scale(38, 2).unwrap()), @r#"
    0.00  →  "0.00"
    1.50  →  "1.50"
    -0.01  →  "-0.01"
    999999999999999999999999999999999999.99  →  "999999999999999999999999999999999999.99"
    "#);
    insta::assert_snapshot!(both(Decimal256Array::from(vec![i256::from_i128(-12_345)]).with_precision_and_scale(76, 3).unwrap()), @r#"-12.345  →  "-12.345""#);
}

#[test]
fn vectors_show_their_first_items_and_their_dimension() {
    let items = Float32Array::from(vec![0.5, 1.0, f32::NAN, -0.0, 4.0, 5.0, 6.0, 7.0]);
    insta::assert_snapshot!(both(vectors(items.clone(), 4)), @r#"
    [0.5, 1.0, NaN, … 4]  →  [0.5,1.0,"NaN",-0.0]
    [4.0, 5.0, 6.0, … 4]  →  [4.0,5.0,6.0,7.0]
    "#);
    insta::assert_snapshot!(both(vectors(items.clone(), 2).slice(1, 1)), @r#"[NaN, -0.0]  →  ["NaN",-0.0]"#);
    insta::assert_snapshot!(both(vectors(cast(&items, &DataType::Float16).unwrap(), 8)), @r#"[0.5, 1.0, NaN, … 8]  →  [0.5,1.0,"NaN",-0.0,4.0,5.0,6.0,7.0]"#);
    insta::assert_snapshot!(both(vectors(cast(&items, &DataType::Float64).unwrap(), 8)), @r#"[0.5, 1.0, NaN, … 8]  →  [0.5,1.0,"NaN",-0.0,4.0,5.0,6.0,7.0]"#);
    insta::assert_snapshot!(both(vectors(UInt8Array::from(vec![0, 255, 1, 2]), 4)), @"[0, 255, 1, … 4]  →  [0,255,1,2]");
    insta::assert_snapshot!(both(lists(vectors(items, 4), &[2, 0])), @r#"
    [[0.5, 1.0, NaN, … 4], … 2]  →  [[0.5,1.0,"NaN",-0.0],[4.0,5.0,6.0,7.0]]
    []  →  []
    "#);
}

#[test]
fn lists_structs_maps_and_dictionaries_show_what_is_in_them() {
    insta::assert_snapshot!(both(lists(Int64Array::from(vec![Some(1), None, Some(3), Some(4)]), &[4, 0])), @r"
    [1, null, 3, … 4]  →  [1,null,3,4]
    []  →  []
    ");
    insta::assert_snapshot!(both(lists(StringArray::from(vec!["a, b", "a rather long text that is cut"]), &[2])), @r#"["a, b", "a rather long text …"]  →  ["a, b","a rather long text that is cut"]"#);
    let fields = Fields::from(vec![
        Field::new("name", DataType::Utf8, true),
        Field::new("size", DataType::Int64, true),
    ]);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec![Some("x"), None])),
        Arc::new(Int64Array::from(vec![1, 2])),
    ];
    let structs = StructArray::new(fields, columns, Some(vec![true, true].into()));
    insta::assert_snapshot!(both(structs.clone()), @r#"
    {name: "x", size: 1}  →  {"name":"x","size":1}
    {name: null, size: 2}  →  {"name":null,"size":2}
    "#);
    insta::assert_snapshot!(both(lists(structs, &[2])), @r#"[{name: "x", size: 1}, … 2]  →  [{"name":"x","size":1},{"name":null,"size":2}]"#);
    let words = StringArray::from(vec!["yes", "no"]);
    let keys = Int8Array::from(vec![Some(1), None, Some(0)]);
    insta::assert_snapshot!(both(DictionaryArray::<Int8Type>::new(keys, Arc::new(words))), @r#"
    no  →  "no"
    null  →  null
    yes  →  "yes"
    "#);
    let amounts = Decimal128Array::from(vec![5])
        .with_precision_and_scale(4, 1)
        .unwrap();
    let keys = Int32Array::from(vec![0]);
    insta::assert_snapshot!(both(DictionaryArray::<Int32Type>::new(keys, Arc::new(amounts))), @r#"0.5  →  "0.5""#);
    let mut maps = arrow::array::MapBuilder::new(
        None,
        arrow::array::StringBuilder::new(),
        arrow::array::Int64Builder::new(),
    );
    maps.keys().append_value("k");
    maps.values().append_value(1);
    maps.append(true).unwrap();
    insta::assert_snapshot!(both(maps.finish()), @r#"[{keys: "k", values: 1}]  →  [{"keys":"k","values":1}]"#);
}

#[test]
fn nothing_that_is_stored_can_disturb_a_terminal() {
    let evil = "\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}gpj.exe";
    let fields = Fields::from(vec![Field::new(evil, DataType::Utf8, false)]);
    let words: ArrayRef = Arc::new(StringArray::from(vec![evil]));
    let rows = RecordBatch::try_from_iter([
        (evil, words.clone()),
        (
            "list",
            Arc::new(lists(StringArray::from(vec![evil]), &[1])) as ArrayRef,
        ),
        (
            "struct",
            Arc::new(StructArray::new(fields, vec![words], None)),
        ),
    ])
    .unwrap();
    let text = text(&rows);
    let is_harmless = |text: &str| {
        !text.chars().any(|character| {
            character != '\n' && (character.is_control() || character == '\u{202e}')
        })
    };
    assert!(is_harmless(&text), "{text:?}");
    insta::assert_snapshot!(text, @r#"
    \u{1b}]0;owned\u{7}\u{9b}2J\u{202e}gpj.exe  list                                           struct
    \u{1b}]0;owned\u{7}\u{9b}2J\u{202e}gpj.exe  ["\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}gpj.e…"]  {\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}gpj.exe: "\u{1b}]0;owne…
    "#);
}

#[test]
fn without_rows_there_are_heads_and_an_empty_list() {
    let rows =
        RecordBatch::try_from_iter([("id", Arc::new(Int64Array::from(vec![1])) as ArrayRef)])
            .unwrap()
            .slice(0, 0);
    assert_eq!(text(&rows), "id\n");
    let json = serde_json::to_value(Json::new("default", "t", &rows)).unwrap();
    assert_eq!(json["rows"], serde_json::json!([]));
}
