//! Makes an approved plan true, one table after the other, each in one commit.
//!
//! A commit either becomes the version after the one that the plan was made against, or nothing.
//! When another writer was first, the table is planned anew from its new version; the guards are
//! asked again, since the approval was for what was shown.

mod adopt;
mod change;
mod create;
mod delta;
mod drop;
mod evolve;
mod land;
mod mend;
mod nullability;
mod places;
mod rebuild;
mod restore;
mod row_ids;
mod rows;
mod safekeep;
mod words;

use std::{sync::Arc, time::Duration};

use crate::{
    database::Database,
    declare::RunContext,
    error::Error,
    fault,
    index::{self, IndexReport, Wanted},
    intents::{IntentLog, sweep},
    maintain,
    plan::{self, ApprovedPlan, Goal, PlannedTable, Step},
    progress::Phase,
    report::{Action, Report, Status, TableReport},
    schema::SchemaChange,
    state::{Fold, Owners, State, fold, tidy},
    table::{Identity, StoredTable},
};
use rows::Written;
use words::written_before;

pub(crate) use mend::mend;
pub(crate) use restore::{Restored, restore};
pub(crate) use safekeep::is_safekeeping;

/// How often a table is tried when other writers commit first.
const ATTEMPTS: u32 = 10;

/// A run that failed while it was committing.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct CommitFailure {
    /// Why.
    #[source]
    pub error: Error,
    /// What had landed before; each table in it is as declared.
    pub report: Report,
}

/// How an attempt at one table ended.
enum Attempt {
    /// The table is as the plan says.
    Landed(Landed),
    /// The table moved on; plan again. Rows that were written may be used again.
    Again(Option<Written>),
}

/// What an attempt achieved.
struct Landed {
    /// The table's version; none if it is gone.
    version: Option<u64>,
    warning: Option<String>,
}

impl ApprovedPlan {
    /// Writes what the plan says.
    ///
    /// # Errors
    /// [`CommitFailure`] with the tables that had landed before; the others are as they were.
    pub async fn commit(self) -> Result<Report, Box<CommitFailure>> {
        let run = self.run.clone();
        run.progress.enter(Phase::Writing);
        let mut outcome = Box::pin(self.commit_tables()).await;
        let warnings = clean_up(&run, outcome.is_err()).await;
        match &mut outcome {
            Ok(report) => {
                report.warnings.extend(warnings);
                run.progress.enter(Phase::Done);
            }
            Err(failure) => failure.report.warnings.extend(warnings),
        }
        outcome
    }

    async fn commit_tables(self) -> Result<Report, Box<CommitFailure>> {
        let mut report = Report {
            pipeline: self.run.pipeline.clone(),
            run_id: self.run.run_id.clone(),
            status: Status::Unchanged,
            tables: Vec::with_capacity(self.tables.len()),
            warnings: Vec::new(),
        };
        let mut landed = Vec::new();
        for table in self.tables {
            let changes = table.step.has_changes();
            let looks_at_indexes = table.has_changes();
            let database = table.database.clone();
            match apply(
                &self.run,
                table,
                self.allow_destructive,
                &mut report.warnings,
            )
            .await
            {
                Ok((mut outcome, wanted)) => {
                    if changes {
                        report.status = Status::Applied;
                        self.run.progress.add_committed_table();
                    }
                    if looks_at_indexes {
                        outcome.indexes.clear();
                        landed.push((report.tables.len(), database, wanted));
                    }
                    report.tables.push(outcome);
                }
                Err(error) => {
                    report.status = Status::Failed;
                    return Err(Box::new(CommitFailure { error, report }));
                }
            }
        }
        // After the rows of every table, so that none waits for an index of another.
        let mut failures = Vec::new();
        for (number, database, wanted) in &landed {
            if let Some(outcome) = report.tables.get_mut(*number) {
                match settle_indexes(&self.run, database, outcome, wanted).await {
                    Ok(failed) => failures.extend(failed),
                    Err(error) => failures.push(error),
                }
                if outcome.indexes.iter().any(IndexReport::has_changes) {
                    report.status = Status::Applied;
                }
            }
        }
        let mut failures = failures.into_iter();
        if let Some(error) = failures.next() {
            report.status = Status::Failed;
            report.warnings.extend(failures.map(|error| {
                let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
                format!("{error}{}", cause.unwrap_or_default())
            }));
            return Err(Box::new(CommitFailure { error, report }));
        }
        // Last, since nothing that was declared depends on it.
        for (number, database, _) in &landed {
            if let Some(outcome) = report.tables.get_mut(*number)
                && outcome.changes_rows()
                && outcome.version.is_some()
            {
                let warnings = &mut report.warnings;
                Box::pin(maintain::after_commit(
                    &self.run, database, outcome, warnings,
                ))
                .await;
            }
        }
        Ok(report)
    }
}

/// Removes what this run wrote in vain, and what runs that were killed left behind. Nothing depends
/// on it, so its failure is the next run's business.
async fn clean_up(run: &RunContext, failed: bool) -> Vec<String> {
    let warnings = run.intents.finish(failed).await;
    for database in run.databases.all() {
        if let Err(error) = sweep(database).await {
            tracing::debug!("{error}");
        }
    }
    warnings
}

/// Brings the indexes of one table to what is declared, and returns those that could not be.
async fn settle_indexes(
    run: &RunContext,
    database: &Arc<Database>,
    outcome: &mut TableReport,
    wanted: &Wanted,
) -> Result<Vec<Error>, Error> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let Some(table) = StoredTable::open(database, &outcome.table).await? else {
        return Ok(Vec::new());
    };
    let log = run.intents.of(database).await?;
    let settled = index::settle(&log, table, wanted, &run.progress).await?;
    outcome.indexes = settled.reports;
    outcome.version = settled.version.or(outcome.version);
    Ok(settled.failures)
}

/// Brings one table to what is declared.
async fn apply(
    run: &RunContext,
    mut table: PlannedTable,
    allow_destructive: bool,
    warnings: &mut Vec<String>,
) -> Result<(TableReport, Wanted), Error> {
    let mut written = None;
    let mut adopted = false;
    // Columns that became nullable in a version of their own.
    let mut relaxed = Vec::new();
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            tokio::time::sleep(pause(run, attempt)).await;
        }
        let (step, goal) = (
            std::mem::replace(&mut table.step, Step::Nothing),
            table.goal,
        );
        let ended = match (step, &goal) {
            (Step::Nothing, _) => Attempt::Landed(Landed {
                version: table.report.version,
                warning: None,
            }),
            (
                Step::CatchUp {
                    table,
                    identity,
                    state,
                },
                _,
            ) => Attempt::Landed(Landed {
                version: Some(table.version()),
                warning: {
                    let log = run.intents.of(&table.database).await?;
                    settle(&log, &table, &identity, &state, &state.owners).await
                },
            }),
            (Step::Create, Goal::Declared(staged)) => {
                create::create(run, &table.database, staged).await?
            }
            (Step::Adopt(stored), Goal::Declared(staged)) => {
                adopted |= table.report.action == Action::Adopt;
                adopt::adopt(run, &stored, staged).await?;
                Attempt::Again(None)
            }
            (
                Step::Relax {
                    table,
                    identity,
                    owners,
                    columns,
                },
                _,
            ) => {
                if nullability::relax(run, &table, &identity, &owners, &columns)
                    .await?
                    .is_some()
                {
                    relaxed.extend(columns);
                }
                Attempt::Again(None)
            }
            (
                Step::Tighten {
                    table,
                    identity,
                    state,
                    columns,
                },
                _,
            ) => {
                let landed =
                    nullability::tighten(run, &table, &identity, &state.owners, &columns).await?;
                Attempt::Landed(Landed {
                    version: Some(landed.version()),
                    warning: {
                        let log = run.intents.of(&landed.database).await?;
                        settle(&log, &landed, &identity, &state, &state.owners).await
                    },
                })
            }
            (Step::Rebuild(change), Goal::Declared(staged)) => {
                rebuild::rebuild(run, *change, staged).await?
            }
            (Step::Drop { table, identity }, _) => drop::drop(run, &table, &identity).await?,
            (Step::Change(change), goal) => {
                // Boxed, like all that is deep: a future lies within the one that awaits it.
                Box::pin(change::change(
                    run,
                    *change,
                    goal,
                    table.destructive,
                    written.take(),
                ))
                .await?
            }
            // A table that nobody declares is neither created nor adopted.
            (Step::Create | Step::Adopt(_) | Step::Rebuild(_), Goal::GivenUp) => {
                Attempt::Again(None)
            }
        };
        match ended {
            Attempt::Landed(landed) => {
                warnings.extend(landed.warning);
                let mut outcome = table.report;
                outcome.version = landed.version;
                if !relaxed.is_empty() {
                    outcome.action = Action::Evolve;
                    let done = SchemaChange {
                        relaxes: relaxed,
                        ..SchemaChange::default()
                    };
                    outcome.schema_changes.extend(done.described());
                }
                if adopted {
                    outcome.action = Action::Adopt;
                }
                return Ok((outcome, table.wanted));
            }
            Attempt::Again(kept) => {
                written = kept;
                let (again, guards) =
                    plan::plan_table(run, &table.database, &table.name, goal).await?;
                if let Some(guard) = guards.first()
                    && !allow_destructive
                {
                    return Err(Error::PlanOutdated {
                        table: again.database.label(&again.name),
                        written: written_before(adopted, &relaxed),
                        guard: guard.to_string(),
                    });
                }
                let destructive = table.destructive;
                table = again;
                table.destructive |= destructive;
            }
        }
    }
    Err(Error::Contention {
        table: table.database.label(&table.name),
        attempts: ATTEMPTS,
        written: written_before(adopted, &relaxed),
    })
}

/// A pause that grows with the attempts and differs between runs.
fn pause(run: &RunContext, attempt: u32) -> Duration {
    let spread = u64::from(run.run_id.bytes().map(u32::from).sum::<u32>() % 16);
    Duration::from_millis((5 + spread) << attempt.min(6))
}

/// Folds the state after a commit, and removes what no version needs. The commit has landed, so
/// a failure is a warning: the next run replays the delta file.
pub(crate) async fn settle(
    log: &Arc<IntentLog>,
    table: &StoredTable,
    identity: &Identity,
    state: &State,
    owners: &Owners,
) -> Option<String> {
    let content = Fold {
        base: state.sidecar.as_ref(),
        entries: &state.entries,
        applied_through: table.version(),
        owners,
        new_rows: state.new_rows,
    };
    let settled = async {
        if fold(
            log,
            &table.database,
            &table.name,
            &identity.table_id,
            content,
        )
        .await?
        {
            fault::point("folded");
            tidy(table, identity).await?;
            fault::point("tidied");
        }
        safekeep::expire(table).await?;
        Ok::<_, Error>(())
    };
    let error = settled.await.err()?;
    Some(format!(
        "{error}; table {} has landed, and the next run catches up",
        table.label()
    ))
}

/// The transaction's properties that make it ours.
fn properties(run: &RunContext) -> Arc<std::collections::HashMap<String, String>> {
    use crate::state::names::{PIPELINE, RUN_ID};
    let properties = [(RUN_ID, &run.run_id), (PIPELINE, &run.pipeline)];
    let told = properties
        .into_iter()
        .filter(|(_, value)| !value.is_empty());
    Arc::new(
        told.map(|(name, value)| (name.to_owned(), value.clone()))
            .collect(),
    )
}

/// Whether the version after `version` was committed by this run: the storage did not say.
async fn landed_after_all(
    run: &RunContext,
    table: &StoredTable,
    version: u64,
) -> Result<Option<StoredTable>, Error> {
    use crate::error::StorageContext;
    use crate::state::names::RUN_ID;
    let Some(newest) = StoredTable::open(&table.database, &table.name).await? else {
        return Ok(None);
    };
    if newest.version() < version + 1 {
        return Ok(None);
    }
    let transaction = newest
        .dataset
        .read_version_transaction(version + 1)
        .await
        .storage(newest.subject(), "read its history")?
        .transaction;
    let is_ours = transaction
        .and_then(|transaction| transaction.transaction_properties)
        .is_some_and(|properties| properties.get(RUN_ID) == Some(&run.run_id));
    if is_ours {
        newest.at(version + 1).await.map(Some)
    } else {
        Ok(None)
    }
}
