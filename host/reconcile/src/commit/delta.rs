//! What a commit changes in the state, before it is made.

use futures::TryStreamExt;
use roaring::RoaringTreemap;

use crate::{
    diff::{Change, Changes},
    error::Error,
    sequence::{Sequence, SequenceBuilder},
    state::{Entry, EntryChunks, Removals},
    table::StoredTable,
};

/// The entries that the next version of `table` changes, sorted by key and row id. `rehashed` are
/// sorted runs of those that change because columns do.
pub(super) async fn of(
    table: &StoredTable,
    owner: u32,
    changes: &Changes,
    rehashed: &[Sequence],
) -> Result<Sequence, Error> {
    let ids = NewIds {
        first: table.dataset.manifest().next_row_id,
        rows: &changes.writes,
    };
    let mut delta = SequenceBuilder::new();
    let mut log = changes.log()?;
    while let Some(chunk) = log.try_next().await? {
        for change in chunk {
            delta.push(match change {
                Change::Remove(entry) | Change::Replace(entry) => entry.removal(),
                Change::Claim(entry) => Entry { owner, ..entry },
                Change::Write(row) => Entry {
                    key: row.key,
                    fingerprint: row.fingerprint,
                    row_id: ids.of(row.position),
                    owner,
                },
            })?;
        }
    }
    let delta = delta.finish()?;
    if rehashed.is_empty() {
        return Ok(delta);
    }
    let runs = rehashed.iter().chain([&delta]).map(Sequence::run);
    let runs = runs.collect::<Result<Vec<_>, _>>()?;
    let mut both = EntryChunks::new(runs, Removals::Kept).await?.stream();
    let mut joined = SequenceBuilder::new();
    while let Some(chunk) = both.try_next().await? {
        for entry in chunk {
            joined.push(entry)?;
        }
    }
    joined.finish()
}

/// The ids that written rows will have. The commit cannot be rebased, so they are known before it.
struct NewIds<'a> {
    first: u64,
    rows: &'a RoaringTreemap,
}

impl NewIds<'_> {
    fn of(&self, position: u64) -> u64 {
        // How many rows up to this one, itself included.
        self.first + self.rows.rank(position).saturating_sub(1)
    }
}
