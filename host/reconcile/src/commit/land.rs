//! The commit of one version: first what it changes in the state, then the version itself.

use std::sync::Arc;

use lance::dataset::{
    WriteDestination,
    transaction::{Operation, TransactionBuilder},
};

use super::{landed_after_all, properties, safekeep};
use crate::{
    cas,
    declare::RunContext,
    error::{Error, StorageContext},
    fault,
    intents::Commit,
    sequence::Sequence,
    state::{DeltaName, Deltas, Owners},
    table::{Identity, StoredTable},
};

/// What a version changes.
pub(super) struct Version<'a> {
    pub(super) operation: Operation,
    /// Sorted by key and row id.
    pub(super) delta: &'a Sequence,
    pub(super) owners: &'a Owners,
    /// Whether a guard objected, so that the version before is tagged.
    pub(super) destructive: bool,
}

/// Commits the version after the one that `table` is. None if another writer was first; nothing
/// is left behind then.
pub(super) async fn land(
    run: &RunContext,
    table: &StoredTable,
    identity: &Identity,
    version: Version<'_>,
) -> Result<Option<StoredTable>, Error> {
    let base = table.version();
    let log = run.intents.of(&table.database).await?;
    let deltas = Deltas::open(&table.database, &table.name, &identity.table_id).await?;
    let delta = version.delta.run()?;
    deltas
        .put(&log, base + 1, &run.run_id, delta, version.owners)
        .await?;
    fault::point("delta written");
    if version.destructive {
        safekeep::tag(run, table).await?;
        fault::point("version before tagged");
    }
    let transaction = TransactionBuilder::new(base, version.operation)
        .transaction_properties(Some(properties(run)))
        .build();
    let outcome = cas::commit(
        WriteDestination::Dataset(Arc::new(log.writes(&table.dataset, Commit::Next))),
        table.database.session(),
        None,
        transaction,
    )
    .await;
    fault::point("version committed");
    match outcome {
        Ok(cas::Outcome::Landed(dataset)) => Ok(Some(table.with(log.reads(*dataset)))),
        Ok(cas::Outcome::Lost) => {
            log.set_in_vain();
            take_back(run, table, &deltas, version.destructive).await;
            Ok(None)
        }
        // The delta file stays: the commit may yet turn out to have happened.
        Ok(cas::Outcome::Unknown(error)) => match landed_after_all(run, table, base).await {
            Ok(Some(landed)) => Ok(Some(landed)),
            Ok(None) | Err(_) => {
                log.set_in_doubt();
                Err(Error::CommitUnknown {
                    table: table.label(),
                    source: Box::new(error),
                })
            }
        },
        Err(error) => {
            take_back(run, table, &deltas, version.destructive).await;
            Err(error).storage(table.subject(), "commit its new version")
        }
    }
}

/// Removes what was written for a commit that did not happen. Left behind, it would do no harm.
async fn take_back(run: &RunContext, table: &StoredTable, deltas: &Deltas, destructive: bool) {
    let name = DeltaName {
        version: table.version() + 1,
        run_id: run.run_id.clone(),
    };
    if let Err(error) = deltas.remove(&name).await {
        tracing::debug!("{error}");
    }
    if destructive {
        safekeep::untag(run, table).await;
    }
}
