//! Writes all rows of a table anew, in columns or with a key that the stored ones cannot become.
//!
//! One version replaces the content; the one before stays readable and is tagged.

use std::sync::Arc;

use lance::dataset::{WriteDestination, transaction::Operation};

use super::{
    Attempt, Landed, delta,
    land::{Version, land},
    rows, settle,
};
use crate::{
    declare::RunContext, error::Error, fault, intents::Commit, plan::Change, progress::Phase,
    stage::Staged, table::Identity,
};

pub(super) async fn rebuild(
    run: &RunContext,
    change: Change,
    staged: &Staged,
) -> Result<Attempt, Error> {
    let Change {
        table,
        identity,
        mut state,
        owner,
        changes,
        owners,
        ..
    } = change;
    let identity = Identity {
        primary_key: staged.declared.primary_key.clone(),
        ..identity
    };
    let log = run.intents.of(&table.database).await?;
    let mut operation = rows::overwrite(
        run,
        WriteDestination::Dataset(Arc::new(log.writes(&table.dataset, Commit::Next))),
        table.database.session(),
        None,
        staged,
    )
    .await?;
    fault::point("rebuild: rows staged");
    if let Operation::Overwrite {
        config_upsert_values,
        ..
    } = &mut operation
    {
        config_upsert_values
            .get_or_insert_default()
            .extend(identity.config());
    }
    run.progress.enter(Phase::Committing);
    let delta = delta::of(&table, owner, &changes, &[]).await?;
    let version = Version {
        operation,
        delta: &delta,
        owners: &owners,
        destructive: true,
    };
    let Some(landed) = land(run, &table, &identity, version).await? else {
        return Ok(Attempt::Again(None));
    };
    state.entries.apply(delta);
    let warning = settle(&log, &landed, &identity, &state, &owners).await;
    Ok(Attempt::Landed(Landed {
        version: Some(landed.version()),
        warning,
    }))
}
