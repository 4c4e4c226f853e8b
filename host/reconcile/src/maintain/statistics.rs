//! What a table looks like, as far as its manifest tells: nothing else is read.

use lance::index::DatasetIndexExt;

use crate::{
    error::{Error, StorageContext},
    table::StoredTable,
};

/// Indexes of Lance's own have names that begin with this.
const SYSTEM_INDEX: &str = "__lance_";

/// Fragments and indexes of one version of a table.
#[derive(Debug, Default)]
pub(super) struct Statistics {
    /// In the order of the table.
    pub(super) fragments: Vec<Fragment>,
    pub(super) indexes: Vec<Index>,
}

/// A fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fragment {
    pub(super) id: u64,
    /// Deleted ones included.
    pub(super) rows: u64,
    pub(super) deleted: u64,
    pub(super) bytes: u64,
}

/// An index, whoever made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Index {
    pub(super) name: String,
    /// Whether it was ever given rows.
    pub(super) is_trained: bool,
    /// How many rows are in each of its parts, the oldest first.
    pub(super) segments: Vec<u64>,
    /// How many rows are in none.
    pub(super) unindexed: u64,
}

impl Fragment {
    fn live(&self) -> u64 {
        self.rows.saturating_sub(self.deleted)
    }
}

impl Statistics {
    pub(super) async fn of(table: &StoredTable) -> Result<Self, Error> {
        let fragments = fragments(table);
        let indices = table
            .dataset
            .load_indices()
            .await
            .storage(table.subject(), "look at its indexes")?;
        let mut indexes: Vec<Index> = Vec::new();
        let mut covered = Vec::new();
        for segment in indices.iter() {
            // No library builds an index that carries further columns anew.
            if segment.name.starts_with(SYSTEM_INDEX) || !segment.covering_fields.is_empty() {
                continue;
            }
            // What it covers is not known, in tables of old versions of Lance.
            let Some(bitmap) = &segment.fragment_bitmap else {
                continue;
            };
            let position = indexes.iter().position(|index| index.name == segment.name);
            let position = position.unwrap_or_else(|| {
                indexes.push(Index {
                    name: segment.name.clone(),
                    is_trained: false,
                    segments: Vec::new(),
                    unindexed: 0,
                });
                covered.push(vec![false; fragments.len()]);
                indexes.len() - 1
            });
            let (Some(index), Some(covered)) =
                (indexes.get_mut(position), covered.get_mut(position))
            else {
                continue;
            };
            let mut rows = 0;
            for (fragment, covered) in fragments.iter().zip(covered) {
                if u32::try_from(fragment.id).is_ok_and(|id| bitmap.contains(id)) {
                    rows += fragment.live();
                    *covered = true;
                }
            }
            index.is_trained |= !bitmap.is_empty();
            index.segments.push(rows);
        }
        for (index, covered) in indexes.iter_mut().zip(covered) {
            let lacking = fragments
                .iter()
                .zip(covered)
                .filter(|(_, covered)| !covered);
            index.unindexed = lacking.map(|(fragment, _)| fragment.live()).sum();
        }
        Ok(Self { fragments, indexes })
    }

    /// How many rows the indexes lack, all together.
    pub(super) fn unindexed(&self) -> u64 {
        self.indexes.iter().map(|index| index.unindexed).sum()
    }
}

fn fragments(table: &StoredTable) -> Vec<Fragment> {
    let fragments = table.dataset.fragments().iter();
    fragments
        .map(|fragment| Fragment {
            id: fragment.id,
            // A fragment of unknown length, in tables of old versions of Lance, is not small.
            rows: fragment.physical_rows.map_or(u64::MAX, count),
            deleted: fragment
                .deletion_file
                .as_ref()
                .map_or(0, |file| file.num_deleted_rows.map_or(1, count)),
            bytes: fragment
                .files
                .iter()
                .filter_map(|file| file.file_size_bytes.get())
                .map(|size| size.get())
                .sum(),
        })
        .collect()
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
