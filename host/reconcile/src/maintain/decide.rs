//! What is due, by statistics alone.

use super::{
    policy::MaintenancePolicy,
    statistics::{Fragment, Index},
};

/// A fragment that has lost more than this part of its rows is rewritten, however large it is.
pub(super) const WORN: f32 = 0.1;

/// An index to update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IndexUpdate {
    pub(super) name: String,
    /// How many of its newest parts the new rows are merged with.
    pub(super) merge: usize,
}

/// The fragments to compact, if it is time to: within the bounds, in the order of the table.
pub(super) fn compaction(fragments: &[Fragment], policy: &MaintenancePolicy) -> Option<Vec<u64>> {
    let small = |fragment: &Fragment| is_small(fragment, policy);
    let small_fragments = fragments.iter().filter(|fragment| small(fragment)).count();
    let deletion_files = fragments
        .iter()
        .filter(|fragment| is_worn(fragment) || (small(fragment) && fragment.deleted > 0))
        .count();
    if small_fragments < policy.small_fragments && deletion_files < policy.deletion_files {
        return None;
    }
    let chosen = chosen(fragments, policy);
    (!chosen.is_empty()).then_some(chosen)
}

fn is_small(fragment: &Fragment, policy: &MaintenancePolicy) -> bool {
    fragment.rows < policy.small_rows && fragment.bytes < policy.small_bytes
}

fn is_worn(fragment: &Fragment) -> bool {
    // As integers: a tenth is no exact float.
    fragment.deleted.saturating_mul(10) > fragment.rows
}

/// The first fragments that can be rewritten. A small one needs a neighbour to be joined with.
fn chosen(fragments: &[Fragment], policy: &MaintenancePolicy) -> Vec<u64> {
    let is_candidate = |fragment: &Fragment| is_small(fragment, policy) || is_worn(fragment);
    let mut chosen = Vec::new();
    let (mut rows, mut bytes) = (0u64, 0u64);
    for run in fragments.chunk_by(|a, b| is_candidate(a) == is_candidate(b)) {
        let useful = match run {
            [alone] => is_worn(alone),
            several => several.first().is_some_and(is_candidate),
        };
        for fragment in run.iter().filter(|_| useful) {
            rows = rows.saturating_add(fragment.rows - fragment.deleted.min(fragment.rows));
            bytes = bytes.saturating_add(fragment.bytes);
            let exceeds = rows > policy.max_rows
                || bytes > policy.max_bytes
                || chosen.len() >= policy.max_fragments;
            if exceeds && !chosen.is_empty() {
                return chosen;
            }
            chosen.push(fragment.id);
        }
    }
    chosen
}

/// The indexes to update: those that lack most first, within the bound.
pub(super) fn indexes(indexes: &[Index], policy: &MaintenancePolicy) -> Vec<IndexUpdate> {
    let mut due: Vec<&Index> = indexes
        .iter()
        .filter(|index| is_due(index, policy))
        .collect();
    // By the share that is lacking, without dividing.
    due.sort_by(|a, b| {
        let lacking = |x: &Index, y: &Index| u128::from(x.unindexed) * u128::from(indexed(y) + 1);
        lacking(b, a).cmp(&lacking(a, b))
    });
    let mut updates = Vec::new();
    let mut written = 0u64;
    for index in due {
        let (merge, rows) = merged(index);
        written = written.saturating_add(rows);
        if written > policy.max_indexed_rows && !updates.is_empty() {
            break;
        }
        updates.push(IndexUpdate {
            name: index.name.clone(),
            merge,
        });
    }
    updates
}

fn indexed(index: &Index) -> u64 {
    index.segments.iter().sum()
}

fn is_due(index: &Index, policy: &MaintenancePolicy) -> bool {
    let (indexed, lacking) = (indexed(index), index.unindexed);
    if !index.is_trained {
        return lacking > 0 && lacking >= policy.untrained_rows;
    }
    let large = lacking >= policy.unindexed_rows;
    let large_share = u128::from(lacking) * 100
        >= u128::from(indexed) * u128::from(policy.unindexed_percent)
        && lacking >= policy.least_unindexed_rows;
    lacking > 0 && (large || large_share)
}

/// With how many of its newest parts the new rows are merged, and how many rows result.
///
/// A part is merged as long as it is not larger than all that is newer. So parts grow towards the
/// older ones, there are few of them, and a large old one is seldom written again.
fn merged(index: &Index) -> (usize, u64) {
    let mut rows = index.unindexed;
    let mut merge = 0;
    for segment in index.segments.iter().rev() {
        if *segment > rows {
            break;
        }
        rows += segment;
        merge += 1;
    }
    (merge, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fragment(id: u64, rows: u64, deleted: u64) -> Fragment {
        Fragment {
            id,
            rows,
            deleted,
            bytes: rows * 10,
        }
    }

    fn small(count: u64) -> Vec<Fragment> {
        (0..count).map(|id| fragment(id, 10, 0)).collect()
    }

    fn policy() -> MaintenancePolicy {
        MaintenancePolicy::default()
    }

    #[test]
    fn two_hundred_small_fragments_are_compacted() {
        assert_eq!(compaction(&small(199), &policy()), None);
        assert_eq!(compaction(&small(200), &policy()).unwrap().len(), 200);
        // The result of that is one fragment, and then it takes as many again.
        let mut after = small(199);
        after.push(fragment(500, 2000, 0));
        after.remove(0);
        assert_eq!(compaction(&after, &policy()), None);
    }

    #[test]
    fn fragments_with_many_rows_or_many_bytes_are_not_small() {
        let many_rows: Vec<_> = (0..300).map(|id| fragment(id, 100_000, 0)).collect();
        assert_eq!(compaction(&many_rows, &policy()), None);
        let many_bytes: Vec<_> = (0..300)
            .map(|id| Fragment {
                bytes: 128 << 20,
                ..fragment(id, 10, 0)
            })
            .collect();
        assert_eq!(compaction(&many_bytes, &policy()), None);
    }

    #[test]
    fn sixty_four_deletion_files_are_compacted_away() {
        let deleted = |count| -> Vec<_> { (0..count).map(|id| fragment(id, 1000, 1)).collect() };
        assert_eq!(compaction(&deleted(63), &policy()), None);
        assert_eq!(compaction(&deleted(64), &policy()).unwrap().len(), 64);
    }

    #[test]
    fn deletion_files_that_a_compaction_would_keep_do_not_count() {
        let large: Vec<_> = (0..100)
            .map(|id| fragment(id, 1_000_000, 100_000))
            .collect();
        assert_eq!(compaction(&large, &policy()), None);
        let worn: Vec<_> = (0..64).map(|id| fragment(id, 100_000, 10_001)).collect();
        let chosen = compaction(&worn, &policy()).unwrap();
        assert_eq!(
            chosen,
            (0..11).collect::<Vec<_>>(),
            "a million rows at once"
        );
    }

    #[test]
    fn small_fragments_without_neighbours_are_left_alone() {
        let lonely: Vec<_> = (0..400)
            .map(|id| fragment(id, if id % 2 == 0 { 10 } else { 500_000 }, 0))
            .collect();
        assert_eq!(compaction(&lonely, &policy()), None);
    }

    #[test]
    fn one_compaction_is_bounded_and_always_gets_somewhere() {
        assert_eq!(compaction(&small(5000), &policy()).unwrap().len(), 512);
        let huge = vec![fragment(7, u64::MAX / 100, u64::MAX / 200)];
        let eager = MaintenancePolicy {
            deletion_files: 1,
            ..policy()
        };
        assert_eq!(compaction(&huge, &eager).unwrap(), [7]);
        let bytes: Vec<_> = (0..200)
            .map(|id| Fragment {
                bytes: 100 << 20,
                ..fragment(id, 10, 0)
            })
            .collect();
        assert_eq!(compaction(&bytes, &policy()).unwrap().len(), 5);
    }

    fn index(segments: &[u64], unindexed: u64) -> Index {
        Index {
            name: format!("{segments:?}"),
            is_trained: true,
            segments: segments.to_vec(),
            unindexed,
        }
    }

    fn merges(index: &Index) -> Option<usize> {
        let updates = indexes(std::slice::from_ref(index), &policy());
        updates.first().map(|update| update.merge)
    }

    #[test]
    fn an_index_is_updated_when_it_lacks_many_rows_or_a_share_of_its_own() {
        assert_eq!(merges(&index(&[10_000_000], 19_999)), None);
        assert_eq!(merges(&index(&[10_000_000], 20_000)), Some(0));
        assert_eq!(merges(&index(&[1000], 49)), None);
        assert_eq!(merges(&index(&[1000], 50)), Some(0));
        assert_eq!(merges(&index(&[1001], 50)), None);
        assert_eq!(merges(&index(&[200], 49)), None);
        assert_eq!(merges(&index(&[10_000], 0)), None);
    }

    #[test]
    fn an_index_without_rows_waits_until_it_can_be_trained() {
        let untrained = |unindexed| Index {
            is_trained: false,
            ..index(&[0], unindexed)
        };
        assert_eq!(merges(&untrained(255)), None);
        assert_eq!(merges(&untrained(256)), Some(1));
        // One whose rows are all gone can still tell where new ones belong.
        assert_eq!(merges(&index(&[0], 50)), Some(1));
    }

    #[test]
    fn new_rows_are_merged_with_parts_that_are_not_larger() {
        assert_eq!(
            merges(&index(&[1_000_000, 30_000, 20_000], 20_000)),
            Some(2)
        );
        assert_eq!(merges(&index(&[1_000_000, 200_000], 60_000)), Some(0));
        assert_eq!(merges(&index(&[100], 60)), Some(0));
        assert_eq!(merges(&index(&[50], 60)), Some(1));
    }

    #[test]
    fn the_indexes_that_lack_most_come_first_and_the_rest_waits() {
        let indexes_ = [
            index(&[1_000_000], 500_000),
            index(&[900_000], 900_000),
            index(&[0], 300),
        ];
        let names: Vec<_> = indexes(&indexes_, &policy())
            .into_iter()
            .map(|update| update.name)
            .collect();
        assert_eq!(
            names,
            ["[0]"],
            "merging the second would write 1,800,000 rows"
        );
        let names: Vec<_> = indexes(&indexes_[..2], &policy())
            .into_iter()
            .map(|update| update.name)
            .collect();
        assert_eq!(names, ["[900000]"]);
    }
}
