//! The entries of a table: what a sidecar holds, and what changed since over it.
//!
//! The sidecar's part stays on the storage until somebody reads it, and is read as a stream: a
//! comparison never holds all entries.

use futures::{StreamExt, TryStreamExt};
use roaring::RoaringBitmap;

use super::{entries::Entry, sidecar::Sidecar, summary::RangeIndex};
use crate::{
    error::Error,
    merge::{Chunks, Merge, Reader, Run},
    ranges::Ranges,
    sequence::Sequence,
};

/// One entry for each live row of a table, sorted by key and row id.
#[derive(Debug, Clone, Default)]
pub(crate) struct Entries {
    base: Option<Sidecar>,
    /// Each is sorted, with one entry for a row: later ones replace earlier ones, and may remove
    /// them.
    over: Vec<Sequence>,
}

impl Entries {
    /// What a sidecar holds.
    pub(crate) fn stored(base: Sidecar) -> Self {
        Self {
            base: Some(base),
            over: Vec::new(),
        }
    }

    /// The given entries, in sorted runs that have no removals, and each row once.
    pub(crate) fn of(runs: Vec<Sequence>) -> Self {
        Self {
            base: None,
            over: runs,
        }
    }

    /// What changed since a sidecar, removals included; none if they are not built on it.
    pub(super) fn changes_since(&self, sidecar: &Sidecar) -> Option<&[Sequence]> {
        let base = self.base.as_ref()?;
        (base.version() == sidecar.version()).then_some(self.over.as_slice())
    }

    /// Applies changes, which are sorted, with one entry for a row: it replaces the entry of the
    /// same row, a removal drops it.
    pub(crate) fn apply(&mut self, changes: Sequence) {
        if !changes.is_empty() {
            self.over.push(changes);
        }
    }

    /// Reads them one after the other.
    pub(crate) async fn read(&self) -> Result<Reader<Entry, EntryChunks>, Error> {
        Ok(Reader::new(self.chunks().await?))
    }

    /// Reads them in chunks.
    pub(crate) async fn chunks(&self) -> Result<EntryChunks, Error> {
        let mut runs = match &self.base {
            Some(base) => base.runs().await?,
            None => Vec::new(),
        };
        for changes in &self.over {
            runs.push(changes.run()?);
        }
        EntryChunks::new(runs, Removals::Applied).await
    }

    /// Which ranges of key hashes the stored part of them holds what in; none if it does not tell.
    pub(crate) async fn index(&self) -> Result<Option<&RangeIndex>, Error> {
        match &self.base {
            Some(base) => base.index().await,
            None => Ok(None),
        }
    }

    /// The ranges in which something changed since the stored part was written.
    pub(crate) async fn changed(&self, ranges: Ranges) -> Result<RoaringBitmap, Error> {
        let mut changed = RoaringBitmap::new();
        for changes in &self.over {
            let mut run = changes.run()?;
            while let Some(chunk) = run.try_next().await? {
                changed |= ranges.of_all(chunk.iter().map(|entry| entry.key));
            }
        }
        Ok(changed)
    }

    /// Reads those in some ranges, in chunks; all if the stored part does not tell where they are.
    pub(crate) async fn chunks_in(&self, wanted: &RoaringBitmap) -> Result<EntryChunks, Error> {
        let (Some(base), Some(index)) = (&self.base, self.index().await?) else {
            return self.chunks().await;
        };
        let ranges = index.ranges();
        let mut runs = base.runs_in(index, wanted).await?;
        for changes in &self.over {
            let wanted = wanted.clone();
            let chunks = changes.run()?.map_ok(move |mut chunk| {
                chunk.retain(|entry| wanted.contains(ranges.of(entry.key)));
                chunk
            });
            runs.push(chunks.boxed());
        }
        EntryChunks::new(runs, Removals::Applied).await
    }

    /// The same, one after the other.
    pub(crate) async fn read_in(
        &self,
        wanted: &RoaringBitmap,
    ) -> Result<Reader<Entry, EntryChunks>, Error> {
        Ok(Reader::new(self.chunks_in(wanted).await?))
    }

    /// All of them, in memory.
    #[cfg(test)]
    pub(crate) async fn all(&self) -> Result<Vec<Entry>, Error> {
        let mut chunks = self.chunks().await?;
        let mut all = Vec::new();
        while let Some(chunk) = chunks.next_chunk().await? {
            all.extend(chunk);
        }
        Ok(all)
    }
}

/// What becomes of the removals in runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Removals {
    /// They are left out, with what they remove.
    Applied,
    /// They stay: there are earlier runs whose entries they remove.
    Kept,
}

/// Entries in chunks: for each row the last of them.
#[derive(Debug)]
pub(crate) struct EntryChunks {
    merge: Merge<Entry>,
    removals: Removals,
    /// No row has more than one entry.
    is_single: bool,
    /// The last one of a row so far.
    held: Option<Entry>,
}

impl Chunks<Entry> for EntryChunks {
    async fn next_chunk(&mut self) -> Result<Option<Vec<Entry>>, Error> {
        loop {
            let Some(mut chunk) = self.merge.next().await? else {
                let last = self.held.take().filter(|entry| self.stays(entry));
                return Ok(last.map(|entry| vec![entry]));
            };
            if self.is_single {
                chunk.retain(|entry| self.stays(entry));
            } else {
                chunk = self.last_of_each_row(&chunk);
            }
            if !chunk.is_empty() {
                return Ok(Some(chunk));
            }
        }
    }
}

impl EntryChunks {
    /// Later runs replace what earlier ones say.
    pub(crate) async fn new(runs: Vec<Run<Entry>>, removals: Removals) -> Result<Self, Error> {
        Ok(Self {
            is_single: runs.len() < 2,
            merge: Merge::new(runs).await?,
            removals,
            held: None,
        })
    }

    fn stays(&self, entry: &Entry) -> bool {
        self.removals == Removals::Kept || !entry.is_removal()
    }

    /// The same as a stream.
    pub(crate) fn stream(self) -> Run<Entry> {
        futures::stream::try_unfold(self, |mut chunks| async move {
            let chunk = chunks.next_chunk().await?;
            Ok(chunk.map(|chunk| (chunk, chunks)))
        })
        .boxed()
    }

    fn last_of_each_row(&mut self, chunk: &[Entry]) -> Vec<Entry> {
        let mut last = Vec::with_capacity(chunk.len());
        for entry in chunk {
            if let Some(held) = self.held.replace(*entry)
                && held.identity() != entry.identity()
                && self.stays(&held)
            {
                last.push(held);
            }
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::merge::run_of;

    use super::*;

    fn entry(key: u128, row_id: u64, fingerprint: u128) -> Entry {
        Entry {
            key,
            fingerprint,
            row_id,
            owner: 1,
        }
    }

    #[tokio::test]
    async fn changes_replace_remove_and_add() {
        let mut entries = Entries::of(vec![Sequence::from(vec![
            entry(1, 1, 1),
            entry(2, 2, 1),
            entry(3, 3, 1),
        ])]);
        let changes = vec![
            entry(0, 9, 1),
            entry(2, 2, 5),
            entry(3, 3, 1).removal(),
            entry(4, 4, 1),
        ];
        entries.apply(Sequence::from(changes));
        let expected = [
            entry(0, 9, 1),
            entry(1, 1, 1),
            entry(2, 2, 5),
            entry(4, 4, 1),
        ];
        assert_eq!(entries.all().await.unwrap(), expected);
    }

    #[tokio::test]
    async fn the_last_run_tells_what_a_row_is() {
        let runs = [
            vec![entry(1, 1, 1), entry(2, 2, 1), entry(3, 3, 1)],
            vec![entry(2, 2, 5), entry(3, 3, 1).removal()],
            vec![entry(2, 2, 7), entry(4, 4, 1)],
        ];
        let read = async |removals| {
            let runs = runs.iter().map(|run| run_of(Arc::new(run.clone())));
            let chunks = EntryChunks::new(runs.collect(), removals);
            let mut chunks = chunks.await.unwrap();
            let mut all = Vec::new();
            while let Some(chunk) = chunks.next_chunk().await.unwrap() {
                all.extend(chunk);
            }
            all
        };
        let live = [entry(1, 1, 1), entry(2, 2, 7), entry(4, 4, 1)];
        assert_eq!(read(Removals::Applied).await, live);
        let [one, two, four] = live;
        let three = entry(3, 3, 1).removal();
        assert_eq!(read(Removals::Kept).await, [one, two, three, four]);
    }
}
