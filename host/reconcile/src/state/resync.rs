//! Brings entries in line with what other writers did to the table.
//!
//! A row that an entry describes is recognised by its key and row id together. A row that is
//! recognised keeps its owner, whatever its values are now. Any other row is foreign: ownership
//! is never guessed.

use arrow::{array::AsArray, datatypes::UInt64Type, error::ArrowError};
use futures::TryStreamExt;
use lance::dataset::{ROW_ID, rowids::get_row_id_index};
use rayon::slice::ParallelSliceMut;

use super::{
    State,
    entries::{self, Entry, FOREIGN},
    layered::Entries,
};
use crate::{
    contain::contained,
    error::{Error, StorageContext},
    merge::Chunks,
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

/// What has to change in `entries_before` so that they describe `table`.
///
/// `candidates` come from delta files whose transactions were pruned: they give an owner to a
/// row with the same key and row id that no entry describes.
pub(super) async fn changes(
    table: &StoredTable,
    hasher: &StoredHasher,
    entries_before: &Entries,
    candidates: Vec<Entry>,
    extent: Extent,
) -> Result<Vec<Entry>, Error> {
    let candidates = entries::latest(candidates);
    let found = scan(table, hasher, extent).await?;
    let mut described = vec![false; found.len()];
    let mut changes = Vec::new();
    let mut before = entries_before.chunks().await?;
    while let Some(chunk) = before.next_chunk().await? {
        let mut unseen = Vec::new();
        for entry in chunk {
            let Ok(index) = found.binary_search_by_key(&entry.row_id, |row| row.row_id) else {
                unseen.push(entry);
                continue;
            };
            let (Some(row), Some(described)) = (found.get(index), described.get_mut(index)) else {
                continue;
            };
            if row.key != entry.key {
                // Its key was changed: what was here is gone, what is there now is foreign.
                changes.push(entry.removal());
                continue;
            }
            *described = true;
            if row.fingerprint != entry.fingerprint {
                changes.push(Entry {
                    fingerprint: row.fingerprint,
                    ..entry
                });
            }
        }
        match extent {
            Extent::Nothing => {}
            Extent::Everything => changes.extend(unseen.into_iter().map(Entry::removal)),
            Extent::Since(_) => changes.extend(dead(table, unseen).await?.map(Entry::removal)),
        }
    }
    for (row, described) in found.into_iter().zip(described) {
        if !described {
            let owner = candidates
                .binary_search_by_key(&row.identity(), Entry::identity)
                .ok()
                .and_then(|index| candidates.get(index))
                .filter(|candidate| !candidate.is_removal())
                .map_or(FOREIGN, |candidate| candidate.owner);
            changes.push(Entry { owner, ..row });
        }
    }
    Ok(changes)
}

/// The rows of the table that lie in the extent, as foreign entries, sorted by row id.
async fn scan(
    table: &StoredTable,
    hasher: &StoredHasher,
    extent: Extent,
) -> Result<Vec<Entry>, Error> {
    let action = "read what other writers changed";
    let mut scan = table.dataset.scan();
    scan.project(&hasher.columns)
        .storage(table.subject(), action)?;
    scan.with_row_id();
    if let Extent::Since(version) = extent {
        scan.filter(&format!("_row_last_updated_at_version > {version}"))
            .storage(table.subject(), action)?;
    }
    let found = contained(async {
        let mut batches = scan.try_into_stream().await?;
        let mut found = Vec::new();
        while let Some(batch) = batches.try_next().await? {
            let hashes = hasher.hasher.hash(&batch)?;
            let row_ids = batch
                .column_by_name(ROW_ID)
                .and_then(|column| column.as_primitive_opt::<UInt64Type>())
                .ok_or_else(|| ArrowError::SchemaError("a scan without row ids".to_owned()))?;
            found.extend(
                row_ids
                    .values()
                    .iter()
                    .zip(hashes.keys)
                    .zip(hashes.fingerprints)
                    .map(|((row_id, key), fingerprint)| Entry {
                        key,
                        fingerprint,
                        row_id: *row_id,
                        owner: FOREIGN,
                    }),
            );
        }
        Ok(found)
    });
    let mut found = found.await.storage(table.subject(), action)?;
    found.par_sort_unstable_by_key(|row| row.row_id);
    Ok(found)
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
        let mut without = Vec::new();
        while let Some(batch) = batches.try_next().await.storage(table.subject(), action)? {
            let (Some(values), Some(row_ids)) = (
                batch.column_by_name(column),
                batch
                    .column_by_name(ROW_ID)
                    .and_then(|ids| ids.as_primitive_opt::<UInt64Type>()),
            ) else {
                continue;
            };
            if let Some(nulls) = values.logical_nulls() {
                let rows = row_ids.values().iter().zip(nulls.iter());
                without.extend(rows.filter(|(_, valid)| !valid).map(|(id, _)| *id));
            }
        }
        without.sort_unstable();
        let mut chunks = self.entries.chunks().await?;
        while let Some(chunk) = chunks.next_chunk().await? {
            let found = chunk.iter().find(|entry| {
                entry.owner != except && without.binary_search(&entry.row_id).is_ok()
            });
            if let Some(entry) = found {
                return Ok(Some(entry.owner));
            }
        }
        Ok(None)
    }
}

/// Those of `entries` whose rows are gone.
async fn dead(
    table: &StoredTable,
    entries: Vec<Entry>,
) -> Result<impl Iterator<Item = Entry>, Error> {
    let index = get_row_id_index(&table.dataset)
        .await
        .storage(table.subject(), "find its rows")?
        .ok_or_else(|| Error::DamagedState {
            table: table.label(),
            problem: "the table has no stable row ids any more".to_owned(),
        })?;
    let row_ids: Vec<u64> = entries.iter().map(|entry| entry.row_id).collect();
    let addresses = index
        .get_many(&row_ids)
        .storage(table.subject(), "find its rows")?;
    Ok(entries
        .into_iter()
        .zip(addresses)
        .filter(|(_, address)| address.is_none())
        .map(|(entry, _)| entry))
}
