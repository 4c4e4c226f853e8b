//! Removes old versions, except those that are needed.
//!
//! Needed are the newest one, those that carry a tag, and all from the one on which the state of
//! the table is built: loading the state walks the transactions since then, and what it finds
//! there may lead it further back. So nothing is removed before the state has caught up.

use std::{collections::BTreeSet, time::SystemTime};

use lance::dataset::cleanup::CleanupPolicy;

use crate::{
    error::{Error, StorageContext},
    state::{Journal, tidy},
    table::{Identity, StoredTable},
};

const ACTION: &str = "remove its old versions";

/// Which versions are old, and how many of them matter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Old {
    /// Committed before.
    pub(super) before: SystemTime,
    /// Fewer are left alone.
    pub(super) least: usize,
    /// More are left for the next time.
    pub(super) most: usize,
}

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Pruned {
    pub(super) versions: u64,
    pub(super) bytes: u64,
}

/// `table` is the newest version; `identity` is none for a table without a state.
pub(super) async fn prune(
    table: &StoredTable,
    identity: Option<&Identity>,
    old: Old,
) -> Result<Pruned, Error> {
    let versions = table
        .dataset
        .version_refs()
        .await
        .storage(table.subject(), ACTION)?;
    // Most tables have few versions, and are done here after one request.
    if versions.len() <= old.least {
        return Ok(Pruned::default());
    }
    let versions: Vec<u64> = versions.iter().map(|version| version.version).collect();
    let needed = match identity {
        None => table.version(),
        Some(identity) => match Journal::read(table, identity).await?.settled_through() {
            Some(version) => version,
            None => return Ok(Pruned::default()),
        },
    };
    let tagged = tagged(table).await?;
    let aged = aged(table, &versions, old.before).await?;
    let prunable: Vec<u64> = versions
        .into_iter()
        .take(aged)
        .filter(|version| *version < needed && !tagged.contains(version))
        .collect();
    if prunable.len() < old.least {
        return Ok(Pruned::default());
    }
    let Some(last) = prunable.into_iter().take(old.most).next_back() else {
        return Ok(Pruned::default());
    };
    let policy = CleanupPolicy {
        before_version: Some(last + 1),
        // The search for the last old version trusts that clocks agree; here each is asked.
        before_timestamp: Some(old.before.into()),
        error_if_tagged_old_versions: false,
        ..CleanupPolicy::default()
    };
    let removed = table
        .dataset
        .cleanup_with_policy(policy)
        .await
        .storage(table.subject(), ACTION)?;
    if let Some(identity) = identity {
        tidy(table, identity).await?;
    }
    Ok(Pruned {
        versions: removed.old_versions,
        bytes: removed.bytes_removed,
    })
}

async fn tagged(table: &StoredTable) -> Result<BTreeSet<u64>, Error> {
    let tags = table
        .dataset
        .tags()
        .list()
        .await
        .storage(table.subject(), ACTION)?;
    Ok(tags.values().map(|tag| tag.version).collect())
}

/// How many of the versions, from the first, are old. A manifest is read only for each step of
/// the search.
async fn aged(table: &StoredTable, versions: &[u64], before: SystemTime) -> Result<usize, Error> {
    let (mut low, mut high) = (0, versions.len());
    while low < high {
        let middle = low.midpoint(high);
        let Some(version) = versions.get(middle) else {
            break;
        };
        let committed = table
            .dataset
            .read_version_transaction(*version)
            .await
            .storage(table.subject(), ACTION)?
            .timestamp;
        if SystemTime::from(committed) < before {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}
