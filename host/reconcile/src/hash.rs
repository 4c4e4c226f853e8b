//! Key hashes, fingerprints and digests: what the host remembers of a row.
//!
//! All three are built on XXH3 with 128 bits. They detect change, they do not defend against
//! forgery: a pipeline that forged a collision would only hide a change from itself.
//!
//! A row's hash is the sum, modulo 2^128, of a hash for each of its non-null columns, each seeded
//! with the column's name. So the order of columns does not matter, and neither does a column
//! that is null: adding one to a table changes no fingerprint. Values are hashed column by
//! column, with one dispatch on the type for each.

mod values;

use std::sync::Arc;

use arrow::{array::ArrayRef, datatypes::Schema, error::ArrowError, record_batch::RecordBatch};
use xxhash_rust::xxh3;

use self::values::{Secret, add, canonical_floats, hash_values, secret};

/// Hashes the rows of one table.
#[derive(Debug, Clone)]
pub(crate) struct RowHasher {
    columns: Vec<HashedColumn>,
}

#[derive(Debug, Clone)]
struct HashedColumn {
    index: usize,
    secret: Arc<Secret>,
    is_key: bool,
}

impl HashedColumn {
    fn of<'a>(&self, batch: &'a RecordBatch) -> Result<&'a ArrayRef, ArrowError> {
        let column = batch.columns().get(self.index);
        column.ok_or_else(|| {
            ArrowError::SchemaError(format!("a batch without column {}", self.index))
        })
    }
}

/// A key hash and a fingerprint for each row of a batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RowHashes {
    /// Equal for equal primary keys.
    pub(crate) keys: Vec<u128>,
    /// Equal for equal rows.
    pub(crate) fingerprints: Vec<u128>,
}

impl RowHasher {
    /// `primary_key` names columns of `schema`; their order does not matter.
    pub(crate) fn new(schema: &Schema, primary_key: &[String]) -> Self {
        let columns = schema
            .fields()
            .iter()
            .enumerate()
            .map(|(index, field)| HashedColumn {
                index,
                secret: Arc::new(secret(field.name())),
                is_key: primary_key.contains(field.name()),
            })
            .collect();
        Self { columns }
    }

    /// The key hash alone of each row of such a batch.
    pub(crate) fn hash_keys(&self, batch: &RecordBatch) -> Result<Vec<u128>, ArrowError> {
        let mut keys = vec![0u128; batch.num_rows()];
        for column in self.columns.iter().filter(|column| column.is_key) {
            let array = column.of(batch)?;
            let canonical = canonical_floats(array);
            let values = canonical.as_ref().unwrap_or(array);
            add(&mut keys, &hash_values(values, &column.secret)?);
        }
        Ok(keys)
    }

    /// Hashes each row of a batch that has the schema given to [`RowHasher::new`].
    pub(crate) fn hash(&self, batch: &RecordBatch) -> Result<RowHashes, ArrowError> {
        let mut keys = vec![0u128; batch.num_rows()];
        let mut fingerprints = vec![0u128; batch.num_rows()];
        for column in &self.columns {
            let array = column.of(batch)?;
            let hashes = hash_values(array, &column.secret)?;
            add(&mut fingerprints, &hashes);
            if column.is_key {
                match canonical_floats(array) {
                    Some(canonical) => add(&mut keys, &hash_values(&canonical, &column.secret)?),
                    None => add(&mut keys, &hashes),
                }
            }
        }
        Ok(RowHashes { keys, fingerprints })
    }
}

/// What one column contributes to the hashes of its rows.
#[derive(Debug)]
pub(crate) struct Contribution {
    /// To the fingerprints.
    pub(crate) values: Vec<u128>,
    /// To the key hashes, if the column is part of the key.
    pub(crate) keys: Vec<u128>,
}

/// What the column `name` with these values contributes.
pub(crate) fn contribution(name: &str, values: &ArrayRef) -> Result<Contribution, ArrowError> {
    let secret = secret(name);
    let hashes = hash_values(values, &secret)?;
    let keys = match canonical_floats(values) {
        Some(canonical) => hash_values(&canonical, &secret)?,
        None => hashes.clone(),
    };
    Ok(Contribution {
        values: hashes,
        keys,
    })
}

/// A sum over a set of rows that does not depend on their order: two sets with the same digest
/// are the same set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Digest {
    /// How many rows.
    pub(crate) rows: u64,
    sums: [u128; 2],
}

impl Digest {
    /// Adds a row, and returns its [`term`].
    pub(crate) fn add(&mut self, key: u128, fingerprint: u128) -> u128 {
        self.rows += 1;
        let [first, second] = &mut self.sums;
        let term = term(key, fingerprint);
        *first = first.wrapping_add(term);
        *second = second.wrapping_add(second_term(key, fingerprint));
        term
    }

    /// Adds all rows of another set.
    pub(crate) fn add_all(&mut self, other: Self) {
        self.rows += other.rows;
        for (sum, more) in self.sums.iter_mut().zip(other.sums) {
            *sum = sum.wrapping_add(more);
        }
    }

    /// Takes back a row that was added.
    pub(crate) fn remove(&mut self, key: u128, fingerprint: u128) {
        self.rows = self.rows.saturating_sub(1);
        let [first, second] = &mut self.sums;
        *first = first.wrapping_sub(term(key, fingerprint));
        *second = second.wrapping_sub(second_term(key, fingerprint));
    }
}

/// What a row contributes to a sum over rows that does not depend on their order.
pub(crate) fn term(key: u128, fingerprint: u128) -> u128 {
    row_term(key, fingerprint, 0x6c61_6e63)
}

/// The same, independent of it.
fn second_term(key: u128, fingerprint: u128) -> u128 {
    row_term(key, fingerprint, 0x6469_6765)
}

fn row_term(key: u128, fingerprint: u128, seed: u64) -> u128 {
    let mut bytes = [0u8; 32];
    let (low, high) = bytes.split_at_mut(16);
    low.copy_from_slice(&key.to_le_bytes());
    high.copy_from_slice(&fingerprint.to_le_bytes());
    xxh3::xxh3_128_with_seed(&bytes, seed)
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [first, second] = self.sums;
        write!(f, "{}:{first:032x}{second:032x}", self.rows)
    }
}

impl std::str::FromStr for Digest {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (rows, sums) = text.split_once(':').ok_or(())?;
        let (first, second) = sums.split_at_checked(32).ok_or(())?;
        let number = |hex| u128::from_str_radix(hex, 16).map_err(drop);
        Ok(Self {
            rows: rows.parse().map_err(drop)?,
            sums: [number(first)?, number(second)?],
        })
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Float64Array, Int64Array, StringArray, UInt32Array};

    use super::*;

    fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true)))
            .unwrap()
    }

    fn hashes(columns: Vec<(&str, ArrayRef)>, key: &[&str]) -> RowHashes {
        let batch = batch(columns);
        let key: Vec<String> = key.iter().map(ToString::to_string).collect();
        RowHasher::new(&batch.schema(), &key).hash(&batch).unwrap()
    }

    fn text(values: &[&str]) -> ArrayRef {
        Arc::new(StringArray::from(values.to_vec()))
    }

    #[test]
    fn order_of_columns_does_not_matter() {
        let one = hashes(vec![("a", text(&["x"])), ("b", text(&["y"]))], &["a", "b"]);
        let two = hashes(vec![("b", text(&["y"])), ("a", text(&["x"]))], &["b", "a"]);
        assert_eq!(one, two);
    }

    #[test]
    fn values_that_trade_columns_differ() {
        let one = hashes(vec![("a", text(&["x"])), ("b", text(&["y"]))], &["a"]);
        let two = hashes(vec![("a", text(&["y"])), ("b", text(&["x"]))], &["a"]);
        assert_ne!(one.fingerprints, two.fingerprints);
        assert_ne!(one.keys, two.keys);
    }

    #[test]
    fn added_null_column_changes_no_fingerprint() {
        let one = hashes(vec![("a", text(&["x", "y"]))], &["a"]);
        let nulls: ArrayRef = Arc::new(Int64Array::from(vec![None, None]));
        let two = hashes(vec![("a", text(&["x", "y"])), ("new", nulls)], &["a"]);
        assert_eq!(one, two);
    }

    #[test]
    fn null_differs_from_empty_and_zero() {
        let null: ArrayRef = Arc::new(StringArray::from(vec![None::<&str>]));
        let one = hashes(vec![("a", null)], &["a"]);
        let two = hashes(vec![("a", text(&[""]))], &["a"]);
        assert_ne!(one.keys, two.keys);
    }

    #[test]
    fn slice_hashes_as_its_own_rows() {
        let whole: ArrayRef = Arc::new(UInt32Array::from(vec![Some(1), None, Some(3), Some(4)]));
        let all = hashes(vec![("a", whole.clone())], &["a"]);
        let part = hashes(vec![("a", whole.slice(1, 2))], &["a"]);
        assert_eq!(part.keys, all.keys[1..3]);
    }

    #[test]
    fn keys_have_one_zero_and_one_nan_but_fingerprints_keep_the_bits() {
        let other_nan = f64::from_bits(f64::NAN.to_bits() | 1);
        let floats: ArrayRef = Arc::new(Float64Array::from(vec![0.0, -0.0, f64::NAN, other_nan]));
        let all = hashes(vec![("a", floats)], &["a"]);
        assert_eq!(all.keys[0], all.keys[1]);
        assert_eq!(all.keys[2], all.keys[3]);
        assert_ne!(all.fingerprints[0], all.fingerprints[1]);
    }

    #[test]
    fn digest_survives_its_text_form_and_ignores_order() {
        let (mut one, mut two) = (Digest::default(), Digest::default());
        one.add(1, 2);
        one.add(3, 4);
        two.add(3, 4);
        two.add(1, 2);
        assert_eq!(one, two);
        assert_eq!(one.to_string().parse(), Ok(one));
    }
}
