//! Columns in the Arrow format, as a guest passes them, and the record batch that comes of them.
//!
//! A buffer is taken as it is: its bytes become Arrow's without a copy. So every property that
//! Arrow relies on is checked here, in an order in which no check can panic.

use std::sync::Arc;

use arrow::{
    array::{
        ArrayRef, BinaryArray, BooleanArray, FixedSizeListArray, PrimitiveArray, RecordBatch,
        RecordBatchOptions, StringArray,
    },
    buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer},
    datatypes::{ArrowPrimitiveType, Float32Type, Float64Type, Int64Type},
};

use super::{
    ColumnType, Problem, TableShape,
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
            "{} columns were passed, and the table has {expected}",
            columns.len()
        );
        return Err(TargetError::new(Code::WrongColumnCount, message));
    }
    let rows = columns.first().map_or(0, |column| column.length);
    for (shape, column) in table.columns.iter().zip(&columns) {
        if column.length != rows {
            let first = table
                .columns
                .first()
                .map_or("", |first| first.name.as_str());
            let message = format!(
                "the column has {} rows, and the first column `{first}` has {rows}",
                column.length
            );
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
    RecordBatch::try_new_with_options(Arc::clone(&table.schema), arrays, &options).map_err(
        |error| {
            TargetError::new(
                Code::Internal,
                format!("the checked columns do not fit: {error}"),
            )
        },
    )
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
        return Err(Problem::new(
            Code::WrongColumnCount,
            format!("`{data_type}` has more parts than were passed"),
        ));
    };
    let nulls = validity
        .map(|bits| nulls(bits, length, nullable))
        .transpose()?
        .flatten();
    let arrow_error = |error| {
        Problem::new(
            Code::Internal,
            format!("Arrow refuses the checked values: {error}"),
        )
    };
    match data_type.layout() {
        Layout::Bits => {
            let [bits] = take(data_type, buffers)?;
            expect_bytes(data_type, length, length.div_ceil(8), bits.len())?;
            let values = BooleanBuffer::new(Buffer::from_vec(bits), 0, length);
            Ok(Arc::new(BooleanArray::new(values, nulls)))
        }
        Layout::Fixed { width } => {
            let [values] = take(data_type, buffers)?;
            expect_bytes(
                data_type,
                length,
                length.saturating_mul(width),
                values.len(),
            )?;
            let values = aligned(values);
            match data_type {
                ColumnType::Float64 => primitive::<Float64Type>(values, length, nulls),
                ColumnType::Float32 => primitive::<Float32Type>(values, length, nulls),
                _ => primitive::<Int64Type>(values, length, nulls),
            }
            .map_err(arrow_error)
        }
        Layout::Variable(content) => {
            let [offsets, bytes] = take(data_type, buffers)?;
            let offsets = offsets_of(data_type, length, offsets, bytes.len())?;
            let bytes = Buffer::from_vec(bytes);
            if content == Content::Bytes {
                let array = BinaryArray::try_new(offsets, bytes, nulls).map_err(arrow_error)?;
                return Ok(Arc::new(array));
            }
            check_utf8(&offsets, &bytes)?;
            let array = StringArray::try_new(offsets, bytes, nulls).map_err(arrow_error)?;
            if content == Content::Json {
                check_json(&array)?;
            }
            Ok(Arc::new(array))
        }
        Layout::Items { item, size } => {
            let items = length.saturating_mul(size);
            check_item_bytes(data_type, item, length, size, &buffers)?;
            // The items lie in the vector's own buffers: they are its only child, without a part
            // of their own.
            let mut part = vec![Part {
                length: items,
                validity: None,
                buffers,
            }]
            .into_iter();
            let values = array(item, false, &mut part)?;
            let field = Arc::new(data_type.item_field());
            let size = i32::try_from(size).unwrap_or(i32::MAX);
            let array =
                FixedSizeListArray::try_new(field, size, values, nulls).map_err(arrow_error)?;
            Ok(Arc::new(array))
        }
    }
}

/// The nulls of `length` values, none if all are present.
fn nulls(bits: Vec<u8>, length: usize, nullable: bool) -> Result<Option<NullBuffer>, Problem> {
    let expected = length.div_ceil(8);
    if bits.len() != expected {
        let message = format!(
            "the validity bitmap has {} bytes, and {length} values need {expected}",
            bits.len()
        );
        return Err(Problem::new(Code::TypeMismatch, message));
    }
    let nulls = NullBuffer::new(BooleanBuffer::new(Buffer::from_vec(bits), 0, length));
    if nulls.null_count() == 0 {
        return Ok(None);
    }
    if !nullable {
        let index = nulls.iter().position(|valid| !valid).unwrap_or_default();
        return Err(Problem::new(
            Code::NullInRequiredColumn,
            "there is no value in a required column",
        )
        .at(index));
    }
    Ok(Some(nulls))
}

/// Exactly as many buffers as a layout has.
fn take<const N: usize>(
    data_type: &ColumnType,
    buffers: Vec<Vec<u8>>,
) -> Result<[Vec<u8>; N], Problem> {
    let found = buffers.len();
    buffers.try_into().map_err(|_| {
        Problem::new(
            Code::TypeMismatch,
            format!("{found} buffers were passed, and `{data_type}` has {N}"),
        )
    })
}

fn expect_bytes(
    data_type: &ColumnType,
    length: usize,
    expected: usize,
    found: usize,
) -> Result<(), Problem> {
    if found == expected {
        return Ok(());
    }
    let message = format!(
        "the buffer has {found} bytes, and {length} values of `{data_type}` need {expected}"
    );
    Err(Problem::new(Code::TypeMismatch, message))
}

/// A wrong dimension shows as a wrong number of items; say so in those words.
fn check_item_bytes(
    data_type: &ColumnType,
    item: &ColumnType,
    length: usize,
    size: usize,
    buffers: &[Vec<u8>],
) -> Result<(), Problem> {
    let (Layout::Fixed { width }, [items]) = (item.layout(), buffers) else {
        return Ok(());
    };
    let expected = length.saturating_mul(size).saturating_mul(width);
    if items.len() == expected {
        return Ok(());
    }
    let found = items.len() / width;
    let message = if items.len().is_multiple_of(width) {
        format!(
            "the buffer has {found} items, and {length} values of `{data_type}` have {}",
            length.saturating_mul(size)
        )
    } else {
        format!(
            "the buffer has {} bytes, and {length} values of `{data_type}` need {expected}",
            items.len()
        )
    };
    Err(Problem::new(Code::DimensionMismatch, message))
}

fn primitive<T: ArrowPrimitiveType>(
    values: Buffer,
    length: usize,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef, arrow::error::ArrowError> {
    let values = ScalarBuffer::new(values, 0, length);
    Ok(Arc::new(PrimitiveArray::<T>::try_new(values, nulls)?))
}

/// Bytes for an array of wider values.
///
/// The allocator aligns them well enough, so that this copies nothing in practice; an empty
/// vector has no allocation and is aligned to nothing.
fn aligned(bytes: Vec<u8>) -> Buffer {
    const ALIGNMENT: usize = align_of::<i128>();
    if bytes.as_ptr().addr().is_multiple_of(ALIGNMENT) {
        Buffer::from_vec(bytes)
    } else {
        Buffer::from(bytes.as_slice())
    }
}

/// Offsets that begin at 0, never fall, and end at the end of the bytes.
fn offsets_of(
    data_type: &ColumnType,
    length: usize,
    offsets: Vec<u8>,
    bytes: usize,
) -> Result<OffsetBuffer<i32>, Problem> {
    const WIDTH: usize = size_of::<i32>();
    let wrong = |message| Problem::new(Code::TypeMismatch, message);
    // Arrow allows a column without values to leave out its only offset.
    if length == 0 && offsets.is_empty() && bytes == 0 {
        return Ok(OffsetBuffer::new_empty());
    }
    let expected = length.saturating_add(1).saturating_mul(WIDTH);
    if offsets.len() != expected {
        return Err(wrong(format!(
            "the offsets have {} bytes, and {length} values of `{data_type}` need {expected}",
            offsets.len()
        )));
    }
    let offsets = ScalarBuffer::<i32>::new(aligned(offsets), 0, length + 1);
    let start = offsets.first().copied().unwrap_or_default();
    if start != 0 {
        return Err(wrong(format!("the first offset is {start} instead of 0")));
    }
    if let Some(index) = offsets
        .windows(2)
        .position(|pair| matches!(pair, [start, end] if end < start))
    {
        return Err(wrong("an offset is smaller than the one before it".into()).at(index));
    }
    let end = offsets.last().copied().unwrap_or_default();
    if usize::try_from(end) != Ok(bytes) {
        return Err(wrong(format!(
            "the offsets end at {end}, and there are {bytes} bytes"
        )));
    }
    Ok(OffsetBuffer::new(offsets))
}

/// Every value is UTF-8, and so is every value under a null: Arrow looks at all bytes.
fn check_utf8(offsets: &OffsetBuffer<i32>, bytes: &Buffer) -> Result<(), Problem> {
    let whole = std::str::from_utf8(bytes);
    let cut = |offset: &&i32| {
        whole
            .is_ok_and(|text| !text.is_char_boundary(usize::try_from(**offset).unwrap_or_default()))
    };
    if whole.is_ok() && !offsets.iter().any(|offset| cut(&offset)) {
        return Ok(());
    }
    for (index, pair) in offsets.windows(2).enumerate() {
        let [start, end] = pair else { continue };
        let range =
            usize::try_from(*start).unwrap_or_default()..usize::try_from(*end).unwrap_or_default();
        let value = bytes.as_slice().get(range).unwrap_or_default();
        if let Err(error) = std::str::from_utf8(value) {
            return Err(
                Problem::new(Code::InvalidUtf8, format!("the text is not UTF-8: {error}"))
                    .at(index),
            );
        }
    }
    Err(Problem::new(Code::InvalidUtf8, "the text is not UTF-8"))
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
