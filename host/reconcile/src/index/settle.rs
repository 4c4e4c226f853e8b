//! Brings the indexes of a table in step with what is wanted, once its rows have landed.
//!
//! Each index is built beside the newest version and becomes visible in a commit of its own,
//! together with the removal of what it replaces. Such a commit changes no row, so, unlike those
//! of rows, it may be rebased onto what others commit meanwhile. A run that is killed here leaves
//! nothing to put right: the next one sees by their names which indexes are missing.

use std::{collections::BTreeSet, sync::Arc};

use lance::{
    dataset::{
        CommitBuilder,
        transaction::{Operation, TransactionBuilder},
    },
    index::{CreateIndexBuilder, DatasetIndexExt},
};

use super::{
    build,
    declared::DeclaredIndex,
    report::IndexReport,
    wanted::{Loses, Rows, Wanted, Work, stored},
};
use crate::{
    cas,
    error::{Error, StorageContext},
    fault,
    intents::{Commit, IntentLog},
    progress::{Phase, Progress},
    table::StoredTable,
};

/// How often one index is tried when other writers are in the way.
const ATTEMPTS: u32 = 5;

/// What became of the indexes of a table.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    pub(crate) reports: Vec<IndexReport>,
    /// The table's version, if it changed.
    pub(crate) version: Option<u64>,
    /// Indexes that could not be built. All others are in step nevertheless.
    pub(crate) failures: Vec<Error>,
}

/// Builds what is missing and removes what is not wanted any more.
pub(crate) async fn settle(
    log: &Arc<IntentLog>,
    table: StoredTable,
    wanted: &Wanted,
    progress: &Progress,
) -> Result<Settled, Error> {
    let mut table = table;
    let mut settled = Settled::default();
    for work in wanted
        .work(Some(&table), Rows::Stored, &Loses::Nothing)
        .await?
    {
        if work.report.has_changes() {
            progress.enter(Phase::Indexing);
            match perform(log, &table, &work).await {
                Ok(newest) => {
                    settled.version = Some(newest.version());
                    table = newest;
                }
                Err(error) => {
                    log.set_in_vain();
                    settled.failures.push(error);
                    continue;
                }
            }
        }
        settled.reports.push(work.report);
    }
    Ok(settled)
}

/// Does what has to be done about one index, and returns the table as it is then.
async fn perform(
    log: &Arc<IntentLog>,
    table: &StoredTable,
    work: &Work,
) -> Result<StoredTable, Error> {
    let mut table = log.writes_table(table, Commit::Later);
    for attempt in 1.. {
        let Some(operation) = operation(&table, work).await? else {
            // Another run was first.
            break;
        };
        fault::point("index: built");
        let transaction = TransactionBuilder::new(table.version(), operation).build();
        let committed = CommitBuilder::new(table.dataset.clone())
            .with_skip_auto_cleanup(true)
            .execute(transaction)
            .await;
        match committed {
            Ok(dataset) => {
                fault::point("index: committed");
                return Ok(table.with(log.reads(dataset)));
            }
            Err(error) if cas::lost(&error) && attempt < ATTEMPTS => {
                log.set_in_vain();
                match StoredTable::open(&table.database, &table.name).await? {
                    Some(newest) => table = log.writes_table(&newest, Commit::Later),
                    None => break,
                }
            }
            Err(error) => return Err(failed(&table, work, error)),
        }
    }
    let dataset = log.reads(table.dataset.as_ref().clone());
    Ok(table.with(dataset))
}

/// What has to be committed, with the index built; none if the table has nothing to change.
async fn operation(table: &StoredTable, work: &Work) -> Result<Option<Operation>, Error> {
    let names = stored(Some(table)).await?;
    let new_indices = match &work.build {
        Some(index) if !names.contains(&work.report.name) => {
            let built = build(table, index).await;
            vec![built.map_err(|error| failed(table, work, error))?]
        }
        _ => Vec::new(),
    };
    let remove: BTreeSet<_> = work.remove.iter().collect();
    let indexes = table.dataset.load_indices().await;
    let removed_indices: Vec<_> = indexes
        .storage(table.subject(), "list its indexes")?
        .iter()
        .filter(|index| remove.contains(&index.name))
        .cloned()
        .collect();
    let changes = !new_indices.is_empty() || !removed_indices.is_empty();
    Ok(changes.then_some(Operation::CreateIndex {
        new_indices,
        removed_indices,
    }))
}

/// Builds an index; nobody sees it until it is committed.
async fn build(
    table: &StoredTable,
    index: &DeclaredIndex,
) -> Result<lance_table::format::IndexMetadata, lance::Error> {
    let mut dataset = table.dataset.as_ref().clone();
    let (index_type, parameters) = build::parameters(index);
    let mut builder = CreateIndexBuilder::new(
        &mut dataset,
        &[&index.path],
        index_type,
        parameters.as_ref(),
    )
    .name(index.spec.name());
    // Boxed: training is deep, and a future lies within the one that awaits it.
    Box::pin(builder.execute_uncommitted()).await
}

fn failed(table: &StoredTable, work: &Work, source: lance::Error) -> Error {
    Error::Index {
        table: table.label(),
        column: work.report.column.clone(),
        kind: work.report.kind.clone(),
        action: match work.build {
            Some(_) => "build",
            None => "drop",
        },
        source: Box::new(source),
    }
}
