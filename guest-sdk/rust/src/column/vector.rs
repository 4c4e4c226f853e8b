//! Vectors: `vector(float32, N)` and those of other numbers.

use std::marker::PhantomData;

use super::{ColumnBuilder, replace, required};
use crate::Error;
use crate::bindings::lance_host::pipeline::types::Column;
use crate::number::{Cast, Native, extend};

/// Builds a column of vectors of `N` items: the items, row after row.
pub struct VectorColumn<T, const N: usize> {
    bytes: Vec<u8>,
    item: PhantomData<fn() -> T>,
}

impl<T, const N: usize> Default for VectorColumn<T, N> {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            item: PhantomData,
        }
    }
}

impl<T: Native, const N: usize> VectorColumn<T, N> {
    const ROW: usize = N * T::WIDTH;

    #[inline]
    pub(crate) fn append<S: Cast<T>>(&mut self, items: &[S]) -> Result<(), Error> {
        if items.len() != N {
            return Err(wrong_dimension(items.len(), N));
        }
        extend(items, &mut self.bytes)
    }
}

/// The error for a vector that has another number of items than its column.
pub(crate) fn wrong_dimension(found: usize, expected: usize) -> Error {
    let message = match found {
        0 => format!("the vector is empty and should have {expected} items"),
        _ => format!("the vector has {found} items instead of {expected}"),
    };
    Error::new("dimension-mismatch", message)
}

impl<T: Native, const N: usize> ColumnBuilder for VectorColumn<T, N> {
    fn data_type() -> String {
        const { assert!(N > 0, "a vector has at least one dimension") };
        format!("vector({}, {N})", T::NAME)
    }

    fn append_placeholder(&mut self) {
        self.bytes.resize(self.bytes.len() + Self::ROW, 0);
    }

    fn size(&self) -> usize {
        self.bytes.len()
    }

    fn truncate(&mut self, rows: usize) {
        self.bytes.truncate(rows * Self::ROW);
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
    fn vectors_follow_each_other() {
        let mut column = VectorColumn::<f32, 2>::default();
        column.append(&[1.0_f32, -2.0]).unwrap();
        column.append_placeholder();
        column.append(&[f64::NAN, 0.5]).unwrap();
        column.truncate(2);
        let expected = [1.0_f32, -2.0, 0.0, 0.0].map(f32::to_le_bytes).concat();
        assert_eq!(finished(&mut column, 2).buffers, [expected]);
        assert_eq!(VectorColumn::<f32, 2>::data_type(), "vector(float32, 2)");
    }

    #[test]
    fn wrong_dimension_is_refused_and_nothing_is_kept() {
        let mut column = VectorColumn::<u8, 3>::default();
        let error = column.append(&[1_u8]).unwrap_err();
        assert_eq!(error.code(), "dimension-mismatch");
        assert_eq!(error.message(), "the vector has 1 items instead of 3");
        let error = column.append::<u8>(&[]).unwrap_err();
        assert_eq!(
            error.message(),
            "the vector is empty and should have 3 items"
        );
        assert_eq!(column.size(), 0);
    }
}
