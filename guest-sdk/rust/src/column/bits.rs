//! Bits, least significant first: the values of `bool` columns, and validity.

use super::{ColumnBuilder, replace, required};
use crate::bindings::lance_host::pipeline::types::Column;

/// A growing bitmap.
#[derive(Default)]
pub(crate) struct Bitmap {
    bytes: Vec<u8>,
    length: usize,
}

impl Bitmap {
    pub(crate) fn push(&mut self, bit: bool) {
        let position = self.length % 8;
        self.length += 1;
        match self.bytes.last_mut() {
            Some(last) if position > 0 => *last |= u8::from(bit) << position,
            _ => self.bytes.push(u8::from(bit)),
        }
    }

    pub(crate) fn get(&self, position: usize) -> bool {
        let byte = self.bytes.get(position / 8).copied().unwrap_or(0);
        byte >> (position % 8) & 1 == 1
    }

    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Keeps the bits beyond the end at zero: `push` only ever sets them.
    pub(crate) fn truncate(&mut self, length: usize) {
        if length >= self.length {
            return;
        }
        self.length = length;
        self.bytes.truncate(length.div_ceil(8));
        let used = length % 8;
        if used > 0
            && let Some(last) = self.bytes.last_mut()
        {
            *last &= (1 << used) - 1;
        }
    }

    pub(crate) fn finish(&mut self) -> Vec<u8> {
        self.length = 0;
        replace(&mut self.bytes)
    }
}

/// Builds a `bool` column.
#[derive(Default)]
pub struct BoolColumn(Bitmap);

impl BoolColumn {
    pub(crate) fn append(&mut self, value: bool) {
        self.0.push(value);
    }
}

impl ColumnBuilder for BoolColumn {
    fn data_type() -> String {
        "bool".to_owned()
    }

    fn append_placeholder(&mut self) {
        self.append(false);
    }

    fn size(&self) -> usize {
        self.0.size()
    }

    fn truncate(&mut self, rows: usize) {
        self.0.truncate(rows);
    }

    fn finish(&mut self, rows: u32, columns: &mut Vec<Column>) {
        columns.push(required(rows, vec![self.0.finish()]));
    }
}

#[cfg(test)]
mod tests {
    use super::super::finished;
    use super::*;

    #[test]
    fn bits_are_packed_least_significant_first() {
        let mut column = BoolColumn::default();
        for value in [true, false, true, true, false, false, false, false, true] {
            column.append(value);
        }
        assert_eq!(column.size(), 2);
        let finished = finished(&mut column, 9);
        assert_eq!(finished.buffers, [vec![0b0000_1101, 0b0000_0001]]);
        assert_eq!(column.size(), 0);
    }

    #[test]
    fn bits_after_a_truncation_do_not_show_what_was_forgotten() {
        let mut bits = Bitmap::default();
        for _ in 0..10 {
            bits.push(true);
        }
        bits.truncate(3);
        bits.push(false);
        bits.push(true);
        assert_eq!(bits.finish(), [0b0001_0111]);
    }

    #[test]
    fn truncating_at_a_byte_starts_a_new_byte() {
        let mut bits = Bitmap::default();
        for _ in 0..9 {
            bits.push(true);
        }
        bits.truncate(8);
        bits.push(true);
        assert_eq!(bits.finish(), [0xff, 1]);
    }
}
