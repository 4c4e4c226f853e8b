//! Where untrusted values become checked ones, once: nothing behind this module asks again.
//!
//! A declaration's fields become a [`TableShape`] with an Arrow schema; columns and rows become
//! record batches of that schema. Everything here is a pure function of what the guest passed:
//! no wasmtime, no target.

mod buffers;
mod columns;
mod data_type;
mod json;
mod rows;
mod schema;
mod units;

#[cfg(test)]
mod fuzz;

pub(crate) use columns::record_batch;
pub(crate) use rows::RowBuffer;
pub(crate) use schema::{ColumnShape, TableShape, size, texts};

use crate::target::{Code, TargetError};

/// What is wrong with a column's values, and at which of them.
///
/// The column's name and the position in the table are added where they are known.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Problem {
    code: Code,
    message: String,
    /// Index of the value within its batch.
    index: Option<usize>,
}

impl Problem {
    fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            index: None,
        }
    }

    fn at(mut self, index: usize) -> Self {
        self.index = Some(index);
        self
    }

    /// The same for the value that has this part; `parent` says which that is.
    fn within(mut self, part: &str, parent: impl FnOnce(usize) -> usize) -> Self {
        self.message = format!("{part}: {}", self.message);
        self.index = self.index.map(parent);
        self
    }

    /// The same without a place among the values.
    fn nowhere(mut self) -> Self {
        self.index = None;
        self
    }

    /// The error for a column whose batch begins at row `first_row` of the table.
    fn in_column(self, column: &str, first_row: u64) -> TargetError {
        let error = TargetError::new(self.code, self.message).in_column(column);
        match self.index {
            Some(index) => error.at_row(first_row.saturating_add(index as u64)),
            None => error,
        }
    }
}
