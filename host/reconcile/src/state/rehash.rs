//! Brings the hashes of entries in line with a change of columns.
//!
//! A hash is a sum over columns, so only the columns that come, go or change their type are read,
//! and no row has to be hashed as a whole.

use std::collections::BTreeSet;

use arrow::{
    array::{Array, ArrayRef, RecordBatch},
    compute::{CastOptions, cast_with_options, kernels::cmp::not_distinct},
    error::ArrowError,
};
use futures::TryStreamExt;

use super::{entries::Entry, layered::Entries, resync::row_ids_of};
use crate::{
    error::{Error, StorageContext},
    hash,
    merge::Chunks,
    schema::Cast,
    sequence::Sequence,
    sort::Sorter,
    table::{StoredHasher, StoredTable},
};

/// Which columns the hashes gain, lose or see with another type.
#[derive(Debug)]
pub(crate) struct Rehash<'a> {
    /// The columns over which fingerprints are taken now.
    pub(crate) before: &'a BTreeSet<String>,
    /// The columns over which they are to be taken.
    pub(crate) after: &'a BTreeSet<String>,
    pub(crate) casts: &'a [Cast],
    pub(crate) primary_key: &'a [String],
    /// Whose rows may lose information in a cast, since they are declared anew.
    pub(crate) owner: u32,
}

/// How it went.
#[derive(Debug)]
pub(crate) enum Rehashed {
    /// No hash changes.
    Same,
    /// All entries, and sorted runs of those of them that changed, with removals of their former selves.
    Fits {
        entries: Box<Entries>,
        changes: Vec<Sequence>,
    },
    /// The values of a column cannot all be cast.
    DoesNotFit { column: String },
}

/// What the hashes of stored rows change by, sorted by the key and row id that the rows have now.
struct Shifts {
    /// Instead of a fingerprint what it changes by, instead of an owner whether all casts of the row
    /// are [`LOSSLESS`] or [`LOSSY`].
    fingerprints: Entries,
    /// Instead of a fingerprint the new key; none if no key changes.
    keys: Option<Entries>,
}

const LOSSLESS: u32 = 0;
const LOSSY: u32 = 1;

impl Rehash<'_> {
    /// Reads the columns concerned and rehashes all entries.
    pub(crate) async fn apply(
        &self,
        table: &StoredTable,
        entries: &Entries,
    ) -> Result<Rehashed, Error> {
        let columns = self.columns(table);
        if columns.is_empty() {
            return Ok(Rehashed::Same);
        }
        let action = "read the columns that change";
        let key = table.hasher(self.primary_key, &BTreeSet::new());
        let read: BTreeSet<&String> = columns.iter().chain(&key.columns).collect();
        let mut scan = table.dataset.scan();
        scan.project(&read.into_iter().collect::<Vec<_>>())
            .storage(table.subject(), action)?;
        scan.with_row_id();
        let mut batches = scan
            .try_into_stream()
            .await
            .storage(table.subject(), action)?;
        let mut fingerprints = Sorter::new();
        let mut keys = self.changes_keys().then(Sorter::new);
        while let Some(batch) = batches.try_next().await.storage(table.subject(), action)? {
            for column in &columns {
                if let Some(cast) = self.cast_of(column)
                    && let Some(values) = batch.column_by_name(column)
                    && cast_strictly(values, cast).is_err()
                {
                    return Ok(Rehashed::DoesNotFit {
                        column: column.clone(),
                    });
                }
            }
            let shift = self.shift(&batch, &key, &columns);
            let shift = shift.storage(table.subject(), action)?;
            fingerprints.push(shift.fingerprints)?;
            if let Some(keys) = &mut keys {
                keys.push(shift.keys)?;
            }
        }
        let shifts = Shifts {
            fingerprints: Entries::of(fingerprints.finish()),
            keys: keys.map(|keys| Entries::of(keys.finish())),
        };
        self.shifted(entries, &shifts).await
    }

    fn changes_keys(&self) -> bool {
        let mut casts = self.casts.iter();
        casts.any(|cast| self.primary_key.contains(&cast.column))
    }

    fn cast_of(&self, column: &str) -> Option<&Cast> {
        self.casts.iter().find(|cast| cast.column == column)
    }

    /// The stored columns that have to be read.
    fn columns(&self, table: &StoredTable) -> Vec<String> {
        let schema = table.schema();
        let names = schema.fields().iter().map(|field| field.name());
        names
            .filter(|name| {
                self.before.contains(*name) != self.after.contains(*name)
                    || self.cast_of(name).is_some()
            })
            .cloned()
            .collect()
    }

    /// What the hashes of the rows of a batch change by.
    fn shift(
        &self,
        batch: &RecordBatch,
        key: &StoredHasher,
        columns: &[String],
    ) -> Result<Shift, ArrowError> {
        let row_ids = row_ids_of(batch)?;
        let indexes = key.columns.iter().map(|name| batch.schema().index_of(name));
        let key_columns = batch.project(&indexes.collect::<Result<Vec<_>, _>>()?)?;
        let keys_now = key.hasher.hash_keys(&key_columns)?;
        let mut keys = keys_now.clone();
        let mut fingerprints = vec![0u128; keys.len()];
        let mut lossless = vec![true; keys.len()];
        for column in columns {
            let values = batch.column_by_name(column).ok_or_else(|| {
                ArrowError::SchemaError(format!("a scan without column {column:?}"))
            })?;
            let cast = match self.cast_of(column) {
                Some(cast) => Some(cast_strictly(values, cast)?),
                None => None,
            };
            let before = hash::contribution(column, values)?;
            let after = match &cast {
                Some(cast) => hash::contribution(column, cast)?,
                None => hash::contribution(column, values)?,
            };
            if self.before.contains(column) {
                change(&mut fingerprints, &before.values, u128::wrapping_sub);
            }
            if self.after.contains(column) {
                change(&mut fingerprints, &after.values, u128::wrapping_add);
            }
            if self.primary_key.contains(column) {
                change(&mut keys, &before.keys, u128::wrapping_sub);
                change(&mut keys, &after.keys, u128::wrapping_add);
            }
            if let Some(cast) = cast {
                for (lossless, same) in lossless.iter_mut().zip(survives(values, &cast)?) {
                    *lossless &= same;
                }
            }
        }
        let rows = || keys_now.iter().zip(row_ids.values());
        let with = |((key, row_id), fingerprint): ((&u128, &u64), u128)| Entry {
            key: *key,
            fingerprint,
            row_id: *row_id,
            owner: LOSSLESS,
        };
        let shifts = rows().zip(fingerprints).map(with).zip(lossless);
        let shifts = shifts.map(|(shift, lossless)| match lossless {
            true => shift,
            false => Entry {
                owner: LOSSY,
                ..shift
            },
        });
        Ok(Shift {
            fingerprints: shifts.collect(),
            keys: rows().zip(keys).map(with).collect(),
        })
    }

    async fn shifted(&self, entries: &Entries, shifts: &Shifts) -> Result<Rehashed, Error> {
        let mut chunks = entries.chunks().await?;
        let mut fingerprints = shifts.fingerprints.read().await?;
        let mut keys = match &shifts.keys {
            Some(keys) => Some(keys.read().await?),
            None => None,
        };
        let (mut changes, mut shifted) = (Sorter::new(), Sorter::new());
        while let Some(chunk) = chunks.next_chunk().await? {
            for entry in chunk {
                let Some(shift) = fingerprints.find(&entry).await? else {
                    shifted.push([entry])?;
                    continue;
                };
                if shift.owner == LOSSY && entry.owner != self.owner {
                    let column = self.casts.first().map(|cast| cast.column.clone());
                    return Ok(Rehashed::DoesNotFit {
                        column: column.unwrap_or_default(),
                    });
                }
                let key = match &mut keys {
                    Some(keys) => keys.find(&entry).await?.map(|shift| shift.fingerprint),
                    None => None,
                };
                let moved = Entry {
                    key: key.unwrap_or(entry.key),
                    fingerprint: entry.fingerprint.wrapping_add(shift.fingerprint),
                    ..entry
                };
                if moved != entry {
                    if moved.key != entry.key {
                        changes.push([entry.removal()])?;
                    }
                    changes.push([moved])?;
                }
                shifted.push([moved])?;
            }
        }
        Ok(Rehashed::Fits {
            entries: Box::new(Entries::of(shifted.finish())),
            changes: changes.finish(),
        })
    }
}

/// What the hashes of the rows of a batch change by.
struct Shift {
    fingerprints: Vec<Entry>,
    keys: Vec<Entry>,
}

fn change(hashes: &mut [u128], by: &[u128], how: fn(u128, u128) -> u128) {
    for (hash, by) in hashes.iter_mut().zip(by) {
        *hash = how(*hash, *by);
    }
}

/// The values as their new type; an error if one of them does not fit.
fn cast_strictly(values: &ArrayRef, cast: &Cast) -> Result<ArrayRef, ArrowError> {
    let options = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    cast_with_options(values, &cast.to, &options)
}

/// Which values are the same when they are cast back.
fn survives(values: &ArrayRef, cast: &ArrayRef) -> Result<Vec<bool>, ArrowError> {
    if values.data_type().is_nested() {
        // Comparisons of nested values are not vectorised; vectors only change their precision.
        let back = arrow::compute::cast(cast, values.data_type())?;
        let (values, back) = (values.to_data(), back.to_data());
        return Ok((0..values.len())
            .map(|row| values.slice(row, 1) == back.slice(row, 1))
            .collect());
    }
    let back = arrow::compute::cast(cast, values.data_type())?;
    let same = not_distinct(&back, values)?;
    Ok((0..same.len()).map(|row| same.value(row)).collect())
}
