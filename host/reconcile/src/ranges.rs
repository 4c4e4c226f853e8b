//! The space of key hashes in ranges of the same size.
//!
//! A sum over the rows in each range tells in which of them something differs. Only those have to be
//! sorted, read and compared: what a run costs follows what it changes.

use roaring::RoaringBitmap;

use crate::hash::term;

/// How the space is divided: into two to the power of `bits` ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ranges {
    bits: u32,
}

impl Ranges {
    /// The finest division there is.
    pub(crate) const FINEST: Self = Self { bits: 16 };
    /// Rows of a range, more or less, until the finest division is reached.
    const ROWS: u64 = 64;

    /// For so many rows; none if they are too few to be divided.
    pub(crate) fn for_rows(rows: u64) -> Option<Self> {
        let bits = (rows / Self::ROWS).checked_ilog2()?;
        Self::of_bits(bits.min(Self::FINEST.bits))
    }

    /// None if there is no such division.
    pub(crate) fn of_bits(bits: u32) -> Option<Self> {
        (1..=Self::FINEST.bits)
            .contains(&bits)
            .then_some(Self { bits })
    }

    pub(crate) fn bits(self) -> u32 {
        self.bits
    }

    /// How many ranges there are.
    pub(crate) fn count(self) -> u32 {
        1 << self.bits
    }

    /// The range in which a key lies. Ranges are in the order of keys.
    pub(crate) fn of(self, key: u128) -> u32 {
        // At most 16 bits are left.
        u32::try_from(key >> (u128::BITS - self.bits)).unwrap_or(u32::MAX)
    }

    /// The same in the finest division.
    pub(crate) fn finest_of(key: u128) -> u16 {
        u16::try_from(key >> (u128::BITS - Self::FINEST.bits)).unwrap_or(u16::MAX)
    }

    /// The range in which a range of the finest division lies.
    pub(crate) fn of_finest(self, finest: u16) -> u32 {
        u32::from(finest) >> (Self::FINEST.bits - self.bits)
    }

    /// The ranges in which keys lie.
    pub(crate) fn of_all(self, keys: impl IntoIterator<Item = u128>) -> RoaringBitmap {
        keys.into_iter().map(|key| self.of(key)).collect()
    }
}

/// For each range, a sum over the rows in it that does not depend on their order.
///
/// It is the lower half of the sum over their [`term`]s: rows come in no order of their keys, so each
/// lands somewhere else, and that should be in the processor's cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RangeSums {
    ranges: Ranges,
    sums: Vec<u64>,
}

impl RangeSums {
    pub(crate) fn new(ranges: Ranges) -> Self {
        let count = usize::try_from(ranges.count()).unwrap_or_default();
        Self {
            ranges,
            sums: vec![0; count],
        }
    }

    pub(crate) fn add(&mut self, key: u128, fingerprint: u128) {
        self.add_term(key, term(key, fingerprint));
    }

    /// Adds a row of which the [`term`] is known.
    pub(crate) fn add_term(&mut self, key: u128, term: u128) {
        self.add_sum(self.ranges.of(key), lower_half(term));
    }

    /// Adds a sum over rows of a range.
    fn add_sum(&mut self, range: u32, sum: u64) {
        let index = usize::try_from(range).unwrap_or(usize::MAX);
        if let Some(total) = self.sums.get_mut(index) {
            *total = total.wrapping_add(sum);
        }
    }

    /// Replaces the sum over the terms of all rows of a range.
    pub(crate) fn set_sum(&mut self, range: u32, sum: u128) {
        let index = usize::try_from(range).unwrap_or(usize::MAX);
        if let Some(total) = self.sums.get_mut(index) {
            *total = lower_half(sum);
        }
    }

    /// The same for a coarser division.
    pub(crate) fn coarser(&self, ranges: Ranges) -> Self {
        let shift = self.ranges.bits.saturating_sub(ranges.bits);
        let mut coarser = Self::new(ranges);
        for (range, sum) in (0..).zip(&self.sums) {
            coarser.add_sum(range >> shift, *sum);
        }
        coarser
    }

    /// The sums over the rows of both, which have the same division.
    pub(crate) fn plus(mut self, other: Self) -> Self {
        for (range, sum) in (0..).zip(other.sums) {
            self.add_sum(range, sum);
        }
        self
    }

    /// The ranges in which the rows are not those of `other`, which has the same division.
    pub(crate) fn differing(&self, other: &Self) -> RoaringBitmap {
        let sums = (0..).zip(self.sums.iter().zip(&other.sums));
        let differing = sums.filter(|(_, (one, two))| one != two);
        differing.map(|(range, _)| range).collect()
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "the lower half of a sum is the sum of the lower halves"
)]
fn lower_half(sum: u128) -> u64 {
    sum as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_the_keys_in_their_order() {
        assert_eq!(Ranges::for_rows(127), None);
        let two = Ranges::for_rows(128).unwrap();
        assert_eq!((two.count(), two.of(0), two.of(u128::MAX)), (2, 0, 1));
        assert_eq!(Ranges::for_rows(u64::MAX), Some(Ranges::FINEST));
        assert_eq!(Ranges::FINEST.of(u128::MAX), Ranges::FINEST.count() - 1);
        assert_eq!(Ranges::FINEST.of(1 << 112), 1);
        for bits in 1..=16 {
            let ranges = Ranges::of_bits(bits).unwrap();
            for key in [0, 1 << 112, u128::MAX / 3, u128::MAX] {
                assert_eq!(ranges.of_finest(Ranges::finest_of(key)), ranges.of(key));
            }
        }
    }

    #[test]
    fn sums_tell_where_rows_differ_in_every_division() {
        let key = |number: u128| number << 111;
        let rows: Vec<_> = (0..200).map(|number| (key(number), number)).collect();
        let sums = |ranges, rows: &[(u128, u128)]| {
            let mut sums = RangeSums::new(ranges);
            for (key, fingerprint) in rows {
                sums.add(*key, *fingerprint);
            }
            sums
        };
        let mut other = rows.clone();
        other.reverse();
        other[0].1 += 1;
        for bits in [1, 8, 16] {
            let ranges = Ranges::of_bits(bits).unwrap();
            let ours = sums(Ranges::FINEST, &rows).coarser(ranges);
            assert_eq!(ours, sums(ranges, &rows));
            let differing = ours.differing(&sums(ranges, &other));
            assert_eq!(differing, ranges.of_all([key(199)]));
        }
    }
}
