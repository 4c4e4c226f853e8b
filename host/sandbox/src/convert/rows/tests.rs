//! What becomes of rows that come one by one.

use arrow::{
    array::Array,
    util::display::{ArrayFormatter, FormatOptions},
};

use super::*;
use crate::{bindings::lance_host::pipeline::types::Field, limits::Limits};

fn table(columns: &[(&str, &str, bool)]) -> TableShape {
    let field = |(name, data_type, nullable): &(&str, &str, bool)| Field {
        name: (*name).into(),
        data_type: (*data_type).into(),
        nullable: *nullable,
        metadata: Vec::new(),
    };
    TableShape::new(columns.iter().map(field).collect(), &Limits::default()).unwrap()
}

/// What a value is in a column of this type, or why it is refused.
fn stored(data_type: &str, value: Value) -> String {
    let table = table(&[("c", data_type, true)]);
    let mut rows = RowBuffer::default();
    if let Err(error) = rows.push(&table, 0, vec![value]) {
        return format!("{}: {}", error.code, error.message);
    }
    let batch = rows.take(&table, 0).unwrap();
    let options = FormatOptions::default().with_null("null");
    let formatter = ArrayFormatter::try_new(batch.column(0), &options).unwrap();
    formatter.value(0).to_string()
}

fn text(data_type: &str, text: &str) -> String {
    stored(data_type, Value::Text(text.into()))
}

fn int(data_type: &str, value: i64) -> String {
    stored(data_type, Value::Int64(value))
}

#[test]
fn whole_numbers_stand_wherever_something_is_counted() {
    for (data_type, value, expected) in [
        ("int8", -128, "-128"),
        ("int16", 32767, "32767"),
        ("int32", i64::from(i32::MIN), "-2147483648"),
        ("int64", i64::MIN, "-9223372036854775808"),
        ("uint8", 255, "255"),
        ("uint16", 65535, "65535"),
        ("uint32", 4_294_967_295, "4294967295"),
        ("uint64", i64::MAX, "9223372036854775807"),
        ("date32", 59, "1970-03-01"),
        ("date64", 86_400_000, "1970-01-02T00:00:00"),
        ("time32(s)", 86_399, "23:59:59"),
        ("time64(us)", 1, "00:00:00.000001"),
        ("timestamp(us)", -1, "1969-12-31T23:59:59.999999"),
        ("duration(s)", 61, "PT61S"),
        ("dictionary(int8, uint16)", 7, "7"),
        (
            "int8",
            128,
            "invalid-value: the value 128 is not from -128 to 127, as `int8` needs",
        ),
        (
            "uint64",
            -1,
            "invalid-value: the value -1 is not from 0 to 18446744073709551615, as `uint64` needs",
        ),
        (
            "date64",
            1,
            "invalid-value: the date is not a whole number of days",
        ),
        (
            "time32(ms)",
            86_400_000,
            "invalid-value: the time lies outside of the day",
        ),
        (
            "time64(ns)",
            -1,
            "invalid-value: the time lies outside of the day",
        ),
        (
            "float64",
            1,
            "type-mismatch: the value is an int64, and the column is `float64`",
        ),
        (
            "decimal128(5, 2)",
            1,
            "type-mismatch: the value is an int64, and the column is `decimal128(5, 2)`",
        ),
        (
            "utf8",
            1,
            "type-mismatch: the value is an int64, and the column is `utf8`",
        ),
    ] {
        assert_eq!(int(data_type, value), expected, "{data_type}");
    }
}

#[test]
fn floats_become_the_nearest_of_their_column() {
    for (data_type, value, expected) in [
        ("float64", 0.1, "0.1"),
        ("float32", 0.1, "0.1"),
        ("float16", 0.1, "0.099975586"),
        ("float16", f64::INFINITY, "inf"),
        ("float32", f64::NAN, "NaN"),
        ("float32", -0.0, "-0.0"),
        (
            "float32",
            1e39,
            "invalid-value: the value 1e39 is larger than any `float32`",
        ),
        (
            "float16",
            70_000.0,
            "invalid-value: the value 7e4 is larger than any `float16`",
        ),
        (
            "int64",
            1.0,
            "type-mismatch: the value is a float64, and the column is `int64`",
        ),
    ] {
        assert_eq!(stored(data_type, Value::Float64(value)), expected);
    }
}

#[test]
fn text_is_the_form_of_every_type_but_bytes() {
    for (data_type, value, expected) in [
        ("utf8", "", ""),
        ("large-utf8", "ö", "ö"),
        ("dictionary(uint8, utf8)", "ö", "ö"),
        ("bool", "true", "true"),
        ("uint64", "18446744073709551615", "18446744073709551615"),
        ("int8", "-5", "-5"),
        ("float32", "0.1", "0.1"),
        ("float64", "-inf", "-inf"),
        ("float64", "NaN", "NaN"),
        ("decimal128(5, 2)", "123.45", "123.45"),
        ("decimal128(5, 2)", "-0.5", "-0.50"),
        ("decimal128(5, 2)", "+7.5000", "7.50"),
        ("decimal128(3, -2)", "12300", "12300"),
        (
            "decimal128(38, 0)",
            "99999999999999999999999999999999999999",
            "99999999999999999999999999999999999999",
        ),
        (
            "decimal256(76, 1)",
            "-999999999999999999999999999999999999999999999999999999999999999999999999999.9",
            "-999999999999999999999999999999999999999999999999999999999999999999999999999.9",
        ),
        ("date32", "2024-02-29", "2024-02-29"),
        ("date64", "1969-12-31", "1969-12-31T00:00:00"),
        ("time32(s)", "23:59:59", "23:59:59"),
        ("time64(ns)", "00:00:00.000000001", "00:00:00.000000001"),
        (
            "timestamp(us)",
            "2024-02-29T12:00:00.5",
            "2024-02-29T12:00:00.500",
        ),
        (
            "timestamp(ms, UTC)",
            "2024-02-29T14:00:00+02:00",
            "2024-02-29T12:00:00Z",
        ),
        ("duration(ms)", "PT1M", "PT60S"),
        ("duration(s)", "1h 1s", "PT3601S"),
        (
            "bool",
            "yes",
            "invalid-value: `yes` is no boolean: write true or false",
        ),
        (
            "int8",
            "300",
            "invalid-value: the value 300 is not from -128 to 127, as `int8` needs",
        ),
        ("int8", "1.0", "invalid-value: `1.0` is no whole number"),
        (
            "float64",
            "1e400",
            "invalid-value: the value 1e400 is larger than any `float64`",
        ),
        (
            "float32",
            "1e39",
            "invalid-value: the value 1e39 is larger than any `float32`",
        ),
        ("float64", "", "invalid-value: `` is no number"),
        (
            "decimal128(5, 2)",
            "1234",
            "invalid-value: the number has more than 5 digits",
        ),
        (
            "decimal128(5, 2)",
            "1.234",
            "invalid-value: `1.234` has digits that a scale of 2 cannot hold",
        ),
        (
            "decimal128(5, -2)",
            "5",
            "invalid-value: `5` has digits that a scale of -2 cannot hold",
        ),
        (
            "decimal128(5, 2)",
            "1e3",
            "invalid-value: `1e3` is no decimal number: write it like -12.50",
        ),
        (
            "decimal128(5, 2)",
            ".",
            "invalid-value: `.` is no decimal number: write it like -12.50",
        ),
        (
            "date32",
            "2024-02-30",
            "invalid-value: `2024-02-30` is no date: write it like 2024-02-29",
        ),
        (
            "date32",
            "2024-02-29T01:00:00",
            "invalid-value: `2024-02-29T01:00:00` is no date: write it like 2024-02-29",
        ),
        (
            "time32(s)",
            "24:00:00",
            "invalid-value: `24:00:00` is no time: write it like 23:59:59.5",
        ),
        (
            "time32(s)",
            "00:00:00.5",
            "invalid-value: `00:00:00.5` is more precise than the column, which counts s",
        ),
        (
            "timestamp(s, UTC)",
            "2024-02-29T12:00:00",
            "invalid-value: `2024-02-29T12:00:00` is no moment: write it with its offset, like 2024-02-29T12:00:00Z",
        ),
        (
            "timestamp(s)",
            "2024-02-29T12:00:00Z",
            "invalid-value: `2024-02-29T12:00:00Z` is no time without a zone: write it like 2024-02-29T12:00:00",
        ),
        (
            "timestamp(s)",
            "2024-02-29T12:00:00-02:00",
            "invalid-value: `2024-02-29T12:00:00-02:00` is no time without a zone: write it like 2024-02-29T12:00:00",
        ),
        (
            "timestamp(ns)",
            "2300-01-01T00:00:00",
            "invalid-value: the value 10413792000000000000 is not from -9223372036854775808 to 9223372036854775807, as `timestamp(ns)` needs",
        ),
        (
            "binary",
            "00ff",
            "type-mismatch: the value is a text, and the column is `binary`",
        ),
    ] {
        assert_eq!(text(data_type, value), expected, "{data_type} {value}");
    }
}

#[test]
fn bytes_and_vectors_have_the_size_of_their_column() {
    for (data_type, value, expected) in [
        ("binary", Value::Bytes(vec![0, 255]), "00ff"),
        ("large-binary", Value::Bytes(vec![]), ""),
        ("fixed-size-binary(2)", Value::Bytes(vec![0, 255]), "00ff"),
        (
            "fixed-size-binary(2)",
            Value::Bytes(vec![0]),
            "dimension-mismatch: the value has 1 bytes instead of 2",
        ),
        (
            "vector(float32, 2)",
            Value::Vector(vec![0.1, -0.0]),
            "[0.1, -0.0]",
        ),
        (
            "vector(float16, 2)",
            Value::Vector(vec![0.5, f32::INFINITY]),
            "[0.5, inf]",
        ),
        ("vector(float64, 1)", Value::Vector(vec![0.5]), "[0.5]"),
        (
            "vector(uint8, 2)",
            Value::Vector(vec![0.0, 255.0]),
            "[0, 255]",
        ),
        (
            "vector(int8, 2)",
            Value::Vector(vec![-128.0, -0.0]),
            "[-128, 0]",
        ),
        (
            "vector(uint8, 1)",
            Value::Vector(vec![0.5]),
            "invalid-value: the item 0.5 is no whole number",
        ),
        (
            "vector(uint8, 1)",
            Value::Vector(vec![f32::NAN]),
            "invalid-value: the item NaN is no whole number",
        ),
        (
            "vector(uint8, 1)",
            Value::Vector(vec![256.0]),
            "invalid-value: the value 256 is not from 0 to 255, as `uint8` needs",
        ),
        (
            "vector(float16, 1)",
            Value::Vector(vec![1e6]),
            "invalid-value: the value 1e6 is larger than any `float16`",
        ),
        (
            "vector(float32, 2)",
            Value::Vector(vec![]),
            "dimension-mismatch: the vector has 0 items instead of 2",
        ),
        (
            "list(float32)",
            Value::Vector(vec![]),
            "type-mismatch: the value is a vector, and the column is `list(float32)`",
        ),
    ] {
        assert_eq!(stored(data_type, value), expected, "{data_type}");
    }
}

#[test]
fn values_with_parts_are_json() {
    for (data_type, json, expected) in [
        ("vector(float64, 3)", "[1, 2.5, \"NaN\"]", "[1.0, 2.5, NaN]"),
        ("vector(int8, 2)", "[1, -2]", "[1, -2]"),
        ("list(int64)", "[1, null, -3]", "[1, null, -3]"),
        ("large-list(utf8)", "[]", "[]"),
        ("list(utf8)", "null", "null"),
        ("list(binary)", "[\"00ff\"]", "[00ff]"),
        (
            "list(date32)",
            "[\"2024-02-29\", 1]",
            "[2024-02-29, 1970-01-02]",
        ),
        ("list(decimal128(5, 2))", "[\"1.5\", 2]", "[1.50, 2.00]"),
        (
            "list(dictionary(int8, utf8))",
            "[\"a\", \"b\", \"a\"]",
            "[a, b, a]",
        ),
        (
            "list(json)",
            "[{\"b\": [1.5], \"a\": \"\"}, 1]",
            "[{\"b\":[1.5],\"a\":\"\"}, 1]",
        ),
        (
            "list(list(bool))",
            "[[true], [], null]",
            "[[true], [], null]",
        ),
        (
            "list(vector(float32, 2))",
            "[[1, 2], [3, 4], null]",
            "[[1.0, 2.0], [3.0, 4.0], null]",
        ),
        ("fixed-size-list(int8, 2)", "[1, null]", "[1, null]"),
        (
            "struct(a: int8, b: utf8)",
            "{\"b\": \"x\", \"a\": 1}",
            "{a: 1, b: x}",
        ),
        ("struct(a: int8, b: utf8)", "{}", "{a: null, b: null}"),
        (
            "struct(a: struct(b: list(int8)!))",
            "{\"a\": null}",
            "{a: null}",
        ),
        (
            "map(utf8, int8)",
            "{\"a\": 1, \"b\": null}",
            "{a: 1, b: null}",
        ),
        ("map(int8, int8)", "{\"1\": 2}", "{1: 2}"),
        ("map(int8, int8)", "[[1, 2], [3, null]]", "{1: 2, 3: null}"),
        // What is wrong, and where.
        (
            "list(int64)",
            "[1, 2.5]",
            "type-mismatch: a number with a fraction or of more than 64 bits stands where `int64` is expected (line 1, column 7)",
        ),
        (
            "list(int8)",
            "[300]",
            "invalid-value: the value 300 is not from -128 to 127, as `int8` needs (line 1, column 4)",
        ),
        (
            "list(int8!)",
            "[1,\n null]",
            "null-in-required-column: a value is required here, and there is none (line 2, column 5)",
        ),
        (
            "list(int8)",
            "[1",
            "invalid-value: the text is not JSON: EOF while parsing a list at line 1 column 2",
        ),
        (
            "list(int8)",
            "[1] 2",
            "invalid-value: the text is not JSON: trailing characters at line 1 column 5",
        ),
        (
            "list(int8)",
            "{}",
            "type-mismatch: an object stands where `list(int8)` is expected (line 1, column 2)",
        ),
        (
            "list(int8)",
            "\"\"",
            "type-mismatch: the value is a text, and the column is `list(int8)` (line 1, column 2)",
        ),
        (
            "list(decimal128(5, 2))",
            "[1.5]",
            "type-mismatch: a number with a fraction or of more than 64 bits stands where `decimal128(5, 2)` is expected (line 1, column 4)",
        ),
        (
            "fixed-size-list(int8, 2)",
            "[1]",
            "dimension-mismatch: the list has 1 items instead of 2 (line 1, column 3)",
        ),
        (
            "fixed-size-list(int8, 2)",
            "[1, 2, 3, 4]",
            "dimension-mismatch: the list has more than 2 items (line 1, column 10)",
        ),
        (
            "vector(float32, 2)",
            "[1]",
            "dimension-mismatch: the vector has 1 items instead of 2 (line 1, column 3)",
        ),
        (
            "vector(float32, 2)",
            "[1, null]",
            "null-in-required-column: a value is required here, and there is none (line 1, column 8)",
        ),
        (
            "struct(a: int8)",
            "{\"A\": 1}",
            "invalid-value: the struct has no field `A` (line 1, column 4)",
        ),
        (
            "struct(a: int8)",
            "{\"a\": 1, \"a\": 2}",
            "invalid-value: field `a` is there twice (line 1, column 12)",
        ),
        (
            "struct(a: list(int8!))",
            "{\"a\": [null]}",
            "null-in-required-column: field `a`: a value is required here, and there is none (line 1, column 11)",
        ),
        (
            "struct(a: int8!)",
            "{}",
            "null-in-required-column: field `a`: a value is required here, and there is none (line 1, column 2)",
        ),
        (
            "map(utf8, int8)",
            "{\"a\": \"x\"}",
            "invalid-value: the value of `a`: `x` is no whole number (line 1, column 9)",
        ),
        (
            "map(utf8, int8)",
            "[[null, 1]]",
            "null-in-required-column: the `key`: a value is required here, and there is none (line 1, column 6)",
        ),
        (
            "map(utf8, int8)",
            "[[\"a\"]]",
            "invalid-value: the text is not JSON: invalid length 1, expected a pair of key and value at line 1 column 6",
        ),
    ] {
        assert_eq!(text(data_type, json), expected, "{data_type} {json}");
    }
}

#[test]
fn a_refused_row_leaves_nothing_behind() {
    let table = table(&[
        (
            "list",
            "list(struct(a: utf8, b: dictionary(int8, utf8)))",
            true,
        ),
        ("map", "map(utf8, list(int8))", true),
        ("bits", "fixed-size-list(bool, 3)", true),
        ("id", "int8", false),
    ]);
    let row = |list: &str, id: Value| {
        vec![
            Value::Text(list.into()),
            Value::Text("{\"k\": [1, 2]}".into()),
            Value::Text("[true, false, true]".into()),
            id,
        ]
    };
    let good = |number: i64| row("[{\"a\": \"x\", \"b\": \"y\"}, null]", Value::Int64(number));
    let mut rows = RowBuffer::default();
    for number in 0..20 {
        rows.push(&table, 0, good(number)).unwrap();
        for bad in [
            row(
                "[{\"a\": \"x\", \"b\": \"z\"}, {\"a\": 1}]",
                Value::Int64(1),
            ),
            row("[null, null, {\"b\": \"w\"}]", Value::Null),
            row("[]", Value::Int64(1000)),
        ] {
            rows.push(&table, 0, bad).unwrap_err();
        }
    }
    let batch = rows.take(&table, 0).unwrap();
    let mut expected = RowBuffer::default();
    for number in 0..20 {
        expected.push(&table, 0, good(number)).unwrap();
    }
    // Equal values, whatever else is in the dictionary.
    let show = |batch: &RecordBatch| {
        arrow::util::pretty::pretty_format_batches(std::slice::from_ref(batch))
            .unwrap()
            .to_string()
    };
    assert_eq!(show(&batch), show(&expected.take(&table, 0).unwrap()));
    assert!(rows.is_empty());
    assert_eq!(rows.bytes(), 0);
}

#[test]
fn a_row_is_bounded_even_if_its_text_is_short() {
    let nulls = format!("[{}]", vec!["null"; 1000].join(","));
    assert_eq!(
        text("list(vector(float64, 65536))", &nulls),
        "too-large: the row takes more than 64MiB (line 1, column 640)"
    );
}

#[test]
fn a_dictionary_is_passed_on_before_its_keys_run_out() {
    let table = table(&[("c", "dictionary(int8, utf8)", true)]);
    let mut rows = RowBuffer::default();
    for number in 0..65 {
        assert!(!rows.is_crowded());
        let text = Value::Text(number.to_string());
        rows.push(&table, 0, vec![text.clone()]).unwrap();
        rows.push(&table, 0, vec![text]).unwrap();
    }
    assert!(rows.is_crowded());
    let batch = rows.take(&table, 0).unwrap();
    let data = batch.column(0).to_data();
    assert_eq!((data.len(), data.child_data()[0].len()), (130, 65));
    assert!(!rows.is_crowded());
    // One row alone can have too many.
    let many: Vec<_> = (0..129).map(|number| format!("\"{number}\"")).collect();
    assert_eq!(
        super::tests::text(
            "list(dictionary(int8, utf8))",
            &format!("[{}]", many.join(","))
        ),
        "too-large: the row brings the dictionary to more than the 128 values that its keys can name (line 1, column 664)"
    );
}

#[test]
fn a_wrong_value_names_column_and_row() {
    let table = table(&[("a", "bool", false), ("b", "json", false)]);
    let refused = |row: Vec<Value>| {
        let error = RowBuffer::default().push(&table, 41, row).unwrap_err();
        error.to_string()
    };
    let json = || Value::Text("{}".into());
    insta::assert_snapshot!(refused(vec![Value::Int64(1), json()]), @"column `a`, row 41: the value is an int64, and the column is `bool` (type-mismatch)");
    insta::assert_snapshot!(refused(vec![Value::Null, json()]), @"column `a`, row 41: the column is required and has no value here (null-in-required-column)");
    insta::assert_snapshot!(refused(vec![Value::Boolean(true), Value::Text("{a}".into())]), @"column `b`, row 41: the text is not JSON: key must be a string at line 1 column 2 (invalid-value)");
    insta::assert_snapshot!(refused(vec![Value::Boolean(true)]), @"row 41: the number of values is 1 instead of 2 (wrong-column-count)");
}
