//! Tags the version before a destructive commit, so that pruning leaves it alone for a while.
//!
//! The tags expire: once a tagged version is older than what other clients prune, their
//! maintenance fails on it.

use std::time::{Duration, SystemTime};

use crate::{
    declare::RunContext,
    error::{Error, StorageContext},
    table::StoredTable,
};

/// Tags of ours begin with this and end with the run's id.
const PREFIX: &str = "lance-host-before-";

/// LanceDB prunes versions after seven days unless told otherwise.
const KEPT: Duration = Duration::from_secs(6 * 24 * 60 * 60);

/// Tags the version that `table` is.
pub(super) async fn tag(run: &RunContext, table: &StoredTable) -> Result<(), Error> {
    let log = run.intents.of(&table.database).await?;
    log.tags(&table.dataset)
        .tags()
        .create(&name(run), table.version())
        .await
        .storage(
            table.subject(),
            "tag the version before a destructive commit",
        )
}

/// Whether a tag is one of ours.
pub(crate) fn is_safekeeping(tag: &str) -> bool {
    tag.starts_with(PREFIX)
}

/// Takes the tag back: the commit did not happen. Left behind, it would expire.
pub(super) async fn untag(run: &RunContext, table: &StoredTable) {
    if let Err(error) = table.dataset.tags().delete(&name(run)).await {
        tracing::debug!("table {}: cannot remove a tag: {error}", table.label());
    }
}

/// Removes tags of ours that have been kept long enough.
pub(super) async fn expire(table: &StoredTable) -> Result<(), Error> {
    let action = "remove expired tags";
    let tags = table.dataset.tags();
    for (name, tag) in tags.list().await.storage(table.subject(), action)? {
        let expired = tag.created_at.is_some_and(|created| {
            SystemTime::now()
                .duration_since(created.into())
                .is_ok_and(|age| age > KEPT)
        });
        if expired && is_safekeeping(&name) {
            tags.delete(&name).await.storage(table.subject(), action)?;
        }
    }
    Ok(())
}

pub(super) fn name(run: &RunContext) -> String {
    format!("{PREFIX}{}", run.run_id)
}
