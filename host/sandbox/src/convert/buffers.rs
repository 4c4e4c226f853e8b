//! The raw buffers of a column, and the checks that Arrow leaves to its callers.

use arrow::{
    array::OffsetSizeTrait,
    buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer},
};

use super::Problem;
use crate::target::Code;

pub(super) fn mismatch(message: String) -> Problem {
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

/// A wrong dimension shows as a wrong number of items; says so in those words.
pub(super) fn check_dimension(
    buffer: &[u8],
    length: usize,
    size: usize,
    width: usize,
) -> Result<(), Problem> {
    let expected = length.saturating_mul(size);
    let items = buffer.len() / width;
    if !buffer.len().is_multiple_of(width) {
        return check_size(buffer, expected.saturating_mul(width));
    }
    if items == expected {
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

/// Where a value must be present.
#[derive(Clone, Copy)]
pub(super) enum Presence<'a> {
    /// Nowhere.
    Optional,
    /// In each row.
    Column,
    /// In each value of the parent that is present itself.
    Part(Option<&'a NullBuffer>),
}

/// What is said of a null where there can be none.
pub(super) const NULL_IN_REQUIRED: &str = "the column is required and has no value here";

/// The same within a value.
pub(super) const NULL_WITHIN: &str = "a value is required here, and there is none";

/// The nulls of `length` values, none if all are present.
pub(super) fn nulls(
    bits: Vec<u8>,
    length: usize,
    presence: Presence<'_>,
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
    let (bad, message) = match presence {
        Presence::Optional => (None, ""),
        Presence::Column => (nulls.iter().position(|valid| !valid), NULL_IN_REQUIRED),
        Presence::Part(None) => (nulls.iter().position(|valid| !valid), NULL_WITHIN),
        Presence::Part(Some(parent)) => {
            let mut pairs = nulls.iter().zip(parent.iter());
            let bad = pairs.position(|(valid, present)| present && !valid);
            (bad, NULL_WITHIN)
        }
    };
    match bad {
        Some(first) => Err(Problem::new(Code::NullInRequiredColumn, message).at(first)),
        None => Ok(Some(nulls)),
    }
}

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

/// Offsets that begin at 0 and never fall, and where they end.
pub(super) fn offsets<O: OffsetSizeTrait>(
    offsets: Vec<u8>,
    length: usize,
) -> Result<(OffsetBuffer<O>, usize), Problem> {
    // Arrow allows a column without values to leave out its only offset.
    if length == 0 && offsets.is_empty() {
        return Ok((OffsetBuffer::new_empty(), 0));
    }
    let count = length.saturating_add(1);
    let (found, expected) = (offsets.len(), count.saturating_mul(size_of::<O>()));
    if found != expected {
        return Err(mismatch(format!(
            "the offsets have {found} bytes instead of {expected}"
        )));
    }
    let offsets = ScalarBuffer::<O>::new(aligned(offsets), 0, count);
    let start = offsets.first().copied().unwrap_or_default();
    if start != O::default() {
        return Err(mismatch(format!(
            "the first offset is {start:?} instead of 0"
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
    let end = offsets.last().copied().unwrap_or_default().as_usize();
    Ok((OffsetBuffer::new(offsets), end))
}

/// The bytes that offsets divide are as many as the last one says.
pub(super) fn check_end(end: usize, bytes: usize) -> Result<(), Problem> {
    if end == bytes {
        return Ok(());
    }
    Err(mismatch(format!(
        "the last offset is {end} instead of {bytes}, the number of bytes"
    )))
}

/// The first value that is not UTF-8. One under a null counts as well, as it does to Arrow.
pub(super) fn invalid_utf8<O: OffsetSizeTrait>(
    offsets: &OffsetBuffer<O>,
    bytes: &Buffer,
) -> Option<Problem> {
    let values = offsets.iter().zip(offsets.iter().skip(1));
    values.enumerate().find_map(|(index, (start, end))| {
        let value = bytes.get(start.as_usize()..end.as_usize())?;
        let error = std::str::from_utf8(value).err()?;
        let message = format!("the text is not UTF-8: {error}");
        Some(Problem::new(Code::InvalidUtf8, message).at(index))
    })
}
