//! Column builders: rows go in value by value, Arrow buffers come out.
//!
//! A builder keeps its values in the layout in which they leave: little-endian
//! values, offsets and bytes, one bit a value for validity. So a batch crosses to
//! the host without being rewritten, and appending a value costs a copy and
//! nothing else. Builders know neither rows nor tables nor the host.

mod bits;
mod fixed_binary;
mod list;
mod logical;
mod nested;
mod nullable;
mod number;
mod variable;
mod vector;

pub(crate) use bits::Bitmap;
pub use bits::BoolColumn;
pub use fixed_binary::FixedSizeBinaryColumn;
pub(crate) use fixed_binary::wrong_size;
pub(crate) use list::wrong_length;
pub use list::{FixedSizeListColumn, LargeListColumn, ListColumn};
pub use logical::{
    Date32, Date64, Duration, LogicalColumn, Meaning, Micro, Milli, Nano, NoZone, Second, Time,
    Timestamp, Unit, Utc, Zone,
};
pub use nested::{NestedColumn, TypeText};
pub use nullable::Nullable;
pub use number::NumberColumn;
pub use variable::{BinaryColumn, JsonColumn, LargeBinaryColumn, LargeUtf8Column, Utf8Column};
pub(crate) use variable::{Ends, Variable};
pub use vector::VectorColumn;
pub(crate) use vector::wrong_dimension;

use crate::bindings::lance_host::pipeline::types::Column;

/// Collects the values of one column of a batch.
pub trait ColumnBuilder: Default + 'static {
    /// Whether the column may hold nulls.
    const NULLABLE: bool = false;

    /// The column's type, as the contract writes it.
    fn data_type() -> String;

    /// Appends what stands in the place of a null: its content means nothing,
    /// but every value has to have its place.
    fn append_placeholder(&mut self);

    /// The bytes collected so far.
    fn size(&self) -> usize;

    /// Forgets all but the first `rows` values.
    fn truncate(&mut self, rows: usize);

    /// Hands out the batch, which has `rows` values, and starts the next one. A
    /// nested column is several: the parent, then its children, depth first.
    fn finish(&mut self, rows: u32, columns: &mut Vec<Column>);
}

/// A column whose values are all present.
pub(crate) fn required(rows: u32, buffers: Vec<Vec<u8>>) -> Column {
    Column {
        length: rows,
        validity: None,
        buffers,
    }
}

/// Hands out a full buffer and leaves an empty one that has room for as much,
/// since the next batch will be about as large.
pub(crate) fn replace(buffer: &mut Vec<u8>) -> Vec<u8> {
    let next = Vec::with_capacity(buffer.len());
    std::mem::replace(buffer, next)
}

/// The batch of a column that is not nested, for tests.
#[cfg(test)]
pub(crate) fn finished(column: &mut impl ColumnBuilder, rows: u32) -> Column {
    let mut columns = Vec::new();
    column.finish(rows, &mut columns);
    let [column] = columns.try_into().unwrap();
    column
}
