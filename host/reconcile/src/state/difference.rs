//! What tells two states of a table apart, row by row.

use std::cmp::Ordering;

use super::{
    entries::Entry,
    layered::{Entries, EntryChunks},
};
use crate::{
    error::Error,
    merge::Reader,
    sequence::{Sequence, SequenceBuilder},
};

/// One row of which two states say different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Difference {
    /// Only the first state has it.
    Gone(Entry),
    /// Only the second state has it.
    New(Entry),
    /// Both have it, with other values or another owner.
    Changed {
        /// As the first state has it.
        before: Entry,
        /// As the second state has it.
        after: Entry,
    },
}

impl Difference {
    pub(crate) fn key(&self) -> u128 {
        match self {
            Self::Gone(entry) | Self::New(entry) => entry.key,
            Self::Changed { after, .. } => after.key,
        }
    }

    /// The entry that leads from the first state to the second.
    fn delta(self) -> Entry {
        match self {
            Self::Gone(entry) => entry.removal(),
            Self::New(entry) | Self::Changed { after: entry, .. } => entry,
        }
    }
}

/// Reads the differences between two states, sorted.
#[derive(Debug)]
pub(crate) struct Differences {
    before: Reader<Entry, EntryChunks>,
    after: Reader<Entry, EntryChunks>,
}

impl Differences {
    pub(crate) async fn new(before: &Entries, after: &Entries) -> Result<Self, Error> {
        Ok(Self {
            before: before.read().await?,
            after: after.read().await?,
        })
    }

    /// The next one; none at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Difference>, Error> {
        loop {
            let (old, new) = (self.before.peek().await?, self.after.peek().await?);
            let order = match (&old, &new) {
                (Some(old), Some(new)) => old.identity().cmp(&new.identity()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => return Ok(None),
            };
            let (old, new) = (old.filter(|_| order.is_le()), new.filter(|_| order.is_ge()));
            if old.is_some() {
                self.before.advance();
            }
            if new.is_some() {
                self.after.advance();
            }
            let difference = match (old, new) {
                (Some(before), Some(after)) if before == after => continue,
                (Some(before), Some(after)) => Difference::Changed { before, after },
                (Some(before), None) => Difference::Gone(before),
                (None, Some(after)) => Difference::New(after),
                (None, None) => continue,
            };
            return Ok(Some(difference));
        }
    }
}

/// The entries of a delta file that leads from one state to another, sorted.
pub(crate) async fn delta(before: &Entries, after: &Entries) -> Result<Sequence, Error> {
    let mut differences = Differences::new(before, after).await?;
    let mut delta = SequenceBuilder::new();
    while let Some(difference) = differences.next().await? {
        delta.push(difference.delta())?;
    }
    delta.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(entries: &[Entry]) -> Entries {
        Entries::of(vec![Sequence::from(entries.to_vec())])
    }

    fn entry(key: u128, row_id: u64, fingerprint: u128) -> Entry {
        Entry {
            key,
            fingerprint,
            row_id,
            owner: 1,
        }
    }

    #[tokio::test]
    async fn each_kind_of_difference_is_told() {
        let before = [entry(1, 1, 1), entry(2, 2, 1), entry(3, 3, 1)];
        let after = [entry(1, 1, 1), entry(2, 2, 9), entry(3, 4, 1)];
        let differences = Differences::new(&state(&before), &state(&after)).await;
        let mut differences = differences.unwrap();
        let mut told = Vec::new();
        while let Some(difference) = differences.next().await.unwrap() {
            told.push(difference);
        }
        assert_eq!(
            told,
            [
                Difference::Changed {
                    before: entry(2, 2, 1),
                    after: entry(2, 2, 9)
                },
                Difference::Gone(entry(3, 3, 1)),
                Difference::New(entry(3, 4, 1)),
            ]
        );
    }

    #[tokio::test]
    async fn a_delta_leads_from_one_state_to_the_other() {
        let before = [entry(1, 1, 1), entry(2, 2, 1), entry(5, 5, 1)];
        let after = [entry(0, 9, 1), entry(2, 2, 9), entry(5, 6, 1)];
        let mut entries = state(&before);
        let delta = delta(&entries, &state(&after)).await.unwrap();
        entries.apply(delta);
        assert_eq!(entries.all().await.unwrap(), after);
    }
}
