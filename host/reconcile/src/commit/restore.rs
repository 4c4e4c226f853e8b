//! Goes back to an earlier version, in one that follows the newest.
//!
//! The state follows from the version gone back to, as it does when anybody else restores one.

use lance::dataset::transaction::Operation;

use super::{
    land::{Version, land},
    safekeep, settle,
};
use crate::{
    declare::RunContext,
    error::Error,
    sequence::Sequence,
    state::{Journal, Owners},
    table::{Identity, StoredTable},
};

/// A version that was restored.
pub(crate) struct Restored {
    /// The version that results.
    pub(crate) table: StoredTable,
    /// The tag that keeps the version before.
    pub(crate) tag: String,
    pub(crate) warning: Option<String>,
}

/// Makes version `to`, with `identity` in its config, the content of the version after `table`.
/// `delta` and `owners` lead from the state of `table` to that of the earlier version. None if
/// another writer was first.
pub(crate) async fn restore(
    run: &RunContext,
    table: &StoredTable,
    identity: &Identity,
    to: u64,
    delta: &Sequence,
    owners: &Owners,
) -> Result<Option<Restored>, Error> {
    let version = Version {
        operation: Operation::Restore { version: to },
        // Only read if the transaction is pruned before the state has caught up.
        delta,
        owners,
        destructive: true,
    };
    let Some(landed) = land(run, table, identity, version).await? else {
        return Ok(None);
    };
    let followed = async {
        let state = Journal::read(&landed, identity).await?.state().await?;
        let log = run.intents.of(&landed.database).await?;
        Ok::<_, Error>(settle(&log, &landed, identity, &state, &state.owners).await)
    };
    let warning = followed.await.unwrap_or_else(|error| {
        let table = landed.label();
        Some(format!(
            "{error}; table {table} has gone back, and the next run catches up"
        ))
    });
    Ok(Some(Restored {
        table: landed,
        tag: safekeep::name(run),
        warning,
    }))
}
