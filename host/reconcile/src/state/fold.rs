//! Decides what the next version of a sidecar holds.
//!
//! Each fold appends a part with what changed, removals included. Many small parts are joined, and
//! everything is written anew when half of it is out of date or its ranges have become too large. So
//! a fold costs what changed, and a read what the table holds.

use std::sync::Arc;

use super::{
    entries::Entry,
    layered::{Entries, EntryChunks, Removals},
    owners::Owners,
    sidecar::Sidecar,
    version::{Content, Version, write},
};
use crate::{
    database::Database, error::Error, intents::IntentLog, merge::Run, ranges::Ranges,
    sequence::Sequence,
};

/// With as many parts as this, the newest are joined.
const MAX_PARTS: usize = 32;
/// How many times the rows of a table double before their ranges are made anew.
const MOST_OUTGROWN: u32 = 3;

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
    /// Rows with this id and those after it came after the version that `base` describes, if that is
    /// known.
    pub(crate) new_rows: Option<u64>,
}

impl Fold<'_> {
    /// All entries, in place of what there is.
    async fn anew(&self) -> Result<Content, Error> {
        Ok(Content::Anew(self.entries.chunks().await?.stream()))
    }
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
            None => fold.anew().await?,
        },
        None => fold.anew().await?,
    };
    let version = Version {
        base: fold.base,
        content,
        applied_through: fold.applied_through,
        owners: fold.owners,
    };
    write(log, database, table, table_id, version).await
}

/// What the next version holds: more of the same until half of it is out of date, or there is so
/// much of it that its ranges are too large.
async fn next_content(
    base: &Sidecar,
    fold: &Fold<'_>,
    changes: &[Sequence],
) -> Result<Content, Error> {
    let parts: Vec<u64> = base.part_sizes().collect();
    let stored: u64 = parts.iter().sum();
    let live = fold.owners.rows();
    let coming: u64 = changes.iter().map(Sequence::len).sum();
    if stored.saturating_add(coming) > live.max(1024).saturating_mul(2)
        || is_outgrown(base.summaries().map(|summaries| summaries.ranges), live)
    {
        return fold.anew().await;
    }
    let live = fold.entries.clone();
    if parts.len() < MAX_PARTS {
        return Ok(Content::Appended {
            run: joined(Vec::new(), changes).await?,
            live,
            new_rows: fold.new_rows,
        });
    }
    let first = parts.len() - to_join(&parts, coming);
    if first == 0 {
        return fold.anew().await;
    }
    let (runs, read) = base.runs_from(first).await?;
    Ok(Content::Joined {
        first,
        run: joined(runs, changes).await?,
        read,
        live,
    })
}

/// Whether so many rows ought to be divided much more finely than they are.
fn is_outgrown(ranges: Option<Ranges>, rows: u64) -> bool {
    let bits = |ranges: Option<Ranges>| ranges.map_or(0, Ranges::bits);
    let wanted = bits(Ranges::for_rows(rows));
    wanted > 0 && (ranges.is_none() || wanted > bits(ranges) + MOST_OUTGROWN)
}

/// Changes after runs, as one run.
async fn joined(mut runs: Vec<Run<Entry>>, changes: &[Sequence]) -> Result<Run<Entry>, Error> {
    for sequence in changes {
        runs.push(sequence.run()?);
    }
    Ok(EntryChunks::new(runs, Removals::Kept).await?.stream())
}

/// How many of the newest parts are to be joined with what comes: those that are not much larger
/// than all that are newer. So each entry is written again only as often as its part doubles.
fn to_join(parts: &[u64], coming: u64) -> usize {
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
