//! Values of a fixed width: `int64` and `float64`.

use super::{ColumnBuilder, replace};
use crate::bindings::lance_host::pipeline::types::Column;

/// Builds an `int64` column.
#[derive(Default)]
pub struct Int64Column(Words);

/// Builds a `float64` column.
#[derive(Default)]
pub struct Float64Column(Words);

impl Int64Column {
    pub(crate) fn append(&mut self, value: i64) {
        self.0.push(value.to_le_bytes());
    }
}

impl Float64Column {
    pub(crate) fn append(&mut self, value: f64) {
        self.0.push(value.to_le_bytes());
    }
}

impl ColumnBuilder for Int64Column {
    fn data_type() -> String {
        "int64".to_owned()
    }

    fn append_placeholder(&mut self) {
        self.append(0);
    }

    fn size(&self) -> usize {
        self.0.size()
    }

    fn truncate(&mut self, rows: usize) {
        self.0.truncate(rows);
    }

    fn finish(&mut self, rows: u32) -> Column {
        self.0.finish(rows)
    }
}

impl ColumnBuilder for Float64Column {
    fn data_type() -> String {
        "float64".to_owned()
    }

    fn append_placeholder(&mut self) {
        self.append(0.0);
    }

    fn size(&self) -> usize {
        self.0.size()
    }

    fn truncate(&mut self, rows: usize) {
        self.0.truncate(rows);
    }

    fn finish(&mut self, rows: u32) -> Column {
        self.0.finish(rows)
    }
}

/// Values of eight bytes each.
#[derive(Default)]
struct Words(Vec<u8>);

impl Words {
    fn push(&mut self, word: [u8; 8]) {
        self.0.extend_from_slice(&word);
    }

    fn size(&self) -> usize {
        self.0.len()
    }

    fn truncate(&mut self, words: usize) {
        self.0.truncate(words * 8);
    }

    fn finish(&mut self, rows: u32) -> Column {
        Column {
            length: rows,
            validity: None,
            buffers: vec![replace(&mut self.0)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_little_endian_words() {
        let mut column = Int64Column::default();
        column.append(1);
        column.append(i64::MIN);
        column.append(7);
        column.truncate(2);
        assert_eq!(column.size(), 16);
        let finished = column.finish(2);
        assert_eq!(
            finished.buffers,
            [vec![1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80]]
        );
        assert_eq!((finished.length, finished.validity), (2, None));
        assert_eq!(column.size(), 0);
    }

    #[test]
    fn floats_keep_their_bits() {
        let mut column = Float64Column::default();
        column.append(-0.0);
        column.append(f64::NAN);
        let expected = [(-0.0_f64).to_le_bytes(), f64::NAN.to_le_bytes()].concat();
        assert_eq!(column.finish(2).buffers, [expected]);
    }
}
