//! Writes versions of a sidecar.
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
use lance::dataset::{
    InsertBuilder, WriteDestination, WriteMode, WriteParams, transaction::Operation,
};
use lance_table::format::Fragment;

use super::{
    checksum::{Checksum, Sum, Tally},
    entries::{self, Entry},
    layered::{Entries, EntryChunks, Removals},
    names::{APPLIED_THROUGH, CHECKSUM, OWNERS},
    owners::Owners,
    sidecar::{Sidecar, uri},
};
use crate::{
    cas,
    database::Database,
    error::{Error, StorageContext},
    fault,
    intents::{Commit, IntentLog},
    merge::Run,
    sequence::Sequence,
};

/// With as many parts as this, the newest are joined.
const MAX_PARTS: usize = 32;

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

/// Writes a new version of the sidecar. Returns whether it landed: if another host was first,
/// its version is as good, since both follow from the table's transactions.
pub(crate) async fn fold(
    log: &Arc<IntentLog>,
    database: &Database,
    table: &str,
    table_id: &str,
    fold: Fold<'_>,
) -> Result<bool, Error> {
    let content = match fold.base {
        // A later version than the one read: its fold is as good as this one.
        Some(base) if !base.is_newest() => return Ok(false),
        Some(base) => match fold.entries.changes_since(base) {
            Some(changes) => next_content(base, &fold, changes).await?,
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
    write(log, database, table, table_id, version).await
}

/// What the next version holds: more of the same until half of it is out of date.
async fn next_content(
    base: &Sidecar,
    fold: &Fold<'_>,
    changes: &[Sequence],
) -> Result<Content, Error> {
    let parts: Vec<usize> = part_sizes(base).collect();
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
    let fragments = base.dataset().fragments();
    let replaced = fragments.iter().skip(first).map(|fragment| fragment.id);
    let (runs, read) = base.runs_from(first).await?;
    Ok(Content::Joined {
        replaced: replaced.collect(),
        run: joined(runs, changes).await?,
        read,
    })
}

/// Entries in each part, those that were replaced or removed since included.
fn part_sizes(sidecar: &Sidecar) -> impl Iterator<Item = usize> {
    let fragments = sidecar.dataset().iter_fragments();
    fragments.map(|fragment| fragment.physical_rows.unwrap_or_default())
}

/// What a version of a sidecar holds.
pub(crate) enum Content {
    /// More entries, after those that are there.
    Appended(Run<Entry>),
    /// Entries in place of those in the newest parts.
    Joined {
        /// The ids of these parts.
        replaced: Vec<u64>,
        run: Run<Entry>,
        /// What is read of these parts meanwhile.
        read: Tally,
    },
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
    log: &Arc<IntentLog>,
    database: &Database,
    table: &str,
    table_id: &str,
    version: Version<'_>,
) -> Result<bool, Error> {
    let label = format!("the state of table {}", database.label(table));
    let uri = uri(database, table_id);
    let (destination, new) = match version.base {
        None => (
            WriteDestination::Uri(&uri),
            Some(log.creates(&uri, 0).await?),
        ),
        Some(base) => {
            let dataset = Arc::new(log.writes(base.dataset(), Commit::Next));
            (WriteDestination::Dataset(dataset), None)
        }
    };
    let mode = match &version.content {
        Content::Appended(_) | Content::Joined { .. } => WriteMode::Append,
        // Also where there is none yet: `Create` would fail if another host was first.
        Content::Anew(_) => WriteMode::Overwrite,
    };
    let before = match (version.base, mode) {
        (Some(base), WriteMode::Append) => base.checksum().entries(),
        _ => Sum::default(),
    };
    let (run, replaced, read) = match version.content {
        Content::Appended(run) | Content::Anew(run) => (run, Vec::new(), Tally::default()),
        Content::Joined {
            replaced,
            run,
            read,
        } => (run, replaced, read),
    };
    let params = WriteParams {
        mode,
        // One file for each write: it is one sorted run.
        max_rows_per_file: usize::try_from(u32::MAX).unwrap_or(usize::MAX),
        session: Some(match &new {
            Some(new) => new.session.clone(),
            None => database.session(),
        }),
        store_params: new.as_ref().map(|new| new.params.clone()),
        skip_auto_cleanup: true,
        ..WriteParams::default()
    };
    let written = Tally::default();
    let mut transaction = InsertBuilder::new(destination.clone())
        .with_params(&params)
        .execute_uncommitted_stream(batches(run, written.clone()))
        .await
        .storage(&label, "write it")?;
    if !replaced.is_empty()
        && let Operation::Append { fragments } = transaction.operation
    {
        transaction.operation = replacing(replaced, fragments);
    }
    let (applied_through, owners) = (
        version.applied_through.to_string(),
        version.owners.to_json(),
    );
    let sum = before.minus(read.sum()).plus(written.sum());
    let checksum = Checksum::new(sum, &[&applied_through, &owners]);
    transaction.transaction_properties = Some(Arc::new(HashMap::from([
        (APPLIED_THROUGH.to_owned(), applied_through),
        (OWNERS.to_owned(), owners),
        (CHECKSUM.to_owned(), checksum.to_string()),
    ])));
    if version.base.is_none() {
        // The first version or none, whatever another host has created meanwhile.
        transaction.read_version = 0;
    }
    fault::point("fold staged");
    let store = new.map(|new| new.store);
    let outcome = cas::commit(destination, database.session(), store, transaction)
        .await
        .storage(&label, "commit it")?;
    fault::point("fold committed");
    match outcome {
        cas::Outcome::Landed(_) => Ok(true),
        cas::Outcome::Lost => {
            log.set_in_vain();
            Ok(false)
        }
        cas::Outcome::Unknown(error) => {
            log.set_in_doubt();
            Err(error).storage(&label, "commit it")
        }
    }
}

/// The chunks of a run as Arrow batches.
fn batches(run: Run<Entry>, written: Tally) -> Box<dyn RecordBatchReader + Send> {
    let encoded = run.map(move |chunk| {
        let chunk = chunk.map_err(|error| ArrowError::ExternalError(Box::new(error)))?;
        written.add(&chunk);
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
