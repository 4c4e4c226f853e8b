//! Decides for one table what has to be done to it.

use std::sync::Arc;

use super::guard::Guard;
use crate::{
    database::Database,
    declare::RunContext,
    diff::{self, Changes},
    error::Error,
    report::{Action, TableReport},
    schema,
    stage::Staged,
    state::{Entry, FOREIGN, Journal, Owners, ROOT_SCOPE, State},
    table::{Identity, ManagedBy, StoredTable},
};

/// What the run wants of one table.
#[derive(Debug)]
pub(crate) enum Goal {
    /// It exists with these rows.
    Declared(Staged),
    /// The pipeline declared it before, and no longer does.
    GivenUp,
}

/// One table of a plan.
#[derive(Debug)]
pub(crate) struct PlannedTable {
    pub(crate) database: Arc<Database>,
    pub(crate) name: String,
    pub(crate) goal: Goal,
    pub(crate) step: Step,
    pub(crate) report: TableReport,
    /// Whether a guard objected to what happens to this table.
    pub(crate) destructive: bool,
}

/// What has to be done to a table, against the version that was looked at.
#[derive(Debug)]
pub(crate) enum Step {
    /// It is as declared.
    Nothing,
    /// It is as declared, and the state lags behind what other writers did.
    CatchUp {
        table: StoredTable,
        identity: Identity,
        state: Box<State>,
    },
    /// It does not exist; all declared rows go in.
    Create,
    /// It exists and gets an identity first; then the plan is made anew.
    Adopt(StoredTable),
    /// Rows or owners change.
    Change(Box<Change>),
    /// It goes.
    Drop {
        table: StoredTable,
        identity: Identity,
    },
}

/// Changes to the rows of a table.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) table: StoredTable,
    pub(crate) identity: Identity,
    pub(crate) state: State,
    pub(crate) owner: u32,
    pub(crate) changes: Changes,
    /// The owners afterwards.
    pub(crate) owners: Owners,
}

impl Step {
    /// Whether the table or its owners change.
    pub(crate) fn has_changes(&self) -> bool {
        !matches!(self, Self::Nothing | Self::CatchUp { .. })
    }
}

/// Plans one table against its newest version.
pub(crate) async fn plan_table(
    run: &RunContext,
    database: &Arc<Database>,
    name: &str,
    goal: Goal,
) -> Result<(PlannedTable, Vec<Guard>), Error> {
    let table = StoredTable::open(database, name).await?;
    let identity = match &table {
        Some(table) => table.identity()?,
        None => None,
    };
    let mut outcome = TableReport {
        database: database.name.clone(),
        table: name.to_owned(),
        action: Action::None,
        inserted: 0,
        updated: 0,
        deleted: 0,
        unchanged: 0,
        version: table.as_ref().map(StoredTable::version),
    };
    let mut guards = Vec::new();
    let step = match (&goal, table, identity) {
        (Goal::GivenUp, None, _) | (Goal::GivenUp, _, None) => Step::Nothing,
        (Goal::GivenUp, Some(table), Some(identity)) => {
            give_up(run, table, identity, &mut outcome, &mut guards).await?
        }
        (Goal::Declared(staged), None, _) => {
            if staged.declared.managed_by == ManagedBy::User {
                return Err(Error::MissingTable {
                    table: database.label(name),
                });
            }
            outcome.action = Action::Create;
            outcome.inserted = count(staged.rows.len());
            Step::Create
        }
        (Goal::Declared(staged), Some(table), None) => {
            adopt(run, staged, table, &mut outcome).await?
        }
        (Goal::Declared(staged), Some(table), Some(identity)) => {
            schema::check(&staged.declared, &table, Some(&identity))?;
            change(run, staged, table, identity, &mut outcome, &mut guards).await?
        }
    };
    let planned = PlannedTable {
        database: database.clone(),
        name: name.to_owned(),
        goal,
        step,
        report: outcome,
        destructive: !guards.is_empty(),
    };
    Ok((planned, guards))
}

/// A table that some pipeline knows already.
async fn change(
    run: &RunContext,
    staged: &Staged,
    table: StoredTable,
    identity: Identity,
    outcome: &mut TableReport,
    guards: &mut Vec<Guard>,
) -> Result<Step, Error> {
    let journal = Journal::read(&table, &identity).await?;
    let lags = journal.lags();
    if !lags
        && let Some((_, owner)) = journal
            .owners()
            .and_then(|owners| owners.find(&run.pipeline, ROOT_SCOPE))
        && owner.digest == staged.digest
    {
        // The same set of rows: the entries need not be read.
        outcome.unchanged = staged.digest.rows;
        return Ok(Step::Nothing);
    }
    let state = journal.state().await?;
    let mut owners = state.owners.clone();
    let is_new = owners.find(&run.pipeline, ROOT_SCOPE).is_none();
    let owner = owners.id_of(&run.pipeline, ROOT_SCOPE);
    let changes = compare(run, staged, &state.entries, &owners, owner)?;
    count_changes(&changes, outcome);
    guards.extend(Guard::deletions(
        table.label(),
        count(state.entries.len()),
        outcome,
    ));
    if changes.is_empty() && !is_new {
        return Ok(if lags {
            Step::CatchUp {
                table,
                identity,
                state: Box::new(state),
            }
        } else {
            Step::Nothing
        });
    }
    owners.set_digest(owner, staged.digest);
    owners.foreign_rows -= foreign_rows_taken(&changes);
    Ok(Step::Change(Box::new(Change {
        table,
        identity,
        state,
        owner,
        changes,
        owners,
    })))
}

/// A table that no pipeline created or adopted.
async fn adopt(
    run: &RunContext,
    staged: &Staged,
    table: StoredTable,
    outcome: &mut TableReport,
) -> Result<Step, Error> {
    let is_users = staged.declared.managed_by == ManagedBy::User;
    if !run.adopt && !is_users {
        return Err(Error::ForeignTable {
            table: table.label(),
        });
    }
    schema::check(&staged.declared, &table, None)?;
    let entries = State::of_foreign(&table, &staged.declared.primary_key).await?;
    let changes = compare(run, staged, &entries, &Owners::default(), FOREIGN + 1)?;
    count_changes(&changes, outcome);
    outcome.action = if is_users {
        Action::None
    } else {
        Action::Adopt
    };
    Ok(Step::Adopt(table))
}

/// A table that the pipeline does not declare any more.
async fn give_up(
    run: &RunContext,
    table: StoredTable,
    identity: Identity,
    outcome: &mut TableReport,
    guards: &mut Vec<Guard>,
) -> Result<Step, Error> {
    let state = Journal::read(&table, &identity).await?.state().await?;
    let Some((owner, _)) = state.owners.find(&run.pipeline, ROOT_SCOPE) else {
        return Ok(Step::Nothing);
    };
    let mut owners = state.owners.clone();
    owners.remove(owner);
    let is_last = owners.iter().next().is_none() && owners.foreign_rows == 0;
    let conflict_free = |_| Error::DamagedState {
        table: table.label(),
        problem: "deleting rows met a conflict".to_owned(),
    };
    let changes = diff::diff(&[], &state.entries, owner, false).map_err(conflict_free)?;
    count_changes(&changes, outcome);
    if is_last && identity.managed_by == ManagedBy::System {
        outcome.action = Action::Drop;
        guards.push(Guard::Drop {
            table: table.label(),
            rows: count(state.entries.len()),
        });
        return Ok(Step::Drop { table, identity });
    }
    guards.extend(Guard::deletions(
        table.label(),
        count(state.entries.len()),
        outcome,
    ));
    Ok(Step::Change(Box::new(Change {
        table,
        identity,
        state,
        owner,
        changes,
        owners,
    })))
}

/// Diffs the declared rows, and turns a conflict into an error that names key and owner.
fn compare(
    run: &RunContext,
    staged: &Staged,
    entries: &[Entry],
    owners: &Owners,
    owner: u32,
) -> Result<Changes, Error> {
    diff::diff(&staged.rows, entries, owner, run.adopt).or_else(|conflict| {
        let (owner, advice) = match owners.get(conflict.owner) {
            Some(owner) => (
                format!("pipeline {}", owner.pipeline),
                "a row has one owner: let one of the two pipelines declare it",
            ),
            None => (
                "another writer".to_owned(),
                "run again with --adopt to take over the rows that the pipeline declares",
            ),
        };
        Err(Error::ForeignRow {
            table: staged.declared.label(),
            row: conflict.row.position,
            key: staged.key_text(conflict.row.position)?,
            owner,
            advice,
        })
    })
}

fn count_changes(changes: &Changes, outcome: &mut TableReport) {
    outcome.inserted = changes.inserted;
    outcome.updated = changes.updated;
    outcome.deleted = changes.deleted;
    outcome.unchanged = changes.unchanged;
}

/// How many rows stop being foreign.
fn foreign_rows_taken(changes: &Changes) -> u64 {
    let taken = changes.removals.iter().chain(&changes.claims);
    count(taken.filter(|entry| entry.owner == FOREIGN).count())
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
