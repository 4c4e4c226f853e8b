//! Lists whose items have a column of their own: `list(…)`, `large-list(…)` and
//! `fixed-size-list(…, N)`.

use super::variable::{Ends, Offset};
use super::{ColumnBuilder, required};
use crate::Error;
use crate::bindings::lance_host::pipeline::types::Column;
use crate::store::Slot;

/// Builds a `list(…)` column with the items in a `C`.
pub type ListColumn<C> = Lists<C, i32>;

/// Builds a `large-list(…)` column with the items in a `C`.
pub type LargeListColumn<C> = Lists<C, i64>;

/// A column of items, and where each list ends in it.
#[derive(Default)]
pub struct Lists<C, O> {
    items: C,
    ends: Ends<O>,
}

#[expect(
    private_bounds,
    reason = "the two offsets have an alias each, and there are no others"
)]
impl<C: ColumnBuilder, O: Offset> Lists<C, O> {
    #[inline]
    pub(crate) fn append<T>(&mut self, items: &[T]) -> Result<(), Error>
    where
        C: Slot<T>,
    {
        append_items(&mut self.items, items)?;
        self.ends.push(self.ends.last() + items.len())
    }
}

/// Appends items, and says of one that cannot be which it was.
#[inline]
fn append_items<T, C: Slot<T>>(column: &mut C, items: &[T]) -> Result<(), Error> {
    for (position, item) in items.iter().enumerate() {
        if let Err(error) = column.put(item) {
            return Err(error.within(&format!("item {position}")));
        }
    }
    Ok(())
}

/// The type of items, as a list's type has it.
fn item_type<C: ColumnBuilder>() -> String {
    let required = if C::NULLABLE { "" } else { "!" };
    format!("{}{required}", C::data_type())
}

impl<C: ColumnBuilder, O: Offset> ColumnBuilder for Lists<C, O> {
    fn data_type() -> String {
        let large = if O::WIDTH == 8 { "large-" } else { "" };
        format!("{large}list({})", item_type::<C>())
    }

    fn append_placeholder(&mut self) {
        self.ends.push_empty();
    }

    fn size(&self) -> usize {
        self.ends.size() + self.items.size()
    }

    fn truncate(&mut self, rows: usize) {
        self.ends.truncate(rows);
        self.items.truncate(self.ends.last());
    }

    fn finish(&mut self, rows: u32, columns: &mut Vec<Column>) {
        // Items fill memory, which does not hold as many as 32 bits can count.
        let items = u32::try_from(self.ends.last()).unwrap_or(u32::MAX);
        columns.push(required(rows, vec![self.ends.finish()]));
        self.items.finish(items, columns);
    }
}

/// Builds a `fixed-size-list(…, N)` column with the items in a `C`.
#[derive(Default)]
pub struct FixedSizeListColumn<C, const N: usize>(C);

impl<C: ColumnBuilder, const N: usize> FixedSizeListColumn<C, N> {
    #[inline]
    pub(crate) fn append<T>(&mut self, items: &[T]) -> Result<(), Error>
    where
        C: Slot<T>,
    {
        if items.len() != N {
            return Err(wrong_length(items.len(), N));
        }
        append_items(&mut self.0, items)
    }
}

/// The error for a list of another length than its column's.
pub(crate) fn wrong_length(found: usize, expected: usize) -> Error {
    let message = format!("the list has {found} items instead of {expected}");
    Error::new("invalid-value", message)
}

impl<C: ColumnBuilder, const N: usize> ColumnBuilder for FixedSizeListColumn<C, N> {
    fn data_type() -> String {
        format!("fixed-size-list({}, {N})", item_type::<C>())
    }

    fn append_placeholder(&mut self) {
        for _ in 0..N {
            self.0.append_placeholder();
        }
    }

    fn size(&self) -> usize {
        self.0.size()
    }

    fn truncate(&mut self, rows: usize) {
        self.0.truncate(rows * N);
    }

    fn finish(&mut self, rows: u32, columns: &mut Vec<Column>) {
        columns.push(required(rows, Vec::new()));
        let items = u32::try_from(rows as usize * N).unwrap_or(u32::MAX);
        self.0.finish(items, columns);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Nullable, NumberColumn, Utf8Column};
    use super::*;

    fn finish(column: &mut impl ColumnBuilder, rows: u32) -> Vec<Column> {
        let mut columns = Vec::new();
        column.finish(rows, &mut columns);
        columns
    }

    #[test]
    fn lists_are_offsets_and_then_the_column_of_items() {
        let mut column = ListColumn::<Nullable<NumberColumn<u8>>>::default();
        column.append(&[Some(1_u8), None]).unwrap();
        column.append_placeholder();
        column.append(&[3_u8]).unwrap();
        let [list, items] = finish(&mut column, 3).try_into().unwrap();
        assert_eq!((list.length, items.length), (3, 3));
        let offsets = [0_i32, 2, 2, 3].map(i32::to_le_bytes).concat();
        assert_eq!(list.buffers, [offsets]);
        assert_eq!(items.buffers, [[1, 0, 3]]);
        assert_eq!(items.validity, Some(vec![0b101]));
        assert_eq!(
            ListColumn::<Nullable<NumberColumn<u8>>>::data_type(),
            "list(uint8)"
        );
    }

    #[test]
    fn large_lists_of_lists_have_offsets_of_64_bits() {
        let mut column = LargeListColumn::<ListColumn<Utf8Column>>::default();
        column.append(&[vec!["a"], vec![]]).unwrap();
        let [outer, inner, text] = finish(&mut column, 1).try_into().unwrap();
        assert_eq!(outer.buffers[0].len(), 16);
        assert_eq!((inner.length, inner.buffers[0].len()), (2, 12));
        assert_eq!((text.length, text.buffers[1].as_slice()), (1, &b"a"[..]));
        assert_eq!(
            LargeListColumn::<ListColumn<Utf8Column>>::data_type(),
            "large-list(list(utf8!)!)"
        );
    }

    #[test]
    fn truncation_removes_the_items_of_lists_that_were_not_ended() {
        let mut column = ListColumn::<NumberColumn<i8>>::default();
        column.append(&[1, 2]).unwrap();
        let error = column.append(&[3, 300]).unwrap_err();
        assert_eq!(error.message(), "item 1: 300 does not fit int8");
        column.truncate(1);
        column.append(&[4]).unwrap();
        let [_, items] = finish(&mut column, 2).try_into().unwrap();
        assert_eq!(items.buffers, [[1, 2, 4]]);
    }

    #[test]
    fn lists_of_a_fixed_length_have_no_offsets() {
        let mut column = Nullable::<FixedSizeListColumn<NumberColumn<i8>, 2>>::default();
        column.append_with(|lists| lists.append(&[1, 2])).unwrap();
        column.append_null();
        let [list, items] = finish(&mut column, 2).try_into().unwrap();
        assert_eq!((list.buffers.len(), list.validity), (0, Some(vec![1])));
        assert_eq!((items.length, &items.buffers[0]), (4, &vec![1, 2, 0, 0]));
        let error = column.append_with(|lists| lists.append(&[1]));
        let message = "the list has 1 items instead of 2";
        assert_eq!(error.unwrap_err().message(), message);
    }
}
