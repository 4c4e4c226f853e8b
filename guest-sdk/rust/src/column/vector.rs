//! Vectors: `vector(float32, N)`.

use super::{ColumnBuilder, replace};
use crate::Error;
use crate::bindings::lance_host::pipeline::types::Column;

/// Builds a `vector(float32, N)` column: the items, row after row.
#[derive(Default)]
pub struct VectorColumn<const N: usize>(Vec<u8>);

/// Items are copied as they lie in memory, which is what leaves the guest.
const _: () = assert!(cfg!(target_endian = "little"));

impl<const N: usize> VectorColumn<N> {
    const ROW: usize = N * size_of::<f32>();

    pub(crate) fn append(&mut self, items: &[f32]) -> Result<(), Error> {
        if items.len() != N {
            let message = format!("the vector has {} items instead of {N}", items.len());
            return Err(Error::new("dimension-mismatch", message));
        }
        self.0.extend_from_slice(bytemuck::cast_slice(items));
        Ok(())
    }
}

impl<const N: usize> ColumnBuilder for VectorColumn<N> {
    fn data_type() -> String {
        const { assert!(N > 0, "a vector has at least one dimension") };
        format!("vector(float32, {N})")
    }

    fn append_placeholder(&mut self) {
        self.0.resize(self.0.len() + Self::ROW, 0);
    }

    fn size(&self) -> usize {
        self.0.len()
    }

    fn truncate(&mut self, rows: usize) {
        self.0.truncate(rows * Self::ROW);
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
    fn vectors_follow_each_other() {
        let mut column = VectorColumn::<2>::default();
        column.append(&[1.0, -2.0]).unwrap();
        column.append_placeholder();
        column.append(&[f32::NAN, 0.5]).unwrap();
        column.truncate(2);
        let expected = [1.0_f32, -2.0, 0.0, 0.0].map(f32::to_le_bytes).concat();
        assert_eq!(column.finish(2).buffers, [expected]);
        assert_eq!(VectorColumn::<2>::data_type(), "vector(float32, 2)");
    }

    #[test]
    fn wrong_dimension_is_refused_and_nothing_is_kept() {
        let mut column = VectorColumn::<3>::default();
        let error = column.append(&[1.0]).unwrap_err();
        assert_eq!(error.code(), "dimension-mismatch");
        assert_eq!(error.message(), "the vector has 1 items instead of 3");
        assert_eq!(column.size(), 0);
    }
}
