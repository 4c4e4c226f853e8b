//! Numbers: `int8` to `int64`, `uint8` to `uint64`, `float16`, `float32`, `float64`.

use super::{ColumnBuilder, replace, required};
use crate::bindings::lance_host::pipeline::types::Column;
use crate::number::Native;

/// Builds a column of numbers.
pub struct NumberColumn<T> {
    bytes: Vec<u8>,
    // A function, so that the column is no owner of numbers.
    number: std::marker::PhantomData<fn() -> T>,
}

impl<T> Default for NumberColumn<T> {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            number: std::marker::PhantomData,
        }
    }
}

impl<T: Native> NumberColumn<T> {
    #[inline]
    pub(crate) fn append(&mut self, value: T) {
        value.write(&mut self.bytes);
    }
}

impl<T: Native> ColumnBuilder for NumberColumn<T> {
    fn data_type() -> String {
        T::NAME.to_owned()
    }

    fn append_placeholder(&mut self) {
        self.append(T::default());
    }

    fn size(&self) -> usize {
        self.bytes.len()
    }

    fn truncate(&mut self, rows: usize) {
        self.bytes.truncate(rows * T::WIDTH);
    }

    fn finish(&mut self, rows: u32, columns: &mut Vec<Column>) {
        columns.push(required(rows, vec![replace(&mut self.bytes)]));
    }
}

#[cfg(test)]
mod tests {
    use super::super::finished;
    use super::*;

    #[test]
    fn numbers_are_little_endian_and_of_their_width() {
        let mut column = NumberColumn::<i16>::default();
        column.append(1);
        column.append(i16::MIN);
        column.append(7);
        column.truncate(2);
        assert_eq!(column.size(), 4);
        let batch = finished(&mut column, 2);
        assert_eq!(batch.buffers, [vec![1, 0, 0, 0x80]]);
        assert_eq!((batch.length, batch.validity), (2, None));
        assert_eq!(column.size(), 0);
        assert_eq!(NumberColumn::<u64>::data_type(), "uint64");
    }

    #[test]
    fn floats_keep_their_bits() {
        let mut column = NumberColumn::<f64>::default();
        column.append(-0.0);
        column.append(f64::NAN);
        let expected = [(-0.0_f64).to_le_bytes(), f64::NAN.to_le_bytes()].concat();
        assert_eq!(finished(&mut column, 2).buffers, [expected]);
    }
}
