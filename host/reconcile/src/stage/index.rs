//! The index of the declared rows of a table: all that the diff looks at.
//!
//! It has key hash, fingerprint and position of each row. Sums over the rows tell whether they are
//! the stored ones, and in which ranges of keys they are not, so most of the index is never looked at.
//! What does not fit into memory is forgotten, but for the range of each key, and
//! [made again](super::again) from the rows if it is wanted. Only for a new table, whose rows are all needed in order, runs are sorted and moved to disk,
//! while the pipeline still makes more.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use arrow::record_batch::RecordBatch;
use futures::StreamExt;
use rayon::slice::ParallelSliceMut;
use roaring::RoaringBitmap;

use super::again::Again;
use crate::{
    error::Error,
    hash::{Digest, RowHashes},
    merge::{CHUNK, Keyed, Merge, Run, run_of},
    ranges::{RangeSums, Ranges},
    sequence::{Sequence, SequenceBuilder},
    sort::Sorter,
    state::{Entry, FOREIGN},
};

/// One declared row, as the diff sees it: 40 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, packed(8))]
pub(crate) struct StagedRow {
    pub(crate) key: u128,
    pub(crate) fingerprint: u128,
    /// Among all rows declared for the table, from 0.
    pub(crate) position: u64,
}

impl StagedRow {
    /// As it is kept on disk.
    fn as_entry(&self) -> Entry {
        Entry {
            key: self.key,
            fingerprint: self.fingerprint,
            row_id: self.position,
            owner: FOREIGN,
        }
    }
}

impl Keyed for StagedRow {
    // By position too, so that the first of equal rows is kept.
    fn order(&self) -> (u128, u64) {
        (self.key, self.position)
    }
}

impl RowHashes {
    /// With the positions of its rows.
    pub(super) fn staged(
        self,
        positions: impl Iterator<Item = u64>,
    ) -> impl Iterator<Item = StagedRow> {
        let hashes = self.keys.into_iter().zip(self.fingerprints);
        positions
            .zip(hashes)
            .map(|(position, (key, fingerprint))| StagedRow {
                key,
                fingerprint,
                position,
            })
    }
}

/// Takes rows in the order of their declaration.
#[derive(Debug)]
pub(super) struct IndexBuilder {
    /// Those that are in memory.
    rows: Vec<StagedRow>,
    /// How many of them there will be at most, more or less.
    most: usize,
    /// Where the keys of all rows lie; none if that takes too much memory, or nobody will ask.
    places: Option<Places>,
    rest: Rest,
    declared: u64,
    /// Over all rows.
    digest: Mutex<Digest>,
    sums: Sums,
}

/// For each batch in the order of declaration, the ranges of the finest division in which the keys of its
/// rows lie.
type Places = Vec<Box<[u16]>>;

/// What there is to keep of a batch.
pub(super) struct Summed {
    hashes: Option<RowHashes>,
    places: Option<Box<[u16]>>,
}

/// Where those rows are that are not in memory.
#[derive(Debug)]
enum Rest {
    /// On disk, in sorted runs.
    Sorted(Vec<Sequence>),
    /// There are none.
    None,
    /// Nowhere, and neither are the others.
    Forgotten,
}

/// Sums over ranges, which grow as rows come.
#[derive(Debug)]
enum Sums {
    /// Not yet: there are fewer rows than [`MANY`].
    Few,
    /// Each of those who add at the same time has its own.
    Kept(Mutex<Vec<RangeSums>>),
    /// They are made when somebody asks.
    Never,
}

/// From so many rows on sums are kept as rows come. There are as many ranges, and of fewer rows they
/// are made when somebody asks.
const MANY: u64 = 1 << 16;

impl IndexBuilder {
    /// `is_new`: all rows are going to be read in order. It is told to shrink beyond `memory` bytes.
    pub(super) fn new(is_new: bool, memory: usize) -> Self {
        Self {
            rows: Vec::new(),
            most: memory / size_of::<StagedRow>(),
            places: (!is_new).then(Vec::new),
            rest: match is_new {
                true => Rest::Sorted(Vec::new()),
                false => Rest::None,
            },
            declared: 0,
            digest: Mutex::default(),
            sums: match is_new {
                true => Sums::Never,
                false => Sums::Few,
            },
        }
    }

    /// Begins to keep sums over ranges if there are enough rows. All rows that were summed so far were
    /// pushed too: those in between would be in no sum.
    pub(super) fn prepare(&mut self) {
        if matches!(self.sums, Sums::Few) && self.declared >= MANY {
            self.sums = Sums::Kept(Mutex::new(vec![sums_of(&self.rows, Ranges::FINEST)]));
        }
    }

    /// Adds the rows of a batch to the sums, wherever they were hashed. Returns what [`push`](Self::push)
    /// wants.
    pub(super) fn sum(&self, hashes: RowHashes) -> Summed {
        let mut digest = Digest::default();
        let rows = || hashes.keys.iter().zip(&hashes.fingerprints);
        match &self.sums {
            Sums::Kept(all) => {
                let own = locked(all).pop();
                let mut sums = own.unwrap_or_else(|| RangeSums::new(Ranges::FINEST));
                let terms: Vec<u128> = rows()
                    .map(|(key, print)| digest.add(*key, *print))
                    .collect();
                // In a loop of its own, in which the processor waits for several sums at once.
                for (key, term) in hashes.keys.iter().zip(terms) {
                    sums.add_term(*key, term);
                }
                locked(all).push(sums);
            }
            Sums::Few | Sums::Never => {
                for (key, fingerprint) in rows() {
                    digest.add(*key, *fingerprint);
                }
            }
        }
        locked(&self.digest).add_all(digest);
        let places = || hashes.keys.iter().copied().map(Ranges::finest_of).collect();
        Summed {
            places: self.places.is_some().then(places),
            hashes: (!matches!(self.rest, Rest::Forgotten)).then_some(hashes),
        }
    }

    /// Adds a batch of so many rows, which were summed.
    pub(super) fn push(&mut self, rows: u64, summed: Summed) {
        let first = self.declared;
        self.declared += rows;
        if let (Some(all), Some(places)) = (&mut self.places, summed.places) {
            all.push(places);
        }
        if let Some(hashes) = summed.hashes {
            self.make_room(hashes.keys.len());
            self.rows.extend(hashes.staged(first..));
        }
    }

    /// Makes room for more rows, for all that may come if they become many: whatever grows in steps is
    /// there twice at each of them, while room that is not used takes no memory.
    fn make_room(&mut self, more: usize) {
        let wanted = self.rows.len() + more;
        if wanted > self.rows.capacity() && self.declared >= MANY {
            let room = self.most.max(wanted) - self.rows.len();
            self.rows.reserve_exact(room);
        }
    }

    /// Bytes of memory that it takes.
    pub(super) fn memory(&self) -> usize {
        let places = match self.places {
            Some(_) => usize::try_from(self.declared).unwrap_or(usize::MAX),
            None => 0,
        };
        let places = places.saturating_mul(size_of::<u16>());
        places.saturating_add(self.rows.len() * size_of::<StagedRow>())
    }

    /// Takes less memory for the rows so far, in the end none.
    pub(super) fn shrink(&mut self) -> Result<(), Error> {
        match &mut self.rest {
            Rest::Sorted(runs) => {
                sort(&mut self.rows);
                runs.push(on_disk(&self.rows)?);
                self.rows.clear();
            }
            Rest::None => self.forget(),
            Rest::Forgotten => self.places = None,
        }
        Ok(())
    }

    fn forget(&mut self) {
        self.rest = Rest::Forgotten;
        self.rows = Vec::new();
        if matches!(self.sums, Sums::Few) {
            self.sums = Sums::Never;
        }
    }

    pub(super) fn finish(mut self) -> Result<RowIndex, Error> {
        // The rest too, if others were moved to disk: while rows are committed, others need the memory.
        if matches!(&self.rest, Rest::Sorted(runs) if !runs.is_empty()) {
            self.shrink()?;
            self.rows = Vec::new();
        }
        let sums = match self.sums {
            Sums::Kept(all) => {
                let all = all.into_inner().unwrap_or_else(PoisonError::into_inner);
                all.into_iter().reduce(RangeSums::plus)
            }
            Sums::Few | Sums::Never => None,
        };
        let digest = self.digest.into_inner();
        let runs = match self.rest {
            Rest::Sorted(runs) => Some(runs),
            Rest::None => Some(Vec::new()),
            Rest::Forgotten => None,
        };
        Ok(RowIndex {
            declared: self.declared,
            // What is in memory tells as well.
            places: self.places.filter(|_| runs.is_none()),
            digest: digest.unwrap_or_else(PoisonError::into_inner),
            sums,
            runs: runs.map(OnceLock::from).unwrap_or_default(),
            unsorted: Mutex::new(self.rows),
            sorted: OnceLock::new(),
        })
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn sort(rows: &mut [StagedRow]) {
    rows.par_sort_unstable_by_key(Keyed::order);
}

fn sums_of(rows: &[StagedRow], ranges: Ranges) -> RangeSums {
    let mut sums = RangeSums::new(ranges);
    for row in rows {
        sums.add(row.key, row.fingerprint);
    }
    sums
}

/// Rows on disk, in their order.
fn on_disk(rows: &[StagedRow]) -> Result<Sequence, Error> {
    let mut run = SequenceBuilder::new();
    for rows in rows.chunks(CHUNK) {
        let entries: Vec<Entry> = rows.iter().map(StagedRow::as_entry).collect();
        run.push_to_disk(&entries)?;
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
    /// Over all of them too, if they were kept.
    sums: Option<RangeSums>,
    /// Where the keys lie of rows that were forgotten, if that was kept.
    places: Option<Places>,
    /// Sorted, on disk. Unset if all rows were forgotten, until somebody wants them in order.
    runs: OnceLock<Vec<Sequence>>,
    /// What is in memory, until somebody wants it sorted.
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
    pub(super) async fn sums(&self, again: Again<'_>, ranges: Ranges) -> Result<RangeSums, Error> {
        if let Some(sums) = &self.sums {
            return Ok(sums.coarser(ranges));
        }
        let mut sums = RangeSums::new(ranges);
        let mut add = |rows: &[StagedRow]| {
            for row in rows {
                sums.add(row.key, row.fingerprint);
            }
        };
        let Some(runs) = self.runs.get() else {
            again.all(|rows| {
                add(&rows);
                Ok(())
            })?;
            return Ok(sums);
        };
        for run in runs {
            let mut chunks = rows_of(run)?;
            while let Some(chunk) = chunks.next().await {
                add(&chunk?);
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
        again: Again<'_>,
        ranges: Ranges,
        wanted: &RoaringBitmap,
        most: usize,
    ) -> Result<Option<Vec<StagedRow>>, Error> {
        // Faster to look up than the set that it is made of.
        let are_wanted: Vec<bool> = (0..=u16::MAX)
            .map(|place| wanted.contains(ranges.of_finest(place)))
            .collect();
        let is_wanted = |place: u16| are_wanted.get(usize::from(place)) == Some(&true);
        let has_wanted = |key: u128| is_wanted(Ranges::finest_of(key));
        let mut found = Vec::new();
        let Some(runs) = self.runs.get() else {
            let all = match &self.places {
                Some(places) => {
                    let pick = |number: usize, _: &RecordBatch| {
                        let places = places.get(number).map_or(&[][..], |places| places);
                        let wanted = (0..).zip(places).filter(|(_, place)| is_wanted(**place));
                        Ok(wanted.map(|(row, _)| row).collect())
                    };
                    again.those(pick, most, &mut found)?
                }
                None => {
                    let pick = |_, batch: &RecordBatch| again.rows_of(batch, has_wanted);
                    again.those(pick, most, &mut found)?
                }
            };
            if !all {
                return Ok(None);
            }
            sort(&mut found);
            return Ok(Some(found));
        };
        for run in runs {
            let mut chunks = rows_of(run)?;
            while let Some(chunk) = chunks.next().await {
                found.extend(chunk?.into_iter().filter(|row| has_wanted(row.key)));
                if found.len() > most {
                    return Ok(None);
                }
            }
        }
        self.in_memory(|rows| found.extend(rows.iter().filter(|row| has_wanted(row.key))));
        if found.len() > most {
            return Ok(None);
        }
        sort(&mut found);
        Ok(Some(found))
    }

    /// All rows sorted by key, and by position where keys are equal.
    pub(super) async fn merge(&self, again: Again<'_>) -> Result<Merge<StagedRow>, Error> {
        let on_disk = match self.runs.get() {
            Some(runs) => runs,
            None => {
                let runs = make_runs(again)?;
                self.runs.get_or_init(|| runs)
            }
        };
        let mut runs = Vec::with_capacity(on_disk.len() + 1);
        for run in on_disk {
            runs.push(rows_of(run)?);
        }
        let in_memory = self.sorted.get_or_init(|| {
            let mut rows = std::mem::take(&mut *locked(&self.unsorted));
            sort(&mut rows);
            Arc::new(rows)
        });
        runs.push(run_of(in_memory.clone()));
        Merge::new(runs).await
    }

    /// Looks at what is in memory.
    fn in_memory(&self, look: impl FnOnce(&[StagedRow])) {
        match self.sorted.get() {
            Some(sorted) => look(sorted),
            None => look(&locked(&self.unsorted)),
        }
    }
}

/// Sorted runs of rows that were forgotten.
fn make_runs(again: Again<'_>) -> Result<Vec<Sequence>, Error> {
    let mut rows = Sorter::new();
    again.all(|more| rows.push(more.iter().map(StagedRow::as_entry)))?;
    Ok(rows.finish())
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
