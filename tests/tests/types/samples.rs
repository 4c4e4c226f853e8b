//! Every type, with values at its extremes.

use serde_json::{Value, json};

/// A type, and some of its values: as a guest states them, and as they are read back.
pub struct Sample {
    pub data_type: &'static str,
    pub values: Vec<(Value, &'static str)>,
}

fn sample<const N: usize>(data_type: &'static str, values: [(Value, &'static str); N]) -> Sample {
    Sample {
        data_type,
        values: values.into(),
    }
}

/// Each type at its extremes. Times are read back as the numbers that they are counted in.
pub fn samples() -> Vec<Sample> {
    let ints = |data_type, min: Value, low, max: Value, high| {
        sample(data_type, [(min, low), (max, high), (json!(0), "0")])
    };
    let days = "-2147483648";
    let (least, most) = ("-9223372036854775808", "9223372036854775807");
    let moments = |data_type| {
        let (min, max) = (json!(i64::MIN), json!(i64::MAX));
        sample(data_type, [(min, least), (max, most), (json!(-1), "-1")])
    };
    let nines: &'static str = "99999999999999999999999999999999999999";
    let wide: &'static str =
        "-9999999999999999999999999999999999999999999999999999999999999999.999999999999";
    vec![
        sample("bool", [(json!(true), "true"), (json!(false), "false")]),
        ints("int8", json!(i8::MIN), "-128", json!(i8::MAX), "127"),
        ints("int16", json!(i16::MIN), "-32768", json!(i16::MAX), "32767"),
        ints(
            "int32",
            json!(i32::MIN),
            days,
            json!(i32::MAX),
            "2147483647",
        ),
        ints("int64", json!(i64::MIN), least, json!(i64::MAX), most),
        ints("uint8", json!(1), "1", json!(u8::MAX), "255"),
        ints("uint16", json!(1), "1", json!(u16::MAX), "65535"),
        ints("uint32", json!(1), "1", json!(u32::MAX), "4294967295"),
        ints(
            "uint64",
            json!(1),
            "1",
            json!(u64::MAX),
            "18446744073709551615",
        ),
        floats("float16", json!(65504.0), ["65504", "-0", "0"]),
        floats("float32", json!(f32::MAX), ["3.4028235e38", "-0.0", "0.0"]),
        floats("float64", json!(5e-324), ["5e-324", "-0.0", "0.0"]),
        texts("utf8"),
        texts("large-utf8"),
        texts("dictionary(int32, utf8)"),
        texts("dictionary(uint32, large-utf8)"),
        bytes("binary"),
        bytes("large-binary"),
        sample(
            "fixed-size-binary(2)",
            [(json!([0, 255]), "00ff"), (json!([0, 0]), "0000")],
        ),
        sample(
            "json",
            [
                (
                    json!({"b": [1.5, null], "a": ""}),
                    "{\"a\":\"\",\"b\":[1.5,null]}",
                ),
                (json!(""), "\"\""),
            ],
        ),
        ints(
            "date32",
            json!(i32::MIN),
            days,
            json!(i32::MAX),
            "2147483647",
        ),
        ints(
            "date64",
            json!(-86_400_000),
            "-86400000",
            json!(9_223_372_036_828_800_000_i64),
            "9223372036828800000",
        ),
        ints("time32(s)", json!(1), "1", json!(86_399), "86399"),
        ints("time32(ms)", json!(1), "1", json!(86_399_999), "86399999"),
        ints(
            "time64(us)",
            json!(1),
            "1",
            json!(86_399_999_999_i64),
            "86399999999",
        ),
        ints(
            "time64(ns)",
            json!(1),
            "1",
            json!(86_399_999_999_999_i64),
            "86399999999999",
        ),
        moments("timestamp(s)"),
        moments("timestamp(ms, Europe/Berlin)"),
        moments("timestamp(us, UTC)"),
        moments("timestamp(ns, +02:00)"),
        moments("duration(s)"),
        moments("duration(ns)"),
        sample(
            "decimal128(38, 0)",
            [(json!(nines), nines), (json!("-1"), "-1")],
        ),
        sample(
            "decimal128(5, 2)",
            [(json!("-123.45"), "-123.45"), (json!("0.01"), "0.01")],
        ),
        sample(
            "decimal128(3, -2)",
            [(json!("99900"), "99900"), (json!("-100"), "-100")],
        ),
        sample(
            "decimal256(76, 12)",
            [(json!(wide), wide), (json!("1"), "1.000000000000")],
        ),
        sample(
            "vector(float16, 2)",
            [
                (json!([1.5, "NaN"]), "[1.5, NaN]"),
                (json!([-0.0, "-inf"]), "[-0, -inf]"),
            ],
        ),
        sample(
            "vector(float32, 2)",
            [
                (json!([f32::MAX, "NaN"]), "[3.4028235e38, NaN]"),
                (json!([-0.0, 0.0]), "[-0.0, 0.0]"),
            ],
        ),
        sample(
            "vector(float64, 1)",
            [(json!([0.5]), "[0.5]"), (json!([-0.0]), "[-0.0]")],
        ),
        sample(
            "vector(uint8, 2)",
            [(json!([0, 255]), "[0, 255]"), (json!([1, 2]), "[1, 2]")],
        ),
        sample(
            "vector(int8, 2)",
            [
                (json!([-128, 127]), "[-128, 127]"),
                (json!([1, 2]), "[1, 2]"),
            ],
        ),
        sample(
            "list(vector(float32, 2))",
            [
                (json!([[1.0, 2.0], [3.0, 4.0]]), "[[1.0, 2.0], [3.0, 4.0]]"),
                (json!([]), "[]"),
                (json!([[1.0, 2.0]]), "[[1.0, 2.0]]"),
            ],
        ),
        lists("list(int64)"),
        lists("large-list(int64)"),
        sample(
            "list(utf8!)",
            [(json!(["", "ö"]), "[, ö]"), (json!([]), "[]")],
        ),
        sample(
            "list(list(bool))",
            [
                (json!([[true], [], null]), "[[true], [], null]"),
                (json!([null]), "[null]"),
                (json!([]), "[]"),
            ],
        ),
        sample(
            "list(binary)",
            [(json!(["00ff", ""]), "[00ff, ]"), (json!([null]), "[null]")],
        ),
        sample(
            "list(decimal128(5, 2))",
            [(json!(["1.50", null]), "[1.50, null]"), (json!([]), "[]")],
        ),
        sample(
            "list(dictionary(int32, utf8))",
            [
                (json!(["a", "b", "a"]), "[a, b, a]"),
                (json!([null]), "[null]"),
            ],
        ),
        sample(
            "fixed-size-list(int32, 2)",
            [
                (json!([1, null]), "[1, null]"),
                (json!([null, null]), "[null, null]"),
                (json!([1, 2]), "[1, 2]"),
            ],
        ),
        sample(
            "fixed-size-list(bool!, 3)",
            [
                (json!([true, false, true]), "[true, false, true]"),
                (json!([false, false, true]), "[false, false, true]"),
            ],
        ),
        sample(
            "fixed-size-list(fixed-size-list(int8, 2), 2)",
            [
                (json!([[1, 2], [3, 4]]), "[[1, 2], [3, 4]]"),
                (json!([[4, 3], [2, 1]]), "[[4, 3], [2, 1]]"),
            ],
        ),
        sample(
            "struct(a: int64!, \"b c\": utf8)",
            [
                (json!({"a": 1, "b c": "x"}), "{a: 1, b c: x}"),
                (json!({"a": 1, "b c": null}), "{a: 1, b c: null}"),
            ],
        ),
        sample(
            "struct(a: struct(b: list(int8)), v: vector(float32, 1))",
            [
                (
                    json!({"a": {"b": [1, null]}, "v": [0.5]}),
                    "{a: {b: [1, null]}, v: [0.5]}",
                ),
                (
                    json!({"a": {"b": null}, "v": null}),
                    "{a: {b: null}, v: null}",
                ),
                (json!({"a": null, "v": null}), "{a: null, v: null}"),
            ],
        ),
        sample(
            "list(struct(a: bool, b: json))",
            [
                (
                    json!([{"a": true, "b": {"c": 1}}, null]),
                    "[{a: true, b: {\"c\":1}}, null]",
                ),
                (json!([{"a": null, "b": null}]), "[{a: null, b: null}]"),
            ],
        ),
        sample(
            "map(utf8, int64)",
            [
                (json!([["a", 1], ["b", null]]), "{a: 1, b: null}"),
                (json!([]), "{}"),
            ],
        ),
        sample(
            "map(int8, struct(x: float64))",
            [
                (json!([[1, {"x": 0.5}]]), "{1: {x: 0.5}}"),
                (json!([[1, null]]), "{1: null}"),
            ],
        ),
        sample(
            "dictionary(uint64, int64)",
            [(json!(i64::MIN), least), (json!(1), "1")],
        ),
        sample(
            "dictionary(int64, binary)",
            [
                (json!({"$bytes": [0, 255]}), "00ff"),
                (json!({"$bytes": []}), ""),
            ],
        ),
    ]
}

fn floats(data_type: &'static str, extreme: Value, shown: [&'static str; 3]) -> Sample {
    let [extreme_shown, minus_zero, zero] = shown;
    sample(
        data_type,
        [
            (extreme, extreme_shown),
            (json!("NaN"), "NaN"),
            (json!("inf"), "inf"),
            (json!("-inf"), "-inf"),
            (json!(-0.0), minus_zero),
            (json!(0.0), zero),
        ],
    )
}

fn texts(data_type: &'static str) -> Sample {
    let texts = [
        (json!(""), ""),
        (json!("ö\u{0}'\"`\\ \u{1f980}"), "ö\u{0}'\"`\\ \u{1f980}"),
        (json!("null"), "null"),
    ];
    sample(data_type, texts)
}

fn bytes(data_type: &'static str) -> Sample {
    sample(
        data_type,
        [(json!([]), ""), (json!([0, 255, 128]), "00ff80")],
    )
}

fn lists(data_type: &'static str) -> Sample {
    let values = [
        (json!([1, null, -3]), "[1, null, -3]"),
        (json!([]), "[]"),
        (json!([null]), "[null]"),
    ];
    sample(data_type, values)
}
