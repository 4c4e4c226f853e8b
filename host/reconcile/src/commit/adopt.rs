//! Gives an identity to a table that the host did not create.
//!
//! Rows stay as they are. Two versions may result before the run's own: one that gives rows
//! stable ids, if the table has none, and one that writes the identity into the config.

use std::collections::HashMap;

use lance::dataset::{
    WriteDestination,
    transaction::{Operation, TransactionBuilder, UpdateMap, UpdateMapEntry},
};
use uuid::Uuid;

use super::row_ids;
use crate::{
    cas,
    declare::RunContext,
    error::{Error, StorageContext},
    fault,
    intents::Commit,
    stage::Staged,
    table::{Identity, Origin, StoredTable},
};

/// Afterwards the table has to be planned anew, whoever gave it the identity.
pub(super) async fn adopt(
    run: &RunContext,
    table: &StoredTable,
    staged: &Staged,
) -> Result<(), Error> {
    let log = run.intents.of(&table.database).await?;
    let mut dataset = log.writes(&table.dataset, Commit::Later);
    if !dataset.manifest().uses_stable_row_ids() {
        dataset = match row_ids::give(table, dataset).await? {
            Some(dataset) => dataset,
            None => return Ok(()),
        };
        fault::point("adopt: row ids given");
    }
    let identity = Identity {
        table_id: Uuid::new_v4().simple().to_string(),
        primary_key: staged.declared.primary_key.clone(),
        managed_by: staged.declared.managed_by,
        origin: Origin::Adopted,
    };
    let entries = identity
        .config()
        .into_iter()
        .map(|(key, value)| UpdateMapEntry {
            key,
            value: Some(value),
        });
    let operation = Operation::UpdateConfig {
        config_updates: Some(UpdateMap {
            update_entries: entries.collect(),
            replace: false,
        }),
        table_metadata_updates: None,
        schema_metadata_updates: None,
        field_metadata_updates: HashMap::new(),
    };
    let transaction = TransactionBuilder::new(dataset.version_id(), operation).build();
    let destination = WriteDestination::Dataset(std::sync::Arc::new(dataset));
    let outcome = cas::commit(destination, table.database.session(), None, transaction).await;
    fault::point("adopt: identity written");
    match outcome {
        Ok(cas::Outcome::Landed(_) | cas::Outcome::Lost | cas::Outcome::Unknown(_)) => Ok(()),
        Err(error) => Err(error).storage(table.subject(), "write its identity"),
    }
}
