//! The index of the declared rows of a table: all that the diff looks at.
//!
//! It has key hash, fingerprint and position of each row. Nothing is sorted while the pipeline
//! runs, and nothing at all if the sum over the rows already tells that they are the stored ones.
//! An index that outgrows its memory goes to disk in sorted runs.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use futures::StreamExt;
use rayon::slice::ParallelSliceMut;

use crate::{
    error::Error,
    hash::{Digest, RowHashes},
    merge::{Keyed, Merge, Run, run_of},
    sequence::{Sequence, SequenceBuilder},
    state::{Entry, FOREIGN},
};

/// One declared row, as the diff sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StagedRow {
    pub(crate) key: u128,
    pub(crate) fingerprint: u128,
    /// Among all rows declared for the table, from 0.
    pub(crate) position: u64,
}

impl Keyed for StagedRow {
    // By position too, so that the first of equal rows is kept.
    fn order(&self) -> (u128, u64) {
        (self.key, self.position)
    }
}

/// Takes rows in the order of their declaration.
#[derive(Debug, Default)]
pub(super) struct IndexBuilder {
    rows: Vec<StagedRow>,
    runs: Vec<Sequence>,
    declared: u64,
    digest: Digest,
}

impl IndexBuilder {
    pub(super) fn push(&mut self, hashes: RowHashes) {
        let rows = hashes
            .keys
            .into_iter()
            .zip(hashes.fingerprints)
            .zip(self.declared..)
            .map(|((key, fingerprint), position)| StagedRow {
                key,
                fingerprint,
                position,
            });
        let before = self.rows.len();
        self.rows.extend(rows);
        for row in self.rows.get(before..).unwrap_or_default() {
            self.digest.add(row.key, row.fingerprint);
            self.declared += 1;
        }
    }

    /// Bytes of memory that it takes.
    pub(super) fn memory(&self) -> usize {
        self.rows.len() * size_of::<StagedRow>()
    }

    /// Moves what is in memory to disk.
    pub(super) fn spill(&mut self) -> Result<(), Error> {
        sort(&mut self.rows);
        let mut run = SequenceBuilder::new();
        for row in self.rows.drain(..) {
            run.push(Entry {
                key: row.key,
                fingerprint: row.fingerprint,
                row_id: row.position,
                owner: FOREIGN,
            })?;
        }
        run.spill()?;
        self.runs.push(run.finish()?);
        Ok(())
    }

    pub(super) fn finish(self) -> RowIndex {
        RowIndex {
            declared: self.declared,
            digest: self.digest,
            runs: self.runs,
            unsorted: Mutex::new(self.rows),
            sorted: OnceLock::new(),
        }
    }
}

fn sort(rows: &mut [StagedRow]) {
    rows.par_sort_unstable_by_key(Keyed::order);
}

/// All rows declared for a table.
#[derive(Debug)]
pub(crate) struct RowIndex {
    /// How many rows were declared, equal ones included.
    declared: u64,
    /// Over all of them.
    digest: Digest,
    runs: Vec<Sequence>,
    /// What was not moved to disk, until somebody wants it sorted.
    unsorted: Mutex<Vec<StagedRow>>,
    sorted: OnceLock<Arc<Vec<StagedRow>>>,
}

impl RowIndex {
    /// How many rows were declared, equal ones included.
    pub(crate) fn declared(&self) -> u64 {
        self.declared
    }

    /// A sum over all declared rows. If it is that of stored rows, which have one row for each key,
    /// then these are the same rows, and none was declared twice.
    pub(crate) fn digest(&self) -> Digest {
        self.digest
    }

    /// All rows sorted by key, and by position where keys are equal.
    pub(super) async fn merge(&self) -> Result<Merge<StagedRow>, Error> {
        let mut runs = Vec::with_capacity(self.runs.len() + 1);
        for run in &self.runs {
            runs.push(rows_of(run)?);
        }
        let in_memory = self.sorted.get_or_init(|| {
            let mut unsorted = self.unsorted.lock().unwrap_or_else(PoisonError::into_inner);
            let mut rows = std::mem::take(&mut *unsorted);
            sort(&mut rows);
            Arc::new(rows)
        });
        runs.push(run_of(in_memory.clone()));
        Merge::new(runs).await
    }
}

/// A run of rows that was moved to disk.
fn rows_of(run: &Sequence) -> Result<Run<StagedRow>, Error> {
    let chunks = run.run()?.map(|chunk| {
        let rows = chunk?.into_iter().map(|entry| StagedRow {
            key: entry.key,
            fingerprint: entry.fingerprint,
            position: entry.row_id,
        });
        Ok(rows.collect())
    });
    Ok(chunks.boxed())
}
