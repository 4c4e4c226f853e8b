//! Values in the Arrow columnar format, by hand.
//!
//! A column is a length, one bit a value that says whether it is present, and buffers. All numbers
//! are little-endian.

use crate::bindings::lance_host::pipeline::types::Column;

/// Text that is always present: 32-bit offsets, one more than values, and the bytes between them.
pub fn texts<'a>(values: impl ExactSizeIterator<Item = &'a str>) -> Column {
    let length = values.len();
    let mut offsets = Vec::with_capacity((length + 1) * size_of::<i32>());
    let mut bytes = Vec::new();
    offsets.extend(0i32.to_le_bytes());
    for value in values {
        bytes.extend(value.as_bytes());
        // A batch is far smaller than 2 GiB.
        offsets.extend((bytes.len() as i32).to_le_bytes());
    }
    Column {
        length: length as u32,
        validity: None,
        buffers: vec![offsets, bytes],
    }
}

/// Integers of 64 bits, some of which may be absent. What stands in the place of an absent one
/// does not matter.
pub fn integers(values: impl ExactSizeIterator<Item = Option<i64>>) -> Column {
    let length = values.len();
    let mut present = vec![0u8; length.div_ceil(8)];
    let mut bytes = Vec::with_capacity(length * size_of::<i64>());
    for (index, value) in values.enumerate() {
        bytes.extend(value.unwrap_or_default().to_le_bytes());
        if value.is_some()
            && let Some(byte) = present.get_mut(index / 8)
        {
            *byte |= 1 << (index % 8);
        }
    }
    Column {
        length: length as u32,
        // A column without absent values could do without it.
        validity: Some(present),
        buffers: vec![bytes],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_lie_between_their_offsets() {
        let column = texts(["a", "", "bc"].into_iter());
        assert_eq!(column.length, 3);
        let offsets = [0i32, 1, 1, 3].map(i32::to_le_bytes).concat();
        assert_eq!(column.buffers, [offsets, b"abc".to_vec()]);
    }

    #[test]
    fn a_bit_tells_which_integers_are_present() {
        let column = integers([Some(1), None, Some(-1)].into_iter());
        assert_eq!(column.validity, Some(vec![0b101]));
        assert_eq!(column.buffers[0].len(), 24);
        assert_eq!(column.buffers[0][16..], (-1i64).to_le_bytes());
    }
}
