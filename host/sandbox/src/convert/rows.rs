//! Rows that are declared one by one, gathered into columns.
//!
//! A value is checked and becomes bytes in the same buffers in which other guests pass whole
//! columns. The record batch then comes of them in the same way.

mod append;
mod cells;
mod json_value;
mod scalar;
mod text_form;

#[cfg(test)]
mod tests;

use arrow::array::RecordBatch;

use self::{
    append::append,
    cells::{Budget, Cells},
};
use super::{TableShape, buffers::NULL_IN_REQUIRED, columns};
use crate::{
    bindings::lance_host::pipeline::types::Value,
    target::{Code, TargetError},
};

/// Rows that were checked and not yet passed on.
#[derive(Default)]
pub(crate) struct RowBuffer {
    /// One for each column; none before the first row, since a guest may declare many tables.
    cells: Vec<Cells>,
    rows: usize,
    bytes: usize,
}

impl RowBuffer {
    /// The memory that the rows take.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Whether one more row might not find room beside these.
    pub(crate) fn is_crowded(&self) -> bool {
        self.cells.iter().any(Cells::is_crowded)
    }

    /// Takes row number `row` of a table, or nothing of it, and says how much memory it takes.
    pub(crate) fn push(
        &mut self,
        table: &TableShape,
        row: u64,
        values: Vec<Value>,
    ) -> Result<usize, TargetError> {
        let expected = table.columns.len();
        if values.len() != expected {
            let message = format!(
                "the number of values is {} instead of {expected}",
                values.len()
            );
            return Err(TargetError::new(Code::WrongColumnCount, message).at_row(row));
        }
        if self.cells.is_empty() {
            let cells = table
                .columns
                .iter()
                .map(|column| Cells::new(&column.data_type));
            self.cells = cells.collect();
        }
        let mut budget = Budget::of_a_row();
        let mut taken = Ok(());
        for ((column, cells), value) in table.columns.iter().zip(&mut self.cells).zip(values) {
            let appended = match value {
                Value::Null if !column.nullable => Err(super::Problem::new(
                    Code::NullInRequiredColumn,
                    NULL_IN_REQUIRED,
                )),
                value => append(cells, &column.data_type, value, &mut budget),
            };
            if let Err(problem) = appended {
                taken = Err(problem.at(0).in_column(&column.name, row));
                break;
            }
        }
        if let Err(error) = taken {
            for (column, cells) in table.columns.iter().zip(&mut self.cells) {
                cells.truncate(&column.data_type, self.rows);
            }
            return Err(error);
        }
        self.rows = self.rows.saturating_add(1);
        self.bytes = self.bytes.saturating_add(budget.spent());
        Ok(budget.spent())
    }

    /// Takes all rows out as one batch; the first is row number `first_row` of the table.
    pub(crate) fn take(
        &mut self,
        table: &TableShape,
        first_row: u64,
    ) -> Result<RecordBatch, TargetError> {
        let Self { cells, rows, .. } = std::mem::take(self);
        let mut parts = Vec::new();
        for (column, cells) in table.columns.iter().zip(cells) {
            cells.into_parts(&column.data_type, &mut parts);
        }
        columns::of_parts(table, first_row, rows, parts)
    }
}
