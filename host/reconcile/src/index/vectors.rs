//! How many vectors there are to train an index with.

use arrow::{
    array::{Array, ArrayRef, AsArray, FixedSizeListArray},
    compute::cast,
    datatypes::{DataType, Float64Type},
    error::ArrowError,
};
use futures::TryStreamExt;

use super::{declared::DeclaredIndex, wanted::Rows};
use crate::{
    error::{Error, StorageContext},
    table::StoredTable,
};

/// How many vectors an index can be trained with, counted up to `enough`. Nulls, vectors with
/// items that are not finite, and zeros where only the direction counts, teach nothing: Lance
/// leaves them out of the index.
pub(super) async fn count(
    table: Option<&StoredTable>,
    index: &DeclaredIndex,
    enough: u64,
    rows: Rows,
) -> Result<u64, Error> {
    let is_list = index.holds_lists;
    match (rows, table) {
        // A row of lists has any number of vectors; that can be told when they are stored.
        (Rows::Expected(_), _) | (_, None) if is_list => Ok(enough),
        (Rows::Expected(rows), _) => Ok(rows.min(enough)),
        (Rows::Stored, None) => Ok(0),
        (Rows::Stored, Some(table)) if enough > 0 => count_stored(table, index, enough).await,
        (Rows::Stored, Some(_)) => Ok(0),
    }
}

async fn count_stored(
    table: &StoredTable,
    index: &DeclaredIndex,
    enough: u64,
) -> Result<u64, Error> {
    let action = "count its vectors";
    if !index.holds_lists {
        let rows = table.dataset.count_rows(None).await;
        let rows = u64::try_from(rows.storage(table.subject(), action)?).unwrap_or(u64::MAX);
        if rows < enough {
            return Ok(rows);
        }
    }
    let mut scan = table.dataset.scan();
    // Reading ends as soon as there are enough, so nothing is read far ahead.
    scan.batch_size(1024)
        .batch_readahead(1)
        .fragment_readahead(1)
        .project(&[&index.path])
        .storage(table.subject(), action)?;
    let batches = scan.try_into_stream().await;
    let mut batches = batches.storage(table.subject(), action)?;
    let mut count = 0;
    while let Some(batch) = batches.try_next().await.storage(table.subject(), action)? {
        if let Some(column) = batch.columns().first() {
            let trainable = trainable(column, index.uses_cosine());
            count += trainable.storage(table.subject(), action)?;
        }
        if count >= enough {
            return Ok(enough);
        }
    }
    Ok(count)
}

/// How many vectors a column has that an index can be trained with.
fn trainable(column: &ArrayRef, cosine: bool) -> Result<u64, ArrowError> {
    // Of a field inside of a struct, the structs around it are read too.
    if let Some(structs) = column.as_struct_opt() {
        let field = structs.columns().first();
        return field.map_or(Ok(0), |field| trainable(field, cosine));
    }
    if let Some(vectors) = column.as_fixed_size_list_opt() {
        return trainable_vectors(vectors, cosine);
    }
    let Some(lists) = column.as_list_opt::<i32>() else {
        return Ok(0);
    };
    (0..lists.len())
        .filter(|row| lists.is_valid(*row))
        .map(|row| trainable(&lists.value(row), cosine))
        .sum()
}

fn trainable_vectors(vectors: &FixedSizeListArray, cosine: bool) -> Result<u64, ArrowError> {
    let items = cast(vectors.values(), &DataType::Float64)?;
    let items = items.as_primitive::<Float64Type>().values();
    let size = usize::try_from(vectors.value_length()).unwrap_or(0).max(1);
    let trainable = items
        .chunks_exact(size)
        .enumerate()
        .filter(|(row, vector)| {
            vectors.is_valid(*row)
                && vector.iter().all(|item| item.is_finite())
                && !(cosine && vector.iter().all(|item| *item == 0.0))
        })
        .count();
    Ok(u64::try_from(trainable).unwrap_or(u64::MAX))
}
