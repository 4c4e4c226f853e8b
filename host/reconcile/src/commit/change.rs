//! Changes columns and rows of an existing table in one version.

use std::sync::Arc;

use lance::dataset::transaction::{Operation, UpdateMode};

use super::{
    Attempt, Landed, delta,
    evolve::Evolved,
    land::{Version, land},
    nullability, rows, settle,
};
use crate::{
    declare::RunContext,
    error::Error,
    fault,
    intents::Commit,
    plan::{Change, Goal},
    progress::Phase,
};

pub(super) async fn change(
    run: &RunContext,
    change: Change,
    goal: &Goal,
    destructive: bool,
    earlier: Option<rows::Written>,
) -> Result<Attempt, Error> {
    let Change {
        table,
        identity,
        mut state,
        owner,
        schema,
        rehashed,
        changes,
        owners,
    } = change;
    let log = run.intents.of(&table.database).await?;
    let writes = log.writes_table(&table, Commit::Next);
    let evolved = if schema.changes_columns() {
        let evolved = Evolved::new(&writes, &schema).await?;
        fault::point("change: columns staged");
        Some(evolved)
    } else {
        None
    };
    let target = rows::Target {
        schema: match &evolved {
            Some(evolved) => Arc::new((&evolved.schema).into()),
            None => Arc::new(table.schema()),
        },
        evolved: evolved.as_ref().map(|evolved| evolved.schema.clone()),
        declared: owners.hashed.clone(),
    };
    let writing = async {
        let written = match goal {
            Goal::Declared(staged) => {
                let earlier = earlier.filter(|_| log.reuses());
                Some(rows::append(run, &writes, &target, staged, &changes, earlier).await?)
            }
            Goal::GivenUp => None,
        };
        fault::point("change: rows staged");
        Ok::<_, Error>(written)
    };
    let deleting = async {
        let deletions = rows::delete(&writes, &changes).await?;
        fault::point("change: deletions staged");
        Ok::<_, Error>(deletions)
    };
    // Each is awaited to its end: what failed is removed, and nobody may write meanwhile.
    let (written, deletions) = tokio::join!(writing, deleting);
    let (written, deletions) = (written?, deletions?);
    run.progress.enter(Phase::Committing);

    let delta = delta::of(&table, owner, &changes, &rehashed).await?;

    let new_fragments = written
        .as_ref()
        .map_or_else(Vec::new, |written| written.fragments.clone());
    let operation = match evolved {
        Some(evolved) => {
            if !deletions.emptied.is_empty() {
                // Lance leaves fragments without rows out, and with them what was written for them.
                log.set_in_vain();
            }
            evolved.operation(&writes, deletions, new_fragments).await?
        }
        None => Operation::Update {
            removed_fragment_ids: deletions.emptied,
            updated_fragments: deletions.updated,
            new_fragments,
            fields_modified: Vec::new(),
            compacted_sstables: Vec::new(),
            fields_for_preserving_frag_bitmap: rows::field_ids(table.dataset.schema()),
            update_mode: Some(UpdateMode::RewriteRows),
            inserted_rows_filter: None,
            updated_fragment_offsets: None,
        },
    };
    let version = Version {
        operation,
        delta: &delta,
        owners: &owners,
        destructive,
    };
    let Some(landed) = land(run, &table, &identity, version).await? else {
        return Ok(Attempt::Again(written));
    };
    state.entries.apply(delta);
    let (newest, failed) =
        match nullability::tighten(run, &landed, &identity, &owners, &schema.tightens).await {
            Ok(tightened) => (tightened, None),
            Err(error) => (landed, Some(error)),
        };
    fault::point("change: landed");
    let warning = settle(&log, &newest, &identity, &state, &owners).await;
    match failed {
        Some(error) => Err(error),
        None => Ok(Attempt::Landed(Landed {
            version: Some(newest.version()),
            warning,
        })),
    }
}
