//! Brings entries in line with what other writers did to the table.
//!
//! A row that an entry describes is recognised by its key and row id together. A row that is
//! recognised keeps its owner, whatever its values are now. Any other row is foreign: ownership
//! is never guessed.

use arrow::{
    array::{AsArray, RecordBatch, UInt64Array},
    datatypes::UInt64Type,
    error::ArrowError,
};
use futures::TryStreamExt;
use lance::dataset::{ROW_ID, rowids::get_row_id_index};
use rayon::slice::ParallelSliceMut;
use roaring::RoaringTreemap;

use super::{
    State,
    entries::{Entry, FOREIGN},
    layered::{Entries, EntryChunks},
};
use crate::{
    contain::contained,
    error::{Error, StorageContext},
    merge::{Chunks, Reader},
    sequence::{Sequence, SequenceBuilder},
    sort::Sorter,
    table::{StoredHasher, StoredTable},
};

/// How much of a table has to be looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Extent {
    /// Nothing.
    #[default]
    Nothing,
    /// Rows that were written after a version, and whether all others are still there.
    Since(u64),
    /// All rows.
    Everything,
}

impl Extent {
    /// Widens the extent to what happened after `version`.
    pub(super) fn and_since(self, version: u64) -> Self {
        match self {
            Self::Nothing => Self::Since(version),
            Self::Since(earlier) => Self::Since(earlier.min(version)),
            Self::Everything => Self::Everything,
        }
    }
}

/// What has to change in `entries_before` so that they describe `table`, sorted.
///
/// `candidates` come from delta files whose transactions were pruned: they give an owner to a
/// row with the same key and row id that no entry describes.
pub(super) async fn changes(
    table: &StoredTable,
    hasher: &StoredHasher,
    entries_before: &Entries,
    candidates: &Entries,
    extent: Extent,
) -> Result<Sequence, Error> {
    let found = scan(table, hasher, extent).await?;
    let mut candidates = candidates.read().await?;
    let mut rows = found.rows.read().await?;
    let mut changes = SequenceBuilder::new();
    let mut before = entries_before.chunks().await?;
    while let Some(chunk) = before.next_chunk().await? {
        let (mut changed, mut unseen) = (Vec::new(), Vec::new());
        for entry in chunk {
            while let Some(row) = rows.peek().await?
                && row.identity() < entry.identity()
            {
                rows.advance();
                changed.push(owned(row, &mut candidates).await?);
            }
            match rows.peek().await? {
                Some(row) if row.identity() == entry.identity() => {
                    rows.advance();
                    if row.fingerprint != entry.fingerprint {
                        let fingerprint = row.fingerprint;
                        changed.push(Entry {
                            fingerprint,
                            ..entry
                        });
                    }
                }
                _ => unseen.push(entry),
            }
        }
        if let Extent::Since(_) = extent {
            unseen = found.gone(table, unseen).await?;
        }
        changed.extend(unseen.into_iter().map(Entry::removal));
        changed.par_sort_unstable_by_key(Entry::identity);
        for entry in changed {
            changes.push(entry)?;
        }
    }
    while let Some(row) = rows.peek().await? {
        rows.advance();
        changes.push(owned(row, &mut candidates).await?)?;
    }
    changes.finish()
}

/// A row that no entry describes, with the owner that a candidate gives it. Rows come in their order.
async fn owned(row: Entry, candidates: &mut Reader<Entry, EntryChunks>) -> Result<Entry, Error> {
    let candidate = candidates.find(&row).await?;
    Ok(Entry {
        owner: candidate.map_or(FOREIGN, |candidate| candidate.owner),
        ..row
    })
}

/// Rows of a table that lie in an extent.
struct Found {
    /// As foreign entries.
    rows: Entries,
    row_ids: RoaringTreemap,
}

impl Found {
    /// Those of `entries` whose rows are not in the table any more, or have another key there: none
    /// of them was found as it was.
    async fn gone(&self, table: &StoredTable, entries: Vec<Entry>) -> Result<Vec<Entry>, Error> {
        let action = "find its rows";
        let index = get_row_id_index(&table.dataset)
            .await
            .storage(table.subject(), action)?
            .ok_or_else(|| Error::DamagedState {
                table: table.label(),
                problem: "the table has no stable row ids any more".to_owned(),
            })?;
        let row_ids: Vec<u64> = entries.iter().map(|entry| entry.row_id).collect();
        let addresses = index.get_many(&row_ids).storage(table.subject(), action)?;
        let entries = entries.into_iter().zip(addresses);
        Ok(entries
            .filter(|(entry, address)| address.is_none() || self.row_ids.contains(entry.row_id))
            .map(|(entry, _)| entry)
            .collect())
    }
}

/// The rows of the table that lie in the extent.
async fn scan(table: &StoredTable, hasher: &StoredHasher, extent: Extent) -> Result<Found, Error> {
    let action = "read what other writers changed";
    let mut scan = table.dataset.scan();
    scan.project(&hasher.columns)
        .storage(table.subject(), action)?;
    scan.with_row_id();
    if let Extent::Since(version) = extent {
        scan.filter(&format!("_row_last_updated_at_version > {version}"))
            .storage(table.subject(), action)?;
    }
    let mut batches = contained(scan.try_into_stream())
        .await
        .storage(table.subject(), action)?;
    let (mut rows, mut row_ids) = (Sorter::new(), RoaringTreemap::new());
    while let Some(batch) = contained(batches.try_next())
        .await
        .storage(table.subject(), action)?
    {
        let hashes = hasher.hasher.hash(&batch);
        let hashes = hashes.storage(table.subject(), action)?;
        let ids = row_ids_of(&batch)
            .storage(table.subject(), action)?
            .values();
        if let Extent::Since(_) = extent {
            row_ids.extend(ids.iter().copied());
        }
        let hashes = hashes.keys.into_iter().zip(hashes.fingerprints);
        let entries = ids.iter().zip(hashes);
        rows.push(entries.map(|(row_id, (key, fingerprint))| Entry {
            key,
            fingerprint,
            row_id: *row_id,
            owner: FOREIGN,
        }))?;
    }
    Ok(Found {
        rows: Entries::of(rows.finish()),
        row_ids,
    })
}

/// The row ids of a batch that was read with them.
pub(super) fn row_ids_of(batch: &RecordBatch) -> Result<&UInt64Array, ArrowError> {
    batch
        .column_by_name(ROW_ID)
        .and_then(|column| column.as_primitive_opt::<UInt64Type>())
        .ok_or_else(|| ArrowError::SchemaError("a scan without row ids".to_owned()))
}

impl State {
    /// The owner of a row that has no value in the column and does not belong to `except`.
    pub(crate) async fn owner_of_null(
        &self,
        table: &StoredTable,
        column: &str,
        except: u32,
    ) -> Result<Option<u32>, Error> {
        let action = "look for rows without a value";
        let mut scan = table.dataset.scan();
        scan.project(&[column]).storage(table.subject(), action)?;
        scan.with_row_id();
        let mut batches = scan
            .try_into_stream()
            .await
            .storage(table.subject(), action)?;
        let mut without = RoaringTreemap::new();
        while let Some(batch) = batches.try_next().await.storage(table.subject(), action)? {
            let Some(values) = batch.column_by_name(column) else {
                continue;
            };
            let row_ids = row_ids_of(&batch).storage(table.subject(), action)?;
            if let Some(nulls) = values.logical_nulls() {
                let rows = row_ids.values().iter().zip(nulls.iter());
                without.extend(rows.filter(|(_, valid)| !valid).map(|(id, _)| *id));
            }
        }
        let mut chunks = self.entries.chunks().await?;
        while let Some(chunk) = chunks.next_chunk().await? {
            let found = chunk
                .iter()
                .find(|entry| entry.owner != except && without.contains(entry.row_id));
            if let Some(entry) = found {
                return Ok(Some(entry.owner));
            }
        }
        Ok(None)
    }
}
