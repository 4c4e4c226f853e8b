//! Key hashes, fingerprints and digests: what the host remembers of a row.
//!
//! All three are built on XXH3 with 128 bits. They detect change, they do not defend against
//! forgery: a pipeline that forged a collision would only hide a change from itself.
//!
//! A row's hash is the sum, modulo 2^128, of a hash for each of its non-null columns, each seeded
//! with the column's name. So the order of columns does not matter, and neither does a column
//! that is null: adding one to a table changes no fingerprint. Values are hashed column by
//! column, with one dispatch on the type for each.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray, GenericByteArray, OffsetSizeTrait},
    buffer::NullBuffer,
    datatypes::{ByteArrayType, DataType, Field, Float16Type, Float32Type, Float64Type, Schema},
    error::ArrowError,
    record_batch::RecordBatch,
};
use xxhash_rust::{const_xxh3::const_custom_default_secret, xxh3};

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

type Secret = [u8; 192];

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

    /// Hashes each row of a batch that has the schema given to [`RowHasher::new`].
    pub(crate) fn hash(&self, batch: &RecordBatch) -> Result<RowHashes, ArrowError> {
        let mut keys = vec![0u128; batch.num_rows()];
        let mut fingerprints = vec![0u128; batch.num_rows()];
        for column in &self.columns {
            let array = batch.columns().get(column.index).ok_or_else(|| {
                ArrowError::SchemaError(format!("a batch without column {}", column.index))
            })?;
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

fn add(sums: &mut [u128], hashes: &[u128]) {
    for (sum, hash) in sums.iter_mut().zip(hashes) {
        *sum = sum.wrapping_add(*hash);
    }
}

fn secret(name: &str) -> Secret {
    const_custom_default_secret(xxh3::xxh3_64(name.as_bytes()))
}

/// Keys compare by value: there is one zero and one NaN. None if the column holds no floats.
fn canonical_floats(array: &ArrayRef) -> Option<ArrayRef> {
    // Adding zero turns -0.0 into 0.0.
    fn float32(value: f32) -> f32 {
        if value.is_nan() {
            f32::NAN
        } else {
            value + 0.0
        }
    }
    fn float64(value: f64) -> f64 {
        if value.is_nan() {
            f64::NAN
        } else {
            value + 0.0
        }
    }
    match array.data_type() {
        DataType::Float16 => {
            let floats = array.as_primitive::<Float16Type>();
            Some(Arc::new(
                floats.unary::<_, Float32Type>(|value| float32(value.to_f32())),
            ))
        }
        DataType::Float32 => Some(Arc::new(
            array
                .as_primitive::<Float32Type>()
                .unary::<_, Float32Type>(float32),
        )),
        DataType::Float64 => Some(Arc::new(
            array
                .as_primitive::<Float64Type>()
                .unary::<_, Float64Type>(float64),
        )),
        _ => None,
    }
}

/// A hash for each value of an array; 0 for a null.
fn hash_values(array: &ArrayRef, secret: &Secret) -> Result<Vec<u128>, ArrowError> {
    let mut hashes = match array.data_type() {
        DataType::Null => vec![0; array.len()],
        DataType::Boolean => {
            let (no, yes) = (hash(&[0], secret), hash(&[1], secret));
            let values = array.as_boolean().values();
            values
                .iter()
                .map(|value| if value { yes } else { no })
                .collect()
        }
        DataType::Utf8 => hash_bytes(array.as_string::<i32>(), secret),
        DataType::LargeUtf8 => hash_bytes(array.as_string::<i64>(), secret),
        DataType::Binary => hash_bytes(array.as_binary::<i32>(), secret),
        DataType::LargeBinary => hash_bytes(array.as_binary::<i64>(), secret),
        DataType::FixedSizeBinary(width) => {
            let width = usize_of(*width)?;
            hash_runs(array, width, width, array.len(), secret)?
        }
        DataType::FixedSizeList(item, size) => {
            hash_fixed_size_list(array, item, usize_of(*size)?, secret)?
        }
        DataType::List(_) => hash_lists::<i32>(array, secret)?,
        DataType::LargeList(_) => hash_lists::<i64>(array, secret)?,
        DataType::Struct(fields) => {
            let structs = array.as_struct();
            let mut sums = vec![hash(&[], secret); array.len()];
            for (field, child) in fields.iter().zip(structs.columns()) {
                add(
                    &mut sums,
                    &hash_values(child, &nested(secret, field.name()))?,
                );
            }
            sums
        }
        DataType::Dictionary(_, _) => {
            let dictionary = array.as_any_dictionary();
            let values = hash_values(dictionary.values(), secret)?;
            let keys = dictionary.normalized_keys();
            keys.iter()
                .map(|key| values.get(*key).copied().unwrap_or_default())
                .collect()
        }
        other => match other.primitive_width() {
            Some(width) => hash_runs(array, width, width, array.len(), secret)?,
            None => {
                return Err(ArrowError::NotYetImplemented(format!(
                    "fingerprints of columns of type {other}"
                )));
            }
        },
    };
    if let Some(nulls) = array.logical_nulls() {
        clear_nulls(&mut hashes, &nulls);
    }
    Ok(hashes)
}

fn clear_nulls(hashes: &mut [u128], nulls: &NullBuffer) {
    for (hash, valid) in hashes.iter_mut().zip(nulls) {
        if !valid {
            *hash = 0;
        }
    }
}

fn hash(bytes: &[u8], secret: &Secret) -> u128 {
    xxh3::xxh3_128_with_secret(bytes, secret)
}

fn hash_bytes<T: ByteArrayType>(array: &GenericByteArray<T>, secret: &Secret) -> Vec<u128> {
    let offsets = array.value_offsets().windows(2);
    let data = array.value_data();
    offsets
        .map(|range| match range {
            [start, end] => {
                use arrow::datatypes::ArrowNativeType;
                hash(
                    data.get(start.as_usize()..end.as_usize())
                        .unwrap_or_default(),
                    secret,
                )
            }
            _ => 0,
        })
        .collect()
}

/// Hashes runs of values that lie one after the other: `count` runs of `run` bytes each, which
/// are the values of `array`, `width` bytes each.
fn hash_runs(
    array: &ArrayRef,
    width: usize,
    run: usize,
    count: usize,
    secret: &Secret,
) -> Result<Vec<u128>, ArrowError> {
    let data = array.to_data();
    let start = data.offset() * width;
    let bytes = data
        .buffers()
        .first()
        .and_then(|buffer| buffer.as_slice().get(start..start + data.len() * width))
        .ok_or_else(|| {
            ArrowError::InvalidArgumentError("an array shorter than it says".to_owned())
        })?;
    if run == 0 {
        return Ok(vec![hash(&[], secret); count]);
    }
    Ok(bytes
        .chunks_exact(run)
        .map(|run| hash(run, secret))
        .collect())
}

fn hash_fixed_size_list(
    array: &ArrayRef,
    item: &Field,
    size: usize,
    secret: &Secret,
) -> Result<Vec<u128>, ArrowError> {
    let list = array.as_fixed_size_list();
    let items = list.values();
    match item.data_type().primitive_width() {
        // A vector: its items are hashed as one run of bytes.
        Some(width) if items.null_count() == 0 => {
            let first = usize_of(list.value_offset(0))?;
            let items = items.slice(first, list.len() * size);
            hash_runs(&items, width, size * width, list.len(), secret)
        }
        _ => {
            let hashes = hash_values(items, &nested(secret, "item"))?;
            let mut out = Vec::with_capacity(list.len());
            for index in 0..list.len() {
                let start = usize_of(list.value_offset(index))?;
                out.push(hash_sequence(hashes.get(start..start + size), secret));
            }
            Ok(out)
        }
    }
}

fn hash_lists<O: OffsetSizeTrait>(
    array: &ArrayRef,
    secret: &Secret,
) -> Result<Vec<u128>, ArrowError> {
    let list = array.as_list::<O>();
    let hashes = hash_values(list.values(), &nested(secret, "item"))?;
    Ok(list
        .value_offsets()
        .windows(2)
        .map(|range| match range {
            [start, end] => hash_sequence(hashes.get(start.as_usize()..end.as_usize()), secret),
            _ => 0,
        })
        .collect())
}

fn hash_sequence(items: Option<&[u128]>, secret: &Secret) -> u128 {
    let bytes: Vec<u8> = items
        .unwrap_or_default()
        .iter()
        .flat_map(|item| item.to_le_bytes())
        .collect();
    hash(&bytes, secret)
}

/// The secret for a child of a nested column.
fn nested(parent: &Secret, name: &str) -> Secret {
    const_custom_default_secret(xxh3::xxh3_64_with_secret(name.as_bytes(), parent))
}

fn usize_of(length: i32) -> Result<usize, ArrowError> {
    usize::try_from(length)
        .map_err(|_| ArrowError::InvalidArgumentError(format!("a length of {length}")))
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
    pub(crate) fn add(&mut self, key: u128, fingerprint: u128) {
        let mut bytes = [0u8; 32];
        let (low, high) = bytes.split_at_mut(16);
        low.copy_from_slice(&key.to_le_bytes());
        high.copy_from_slice(&fingerprint.to_le_bytes());
        self.rows += 1;
        for (sum, seed) in self.sums.iter_mut().zip([0x6c61_6e63, 0x6469_6765]) {
            *sum = sum.wrapping_add(xxh3::xxh3_128_with_seed(&bytes, seed));
        }
    }
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
