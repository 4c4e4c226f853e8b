//! States: which rows there are, and in which version, after each step of a benchmark.

use std::ops::Range;
use std::str::FromStr;

/// A set of rows. Each state but the first goes on from the one before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Rows `0..n`, all in version 0.
    Base,
    /// One row in a hundred is changed.
    Changed,
    /// One row in a hundred is removed.
    Removed,
    /// One row in ten is changed, one in a hundred removed, and one for a hundred added.
    Mixed,
    /// As before, with a column more.
    Extended,
}

impl State {
    /// All indices in which rows of the state may be, for `n` rows at first.
    pub fn rows(self, n: u64) -> Range<u64> {
        let added = if self >= Self::Mixed { n / 100 } else { 0 };
        0..n + added
    }

    /// The version of a row; `None` if the state does not have it.
    pub fn version(self, row: u64, n: u64) -> Option<u64> {
        let is = |modulus: u64, remainder: u64| row % modulus == remainder;
        // Added rows are as new ones, whatever their index.
        if row >= n {
            return Some(0);
        }
        let removed =
            (self >= Self::Removed && is(100, 61)) || (self >= Self::Mixed && is(100, 85));
        let changes = [
            self >= Self::Changed && is(100, 37),
            self >= Self::Mixed && is(10, 3),
        ];
        (!removed).then(|| changes.into_iter().map(u64::from).sum())
    }
}

impl FromStr for State {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "base" => Ok(Self::Base),
            "c1" => Ok(Self::Changed),
            "d1" => Ok(Self::Removed),
            "e1" => Ok(Self::Mixed),
            "f1" => Ok(Self::Extended),
            other => Err(format!(
                "no state {other:?}: there are base, c1, d1, e1 and f1"
            )),
        }
    }
}
