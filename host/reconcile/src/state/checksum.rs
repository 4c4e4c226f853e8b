//! Checksums of what is stored: neither Lance nor Arrow files have any, and a wrong owner or row
//! id would cost somebody a row.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use xxhash_rust::xxh3::xxh3_128;

use super::entries::Entry;

/// A sum over entries that does not depend on their order, so that a part can be added or taken
/// away without reading the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum(u128);

impl Sum {
    pub(super) fn add(&mut self, entries: &[Entry]) {
        for entry in entries {
            self.0 = self.0.wrapping_add(hash(entry));
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self(self.0.wrapping_sub(other.0))
    }

    /// Its last bits, which depend on nothing but the last bits of what it is made of.
    pub(super) fn last(self, bits: u32) -> u128 {
        self.0 & ((1 << bits) - 1)
    }

    /// A sum of which only the last bits are known.
    pub(super) fn of_last(bits: u128, count: u32) -> Self {
        Self(Self(bits).last(count))
    }
}

impl std::fmt::Display for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl std::str::FromStr for Sum {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        u128::from_str_radix(text, 16).map(Self).map_err(drop)
    }
}

/// The sum over entries that are read or written elsewhere, and how many they are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally(Arc<Mutex<(Sum, u64)>>);

impl Tally {
    pub(super) fn add(&self, entries: &[Entry]) {
        let mut sum = Sum::default();
        sum.add(entries);
        self.add_summed(sum, entries.len() as u64);
    }

    /// Adds so many entries that were summed already.
    pub(super) fn add_summed(&self, sum: Sum, entries: u64) {
        let mut tally = self.lock();
        tally.0 = tally.0.plus(sum);
        tally.1 += entries;
    }

    pub(super) fn sum(&self) -> Sum {
        self.lock().0
    }

    pub(super) fn len(&self) -> u64 {
        self.lock().1
    }

    fn lock(&self) -> MutexGuard<'_, (Sum, u64)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A sum over entries and a hash of what is said about them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Checksum {
    entries: Sum,
    said: u128,
}

impl Checksum {
    /// Of all entries that were written, removals included, and of what is said about them.
    pub(super) fn new(entries: Sum, said: &[&str]) -> Self {
        Self {
            entries,
            said: hash_of(said),
        }
    }

    /// Of all entries that were written.
    pub(super) fn entries(self) -> Sum {
        self.entries
    }

    /// Whether this is what was said.
    pub(super) fn holds_for_said(self, said: &[&str]) -> bool {
        self.said == hash_of(said)
    }
}

fn hash(entry: &Entry) -> u128 {
    let mut bytes = [0u8; 44];
    let (owner, rest) = bytes.split_at_mut(4);
    let (key, rest) = rest.split_at_mut(16);
    let (fingerprint, row_id) = rest.split_at_mut(16);
    owner.copy_from_slice(&entry.owner.to_le_bytes());
    key.copy_from_slice(&entry.key.to_le_bytes());
    fingerprint.copy_from_slice(&entry.fingerprint.to_le_bytes());
    row_id.copy_from_slice(&entry.row_id.to_le_bytes());
    xxh3_128(&bytes)
}

fn hash_of(said: &[&str]) -> u128 {
    // No text that is said has this character in it.
    xxh3_128(said.join("\0").as_bytes())
}

impl std::fmt::Display for Checksum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{:032x}", self.entries, self.said)
    }
}

impl std::str::FromStr for Checksum {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (entries, said) = text.split_at_checked(32).ok_or(())?;
        Ok(Self {
            entries: entries.parse()?,
            said: u128::from_str_radix(said, 16).map_err(drop)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: u128, row_id: u64) -> Entry {
        Entry {
            key,
            fingerprint: 3,
            row_id,
            owner: 1,
        }
    }

    fn sum(entries: &[Entry]) -> Sum {
        let mut sum = Sum::default();
        sum.add(entries);
        sum
    }

    #[test]
    fn parts_add_up_to_the_whole_in_any_order() {
        let whole = sum(&[entry(3, 3), entry(1, 1), entry(2, 2)]);
        let first = sum(&[entry(1, 1), entry(2, 2)]);
        let second = sum(&[entry(3, 3)]);
        assert_eq!(first.plus(second), whole);
        assert_eq!(whole.minus(second), first);
        let tally = Tally::default();
        tally.add(&[entry(2, 2), entry(3, 3)]);
        tally.clone().add(&[entry(1, 1)]);
        assert_eq!(tally.sum(), whole);
    }

    #[test]
    fn nothing_can_change_unnoticed() {
        let sound = [entry(1, 1), entry(2, 2)];
        let checksum = Checksum::new(sum(&sound), &["a", "b"]);
        assert_eq!(checksum.to_string().parse(), Ok(checksum));
        let mut owner = sound;
        owner[0].owner = 0;
        for entries in [&[entry(1, 1), entry(2, 3)], &owner] {
            assert_ne!(checksum.entries(), sum(entries));
        }
        assert_ne!(checksum.entries(), sum(&sound[..1]));
        assert!(checksum.holds_for_said(&["a", "b"]));
        assert!(!checksum.holds_for_said(&["ab", ""]));
    }
}
