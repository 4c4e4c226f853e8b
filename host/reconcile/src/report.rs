//! What a run did, or would do, in the form that users and programs read.

use serde::Serialize;

use crate::index::IndexReport;

/// The outcome of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The pipeline's name.
    pub pipeline: String,
    /// Identifies the run; stored with every version that it commits.
    pub run_id: String,
    /// How the run ended.
    pub status: Status,
    /// One entry for each table that the run declared or gave up.
    pub tables: Vec<TableReport>,
    /// What went wrong without harm to the outcome.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Changes were committed.
    Applied,
    /// Everything was as declared; nothing was written.
    Unchanged,
    /// There are changes, and they were only shown.
    Planned,
    /// A guard refused the changes; nothing was written.
    Refused,
    /// The run failed.
    Failed,
}

/// What happened, or would happen, to one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableReport {
    /// The database's name.
    pub database: String,
    /// The table's name.
    pub table: String,
    /// What happened to the table itself.
    pub action: Action,
    /// What changes in its columns, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub schema_changes: Vec<String>,
    /// Rows that were not there before.
    pub inserted: u64,
    /// Rows whose values changed.
    pub updated: u64,
    /// Rows that are gone.
    pub deleted: u64,
    /// Rows that were as declared.
    pub unchanged: u64,
    /// The table's version afterwards; none where there is no table.
    pub version: Option<u64>,
    /// What happened to each index that pipelines declare, or have declared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<IndexReport>,
}

/// What happens to a table as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is created.
    Create,
    /// It exists, was not created by a pipeline, and is taken over on purpose.
    Adopt,
    /// Its columns change in place.
    Evolve,
    /// All its rows are written anew, since columns or the key cannot change in place.
    Rebuild,
    /// It is dropped.
    Drop,
    /// It stays; its rows may change.
    None,
}

impl TableReport {
    /// Whether rows are written or removed.
    pub(crate) fn changes_rows(&self) -> bool {
        self.inserted + self.updated + self.deleted > 0
    }

    /// Whether anything changes.
    pub fn has_changes(&self) -> bool {
        self.action != Action::None
            || self.changes_rows()
            || self.indexes.iter().any(IndexReport::has_changes)
    }
}
