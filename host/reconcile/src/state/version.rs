//! Writes a version of a sidecar: its entries, their summary, and what it says of both.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use arrow::{
    error::ArrowError,
    record_batch::{RecordBatchIterator, RecordBatchReader},
};
use futures::{StreamExt, TryStreamExt};
use lance::dataset::{
    InsertBuilder, WriteDestination, WriteMode, WriteParams, transaction::Operation,
};
use lance_table::format::Fragment;

use super::{
    checksum::{Checksum, Sum, Tally},
    entries::{self, Entry},
    layered::Entries,
    names::{APPLIED_THROUGH, CHECKSUM, OWNERS, SUMMARIES},
    owners::Owners,
    sidecar::{Sidecar, uri},
    summary::{Summaries, Summarizer},
};
use crate::{
    cas,
    database::Database,
    error::{Error, StorageContext},
    fault,
    intents::{Commit, IntentLog},
    merge::{Chunks, Run},
    ranges::Ranges,
};

/// What a version of a sidecar holds.
pub(crate) enum Content {
    /// More entries, after those that are there.
    Appended {
        run: Run<Entry>,
        /// All rows, once the version is there.
        live: Entries,
        /// Rows with this id and those after it are in no earlier version, if that is known.
        new_rows: Option<u64>,
    },
    /// Entries in place of those in the newest parts.
    Joined {
        /// The first of these parts.
        first: usize,
        run: Run<Entry>,
        /// What is read of these parts meanwhile.
        read: Tally,
        /// All rows, once the version is there.
        live: Entries,
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
    let (mode, ranges) = match &version.content {
        Content::Appended { .. } | Content::Joined { .. } => {
            let summaries = version.base.and_then(Sidecar::summaries);
            (
                WriteMode::Append,
                summaries.map(|summaries| summaries.ranges),
            )
        }
        // Also where there is none yet: `Create` would fail if another host was first.
        Content::Anew(_) => {
            let rows = version.owners.rows();
            (WriteMode::Overwrite, Ranges::for_rows(rows))
        }
    };
    let base = version.base.filter(|_| matches!(mode, WriteMode::Append));
    let joined = match &version.content {
        Content::Joined { first, read, .. } => Some((*first, read.clone())),
        _ => None,
    };
    let kept = Kept::of(base, joined).await?;
    let (run, live, new_rows) = match version.content {
        Content::Anew(run) => (run, None, None),
        Content::Appended {
            run,
            live,
            new_rows,
        } => (run, Some(live), new_rows),
        Content::Joined { run, live, .. } => (run, Some(live), None),
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
    let (written, summary) = (Tally::default(), Tally::default());
    let tallies = [written.clone(), summary.clone()];
    let run = match ranges {
        Some(ranges) => summarized(run, Summarizer::new(ranges, new_rows), live, tallies),
        None => {
            let [written, _] = tallies;
            run.inspect_ok(move |chunk| written.add(chunk)).boxed()
        }
    };
    let mut transaction = InsertBuilder::new(destination.clone())
        .with_params(&params)
        .execute_uncommitted_stream(batches(run))
        .await
        .storage(&label, "write it")?;
    let summaries = ranges.map(|ranges| kept.summaries(ranges, &transaction.operation, &summary));
    if !kept.replaced.is_empty()
        && let Operation::Append { fragments } = transaction.operation
    {
        transaction.operation = replacing(kept.replaced.clone(), fragments);
    }
    let (applied_through, owners) = (
        version.applied_through.to_string(),
        version.owners.to_json(),
    );
    let summaries = summaries.map(|summaries| summaries.to_string());
    let said = [
        &*applied_through,
        &owners,
        summaries.as_deref().unwrap_or_default(),
    ];
    let checksum = Checksum::new(kept.entries().plus(written.sum()), &said);
    let mut properties = HashMap::from([
        (CHECKSUM.to_owned(), checksum.to_string()),
        (APPLIED_THROUGH.to_owned(), applied_through),
        (OWNERS.to_owned(), owners),
    ]);
    properties.extend(summaries.map(|summaries| (SUMMARIES.to_owned(), summaries)));
    transaction.transaction_properties = Some(Arc::new(properties));
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

/// What stays of the version before.
struct Kept {
    /// The ids of the parts that do not.
    replaced: Vec<u64>,
    /// Over the entries of all parts.
    before: Sum,
    /// What is read meanwhile of those that do not stay.
    read: Tally,
    /// The rows of the summaries of parts that stay, and a sum over them.
    summaries: (Vec<u64>, Sum),
}

impl Kept {
    /// Of `base`, without the parts from the one that is `joined` on.
    async fn of(base: Option<&Sidecar>, joined: Option<(usize, Tally)>) -> Result<Self, Error> {
        let mut kept = Self {
            replaced: Vec::new(),
            before: Sum::default(),
            read: Tally::default(),
            summaries: Default::default(),
        };
        let Some(base) = base else {
            return Ok(kept);
        };
        kept.before = base.checksum().entries();
        if let Some(summaries) = base.summaries() {
            kept.summaries = (summaries.rows.clone(), summaries.sum);
        }
        if let Some((first, read)) = joined {
            let parts = base.dataset().iter_fragments().skip(first);
            kept.replaced = parts.map(|part| part.id).collect();
            kept.read = read;
            if let Some(index) = base.index().await? {
                let (rows, sum) = &mut kept.summaries;
                rows.truncate(first);
                *sum = sum.minus(index.sum_from(first));
            }
        }
        Ok(kept)
    }

    /// Over the entries of parts that stay; known once those that do not were read.
    fn entries(&self) -> Sum {
        self.before.minus(self.read.sum())
    }

    /// What there is to say of the summaries, with that of what was written.
    fn summaries(&self, ranges: Ranges, written: &Operation, summary: &Tally) -> Summaries {
        let (mut rows, sum) = self.summaries.clone();
        // Nothing at all is no part.
        if let Operation::Append { fragments } | Operation::Overwrite { fragments, .. } = written
            && !fragments.is_empty()
        {
            rows.push(summary.len());
        }
        Summaries {
            ranges,
            sum: sum.plus(summary.sum()),
            rows,
        }
    }
}

/// Entries, and after them their summary, with a tally of each. `live` are all rows once the entries
/// are there; none if the entries are all.
fn summarized(
    run: Run<Entry>,
    summarizer: Summarizer,
    live: Option<Entries>,
    [written, summary]: [Tally; 2],
) -> Run<Entry> {
    let summarizer = Arc::new(Mutex::new(Some(summarizer)));
    let (are_all, shared) = (live.is_none(), summarizer.clone());
    let entries = run.inspect_ok(move |chunk| {
        let mut summarizer = shared.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(summarizer) = summarizer.as_mut() else {
            return;
        };
        summarizer.add(chunk);
        if are_all {
            summarizer.add_live(chunk);
        }
    });
    let rows = futures::stream::once(async move {
        let found = summarizer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(mut found) = found else {
            return Ok(Vec::new());
        };
        let (sum, entries) = found.entries();
        written.add_summed(sum, entries);
        if let Some(live) = live {
            let unclear = found.derive_live(live.index().await?);
            let mut chunks = live.chunks_in(&unclear).await?;
            while let Some(chunk) = chunks.next_chunk().await? {
                found.add_live(&chunk);
            }
        }
        let rows = found.rows();
        summary.add(&rows);
        Ok(rows)
    });
    entries.chain(rows).boxed()
}

/// The chunks of a run as Arrow batches.
fn batches(run: Run<Entry>) -> Box<dyn RecordBatchReader + Send> {
    let encoded = run.map(move |chunk| {
        let chunk = chunk.map_err(|error| ArrowError::ExternalError(Box::new(error)))?;
        entries::encode(&chunk)
    });
    // Lance reads it on a thread where it may block.
    let batches = futures::executor::block_on_stream(encoded);
    Box::new(RecordBatchIterator::new(batches, entries::schema()))
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
