//! Compares the declared rows of a table with the entries of its state.
//!
//! Both are sorted by key, so one pass over them decides everything, and no table of keys is
//! ever built. What it finds may be as long as the table: it is kept in a log, in the order of keys.

use futures::StreamExt;
use roaring::RoaringTreemap;

use crate::{
    error::Error,
    merge::{Chunks, Reader, Run},
    sequence::{Sequence, SequenceBuilder},
    stage::StagedRow,
    state::{Entry, FOREIGN},
};

/// What has to happen so that the table holds what is declared.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Positions of the declared rows to write.
    pub(crate) writes: RoaringTreemap,
    log: Sequence,
    pub(crate) inserted: u64,
    pub(crate) updated: u64,
    pub(crate) deleted: u64,
    pub(crate) unchanged: u64,
    /// Stored rows that go: deleted ones, and the former selves of updated ones.
    pub(crate) removed: u64,
    /// Rows that stop being foreign.
    pub(crate) taken: u64,
}

/// What happens to one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// A stored row goes.
    Remove(Entry),
    /// A stored row goes, and the declared row of its key is written in its place.
    Replace(Entry),
    /// A stored row changes its owner only; the entry is as before.
    Claim(Entry),
    /// A declared row is written.
    Write(StagedRow),
}

/// In the log, these stand where an entry has its owner.
const WRITE: u32 = u32::MAX - 1;
const CLAIM: u32 = u32::MAX - 2;
const REPLACE: u32 = u32::MAX - 3;

impl Change {
    /// As it is kept in the log. Whose row it was is not kept.
    fn logged(self) -> Entry {
        match self {
            Self::Remove(entry) => entry.removal(),
            Self::Replace(entry) => Entry {
                owner: REPLACE,
                ..entry
            },
            Self::Claim(entry) => Entry {
                owner: CLAIM,
                ..entry
            },
            Self::Write(row) => Entry {
                key: row.key,
                fingerprint: row.fingerprint,
                row_id: row.position,
                owner: WRITE,
            },
        }
    }

    fn of_logged(logged: Entry) -> Self {
        match logged.owner {
            WRITE => Self::Write(StagedRow {
                key: logged.key,
                fingerprint: logged.fingerprint,
                position: logged.row_id,
            }),
            CLAIM => Self::Claim(Entry {
                owner: FOREIGN,
                ..logged
            }),
            REPLACE => Self::Replace(logged.removal()),
            _ => Self::Remove(logged),
        }
    }

    /// In the order of row ids; new rows get higher ones than all that are stored.
    fn order(&self) -> (bool, u64) {
        match self {
            Self::Remove(entry) | Self::Replace(entry) | Self::Claim(entry) => {
                (false, entry.row_id)
            }
            Self::Write(row) => (true, row.position),
        }
    }
}

/// A declared row whose key somebody else has stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Conflict {
    pub(crate) row: StagedRow,
    pub(crate) owner: u32,
}

impl Changes {
    pub(crate) fn is_empty(&self) -> bool {
        self.log.is_empty()
    }

    /// What happens, in the order of keys, and of row ids where keys are equal.
    pub(crate) fn log(&self) -> Result<Run<Change>, Error> {
        let chunks = self.log.run()?.map(|chunk| {
            let changes = chunk?.into_iter().map(Change::of_logged);
            Ok(changes.collect())
        });
        Ok(chunks.boxed())
    }
}

/// Changes that are being gathered.
#[derive(Debug)]
pub(crate) struct ChangesBuilder {
    changes: Changes,
    log: SequenceBuilder,
    /// Those of the key at hand.
    same_key: Vec<Change>,
}

impl ChangesBuilder {
    pub(crate) fn new() -> Self {
        Self {
            changes: Changes::default(),
            log: SequenceBuilder::new(),
            same_key: Vec::new(),
        }
    }

    /// Notes what happens to a row of the key at hand.
    pub(crate) fn push(&mut self, change: Change) {
        match &change {
            Change::Remove(entry) | Change::Replace(entry) => {
                self.changes.removed += 1;
                self.changes.taken += u64::from(entry.owner == FOREIGN);
            }
            Change::Claim(_) => self.changes.taken += 1,
            Change::Write(row) => {
                self.changes.writes.insert(row.position);
            }
        }
        self.same_key.push(change);
    }

    /// Goes on to the next key.
    pub(crate) fn next_key(&mut self) -> Result<(), Error> {
        self.same_key.sort_unstable_by_key(Change::order);
        for change in self.same_key.drain(..) {
            self.log.push(change.logged())?;
        }
        Ok(())
    }

    pub(crate) fn delete(&mut self, entry: Entry) {
        self.changes.deleted += 1;
        self.push(Change::Remove(entry));
    }

    pub(crate) fn finish(mut self) -> Result<Changes, Error> {
        self.next_key()?;
        self.changes.log = self.log.finish()?;
        Ok(self.changes)
    }

    /// Decides what happens to a declared row whose key is stored in `stored`.
    fn declared(
        &mut self,
        row: StagedRow,
        stored: &[Entry],
        owner: u32,
        adopt: bool,
    ) -> Result<(), Conflict> {
        let may_take = |entry: &Entry| entry.owner == owner || (adopt && entry.owner == FOREIGN);
        if let Some(other) = stored.iter().find(|entry| !may_take(entry)) {
            return Err(Conflict {
                row,
                owner: other.owner,
            });
        }
        // Other writers may have stored a key twice; one row stays, ours if there is one.
        let kept = stored
            .iter()
            .min_by_key(|entry| (entry.owner != owner, entry.fingerprint != row.fingerprint));
        let Some(kept) = kept else {
            self.changes.inserted += 1;
            self.push(Change::Write(row));
            return Ok(());
        };
        for extra in stored.iter().filter(|entry| *entry != kept) {
            self.delete(*extra);
        }
        if kept.fingerprint != row.fingerprint {
            self.changes.updated += 1;
            self.push(Change::Replace(*kept));
            self.push(Change::Write(row));
        } else {
            self.changes.unchanged += 1;
            if kept.owner != owner {
                self.push(Change::Claim(*kept));
            }
        }
        Ok(())
    }
}

/// Why a comparison came to no result.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// Somebody else has stored a declared key.
    Conflict(Conflict),
    /// One of the two sides could not be read.
    Failed(Error),
}

impl From<Conflict> for Stopped {
    fn from(conflict: Conflict) -> Self {
        Self::Conflict(conflict)
    }
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Compares declared rows, one for each key, with stored ones; both are sorted by key. `owner` is
/// who declares; with `adopt`, foreign rows of a declared key become its own.
pub(crate) async fn diff<D, S>(
    mut declared: Reader<StagedRow, D>,
    mut stored: Reader<Entry, S>,
    owner: u32,
    adopt: bool,
) -> Result<Changes, Stopped>
where
    D: Chunks<StagedRow> + Send,
    S: Chunks<Entry> + Send,
{
    let mut changes = ChangesBuilder::new();
    let mut same_key = Vec::new();
    while let Some(first) = stored.peek().await? {
        let key = first.key;
        while let Some(row) = declared.peek().await?
            && row.key < key
        {
            declared.advance();
            changes.declared(row, &[], owner, adopt)?;
            changes.next_key()?;
        }
        same_key.clear();
        while let Some(entry) = stored.peek().await?
            && entry.key == key
        {
            stored.advance();
            same_key.push(entry);
        }
        match declared.peek().await? {
            Some(row) if row.key == key => {
                declared.advance();
                changes.declared(row, &same_key, owner, adopt)?;
            }
            _ => {
                for ours in same_key.iter().filter(|entry| entry.owner == owner) {
                    changes.delete(*ours);
                }
            }
        }
        changes.next_key()?;
    }
    while let Some(row) = declared.peek().await? {
        declared.advance();
        changes.declared(row, &[], owner, adopt)?;
        changes.next_key()?;
    }
    Ok(changes.finish()?)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::TryStreamExt;

    use crate::merge::{Keyed, Merge, run_of};

    use super::*;

    impl<T: Keyed> Chunks<T> for Merge<T> {
        async fn next_chunk(&mut self) -> Result<Option<Vec<T>>, Error> {
            self.next().await
        }
    }

    async fn reader<T: Keyed>(elements: &[T]) -> Reader<T, Merge<T>> {
        let run = run_of(Arc::new(elements.to_vec()));
        Reader::new(Merge::new(vec![run]).await.unwrap())
    }

    async fn diff(
        declared: &[StagedRow],
        stored: &[Entry],
        owner: u32,
        adopt: bool,
    ) -> Result<Changes, Conflict> {
        let (declared, stored) = (reader(declared).await, reader(stored).await);
        match super::diff(declared, stored, owner, adopt).await {
            Ok(changes) => Ok(changes),
            Err(Stopped::Conflict(conflict)) => Err(conflict),
            Err(Stopped::Failed(error)) => panic!("{error}"),
        }
    }

    const US: u32 = 1;
    const THEM: u32 = 2;

    fn row(key: u128, fingerprint: u128) -> StagedRow {
        StagedRow {
            key,
            fingerprint,
            position: u64::try_from(key).unwrap(),
        }
    }

    fn entry(key: u128, fingerprint: u128, owner: u32) -> Entry {
        Entry {
            key,
            fingerprint,
            row_id: 100 + u64::try_from(key).unwrap(),
            owner,
        }
    }

    /// The log of changes.
    async fn log(changes: &Changes) -> Vec<Change> {
        let chunks: Vec<_> = changes.log().unwrap().try_collect().await.unwrap();
        chunks.concat()
    }

    fn write(row: StagedRow) -> Change {
        Change::Write(row)
    }

    fn remove(entry: Entry) -> Change {
        Change::Remove(entry.removal())
    }

    #[tokio::test]
    async fn each_outcome_is_told_apart() {
        let stored = [
            entry(1, 1, US),
            entry(2, 1, US),
            entry(3, 1, US),
            entry(4, 1, THEM),
            entry(5, 1, FOREIGN),
        ];
        let changes = diff(
            &[row(0, 9), row(1, 1), row(2, 9), row(6, 9)],
            &stored,
            US,
            false,
        )
        .await
        .unwrap();
        assert_eq!(
            log(&changes).await,
            [
                write(row(0, 9)),
                Change::Replace(entry(2, 1, US).removal()),
                write(row(2, 9)),
                remove(entry(3, 1, US)),
                write(row(6, 9)),
            ]
        );
        assert_eq!(changes.writes.iter().collect::<Vec<_>>(), [0, 2, 6]);
        assert_eq!(
            (
                changes.inserted,
                changes.updated,
                changes.deleted,
                changes.unchanged
            ),
            (2, 1, 1, 1)
        );
        assert_eq!((changes.removed, changes.taken), (2, 0));
    }

    #[tokio::test]
    async fn key_of_another_owner_is_a_conflict() {
        for (owner, adopt) in [(THEM, false), (THEM, true), (FOREIGN, false)] {
            let stored = [entry(1, 1, owner)];
            let conflict = diff(&[row(1, 1)], &stored, US, adopt).await.unwrap_err();
            assert_eq!(conflict.owner, owner);
        }
    }

    #[tokio::test]
    async fn adopted_row_changes_its_owner_only() {
        let stored = entry(1, 1, FOREIGN);
        let changes = diff(&[row(1, 1)], &[stored], US, true).await.unwrap();
        assert_eq!(log(&changes).await, [Change::Claim(stored)]);
        assert_eq!((changes.unchanged, changes.writes.len()), (1, 0));
        assert_eq!(changes.taken, 1);
    }

    #[tokio::test]
    async fn adopted_key_that_was_stored_twice_is_stored_once() {
        let mut second = entry(1, 7, FOREIGN);
        second.row_id = 500;
        let stored = [entry(1, 1, FOREIGN), second];
        let changes = diff(&[row(1, 7)], &stored, US, true).await.unwrap();
        let expected = [remove(entry(1, 1, FOREIGN)), Change::Claim(second)];
        assert_eq!(log(&changes).await, expected);
    }

    #[tokio::test]
    async fn foreign_copy_of_our_key_is_a_conflict_and_stays_when_we_go() {
        let mut copy = entry(1, 1, FOREIGN);
        copy.row_id = 500;
        let stored = [entry(1, 1, US), copy];
        assert!(diff(&[row(1, 1)], &stored, US, false).await.is_err());
        let changes = diff(&[], &stored, US, false).await.unwrap();
        assert_eq!(log(&changes).await, [remove(entry(1, 1, US))]);
    }
}
