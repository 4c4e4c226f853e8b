//! What a run will do, before it does it: shown to people, and refused by guards.

mod change;
mod compare;
mod guard;
mod others;
mod table;

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    database::Database,
    declare::RunContext,
    error::Error,
    progress::Phase,
    report::{Report, Status},
    stage::Staged,
    state::Journal,
    table::StoredTable,
};

pub use guard::Guard;
pub(crate) use table::{Change, Goal, PlannedTable, Step, plan_table};

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
        self.tables.iter().any(PlannedTable::has_changes)
    }

    /// How many tables the pipeline declares, or declared before.
    pub fn tables(&self) -> usize {
        self.tables.len()
    }

    /// What has to be allowed on purpose.
    pub fn guards(&self) -> &[Guard] {
        &self.guards
    }

    /// Allows the plan to be committed.
    ///
    /// # Errors
    /// A [`Refusal`] if a guard objects and `allow_destructive` is not set.
    pub async fn approve(self, allow_destructive: bool) -> Result<ApprovedPlan, Box<Refusal>> {
        if self.guards.is_empty() || allow_destructive {
            return Ok(ApprovedPlan {
                run: self.run,
                tables: self.tables,
                allow_destructive,
            });
        }
        let refused = report(&self.run, Status::Refused, &self.tables);
        drop(self.tables);
        self.run.abandon().await;
        Err(Box::new(Refusal {
            report: refused,
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
    let declared_rows: u64 = staged.iter().map(|table| table.index().declared()).sum();
    for table in staged {
        let database = run.databases.get(&table.declared.database)?.clone();
        let name = table.declared.name.clone();
        declared_names.insert((database.name.clone(), name.clone()));
        let (planned, table_guards) =
            plan_table(&run, &database, &name, Goal::Declared(Box::new(table))).await?;
        guards.extend(table_guards);
        tables.push(planned);
    }
    for (database, name) in given_up(&run, &declared_names).await? {
        let (planned, mut table_guards) = plan_table(&run, &database, &name, Goal::GivenUp).await?;
        if let Some((elsewhere, _)) = declared_names.iter().find(|(_, other)| *other == name) {
            for guard in &mut table_guards {
                guard.declared_elsewhere(elsewhere, &name);
            }
        }
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
