//! What is taken of columns, and what is said of those that are not.

use arrow::{
    array::{Array, AsArray},
    datatypes::{Float32Type, Int64Type},
};

use super::*;
use crate::limits::Limits;

/// A table with one column `c`.
fn table(data_type: &str, nullable: bool) -> TableShape {
    tables(&[("c", data_type, nullable)])
}

fn tables(columns: &[(&str, &str, bool)]) -> TableShape {
    let field = |(name, data_type, nullable): &(&str, &str, bool)| types::Field {
        name: (*name).into(),
        data_type: (*data_type).into(),
        nullable: *nullable,
        metadata: Vec::new(),
    };
    TableShape::new(columns.iter().map(field).collect(), &Limits::default()).unwrap()
}

fn column(length: u32, validity: Option<&[u8]>, buffers: &[&[u8]]) -> types::Column {
    types::Column {
        length,
        validity: validity.map(<[u8]>::to_vec),
        buffers: buffers.iter().map(|buffer| buffer.to_vec()).collect(),
    }
}

fn bytes<const W: usize>(values: &[[u8; W]]) -> Vec<u8> {
    values.concat()
}

fn ints(values: &[i64]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

fn offsets(values: &[i32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

fn floats(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// The array of a table's only column.
fn good(data_type: &str, column: types::Column) -> ArrayRef {
    let batch = record_batch(&table(data_type, true), 0, vec![column]).unwrap();
    assert_eq!(batch.schema(), table(data_type, true).schema);
    Arc::clone(batch.column(0))
}

/// The error for a table's only column, whose batch begins at row 100.
fn bad(data_type: &str, column: types::Column) -> String {
    record_batch(&table(data_type, false), 100, vec![column])
        .unwrap_err()
        .to_string()
}

#[test]
fn numbers_are_taken_without_a_copy() {
    let values = ints(&[1, -2, 3]);
    let column = types::Column {
        length: 3,
        validity: None,
        buffers: vec![values],
    };
    let pointer = column.buffers[0].as_ptr();
    let array = good("int64", column);
    assert_eq!(array.as_primitive::<Int64Type>().values(), &[1, -2, 3]);
    assert_eq!(array.to_data().buffers()[0].as_ptr(), pointer);
}

#[test]
fn bits_behind_the_last_value_do_not_matter() {
    let array = good("bool", column(3, Some(&[0b1111_1011]), &[&[0b1111_1001]]));
    let values: Vec<_> = array.as_boolean().iter().collect();
    assert_eq!(values, [Some(true), Some(false), None]);
}

#[test]
fn a_bitmap_without_nulls_is_no_bitmap() {
    let array = good("int64", column(2, Some(&[0b11]), &[&ints(&[1, 2])]));
    assert!(array.nulls().is_none());
}

#[test]
fn texts_are_cut_at_offsets() {
    let array = good(
        "utf8",
        column(
            3,
            Some(&[0b101]),
            &[&offsets(&[0, 1, 1, 4]), "aöb".as_bytes()],
        ),
    );
    let values: Vec<_> = array.as_string::<i32>().iter().collect();
    assert_eq!(values, [Some("a"), None, Some("öb")]);
}

#[test]
fn bytes_may_be_anything() {
    let array = good(
        "binary",
        column(2, None, &[&offsets(&[0, 2, 3]), &[0xff, 0, 0x80]]),
    );
    let values: Vec<_> = array.as_binary::<i32>().iter().flatten().collect();
    assert_eq!(values, [&[0xff, 0][..], &[0x80]]);
}

#[test]
fn vectors_take_their_items_from_one_buffer() {
    let array = good(
        "vector(float32, 2)",
        column(2, Some(&[0b01]), &[&floats(&[1.0, 2.0, 0.0, 0.0])]),
    );
    let vectors = array.as_fixed_size_list();
    assert_eq!(
        vectors.value(0).as_primitive::<Float32Type>().values(),
        &[1.0, 2.0]
    );
    assert!(vectors.is_null(1));
}

#[test]
fn empty_batches_are_batches() {
    for data_type in ["bool", "int64", "float64", "vector(float32, 3)"] {
        assert_eq!(good(data_type, column(0, None, &[&[]])).len(), 0);
        assert_eq!(good(data_type, column(0, Some(&[]), &[&[]])).len(), 0);
    }
    for data_type in ["utf8", "binary", "json"] {
        assert_eq!(
            good(data_type, column(0, None, &[&offsets(&[0]), &[]])).len(),
            0
        );
        assert_eq!(good(data_type, column(0, None, &[&[], &[]])).len(), 0);
    }
    let batch = record_batch(&tables(&[]), 0, Vec::new()).unwrap();
    assert_eq!((batch.num_rows(), batch.num_columns()), (0, 0));
}

#[test]
fn buffers_have_the_number_and_size_of_their_type() {
    let column = |buffers: &[&[u8]]| column(2, None, buffers);
    insta::assert_snapshot!(bad("int64", column(&[])), @"column `c`: the number of buffers is 0 instead of 1 (type-mismatch)");
    insta::assert_snapshot!(bad("int64", column(&[&[0; 15]])), @"column `c`: the buffer has 15 bytes instead of 16 (type-mismatch)");
    insta::assert_snapshot!(bad("int64", column(&[&[0; 17]])), @"column `c`: the buffer has 17 bytes instead of 16 (type-mismatch)");
    insta::assert_snapshot!(bad("bool", column(&[&[0; 2]])), @"column `c`: the buffer has 2 bytes instead of 1 (type-mismatch)");
    insta::assert_snapshot!(bad("utf8", column(&[&[0; 12]])), @"column `c`: the number of buffers is 1 instead of 2 (type-mismatch)");
}

#[test]
fn a_bitmap_has_a_bit_for_each_value() {
    insta::assert_snapshot!(bad("int64", column(9, Some(&[0xff]), &[&[0; 72]])), @"column `c`: the validity bitmap has 1 bytes instead of 2 (type-mismatch)");
    insta::assert_snapshot!(bad("int64", column(0, Some(&[1]), &[&[]])), @"column `c`: the validity bitmap has 1 bytes instead of 0 (type-mismatch)");
}

#[test]
fn a_required_column_has_no_nulls() {
    insta::assert_snapshot!(bad("int64", column(3, Some(&[0b011]), &[&[0; 24]])), @"column `c`, row 102: the column is required and has no value here (null-in-required-column)");
}

#[test]
fn offsets_begin_at_zero_never_fall_and_end_at_the_end() {
    let column = |values: &[i32], bytes: &[u8]| column(2, None, &[&offsets(values), bytes]);
    insta::assert_snapshot!(bad("utf8", column(&[0, 1], b"a")), @"column `c`: the offsets have 8 bytes instead of 12 (type-mismatch)");
    insta::assert_snapshot!(bad("utf8", column(&[1, 1, 2], b"ab")), @"column `c`: the first offset is 1 instead of 0 (type-mismatch)");
    insta::assert_snapshot!(bad("utf8", column(&[0, 2, 1], b"a")), @"column `c`, row 101: the offset at its end is smaller than the one before (type-mismatch)");
    insta::assert_snapshot!(bad("utf8", column(&[0, 1, -1], b"a")), @"column `c`, row 101: the offset at its end is smaller than the one before (type-mismatch)");
    insta::assert_snapshot!(bad("utf8", column(&[0, 1, 2], b"abc")), @"column `c`: the last offset is 2 instead of 3, the number of bytes (type-mismatch)");
    insta::assert_snapshot!(bad("utf8", column(&[0, 1, 4], b"abc")), @"column `c`: the last offset is 4 instead of 3, the number of bytes (type-mismatch)");
    insta::assert_snapshot!(bad("utf8", types::Column { length: 2, validity: None, buffers: vec![Vec::new(), b"a".to_vec()] }), @"column `c`: the offsets have 0 bytes instead of 12 (type-mismatch)");
}

#[test]
fn text_is_utf8_in_each_row() {
    insta::assert_snapshot!(bad("utf8", column(2, None, &[&offsets(&[0, 1, 2]), &[b'a', 0xff]])), @"column `c`, row 101: the text is not UTF-8: invalid utf-8 sequence of 1 bytes from index 0 (invalid-utf8)");
    // Valid as a whole, but cut in the midst of a character.
    insta::assert_snapshot!(bad("utf8", column(2, None, &[&offsets(&[0, 1, 2]), "ö".as_bytes()])), @"column `c`, row 100: the text is not UTF-8: incomplete utf-8 byte sequence from index 0 (invalid-utf8)");
}

#[test]
fn json_is_json_in_each_row() {
    let bad_json = column(2, None, &[&offsets(&[0, 2, 5]), b"{}{a}"]);
    insta::assert_snapshot!(bad("json", bad_json), @"column `c`, row 101: the text is not JSON: key must be a string at line 1 column 2 (invalid-value)");
    // Under a null there may be anything.
    let null = column(2, Some(&[0b01]), &[&offsets(&[0, 2, 5]), b"{}{a}"]);
    assert_eq!(good("json", null).null_count(), 1);
}

#[test]
fn vectors_have_the_dimension_of_their_column() {
    let column = |items: usize| column(2, None, &[&floats(&vec![0.0; items])]);
    insta::assert_snapshot!(bad("vector(float32, 2)", column(6)), @"column `c`: the vectors have 3 items instead of 2 (dimension-mismatch)");
    insta::assert_snapshot!(bad("vector(float32, 2)", column(5)), @"column `c`: the buffer has 5 items instead of 4 (dimension-mismatch)");
    let odd = types::Column {
        length: 2,
        validity: None,
        buffers: vec![vec![0; 15]],
    };
    insta::assert_snapshot!(bad("vector(float32, 2)", odd), @"column `c`: the buffer has 15 bytes instead of 16 (type-mismatch)");
}

#[test]
fn a_length_that_no_buffer_can_have_is_refused() {
    for data_type in ["bool", "int64", "utf8", "vector(float32, 65536)"] {
        let column = column(u32::MAX, Some(&[]), &[&[], &[]]);
        assert!(bad(data_type, column.clone()).contains("type-mismatch"));
        assert!(
            bad(
                data_type,
                types::Column {
                    validity: None,
                    ..column
                }
            )
            .contains("type-mismatch")
        );
    }
}

/// `declare-rows` of a nested column: its parts.
fn nested(data_type: &str, nullable: bool, parts: Vec<types::Column>) -> Result<ArrayRef, String> {
    let batch = record_batch(&table(data_type, nullable), 100, parts);
    batch
        .map(|batch| Arc::clone(batch.column(0)))
        .map_err(|error| error.to_string())
}

fn shown(array: Result<ArrayRef, String>) -> String {
    use arrow::util::display::{ArrayFormatter, FormatOptions};
    let array = match array {
        Ok(array) => array,
        Err(error) => return error,
    };
    let options = FormatOptions::default().with_null("null");
    let formatter = ArrayFormatter::try_new(&array, &options).unwrap();
    let values: Vec<_> = (0..array.len())
        .map(|row| formatter.value(row).to_string())
        .collect();
    values.join(" ")
}

#[test]
fn children_follow_their_parent_depth_first() {
    let lists = column(3, Some(&[0b101]), &[&offsets(&[0, 2, 2, 3])]);
    let items = column(3, Some(&[0b101]), &[&[1, 2, 3]]);
    assert_eq!(
        shown(nested("list(int8)", true, vec![lists.clone(), items])),
        "[1, null] null [3]"
    );
    let structs = column(3, None, &[]);
    let texts = column(3, None, &[&offsets(&[0, 1, 2, 3]), b"abc"]);
    assert_eq!(
        shown(nested(
            "list(struct(a: bool, b: utf8))",
            true,
            vec![
                lists.clone(),
                structs.clone(),
                column(3, None, &[&[0b010]]),
                texts.clone(),
            ]
        )),
        "[{a: false, b: a}, {a: true, b: b}] null [{a: false, b: c}]"
    );
    assert_eq!(
        shown(nested(
            "map(utf8, int8)",
            true,
            vec![
                lists,
                structs,
                texts.clone(),
                column(3, Some(&[0b110]), &[&[1, 2, 3]]),
            ]
        )),
        "{a: null, b: 2} null {c: 3}"
    );
    let fixed = column(1, None, &[]);
    assert_eq!(
        shown(nested(
            "fixed-size-list(int8, 3)",
            true,
            vec![fixed, column(3, Some(&[0b110]), &[&[1, 2, 3]])]
        )),
        "[null, 2, 3]"
    );
    let keys = column(4, Some(&[0b1011]), &[&[2, 0, 9, 0]]);
    assert_eq!(
        shown(nested("dictionary(uint8, utf8)", true, vec![keys, texts])),
        "c a null a"
    );
    let vectors = column(2, None, &[&[1, 2, 3, 4]]);
    assert_eq!(
        shown(nested(
            "list(vector(uint8, 2))",
            true,
            vec![column(1, None, &[&offsets(&[0, 2])]), vectors]
        )),
        "[[1, 2], [3, 4]]"
    );
}

#[test]
fn a_dictionary_without_values_has_only_nulls() {
    let keys = column(2, Some(&[0]), &[&[0, 0]]);
    let values = column(0, None, &[&[], &[]]);
    let array = nested("dictionary(int8, utf8)", true, vec![keys, values]).unwrap();
    assert_eq!((array.len(), array.null_count()), (2, 2));
    assert_eq!(array.to_data().child_data()[0].len(), 1);
}

#[test]
fn a_wrong_part_is_told_with_its_place_and_the_row_that_has_it() {
    let lists = |end: i32| column(2, None, &[&offsets(&[0, 1, end])]);
    let bytes = |bytes: &[u8]| column(u32::try_from(bytes.len()).unwrap(), None, &[bytes]);
    let refused = |data_type: &str, parts| nested(data_type, false, parts).unwrap_err();
    insta::assert_snapshot!(refused("list(int8)", vec![lists(3)]), @"the number of columns is 1 instead of 2 (wrong-column-count)");
    insta::assert_snapshot!(refused("list(int8)", vec![lists(3), bytes(&[1, 2, 3]), bytes(&[1])]), @"the number of columns is 3 instead of 2 (wrong-column-count)");
    insta::assert_snapshot!(refused("list(int8)", vec![lists(4), bytes(&[1, 2, 3])]), @"column `c`: the items: the length is 3 instead of 4 (type-mismatch)");
    insta::assert_snapshot!(refused("list(int8!)", vec![lists(3), column(3, Some(&[0b011]), &[&[1, 2, 3]])]), @"column `c`, row 101: the items: a value is required here, and there is none (null-in-required-column)");
    insta::assert_snapshot!(refused("list(struct(a: json))", vec![
        lists(3),
        column(3, None, &[]),
        column(3, None, &[&offsets(&[0, 1, 2, 3]), b"1x3"]),
    ]), @"column `c`, row 101: the items: field `a`: the text is not JSON: expected value at line 1 column 1 (invalid-value)");
    insta::assert_snapshot!(refused("struct(a: int8, b: int8)", vec![column(2, None, &[&[]]), bytes(&[1, 2]), bytes(&[1, 2])]), @"column `c`: the number of buffers is 1 instead of 0 (type-mismatch)");
    insta::assert_snapshot!(refused("struct(a: int8, b: int8)", vec![column(2, None, &[]), bytes(&[1, 2]), bytes(&[1])]), @"column `c`: field `b`: the length is 1 instead of 2 (type-mismatch)");
    insta::assert_snapshot!(refused("fixed-size-list(int8, 2)", vec![column(2, None, &[]), bytes(&[1, 2, 3])]), @"column `c`: the items: the length is 3 instead of 4 (type-mismatch)");
    insta::assert_snapshot!(refused("fixed-size-list(int8!, 2)", vec![column(2, None, &[]), column(4, Some(&[0b0111]), &[&[1, 2, 3, 4]])]), @"column `c`, row 101: the items: a value is required here, and there is none (null-in-required-column)");
    insta::assert_snapshot!(refused("map(int8, int8)", vec![lists(2), column(2, Some(&[0b01]), &[]), bytes(&[1, 2]), bytes(&[1, 2])]), @"column `c`, row 101: the entries: a value is required here, and there is none (null-in-required-column)");
    insta::assert_snapshot!(refused("map(int8, int8)", vec![lists(2), column(2, None, &[]), column(2, Some(&[0b01]), &[&[1, 2]]), bytes(&[1, 2])]), @"column `c`, row 101: the entries: field `key`: a value is required here, and there is none (null-in-required-column)");
    insta::assert_snapshot!(refused("dictionary(int8, utf8)", vec![bytes(&[0, 1]), column(1, None, &[&offsets(&[0, 1]), b"a"])]), @"column `c`, row 101: the key 1 names none of the 1 values (invalid-value)");
    insta::assert_snapshot!(refused("dictionary(int8, utf8)", vec![bytes(&[0, 0xff]), column(1, None, &[&offsets(&[0, 1]), b"a"])]), @"column `c`, row 101: the key -1 names none of the 1 values (invalid-value)");
    insta::assert_snapshot!(refused("dictionary(int8, utf8)", vec![bytes(&[0, 0]), column(1, Some(&[0]), &[&offsets(&[0, 0]), &[]])]), @"column `c`: the dictionary's values: a value is required here, and there is none (null-in-required-column)");
}

#[test]
fn a_part_of_a_null_may_be_anything_and_even_missing() {
    let structs = column(2, Some(&[0b01]), &[]);
    let field = column(2, Some(&[0b01]), &[&[1, 2]]);
    assert_eq!(
        shown(nested(
            "struct(a: int8!)",
            true,
            vec![structs, field.clone()]
        )),
        "{a: 1} null"
    );
    let lists = column(2, Some(&[0b01]), &[]);
    assert_eq!(
        shown(nested(
            "fixed-size-list(int8!, 1)",
            true,
            vec![lists, field]
        )),
        "[1] null"
    );
    let lists = column(2, Some(&[0b01]), &[&offsets(&[0, 1, 2])]);
    assert_eq!(
        shown(nested(
            "list(int8)",
            true,
            vec![lists, column(2, None, &[&[1, 2]])]
        )),
        "[1] null"
    );
}

#[test]
fn dates_times_and_decimals_are_within_their_bounds() {
    let one = |data_type: &str, value: &[u8]| {
        let null = column(2, Some(&[0b01]), &[&[value, value].concat()]);
        let good_null = record_batch(&table(data_type, true), 0, vec![null]);
        let alone = record_batch(
            &table(data_type, false),
            100,
            vec![column(1, None, &[value])],
        );
        match (alone, good_null) {
            (Ok(_), Ok(_)) => "good".to_owned(),
            (Err(error), _) => error.to_string(),
            (Ok(_), Err(error)) => panic!("under a null: {error}"),
        }
    };
    assert_eq!(one("date64", &(-86_400_000i64).to_le_bytes()), "good");
    insta::assert_snapshot!(one("date64", &1i64.to_le_bytes()), @"column `c`, row 100: the date is not a whole number of days (invalid-value)");
    assert_eq!(one("time32(s)", &86_399i32.to_le_bytes()), "good");
    insta::assert_snapshot!(one("time32(s)", &86_400i32.to_le_bytes()), @"column `c`, row 100: the time lies outside of the day (invalid-value)");
    insta::assert_snapshot!(one("time32(ms)", &(-1i32).to_le_bytes()), @"column `c`, row 100: the time lies outside of the day (invalid-value)");
    assert_eq!(one("time64(us)", &86_399_999_999i64.to_le_bytes()), "good");
    insta::assert_snapshot!(one("time64(ns)", &86_400_000_000_000i64.to_le_bytes()), @"column `c`, row 100: the time lies outside of the day (invalid-value)");
    assert_eq!(one("decimal128(3, 1)", &(-999i128).to_le_bytes()), "good");
    insta::assert_snapshot!(one("decimal128(3, 1)", &1000i128.to_le_bytes()), @"column `c`, row 100: the number has more than 3 digits (invalid-value)");
    let wide = |value: i128| arrow::datatypes::i256::from_i128(value).to_le_bytes();
    assert_eq!(one("decimal256(3, 1)", &wide(999)), "good");
    insta::assert_snapshot!(one("decimal256(3, 1)", &wide(-1000)), @"column `c`, row 100: the number has more than 3 digits (invalid-value)");
    assert_eq!(one("timestamp(ns)", &i64::MIN.to_le_bytes()), "good");
}

#[test]
fn there_is_a_column_of_the_same_length_for_each_field() {
    let shape = tables(&[("a", "int64", false), ("b", "bool", true)]);
    let (a, b) = (
        column(1, None, &[&bytes(&[[0; 8]])]),
        column(2, None, &[&[0]]),
    );
    let refused = |columns| record_batch(&shape, 0, columns).unwrap_err();
    insta::assert_snapshot!(refused(vec![]), @"the number of columns is 0 instead of 2 (wrong-column-count)");
    insta::assert_snapshot!(refused(vec![a.clone()]), @"the number of columns is 1 instead of 2 (wrong-column-count)");
    insta::assert_snapshot!(refused(vec![a.clone(), b.clone(), b.clone()]), @"the number of columns is 3 instead of 2 (wrong-column-count)");
    insta::assert_snapshot!(refused(vec![a, b]), @"column `b`: the length is 2, but that of the first column is 1 (invalid-value)");
}
