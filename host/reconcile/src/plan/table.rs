//! Decides for one table what has to be done to it.

use std::sync::Arc;

use super::{change::change, compare::compare, guard::Guard, others};
use crate::{
    database::Database,
    declare::RunContext,
    diff::{Changes, ChangesBuilder},
    error::Error,
    index::{IndexReport, Loses, Rows, Wanted},
    merge::Chunks,
    report::{Action, TableReport},
    schema::{self, Declarers, SchemaChange},
    sequence::Sequence,
    stage::Staged,
    state::{FOREIGN, Journal, OwnedColumn, Owners, ROOT_SCOPE, State},
    table::{Identity, ManagedBy, Origin, StoredTable},
};

/// What the run wants of one table.
#[derive(Debug)]
pub(crate) enum Goal {
    /// It exists with these rows.
    Declared(Box<Staged>),
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
    /// Indexes, once the step is done.
    pub(crate) wanted: Wanted,
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
    /// Columns become nullable first; then the plan is made anew.
    Relax {
        table: StoredTable,
        identity: Identity,
        owners: Box<Owners>,
        columns: Vec<String>,
    },
    /// Columns, rows or owners change.
    Change(Box<Change>),
    /// All rows are written anew.
    Rebuild(Box<Change>),
    /// Columns become required; everything else is as declared.
    Tighten {
        table: StoredTable,
        identity: Identity,
        state: Box<State>,
        columns: Vec<String>,
    },
    /// It goes.
    Drop {
        table: StoredTable,
        identity: Identity,
    },
}

/// Changes to the columns and rows of a table.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) table: StoredTable,
    pub(crate) identity: Identity,
    pub(crate) state: State,
    pub(crate) owner: u32,
    pub(crate) schema: SchemaChange,
    /// What the change of columns alone does to the entries.
    pub(crate) rehashed: Vec<Sequence>,
    pub(crate) changes: Changes,
    /// The owners afterwards.
    pub(crate) owners: Owners,
}

impl PlannedTable {
    /// Whether the table, its owners or its indexes change.
    pub(crate) fn has_changes(&self) -> bool {
        self.step.has_changes() || self.report.indexes.iter().any(IndexReport::has_changes)
    }
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
        schema_changes: Vec::new(),
        inserted: 0,
        updated: 0,
        deleted: 0,
        unchanged: 0,
        version: table.as_ref().map(StoredTable::version),
        indexes: Vec::new(),
    };
    let mut guards = Vec::new();
    let mut wanted = Wanted::default();
    let stored = table.clone();
    let step = match (&goal, table, identity) {
        (Goal::GivenUp, None, _) | (Goal::GivenUp, _, None) => Step::Nothing,
        (Goal::GivenUp, Some(table), Some(identity)) => {
            give_up(run, table, identity, &mut outcome, &mut guards, &mut wanted).await?
        }
        (Goal::Declared(staged), None, _) => {
            if staged.declared.managed_by == ManagedBy::User {
                return Err(Error::MissingTable {
                    table: database.label(name),
                });
            }
            outcome.action = Action::Create;
            outcome.inserted = staged.unique().await?.digest.rows;
            wanted = Wanted::new(&Owners::default(), &staged.declared.indexes);
            Step::Create
        }
        (Goal::Declared(staged), Some(table), None) => {
            wanted = Wanted::new(&Owners::default(), &staged.declared.indexes);
            adopt(run, staged, table, &mut outcome).await?
        }
        (Goal::Declared(staged), Some(table), Some(identity)) => {
            let change = change(
                run,
                staged,
                table,
                identity,
                &mut outcome,
                &mut guards,
                &mut wanted,
            );
            Box::pin(change).await?
        }
    };
    let stored = stored.as_ref();
    wanted.note(stored).await?;
    let work = wanted
        .work(stored, rows_after(&step, &outcome), &loses(&step))
        .await?;
    outcome.indexes = work.into_iter().map(|work| work.report).collect();
    let planned = PlannedTable {
        database: database.clone(),
        name: name.to_owned(),
        goal,
        step,
        wanted,
        report: outcome,
        destructive: !guards.is_empty(),
    };
    Ok((planned, guards))
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
    others::spare_row_ids(&table).await?;
    let columns = schema::compare(
        &staged.declared,
        &table.schema(),
        None,
        &Declarers::default(),
    )?;
    let declared = OwnedColumn::all(&staged.declared.schema);
    let hashed = declared.into_iter().map(|column| column.name).collect();
    let entries = State::of_foreign(&table, &staged.declared.primary_key, &hashed).await?;
    let changes = compare(run, staged, &entries, &Owners::default(), FOREIGN + 1).await?;
    count_changes(&changes, outcome);
    outcome.schema_changes = columns.described();
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
    wanted: &mut Wanted,
) -> Result<Step, Error> {
    let state = Journal::read(&table, &identity).await?.state().await?;
    let Some((owner, _)) = state.owners.find(&run.pipeline, ROOT_SCOPE) else {
        return Ok(Step::Nothing);
    };
    let mut owners = state.owners.clone();
    owners.remove(owner);
    let is_last = owners.iter().next().is_none() && owners.foreign_rows == 0;
    let is_ours = identity.managed_by == ManagedBy::System && identity.origin == Origin::Created;
    if is_last && is_ours {
        outcome.action = Action::Drop;
        outcome.deleted = state.rows();
        guards.push(Guard::Drop {
            table: table.label(),
            rows: state.rows(),
            declared_elsewhere: None,
        });
        return Ok(Step::Drop { table, identity });
    }
    let changes = deletions(&state, owner).await?;
    count_changes(&changes, outcome);
    *wanted = Wanted::new(&owners, &[]);
    guards.extend(Guard::deletions(table.label(), state.rows(), outcome));
    Ok(Step::Change(Box::new(Change {
        table,
        identity,
        state,
        owner,
        schema: SchemaChange::default(),
        rehashed: Vec::new(),
        changes,
        owners,
    })))
}

/// How many rows the table has once the step is done, for a plan.
fn rows_after(step: &Step, outcome: &TableReport) -> Rows {
    match step {
        Step::Create => Rows::Expected(outcome.inserted),
        Step::Change(change) | Step::Rebuild(change) => {
            let rows = change.state.rows() + change.changes.writes.len();
            Rows::Expected(rows.saturating_sub(change.changes.removed))
        }
        _ => Rows::Stored,
    }
}

/// The indexes that a step takes away, and that have to be built again.
fn loses(step: &Step) -> Loses<'_> {
    match step {
        Step::Rebuild(_) => Loses::Everything,
        Step::Change(change) => {
            let casts = change.schema.casts.iter().map(|cast| &cast.column);
            let columns = casts.chain(&change.schema.drops);
            Loses::Columns(columns.map(String::as_str).collect())
        }
        _ => Loses::Nothing,
    }
}

/// The removal of everything that belongs to an owner.
async fn deletions(state: &State, owner: u32) -> Result<Changes, Error> {
    let mut changes = ChangesBuilder::new();
    let mut chunks = state.entries.chunks().await?;
    while let Some(chunk) = chunks.next_chunk().await? {
        for entry in chunk.into_iter().filter(|entry| entry.owner == owner) {
            changes.delete(entry);
            changes.next_key()?;
        }
    }
    changes.finish()
}

pub(super) fn count_changes(changes: &Changes, outcome: &mut TableReport) {
    outcome.inserted = changes.inserted;
    outcome.updated = changes.updated;
    outcome.deleted = changes.deleted;
    outcome.unchanged = changes.unchanged;
}
