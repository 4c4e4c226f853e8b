//! What each transaction of a table means for its state.

use lance::dataset::transaction::{Operation, Transaction};

use super::{names::RUN_ID, salvage::OnDamage};
use crate::{
    error::{Error, StorageContext},
    table::StoredTable,
};

/// A transaction that matters to the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A commit of this host or another one.
    Ours { version: u64, run_id: String },
    /// Another writer changed rows.
    Rows { version: u64 },
    /// Another writer changed columns, or did what this version does not know.
    Everything,
    /// Another writer replaced all rows.
    Overwrite,
    /// Another writer went back to an earlier version.
    Restore { to: u64 },
    /// The transaction is gone: old versions were pruned.
    Pruned { version: u64 },
}

/// The steps that versions `first..=last` are made of.
pub(super) async fn steps(
    table: &StoredTable,
    first: u64,
    last: u64,
    on_damage: &mut OnDamage<'_>,
) -> Result<Vec<Step>, Error> {
    let mut steps = Vec::new();
    for version in first..=last {
        let transaction = match table.dataset.read_version_transaction(version).await {
            Ok(read) => read.transaction,
            Err(error) if is_gone(&error) => None,
            Err(_) if on_damage.history(version) => None,
            Err(error) => return Err(error).storage(table.subject(), "read its history"),
        };
        match transaction {
            Some(transaction) => steps.extend(step(version, &transaction)),
            None => steps.push(Step::Pruned { version }),
        }
    }
    Ok(steps)
}

/// Whether a version is not there any more.
pub(crate) fn is_gone(error: &lance::Error) -> bool {
    error.is_not_found()
        || matches!(
            error.find_root(),
            lance::Error::DatasetNotFound { .. } | lance::Error::VersionNotFound { .. }
        )
}

/// What a transaction means for the state; none if nothing.
fn step(version: u64, transaction: &Transaction) -> Option<Step> {
    // Also if it was ours: whoever goes back, the state is that of the version gone back to.
    if let Operation::Restore { version } = &transaction.operation {
        return Some(Step::Restore { to: *version });
    }
    let properties = transaction.transaction_properties.as_deref();
    if let Some(run_id) = properties.and_then(|properties| properties.get(RUN_ID)) {
        return Some(Step::Ours {
            version,
            run_id: run_id.clone(),
        });
    }
    match &transaction.operation {
        // Rows keep their ids and values.
        Operation::Rewrite { .. }
        | Operation::CreateIndex { .. }
        | Operation::UpdateConfig { .. }
        | Operation::UpdateBases { .. }
        | Operation::ReserveFragments { .. } => None,
        Operation::Append { .. } | Operation::Delete { .. } | Operation::Update { .. } => {
            Some(Step::Rows { version })
        }
        Operation::Overwrite { .. } => Some(Step::Overwrite),
        _ => Some(Step::Everything),
    }
}
