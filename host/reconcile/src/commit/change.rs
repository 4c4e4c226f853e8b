//! Changes rows of an existing table: insertions, updates and deletions in one version.

use lance::dataset::{
    WriteDestination,
    transaction::{Operation, TransactionBuilder, UpdateMode},
};

use super::{Attempt, Landed, landed_after_all, properties, rows, safekeep, settle};
use crate::{
    cas,
    declare::RunContext,
    error::{Error, StorageContext},
    plan::{Change, Goal},
    progress::Phase,
    state::{DeltaName, Deltas, Entry},
    table::StoredTable,
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
        changes,
        owners,
    } = change;
    let written = match goal {
        Goal::Declared(staged) => {
            Some(rows::append(run, &table, staged, &changes.writes, earlier).await?)
        }
        Goal::GivenUp => None,
    };
    let deletions = rows::delete(&table, &changes.removals).await?;
    run.progress.enter(Phase::Committing);

    // The commit cannot be rebased, so the ids of the new rows are known before it.
    let first_row_id = table.dataset.manifest().next_row_id;
    let new = changes
        .writes
        .iter()
        .zip(first_row_id..)
        .map(|(row, row_id)| Entry {
            key: row.key,
            fingerprint: row.fingerprint,
            row_id,
            owner,
        });
    let claimed = changes.claims.iter().map(|entry| Entry { owner, ..*entry });
    let removed = changes.removals.iter().map(|entry| entry.removal());
    let mut delta: Vec<Entry> = removed.chain(claimed).chain(new).collect();
    delta.sort_unstable_by_key(|entry| (entry.key, entry.row_id));

    let base = table.version();
    let deltas = Deltas::open(&table.database, &table.name, &identity.table_id).await?;
    deltas.put(base + 1, &run.run_id, &delta, &owners).await?;
    if destructive {
        safekeep::tag(run, &table).await?;
    }
    let operation = Operation::Update {
        removed_fragment_ids: deletions.emptied,
        updated_fragments: deletions.updated,
        new_fragments: written
            .as_ref()
            .map_or_else(Vec::new, |written| written.fragments.clone()),
        fields_modified: Vec::new(),
        compacted_sstables: Vec::new(),
        fields_for_preserving_frag_bitmap: rows::field_ids(table.dataset.schema()),
        update_mode: Some(UpdateMode::RewriteRows),
        inserted_rows_filter: None,
        updated_fragment_offsets: None,
    };
    let transaction = TransactionBuilder::new(base, operation)
        .transaction_properties(Some(properties(run)))
        .build();
    let outcome = cas::commit(
        WriteDestination::Dataset(table.dataset.clone()),
        table.database.session(),
        transaction,
    )
    .await;
    let landed = match outcome {
        Ok(cas::Outcome::Landed(dataset)) => Some(table.with(*dataset)),
        Ok(cas::Outcome::Lost) => None,
        Ok(cas::Outcome::Unknown(error)) => match landed_after_all(run, &table, base).await? {
            Some(landed) => Some(landed),
            None => return Err(error).storage(table.subject(), "commit its new version"),
        },
        Err(error) => {
            take_back(run, &table, &deltas, destructive).await;
            return Err(error).storage(table.subject(), "commit its new version");
        }
    };
    let Some(landed) = landed else {
        take_back(run, &table, &deltas, destructive).await;
        return Ok(Attempt::Again(written));
    };
    state.apply(delta);
    let warning = settle(&landed, &identity, &state, &owners).await;
    Ok(Attempt::Landed(Landed {
        version: Some(landed.version()),
        warning,
    }))
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
