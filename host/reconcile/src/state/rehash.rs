//! Brings the hashes of entries in line with a change of columns.
//!
//! A hash is a sum over columns, so only the columns that come, go or change their type are read,
//! and no row has to be hashed as a whole.

use std::collections::BTreeSet;

use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch},
    compute::{CastOptions, cast_with_options, kernels::cmp::not_distinct},
    datatypes::UInt64Type,
    error::ArrowError,
};
use futures::TryStreamExt;
use lance::dataset::ROW_ID;
use rayon::slice::ParallelSliceMut;

use super::{
    entries::{self, Entry},
    layered::Entries,
};
use crate::{
    error::{Error, StorageContext},
    hash,
    schema::Cast,
    table::StoredTable,
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
    /// All entries, and those of them that changed, with removals of their former selves.
    Fits {
        entries: Box<Entries>,
        changes: Vec<Entry>,
    },
    /// The values of a column cannot all be cast.
    DoesNotFit { column: String },
}

/// What a stored row's hashes change by.
struct Shift {
    row_id: u64,
    key: u128,
    fingerprint: u128,
    /// Whether a cast loses nothing.
    lossless: bool,
}

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
        let mut scan = table.dataset.scan();
        scan.project(&columns).storage(table.subject(), action)?;
        scan.with_row_id();
        let mut batches = scan
            .try_into_stream()
            .await
            .storage(table.subject(), action)?;
        let mut shifts = Vec::new();
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
            self.shift(&batch, &columns, &mut shifts)
                .storage(table.subject(), action)?;
        }
        shifts.par_sort_unstable_by_key(|shift| shift.row_id);
        self.shifted(&entries.all().await?, &shifts)
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

    fn shift(
        &self,
        batch: &RecordBatch,
        columns: &[String],
        shifts: &mut Vec<Shift>,
    ) -> Result<(), ArrowError> {
        let row_ids = batch
            .column_by_name(ROW_ID)
            .and_then(|column| column.as_primitive_opt::<UInt64Type>())
            .ok_or_else(|| ArrowError::SchemaError("a scan without row ids".to_owned()))?;
        let first = shifts.len();
        shifts.extend(row_ids.values().iter().map(|row_id| Shift {
            row_id: *row_id,
            key: 0,
            fingerprint: 0,
            lossless: true,
        }));
        let rows = shifts.get_mut(first..).unwrap_or_default();
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
            let is_key = self.primary_key.contains(column);
            let leaves = self.before.contains(column);
            let enters = self.after.contains(column);
            let hashes = before.values.iter().zip(&after.values);
            let keys = before.keys.iter().zip(&after.keys);
            for ((row, (old, new)), (old_key, new_key)) in rows.iter_mut().zip(hashes).zip(keys) {
                if leaves {
                    row.fingerprint = row.fingerprint.wrapping_sub(*old);
                }
                if enters {
                    row.fingerprint = row.fingerprint.wrapping_add(*new);
                }
                if is_key {
                    row.key = row.key.wrapping_sub(*old_key).wrapping_add(*new_key);
                }
            }
            if let Some(cast) = cast {
                for (row, same) in rows.iter_mut().zip(survives(values, &cast)?) {
                    row.lossless &= same;
                }
            }
        }
        Ok(())
    }

    fn shifted(&self, entries: &[Entry], shifts: &[Shift]) -> Result<Rehashed, Error> {
        let mut changes = Vec::new();
        let mut shifted = Vec::with_capacity(entries.len());
        for entry in entries {
            let shift = shifts
                .binary_search_by_key(&entry.row_id, |shift| shift.row_id)
                .ok()
                .and_then(|index| shifts.get(index));
            let Some(shift) = shift else {
                shifted.push(*entry);
                continue;
            };
            if !shift.lossless && entry.owner != self.owner {
                let column = self.casts.first().map(|cast| cast.column.clone());
                return Ok(Rehashed::DoesNotFit {
                    column: column.unwrap_or_default(),
                });
            }
            let moved = Entry {
                key: entry.key.wrapping_add(shift.key),
                fingerprint: entry.fingerprint.wrapping_add(shift.fingerprint),
                ..*entry
            };
            if moved != *entry {
                if moved.key != entry.key {
                    changes.push(entry.removal());
                }
                changes.push(moved);
            }
            shifted.push(moved);
        }
        Ok(Rehashed::Fits {
            entries: Box::new(Entries::of(entries::latest(shifted))),
            changes,
        })
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
