//! Gives the rows of a table stable ids: their addresses.
//!
//! Without stable ids, indexes know a row by its address. Lance's own migration numbers rows from
//! 0 and so refuses a table with indexes. Ids may be any numbers, though: when each row gets its
//! address for an id, every index stays right.

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
    let mut next_row_id = 0;
    for fragment in &mut fragments {
        let rows = fragment
            .physical_rows
            .and_then(|rows| u32::try_from(rows).ok());
        let (Ok(id), Some(rows)) = (u32::try_from(fragment.id), rows) else {
            let problem = format!("fragment {} does not say how many rows it has", fragment.id);
            return Err(lance::Error::internal(problem)).storage(table.subject(), action);
        };
        let first = u64::from(RowAddress::first_row(id));
        let ids = RowIdSequence::from(first..first + u64::from(rows));
        fragment.row_id_meta = Some(RowIdMeta::Inline(write_row_ids(&ids).into()));
        next_row_id = next_row_id.max(first + u64::from(rows));
    }
    // Rows that were deleted with their fragment have left their addresses in indexes.
    if let Some(last) = dataset.manifest().max_fragment_id() {
        let free = u32::try_from(last + 1).map(|id| u64::from(RowAddress::first_row(id)));
        next_row_id = next_row_id.max(free.unwrap_or(u64::MAX));
    }
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
