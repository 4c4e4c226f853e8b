//! Maintenance on demand: everything that there is to do, without thresholds and bounds.

use std::sync::Arc;

use lance::{
    Dataset,
    dataset::optimize::{CompactionOptions, compact_files},
    index::DatasetIndexExt,
};
use lancedb::table::OptimizeOptions;
use serde::Serialize;
use uuid::Uuid;

use super::{
    policy::MaintenancePolicy,
    prune::{self, Old},
    statistics::Statistics,
};
use crate::{
    cas,
    commit::settle,
    database::{Database, Databases},
    error::{Error, StorageContext},
    intents::{Commit, IntentLog, Intents, sweep},
    progress::{Phase, Progress},
    state::Journal,
    table::{Identity, ManagedBy, StoredTable},
};

/// How often a step is tried when other writers commit first.
const ATTEMPTS: u32 = 5;

/// What was done to each table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Optimization {
    /// The tables that were maintained.
    pub tables: Vec<OptimizedTable>,
    /// Tables that the host does not manage, as `DATABASE/TABLE`; naming one has it maintained.
    pub left_alone: Vec<String>,
    /// What went wrong without harm.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// What was done to a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OptimizedTable {
    /// The database's name.
    pub database: String,
    /// The table's name.
    pub table: String,
    /// How many fragments there were.
    pub fragments_before: usize,
    /// How many there are.
    pub fragments_after: usize,
    /// How many rows were added to indexes, once for each index.
    pub indexed_rows: u64,
    /// How many old versions were removed.
    pub versions_removed: u64,
    /// How many bytes went with them.
    pub bytes_removed: u64,
    /// The newest version.
    pub version: u64,
}

/// Maintains the tables that the host manages: of all databases, of one, or one of them. A table
/// that is named is maintained whoever manages it.
///
/// Of `policy`, only the retention counts.
///
/// # Errors
/// [`Error::UnknownDatabase`] or [`Error::UnknownTable`] for a name that does not exist,
/// [`Error::Disturbed`] if other writers keep committing first, else [`Error::Storage`].
pub async fn optimize(
    databases: &Databases,
    database: Option<&str>,
    table: Option<&str>,
    policy: &MaintenancePolicy,
    progress: &Progress,
) -> Result<Optimization, Error> {
    // Whoever interrupts it from here on cannot know how far it came.
    progress.enter(Phase::Committing);
    let intents = Intents::new(&Uuid::now_v7().simple().to_string());
    let mut outcome = Box::pin(maintain(databases, database, table, policy, &intents)).await;
    let warnings = intents.finish(outcome.is_err()).await;
    if let Ok(done) = &mut outcome {
        done.warnings.extend(warnings);
    }
    for database in databases.all() {
        if let Err(error) = sweep(database).await {
            tracing::debug!("{error}");
        }
    }
    outcome
}

async fn maintain(
    databases: &Databases,
    database: Option<&str>,
    table: Option<&str>,
    policy: &MaintenancePolicy,
    intents: &Intents,
) -> Result<Optimization, Error> {
    let mut done = Optimization::default();
    if let (Some(database), Some(table)) = (database, table) {
        let table = StoredTable::existing(databases, database, table).await?;
        let identity = table.identity()?;
        let log = intents.of(&table.database).await?;
        done.add(&log, table, identity, policy).await?;
        return Ok(done);
    }
    let chosen: Vec<&Arc<Database>> = match database {
        Some(name) => vec![databases.get(name)?],
        None => databases.all().collect(),
    };
    for database in chosen {
        for name in database.table_names().await? {
            let Some(table) = StoredTable::open(database, &name).await? else {
                continue;
            };
            match table.identity()? {
                Some(identity) if identity.managed_by == ManagedBy::System => {
                    let log = intents.of(database).await?;
                    done.add(&log, table, Some(identity), policy).await?;
                }
                _ => done.left_alone.push(table.label()),
            }
        }
    }
    Ok(done)
}

impl Optimization {
    async fn add(
        &mut self,
        log: &Arc<IntentLog>,
        mut table: StoredTable,
        identity: Option<Identity>,
        policy: &MaintenancePolicy,
    ) -> Result<(), Error> {
        if let Some(identity) = &identity {
            self.warnings.extend(catch_up(log, &table, identity).await?);
        }
        let before = Statistics::of(&table).await?;
        // Indexes come first: fragments are only joined if the same indexes cover them.
        if !before.indexes.is_empty() {
            retried(log, &mut table, Step::UpdateIndexes).await?;
        }
        retried(log, &mut table, Step::Compact).await?;
        let after = Statistics::of(&table).await?;
        let old = Old {
            before: policy.old_before(),
            least: 1,
            most: usize::MAX,
        };
        let pruned = prune::prune(&table, identity.as_ref(), old).await?;
        self.tables.push(OptimizedTable {
            database: table.database.name.clone(),
            table: table.name.clone(),
            fragments_before: before.fragments.len(),
            fragments_after: after.fragments.len(),
            indexed_rows: before.unindexed().saturating_sub(after.unindexed()),
            versions_removed: pruned.versions,
            bytes_removed: pruned.bytes,
            version: table.version(),
        });
        Ok(())
    }
}

/// Brings the state up to what other writers did, so that it needs no old version.
async fn catch_up(
    log: &Arc<IntentLog>,
    table: &StoredTable,
    identity: &Identity,
) -> Result<Option<String>, Error> {
    let journal = Journal::read(table, identity).await?;
    if !journal.lags() {
        return Ok(None);
    }
    let state = journal.state().await?;
    Ok(settle(log, table, identity, &state, &state.owners).await)
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Compact,
    UpdateIndexes,
}

impl Step {
    fn action(self) -> &'static str {
        match self {
            Self::Compact => "compact it",
            Self::UpdateIndexes => "bring its indexes up to date",
        }
    }

    async fn run(self, dataset: &mut Dataset) -> Result<(), lance::Error> {
        match self {
            Self::Compact => {
                compact_files(dataset, CompactionOptions::default(), None).await?;
                Ok(())
            }
            Self::UpdateIndexes => dataset.optimize_indices(&OptimizeOptions::default()).await,
        }
    }
}

/// Does a step, again from the newest version while other writers are in the way.
async fn retried(log: &Arc<IntentLog>, table: &mut StoredTable, step: Step) -> Result<(), Error> {
    for _ in 0..ATTEMPTS {
        let mut dataset = log.writes(&table.dataset, Commit::Later);
        match step.run(&mut dataset).await {
            Ok(()) => {
                *table = table.with(log.reads(dataset));
                return Ok(());
            }
            Err(error) if cas::lost(&error) => {
                log.set_in_vain();
                let newest = StoredTable::open(&table.database, &table.name).await?;
                *table = newest.ok_or_else(|| disturbed(table, step))?;
            }
            Err(error) => return Err(error).storage(table.subject(), step.action()),
        }
    }
    Err(disturbed(table, step))
}

fn disturbed(table: &StoredTable, step: Step) -> Error {
    Error::Disturbed {
        table: table.label(),
        action: step.action(),
    }
}
