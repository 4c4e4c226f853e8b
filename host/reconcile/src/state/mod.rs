//! What the host remembers of a table: who owns each row, and what it holds.
//!
//! The state lives beside the table, in `<database>/_lance_host`, so that any machine can run any
//! pipeline. It has two parts:
//!
//! - the *sidecar* ([`sidecar`]), a Lance dataset that describes the table as of some version,
//!   `applied_through`;
//! - *delta files* ([`delta`]), one for each commit of ours, written before the commit.
//!
//! [`journal`] reads both, walks the table's transactions from `applied_through` to the version
//! asked for, and so arrives at the state of exactly that version. There is no other recovery:
//! a run that was killed at any point leaves nothing that this walk does not put right. What
//! other writers did meanwhile is found by [`resync`].

mod checksum;
mod damage;
mod delta;
mod difference;
mod entries;
mod fold;
mod journal;
mod layered;
mod owners;
mod part;
mod rehash;
mod resync;
mod salvage;
mod sidecar;
mod steps;
mod summary;
mod tidy;
mod version;

pub(crate) use delta::{DeltaName, Deltas};
pub(crate) use difference::{Difference, Differences, delta};
pub(crate) use entries::{Entry, FOREIGN, decode, encode, schema};
pub(crate) use fold::{Fold, fold};
pub(crate) use journal::{Journal, State};
pub(crate) use layered::{Entries, EntryChunks, Removals};
pub(crate) use owners::{OwnedColumn, Owners, ROOT_SCOPE};
pub(crate) use rehash::{Rehash, Rehashed};
pub(crate) use salvage::replace;
pub(crate) use steps::is_gone;
pub(crate) use tidy::{forget, tidy};
pub(crate) use version::{Content, Version, write};

/// Names of what the host writes into a table's config and into its transactions.
pub(crate) mod names {
    /// Config: identifies the table; its state is filed under this id.
    pub(crate) const TABLE_ID: &str = "lance_host.table_id";
    /// Config: the primary key, a JSON list of column names.
    pub(crate) const PRIMARY_KEY: &str = "lance_host.primary_key";
    /// Config: who manages the table, `system` or `user`.
    pub(crate) const MANAGED_BY: &str = "lance_host.managed_by";
    /// Config: whether the host created the table or adopted it, `created` or `adopted`.
    pub(crate) const ORIGIN: &str = "lance_host.origin";
    /// Transaction: the run that committed it.
    pub(crate) const RUN_ID: &str = "lance_host.run_id";
    /// Transaction: the pipeline of that run.
    pub(crate) const PIPELINE: &str = "lance_host.pipeline";
    /// Sidecar transaction: the table version that this sidecar version describes.
    pub(crate) const APPLIED_THROUGH: &str = "lance_host.applied_through";
    /// Sidecar transaction: a checksum of rows and owners.
    pub(crate) const CHECKSUM: &str = "lance_host.checksum";
    /// Sidecar transaction: the summaries at the end of its parts; none if it has none.
    pub(crate) const SUMMARIES: &str = "lance_host.summaries";
    /// Sidecar transaction and delta file: the owners, as JSON.
    pub(crate) const OWNERS: &str = "lance_host.owners";
}
