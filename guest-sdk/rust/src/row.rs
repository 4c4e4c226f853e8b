//! What `#[derive(Row)]` implements: a struct as the row of a table.

use crate::Error;
use crate::bindings::lance_host::pipeline::types::{Column, Field};
use crate::column::ColumnBuilder;

/// A struct whose values are rows of a table.
///
/// Derive it; the items here are for the derive and for [`Table`](crate::Table).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a row",
    label = "not a row",
    note = "derive it: `#[derive(Row)]`, with `#[row(key)]` on the fields that identify a row"
)]
pub trait Row {
    /// Builds the columns of a batch of these rows.
    #[doc(hidden)]
    type Columns: Columns + Default;

    /// The names of the columns that identify a row.
    const KEY: &'static [&'static str];

    /// The columns, in their order.
    #[doc(hidden)]
    fn fields() -> Vec<Field>;

    /// Appends one value to each column. An error leaves the columns uneven.
    #[doc(hidden)]
    fn append(&self, columns: &mut Self::Columns) -> Result<(), Error>;
}

/// The column builders of a row, one a field.
#[doc(hidden)]
pub trait Columns: 'static {
    /// The bytes collected so far.
    fn size(&self) -> usize;

    /// Forgets all but the first `rows` rows.
    fn truncate(&mut self, rows: usize);

    /// Hands out the batch and starts the next one.
    fn finish(&mut self, rows: u32) -> Vec<Column>;
}

/// Describes a column that `C` builds.
#[doc(hidden)]
pub fn field<C: ColumnBuilder>(name: &str, metadata: &[(&str, &str)]) -> Field {
    Field {
        name: name.to_owned(),
        data_type: C::data_type(),
        nullable: C::NULLABLE,
        metadata: metadata
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
    }
}
