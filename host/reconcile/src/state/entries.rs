//! One entry for each live row of a table, and the Arrow form in which entries are stored.

use std::sync::{Arc, LazyLock};

use arrow::{
    array::{Array, AsArray, FixedSizeBinaryArray, RecordBatch, UInt32Array, UInt64Array},
    buffer::Buffer,
    datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type, UInt64Type},
    error::ArrowError,
};

use crate::merge::Keyed;

/// The owner of rows that no pipeline declared.
pub(crate) const FOREIGN: u32 = 0;

/// Marks an entry that removes an earlier one.
const REMOVED: u32 = u32::MAX;

/// What is remembered of one row.
///
/// A row is identified by its key *and* its row id: other writers may store a key twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Hash of the primary key.
    pub(crate) key: u128,
    /// Hash of all stored values.
    pub(crate) fingerprint: u128,
    /// The row's stable id in the table.
    pub(crate) row_id: u64,
    /// Who declared it, or [`FOREIGN`].
    pub(crate) owner: u32,
}

impl Entry {
    /// An entry that removes this one.
    pub(crate) fn removal(self) -> Self {
        Self {
            owner: REMOVED,
            ..self
        }
    }

    pub(crate) fn is_removal(&self) -> bool {
        self.owner == REMOVED
    }

    /// What tells the row from all others.
    pub(super) fn identity(&self) -> (u128, u64) {
        (self.key, self.row_id)
    }
}

impl Keyed for Entry {
    fn order(&self) -> (u128, u64) {
        self.identity()
    }
}

/// The columns of stored entries: 44 bytes a row.
static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        Field::new("owner", DataType::UInt32, false),
        Field::new("key_hash", DataType::FixedSizeBinary(16), false),
        Field::new("fingerprint", DataType::FixedSizeBinary(16), false),
        Field::new("row_id", DataType::UInt64, false),
    ]))
});

pub(crate) fn schema() -> SchemaRef {
    SCHEMA.clone()
}

/// Entries as columns.
pub(crate) fn encode(entries: &[Entry]) -> Result<RecordBatch, ArrowError> {
    let hashes = |hash: fn(&Entry) -> u128| {
        let mut bytes = Vec::with_capacity(entries.len() * 16);
        // Big-endian, so that the order of the bytes is the order of the numbers.
        for entry in entries {
            bytes.extend_from_slice(&hash(entry).to_be_bytes());
        }
        FixedSizeBinaryArray::try_new(16, Buffer::from_vec(bytes), None).map(Arc::new)
    };
    RecordBatch::try_new(
        schema(),
        vec![
            Arc::new(UInt32Array::from_iter_values(
                entries.iter().map(|e| e.owner),
            )),
            hashes(|e| e.key)?,
            hashes(|e| e.fingerprint)?,
            Arc::new(UInt64Array::from_iter_values(
                entries.iter().map(|e| e.row_id),
            )),
        ],
    )
}

/// The entries of a stored batch.
pub(crate) fn decode(batch: &RecordBatch) -> Result<Vec<Entry>, ArrowError> {
    let column = |index: usize| {
        let field = SCHEMA.field(index);
        batch
            .column_by_name(field.name())
            .filter(|column| column.data_type() == field.data_type() && column.null_count() == 0)
            .ok_or_else(|| ArrowError::SchemaError(format!("no usable column {}", field.name())))
    };
    let owners = column(0)?.as_primitive::<UInt32Type>();
    let keys = column(1)?.as_fixed_size_binary();
    let fingerprints = column(2)?.as_fixed_size_binary();
    let row_ids = column(3)?.as_primitive::<UInt64Type>();

    let hash = |bytes: &[u8]| u128::from_be_bytes(bytes.try_into().unwrap_or_default());
    let entries = owners
        .values()
        .iter()
        .zip(values(keys))
        .zip(values(fingerprints))
        .zip(row_ids.values())
        .map(|(((owner, key), fingerprint), row_id)| Entry {
            key: hash(key),
            fingerprint: hash(fingerprint),
            row_id: *row_id,
            owner: *owner,
        });
    Ok(entries.collect())
}

/// The values of a column of hashes, which has no nulls.
fn values(hashes: &FixedSizeBinaryArray) -> impl Iterator<Item = &[u8]> {
    // Only the values of this array, if it is a slice of a longer one.
    hashes.value_data().chunks_exact(16).take(hashes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: u128, row_id: u64, fingerprint: u128) -> Entry {
        Entry {
            key,
            fingerprint,
            row_id,
            owner: 1,
        }
    }

    #[test]
    fn stored_entries_read_back() {
        let written = vec![entry(1, 2, u128::MAX), entry(3, 4, 5).removal()];
        let batch = encode(&written).unwrap();
        assert_eq!(decode(&batch).unwrap(), written);
        assert_eq!(decode(&batch.slice(1, 1)).unwrap(), written[1..]);
    }
}
