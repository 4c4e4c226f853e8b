//! What the grammar reads, what it writes, and what it says of texts that are no types.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use lance_host_data_type::{DataType, MAX_LENGTH, ParseErrorKind};

/// Every form of a type in its canonical text.
const CANONICAL: &[&str] = &[
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "float64",
    "utf8",
    "large-utf8",
    "binary",
    "large-binary",
    "fixed-size-binary(16)",
    "json",
    "date32",
    "date64",
    "time32(s)",
    "time32(ms)",
    "time64(us)",
    "time64(ns)",
    "timestamp(s)",
    "timestamp(us, UTC)",
    "timestamp(ns, +02:00)",
    "timestamp(ms, America/Port-au-Prince)",
    "duration(ns)",
    "decimal128(38, 10)",
    "decimal128(5, -2)",
    "decimal256(76, 76)",
    "vector(float16, 8)",
    "vector(float32, 384)",
    "vector(float64, 1)",
    "vector(uint8, 65536)",
    "vector(int8, 3)",
    "list(utf8)",
    "list(utf8!)",
    "large-list(list(int64)!)",
    "list(vector(float32, 128))",
    "fixed-size-list(float64!, 2)",
    "struct(x: float64!, y: list(json))",
    "struct(名前: utf8, a-b_1: bool)",
    r#"struct("first ""name""": utf8, "a(b), c:!": bool)"#,
    "map(utf8, int64)",
    "map(int32, struct(a: bool)!)",
    "dictionary(int32, utf8)",
    "dictionary(uint8, timestamp(us, UTC))",
];

#[test]
fn each_type_is_read_and_written() {
    for text in CANONICAL {
        assert_eq!(DataType::parse(text).unwrap().to_string(), *text);
    }
}

#[test]
fn space_and_needless_quotes_do_not_matter() {
    for (text, canonical) in [
        ("  vector( float32 ,3 ) ", "vector(float32, 3)"),
        ("list ( utf8 ! )", "list(utf8!)"),
        (
            "struct(\n  \"a\" : int64 !,\n  b:utf8\n)",
            "struct(a: int64!, b: utf8)",
        ),
        ("timestamp(us,UTC)", "timestamp(us, UTC)"),
        ("decimal128(05, 00)", "decimal128(5, 0)"),
    ] {
        assert_eq!(DataType::parse(text).unwrap().to_string(), canonical);
    }
}

fn message(text: &str) -> String {
    DataType::parse(text).unwrap_err().to_string()
}

#[test]
fn an_unknown_type_is_told_with_all_that_are_known() {
    let error = DataType::parse("list(flaot64)").unwrap_err();
    assert_eq!(error.kind(), ParseErrorKind::UnknownType);
    assert_eq!(error.character(), 6);
    assert_eq!(
        error.to_string(),
        "at character 6: there is no type `flaot64`; known are bool, int8 to int64, uint8 to \
         uint64, float16, float32, float64, utf8, large-utf8, binary, large-binary, \
         fixed-size-binary(n), json, date32, date64, time32(unit), time64(unit), \
         timestamp(unit), timestamp(unit, zone), duration(unit), decimal128(p, s), \
         decimal256(p, s), vector(item, n), list(t), large-list(t), fixed-size-list(t, n), \
         struct(name: t), map(k, t) and dictionary(k, v)"
    );
    assert!(message("Utf8").starts_with("there is no type `Utf8`;"));
    assert!(
        message(&"ö".repeat(50)).starts_with(&format!("there is no type `{}…`;", "ö".repeat(40)))
    );
}

#[test]
fn a_malformed_text_is_told_what_is_missing_and_where() {
    for (text, expected) in [
        ("", "a type is missing before the end"),
        (" ", "at character 2: a type is missing before the end"),
        ("(", "a type is missing before `(`"),
        ("\u{1b}", "a type is missing before `\\u{1b}`"),
        (
            "int64(8)",
            "at character 6: `int64` takes nothing in brackets",
        ),
        ("int64:", "at character 6: the type ends before `:`"),
        (
            "int64!",
            "at character 6: whether a column is required is said beside its type, not in it",
        ),
        ("utf8 utf8", "at character 6: the type ends before `u`"),
        ("vector", "at character 7: `vector` needs (item, n)"),
        (
            "vector()",
            "at character 8: the items of a vector are float16, float32, float64, uint8 or int8",
        ),
        (
            "vector(utf8, 3)",
            "at character 8: the items of a vector are float16, float32, float64, uint8 or int8",
        ),
        (
            "vector(float32!, 3)",
            "at character 15: a comma is missing before `!`",
        ),
        (
            "vector(float32)",
            "at character 15: a comma is missing before `)`",
        ),
        (
            "vector(float32, 0)",
            "at character 17: the number of items is from 1 to 65536",
        ),
        (
            "vector(float32, -1)",
            "at character 17: the number of items is from 1 to 65536",
        ),
        (
            "vector(float32, +1)",
            "at character 17: the number of items is from 1 to 65536",
        ),
        (
            "vector(float32, 65537)",
            "at character 17: the number of items is from 1 to 65536",
        ),
        (
            "vector(float32, 99999999999999999999)",
            "at character 17: the number of items is from 1 to 65536",
        ),
        (
            "vector(float32, 3(4))",
            "at character 18: a closing bracket is missing before `(`",
        ),
        (
            "vector(float32, 3",
            "at character 18: a closing bracket is missing before the end",
        ),
        (
            "vector(float32, 3))",
            "at character 19: the type ends before `)`",
        ),
        (
            "fixed-size-binary(0)",
            "at character 19: the number of bytes is from 1 to 65536",
        ),
        ("time32(us)", "at character 8: the unit is one of s, ms"),
        ("time64(s)", "at character 8: the unit is one of us, ns"),
        (
            "timestamp(utc)",
            "at character 11: the unit is one of s, ms, us, ns",
        ),
        (
            "timestamp(us, )",
            "at character 15: the time zone is written like `UTC`, `+02:00` or `Europe/Berlin`",
        ),
        (
            "timestamp(us, -)",
            "at character 15: the time zone is written like `UTC`, `+02:00` or `Europe/Berlin`",
        ),
        (
            "decimal128(39, 0)",
            "at character 12: the precision is from 1 to 38",
        ),
        (
            "decimal256(77, 0)",
            "at character 12: the precision is from 1 to 76",
        ),
        (
            "decimal128(5, 6)",
            "at character 15: the scale is from -5 to 5",
        ),
        (
            "decimal128(5)",
            "at character 13: a comma is missing before `)`",
        ),
        ("list()", "at character 6: a type is missing before `)`"),
        (
            "list(int64, int64)",
            "at character 11: a closing bracket is missing before `,`",
        ),
        (
            "struct()",
            "at character 8: the name of a field is missing before `)`",
        ),
        (
            "struct(int64)",
            "at character 13: a colon is missing before `)`",
        ),
        (
            "struct(a: bool, a: bool)",
            "at character 17: the struct has two fields `a`",
        ),
        (
            "struct(a b: bool)",
            "at character 10: a colon is missing before `b`",
        ),
        ("struct(\"\": bool)", "at character 8: a field has no name"),
        (
            "struct(\"a: bool)",
            "at character 8: a name has no closing quote",
        ),
        (
            "struct(\"a\"\": bool)",
            "at character 8: a name has no closing quote",
        ),
        (
            "map(utf8!, bool)",
            "at character 9: the keys of a map are always required",
        ),
        (
            "dictionary(utf8, utf8)",
            "at character 12: the keys of a dictionary are int8 to int64 or uint8 to uint64",
        ),
        (
            "dictionary(int8, list(utf8))",
            "at character 18: the values of a dictionary are not json, not vectors and not nested",
        ),
    ] {
        let error = DataType::parse(text).unwrap_err();
        assert_eq!(error.to_string(), expected, "{text}");
        assert_eq!(error.kind(), ParseErrorKind::Malformed, "{text}");
    }
}

#[test]
fn nesting_length_and_fixed_sizes_are_bounded() {
    let nested = |depth: usize| format!("{}int64{}", "list(".repeat(depth), ")".repeat(depth));
    assert_eq!(
        DataType::parse(&nested(16)).unwrap().to_string(),
        nested(16)
    );
    for (text, expected) in [
        (
            nested(17),
            "at character 81: types are nested more than 16 deep",
        ),
        (
            nested(100_000),
            "the text has 600005 bytes, and at most 65536 are read",
        ),
        (
            "fixed-size-list(vector(float32, 257), 256)".to_owned(),
            "a value has more than 65536 items, those of its parts included",
        ),
        (
            "list(struct(a: vector(int8, 65536), b: bool))".to_owned(),
            "at character 6: a value has more than 65536 items, those of its parts included",
        ),
    ] {
        let error = DataType::parse(&text).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.kind(), ParseErrorKind::TooLarge);
    }
    assert!(DataType::parse("fixed-size-list(vector(float32, 256), 256)").is_ok());
    assert!(DataType::parse("fixed-size-list(list(vector(int8, 65536)), 65536)").is_ok());
    assert!(DataType::parse(&format!("int64{}", " ".repeat(MAX_LENGTH - 5))).is_ok());
}
