//! Compares what a pipeline declares for a table with what the table holds.
//!
//! Sums over the rows in ranges of key hashes tell where the two differ. If that is in few ranges,
//! only those are read and compared.

use roaring::RoaringBitmap;

use crate::{
    declare::RunContext,
    diff::{self, Changes, Stopped},
    error::Error,
    ranges::Ranges,
    stage::Staged,
    state::{Entries, Owners},
};

/// More declared rows than this are not picked out: they are in memory meanwhile, 20 MiB of them.
const MOST_ROWS: usize = 1 << 19;
/// More stored entries than this are not worth to be picked out.
const MOST_ENTRIES: u64 = 1 << 21;

/// Diffs the declared rows, and turns a conflict into an error that names key and owner.
pub(super) async fn compare(
    run: &RunContext,
    staged: &Staged,
    entries: &Entries,
    owners: &Owners,
    owner: u32,
) -> Result<Changes, Error> {
    let picked = match differing(run, staged, entries, owners, owner).await? {
        Some((ranges, differing)) => {
            let rows = staged.read_in(ranges, &differing, MOST_ROWS).await?;
            rows.map(|(declared, count)| (declared, count, differing))
        }
        None => None,
    };
    let compared = match picked {
        Some((declared, count, differing)) => {
            let stored = entries.read_in(&differing).await?;
            let compared = diff::diff(declared, stored, owner, run.adopt).await;
            compared.map(|mut changes| {
                // Those in all other ranges.
                changes.unchanged += staged.index().declared() - count;
                changes
            })
        }
        None => {
            let (declared, stored) = (staged.read().await?, entries.read().await?);
            diff::diff(declared, stored, owner, run.adopt).await
        }
    };
    compared.or_else(|stopped| {
        let conflict = match stopped {
            Stopped::Conflict(conflict) => conflict,
            Stopped::Failed(error) => return Err(error),
        };
        let (owner, advice) = match owners.get(conflict.owner) {
            Some(owner) => (
                format!("pipeline {}", owner.pipeline),
                "a row has one owner: let one of the two pipelines declare it",
            ),
            None => (
                "another writer".to_owned(),
                "run again with --adopt to take over the rows that the pipeline declares",
            ),
        };
        Err(Error::ForeignRow {
            table: staged.declared.label(),
            row: conflict.row.position,
            key: staged.key_text(conflict.row.position)?,
            owner,
            advice,
        })
    })
}

/// The ranges in which something differs; none if all rows have to be read, or may as well be.
async fn differing(
    run: &RunContext,
    staged: &Staged,
    entries: &Entries,
    owners: &Owners,
    owner: u32,
) -> Result<Option<(Ranges, RoaringBitmap)>, Error> {
    // A copy of a declared key may be among the rows to take over.
    if run.adopt && owners.foreign_rows > 0 {
        return Ok(None);
    }
    let Some(index) = entries.index().await? else {
        return Ok(None);
    };
    let ranges = index.ranges();
    let declared = staged.sums(ranges).await?;
    let mut differing = declared.differing(&index.sums(owner));
    differing |= entries.changed(ranges).await?;
    let are_few = differing.len() * 4 < u64::from(ranges.count())
        && index.entries_in(&differing) < MOST_ENTRIES;
    Ok(are_few.then_some((ranges, differing)))
}
