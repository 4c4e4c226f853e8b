//! The sidecar: a Lance dataset that holds a table's entries as of `applied_through`.
//!
//! Each fold appends a part with what changed, removals included. Many small parts are joined, and
//! everything is written anew when half of it is out of date. So a fold costs what changed, and a
//! read what the table holds.

use std::{collections::HashMap, sync::Arc};

use arrow::{
    error::ArrowError,
    record_batch::{RecordBatchIterator, RecordBatchReader},
};
use futures::StreamExt;
use lance::{
    Dataset,
    dataset::{InsertBuilder, WriteDestination, WriteMode, WriteParams, transaction::Operation},
};
use lance_table::format::Fragment;

use super::{
    entries::{self, Entry},
    layered::{Entries, EntryChunks, Removals},
    names::{APPLIED_THROUGH, OWNERS},
    owners::Owners,
};
use crate::{
    cas,
    database::Database,
    error::{Error, StorageContext},
    merge::Run,
    sequence::Sequence,
};

/// With as many parts as this, the newest are joined.
const MAX_PARTS: usize = 32;

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
    /// All entries.
    pub(crate) entries: &'a Entries,
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

    /// Its version, among those of the sidecar.
    pub(super) fn version(&self) -> u64 {
        self.dataset.version_id()
    }

    /// Whether this is the newest version, so that a fold may append to it.
    pub(crate) fn is_newest(&self) -> bool {
        self.dataset.version_id() == self.head
    }

    /// The entries as they were written, a run for each fold: later ones replace earlier ones,
    /// and may remove them.
    pub(super) async fn runs(&self) -> Result<Vec<Run<Entry>>, Error> {
        self.runs_from(0).await
    }

    /// The runs from the part `first` on.
    async fn runs_from(&self, first: usize) -> Result<Vec<Run<Entry>>, Error> {
        let mut runs = Vec::new();
        for fragment in self.dataset.fragments().iter().skip(first) {
            let mut scan = self.dataset.scan();
            scan.with_fragments(vec![fragment.clone()]);
            scan.scan_in_order(true);
            let batches = scan
                .try_into_stream()
                .await
                .storage(&self.label, "read it")?;
            let label = self.label.clone();
            let run = batches.map(move |batch| {
                let batch = batch.storage(&label, "read it")?;
                entries::decode(&batch).storage(&label, "read it")
            });
            runs.push(run.boxed());
        }
        Ok(runs)
    }

    pub(super) fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    pub(super) fn label(&self) -> &str {
        &self.label
    }

    /// What the next version holds: more of the same until half of it is out of date.
    async fn next_content(&self, fold: &Fold<'_>, changes: &[Sequence]) -> Result<Content, Error> {
        let parts: Vec<usize> = self.part_sizes().collect();
        let stored: usize = parts.iter().sum();
        let live = usize::try_from(fold.owners.rows()).unwrap_or(usize::MAX);
        let coming: u64 = changes.iter().map(Sequence::len).sum();
        let coming = usize::try_from(coming).unwrap_or(usize::MAX);
        if stored.saturating_add(coming) > live.max(1024).saturating_mul(2) {
            return Ok(Content::Anew(fold.entries.chunks().await?.stream()));
        }
        if parts.len() < MAX_PARTS {
            return Ok(Content::Appended(joined(Vec::new(), changes).await?));
        }
        let first = parts.len() - to_join(&parts, coming);
        if first == 0 {
            return Ok(Content::Anew(fold.entries.chunks().await?.stream()));
        }
        let fragments = self.dataset.fragments();
        let replaced = fragments.iter().skip(first).map(|fragment| fragment.id);
        let run = joined(self.runs_from(first).await?, changes).await?;
        Ok(Content::Joined(replaced.collect(), run))
    }

    /// Entries in each part, those that were replaced or removed since included.
    fn part_sizes(&self) -> impl Iterator<Item = usize> {
        let fragments = self.dataset.iter_fragments();
        fragments.map(|fragment| fragment.physical_rows.unwrap_or_default())
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
    let content = match fold.base {
        // A later version than the one read: its fold is as good as this one.
        Some(base) if !base.is_newest() => return Ok(false),
        Some(base) => match fold.entries.changes_since(base) {
            Some(changes) => base.next_content(&fold, changes).await?,
            None => Content::Anew(fold.entries.chunks().await?.stream()),
        },
        None => Content::Anew(fold.entries.chunks().await?.stream()),
    };
    let version = Version {
        base: fold.base,
        content,
        applied_through: fold.applied_through,
        owners: fold.owners,
    };
    write(database, table, table_id, version).await
}

/// What a version of a sidecar holds.
pub(crate) enum Content {
    /// More entries, after those that are there.
    Appended(Run<Entry>),
    /// Entries in place of those in the newest parts, whose ids are given.
    Joined(Vec<u64>, Run<Entry>),
    /// These entries and no others.
    Anew(Run<Entry>),
}

/// A version of a sidecar that is to be written.
pub(crate) struct Version<'a> {
    /// The version before; none if there is none.
    pub(crate) base: Option<&'a Sidecar>,
    pub(crate) content: Content,
    /// The table version that it describes.
    pub(crate) applied_through: u64,
    /// The owners as of that version.
    pub(crate) owners: &'a Owners,
}

/// Writes a version of a sidecar, from sorted entries. Returns whether it landed.
pub(crate) async fn write(
    database: &Database,
    table: &str,
    table_id: &str,
    version: Version<'_>,
) -> Result<bool, Error> {
    let label = format!("the state of table {}", database.label(table));
    let properties = HashMap::from([
        (
            APPLIED_THROUGH.to_owned(),
            version.applied_through.to_string(),
        ),
        (OWNERS.to_owned(), version.owners.to_json()),
    ]);
    let uri = uri(database, table_id);
    let destination = match version.base {
        None => WriteDestination::Uri(&uri),
        Some(base) => WriteDestination::Dataset(base.dataset.clone()),
    };
    let (mode, run, replaced) = match version.content {
        Content::Appended(run) => (WriteMode::Append, run, Vec::new()),
        Content::Joined(replaced, run) => (WriteMode::Append, run, replaced),
        // Also where there is none yet: `Create` would fail if another host was first.
        Content::Anew(run) => (WriteMode::Overwrite, run, Vec::new()),
    };
    let params = WriteParams {
        mode,
        // One file for each write: it is one sorted run.
        max_rows_per_file: usize::try_from(u32::MAX).unwrap_or(usize::MAX),
        session: Some(database.session()),
        transaction_properties: Some(Arc::new(properties)),
        skip_auto_cleanup: true,
        ..WriteParams::default()
    };
    let mut transaction = InsertBuilder::new(destination.clone())
        .with_params(&params)
        .execute_uncommitted_stream(batches(run))
        .await
        .storage(&label, "write it")?;
    if !replaced.is_empty()
        && let Operation::Append { fragments } = transaction.operation
    {
        transaction.operation = replacing(replaced, fragments);
    }
    if version.base.is_none() {
        // The first version or none, whatever another host has created meanwhile.
        transaction.read_version = 0;
    }
    let outcome = cas::commit(destination, database.session(), transaction)
        .await
        .storage(&label, "commit it")?;
    Ok(matches!(outcome, cas::Outcome::Landed(_)))
}

/// The chunks of a run as Arrow batches.
fn batches(run: Run<Entry>) -> Box<dyn RecordBatchReader + Send> {
    let encoded = run.map(|chunk| {
        let chunk = chunk.map_err(|error| ArrowError::ExternalError(Box::new(error)))?;
        entries::encode(&chunk)
    });
    // Lance reads it on a thread where it may block.
    let batches = futures::executor::block_on_stream(encoded);
    Box::new(RecordBatchIterator::new(batches, entries::schema()))
}

/// Changes after runs, as one run.
async fn joined(mut runs: Vec<Run<Entry>>, changes: &[Sequence]) -> Result<Run<Entry>, Error> {
    for sequence in changes {
        runs.push(sequence.run()?);
    }
    Ok(EntryChunks::new(runs, Removals::Kept).await?.stream())
}

/// New parts in place of others, at the end.
fn replacing(replaced: Vec<u64>, parts: Vec<Fragment>) -> Operation {
    Operation::Update {
        removed_fragment_ids: replaced,
        updated_fragments: Vec::new(),
        new_fragments: parts,
        fields_modified: Vec::new(),
        compacted_sstables: Vec::new(),
        fields_for_preserving_frag_bitmap: Vec::new(),
        update_mode: None,
        inserted_rows_filter: None,
        updated_fragment_offsets: None,
    }
}

/// How many of the newest parts are to be joined with what comes: those that are not much larger
/// than all that are newer. So each entry is written again only as often as its part doubles.
fn to_join(parts: &[usize], coming: usize) -> usize {
    let mut newer = coming;
    let mut count = 0;
    for size in parts.iter().rev() {
        if *size > newer.saturating_mul(2) && count >= MAX_PARTS / 2 {
            break;
        }
        newer += size;
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_large_old_part_is_left_alone_when_small_ones_are_joined() {
        let mut parts = vec![10_000_000];
        parts.resize(MAX_PARTS, 2000);
        assert_eq!(to_join(&parts, 2000), MAX_PARTS - 1);
    }

    #[test]
    fn parts_that_were_joined_before_wait_until_there_is_as_much_again() {
        let mut parts = vec![10_000_000, 62_000 * 5];
        parts.resize(MAX_PARTS, 2000);
        assert_eq!(to_join(&parts, 2000), MAX_PARTS - 2);
    }
}
