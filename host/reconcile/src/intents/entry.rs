//! The lines of an intent log.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// One line. Places are relative to the database, so that it may move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Entry {
    /// Whose log this is; the first line.
    Run {
        run_id: String,
        /// Tells this start of this machine from all others; none where that is not known.
        machine: Option<String>,
        /// Whether what was written for a commit that was lost is written anew for the next.
        rewrites: bool,
    },
    /// A dataset that is written to, and the newest version that cannot have what is written.
    Dataset {
        place: String,
        base: u64,
        commit: Commit,
    },
    /// The state under `id` goes unless the table has this id: the table is being created or
    /// dropped.
    Table { name: String, id: String },
    /// Delta files are written for a table.
    Deltas { name: String, id: String },
    /// A file that is about to be created.
    File { place: String },
    /// A directory of the run's own: whatever is in it goes, however the run ends.
    Scratch { place: String },
    /// Where nothing can be renamed: a table that is being dropped, and all its files but tags and
    /// versions, which go before any of these.
    Drop {
        name: String,
        id: String,
        files: BTreeSet<String>,
    },
}

/// Which version can have what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Commit {
    /// The one after the base, or none.
    Next,
    /// Any after the base.
    Later,
}

/// A whole log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Entries {
    pub(super) run_id: String,
    pub(super) machine: Option<String>,
    pub(super) rewrites: bool,
    /// Each with what it was written for.
    pub(super) datasets: BTreeMap<String, BTreeSet<(u64, Commit)>>,
    /// Names and ids.
    pub(super) tables: BTreeSet<(String, String)>,
    /// Names and ids.
    pub(super) deltas: BTreeSet<(String, String)>,
    pub(super) files: BTreeSet<String>,
    pub(super) scratch: BTreeSet<String>,
    /// By name and id.
    pub(super) drops: BTreeMap<(String, String), BTreeSet<String>>,
}

impl Entry {
    /// As it is written, with the end of its line.
    pub(super) fn line(&self) -> String {
        // There is nothing in it that JSON cannot say.
        let mut line = serde_json::to_string(self).unwrap_or_default();
        line.push('\n');
        line
    }
}

impl Entries {
    /// Reads a log. A last line that was cut off names a file that was never created.
    pub(super) fn parse(text: &str) -> Self {
        let mut entries = Self::default();
        for line in text.lines() {
            match serde_json::from_str(line) {
                Ok(Entry::Run {
                    run_id,
                    machine,
                    rewrites,
                }) => {
                    entries.run_id = run_id;
                    entries.machine = machine;
                    entries.rewrites = rewrites;
                }
                Ok(Entry::Dataset {
                    place,
                    base,
                    commit,
                }) => {
                    let attempts = entries.datasets.entry(place).or_default();
                    attempts.insert((base, commit));
                }
                Ok(Entry::Table { name, id }) => {
                    entries.tables.insert((name, id));
                }
                Ok(Entry::Deltas { name, id }) => {
                    entries.deltas.insert((name, id));
                }
                Ok(Entry::File { place }) => {
                    entries.files.insert(place);
                }
                Ok(Entry::Scratch { place }) => {
                    entries.scratch.insert(place);
                }
                Ok(Entry::Drop { name, id, files }) => {
                    entries.drops.insert((name, id), files);
                }
                Err(error) => tracing::debug!("a line of an intent log is skipped: {error}"),
            }
        }
        entries
    }

    /// The dataset that a file lies in, and its place there.
    pub(super) fn dataset_of<'a>(&self, file: &'a str) -> Option<(&str, &'a str)> {
        self.datasets.keys().find_map(|dataset| {
            let inside = file.strip_prefix(dataset.as_str())?.strip_prefix('/')?;
            Some((dataset.as_str(), inside))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_reads_back_although_its_last_line_was_cut_off() {
        let lines = [
            Entry::Run {
                run_id: "r".to_owned(),
                machine: None,
                rewrites: false,
            },
            Entry::Dataset {
                place: "t.lance".to_owned(),
                base: 7,
                commit: Commit::Next,
            },
            Entry::Dataset {
                place: "t.lance".to_owned(),
                base: 5,
                commit: Commit::Later,
            },
            Entry::File {
                place: "t.lance/data/a".to_owned(),
            },
        ];
        let mut text: String = lines.iter().map(Entry::line).collect();
        text.push_str(r#"{"file":{"place":"t.lan"#);
        let entries = Entries::parse(&text);
        assert_eq!(entries.run_id, "r");
        let attempts = [(5, Commit::Later), (7, Commit::Next)];
        assert_eq!(entries.datasets["t.lance"], BTreeSet::from(attempts));
        assert_eq!(entries.files.len(), 1);
        assert_eq!(
            entries.dataset_of("t.lance/data/a"),
            Some(("t.lance", "data/a"))
        );
        assert_eq!(entries.dataset_of("t.lancelot/data/a"), None);
    }
}
