//! The sidecar: a Lance dataset that holds a table's entries as of `applied_through`.
//!
//! Each fold appends what changed, removals included; when the appended parts outgrow the rest,
//! everything is written anew. So a fold costs what changed, and a read what the table holds.

use std::{collections::HashMap, sync::Arc};

use arrow::record_batch::RecordBatch;
use futures::TryStreamExt;
use lance::{
    Dataset,
    dataset::{InsertBuilder, WriteDestination, WriteMode, WriteParams},
};

use super::{
    entries::{self, Entry},
    names::{APPLIED_THROUGH, OWNERS},
    owners::Owners,
};
use crate::{
    cas,
    database::Database,
    error::{Error, StorageContext},
};

/// More parts than this are written anew as one.
const MAX_FRAGMENTS: usize = 32;

/// One version of a table's sidecar.
#[derive(Debug, Clone)]
pub(crate) struct Sidecar {
    dataset: Arc<Dataset>,
    /// The newest version of the sidecar, which may be later than this one.
    head: u64,
    /// The table version that it describes.
    pub(crate) applied_through: u64,
    /// The owners as of that version.
    pub(crate) owners: Owners,
    label: String,
}

/// What to write into the sidecar.
#[derive(Debug)]
pub(crate) struct Fold<'a> {
    /// The sidecar that was read; none if there is none yet.
    pub(crate) base: Option<&'a Sidecar>,
    /// All entries, sorted.
    pub(crate) entries: &'a [Entry],
    /// What changed since `base`, sorted; none if `base` cannot be built upon.
    pub(crate) changes: Option<&'a [Entry]>,
    /// The table version that results.
    pub(crate) applied_through: u64,
    /// The owners as of that version.
    pub(crate) owners: &'a Owners,
}

fn uri(database: &Database, table_id: &str) -> String {
    format!("{}/state/{table_id}", database.host_uri())
}

impl Sidecar {
    /// The newest sidecar that describes `version` or an earlier version of the table.
    pub(crate) async fn find(
        database: &Database,
        table: &str,
        table_id: &str,
        version: u64,
    ) -> Result<Option<Self>, Error> {
        let label = format!("the state of table {}", database.label(table));
        let Some(newest) = database.open_uri(&uri(database, table_id), &label).await? else {
            return Ok(None);
        };
        let head = newest.version_id();
        let mut dataset = newest;
        loop {
            let transaction = dataset
                .read_version_transaction(dataset.version_id())
                .await
                .storage(&label, "read its latest change")?
                .transaction;
            let properties = transaction
                .and_then(|t| t.transaction_properties)
                .unwrap_or_default();
            let damaged = |problem: &str| Error::DamagedState {
                table: database.label(table),
                problem: format!("version {} of the sidecar {problem}", dataset.version_id()),
            };
            let applied_through: u64 = properties
                .get(APPLIED_THROUGH)
                .and_then(|text| text.parse().ok())
                .ok_or_else(|| damaged("does not say what it describes"))?;
            let owners = properties
                .get(OWNERS)
                .and_then(|json| Owners::from_json(json))
                .ok_or_else(|| damaged("does not name its owners"))?;
            if applied_through <= version {
                return Ok(Some(Self {
                    dataset: Arc::new(dataset),
                    head,
                    applied_through,
                    owners,
                    label,
                }));
            }
            // Another host is ahead of the version asked for.
            let earlier = dataset.version_id() - 1;
            if earlier == 0 {
                return Ok(None);
            }
            dataset = match dataset.checkout_version(earlier).await {
                Ok(dataset) => dataset,
                Err(error) if error.is_not_found() => return Ok(None),
                Err(
                    lance::Error::DatasetNotFound { .. } | lance::Error::VersionNotFound { .. },
                ) => {
                    return Ok(None);
                }
                Err(error) => return Err(error).storage(&label, "open an earlier version of it"),
            };
        }
    }

    /// Whether this is the newest version, so that a fold may append to it.
    pub(crate) fn is_newest(&self) -> bool {
        self.dataset.version_id() == self.head
    }

    /// Reads all entries, sorted by key and row id.
    pub(crate) async fn read(&self) -> Result<Vec<Entry>, Error> {
        let mut scan = self.dataset.scan();
        scan.scan_in_order(true);
        let mut batches = scan
            .try_into_stream()
            .await
            .storage(&self.label, "read it")?;
        let mut stored = Vec::new();
        while let Some(batch) = batches.try_next().await.storage(&self.label, "read it")? {
            entries::decode(&batch, &mut stored).storage(&self.label, "read it")?;
        }
        let mut stored = entries::latest(stored);
        stored.retain(|entry| !entry.is_removal());
        Ok(stored)
    }

    pub(super) fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    pub(super) fn label(&self) -> &str {
        &self.label
    }

    /// Rows stored, those that were replaced or removed since included.
    fn stored_rows(&self) -> usize {
        self.dataset
            .iter_fragments()
            .filter_map(|fragment| fragment.physical_rows)
            .sum()
    }
}

/// Writes a new version of the sidecar. Returns whether it landed: if another host was first,
/// its version is as good, since both follow from the table's transactions.
pub(crate) async fn fold(
    database: &Database,
    table: &str,
    table_id: &str,
    fold: Fold<'_>,
) -> Result<bool, Error> {
    let label = format!("the state of table {}", database.label(table));
    let properties = HashMap::from([
        (APPLIED_THROUGH.to_owned(), fold.applied_through.to_string()),
        (OWNERS.to_owned(), fold.owners.to_json()),
    ]);
    let uri = uri(database, table_id);
    let destination = match fold.base {
        None => WriteDestination::Uri(&uri),
        // A later version than the one read: its fold is as good as this one.
        Some(base) if !base.is_newest() => return Ok(false),
        Some(base) => WriteDestination::Dataset(base.dataset.clone()),
    };
    let (mode, content) = match (fold.base, fold.changes) {
        (Some(base), Some(changes)) if can_append(base, &fold, changes) => {
            (WriteMode::Append, changes)
        }
        // Also where there is none yet: `Create` would fail if another host was first.
        _ => (WriteMode::Overwrite, fold.entries),
    };
    let params = WriteParams {
        mode,
        session: Some(database.session()),
        transaction_properties: Some(Arc::new(properties)),
        skip_auto_cleanup: true,
        ..WriteParams::default()
    };
    let mut transaction = InsertBuilder::new(destination.clone())
        .with_params(&params)
        .execute_uncommitted(vec![batch(content, &label)?])
        .await
        .storage(&label, "write it")?;
    if fold.base.is_none() {
        // The first version or none, whatever another host has created meanwhile.
        transaction.read_version = 0;
    }
    let outcome = cas::commit(destination, database.session(), transaction)
        .await
        .storage(&label, "commit it")?;
    Ok(matches!(outcome, cas::Outcome::Landed(_)))
}

fn batch(content: &[Entry], label: &str) -> Result<RecordBatch, Error> {
    entries::encode(content).storage(label, "encode it")
}

/// Appending goes on until half of what is stored is out of date.
fn can_append(base: &Sidecar, fold: &Fold<'_>, changes: &[Entry]) -> bool {
    base.dataset.count_fragments() < MAX_FRAGMENTS
        && base.stored_rows() + changes.len() <= 2 * fold.entries.len().max(1024)
}
