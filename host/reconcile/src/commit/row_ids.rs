//! Gives the rows of a table stable ids.
//!
//! Lance's own migration numbers rows one after the other. It refuses a table with indexes, which
//! know a row without a stable id by its address. Ids may be any numbers, though: where there are
//! indexes, each row gets its address for an id, and every index stays right.

use std::sync::Arc;

use lance::{
    Dataset,
    dataset::{
        WriteDestination,
        transaction::{Operation, TransactionBuilder},
    },
    index::DatasetIndexExt,
};
use lance_core::utils::address::RowAddress;
use lance_index::is_system_index;
use lance_table::{
    format::RowIdMeta,
    rowids::{RowIdSequence, write_row_ids},
};

use crate::{
    cas,
    error::{Error, StorageContext},
    table::StoredTable,
};

/// The version of `table` with stable row ids, which `dataset` writes; none if another writer was
/// first.
pub(super) async fn give(
    table: &StoredTable,
    mut dataset: Dataset,
) -> Result<Option<Dataset>, Error> {
    let action = "give its rows stable ids";
    let indexes = dataset.load_indices().await;
    let indexes = indexes.storage(table.subject(), "list its indexes")?;
    if indexes.iter().all(is_system_index) {
        return match dataset.migrate_to_stable_row_ids().await {
            Ok(()) => Ok(Some(dataset)),
            // The next attempt sees what the other writer did.
            Err(error) if cas::lost(&error) => Ok(None),
            Err(error) => Err(error).storage(table.subject(), action),
        };
    }
    by_address(table, dataset).await
}

async fn by_address(table: &StoredTable, dataset: Dataset) -> Result<Option<Dataset>, Error> {
    let action = "give its rows stable ids";
    let mut fragments = dataset.manifest().fragments.as_ref().clone();
    let first_id = |fragment: u64| {
        let fragment = u32::try_from(fragment).ok()?;
        Some(u64::from(RowAddress::first_row(fragment)))
    };
    let unusable = |fragment: u64| {
        let problem = format!("its fragment {fragment} has no usable number or count of rows");
        lance::Error::internal(problem)
    };
    for fragment in &mut fragments {
        let (Some(first), Some(rows)) = (first_id(fragment.id), fragment.physical_rows) else {
            return Err(unusable(fragment.id)).storage(table.subject(), action);
        };
        let ids = RowIdSequence::from(first..first + rows as u64);
        fragment.row_id_meta = Some(RowIdMeta::Inline(write_row_ids(&ids).into()));
    }
    // Behind all fragments that there ever were: indexes may still hold addresses of rows that were
    // deleted with theirs.
    let next_fragment = dataset
        .manifest()
        .max_fragment_id()
        .map_or(0, |last| last + 1);
    let next_row_id = first_id(next_fragment).ok_or_else(|| unusable(next_fragment));
    let next_row_id = next_row_id
        .storage(table.subject(), action)?
        .max(dataset.manifest().next_row_id);
    // This kind of transaction conflicts with all others that touch rows: none of them is lost,
    // and none lands that knows nothing of the ids.
    let operation = Operation::Merge {
        fragments,
        schema: dataset.schema().clone(),
        preserves_nullability: true,
    };
    let transaction = TransactionBuilder::new(dataset.version_id(), operation).build();
    let destination = WriteDestination::Dataset(Arc::new(dataset));
    let session = table.database.session();
    let outcome = cas::commit_row_ids(destination, session, transaction, next_row_id).await;
    match outcome.storage(table.subject(), action)? {
        cas::Outcome::Landed(dataset) => Ok(Some(*dataset)),
        // The next attempt sees what happened.
        cas::Outcome::Lost | cas::Outcome::Unknown(_) => Ok(None),
    }
}
