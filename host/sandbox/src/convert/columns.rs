//! Columns in the Arrow format, as a guest passes them, and the record batch that comes of them.
//!
//! A buffer is taken as it is: its bytes become Arrow's without a copy. So every property that
//! Arrow relies on is checked here, in an order in which no check can panic.

use std::sync::Arc;

use arrow::{
    array::{
        ArrayData, ArrayRef, BinaryArray, BooleanArray, FixedSizeListArray, RecordBatch,
        RecordBatchOptions, StringArray, make_array,
    },
    buffer::{BooleanBuffer, Buffer},
    error::ArrowError,
};

use super::{
    ColumnType, Problem, TableShape, buffers,
    data_type::{Content, Layout},
    json,
};
use crate::{
    bindings::lance_host::pipeline::types,
    target::{Code, TargetError},
};

/// Checks one batch of columns for a table that has `first_row` rows so far. Takes all or none.
pub(crate) fn record_batch(
    table: &TableShape,
    first_row: u64,
    columns: Vec<types::Column>,
) -> Result<RecordBatch, TargetError> {
    let expected = table.columns.len();
    if columns.len() != expected {
        let message = format!(
            "the number of columns is {} instead of {expected}",
            columns.len()
        );
        return Err(TargetError::new(Code::WrongColumnCount, message));
    }
    let rows = columns.first().map_or(0, |column| column.length);
    for (shape, column) in table.columns.iter().zip(&columns) {
        if column.length != rows {
            let length = column.length;
            let message = format!("the length is {length}, but that of the first column is {rows}");
            return Err(TargetError::new(Code::InvalidValue, message).in_column(&shape.name));
        }
    }
    let mut parts = columns.into_iter().map(Part::from);
    let mut arrays = Vec::with_capacity(expected);
    for shape in &table.columns {
        let array = array(&shape.data_type, shape.nullable, &mut parts);
        arrays.push(array.map_err(|problem| problem.in_column(&shape.name, first_row))?);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows as usize));
    RecordBatch::try_new_with_options(Arc::clone(&table.schema), arrays, &options)
        .map_err(|error| TargetError::new(Code::Internal, unexpected(&error)))
}

/// One part of a column: the whole of it, or one level of a nested one.
struct Part {
    length: usize,
    validity: Option<Vec<u8>>,
    buffers: Vec<Vec<u8>>,
}

impl From<types::Column> for Part {
    fn from(column: types::Column) -> Self {
        Self {
            length: column.length as usize,
            validity: column.validity,
            buffers: column.buffers,
        }
    }
}

/// Builds the array of a type from its parts: first its own, then those of its children, depth
/// first.
fn array(
    data_type: &ColumnType,
    nullable: bool,
    parts: &mut dyn Iterator<Item = Part>,
) -> Result<ArrayRef, Problem> {
    let Some(Part {
        length,
        validity,
        buffers,
    }) = parts.next()
    else {
        let message = format!("`{data_type}` has more parts than were passed");
        return Err(Problem::new(Code::WrongColumnCount, message));
    };
    let nulls = match validity {
        Some(bits) => buffers::nulls(bits, length, nullable)?,
        None => None,
    };
    let arrow = |error: ArrowError| Problem::new(Code::Internal, unexpected(&error));
    let array: ArrayRef = match data_type.layout() {
        Layout::Bits => {
            let [bits] = buffers::take(buffers)?;
            buffers::check_size(&bits, length.div_ceil(8))?;
            let values = BooleanBuffer::new(Buffer::from_vec(bits), 0, length);
            Arc::new(BooleanArray::new(values, nulls))
        }
        Layout::Fixed { width } => {
            let [values] = buffers::take(buffers)?;
            buffers::check_size(&values, length.saturating_mul(width))?;
            let data = ArrayData::builder(data_type.arrow())
                .len(length)
                .nulls(nulls);
            make_array(
                data.add_buffer(buffers::aligned(values))
                    .build()
                    .map_err(arrow)?,
            )
        }
        Layout::Variable(content) => {
            let [offsets, bytes] = buffers::take(buffers)?;
            let offsets = buffers::offsets(offsets, length, bytes.len())?;
            let bytes = Buffer::from_vec(bytes);
            if content == Content::Bytes {
                return Ok(Arc::new(
                    BinaryArray::try_new(offsets, bytes, nulls).map_err(arrow)?,
                ));
            }
            // Arrow looks at all bytes at once; only if it finds fault does each value get a look.
            let array =
                StringArray::try_new(offsets.clone(), bytes.clone(), nulls).map_err(|error| {
                    buffers::invalid_utf8(&offsets, &bytes).unwrap_or_else(|| arrow(error))
                })?;
            if content == Content::Json {
                check_json(&array)?;
            }
            Arc::new(array)
        }
        Layout::Items { item, size } => {
            if let Layout::Fixed { width } = item.layout() {
                buffers::check_dimension(&buffers, length, size, width)?;
            }
            // The items lie in the vector's own buffers: its only child has no part of its own.
            let items = Part {
                length: length.saturating_mul(size),
                validity: None,
                buffers,
            };
            let items = array(item, false, &mut std::iter::once(items))?;
            let field = Arc::new(data_type.item_field());
            let size = i32::try_from(size).unwrap_or(i32::MAX);
            Arc::new(FixedSizeListArray::try_new(field, size, items, nulls).map_err(arrow)?)
        }
    };
    Ok(array)
}

fn check_json(array: &StringArray) -> Result<(), Problem> {
    for (index, text) in array.iter().enumerate() {
        if let Some(text) = text {
            json::check(text)
                .map_err(|message| Problem::new(Code::InvalidValue, message).at(index))?;
        }
    }
    Ok(())
}

/// Arrow finds fault with what passed all checks: our mistake, not the guest's.
fn unexpected(error: &ArrowError) -> String {
    format!("Arrow refuses checked values: {error}")
}

#[cfg(test)]
mod tests {
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
}
