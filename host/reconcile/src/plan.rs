//! What a run will do, before it does it: shown to people, and refused by guards.

use std::{collections::BTreeSet, fmt, sync::Arc};

use crate::{
    database::Database,
    declare::RunContext,
    diff::{self, Changes},
    error::Error,
    progress::Phase,
    report::{Action, Report, Status, TableReport},
    schema,
    stage::Staged,
    state::{Entry, FOREIGN, Journal, Owners, State},
    table::{Identity, ManagedBy, StoredTable},
};

/// Tables with fewer rows than this may lose any share of them without a question.
const GUARDED_ROWS: u64 = 100;

/// What a run will do. It was not approved yet, so it cannot be committed.
#[derive(Debug)]
pub struct Plan {
    run: RunContext,
    tables: Vec<PlannedTable>,
    guards: Vec<Guard>,
}

/// A plan that may be committed.
#[derive(Debug)]
pub struct ApprovedPlan {
    pub(crate) run: RunContext,
    pub(crate) tables: Vec<PlannedTable>,
    pub(crate) allow_destructive: bool,
}

/// Guards refused a plan; nothing was written.
#[derive(Debug)]
pub struct Refusal {
    /// Why.
    pub guards: Vec<Guard>,
    /// What would have happened.
    pub report: Report,
}

/// An outcome that has to be allowed on purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Guard {
    /// A table would be dropped.
    Drop {
        /// `DATABASE/TABLE`.
        table: String,
        /// How many rows it holds.
        rows: u64,
    },
    /// More than half of a table would be deleted.
    DeleteMost {
        /// `DATABASE/TABLE`.
        table: String,
        /// How many rows would go.
        deleted: u64,
        /// How many rows there are.
        rows: u64,
    },
    /// The pipeline declares no row at all, and owns some.
    NothingDeclared {
        /// How many rows it would lose.
        deleted: u64,
    },
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drop { table, rows } => {
                write!(f, "table {table} would be dropped with its {rows} rows")
            }
            Self::DeleteMost {
                table,
                deleted,
                rows,
            } => {
                write!(
                    f,
                    "{deleted} of the {rows} rows of table {table} would be deleted"
                )
            }
            Self::NothingDeclared { deleted } => write!(
                f,
                "the pipeline declares no rows and would lose all {deleted} that it owns"
            ),
        }
    }
}

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

impl Plan {
    /// What would happen.
    pub fn report(&self) -> Report {
        let status = if self.has_changes() {
            Status::Planned
        } else {
            Status::Unchanged
        };
        report(&self.run, status, &self.tables)
    }

    /// Whether a commit would write anything.
    pub fn has_changes(&self) -> bool {
        self.tables.iter().any(|table| table.step.has_changes())
    }

    /// What has to be allowed on purpose.
    pub fn guards(&self) -> &[Guard] {
        &self.guards
    }

    /// Allows the plan to be committed.
    ///
    /// # Errors
    /// A [`Refusal`] if a guard objects and `allow_destructive` is not set.
    pub fn approve(self, allow_destructive: bool) -> Result<ApprovedPlan, Box<Refusal>> {
        if self.guards.is_empty() || allow_destructive {
            return Ok(ApprovedPlan {
                run: self.run,
                tables: self.tables,
                allow_destructive,
            });
        }
        Err(Box::new(Refusal {
            report: report(&self.run, Status::Refused, &self.tables),
            guards: self.guards,
        }))
    }
}

fn report(run: &RunContext, status: Status, tables: &[PlannedTable]) -> Report {
    Report {
        pipeline: run.pipeline.clone(),
        run_id: run.run_id.clone(),
        status,
        tables: tables.iter().map(|table| table.report.clone()).collect(),
        warnings: Vec::new(),
    }
}

/// Plans a run that declared `staged`.
pub(crate) async fn plan(run: RunContext, staged: Vec<Staged>) -> Result<Plan, Error> {
    let mut guards = Vec::new();
    let mut tables = Vec::new();
    let mut declared_names = BTreeSet::new();
    let declared_rows: usize = staged.iter().map(|table| table.rows.len()).sum();
    for table in staged {
        let database = run.databases.get(&table.declared.database)?.clone();
        let name = table.declared.name.clone();
        declared_names.insert((database.name.clone(), name.clone()));
        let (planned, table_guards) =
            plan_table(&run, &database, &name, Goal::Declared(table)).await?;
        guards.extend(table_guards);
        tables.push(planned);
    }
    for (database, name) in given_up(&run, &declared_names).await? {
        let (planned, table_guards) = plan_table(&run, &database, &name, Goal::GivenUp).await?;
        guards.extend(table_guards);
        tables.push(planned);
    }
    let deleted = tables.iter().map(|table| table.report.deleted).sum();
    if declared_rows == 0 && deleted > 0 {
        guards.push(Guard::NothingDeclared { deleted });
        for table in &mut tables {
            table.destructive |= table.report.deleted > 0;
        }
    }
    for table in &tables {
        run.progress
            .add_to_write(table.report.inserted + table.report.updated);
    }
    run.progress.enter(Phase::Done);
    Ok(Plan {
        run,
        tables,
        guards,
    })
}

/// The tables that the pipeline owns rows of, or declared, and does not declare any more.
async fn given_up(
    run: &RunContext,
    declared: &BTreeSet<(String, String)>,
) -> Result<Vec<(Arc<Database>, String)>, Error> {
    let mut given_up = Vec::new();
    for database in run.databases.all() {
        for name in database.table_names().await? {
            if declared.contains(&(database.name.clone(), name.clone())) {
                continue;
            }
            let Some(table) = StoredTable::open(database, &name).await? else {
                continue;
            };
            let Some(identity) = table.identity()? else {
                continue;
            };
            let journal = Journal::read(&table, &identity).await?;
            let owned = match journal.owners() {
                Some(owners) => owners.owns(&run.pipeline),
                None => journal.state().await?.owners.owns(&run.pipeline),
            };
            if owned {
                given_up.push((database.clone(), name));
            }
        }
    }
    Ok(given_up)
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
            .and_then(|owners| owners.find(&run.pipeline, ROOT))
        && owner.digest == staged.digest
    {
        // The same set of rows: the entries need not be read.
        outcome.unchanged = staged.digest.rows;
        return Ok(Step::Nothing);
    }
    let state = journal.state().await?;
    let mut owners = state.owners.clone();
    let is_new = owners.find(&run.pipeline, ROOT).is_none();
    let owner = owners.id_of(&run.pipeline, ROOT);
    let changes = compare(run, staged, &state.entries, &owners, owner)?;
    count_changes(&changes, outcome);
    guard_deletions(&table, &state, outcome, guards);
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
    let Some((owner, _)) = state.owners.find(&run.pipeline, ROOT) else {
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
    guard_deletions(&table, &state, outcome, guards);
    Ok(Step::Change(Box::new(Change {
        table,
        identity,
        state,
        owner,
        changes,
        owners,
    })))
}

/// The scope in which everything is declared; pipelines cannot open others yet.
const ROOT: &str = "";

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

fn guard_deletions(
    table: &StoredTable,
    state: &State,
    outcome: &TableReport,
    guards: &mut Vec<Guard>,
) {
    let rows = count(state.entries.len());
    if rows >= GUARDED_ROWS && outcome.deleted > rows / 2 {
        guards.push(Guard::DeleteMost {
            table: table.label(),
            deleted: outcome.deleted,
            rows,
        });
    }
}

/// How many rows stop being foreign.
fn foreign_rows_taken(changes: &Changes) -> u64 {
    let taken = changes.removals.iter().chain(&changes.claims);
    count(taken.filter(|entry| entry.owner == FOREIGN).count())
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
