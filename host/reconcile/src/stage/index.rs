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
    merge::{CHUNK, Keyed, Merge, Run, run_of},
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
    /// Over all rows, once they are [`MANY`].
    sums: Option<RangeSums>,
    declared: u64,
    digest: Digest,
}

/// From so many rows on sums are kept as rows come. There are as many ranges, and of fewer rows they
/// are made when somebody asks.
const MANY: u64 = 1 << 16;

/// What was moved to disk.
#[derive(Debug)]
struct Spilled {
    runs: Vec<Sequence>,
    /// Whether each run is sorted.
    are_sorted: bool,
}

impl IndexBuilder {
    /// `is_new`: all rows are going to be read in order.
    pub(super) fn new(is_new: bool) -> Self {
        Self {
            rows: Vec::new(),
            spilled: Spilled {
                runs: Vec::new(),
                are_sorted: is_new,
            },
            sums: None,
            declared: 0,
            digest: Digest::default(),
        }
    }

    pub(super) fn push(&mut self, hashes: RowHashes) {
        if self.declared >= MANY && self.sums.is_none() && !self.spilled.are_sorted {
            let mut sums = RangeSums::new(Ranges::FINEST);
            for row in &self.rows {
                sums.add(row.key, row.fingerprint);
            }
            self.sums = Some(sums);
        }
        let rows = hashes.keys.into_iter().zip(hashes.fingerprints);
        self.rows.reserve(rows.len());
        for (key, fingerprint) in rows {
            let term = self.digest.add(key, fingerprint);
            if let Some(sums) = &mut self.sums {
                sums.add_term(key, term);
            }
            self.rows.push(StagedRow {
                key,
                fingerprint,
                position: self.declared,
            });
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
            sums: self.sums,
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
    for rows in rows.chunks(CHUNK) {
        let entries = rows.iter().map(|row| Entry {
            key: row.key,
            fingerprint: row.fingerprint,
            row_id: row.position,
            owner: FOREIGN,
        });
        run.push_to_disk(&entries.collect::<Vec<_>>())?;
    }
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
    /// Over all rows, if they were kept.
    sums: Option<RangeSums>,
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
    pub(crate) async fn sums(&self, ranges: Ranges) -> Result<RangeSums, Error> {
        if let Some(sums) = &self.sums {
            return Ok(sums.coarser(ranges));
        }
        let mut sums = RangeSums::new(ranges);
        let mut add = |rows: &[StagedRow]| {
            for row in rows {
                sums.add(row.key, row.fingerprint);
            }
        };
        for run in &self.spilled.runs {
            let mut chunks = rows_of(run)?;
            while let Some(chunk) = chunks.try_next().await? {
                add(&chunk);
            }
        }
        self.in_memory(add);
        Ok(sums)
    }

    /// The rows in some ranges of keys, sorted by key, and by position where keys are equal; none if
    /// they are more than `most`. A row may be declared any number of times, so how many there are is
    /// known only once they are picked out.
    pub(super) async fn rows_in(
        &self,
        ranges: Ranges,
        wanted: &RoaringBitmap,
        most: usize,
    ) -> Result<Option<Vec<StagedRow>>, Error> {
        // Faster to look up than the set that it is made of.
        let mut are_wanted = vec![false; ranges.count() as usize];
        for range in wanted {
            if let Some(is_wanted) = are_wanted.get_mut(range as usize) {
                *is_wanted = true;
            }
        }
        let is_wanted = |row: &StagedRow| {
            let range = ranges.of(row.key) as usize;
            are_wanted.get(range).copied().unwrap_or_default()
        };
        let mut found = Vec::new();
        for run in &self.spilled.runs {
            let mut chunks = rows_of(run)?;
            while let Some(chunk) = chunks.try_next().await? {
                found.extend(chunk.into_iter().filter(is_wanted));
                if found.len() > most {
                    return Ok(None);
                }
            }
        }
        self.in_memory(|rows| found.extend(rows.iter().copied().filter(is_wanted)));
        if found.len() > most {
            return Ok(None);
        }
        sort(&mut found);
        Ok(Some(found))
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
