//! Sorts entries that may be more than memory allows: into runs, each sorted, whose bulk is on disk.

use rayon::slice::ParallelSliceMut;

use crate::{
    error::Error,
    merge::{CHUNK, Keyed},
    sequence::{Sequence, SequenceBuilder},
    state::Entry,
};

/// Takes entries in any order.
#[derive(Debug)]
pub(crate) struct Sorter {
    unsorted: Vec<Entry>,
    runs: Vec<Sequence>,
    /// How many entries may be in memory.
    bound: usize,
}

impl Sorter {
    /// So many entries are sorted in memory: 24 MiB of them.
    const BOUND: usize = 1 << 19;

    pub(crate) fn new() -> Self {
        Self::with_bound(Self::BOUND)
    }

    fn with_bound(bound: usize) -> Self {
        Self {
            unsorted: Vec::new(),
            runs: Vec::new(),
            bound,
        }
    }

    /// Adds entries, of each row one.
    pub(crate) fn push(&mut self, entries: impl IntoIterator<Item = Entry>) -> Result<(), Error> {
        self.unsorted.extend(entries);
        if self.unsorted.len() >= self.bound {
            self.sort();
            let mut run = SequenceBuilder::new();
            for chunk in self.unsorted.chunks(CHUNK) {
                run.push_to_disk(chunk)?;
            }
            self.runs.push(run.finish()?);
            self.unsorted.clear();
        }
        Ok(())
    }

    /// Sorted runs; none if there are no entries.
    pub(crate) fn finish(mut self) -> Vec<Sequence> {
        if !self.unsorted.is_empty() {
            self.sort();
            self.runs.push(Sequence::from(self.unsorted));
        }
        self.runs
    }

    fn sort(&mut self) {
        self.unsorted.par_sort_unstable_by_key(Keyed::order);
    }
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt;

    use crate::merge::Merge;

    use super::*;

    #[tokio::test]
    async fn entries_are_sorted_wherever_they_are() {
        let entries: Vec<Entry> = (0..20u8)
            .map(|number| Entry {
                key: u128::from(number * 7 % 5),
                fingerprint: u128::from(number),
                row_id: u64::from(number),
                owner: 1,
            })
            .collect();
        let mut expected = entries.clone();
        expected.sort_by_key(Keyed::order);
        for bound in [1, 3, 100] {
            let mut sorter = Sorter::with_bound(bound);
            for entries in entries.chunks(2) {
                sorter.push(entries.iter().copied()).unwrap();
            }
            let runs = sorter.finish();
            for run in &runs {
                let chunks: Vec<_> = run.run().unwrap().try_collect().await.unwrap();
                assert!(chunks.concat().is_sorted_by_key(Keyed::order));
            }
            let runs = runs.iter().map(|run| run.run().unwrap()).collect();
            let mut merge = Merge::new(runs).await.unwrap();
            let mut all = Vec::new();
            while let Some(chunk) = merge.next().await.unwrap() {
                all.extend(chunk);
            }
            assert_eq!(all, expected);
        }
    }
}
