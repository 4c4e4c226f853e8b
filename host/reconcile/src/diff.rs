//! Compares the declared rows of a table with the entries of its state.
//!
//! Both are sorted by key, so one pass over them decides everything, and no table of keys is
//! ever built.

use crate::{
    stage::StagedRow,
    state::{Entry, FOREIGN},
};

/// What has to happen so that the table holds what is declared.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// Declared rows to write, in the order of declaration.
    pub(crate) writes: Vec<StagedRow>,
    /// Stored rows to remove: deleted ones, and the former selves of updated ones.
    pub(crate) removals: Vec<Entry>,
    /// For updated rows: position of the declared row and id of the stored one, by position.
    pub(crate) replaced: Vec<(u64, u64)>,
    /// Stored rows that only change their owner, as they are before.
    pub(crate) claims: Vec<Entry>,
    pub(crate) inserted: u64,
    pub(crate) updated: u64,
    pub(crate) deleted: u64,
    pub(crate) unchanged: u64,
}

/// A declared row whose key somebody else has stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Conflict {
    pub(crate) row: StagedRow,
    pub(crate) owner: u32,
}

impl Changes {
    pub(crate) fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.removals.is_empty() && self.claims.is_empty()
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
            self.inserted += 1;
            self.writes.push(row);
            return Ok(());
        };
        for extra in stored.iter().filter(|entry| *entry != kept) {
            self.deleted += 1;
            self.removals.push(*extra);
        }
        if kept.fingerprint != row.fingerprint {
            self.updated += 1;
            self.replaced.push((row.position, kept.row_id));
            self.removals.push(*kept);
            self.writes.push(row);
        } else {
            self.unchanged += 1;
            if kept.owner != owner {
                self.claims.push(*kept);
            }
        }
        Ok(())
    }
}

/// `declared` has one row for each key. `owner` is who declares; with `adopt`, foreign rows of
/// a declared key become its own.
pub(crate) fn diff(
    declared: &[StagedRow],
    stored: &[Entry],
    owner: u32,
    adopt: bool,
) -> Result<Changes, Conflict> {
    let mut changes = Changes::default();
    let mut declared = declared.iter().copied().peekable();
    for stored in stored.chunk_by(|a, b| a.key == b.key) {
        let Some(key) = stored.first().map(|entry| entry.key) else {
            continue;
        };
        while let Some(row) = declared.next_if(|row| row.key < key) {
            changes.declared(row, &[], owner, adopt)?;
        }
        match declared.next_if(|row| row.key == key) {
            Some(row) => changes.declared(row, stored, owner, adopt)?,
            None => {
                for ours in stored.iter().filter(|entry| entry.owner == owner) {
                    changes.deleted += 1;
                    changes.removals.push(*ours);
                }
            }
        }
    }
    for row in declared {
        changes.declared(row, &[], owner, adopt)?;
    }
    changes.writes.sort_unstable_by_key(|row| row.position);
    changes.replaced.sort_unstable();
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn each_outcome_is_told_apart() {
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
        .unwrap();
        assert_eq!(changes.writes, vec![row(0, 9), row(2, 9), row(6, 9)]);
        assert_eq!(changes.removals, vec![entry(2, 1, US), entry(3, 1, US)]);
        assert_eq!(
            (
                changes.inserted,
                changes.updated,
                changes.deleted,
                changes.unchanged
            ),
            (2, 1, 1, 1)
        );
    }

    #[test]
    fn key_of_another_owner_is_a_conflict() {
        for (owner, adopt) in [(THEM, false), (THEM, true), (FOREIGN, false)] {
            let conflict = diff(&[row(1, 1)], &[entry(1, 1, owner)], US, adopt).unwrap_err();
            assert_eq!(conflict.owner, owner);
        }
    }

    #[test]
    fn adopted_row_changes_its_owner_only() {
        let changes = diff(&[row(1, 1)], &[entry(1, 1, FOREIGN)], US, true).unwrap();
        assert_eq!(changes.claims, vec![entry(1, 1, FOREIGN)]);
        assert_eq!((changes.unchanged, changes.writes.len()), (1, 0));
    }

    #[test]
    fn adopted_key_that_was_stored_twice_is_stored_once() {
        let mut second = entry(1, 7, FOREIGN);
        second.row_id = 500;
        let changes = diff(&[row(1, 7)], &[entry(1, 1, FOREIGN), second], US, true).unwrap();
        assert_eq!(changes.claims, vec![second]);
        assert_eq!(changes.removals, vec![entry(1, 1, FOREIGN)]);
    }

    #[test]
    fn foreign_copy_of_our_key_is_a_conflict_and_stays_when_we_go() {
        let mut copy = entry(1, 1, FOREIGN);
        copy.row_id = 500;
        let stored = [entry(1, 1, US), copy];
        assert!(diff(&[row(1, 1)], &stored, US, false).is_err());
        let changes = diff(&[], &stored, US, false).unwrap();
        assert_eq!(changes.removals, vec![entry(1, 1, US)]);
    }
}
