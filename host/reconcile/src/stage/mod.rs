//! Keeps declared rows until the diff knows which of them have to be written.
//!
//! Rows stay in the columns in which they arrived: in memory up to a bound that all tables of a
//! run share, beyond it in an Arrow IPC file; of a large new table all are in the file. Beside them
//! stands an [`index`] of key hash, fingerprint and position. Both grow on a thread of their own
//! while the pipeline runs ([`Stager`]), and the rows of a table that does not exist yet are written
//! [`ahead`].

mod again;
mod ahead;
mod index;
mod select;
mod stager;
#[cfg(test)]
mod tests;
mod unique;

use std::{
    fs::File,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use arrow::{
    datatypes::SchemaRef,
    error::ArrowError,
    record_batch::RecordBatch,
    util::display::{ArrayFormatter, FormatOptions},
};
use roaring::{RoaringBitmap, RoaringTreemap};

use crate::{
    declare::DeclaredTable,
    error::Error,
    hash::RowHasher,
    merge::{Chunks, Merge, Reader, run_of},
    ranges::{RangeSums, Ranges},
    spill,
};

use again::Again;
pub(crate) use ahead::{Ahead, Start};
pub(crate) use index::{RowIndex, StagedRow};
pub(crate) use select::{Kept, Selection};
pub(crate) use stager::{NewTable, Stager};
pub(crate) use unique::{Unique, UniqueChunks, UniqueRows};

/// All rows that were declared for a table.
#[derive(Debug)]
pub(crate) struct StagedRows {
    /// `DATABASE/TABLE`.
    label: String,
    primary_key: Vec<String>,
    hasher: RowHasher,
    index: RowIndex,
    unique: OnceLock<Unique>,
    batches: Batches,
    ahead: Mutex<Option<Ahead>>,
}

impl StagedRows {
    fn again(&self) -> Again<'_> {
        Again {
            batches: &self.batches,
            hasher: &self.hasher,
        }
    }

    /// The key of the row at `position`, for a message.
    fn key_text(&self, position: u64) -> Result<String, Error> {
        self.batches.key_text(position, &self.primary_key)
    }
}

/// A declared table with all its rows.
#[derive(Debug)]
pub(crate) struct Staged {
    pub(crate) declared: DeclaredTable,
    rows: Arc<StagedRows>,
}

impl Staged {
    pub(crate) fn new(declared: DeclaredTable, rows: StagedRows) -> Self {
        Self {
            declared,
            rows: Arc::new(rows),
        }
    }

    /// The index of the rows as they were declared.
    pub(crate) fn index(&self) -> &RowIndex {
        &self.rows.index
    }

    /// What is known of the rows once all of them have been read.
    ///
    /// # Errors
    /// [`Error::DuplicateKey`] if a key was declared with two values.
    pub(crate) async fn unique(&self) -> Result<&Unique, Error> {
        if self.rows.unique.get().is_none() {
            let mut chunks = self.chunks().await?;
            while chunks.next_chunk().await?.is_some() {}
        }
        let index = &self.rows.index;
        let nothing_repeated = || Unique {
            digest: index.digest(),
            repeated: RoaringTreemap::new(),
        };
        Ok(self.rows.unique.get_or_init(nothing_repeated))
    }

    /// For each range of keys, a sum over all rows declared in it.
    pub(crate) async fn sums(&self, ranges: Ranges) -> Result<RangeSums, Error> {
        self.rows.index.sums(self.rows.again(), ranges).await
    }

    /// Reads the index, sorted by key, one row for each key.
    pub(crate) async fn read(&self) -> Result<UniqueRows, Error> {
        Ok(Reader::new(self.chunks().await?))
    }

    /// Reads the part of the index in some ranges of keys, sorted by key, one row for each key, and
    /// tells how many rows were declared there; none if they are more than `most`. In all other ranges
    /// no key was declared twice.
    pub(crate) async fn read_in(
        &self,
        ranges: Ranges,
        wanted: &RoaringBitmap,
        most: usize,
    ) -> Result<Option<(UniqueRows, u64)>, Error> {
        let (index, again) = (&self.rows.index, self.rows.again());
        let Some(rows) = index.rows_in(again, ranges, wanted, most).await? else {
            return Ok(None);
        };
        let count = rows.len() as u64;
        let merge = Merge::new(vec![run_of(Arc::new(rows))]).await?;
        let chunks = UniqueChunks::of(self.rows.clone(), merge);
        Ok(Some((Reader::new(chunks), count)))
    }

    /// Reads the index in chunks, sorted by key, one row for each key.
    pub(crate) async fn chunks(&self) -> Result<UniqueChunks, Error> {
        UniqueChunks::new(self.rows.clone()).await
    }

    /// What was written of the rows while the pipeline ran, if anything was, for whoever asks
    /// first.
    pub(crate) fn take_ahead(&self) -> Option<Ahead> {
        let ahead = self.rows.ahead.lock();
        ahead.unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The selected rows, with their columns in the order of `schema`. Columns that are not
    /// declared come from `kept`.
    pub(crate) fn select(
        &self,
        selection: Selection,
        schema: &SchemaRef,
        kept: Option<Kept>,
    ) -> Result<impl Iterator<Item = Result<RecordBatch, ArrowError>> + Send + use<>, Error> {
        let batches = self.rows.batches.all()?.to_vec();
        let declared = self.declared.schema.clone();
        Ok(select::select(
            batches,
            declared,
            selection,
            schema.clone(),
            kept,
        ))
    }

    /// The key of the row at `position`, for a message.
    pub(crate) fn key_text(&self, position: u64) -> Result<String, Error> {
        self.rows.key_text(position)
    }
}

/// Batches in the order of declaration.
#[derive(Debug)]
struct Batches {
    in_memory: Vec<RecordBatch>,
    /// Those that follow them.
    spilled: Option<File>,
    all: OnceLock<Vec<RecordBatch>>,
}

impl Batches {
    fn new(in_memory: Vec<RecordBatch>, spilled: Option<File>) -> Self {
        Self {
            in_memory,
            spilled,
            all: OnceLock::new(),
        }
    }

    /// All of them. What was spilled takes no memory: it is read where something looks at it.
    fn all(&self) -> Result<&[RecordBatch], Error> {
        let Some(file) = &self.spilled else {
            return Ok(&self.in_memory);
        };
        if let Some(all) = self.all.get() {
            return Ok(all);
        }
        let mut all = self.in_memory.clone();
        for batch in spill::read(file)? {
            all.push(batch.map_err(spill::staging)?);
        }
        Ok(self.all.get_or_init(|| all))
    }

    fn key_text(&self, position: u64, primary_key: &[String]) -> Result<String, Error> {
        let mut first = 0u64;
        for batch in self.all()? {
            let end = first + batch.num_rows() as u64;
            if position < end {
                let row = usize::try_from(position - first).unwrap_or_default();
                return Ok(describe_key(batch, row, primary_key));
            }
            first = end;
        }
        Ok("of an unknown row".to_owned())
    }
}

impl Drop for Batches {
    fn drop(&mut self) {
        let Some(file) = self.spilled.take() else {
            return;
        };
        let all = self.all.take();
        // To give the pages of a large file back takes a while, and nobody has to wait for it. If there
        // is no thread for it, it happens here.
        let close = move || drop((all, file));
        let _ = std::thread::Builder::new()
            .name("close".to_owned())
            .spawn(close);
    }
}

/// `column = value` for each key column; long values are cut.
pub(crate) fn describe_key(batch: &RecordBatch, row: usize, primary_key: &[String]) -> String {
    const LONGEST: usize = 80;
    let options = FormatOptions::default().with_null("null");
    let parts = primary_key.iter().filter_map(|name| {
        let column = batch.column_by_name(name)?;
        let formatter = ArrayFormatter::try_new(column.as_ref(), &options).ok()?;
        let text = formatter.value(row).to_string();
        let short: String = text.chars().take(LONGEST).collect();
        let dots = if short.len() < text.len() { "…" } else { "" };
        Some(format!("{name} = {short:?}{dots}"))
    });
    parts.collect::<Vec<_>>().join(", ")
}
