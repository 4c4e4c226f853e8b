use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::{Bytes, Value};

/// A node that may be null.
fn node(data_type: &str) -> Node {
    Node::new(&DataType::parse(data_type).unwrap(), true)
}

fn finish(node: &mut Node) -> Vec<Column> {
    let mut columns = Vec::new();
    node.finish(&mut columns);
    assert_eq!(node.size(), 0);
    columns
}

/// The column after a value and a null.
fn with_null(data_type: &str, value: impl Serialize) -> Vec<Column> {
    let mut node = node(data_type);
    node.append(&value).unwrap();
    node.append(&()).unwrap();
    let columns = finish(&mut node);
    assert_eq!(columns[0].validity, Some(vec![1]), "{data_type}");
    assert_eq!(columns[0].length, 2);
    columns
}

/// The value in a column of fixed width, before the null.
fn fixed(data_type: &str, value: impl Serialize) -> Vec<u8> {
    let [column] = with_null(data_type, value).try_into().unwrap();
    let [mut buffer] = <[_; 1]>::try_from(column.buffers).unwrap();
    let null = buffer.split_off(buffer.len() / 2);
    assert!(null.iter().all(|&byte| byte == 0));
    buffer
}

#[test]
fn values_of_a_fixed_width_are_little_endian() {
    assert_eq!(fixed("int8", -1), [255]);
    assert_eq!(fixed("uint16", 258), [2, 1]);
    assert_eq!(fixed("int32", i32::MIN), i32::MIN.to_le_bytes());
    assert_eq!(fixed("uint64", u64::MAX), u64::MAX.to_le_bytes());
    assert_eq!(fixed("float16", 1.5), [0, 0x3e]);
    assert_eq!(fixed("float32", 0.1), 0.1_f32.to_le_bytes());
    assert_eq!(fixed("float64", 3), 3_f64.to_le_bytes());
    assert_eq!(fixed("date32", "1970-01-02"), 1_i32.to_le_bytes());
    assert_eq!(fixed("date64", "1970-01-02"), 86_400_000_i64.to_le_bytes());
    assert_eq!(fixed("time32(ms)", "00:00:01"), 1_000_i32.to_le_bytes());
    assert_eq!(fixed("time64(ns)", 7), 7_i64.to_le_bytes());
    assert_eq!(
        fixed("timestamp(us, UTC)", "1970-01-01T00:00:01Z"),
        1_000_000_i64.to_le_bytes()
    );
    assert_eq!(fixed("duration(s)", -1), (-1_i64).to_le_bytes());
    assert_eq!(fixed("decimal128(5, 2)", "1.5"), 150_i128.to_le_bytes());
    assert_eq!(fixed("decimal256(5, 2)", -1)[..2], [0x9c, 0xff]);
    assert_eq!(fixed("fixed-size-binary(2)", Bytes(vec![1, 2])), [1, 2]);
    assert_eq!(fixed("fixed-size-binary(2)", [1, 2]), [1, 2]);
    assert_eq!(fixed("vector(float32, 1)", [0.5]), 0.5_f32.to_le_bytes());
    assert_eq!(fixed("vector(uint8, 2)", Bytes(vec![1, 2])), [1, 2]);
}

#[test]
fn text_and_bytes_have_offsets() {
    let offsets = [0_i32, 2, 2].map(i32::to_le_bytes).concat();
    for (data_type, value) in [
        ("utf8", json!("ab")),
        ("binary", json!([97, 98])),
        ("json", json!(10)),
    ] {
        let [column] = with_null(data_type, value).try_into().unwrap();
        assert_eq!(column.buffers[0], offsets, "{data_type}");
        assert_eq!(column.buffers[1].len(), 2);
    }
    let [large] = with_null("large-utf8", "ab").try_into().unwrap();
    assert_eq!(
        large.buffers[0],
        [0_i64, 2, 2].map(i64::to_le_bytes).concat()
    );
    let [bits] = with_null("bool", true).try_into().unwrap();
    assert_eq!(bits.buffers, [[1]]);
}

#[test]
fn nested_columns_are_the_parent_and_its_parts() {
    let value = json!({"b": [1, null], "a": "x"});
    let columns = with_null("struct(a: utf8!, b: list(int8), c: bool)", value);
    let [parent, a, b, items, c] = columns.try_into().unwrap();
    assert!(parent.buffers.is_empty());
    assert_eq!((a.length, a.validity), (2, None));
    assert_eq!((b.length, b.validity), (2, Some(vec![1])));
    assert_eq!((items.length, items.validity), (2, Some(vec![1])));
    assert_eq!(items.buffers, [[1, 0]]);
    // Left out, and below a null.
    assert_eq!((c.length, c.validity), (2, Some(vec![0])));

    let value = BTreeMap::from([(1, "x"), (2, "y")]);
    let [map, entries, keys, values] = with_null("map(int8, utf8!)", value).try_into().unwrap();
    assert_eq!(map.buffers, [[0_i32, 2, 2].map(i32::to_le_bytes).concat()]);
    assert_eq!((entries.length, entries.buffers.len()), (2, 0));
    assert_eq!(keys.buffers, [[1, 2]]);
    assert_eq!(values.buffers[1], b"xy");

    let [list, items] = with_null("fixed-size-list(int8, 2)", (1, 2))
        .try_into()
        .unwrap();
    assert!(list.buffers.is_empty());
    assert_eq!((items.length, items.validity), (4, Some(vec![0b11])));
}

#[test]
fn dictionaries_hold_each_value_of_a_batch_once() {
    let mut node = node("dictionary(int8, utf8)");
    for _ in 0..2 {
        for value in [Some("a"), Some("b"), None, Some("a")] {
            node.append(&value).unwrap();
        }
        let [keys, values] = finish(&mut node).try_into().unwrap();
        assert_eq!(keys.buffers, [[0, 1, 0, 0]]);
        assert_eq!(keys.validity, Some(vec![0b1011]));
        assert_eq!(
            (values.length, values.buffers[1].as_slice()),
            (2, &b"ab"[..])
        );
    }
    for value in 0..128 {
        node.append(&value.to_string()).unwrap();
    }
    let error = node.append("one more").unwrap_err();
    assert_eq!(error.code(), "too-large");
    let mut bits = Node::new(&DataType::parse("dictionary(uint8, bool)").unwrap(), false);
    for value in [true, false, true] {
        bits.append(&value).unwrap();
    }
    let [keys, values] = finish(&mut bits).try_into().unwrap();
    assert_eq!(
        (keys.buffers, values.buffers),
        (vec![vec![0, 1, 0]], vec![vec![1]])
    );
}

#[test]
fn values_that_do_not_fit_are_refused_with_their_place() {
    for (data_type, value, expected) in [
        ("int8", json!(128), "128 does not fit int8"),
        ("int8", json!(1.0), "a float 1.0 is not int8"),
        ("float32", json!(1e300), "does not fit float32"),
        ("float64", json!("1"), "a text \"1\" is not float64"),
        ("utf8", json!(1), "an integer 1 is not utf8"),
        ("utf8", json!(["a"]), "a list is not utf8"),
        ("binary", json!([1, 256]), "item 1: 256 does not fit uint8"),
        ("binary", json!("text"), "a text \"text\" is not binary"),
        (
            "decimal128(5, 2)",
            json!(1.5),
            "a float 1.5 is not decimal128(5, 2)",
        ),
        (
            "time32(s)",
            json!(1_i64 << 40),
            "1099511627776 does not fit time32(s)",
        ),
        (
            "vector(float32, 2)",
            json!([]),
            "the vector is empty and should have 2 items",
        ),
        (
            "vector(float32, 2)",
            json!([1, 2, 3]),
            "the vector has 3 items instead of 2",
        ),
        (
            "vector(float32, 1)",
            json!([null]),
            "item 0: a required column holds a null",
        ),
        (
            "fixed-size-list(int8, 2)",
            json!([1]),
            "the list has 1 items instead of 2",
        ),
        (
            "list(int8)",
            json!({"a": 1}),
            "a struct or map is not a list",
        ),
        (
            "struct(a: int8)",
            json!({"b": 1}),
            "the struct has no field \"b\"; it has a",
        ),
        (
            "struct(a: int8!)",
            json!({}),
            "field a: the struct has no value for a required field",
        ),
        (
            "list(struct(a: int8))",
            json!([{}, {"a": "x"}]),
            "item 1: field a: a text \"x\" is not int8",
        ),
        (
            "map(utf8, int8)",
            json!({"a": "x"}),
            "value: a text \"x\" is not int8",
        ),
        (
            "dictionary(int8, utf8)",
            json!(1),
            "an integer 1 is not utf8",
        ),
    ] {
        let mut node = node(data_type);
        node.append(&Value::Null).unwrap();
        let error = node.append(&value).unwrap_err();
        assert!(error.message().ends_with(expected), "{error}");
        // Nothing of it is left.
        node.truncate(1);
        node.append(&Value::Null).unwrap();
        let columns = finish(&mut node);
        assert_eq!(
            (columns[0].length, &columns[0].validity),
            (2, &Some(vec![0]))
        );
    }
}

#[test]
fn enums_are_their_names_or_what_is_in_them() {
    #[derive(serde::Serialize)]
    enum Shape {
        Point,
        Circle(f64),
        Square { side: f64 },
    }
    let mut text = node("utf8");
    text.append(&Shape::Point).unwrap();
    assert_eq!(finish(&mut text)[0].buffers[1], b"Point");
    let mut variants = node("struct(Circle: float64)");
    variants.append(&Shape::Circle(1.0)).unwrap();
    let error = variants.append(&Shape::Square { side: 1.0 }).unwrap_err();
    assert!(error.message().contains("use `json`"));
}
