//! Finds stored rows by their stable ids.
//!
//! Lance has an index for that. It is made anew for each version, and in a table of less than a
//! million rows that means to read the id of every row. A run looks for few of them, so they are
//! looked up in the sequence of ids that each fragment has: consecutive ids are one item of it.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use lance::dataset::{fragment::FileFragment, rowids::load_row_id_sequence};
use lance_table::rowids::{RowIdSequence, segment::U64Segment};

use super::rows::FRAGMENTS_AT_ONCE;
use crate::{
    error::{Error, StorageContext},
    table::StoredTable,
};

const ACTION: &str = "find rows that go";

/// The fragments of a table, and the rows of each that were looked for.
pub(super) struct Fragments<'a> {
    table: &'a StoredTable,
    fragments: Vec<Rows>,
}

struct Rows {
    fragment: FileFragment,
    ids: Arc<RowIdSequence>,
    /// Where those lie that were found.
    found: Vec<u32>,
}

impl<'a> Fragments<'a> {
    pub(super) async fn of(table: &'a StoredTable) -> Result<Self, Error> {
        let mut of_table = Self {
            table,
            fragments: Vec::new(),
        };
        if !table.dataset.manifest().uses_stable_row_ids() {
            return Err(of_table.damaged("the table has no stable row ids any more".to_owned()));
        }
        // Collected, since the compiler cannot tell that a stream that makes futures may be sent.
        let fragments = table.dataset.get_fragments().into_iter();
        let rows: Vec<_> = fragments
            .map(|fragment| Rows::of(table, fragment))
            .collect();
        let rows = stream::iter(rows);
        let rows = rows.buffered(FRAGMENTS_AT_ONCE).try_collect().await;
        of_table.fragments = rows.storage(table.subject(), ACTION)?;
        Ok(of_table)
    }

    /// Looks for more rows.
    ///
    /// # Errors
    /// [`Error::DamagedState`] if one of them is not in the table.
    pub(super) async fn find(&mut self, mut row_ids: Vec<u64>) -> Result<(), Error> {
        row_ids.sort_unstable();
        row_ids.dedup();
        let mut found = Vec::with_capacity(row_ids.len());
        let searches = self.fragments.iter_mut().map(|rows| rows.find(&row_ids));
        let searches: Vec<_> = searches.collect();
        let mut searches = stream::iter(searches).buffer_unordered(FRAGMENTS_AT_ONCE);
        while let Some(here) = searches.next().await {
            found.extend(here.storage(self.table.subject(), ACTION)?);
        }
        drop(searches);
        found.sort_unstable();
        if found == row_ids {
            return Ok(());
        }
        let missing = row_ids.iter().find(|id| found.binary_search(id).is_err());
        Err(self.damaged(match missing {
            Some(row_id) => format!("row id {row_id} is not in the table"),
            None => "the table has a row id more than once".to_owned(),
        }))
    }

    /// The fragments that have some of the rows, and where.
    pub(super) fn found(self) -> impl Iterator<Item = (FileFragment, Vec<u32>)> {
        let rows = self.fragments.into_iter();
        let some = rows.filter(|rows| !rows.found.is_empty());
        some.map(|rows| (rows.fragment, rows.found))
    }

    fn damaged(&self, problem: String) -> Error {
        Error::DamagedState {
            table: self.table.label(),
            problem,
        }
    }
}

impl Rows {
    async fn of(table: &StoredTable, fragment: FileFragment) -> Result<Self, lance::Error> {
        let ids = load_row_id_sequence(&table.dataset, fragment.metadata()).await?;
        Ok(Self {
            fragment,
            ids,
            found: Vec::new(),
        })
    }

    /// Remembers where those of the wanted rows lie that are here, and returns their ids.
    async fn find(&mut self, wanted: &[u64]) -> Result<Vec<u64>, lance::Error> {
        let mut offsets = offsets(&self.ids, wanted);
        if !offsets.is_empty()
            && let Some(deleted) = self.fragment.get_deletion_vector().await?
        {
            // A row that another writer has updated keeps its id, and leaves it in its old place too.
            offsets.retain(|(_, offset)| !deleted.contains(*offset));
        }
        let (ids, here): (Vec<_>, Vec<_>) = offsets.into_iter().unzip();
        self.found.extend(here);
        Ok(ids)
    }
}

/// Which of the wanted ids, which are sorted, a fragment has, and where.
fn offsets(ids: &RowIdSequence, wanted: &[u64]) -> Vec<(u64, u32)> {
    let mut found = Vec::new();
    let mut first = 0;
    for segment in ids.segments() {
        let length = segment.len();
        if let Some(range) = segment.range().filter(|_| length > 0) {
            let from = wanted.partition_point(|id| id < range.start());
            let to = wanted.partition_point(|id| id <= range.end());
            let here = positions(segment, wanted.get(from..to).unwrap_or_default());
            let offsets = here.into_iter().filter_map(|(id, position)| {
                let offset = u32::try_from(first + position).ok()?;
                Some((id, offset))
            });
            found.extend(offsets);
        }
        first += length;
    }
    found
}

fn positions(segment: &U64Segment, wanted: &[u64]) -> Vec<(u64, usize)> {
    match segment {
        _ if wanted.is_empty() => Vec::new(),
        // To find one of them is to read them, so all are found at once.
        U64Segment::RangeWithBitmap { .. } | U64Segment::Array(_) => {
            let ids = segment.iter().enumerate();
            let found = ids.filter(|(_, id)| wanted.binary_search(id).is_ok());
            found.map(|(position, id)| (id, position)).collect()
        }
        _ => {
            let found = wanted.iter();
            let found = found.filter_map(|id| Some((*id, segment.position(*id)?)));
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
            wanted.sort_unstable();
            wanted.dedup();
            let mut found = offsets(&all, &wanted);
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
