//! What tells two states of a table apart, row by row.

use std::cmp::Ordering;

use super::entries::Entry;

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
    /// The entry that leads from the first state to the second.
    fn delta(self) -> Entry {
        match self {
            Self::Gone(entry) => entry.removal(),
            Self::New(entry) | Self::Changed { after: entry, .. } => entry,
        }
    }
}

/// The differences between sorted entries, sorted.
pub(crate) fn difference(before: &[Entry], after: &[Entry]) -> Vec<Difference> {
    let (mut before, mut after) = (before.iter().peekable(), after.iter().peekable());
    let mut differences = Vec::new();
    loop {
        let order = match (before.peek(), after.peek()) {
            (Some(old), Some(new)) => old.identity().cmp(&new.identity()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return differences,
        };
        let old = before.next_if(|_| order.is_le());
        let new = after.next_if(|_| order.is_ge());
        differences.extend(match (old, new) {
            (Some(old), Some(new)) => (old != new).then_some(Difference::Changed {
                before: *old,
                after: *new,
            }),
            (Some(old), None) => Some(Difference::Gone(*old)),
            (None, new) => new.map(|new| Difference::New(*new)),
        });
    }
}

/// The entries of a delta file that leads from one state to another, sorted.
pub(crate) fn delta(before: &[Entry], after: &[Entry]) -> Vec<Entry> {
    let differences = difference(before, after).into_iter();
    differences.map(Difference::delta).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        sequence::Sequence,
        state::{Entries, latest},
    };

    fn entry(key: u128, row_id: u64, fingerprint: u128) -> Entry {
        Entry {
            key,
            fingerprint,
            row_id,
            owner: 1,
        }
    }

    #[test]
    fn each_kind_of_difference_is_told() {
        let before = [entry(1, 1, 1), entry(2, 2, 1), entry(3, 3, 1)];
        let after = [entry(1, 1, 1), entry(2, 2, 9), entry(3, 4, 1)];
        assert_eq!(
            difference(&before, &after),
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
        let before = vec![entry(1, 1, 1), entry(2, 2, 1), entry(5, 5, 1)];
        let after = vec![entry(0, 9, 1), entry(2, 2, 9), entry(5, 6, 1)];
        let delta = delta(&before, &after);
        assert_eq!(delta, latest(delta.clone()));
        let mut entries = Entries::of(before);
        entries.apply(Sequence::from(delta));
        assert_eq!(entries.all().await.unwrap(), after);
    }
}
