//! Commits a version in which no row changes, only what the host remembers of them.
//!
//! That it is a version makes it exact: a run that was planned against the state before loses the
//! race and is planned anew, and the delta file leads there from whatever state was stored.

use std::collections::HashMap;

use lance::dataset::transaction::{Operation, UpdateMap, UpdateMapEntry};

use super::{
    land::{Version, land},
    safekeep,
};
use crate::{
    declare::RunContext,
    error::Error,
    state::{Entries, State, delta, replace, tidy},
    table::{Identity, StoredTable},
};

/// Makes `truth` the state of the table, in place of `before`. None if another writer was first.
pub(crate) async fn mend(
    run: &RunContext,
    table: &StoredTable,
    identity: &Identity,
    before: &Entries,
    truth: &State,
) -> Result<Option<StoredTable>, Error> {
    let update_entries = identity.config().into_iter();
    let update_entries = update_entries.map(|(key, value)| UpdateMapEntry {
        key,
        value: Some(value),
    });
    let version = Version {
        operation: Operation::UpdateConfig {
            config_updates: Some(UpdateMap {
                update_entries: update_entries.collect(),
                replace: false,
            }),
            table_metadata_updates: None,
            schema_metadata_updates: None,
            field_metadata_updates: HashMap::new(),
        },
        delta: &delta(before, &truth.entries).await?,
        owners: &truth.owners,
        destructive: false,
    };
    let Some(landed) = land(run, table, identity, version).await? else {
        return Ok(None);
    };
    let log = run.intents.of(&landed.database).await?;
    replace(&log, &landed, identity, &truth.entries, &truth.owners).await?;
    tidy(&landed, identity).await?;
    safekeep::expire(&landed).await?;
    Ok(Some(landed))
}
