//! Hashes rows again whose place in the index was forgotten.
//!
//! They are read from where they wait, which takes less than to write their hashes to disk and read
//! them back: of most rows only the key is wanted, and of most runs nothing.

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
        let hash = |first: u64, batch: &RecordBatch| {
            Ok(self.hasher.hash(batch)?.staged(first..).collect())
        };
        self.each(hash, |rows| take(rows).map(|()| true))
    }

    /// Adds the rows whose key is wanted to `found`; false if there are more than `most`.
    pub(super) fn those(
        self,
        is_wanted: impl Fn(u128) -> bool + Sync,
        most: usize,
        found: &mut Vec<StagedRow>,
    ) -> Result<bool, Error> {
        let pick = |first: u64, batch: &RecordBatch| {
            let keys = self.hasher.hash_keys(batch)?;
            let wanted = (0u64..).zip(&keys).filter(|(_, key)| is_wanted(**key));
            let rows: UInt64Array = wanted.map(|(row, _)| Some(row)).collect();
            if rows.is_empty() {
                return Ok(Vec::new());
            }
            let hashes = self.hasher.hash(&take_record_batch(batch, &rows)?)?;
            let positions = rows.values().iter().map(|row| first + row);
            Ok(hashes.staged(positions).collect())
        };
        self.each(pick, |rows| {
            found.extend(rows);
            Ok(found.len() <= most)
        })?;
        Ok(found.len() <= most)
    }

    /// Does something with each batch and the position of its first row, side by side, until `take` has
    /// enough of what came of them, which it is given in their order.
    fn each<T: Send>(
        self,
        work: impl Fn(u64, &RecordBatch) -> Result<T, ArrowError> + Sync,
        mut take: impl FnMut(T) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let mut first = 0u64;
        let batches = self.batches.all()?;
        for group in batches.chunks(GROUP) {
            let placed: Vec<(u64, &RecordBatch)> = group
                .iter()
                .map(|batch| {
                    let at = first;
                    first += batch.num_rows() as u64;
                    (at, batch)
                })
                .collect();
            let done: Vec<_> = placed
                .par_iter()
                .map(|(first, batch)| work(*first, batch))
                .collect();
            for result in done {
                if !take(result.map_err(spill::staging)?)? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}
