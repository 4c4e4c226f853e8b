//! The hashes of the values of one column.
//!
//! A value's hash is its own: it depends neither on the values beside it in the batch nor on how
//! Arrow holds them. A dictionary's value hashes as it would alone, large text as other text, and
//! a list of fixed size the same whether or not there are nulls in other lists.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray, GenericByteArray, OffsetSizeTrait},
    buffer::NullBuffer,
    datatypes::{
        ArrowNativeType, ByteArrayType, DataType, Field, Float16Type, Float32Type, Float64Type,
    },
    error::ArrowError,
};
use xxhash_rust::{const_xxh3::const_custom_default_secret, xxh3};

pub(super) type Secret = [u8; 192];

pub(super) fn add(sums: &mut [u128], hashes: &[u128]) {
    for (sum, hash) in sums.iter_mut().zip(hashes) {
        *sum = sum.wrapping_add(*hash);
    }
}

pub(super) fn secret(name: &str) -> Secret {
    const_custom_default_secret(xxh3::xxh3_64(name.as_bytes()))
}

/// Keys compare by value: there is one zero and one NaN. None if the column holds no floats.
pub(super) fn canonical_floats(array: &ArrayRef) -> Option<ArrayRef> {
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
        DataType::Dictionary(_, _) => {
            let dictionary = array.as_any_dictionary();
            let values = canonical_floats(dictionary.values())?;
            // Half floats have become wider, and their dictionary with them.
            Some(dictionary.with_values(values))
        }
        _ => None,
    }
}

/// A hash for each value of an array; 0 for a null.
pub(super) fn hash_values(array: &ArrayRef, secret: &Secret) -> Result<Vec<u128>, ArrowError> {
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
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            hash_lists(list.values(), list.value_offsets(), secret)?
        }
        DataType::LargeList(_) => {
            let list = array.as_list::<i64>();
            hash_lists(list.values(), list.value_offsets(), secret)?
        }
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
        DataType::Map(_, _) => {
            let map = array.as_map();
            let entries: ArrayRef = Arc::new(map.entries().clone());
            hash_lists(&entries, map.value_offsets(), secret)?
        }
        DataType::Dictionary(_, _) => {
            let dictionary = array.as_any_dictionary();
            let values = hash_values(dictionary.values(), secret)?;
            if values.is_empty() {
                // Every key is null, and Arrow panics when it looks for their values.
                return Ok(vec![0; array.len()]);
            }
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
            [start, end] => hash(
                data.get(start.as_usize()..end.as_usize())
                    .unwrap_or_default(),
                secret,
            ),
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
    let first = usize_of(list.value_offset(0))?;
    let items = list.values().slice(first, list.len() * size);
    let Some(width) = item.data_type().primitive_width() else {
        let hashes = hash_values(&items, &nested(secret, "item"))?;
        let lists = hashes.chunks_exact(size.max(1));
        return Ok(lists.map(|items| hash_sequence(items, secret)).collect());
    };
    // The items of a vector are hashed as one run of bytes.
    let mut hashes = hash_runs(&items, width, size * width, list.len(), secret)?;
    let Some(nulls) = items.nulls().filter(|nulls| nulls.null_count() > 0) else {
        return Ok(hashes);
    };
    // A list that has a null itself is a sequence instead: under a null there may be any bytes.
    let of_items = hash_values(&items, &nested(secret, "item"))?;
    let lists = of_items.chunks_exact(size.max(1)).enumerate();
    for (hash, (index, items)) in hashes.iter_mut().zip(lists) {
        if nulls.slice(index * size, size).null_count() > 0 {
            *hash = hash_sequence(items, secret);
        }
    }
    Ok(hashes)
}

fn hash_lists<O: OffsetSizeTrait>(
    items: &ArrayRef,
    offsets: &[O],
    secret: &Secret,
) -> Result<Vec<u128>, ArrowError> {
    let hashes = hash_values(items, &nested(secret, "item"))?;
    let list = |range: &[O]| match range {
        [start, end] => {
            let items = hashes.get(start.as_usize()..end.as_usize());
            hash_sequence(items.unwrap_or_default(), secret)
        }
        _ => 0,
    };
    Ok(offsets.windows(2).map(list).collect())
}

fn hash_sequence(items: &[u128], secret: &Secret) -> u128 {
    let bytes: Vec<u8> = items.iter().flat_map(|item| item.to_le_bytes()).collect();
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

#[cfg(test)]
mod tests {
    use arrow::{
        array::{
            BooleanArray, DictionaryArray, FixedSizeListArray, Float64Array, Int32Array,
            LargeListArray, LargeStringArray, ListArray, MapBuilder, StringArray, StringBuilder,
        },
        compute::concat,
        datatypes::{Float32Type, Int8Type, Int32Type},
    };

    use super::*;

    fn hashes(array: impl Array + 'static) -> Vec<u128> {
        hash_values(&(Arc::new(array) as ArrayRef), &secret("c")).unwrap()
    }

    fn fixed(lists: &[Option<[Option<i32>; 2]>]) -> FixedSizeListArray {
        FixedSizeListArray::from_iter_primitive::<Int32Type, _, _>(lists.to_vec(), 2)
    }

    #[test]
    fn encoding_of_text_does_not_matter() {
        let plain = hashes(StringArray::from(vec![
            Some("a"),
            None,
            Some("b"),
            Some("a"),
        ]));
        let large = hashes(LargeStringArray::from(vec![
            Some("a"),
            None,
            Some("b"),
            Some("a"),
        ]));
        let dictionary: DictionaryArray<Int8Type> = vec![Some("a"), None, Some("b"), Some("a")]
            .into_iter()
            .collect();
        assert_eq!(plain, large);
        assert_eq!(plain, hashes(dictionary));
    }

    #[test]
    fn dictionary_without_values_is_all_nulls() {
        let keys = arrow::array::Int8Array::from(vec![None, None]);
        let values: ArrayRef = Arc::new(StringArray::from(Vec::<&str>::new()));
        let dictionary = DictionaryArray::<Int8Type>::try_new(keys, values).unwrap();
        assert_eq!(hashes(dictionary), [0, 0]);
    }

    #[test]
    fn floats_of_a_dictionary_are_canonical_too() {
        let keys = arrow::array::Int8Array::from(vec![0, 1]);
        let values: ArrayRef = Arc::new(Float64Array::from(vec![0.0, -0.0]));
        let dictionary = DictionaryArray::<Int8Type>::try_new(keys, values).unwrap();
        let canonical = canonical_floats(&(Arc::new(dictionary) as ArrayRef)).unwrap();
        let keys = hash_values(&canonical, &secret("c")).unwrap();
        assert_eq!(keys[0], keys[1]);
        let plain = hashes(Float64Array::from(vec![0.0]));
        assert_eq!(keys[0], plain[0]);
    }

    #[test]
    fn a_list_of_fixed_size_does_not_hear_of_nulls_beside_it() {
        let alone = hashes(fixed(&[Some([Some(1), Some(2)])]));
        let beside = hashes(fixed(&[
            Some([Some(1), Some(2)]),
            Some([None, Some(2)]),
            None,
        ]));
        assert_eq!(alone[0], beside[0]);
        assert_ne!(beside[0], beside[1]);
        assert_eq!(beside[2], 0);
        let sliced = fixed(&[None, Some([None, Some(2)]), Some([Some(1), Some(2)])]).slice(1, 2);
        assert_eq!(hashes(sliced), [beside[1], beside[0]]);
    }

    #[test]
    fn bytes_under_a_null_item_do_not_matter() {
        let with = |hidden: i32| {
            let items = Int32Array::new(
                vec![hidden, 2].into(),
                Some(NullBuffer::from(vec![false, true])),
            );
            let field = Arc::new(Field::new_list_field(DataType::Int32, true));
            FixedSizeListArray::new(field, 2, Arc::new(items), None)
        };
        assert_eq!(hashes(with(7)), hashes(with(8)));
    }

    #[test]
    fn lists_differ_by_items_order_and_presence() {
        let lists = || {
            vec![
                Some(vec![Some(1.0), Some(2.0)]),
                Some(vec![Some(2.0), Some(1.0)]),
                Some(vec![None, Some(2.0)]),
                Some(vec![]),
                None,
            ]
        };
        let narrow = hashes(ListArray::from_iter_primitive::<Float32Type, _, _>(lists()));
        let large = hashes(LargeListArray::from_iter_primitive::<Float32Type, _, _>(
            lists(),
        ));
        assert_eq!(narrow, large);
        let mut distinct = narrow;
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), 5);
    }

    #[test]
    fn maps_hash_by_their_entries() {
        let map = |entries: &[&[(&str, &str)]]| {
            let mut map = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
            for row in entries {
                for (key, value) in *row {
                    map.keys().append_value(key);
                    map.values().append_value(value);
                }
                map.append(true).unwrap();
            }
            map.finish()
        };
        let both = map(&[&[("a", "1")], &[("a", "2")]]);
        let whole = hashes(both.clone());
        assert_ne!(whole[0], whole[1]);
        assert_eq!(hashes(both.slice(1, 1)), whole[1..]);
        assert_eq!(hashes(map(&[&[("a", "2")]])), whole[1..]);
    }

    #[test]
    fn lists_of_booleans_have_no_bytes_of_their_own_and_hash_all_the_same() {
        let list = |values: Vec<bool>| {
            let field = Arc::new(Field::new_list_field(DataType::Boolean, true));
            FixedSizeListArray::new(field, 2, Arc::new(BooleanArray::from(values)), None)
        };
        let (one, two) = (list(vec![true, false]), list(vec![false, true]));
        let both = concat(&[&one, &two]).unwrap();
        let all = hash_values(&both, &secret("c")).unwrap();
        assert_ne!(all[0], all[1]);
        assert_eq!(hashes(two), all[1..]);
    }
}
