//! Which version to go back to.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::{
    commit::is_safekeeping,
    error::{Error, StorageContext},
    state::names,
    table::StoredTable,
};

const ACTION: &str = "look for the version to go back to";

/// Why a version was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "by")]
pub enum Choice {
    /// It was asked for by its number.
    Version,
    /// It has a tag: the one that was asked for, or the newest that the host gave before a
    /// destructive commit.
    Tag {
        /// The tag.
        name: String,
    },
    /// It is the one before the last run.
    BeforeRun {
        /// The run's id.
        run_id: String,
        /// Its pipeline.
        pipeline: String,
    },
}

/// A version that exists.
pub(super) struct Chosen {
    pub(super) version: u64,
    pub(super) choice: Choice,
    known: String,
}

impl Chosen {
    /// The version cannot be gone back to, since the host did not know the table then.
    pub(super) fn unknown_then(&self, table: &StoredTable) -> Error {
        Error::NoSuchVersion {
            table: table.label(),
            problem: format!(
                "version {} is from before lance-host knew the table, so it cannot tell whose rows are in it",
                self.version
            ),
            known: format!(
                "choose a later one ({}), or restore it with LanceDB's own client",
                self.known
            ),
        }
    }
}

/// The version that a person means by `to`, or the one that is likely to be wanted.
pub(super) async fn choose(table: &StoredTable, to: Option<&str>) -> Result<Chosen, Error> {
    let versions = table.dataset.version_refs().await;
    let versions = versions.storage(table.subject(), ACTION)?;
    let versions: BTreeSet<u64> = versions.iter().map(|version| version.version).collect();
    let tags = table.dataset.tags().list().await;
    let tags = tags.storage(table.subject(), ACTION)?;
    let tags: BTreeMap<String, u64> = tags
        .into_iter()
        .map(|(name, tag)| (name, tag.version))
        .filter(|(_, version)| versions.contains(version))
        .collect();
    let known = described(&versions, &tags);
    let (version, choice) = match to {
        Some(to) => asked_for(table, to, &versions, &tags, &known)?,
        None => likely(table, &versions, &tags, &known).await?,
    };
    Ok(Chosen {
        version,
        choice,
        known,
    })
}

fn asked_for(
    table: &StoredTable,
    to: &str,
    versions: &BTreeSet<u64>,
    tags: &BTreeMap<String, u64>,
    known: &str,
) -> Result<(u64, Choice), Error> {
    if let Some(version) = tags.get(to) {
        let name = to.to_owned();
        return Ok((*version, Choice::Tag { name }));
    }
    let problem = match to.parse::<u64>() {
        Ok(version) if versions.contains(&version) => return Ok((version, Choice::Version)),
        Ok(version) if version > table.version() => format!("there is no version {version} yet"),
        Ok(0) => "versions begin with 1".to_owned(),
        Ok(version) => format!("version {version} was removed, as old versions are"),
        Err(_) => format!("it has no tag {to:?}"),
    };
    Err(Error::NoSuchVersion {
        table: table.label(),
        problem,
        known: known.to_owned(),
    })
}

async fn likely(
    table: &StoredTable,
    versions: &BTreeSet<u64>,
    tags: &BTreeMap<String, u64>,
    known: &str,
) -> Result<(u64, Choice), Error> {
    let ours = tags.iter().filter(|(name, _)| is_safekeeping(name));
    if let Some((name, version)) = ours.max_by_key(|(_, version)| **version) {
        let name = name.clone();
        return Ok((*version, Choice::Tag { name }));
    }
    let mut last: Option<(String, String)> = None;
    let mut after = table.version();
    for version in versions.iter().rev() {
        if last.is_some() && version + 1 != after {
            break;
        }
        after = *version;
        let read = table.dataset.read_version_transaction(*version).await;
        let properties = read
            .storage(table.subject(), ACTION)?
            .transaction
            .and_then(|transaction| transaction.transaction_properties)
            .unwrap_or_default();
        let property = |name| properties.get(name).cloned();
        let run = property(names::RUN_ID).zip(property(names::PIPELINE));
        match (&last, run) {
            // A run may make several versions; it is undone as a whole.
            (Some(last), run) if run.as_ref() != Some(last) => {
                let (run_id, pipeline) = last.clone();
                return Ok((*version, Choice::BeforeRun { run_id, pipeline }));
            }
            (None, run) => last = run,
            _ => {}
        }
    }
    let problem = match last {
        Some((_, pipeline)) => {
            format!("the version before the last run, which was of {pipeline}, is not there")
        }
        None => "no run has committed to any version that is left".to_owned(),
    };
    Err(Error::NoSuchVersion {
        table: table.label(),
        problem,
        known: known.to_owned(),
    })
}

/// All versions and tags in words.
fn described(versions: &BTreeSet<u64>, tags: &BTreeMap<String, u64>) -> String {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for version in versions {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *version => *last = *version,
            _ => ranges.push((*version, *version)),
        }
    }
    let several = if versions.len() == 1 { "" } else { "s" };
    let ranges = ranges.into_iter().map(|(first, last)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first} to {last}"),
    });
    let ranges = ranges.collect::<Vec<_>>().join(", ");
    let tags = tags
        .iter()
        .map(|(name, version)| format!("{name} (version {version})"));
    match tags.collect::<Vec<_>>().as_slice() {
        [] => format!("it has version{several} {ranges} and no tags"),
        [tag] => format!("it has version{several} {ranges} and the tag {tag}"),
        tags => format!(
            "it has version{several} {ranges} and the tags {}",
            tags.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_as_ranges() {
        let tags = BTreeMap::from([("release".to_owned(), 4)]);
        assert_eq!(
            described(&BTreeSet::from([1, 4, 5, 7, 8, 9]), &tags),
            "it has versions 1, 4, 5, 7 to 9 and the tag release (version 4)"
        );
        assert_eq!(
            described(&BTreeSet::from([3]), &BTreeMap::new()),
            "it has version 3 and no tags"
        );
    }
}
