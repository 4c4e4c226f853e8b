//! Indexes whose files are gone: searches that use them would fail.

use lance::index::DatasetIndexExt;

use crate::{
    error::{Error, StorageContext},
    table::StoredTable,
};

/// The names of indexes that the table lists and that have no file.
pub(super) async fn missing(table: &StoredTable) -> Result<Vec<String>, Error> {
    let action = "look at its indexes";
    let indexes = table.dataset.load_indices().await;
    let indexes = indexes.storage(table.subject(), action)?;
    let store = table.dataset.object_store(None).await;
    let store = store.storage(table.subject(), action)?;
    let directory = table.dataset.indices_dir();
    let mut missing = Vec::new();
    for index in indexes.iter() {
        let files = directory.clone().join(index.uuid.to_string());
        let is_there = match store.read_dir(files).await {
            Ok(files) => !files.is_empty(),
            Err(error) if error.is_not_found() => false,
            Err(error) => return Err(error).storage(table.subject(), action),
        };
        if !is_there && !missing.contains(&index.name) {
            missing.push(index.name.clone());
        }
    }
    Ok(missing)
}
