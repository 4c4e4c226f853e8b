//! Column builders: rows go in value by value, Arrow buffers come out.
//!
//! A builder keeps its values in the layout in which they leave: little-endian
//! values, 32-bit offsets and bytes, one bit a value for validity. So a batch
//! crosses to the host without being rewritten, and appending a value costs a
//! copy and nothing else. Builders know neither rows nor tables nor the host.

mod bits;
mod fixed;
mod nullable;
mod variable;
mod vector;

pub use bits::BoolColumn;
pub use fixed::{Float64Column, Int64Column};
pub use nullable::Nullable;
pub use variable::{BinaryColumn, JsonColumn, Utf8Column};
pub use vector::VectorColumn;

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

    /// Hands out the batch, which has `rows` values, and starts the next one.
    fn finish(&mut self, rows: u32) -> Column;
}

/// Hands out a full buffer and leaves an empty one that has room for as much,
/// since the next batch will be about as large.
fn replace(buffer: &mut Vec<u8>) -> Vec<u8> {
    let next = Vec::with_capacity(buffer.len());
    std::mem::replace(buffer, next)
}
