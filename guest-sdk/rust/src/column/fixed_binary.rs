//! Bytes of a fixed number: `fixed-size-binary(N)`.

use super::{ColumnBuilder, replace, required};
use crate::Error;
use crate::bindings::lance_host::pipeline::types::Column;

/// Builds a `fixed-size-binary(N)` column.
#[derive(Default)]
pub struct FixedSizeBinaryColumn<const N: usize>(Vec<u8>);

impl<const N: usize> FixedSizeBinaryColumn<N> {
    #[inline]
    pub(crate) fn append(&mut self, value: &[u8]) -> Result<(), Error> {
        if value.len() != N {
            return Err(wrong_size(value.len(), N));
        }
        self.0.extend_from_slice(value);
        Ok(())
    }
}

/// The error for bytes of another number than their column's.
pub(crate) fn wrong_size(found: usize, expected: usize) -> Error {
    let message = format!("the value has {found} bytes instead of {expected}");
    Error::new("invalid-value", message)
}

impl<const N: usize> ColumnBuilder for FixedSizeBinaryColumn<N> {
    fn data_type() -> String {
        format!("fixed-size-binary({N})")
    }

    fn append_placeholder(&mut self) {
        self.0.resize(self.0.len() + N, 0);
    }

    fn size(&self) -> usize {
        self.0.len()
    }

    fn truncate(&mut self, rows: usize) {
        self.0.truncate(rows * N);
    }

    fn finish(&mut self, rows: u32, columns: &mut Vec<Column>) {
        columns.push(required(rows, vec![replace(&mut self.0)]));
    }
}

#[cfg(test)]
mod tests {
    use super::super::finished;
    use super::*;

    #[test]
    fn bytes_follow_each_other_and_others_are_refused() {
        let mut column = FixedSizeBinaryColumn::<2>::default();
        column.append(&[1, 2]).unwrap();
        column.append_placeholder();
        let error = column.append(&[1]).unwrap_err();
        assert_eq!(error.message(), "the value has 1 bytes instead of 2");
        assert_eq!(finished(&mut column, 2).buffers, [[1, 2, 0, 0]]);
    }
}
