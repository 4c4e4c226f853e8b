//! Keeps declared rows until the diff knows which of them have to be written.
//!
//! Rows stay in the columns in which they arrived: in memory up to a bound that all tables of a
//! run share, beyond it in an Arrow IPC file. Beside them stands an index of key hash,
//! fingerprint and position, which is all that the diff looks at.

#[cfg(test)]
mod tests;

use std::{
    fs::File,
    io::{self, BufReader},
    sync::Arc,
};

use arrow::{
    array::{ArrayRef, BooleanArray, UInt64Array, new_null_array},
    compute::{CastOptions, cast_with_options, filter_record_batch, take, take_record_batch},
    datatypes::{Field, SchemaRef},
    error::ArrowError,
    ipc::{reader::StreamReader, writer::StreamWriter},
    record_batch::RecordBatch,
    util::display::{ArrayFormatter, FormatOptions},
};

use crate::{
    declare::DeclaredTable,
    error::{Error, StorageContext},
    hash::{Digest, RowHasher},
};

/// Memory and disk that the staged tables of a run share.
#[derive(Debug)]
pub(crate) struct StagingArea {
    free: usize,
}

impl StagingArea {
    /// `memory` is in bytes.
    pub(crate) fn new(memory: usize) -> Self {
        Self { free: memory }
    }

    /// Whether a batch may stay in memory.
    fn reserve(&mut self, bytes: usize) -> bool {
        match self.free.checked_sub(bytes) {
            Some(free) => {
                self.free = free;
                true
            }
            None => false,
        }
    }
}

/// One declared row, as the diff sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StagedRow {
    pub(crate) key: u128,
    pub(crate) fingerprint: u128,
    /// Among all rows declared for the table, from 0.
    pub(crate) position: u64,
}

/// A declared table that still takes rows.
#[derive(Debug)]
pub(crate) struct StagedTable {
    declared: DeclaredTable,
    hasher: RowHasher,
    rows: Vec<StagedRow>,
    in_memory: Vec<RecordBatch>,
    spill: Option<Spill>,
}

/// A declared table with all its rows.
#[derive(Debug)]
pub(crate) struct Staged {
    pub(crate) declared: DeclaredTable,
    /// Sorted by key, one for each key.
    pub(crate) rows: Vec<StagedRow>,
    /// Over all rows.
    pub(crate) digest: Digest,
    batches: Batches,
}

impl StagedTable {
    pub(crate) fn new(declared: DeclaredTable, hasher: RowHasher) -> Self {
        Self {
            declared,
            hasher,
            rows: Vec::new(),
            in_memory: Vec::new(),
            spill: None,
        }
    }

    pub(crate) fn declared(&self) -> &DeclaredTable {
        &self.declared
    }

    pub(crate) fn declared_mut(&mut self) -> &mut DeclaredTable {
        &mut self.declared
    }

    pub(crate) fn push(&mut self, batch: RecordBatch, area: &mut StagingArea) -> Result<(), Error> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let label = self.declared.label();
        let hashes = self
            .hasher
            .hash(&batch)
            .storage(format!("table {label}"), "hash declared rows")?;
        let first = u64::try_from(self.rows.len()).unwrap_or(u64::MAX);
        self.rows.extend(
            hashes
                .keys
                .into_iter()
                .zip(hashes.fingerprints)
                .zip(first..)
                .map(|((key, fingerprint), position)| StagedRow {
                    key,
                    fingerprint,
                    position,
                }),
        );
        // Once one batch went to disk all later ones follow, so that the order stays.
        if self.spill.is_none() && area.reserve(batch.get_array_memory_size()) {
            self.in_memory.push(batch);
            return Ok(());
        }
        let spill = match &mut self.spill {
            Some(spill) => spill,
            None => self.spill.insert(Spill::create(&self.declared.schema)?),
        };
        spill.writer.write(&batch).map_err(staging)
    }

    /// Sorts the rows and checks that no key was declared with two values.
    pub(crate) fn finish(mut self) -> Result<Staged, Error> {
        let batches = Batches {
            in_memory: self.in_memory,
            spilled: self.spill.map(Spill::finish).transpose()?,
        };
        // By position too, so that the first of equal rows is kept.
        self.rows
            .sort_unstable_by_key(|row| (row.key, row.position));
        let conflict = self.rows.windows(2).find_map(|pair| match pair {
            [a, b] if a.key == b.key && a.fingerprint != b.fingerprint => Some((*a, *b)),
            _ => None,
        });
        if let Some((first, second)) = conflict {
            return Err(Error::DuplicateKey {
                table: self.declared.label(),
                key: batches.key_text(first.position, &self.declared.primary_key)?,
                first: first.position,
                first_scope: ROOT_SCOPE_NAME.to_owned(),
                second: second.position,
                second_scope: ROOT_SCOPE_NAME.to_owned(),
            });
        }
        self.rows.dedup_by_key(|row| row.key);
        let mut digest = Digest::default();
        for row in &self.rows {
            digest.add(row.key, row.fingerprint);
        }
        Ok(Staged {
            declared: self.declared,
            rows: self.rows,
            digest,
            batches,
        })
    }
}

/// How messages name the scope that rows are declared in when a pipeline opens none.
const ROOT_SCOPE_NAME: &str = "/";

impl Staged {
    /// The rows at `positions` (ascending), with their columns in the order of `schema`. Columns
    /// that are not declared come from `kept`.
    pub(crate) fn select(
        &self,
        positions: Arc<Vec<u64>>,
        schema: &SchemaRef,
        kept: Option<Kept>,
    ) -> Result<impl Iterator<Item = Result<RecordBatch, ArrowError>> + Send + 'static, Error> {
        let declared = self.declared.schema.clone();
        let schema = schema.clone();
        let mut first = 0u64;
        let mut next = 0usize;
        Ok(self.batches.read()?.filter_map(move |batch| {
            let batch = match batch {
                Ok(batch) => batch,
                Err(error) => return Some(Err(error)),
            };
            let end = first + batch.num_rows() as u64;
            let rest = positions.get(next..).unwrap_or_default();
            let here = rest
                .get(..rest.partition_point(|position| *position < end))
                .unwrap_or_default();
            next += here.len();
            let selected = pick(&batch, here, first);
            first = end;
            let ordered = selected.and_then(|batch| {
                let mut arrays = Vec::with_capacity(schema.fields().len());
                for field in schema.fields() {
                    let declared = declared.index_of(field.name()).ok();
                    arrays.push(match (declared, &kept) {
                        (Some(index), _) => renamed(batch.column(index), field)?,
                        (None, Some(kept)) => kept.column(field, here)?,
                        (None, None) => new_null_array(field.data_type(), here.len()),
                    });
                }
                RecordBatch::try_new(schema.clone(), arrays)
            });
            match ordered {
                Ok(batch) if batch.num_rows() == 0 => None,
                other => Some(other),
            }
        }))
    }

    /// The key of the row at `position`, for a message.
    pub(crate) fn key_text(&self, position: u64) -> Result<String, Error> {
        self.batches.key_text(position, &self.declared.primary_key)
    }
}

/// Values of columns that the pipeline does not declare, for rows that it updates: they stay.
#[derive(Debug)]
pub(crate) struct Kept {
    /// Of the declared rows, ascending.
    pub(crate) positions: Vec<u64>,
    /// Their stored values, in the same order.
    pub(crate) values: RecordBatch,
}

impl Kept {
    /// The values of a column for the declared rows at `positions`; null for new rows.
    fn column(&self, field: &Field, positions: &[u64]) -> Result<ArrayRef, ArrowError> {
        let Some(values) = self.values.column_by_name(field.name()) else {
            return Ok(new_null_array(field.data_type(), positions.len()));
        };
        let indices: UInt64Array = positions
            .iter()
            .map(|position| self.positions.binary_search(position).ok())
            .map(|index| index.and_then(|index| u64::try_from(index).ok()))
            .collect();
        take(values, &indices, None)
    }
}

/// A declared column as the table stores it, which may have other names for the items of its lists.
fn renamed(column: &ArrayRef, field: &Field) -> Result<ArrayRef, ArrowError> {
    let exact = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    cast_with_options(column, field.data_type(), &exact)
}

/// The rows of a batch that lie at `positions`, the first row being at `first`.
fn pick(batch: &RecordBatch, positions: &[u64], first: u64) -> Result<RecordBatch, ArrowError> {
    if positions.len() == batch.num_rows() {
        return Ok(batch.clone());
    }
    if positions.len() * 8 < batch.num_rows() {
        let indices =
            UInt64Array::from_iter_values(positions.iter().map(|position| position - first));
        return take_record_batch(batch, &indices);
    }
    let mut positions = positions.iter().peekable();
    let rows = first..first + batch.num_rows() as u64;
    let mask: BooleanArray = rows
        .map(|row| Some(positions.next_if(|position| **position == row).is_some()))
        .collect();
    filter_record_batch(batch, &mask)
}

/// Batches in the order of declaration.
#[derive(Debug)]
struct Batches {
    in_memory: Vec<RecordBatch>,
    spilled: Option<File>,
}

impl Batches {
    fn read(
        &self,
    ) -> Result<impl Iterator<Item = Result<RecordBatch, ArrowError>> + Send + 'static, Error> {
        let spilled = match &self.spilled {
            Some(file) => Some(StreamReader::try_new(reopen(file)?, None).map_err(staging)?),
            None => None,
        };
        let in_memory = self.in_memory.clone();
        Ok(in_memory
            .into_iter()
            .map(Ok)
            .chain(spilled.into_iter().flatten()))
    }

    fn key_text(&self, position: u64, primary_key: &[String]) -> Result<String, Error> {
        let mut first = 0u64;
        for batch in self.read()? {
            let batch = batch.map_err(staging)?;
            let end = first + batch.num_rows() as u64;
            if position < end {
                let row = usize::try_from(position - first).unwrap_or_default();
                return Ok(describe_key(&batch, row, primary_key));
            }
            first = end;
        }
        Ok("of an unknown row".to_owned())
    }
}

/// `column = value` for each key column; long values are cut.
fn describe_key(batch: &RecordBatch, row: usize, primary_key: &[String]) -> String {
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

/// Batches on disk, in a file that disappears with the process.
struct Spill {
    file: File,
    writer: StreamWriter<io::BufWriter<File>>,
}

impl std::fmt::Debug for Spill {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spill")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

impl Spill {
    fn create(schema: &SchemaRef) -> Result<Self, Error> {
        let file = tempfile::tempfile().map_err(Error::Staging)?;
        let clone = file.try_clone().map_err(Error::Staging)?;
        let writer = StreamWriter::try_new_buffered(clone, schema).map_err(staging)?;
        Ok(Self { file, writer })
    }

    fn finish(mut self) -> Result<File, Error> {
        self.writer.finish().map_err(staging)?;
        Ok(self.file)
    }
}

/// A reader of its own over a spilled file, from its beginning.
fn reopen(file: &File) -> Result<BufReader<PositionedFile>, Error> {
    let file = file.try_clone().map_err(Error::Staging)?;
    Ok(BufReader::with_capacity(
        1 << 20,
        PositionedFile { file, position: 0 },
    ))
}

/// Reads at its own position: handles of the same file share theirs.
struct PositionedFile {
    file: File,
    position: u64,
}

impl io::Read for PositionedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = std::os::unix::fs::FileExt::read_at(&self.file, buffer, self.position)?;
        self.position += read as u64;
        Ok(read)
    }
}

fn staging(error: ArrowError) -> Error {
    Error::Staging(match error {
        ArrowError::IoError(_, source) => source,
        other => io::Error::other(other),
    })
}
