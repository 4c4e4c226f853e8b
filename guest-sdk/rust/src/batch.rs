//! A batch of rows on its way to the host: whole rows only, about 1 MiB of them.

use crate::Error;
use crate::bindings::lance_host::pipeline::types::Column;
use crate::row::Columns;

/// The size at which a batch is sent. Smaller batches cost more calls; larger
/// ones leave the processor's cache on their way, at half the speed.
const FULL: usize = 1 << 20;

/// Rows that have been declared and not been sent.
pub(crate) struct Batch<C> {
    columns: C,
    rows: u32,
}

impl<C: Columns> Batch<C> {
    pub(crate) fn new(columns: C) -> Self {
        Self { columns, rows: 0 }
    }

    /// Appends a row by `append`: all of it, or on an error nothing.
    #[inline]
    pub(crate) fn append(
        &mut self,
        append: impl FnOnce(&mut C) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if let Err(error) = append(&mut self.columns) {
            self.columns.truncate(self.rows as usize);
            return Err(error);
        }
        self.rows += 1;
        Ok(())
    }

    pub(crate) fn rows(&self) -> u32 {
        self.rows
    }

    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.columns.size() >= FULL
    }

    /// Hands out the columns and starts the next batch.
    pub(crate) fn finish(&mut self) -> Vec<Column> {
        let rows = std::mem::take(&mut self.rows);
        self.columns.finish(rows)
    }
}
