//! What the parts of a sidecar hold in each range of key hashes.
//!
//! After its entries a part has a summary, in rows of the same columns: for each [range](Ranges) in
//! which it has entries, how many these are, a checksum of them, and for each owner a sum over the
//! rows that it has in this range as of this part. So whoever knows what an owner ought to have
//! finds the ranges in which that differs, and reads these.

use std::ops::Range;

use roaring::RoaringBitmap;

use super::{
    checksum::Sum,
    entries::{Entry, FOREIGN},
};
use crate::{
    hash::term,
    ranges::{RangeSums, Ranges},
};

/// A row of a summary has its range in the first bits of the key hash, and a checksum in the others.
const CHECK_BITS: u32 = 112;

/// What a part has in one range.
#[derive(Debug, Clone, PartialEq, Eq)]
struct PartRange {
    range: u32,
    /// How many entries the part has in it.
    entries: u64,
    /// Over these entries.
    check: Sum,
    /// Owners, and a sum over the rows of each that are live once the part is there.
    live: Vec<(u32, u128)>,
}

impl PartRange {
    fn rows(&self) -> impl Iterator<Item = Entry> {
        let nobody = self.live.is_empty().then_some((FOREIGN, 0));
        let owners = self.live.iter().copied().chain(nobody);
        owners.enumerate().map(|(number, (owner, sum))| {
            let is_first = number == 0;
            let check = if is_first {
                self.check.last(CHECK_BITS)
            } else {
                0
            };
            Entry {
                key: u128::from(self.range) << CHECK_BITS | check,
                fingerprint: sum,
                row_id: if is_first { self.entries } else { 0 },
                owner,
            }
        })
    }
}

/// What the entries of a part change in one range, as far as that shows in them.
#[derive(Debug, Default)]
struct RangeChange {
    /// A sum over the rows that go.
    removed: Option<u128>,
    /// The owners of new rows, and a sum over those of each.
    added: Vec<(u32, u128)>,
    /// There are rows that stay and change.
    is_unclear: bool,
}

/// Summarizes a part that is being written.
#[derive(Debug)]
pub(super) struct Summarizer {
    ranges: Ranges,
    found: Vec<PartRange>,
    /// Rows with this id and those after it are new in this part, if that is known.
    new_rows: Option<u64>,
    /// For each range that was found, if that is known.
    changes: Vec<RangeChange>,
    /// The range of the last live row.
    at: usize,
}

impl Summarizer {
    pub(super) fn new(ranges: Ranges, new_rows: Option<u64>) -> Self {
        Self {
            ranges,
            found: Vec::new(),
            new_rows,
            changes: Vec::new(),
            at: 0,
        }
    }

    /// Adds entries of the part, which are sorted.
    pub(super) fn add(&mut self, entries: &[Entry]) {
        for entry in entries {
            let range = self.ranges.of(entry.key);
            if self.found.last().is_none_or(|last| last.range != range) {
                self.found.push(PartRange {
                    range,
                    entries: 0,
                    check: Sum::default(),
                    live: Vec::new(),
                });
                self.changes.push(RangeChange::default());
            }
            if let Some(last) = self.found.last_mut() {
                last.entries += 1;
                last.check.add(std::slice::from_ref(entry));
            }
            if let (Some(new_rows), Some(change)) = (self.new_rows, self.changes.last_mut()) {
                change.add(entry, new_rows);
            }
        }
    }

    /// A sum over all entries of the part, and how many they are.
    pub(super) fn entries(&self) -> (Sum, u64) {
        let nothing = (Sum::default(), 0);
        self.found.iter().fold(nothing, |(sum, entries), range| {
            (sum.plus(range.check), entries + range.entries)
        })
    }

    /// Finds what is live from what was before. Returns the ranges of which that does not tell, whose
    /// rows have to be added.
    pub(super) fn derive_live(&mut self, before: Option<&RangeIndex>) -> RoaringBitmap {
        // Without that, nothing is clear.
        let before = before.filter(|_| self.new_rows.is_some());
        let mut unclear = RoaringBitmap::new();
        for (found, change) in self.found.iter_mut().zip(&self.changes) {
            let live = before.and_then(|before| change.applied(before.live(found.range)));
            match live {
                Some(live) => found.live = live,
                None => {
                    unclear.insert(found.range);
                }
            }
        }
        unclear
    }

    /// Adds rows that are live once the part is there, sorted. Ranges of which the part has no
    /// entries are as they were.
    pub(super) fn add_live(&mut self, entries: &[Entry]) {
        for entry in entries {
            let range = self.ranges.of(entry.key);
            while self.found.get(self.at).is_some_and(|at| at.range < range) {
                self.at += 1;
            }
            let Some(at) = self.found.get_mut(self.at).filter(|at| at.range == range) else {
                continue;
            };
            let term = term(entry.key, entry.fingerprint);
            add_term(&mut at.live, entry.owner, term);
        }
    }

    /// The summary, as rows.
    pub(super) fn rows(&self) -> Vec<Entry> {
        self.found.iter().flat_map(PartRange::rows).collect()
    }
}

impl RangeChange {
    fn add(&mut self, entry: &Entry, new_rows: u64) {
        let term = term(entry.key, entry.fingerprint);
        match (entry.is_removal(), entry.row_id >= new_rows) {
            // It came and went since.
            (true, true) => {}
            (true, false) => {
                let removed = self.removed.unwrap_or_default();
                self.removed = Some(removed.wrapping_add(term));
            }
            (false, true) => add_term(&mut self.added, entry.owner, term),
            (false, false) => self.is_unclear = true,
        }
    }

    /// What is live after it, if that is clear. A row that goes does not say whose it was.
    fn applied(&self, before: &[Entry]) -> Option<Vec<(u32, u128)>> {
        let before = before.iter().map(|row| (row.owner, row.fingerprint));
        let mut live: Vec<_> = before.collect();
        match (self.removed, live.as_mut_slice()) {
            (None, _) => {}
            (Some(removed), [(_, sum)]) => *sum = sum.wrapping_sub(removed),
            (Some(_), _) => return None,
        }
        for (owner, term) in &self.added {
            add_term(&mut live, *owner, *term);
        }
        // Nothing is left of it.
        live.retain(|(_, sum)| *sum != 0);
        (!self.is_unclear).then_some(live)
    }
}

fn add_term(sums: &mut Vec<(u32, u128)>, owner: u32, term: u128) {
    match sums.iter_mut().find(|(known, _)| *known == owner) {
        Some((_, sum)) => *sum = sum.wrapping_add(term),
        None => sums.push((owner, term)),
    }
}

/// What a version of a sidecar says of its summaries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Summaries {
    pub(super) ranges: Ranges,
    /// Over all rows of all summaries.
    pub(super) sum: Sum,
    /// How many rows the summary of each part has.
    pub(super) rows: Vec<u64>,
}

impl std::fmt::Display for Summaries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rows: Vec<String> = self.rows.iter().map(u64::to_string).collect();
        write!(f, "{}:{}:{}", self.ranges.bits(), self.sum, rows.join(","))
    }
}

impl std::str::FromStr for Summaries {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (bits, rest) = text.split_once(':').ok_or(())?;
        let (sum, rows) = rest.split_once(':').ok_or(())?;
        let rows = rows.split(',').map(str::parse);
        Ok(Self {
            ranges: Ranges::of_bits(bits.parse().map_err(drop)?).ok_or(())?,
            sum: sum.parse()?,
            rows: rows.collect::<Result<_, _>>().map_err(drop)?,
        })
    }
}

/// The summaries of all parts.
#[derive(Debug)]
pub(crate) struct RangeIndex {
    ranges: Ranges,
    /// The rows of each part's summary, oldest first.
    parts: Vec<Vec<Entry>>,
}

/// Rows of a part that hold all its entries in some ranges.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PartRows {
    pub(super) rows: Vec<Range<u64>>,
    /// Over these entries.
    check: Sum,
}

impl PartRows {
    /// Whether the sum over what was read is the right one.
    pub(super) fn add_up_to(&self, read: Sum) -> bool {
        self.check.last(CHECK_BITS) == read.last(CHECK_BITS)
    }
}

impl RangeIndex {
    /// From the rows of the summary of each part, oldest first.
    pub(super) fn new(ranges: Ranges, parts: Vec<Vec<Entry>>) -> Self {
        Self { ranges, parts }
    }

    pub(crate) fn ranges(&self) -> Ranges {
        self.ranges
    }

    /// A row for each owner of rows in a range.
    fn live(&self, range: u32) -> &[Entry] {
        let found = self.parts.iter().rev().find_map(|part| {
            let rows = part.get(part.partition_point(|row| range_of(row) < range)..)?;
            let count = rows.iter().take_while(|row| range_of(row) == range);
            rows.get(..count.count()).filter(|rows| !rows.is_empty())
        });
        found.unwrap_or_default()
    }

    /// For each range, the sum over the rows of an owner.
    pub(crate) fn sums(&self, owner: u32) -> RangeSums {
        let mut sums = RangeSums::new(self.ranges);
        // What a later part says of a range holds.
        for row in self.parts.iter().flatten() {
            if is_first(row) {
                sums.set_sum(range_of(row), 0);
            }
            if row.owner == owner {
                sums.set_sum(range_of(row), row.fingerprint);
            }
        }
        sums
    }

    /// Over the rows of the summaries of the part `first` and those after it.
    pub(super) fn sum_from(&self, first: usize) -> Sum {
        let mut sum = Sum::default();
        for rows in self.parts.iter().skip(first) {
            sum.add(rows);
        }
        sum
    }

    /// How many entries all parts have in some ranges, those that were replaced since included.
    pub(crate) fn entries_in(&self, wanted: &RoaringBitmap) -> u64 {
        let rows = self.parts.iter().flatten();
        let found = rows.filter(|row| is_first(row) && wanted.contains(range_of(row)));
        found.map(|row| row.row_id).sum()
    }

    /// Where the entries of a part lie that are in some ranges.
    pub(super) fn rows_in(&self, part: usize, wanted: &RoaringBitmap) -> PartRows {
        let mut rows: Vec<Range<u64>> = Vec::new();
        let mut check = Sum::default();
        let mut first = 0;
        for found in self.parts.get(part).into_iter().flatten() {
            let end = first + found.row_id;
            if is_first(found) && wanted.contains(range_of(found)) {
                check = check.plus(Sum::of_last(found.key, CHECK_BITS));
                match rows.last_mut() {
                    Some(last) if last.end == first => last.end = end,
                    _ => rows.push(first..end),
                }
            }
            first = end;
        }
        PartRows { rows, check }
    }
}

/// The range that a row of a summary is about.
fn range_of(row: &Entry) -> u32 {
    u32::try_from(row.key >> CHECK_BITS).unwrap_or(u32::MAX)
}

/// Whether a row of a summary is the first one about its range, which has the number of entries.
fn is_first(row: &Entry) -> bool {
    row.row_id > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(range: u32, number: u128, owner: u32) -> Entry {
        Entry {
            key: u128::from(range) << 126 | number,
            fingerprint: number,
            row_id: 1,
            owner,
        }
    }

    fn summary(entries: &[Entry], live: &[Entry]) -> Vec<Entry> {
        let mut summarizer = Summarizer::new(Ranges::of_bits(2).unwrap(), None);
        summarizer.add(entries);
        summarizer.add_live(live);
        summarizer.rows()
    }

    fn sums(rows: &[Entry]) -> RangeSums {
        let mut sums = RangeSums::new(Ranges::of_bits(2).unwrap());
        for row in rows {
            sums.add(row.key, row.fingerprint);
        }
        sums
    }

    #[test]
    fn a_later_part_tells_what_a_range_holds() {
        let first = [
            entry(0, 1, 1),
            entry(0, 2, 2),
            entry(1, 3, 1),
            entry(3, 4, 1),
        ];
        let second = [
            entry(0, 1, 1).removal(),
            entry(2, 5, 1),
            entry(3, 4, 1).removal(),
        ];
        let live = [entry(0, 2, 2), entry(1, 3, 1), entry(2, 5, 1)];
        let parts = [summary(&first, &first), summary(&second, &live)];
        let index = RangeIndex::new(Ranges::of_bits(2).unwrap(), parts.to_vec());
        assert_eq!(index.sums(1), sums(&[entry(1, 3, 1), entry(2, 5, 1)]));
        assert_eq!(index.sums(2), sums(&[entry(0, 2, 2)]));
        assert_eq!(index.sums(7), sums(&[]));
    }

    #[test]
    fn what_is_live_follows_from_what_was_if_that_is_clear() {
        let row = |range, row_id, owner| Entry {
            row_id,
            ..entry(range, row_id.into(), owner)
        };
        let before = [
            row(0, 1, 1),
            row(0, 2, 1),
            row(1, 3, 1),
            row(1, 4, 2),
            row(2, 5, 1),
        ];
        let index = RangeIndex::new(Ranges::of_bits(2).unwrap(), vec![summary(&before, &before)]);
        let derived = |entries: &[Entry]| {
            let mut summarizer = Summarizer::new(Ranges::of_bits(2).unwrap(), Some(10));
            summarizer.add(entries);
            let unclear = summarizer.derive_live(Some(&index));
            (summarizer.rows(), unclear.iter().collect::<Vec<_>>())
        };
        // A row of the only owner goes, others come, one of them for a while.
        let entries = [
            row(0, 1, 1).removal(),
            row(0, 10, 1),
            row(0, 11, 2),
            row(0, 12, 2).removal(),
            row(2, 5, 1).removal(),
            row(3, 13, 1),
        ];
        let live = [row(0, 2, 1), row(0, 10, 1), row(0, 11, 2), row(3, 13, 1)];
        assert_eq!(derived(&entries), (summary(&entries, &live), vec![]));
        // Whose row goes, and what a row was that stays.
        let (_, unclear) = derived(&[row(0, 10, 1), row(1, 3, 1).removal(), row(2, 5, 2)]);
        assert_eq!(unclear, [1, 2]);
    }

    #[test]
    fn entries_of_a_range_are_found_and_checked() {
        let entries = [
            entry(0, 1, 1),
            entry(0, 2, 2),
            entry(1, 3, 1),
            entry(3, 4, 1),
        ];
        let index = RangeIndex::new(
            Ranges::of_bits(2).unwrap(),
            vec![summary(&entries, &entries)],
        );
        let rows = |wanted: &[u32]| index.rows_in(0, &wanted.iter().copied().collect());
        let places = |wanted: &[u32]| {
            let rows = rows(wanted).rows.into_iter();
            rows.map(|rows| (rows.start, rows.end)).collect::<Vec<_>>()
        };
        assert_eq!(places(&[0, 1]), [(0, 3)]);
        assert_eq!(places(&[1, 2]), [(2, 3)]);
        assert_eq!(places(&[0, 3]), [(0, 2), (3, 4)]);
        assert_eq!(index.entries_in(&[0, 3].into_iter().collect()), 3);
        let mut sum = Sum::default();
        sum.add(&entries[..2]);
        assert!(rows(&[0]).add_up_to(sum));
        sum.add(&entries[..1]);
        assert!(!rows(&[0]).add_up_to(sum));
    }

    #[test]
    fn the_sum_over_summaries_is_known_for_the_last_parts() {
        let parts = [
            summary(&[entry(0, 1, 1)], &[]),
            summary(
                &[entry(0, 2, 1), entry(0, 3, 2)],
                &[entry(0, 2, 1), entry(0, 3, 2)],
            ),
        ];
        let index = RangeIndex::new(Ranges::of_bits(2).unwrap(), parts.to_vec());
        let mut last = Sum::default();
        last.add(&parts[1]);
        assert_eq!(index.sum_from(1), last);
        last.add(&parts[0]);
        assert_eq!(index.sum_from(0), last);
    }

    #[test]
    fn what_is_said_of_summaries_reads_back() {
        let mut sum = Sum::default();
        sum.add(&[entry(0, 1, 1)]);
        let summaries = Summaries {
            ranges: Ranges::FINEST,
            sum,
            rows: vec![7, 0, 3],
        };
        assert_eq!(summaries.to_string().parse(), Ok(summaries));
        assert_eq!("17:0:1".parse::<Summaries>(), Err(()));
    }
}
