//! Looks at what is stored, for people: which tables there are, who owns their rows, what they hold.

use std::{collections::BTreeMap, sync::Arc};

use arrow::{array::RecordBatch, compute::concat_batches, datatypes::Schema};
use futures::TryStreamExt;
use serde::Serialize;

use crate::{
    database::Databases,
    error::{Error, StorageContext},
    index::{IndexStatus, index_status},
    state::{Journal, Owners, names},
    table::StoredTable,
};

/// How many versions back to look for the last run.
const HISTORY: u64 = 100;

/// A stored table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableStatus {
    /// The database's name.
    pub database: String,
    /// The table's name.
    pub table: String,
    /// `system`, `user`, or `nobody` for a table that no pipeline has declared.
    pub managed_by: &'static str,
    /// The pipelines that declare rows of it.
    pub owners: Vec<OwnerStatus>,
    /// Rows that no pipeline declared.
    pub foreign_rows: u64,
    /// All rows.
    pub rows: u64,
    /// The newest version.
    pub version: u64,
    /// How many versions can be read.
    pub versions: u64,
    /// Its indexes, and those that pipelines declare.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<IndexStatus>,
    /// Its tags, each with the version that it keeps.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, u64>,
    /// The newest run that committed to it, if it is among the last 100 versions.
    pub last_run: Option<LastRun>,
}

/// What one owner has in a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnerStatus {
    /// The pipeline's name.
    pub pipeline: String,
    /// The scope inside the pipeline; empty for the root scope.
    pub scope: String,
    /// How many rows.
    pub rows: u64,
}

/// A run that committed to a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastRun {
    /// The run's id, as in its report.
    pub run_id: String,
    /// The pipeline.
    pub pipeline: String,
    /// When it committed, in RFC 3339.
    pub at: String,
}

/// All tables of all databases, in alphabetical order.
///
/// # Errors
/// [`Error::Storage`], [`Error::Database`] or [`Error::DamagedState`].
pub async fn status(databases: &Databases) -> Result<Vec<TableStatus>, Error> {
    let mut tables = Vec::new();
    for database in databases.all() {
        for name in database.table_names().await? {
            if let Some(table) = StoredTable::open(database, &name).await? {
                tables.push(table_status(&table).await?);
            }
        }
    }
    Ok(tables)
}

async fn table_status(table: &StoredTable) -> Result<TableStatus, Error> {
    let action = "describe it";
    let rows = table
        .dataset
        .count_rows(None)
        .await
        .storage(table.subject(), action)?;
    let rows = u64::try_from(rows).unwrap_or(u64::MAX);
    let versions = table
        .dataset
        .count_versions()
        .await
        .storage(table.subject(), action)?;
    let mut status = TableStatus {
        database: table.database.name.clone(),
        table: table.name.clone(),
        managed_by: "nobody",
        owners: Vec::new(),
        foreign_rows: rows,
        rows,
        version: table.version(),
        versions,
        indexes: Vec::new(),
        tags: tags(table).await?,
        last_run: None,
    };
    let mut owners = Owners::default();
    if let Some(identity) = table.identity()? {
        let journal = Journal::read(table, &identity).await?;
        owners = match journal.owners() {
            Some(owners) => owners.clone(),
            None => journal.state().await?.owners,
        };
        status.managed_by = identity.managed_by.as_str();
        status.foreign_rows = owners.foreign_rows;
        status.owners = owners
            .iter()
            .map(|(_, owner)| OwnerStatus {
                pipeline: owner.pipeline.clone(),
                scope: owner.scope.clone(),
                rows: owner.digest.rows,
            })
            .collect();
        status.last_run = last_run(table).await?;
    }
    status.indexes = index_status(table, &owners, rows).await?;
    Ok(status)
}

async fn tags(table: &StoredTable) -> Result<BTreeMap<String, u64>, Error> {
    let tags = table.dataset.tags().list().await;
    let tags = tags.storage(table.subject(), "list its tags")?;
    let tags = tags.into_iter().map(|(name, tag)| (name, tag.version));
    Ok(tags.collect())
}

async fn last_run(table: &StoredTable) -> Result<Option<LastRun>, Error> {
    let newest = table.version();
    for version in (newest.saturating_sub(HISTORY) + 1..=newest).rev() {
        // Pruned versions end the search.
        let Ok(read) = table.dataset.read_version_transaction(version).await else {
            break;
        };
        let properties = read
            .transaction
            .and_then(|transaction| transaction.transaction_properties);
        let property = |name| properties.as_ref().and_then(|all| all.get(name)).cloned();
        if let (Some(run_id), Some(pipeline)) = (property(names::RUN_ID), property(names::PIPELINE))
        {
            return Ok(Some(LastRun {
                run_id,
                pipeline,
                at: read.timestamp.to_rfc3339(),
            }));
        }
    }
    Ok(None)
}

/// The first rows of a table, at most `limit`.
///
/// # Errors
/// [`Error::UnknownDatabase`] or [`Error::UnknownTable`] for a name that does not exist, else
/// [`Error::Storage`].
pub async fn show(
    databases: &Databases,
    database: &str,
    table: &str,
    limit: usize,
) -> Result<RecordBatch, Error> {
    let stored = StoredTable::existing(databases, database, table).await?;
    let action = "read its first rows";
    let mut scan = stored.dataset.scan();
    scan.limit(Some(i64::try_from(limit).unwrap_or(i64::MAX)), None)
        .storage(stored.subject(), action)?;
    let batches: Vec<RecordBatch> = scan
        .try_into_stream()
        .await
        .storage(stored.subject(), action)?
        .try_collect()
        .await
        .storage(stored.subject(), action)?;
    let schema: Arc<Schema> = batches
        .first()
        .map_or_else(|| Arc::new(stored.schema()), RecordBatch::schema);
    concat_batches(&schema, &batches).storage(stored.subject(), action)
}
