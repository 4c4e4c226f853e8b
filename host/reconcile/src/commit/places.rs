//! Finds stored rows by their stable ids.
//!
//! Lance has an index for that. It is made anew for each version, and in a table of less than a
//! million rows that means to read the id of every row. A run mostly looks for few of them, so they
//! are looked up in the sequence of ids that each fragment has, in which consecutive ids are one item.

use std::sync::Arc;

use futures::{StreamExt, stream};
use lance::dataset::{fragment::FileFragment, rowids::load_row_id_sequence};
use lance_table::rowids::{RowIdSequence, segment::U64Segment};
use roaring::RoaringTreemap;

use super::rows::FRAGMENTS_AT_ONCE;
use crate::{
    error::{Error, StorageContext},
    table::StoredTable,
};

/// A fragment, and the offsets of rows in it.
pub(super) type Place = (FileFragment, Vec<u32>);

/// Where the rows with these ids lie.
///
/// # Errors
/// [`Error::DamagedState`] if one of them is not in the table.
pub(super) async fn find(
    table: &StoredTable,
    row_ids: RoaringTreemap,
) -> Result<Vec<Place>, Error> {
    let action = "find rows that go";
    let damaged = |problem: String| Error::DamagedState {
        table: table.label(),
        problem,
    };
    if !table.dataset.manifest().uses_stable_row_ids() {
        return Err(damaged(
            "the table has no stable row ids any more".to_owned(),
        ));
    }
    let wanted = Arc::new(row_ids);
    // Collected, since the compiler cannot tell that a stream that makes futures may be sent.
    let fragments = table.dataset.get_fragments().into_iter();
    let searches: Vec<_> = fragments
        .map(|fragment| search(table, fragment, wanted.clone()))
        .collect();
    let mut searches = stream::iter(searches).buffered(FRAGMENTS_AT_ONCE);
    let (mut found, mut places) = (RoaringTreemap::new(), Vec::new());
    while let Some(searched) = searches.next().await {
        let (fragment, rows) = searched.storage(table.subject(), action)?;
        for (row_id, _) in &rows {
            if !found.insert(*row_id) {
                return Err(damaged(format!(
                    "row id {row_id} is in the table more than once"
                )));
            }
        }
        if !rows.is_empty() {
            let offsets = rows.into_iter().map(|(_, offset)| offset);
            places.push((fragment, offsets.collect()));
        }
    }
    match (&*wanted - &found).min() {
        None => Ok(places),
        Some(row_id) => Err(damaged(format!("row id {row_id} is not in the table"))),
    }
}

/// Which of the wanted rows are live in a fragment, and where.
async fn search(
    table: &StoredTable,
    fragment: FileFragment,
    wanted: Arc<RoaringTreemap>,
) -> Result<(FileFragment, Vec<(u64, u32)>), lance::Error> {
    let ids = load_row_id_sequence(&table.dataset, fragment.metadata()).await?;
    let mut rows = offsets(&ids, &wanted);
    if !rows.is_empty()
        && let Some(deleted) = fragment.get_deletion_vector().await?
    {
        // A row that another writer has updated keeps its id, and leaves it in its old place too.
        rows.retain(|(_, offset)| !deleted.contains(*offset));
    }
    Ok((fragment, rows))
}

/// Which of the wanted ids a fragment has, and where.
fn offsets(ids: &RowIdSequence, wanted: &RoaringTreemap) -> Vec<(u64, u32)> {
    let mut found = Vec::new();
    let mut first = 0;
    for segment in ids.segments() {
        let here = positions(segment, wanted).into_iter();
        found.extend(here.filter_map(|(id, position)| {
            let offset = u32::try_from(first + position).ok()?;
            Some((id, offset))
        }));
        first += segment.len();
    }
    found
}

fn positions(segment: &U64Segment, wanted: &RoaringTreemap) -> Vec<(u64, usize)> {
    let Some(range) = segment.range() else {
        return Vec::new();
    };
    let mut wanted_here = wanted.iter();
    wanted_here.advance_to(*range.start());
    let mut wanted_here = wanted_here.take_while(|id| id <= range.end()).peekable();
    match segment {
        _ if wanted_here.peek().is_none() => Vec::new(),
        // To find one of them is to read them, so all are found at once.
        U64Segment::RangeWithBitmap { .. } | U64Segment::Array(_) => {
            let ids = segment.iter().enumerate();
            let found = ids.filter(|(_, id)| wanted.contains(*id));
            found.map(|(position, id)| (id, position)).collect()
        }
        _ => {
            let found = wanted_here.filter_map(|id| Some((id, segment.position(id)?)));
            found.collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(ids: &[u64]) -> RowIdSequence {
        RowIdSequence::from(ids)
    }

    #[test]
    fn ids_are_found_however_a_fragment_keeps_them() {
        let consecutive: Vec<u64> = (100..1100).collect();
        let with_holes: Vec<u64> = (0..1000).filter(|id| id % 100 != 7).collect();
        let half: Vec<u64> = (0..2000).filter(|id| id % 3 != 0).collect();
        let sparse: Vec<u64> = (0..50).map(|id| id * 100_003).collect();
        let unsorted: Vec<u64> = (0..500).map(|id| id * 7919 % 5003).collect();
        for ids in [consecutive, with_holes, half, sparse, unsorted] {
            let mut all = sequence(&ids);
            all.extend(sequence(&[1_000_000_007, 1_000_000_009]));
            let mut wanted: Vec<u64> = ids.iter().copied().step_by(3).collect();
            wanted.extend([7, 1_000_000_009, 1_000_000_010]);
            let mut found = offsets(&all, &wanted.iter().copied().collect());
            found.sort_unstable();
            let everything = ids.iter().chain(&[1_000_000_007, 1_000_000_009]);
            let mut expected: Vec<(u64, u32)> = (0..)
                .zip(everything)
                .filter(|(_, id)| wanted.contains(id))
                .map(|(offset, id)| (*id, offset))
                .collect();
            expected.sort_unstable();
            assert_eq!(found, expected);
        }
    }
}
