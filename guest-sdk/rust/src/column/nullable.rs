//! Columns that may hold nulls.

use super::ColumnBuilder;
use super::bits::Bitmap;
use crate::Error;
use crate::bindings::lance_host::pipeline::types::Column;

/// Builds a nullable column: the values of `C`, and which of them are present.
#[derive(Default)]
pub struct Nullable<C> {
    values: C,
    validity: Bitmap,
    nulls: bool,
}

impl<C: ColumnBuilder> Nullable<C> {
    pub(crate) fn append_null(&mut self) {
        self.values.append_placeholder();
        self.validity.push(false);
        self.nulls = true;
    }

    /// Appends a value by `append`, which is given the column of values.
    pub(crate) fn append_with(
        &mut self,
        append: impl FnOnce(&mut C) -> Result<(), Error>,
    ) -> Result<(), Error> {
        append(&mut self.values)?;
        self.validity.push(true);
        Ok(())
    }
}

impl<C: ColumnBuilder> ColumnBuilder for Nullable<C> {
    const NULLABLE: bool = true;

    fn data_type() -> String {
        const { assert!(!C::NULLABLE, "an option of an option has no column") };
        C::data_type()
    }

    fn append_placeholder(&mut self) {
        self.append_null();
    }

    fn size(&self) -> usize {
        self.values.size() + self.validity.size()
    }

    /// Leaves `nulls` alone: a bitmap that turns out to be full is allowed.
    fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
        self.validity.truncate(rows);
    }

    fn finish(&mut self, rows: u32, columns: &mut Vec<Column>) {
        let parent = columns.len();
        self.values.finish(rows, columns);
        let validity = self.validity.finish();
        if std::mem::take(&mut self.nulls)
            && let Some(parent) = columns.get_mut(parent)
        {
            parent.validity = Some(validity);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{NumberColumn, VectorColumn, finished};
    use super::*;

    fn value(column: &mut Nullable<NumberColumn<i64>>, value: i64) {
        let append = |values: &mut NumberColumn<i64>| {
            values.append(value);
            Ok(())
        };
        column.append_with(append).unwrap();
    }

    #[test]
    fn nulls_have_a_place_and_no_bit() {
        let mut column = Nullable::<NumberColumn<i64>>::default();
        value(&mut column, 5);
        column.append_null();
        value(&mut column, 6);
        let batch = finished(&mut column, 3);
        assert_eq!(batch.validity, Some(vec![0b101]));
        assert_eq!(batch.buffers[0].len(), 24);
    }

    #[test]
    fn batch_without_nulls_has_no_bitmap() {
        let mut column = Nullable::<NumberColumn<i64>>::default();
        column.append_null();
        assert!(finished(&mut column, 1).validity.is_some());
        value(&mut column, 1);
        assert_eq!(finished(&mut column, 1).validity, None);
    }

    #[test]
    fn refused_value_is_not_marked_present() {
        let mut column = Nullable::<VectorColumn<f32, 2>>::default();
        column
            .append_with(|values| values.append(&[1.0]))
            .unwrap_err();
        column.append_null();
        let batch = finished(&mut column, 1);
        assert_eq!(batch.validity, Some(vec![0]));
        assert_eq!(batch.buffers, [vec![0; 8]]);
    }
}
