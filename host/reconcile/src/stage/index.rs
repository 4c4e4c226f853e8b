//! The index of the declared rows of a table: all that the diff looks at.
//!
//! It has key hash, fingerprint and position of each row. Sums over the rows tell whether they are
//! the stored ones, and in which ranges of keys they are not. So nothing is sorted that does not
//! have to be; only for a new table, whose rows are all needed in order, runs are sorted as they go
//! to disk, while the pipeline still makes more.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use futures::{StreamExt, TryStreamExt};
use rayon::slice::ParallelSliceMut;
use roaring::RoaringBitmap;
use tokio::sync::OnceCell;

use crate::{
    error::Error,
    hash::{Digest, RowHashes},
    merge::{Keyed, Merge, Run, run_of},
    ranges::{RangeSums, Ranges},
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
#[derive(Debug)]
pub(super) struct IndexBuilder {
    rows: Vec<StagedRow>,
    spilled: Spilled,
    declared: u64,
    digest: Digest,
}

/// What was moved to disk.
#[derive(Debug)]
struct Spilled {
    runs: Vec<Sequence>,
    /// Whether each run is sorted.
    are_sorted: bool,
    /// Over the rows in them, unless they are sorted.
    sums: Option<RangeSums>,
}

impl IndexBuilder {
    /// `is_new`: all rows are going to be read in order.
    pub(super) fn new(is_new: bool) -> Self {
        Self {
            rows: Vec::new(),
            spilled: Spilled {
                runs: Vec::new(),
                are_sorted: is_new,
                sums: None,
            },
            declared: 0,
            digest: Digest::default(),
        }
    }

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
        if self.spilled.are_sorted {
            sort(&mut self.rows);
        } else {
            let none = || RangeSums::new(Ranges::FINEST);
            let sums = self.spilled.sums.get_or_insert_with(none);
            for row in &self.rows {
                sums.add(row.key, row.fingerprint);
            }
        }
        self.spilled.runs.push(on_disk(&self.rows)?);
        self.rows.clear();
        Ok(())
    }

    pub(super) fn finish(self) -> RowIndex {
        RowIndex {
            declared: self.declared,
            digest: self.digest,
            spilled: self.spilled,
            sorted_runs: OnceCell::new(),
            unsorted: Mutex::new(self.rows),
            sorted: OnceLock::new(),
        }
    }
}

fn sort(rows: &mut [StagedRow]) {
    rows.par_sort_unstable_by_key(Keyed::order);
}

/// Rows on disk, in their order.
fn on_disk(rows: &[StagedRow]) -> Result<Sequence, Error> {
    let mut run = SequenceBuilder::new();
    for row in rows {
        run.push(Entry {
            key: row.key,
            fingerprint: row.fingerprint,
            row_id: row.position,
            owner: FOREIGN,
        })?;
    }
    run.spill()?;
    run.finish()
}

/// All rows declared for a table.
#[derive(Debug)]
pub(crate) struct RowIndex {
    /// How many rows were declared, equal ones included.
    declared: u64,
    /// Over all of them.
    digest: Digest,
    spilled: Spilled,
    /// The runs on disk once they were sorted, if they were not before.
    sorted_runs: OnceCell<Vec<Sequence>>,
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

    /// For each range of keys, a sum over all rows declared in it.
    pub(crate) fn sums(&self, ranges: Ranges) -> RangeSums {
        let spilled = self.spilled.sums.as_ref();
        let mut sums = spilled.map_or_else(|| RangeSums::new(ranges), |sums| sums.coarser(ranges));
        self.in_memory(|rows| {
            for row in rows {
                sums.add(row.key, row.fingerprint);
            }
        });
        sums
    }

    /// The rows in some ranges of keys, sorted by key, and by position where keys are equal. They
    /// have to fit into memory.
    pub(super) async fn rows_in(
        &self,
        ranges: Ranges,
        wanted: &RoaringBitmap,
    ) -> Result<Vec<StagedRow>, Error> {
        let is_wanted = |row: &StagedRow| wanted.contains(ranges.of(row.key));
        let mut found = Vec::new();
        for run in &self.spilled.runs {
            let mut chunks = rows_of(run)?;
            while let Some(chunk) = chunks.try_next().await? {
                found.extend(chunk.into_iter().filter(is_wanted));
            }
        }
        self.in_memory(|rows| found.extend(rows.iter().copied().filter(is_wanted)));
        sort(&mut found);
        Ok(found)
    }

    /// All rows sorted by key, and by position where keys are equal.
    pub(super) async fn merge(&self) -> Result<Merge<StagedRow>, Error> {
        let sorted_runs = match self.spilled.are_sorted {
            true => &self.spilled.runs,
            false => {
                self.sorted_runs
                    .get_or_try_init(|| self.sort_runs())
                    .await?
            }
        };
        let mut runs = Vec::with_capacity(sorted_runs.len() + 1);
        for run in sorted_runs {
            runs.push(rows_of(run)?);
        }
        let in_memory = self.sorted.get_or_init(|| {
            let mut rows = std::mem::take(&mut *self.unsorted());
            sort(&mut rows);
            Arc::new(rows)
        });
        runs.push(run_of(in_memory.clone()));
        Merge::new(runs).await
    }

    /// Sorts each run on disk by itself: one fits into memory.
    async fn sort_runs(&self) -> Result<Vec<Sequence>, Error> {
        let mut sorted = Vec::with_capacity(self.spilled.runs.len());
        for run in &self.spilled.runs {
            let mut rows = Vec::new();
            let mut chunks = rows_of(run)?;
            while let Some(chunk) = chunks.try_next().await? {
                rows.extend(chunk);
            }
            sort(&mut rows);
            sorted.push(on_disk(&rows)?);
        }
        Ok(sorted)
    }

    /// Looks at what was not moved to disk.
    fn in_memory(&self, look: impl FnOnce(&[StagedRow])) {
        match self.sorted.get() {
            Some(sorted) => look(sorted),
            None => look(&self.unsorted()),
        }
    }

    fn unsorted(&self) -> MutexGuard<'_, Vec<StagedRow>> {
        self.unsorted.lock().unwrap_or_else(PoisonError::into_inner)
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
