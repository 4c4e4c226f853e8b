//! The raw buffers of a column, and the checks that Arrow leaves to its callers.

use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};

use super::Problem;
use crate::target::Code;

fn mismatch(message: String) -> Problem {
    Problem::new(Code::TypeMismatch, message)
}

/// Exactly as many buffers as a layout has.
pub(super) fn take<const N: usize>(buffers: Vec<Vec<u8>>) -> Result<[Vec<u8>; N], Problem> {
    let found = buffers.len();
    buffers
        .try_into()
        .map_err(|_| mismatch(format!("the number of buffers is {found} instead of {N}")))
}

/// A buffer of exactly `expected` bytes.
pub(super) fn check_size(buffer: &[u8], expected: usize) -> Result<(), Problem> {
    let found = buffer.len();
    if found == expected {
        return Ok(());
    }
    Err(mismatch(format!(
        "the buffer has {found} bytes instead of {expected}"
    )))
}

/// A wrong dimension shows as a wrong number of items; says so in those words. Whether the
/// buffers are of their type's number is left to the items.
pub(super) fn check_dimension(
    buffers: &[Vec<u8>],
    length: usize,
    size: usize,
    width: usize,
) -> Result<(), Problem> {
    let [buffer] = buffers else { return Ok(()) };
    let expected = length.saturating_mul(size);
    let items = buffer.len() / width;
    if !buffer.len().is_multiple_of(width) || items == expected {
        return Ok(());
    }
    let message = match items.checked_div(length) {
        Some(found) if found.saturating_mul(length) == items && found > 0 => {
            format!("the vectors have {found} items instead of {size}")
        }
        _ => format!("the buffer has {items} items instead of {expected}"),
    };
    Err(Problem::new(Code::DimensionMismatch, message))
}

/// The nulls of `length` values, none if all are present.
pub(super) fn nulls(
    bits: Vec<u8>,
    length: usize,
    nullable: bool,
) -> Result<Option<NullBuffer>, Problem> {
    let (found, expected) = (bits.len(), length.div_ceil(8));
    if found != expected {
        let message = format!("the validity bitmap has {found} bytes instead of {expected}");
        return Err(mismatch(message));
    }
    let nulls = NullBuffer::new(BooleanBuffer::new(Buffer::from_vec(bits), 0, length));
    if nulls.null_count() == 0 {
        return Ok(None);
    }
    if !nullable {
        let first = nulls.iter().position(|valid| !valid).unwrap_or_default();
        let problem = Problem::new(Code::NullInRequiredColumn, NULL_IN_REQUIRED);
        return Err(problem.at(first));
    }
    Ok(Some(nulls))
}

/// What is said of a null where there can be none.
pub(super) const NULL_IN_REQUIRED: &str = "the column is required and has no value here";

/// Bytes for an array of wider values.
///
/// The allocator aligns them well enough, so that this copies nothing in practice; an empty
/// vector has no allocation and is aligned to nothing.
pub(super) fn aligned(bytes: Vec<u8>) -> Buffer {
    const ALIGNMENT: usize = align_of::<i128>();
    if bytes.as_ptr().addr().is_multiple_of(ALIGNMENT) {
        Buffer::from_vec(bytes)
    } else {
        Buffer::from(bytes.as_slice())
    }
}

/// Offsets that begin at 0, never fall, and end at the end of the bytes.
pub(super) fn offsets(
    offsets: Vec<u8>,
    length: usize,
    bytes: usize,
) -> Result<OffsetBuffer<i32>, Problem> {
    // Arrow allows a column without values to leave out its only offset.
    if length == 0 && offsets.is_empty() && bytes == 0 {
        return Ok(OffsetBuffer::new_empty());
    }
    let count = length.saturating_add(1);
    let (found, expected) = (offsets.len(), count.saturating_mul(size_of::<i32>()));
    if found != expected {
        return Err(mismatch(format!(
            "the offsets have {found} bytes instead of {expected}"
        )));
    }
    let offsets = ScalarBuffer::<i32>::new(aligned(offsets), 0, count);
    let start = offsets.first().copied().unwrap_or_default();
    if start != 0 {
        return Err(mismatch(format!(
            "the first offset is {start} instead of 0"
        )));
    }
    if let Some(index) = offsets
        .iter()
        .zip(offsets.iter().skip(1))
        .position(|(start, end)| end < start)
    {
        return Err(
            mismatch("the offset at its end is smaller than the one before".into()).at(index),
        );
    }
    let end = offsets.last().copied().unwrap_or_default();
    if usize::try_from(end) != Ok(bytes) {
        return Err(mismatch(format!(
            "the last offset is {end} instead of {bytes}, the number of bytes"
        )));
    }
    Ok(OffsetBuffer::new(offsets))
}

/// The first value that is not UTF-8. One under a null counts as well, as it does to Arrow.
pub(super) fn invalid_utf8(offsets: &OffsetBuffer<i32>, bytes: &Buffer) -> Option<Problem> {
    let values = offsets.iter().zip(offsets.iter().skip(1));
    values.enumerate().find_map(|(index, (start, end))| {
        let value = bytes.get(position(*start)..position(*end))?;
        let error = std::str::from_utf8(value).err()?;
        let message = format!("the text is not UTF-8: {error}");
        Some(Problem::new(Code::InvalidUtf8, message).at(index))
    })
}

/// An offset that was checked not to be negative.
fn position(offset: i32) -> usize {
    usize::try_from(offset).unwrap_or_default()
}
