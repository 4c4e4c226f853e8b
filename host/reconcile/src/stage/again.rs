//! Hashes rows again whose hashes were forgotten.
//!
//! They are read from where they wait, which takes less than to write their hashes to disk and read
//! them back: of most rows at most the key is wanted, and of most runs nothing.

use arrow::{
    array::UInt64Array, compute::take_record_batch, error::ArrowError, record_batch::RecordBatch,
};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::{Batches, StagedRow};
use crate::{error::Error, hash::RowHasher, spill};

/// How many batches are hashed side by side, each of about a MiB.
const GROUP: usize = 16;

/// Rows that can be hashed again.
#[derive(Clone, Copy)]
pub(super) struct Again<'a> {
    pub(super) batches: &'a Batches,
    pub(super) hasher: &'a RowHasher,
}

impl Again<'_> {
    /// All rows, in the order of their declaration.
    pub(super) fn all(
        self,
        mut take: impl FnMut(Vec<StagedRow>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let hash = |_, first: u64, batch: &RecordBatch| {
            Ok(self.hasher.hash(batch)?.staged(first..).collect())
        };
        self.each(hash, |rows| take(rows).map(|()| true))
    }

    /// The rows of a batch whose key is wanted.
    pub(super) fn rows_of(
        self,
        batch: &RecordBatch,
        is_wanted: impl Fn(u128) -> bool,
    ) -> Result<Vec<u64>, ArrowError> {
        let keys = self.hasher.hash_keys(batch)?;
        let wanted = (0..).zip(keys).filter(|(_, key)| is_wanted(*key));
        Ok(wanted.map(|(row, _)| row).collect())
    }

    /// Adds the rows that `pick` picks from each batch, by its number, to `found`; false if there are more
    /// than `most`.
    pub(super) fn those(
        self,
        pick: impl Fn(usize, &RecordBatch) -> Result<Vec<u64>, ArrowError> + Sync,
        most: usize,
        found: &mut Vec<StagedRow>,
    ) -> Result<bool, Error> {
        let hash = |number: usize, first: u64, batch: &RecordBatch| {
            let rows = UInt64Array::from(pick(number, batch)?);
            if rows.is_empty() {
                return Ok(Vec::new());
            }
            let hashes = self.hasher.hash(&take_record_batch(batch, &rows)?)?;
            let positions = rows.values().iter().map(|row| first + row);
            Ok(hashes.staged(positions).collect())
        };
        self.each(hash, |rows| {
            found.extend(rows);
            Ok(found.len() <= most)
        })?;
        Ok(found.len() <= most)
    }

    /// Does something with each batch, its number and the position of its first row, side by side, until
    /// `take` has enough of what came of them, which it is given in their order.
    fn each<T: Send>(
        self,
        work: impl Fn(usize, u64, &RecordBatch) -> Result<T, ArrowError> + Sync,
        mut take: impl FnMut(T) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let mut first = 0u64;
        let batches = self.batches.all()?;
        let mut batches = batches.iter().enumerate();
        loop {
            let group = batches.by_ref().take(GROUP);
            let placed: Vec<(usize, u64, &RecordBatch)> = group
                .map(|(number, batch)| {
                    let at = first;
                    first += batch.num_rows() as u64;
                    (number, at, batch)
                })
                .collect();
            if placed.is_empty() {
                return Ok(());
            }
            let done: Vec<_> = placed
                .par_iter()
                .map(|(number, first, batch)| work(*number, *first, batch))
                .collect();
            for result in done {
                if !take(result.map_err(spill::staging)?)? {
                    return Ok(());
                }
            }
        }
    }
}
