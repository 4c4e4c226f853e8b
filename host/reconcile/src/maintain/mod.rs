//! Keeps tables fast: brings indexes up to date, compacts fragments, removes old versions.
//!
//! After a commit that changed rows, [`after_commit`] does what the statistics of the table call
//! for ([`decide`]), within bounds ([`policy`]). It comes after everything that was declared, and
//! nothing depends on it: its failure is a warning, and another writer in the way is no more than
//! a reason to try again next time. [`optimize`] does all of it on demand.
//!
//! Its commits are ordinary ones of Lance, which give way to other writers. They change neither
//! rows nor row ids, and the state passes over them.

mod decide;
mod optimize;
mod policy;
mod prune;
mod statistics;

use std::{error::Error as _, sync::Arc};

use lance::{
    dataset::optimize::{CompactionOptions, compact_files},
    index::DatasetIndexExt,
};
use lancedb::table::OptimizeOptions;

use crate::{
    cas,
    database::Database,
    declare::RunContext,
    error::{Error, StorageContext},
    fault,
    intents::{Commit, IntentLog},
    report::TableReport,
    table::{ManagedBy, StoredTable},
};
use decide::IndexUpdate;
pub use optimize::{Optimization, OptimizedTable, optimize};
pub use policy::MaintenancePolicy;
use prune::Old;
use statistics::Statistics;

/// Maintains a table whose rows have just changed, if it is time to. Tables that the user manages
/// are the user's to maintain.
pub(crate) async fn after_commit(
    run: &RunContext,
    database: &Arc<Database>,
    outcome: &mut TableReport,
    warnings: &mut Vec<String>,
) {
    let works = async {
        let Some(mut table) = StoredTable::open(database, &outcome.table).await? else {
            return Ok(());
        };
        let Some(identity) = table.identity()? else {
            return Ok(());
        };
        if identity.managed_by == ManagedBy::User {
            return Ok(());
        }
        let policy = &run.maintenance;
        let log = run.intents.of(database).await?;
        let before = table.version();
        // Each whatever became of the one before. Indexes come first: fragments are only joined
        // if the same indexes cover them.
        let updated = update_indexes(&log, policy, &mut table).await;
        let compacted = compact(&log, policy, &mut table).await;
        if updated.is_err() || compacted.is_err() {
            log.set_in_vain();
        }
        warnings.extend(warning(updated));
        warnings.extend(warning(compacted));
        let old = Old {
            before: policy.old_before(),
            least: policy.old_versions,
            most: policy.max_versions,
        };
        let pruned = prune::prune(&table, Some(&identity), old).await;
        fault::point("maintenance: pruned");
        warnings.extend(warning(pruned.map(|_| ())));
        if table.version() > before {
            outcome.version = Some(table.version());
        }
        Ok::<_, Error>(())
    };
    let failed = works.await;
    warnings.extend(warning(failed));
}

/// Says what went wrong, unless another writer was in the way.
fn warning(outcome: Result<(), Error>) -> Option<String> {
    let error = outcome.err()?;
    if let Error::Storage { source, .. } = &error
        && cas::lost(source)
    {
        tracing::debug!("{error}: {source}");
        return None;
    }
    let cause = error
        .source()
        .map(|source| format!(": {source}"))
        .unwrap_or_default();
    Some(format!(
        "{error}{cause}; its rows are as declared, and the next run that changes rows tries again"
    ))
}

async fn compact(
    log: &Arc<IntentLog>,
    policy: &MaintenancePolicy,
    table: &mut StoredTable,
) -> Result<(), Error> {
    let statistics = Statistics::of(table).await?;
    let Some(chosen) = decide::compaction(&statistics.fragments, policy) else {
        return Ok(());
    };
    // Lance's own bounds take whole tasks only, and nothing at all if the first is too large.
    let excluded = statistics
        .fragments
        .iter()
        .filter(|fragment| chosen.binary_search(&fragment.id).is_err())
        .filter_map(|fragment| u32::try_from(fragment.id).ok());
    let options = CompactionOptions {
        target_rows_per_fragment: usize::try_from(policy.small_rows).unwrap_or(usize::MAX),
        materialize_deletions_threshold: decide::WORN,
        excluded_fragment_ids: excluded.collect(),
        ..CompactionOptions::default()
    };
    let mut dataset = log.writes(&table.dataset, Commit::Later);
    compact_files(&mut dataset, options, None)
        .await
        .storage(table.subject(), "compact it")?;
    fault::point("maintenance: compacted");
    *table = table.with(log.reads(dataset));
    Ok(())
}

async fn update_indexes(
    log: &Arc<IntentLog>,
    policy: &MaintenancePolicy,
    table: &mut StoredTable,
) -> Result<(), Error> {
    let statistics = Statistics::of(table).await?;
    for IndexUpdate { name, merge } in decide::indexes(&statistics.indexes, policy) {
        let options = OptimizeOptions::merge(merge).index_names(vec![name]);
        let mut dataset = log.writes(&table.dataset, Commit::Later);
        dataset
            .optimize_indices(&options)
            .await
            .storage(table.subject(), "bring its indexes up to date")?;
        fault::point("maintenance: index updated");
        *table = table.with(log.reads(dataset));
    }
    Ok(())
}
