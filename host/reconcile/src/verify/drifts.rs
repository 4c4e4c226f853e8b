//! What tells the stored state, the one that the next run would see, and the truth apart: counted, with
//! a few of the rows.

use std::collections::BTreeMap;

use super::DriftKind;
use crate::{
    error::Error,
    merge::Chunks,
    state::{Difference, Differences, Entries, Entry, FOREIGN, Owners, State},
};

/// How many rows to tell of those that drifted in the same way.
const SAMPLE: usize = 5;

/// Rows that drifted, by the way in which they did.
#[derive(Debug, Default)]
pub(super) struct Drifts {
    /// By owner, whether a run sees it by itself, and kind.
    pub(super) groups: BTreeMap<(u32, bool, DriftKind), Drifted>,
    /// Whether other writers did what the stored state does not say.
    told_by_history: bool,
    /// Whether there is something that no history tells.
    untold: bool,
}

/// Rows that drifted in the same way.
#[derive(Debug, Default)]
pub(super) struct Drifted {
    pub(super) rows: u64,
    pub(super) sample: Vec<Entry>,
}

impl Drifts {
    /// From what is `stored` to what the next run would `see`, which is what other writers did, and from
    /// there to the `truth`. `is_told`: the stored state leads there by the table's history alone.
    pub(super) async fn between(
        stored: &Entries,
        seen: &Entries,
        truth: &State,
        is_told: bool,
    ) -> Result<Self, Error> {
        let mut drifts = Self::default();
        let owners = &truth.owners;
        drifts.told_by_history = drifts.add(stored, seen, owners, is_told).await?;
        drifts.untold = drifts.add(seen, &truth.entries, owners, false).await?;
        drifts.add_repeated(truth).await?;
        Ok(drifts)
    }

    /// Whether the stored state does not describe the table as it is.
    pub(super) fn is_behind(&self) -> bool {
        self.told_by_history || self.untold
    }

    /// Whether there is something that no run sees by itself.
    pub(super) fn is_untold(&self) -> bool {
        self.untold
    }

    /// Returns whether there is any difference.
    async fn add(
        &mut self,
        before: &Entries,
        after: &Entries,
        owners: &Owners,
        in_history: bool,
    ) -> Result<bool, Error> {
        let mut differences = Differences::new(before, after).await?;
        let mut any = false;
        while let Some(difference) = differences.next().await? {
            any = true;
            let (kind, entry) = match difference {
                Difference::Gone(entry) => (DriftKind::Missing, entry),
                Difference::New(entry) => (DriftKind::New, entry),
                Difference::Changed { after, .. } => (DriftKind::Changed, after),
            };
            self.count((known(owners, entry.owner), in_history, kind), entry);
        }
        Ok(any)
    }

    /// Keys of a pipeline that the table has more than once.
    async fn add_repeated(&mut self, truth: &State) -> Result<(), Error> {
        let mut same_key: Vec<Entry> = Vec::new();
        let mut chunks = truth.entries.chunks().await?;
        while let Some(chunk) = chunks.next_chunk().await? {
            for entry in chunk {
                if same_key.last().is_some_and(|last| last.key != entry.key) {
                    self.count_repeated(&same_key, &truth.owners);
                    same_key.clear();
                }
                same_key.push(entry);
            }
        }
        self.count_repeated(&same_key, &truth.owners);
        Ok(())
    }

    fn count_repeated(&mut self, same_key: &[Entry], owners: &Owners) {
        let whose = same_key.iter().map(|entry| known(owners, entry.owner));
        if let Some(owner) = whose.filter(|owner| *owner != FOREIGN).min() {
            for extra in same_key.iter().skip(1) {
                self.count((owner, false, DriftKind::Twice), *extra);
            }
        }
    }

    fn count(&mut self, way: (u32, bool, DriftKind), entry: Entry) {
        let drifted = self.groups.entry(way).or_default();
        drifted.rows += 1;
        if drifted.sample.len() < SAMPLE {
            drifted.sample.push(entry);
        }
    }
}

/// An owner that the state does not name owns nothing.
fn known(owners: &Owners, owner: u32) -> u32 {
    owners.get(owner).map_or(FOREIGN, |_| owner)
}
