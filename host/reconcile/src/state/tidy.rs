//! Removes state that no version of a table needs any more.

use lance::dataset::cleanup::CleanupPolicy;

use super::{Deltas, sidecar::Sidecar};
use crate::{
    database::Database,
    error::{Error, StorageContext},
    fault,
    state::names::RUN_ID,
    table::{Identity, StoredTable},
};

/// Removes delta files that no surviving version of the table needs, and those whose commit
/// lost to the version that `table` is.
pub(crate) async fn tidy(table: &StoredTable, identity: &Identity) -> Result<(), Error> {
    let action = "look for state that is not needed any more";
    let database = &table.database;
    let deltas = Deltas::open(database, &table.name, &identity.table_id).await?;
    let names = deltas.list().await?;
    let newest = table
        .dataset
        .read_version_transaction(table.version())
        .await
        .storage(table.subject(), action)?
        .transaction;
    let run_id = newest
        .and_then(|transaction| transaction.transaction_properties)
        .and_then(|properties| properties.get(RUN_ID).cloned());
    for name in &names {
        if name.version == table.version() && Some(&name.run_id) != run_id.as_ref() {
            deltas.remove(name).await?;
            fault::point("tidy: lost delta removed");
        }
    }

    let versions = table
        .dataset
        .version_refs()
        .await
        .storage(table.subject(), action)?;
    let oldest = versions
        .first()
        .map_or(table.version(), |first| first.version);
    if names.iter().all(|name| name.version > oldest) {
        return Ok(());
    }
    // The oldest version that is left is told by the last sidecar up to it, and by the delta
    // files since that one.
    let base = Sidecar::find(database, &table.name, &identity.table_id, oldest).await?;
    let Some(base) = base else {
        return Ok(());
    };
    for name in &names {
        if name.version <= base.applied_through {
            deltas.remove(name).await?;
            fault::point("tidy: folded delta removed");
        }
    }
    base.prune_earlier().await?;
    fault::point("tidy: sidecar pruned");
    Ok(())
}

/// Removes everything that is filed under a table's id.
pub(crate) async fn forget(database: &Database, table_id: &str) -> Result<(), Error> {
    let (store, root) = database.host_files().await?;
    for part in ["wal", "state"] {
        match store
            .remove_dir_all(root.clone().join(part).join(table_id))
            .await
        {
            Err(error) if !error.is_not_found() => {
                return Err(error).storage(
                    format!("database {}", database.name),
                    "remove a table's state",
                );
            }
            _ => {}
        }
        fault::point("state: part removed");
    }
    Ok(())
}

impl Sidecar {
    /// Removes the versions of the sidecar before this one.
    async fn prune_earlier(&self) -> Result<(), Error> {
        let policy = CleanupPolicy {
            before_version: Some(self.dataset().version_id()),
            ..CleanupPolicy::default()
        };
        self.dataset()
            .cleanup_with_policy(policy)
            .await
            .storage(self.label(), "remove earlier versions of it")?;
        Ok(())
    }
}
