//! Compares tables with what the host remembers of them, and puts right what it remembers.
//!
//! Loading the state follows the history of a table, and so finds what other writers did in
//! commits. This finds what no history tells: rows that were changed behind it, and state that
//! was damaged or lost. Every row is read and hashed; what is to be compared is sorted on disk if it
//! does not fit into memory.
//!
//! Nothing here changes a row. Rows that are not as a pipeline declares them are written by its
//! next run, once the state tells the truth.

mod drifts;
mod examine;
mod index_files;
mod keys;
mod rebuild;
mod repair;

use std::sync::Arc;

use serde::Serialize;

use examine::Examined;

pub use rebuild::{RebuiltState, StateRebuild};

use crate::{
    database::{Database, Databases},
    declare::RunContext,
    error::{Error, ErrorKind},
    progress::{Phase, Progress},
    state::Owners,
    status::OwnerStatus,
    table::{Identity, StoredTable},
};

/// What was found in each table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// The tables that were compared.
    pub tables: Vec<VerifiedTable>,
    /// Tables that could not be compared.
    pub failed: Vec<FailedTable>,
    /// Tables of which nothing is remembered, as `DATABASE/TABLE`.
    pub left_alone: Vec<String>,
}

/// One table that was compared with its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifiedTable {
    /// The database's name.
    pub database: String,
    /// The table's name.
    pub table: String,
    /// The version that was compared.
    pub version: u64,
    /// How many rows each pipeline has in the table.
    pub owners: Vec<OwnerStatus>,
    /// Rows that no pipeline declared.
    pub foreign_rows: u64,
    /// Rows of which the table and the state said different things.
    pub drift: Vec<Drift>,
    /// What is wrong with the state itself, in words.
    pub damage: Vec<String>,
    /// Indexes whose files are gone, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub broken_indexes: Vec<String>,
    /// What does no harm now, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Whether the state was put right; what was found is as it was before.
    pub repaired: bool,
}

/// Rows that drifted in the same way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// In which way.
    pub kind: DriftKind,
    /// Whose rows they are; none for rows that no pipeline declared.
    pub pipeline: Option<String>,
    /// How many.
    pub rows: u64,
    /// Whether other writers did it in commits, which the next run sees by itself.
    pub in_history: bool,
    /// The keys of some of them.
    pub sample: Vec<String>,
}

/// A way to drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DriftKind {
    /// The state has the row, the table does not.
    Missing,
    /// The row has other values than the state says.
    Changed,
    /// The table has the row, the state does not.
    New,
    /// The table has a key of the pipeline's more than once.
    Twice,
}

/// A table that could not be compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedTable {
    /// The database's name.
    pub database: String,
    /// The table's name.
    pub table: String,
    /// Why not.
    pub error: String,
    /// Whether the table is damaged or the storage failed; else other writers were in the way.
    #[serde(skip)]
    pub is_storage: bool,
}

impl Drift {
    /// Whether something is not as it should be. That others change their own rows is as it
    /// should be.
    pub fn is_wrong(&self) -> bool {
        self.pipeline.is_some() || !self.in_history
    }
}

impl VerifiedTable {
    /// Whether the table or its state is not as it should be.
    pub fn is_wrong(&self) -> bool {
        let state_is_wrong = self.drift.iter().any(Drift::is_wrong) || !self.damage.is_empty();
        (state_is_wrong && !self.repaired) || self.stays_wrong()
    }

    /// Whether something is wrong that no state can put right.
    pub fn stays_wrong(&self) -> bool {
        let is_twice = |drift: &Drift| drift.kind == DriftKind::Twice;
        !self.broken_indexes.is_empty() || self.drift.iter().any(is_twice)
    }
}

/// Compares tables with their state: of all databases, or those at `places`, each a database
/// and perhaps one of its tables. With `repair`, the state is made to tell the truth.
///
/// # Errors
/// [`Error::UnknownDatabase`] or [`Error::UnknownTable`] for a name that does not exist, and what
/// keeps tables from being listed. What goes wrong with one table is told in its place.
pub async fn verify(
    databases: Arc<Databases>,
    places: &[(String, Option<String>)],
    repair: bool,
    progress: Arc<Progress>,
) -> Result<Verification, Error> {
    if repair {
        // Whoever interrupts it from here on cannot know how far it came.
        progress.enter(Phase::Committing);
    }
    let run = RunContext::of_host(databases.clone(), progress);
    let mut done = Verification::default();
    for (database, name) in chosen(&databases, places).await? {
        match one(&run, &database, &name, repair).await {
            Ok(Some(table)) => done.tables.push(table),
            Ok(None) => done.left_alone.push(database.label(&name)),
            Err(error) => done.failed.push(FailedTable {
                database: database.name.clone(),
                table: name,
                is_storage: error.kind() == ErrorKind::Storage,
                error: with_causes(&error),
            }),
        }
    }
    Ok(done)
}

/// The tables at these places, each once.
async fn chosen(
    databases: &Databases,
    places: &[(String, Option<String>)],
) -> Result<Vec<(Arc<Database>, String)>, Error> {
    let mut chosen: Vec<(Arc<Database>, String)> = Vec::new();
    let mut add = |database: &Arc<Database>, name: String| {
        let has = |(other, table): &(Arc<Database>, String)| {
            other.name == database.name && *table == name
        };
        if !chosen.iter().any(has) {
            chosen.push((database.clone(), name));
        }
    };
    for (database, table) in places {
        let database = databases.get(database)?;
        match table {
            Some(table) => {
                let table = StoredTable::existing(databases, &database.name, table).await?;
                add(database, table.name);
            }
            None => {
                for name in database.table_names().await? {
                    add(database, name);
                }
            }
        }
    }
    if places.is_empty() {
        for database in databases.all() {
            for name in database.table_names().await? {
                add(database, name);
            }
        }
    }
    Ok(chosen)
}

/// None for a table of which nothing is remembered.
async fn one(
    run: &RunContext,
    database: &Arc<Database>,
    name: &str,
    repair: bool,
) -> Result<Option<VerifiedTable>, Error> {
    let Some(table) = StoredTable::open(database, name).await? else {
        return Ok(None);
    };
    let mut damage = Vec::new();
    let Some(identity) = repair::identity(&table, &mut damage)? else {
        return Ok(None);
    };
    let examined = examine::examine(&table, &identity, &mut damage).await?;
    let mut found = described(&table, &identity, &examined, damage).await?;
    if repair && (examined.drifts.is_behind() || !found.damage.is_empty()) {
        let repaired = run.finished(repair::repair(run, table).await).await;
        found.notes.extend(repaired?);
        found.repaired = true;
    }
    Ok(Some(found))
}

/// What was found, in the form that users and programs read.
async fn described(
    table: &StoredTable,
    identity: &Identity,
    examined: &Examined,
    damage: Vec<String>,
) -> Result<VerifiedTable, Error> {
    let (drifts, owners) = (&examined.drifts, &examined.truth.owners);
    let mut drift = Vec::with_capacity(drifts.groups.len());
    for ((owner, in_history, kind), drifted) in &drifts.groups {
        drift.push(Drift {
            kind: *kind,
            pipeline: owners.get(*owner).map(|owner| owner.pipeline.clone()),
            rows: drifted.rows,
            in_history: *in_history,
            sample: keys::keys(table, identity, &examined.state, &drifted.sample).await,
        });
    }
    // Pipelines first, and others last.
    drift.sort_by_key(|drift| drift.pipeline.is_none());
    Ok(VerifiedTable {
        database: table.database.name.clone(),
        table: table.name.clone(),
        version: table.version(),
        owners: statuses(owners),
        foreign_rows: owners.foreign_rows,
        drift,
        damage,
        broken_indexes: index_files::missing(table).await?,
        notes: examined.notes.clone(),
        repaired: false,
    })
}

fn statuses(owners: &Owners) -> Vec<OwnerStatus> {
    owners
        .iter()
        .map(|(_, owner)| OwnerStatus {
            pipeline: owner.pipeline.clone(),
            scope: owner.scope.clone(),
            rows: owner.digest.rows,
        })
        .collect()
}

/// An error with what caused it, in one line.
fn with_causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let cause_text = error.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        cause = error.source();
    }
    text
}
