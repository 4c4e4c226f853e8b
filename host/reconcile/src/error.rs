//! What can go wrong, and what kind of failure it is for the person who reads it.

use std::fmt;

use crate::index::Class;

/// An error that ends a run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The pipeline declared something that cannot stand.
    #[error(transparent)]
    Declaration(#[from] DeclareError),

    /// One key was declared twice with different values.
    #[error(
        "table {table}: key {key} is declared twice with different values, in row {first} of scope {first_scope} and row {second} of scope {second_scope}; \
         declare each key once"
    )]
    DuplicateKey {
        /// `DATABASE/TABLE`.
        table: String,
        /// The key, as `column = value` pairs.
        key: String,
        /// Position of the first of the two rows, from 0.
        first: u64,
        /// Scope in which the first row was declared.
        first_scope: String,
        /// Position of the second row.
        second: u64,
        /// Scope in which the second row was declared.
        second_scope: String,
    },

    /// A table of this name exists, and no pipeline created it.
    #[error(
        "table {table} exists, and lance-host did not create it; nothing in it was changed. \
         Run again with --adopt to take it over, or choose another table name"
    )]
    ForeignTable {
        /// `DATABASE/TABLE`.
        table: String,
    },

    /// A table cannot be given the row ids that the host needs.
    #[error(
        "table {table}: its rows have no stable ids and cannot be given any, since a compaction moved rows \
         and left it for later to tell the indexes; drop the indexes, run again, and create them anew"
    )]
    UnstableRowIds {
        /// `DATABASE/TABLE`.
        table: String,
    },

    /// A declared row exists and belongs to somebody else.
    #[error("table {table}: row {row} with key {key} exists and belongs to {owner}; {advice}")]
    ForeignRow {
        /// `DATABASE/TABLE`.
        table: String,
        /// Position of the declared row, from 0.
        row: u64,
        /// The key, as `column = value` pairs.
        key: String,
        /// Who owns it, in words.
        owner: String,
        /// What to do next.
        advice: &'static str,
    },

    /// The declared schema differs from the stored one, and the table may not be changed so.
    #[error("table {table}: {difference}; {advice}{sides}")]
    SchemaMismatch {
        /// `DATABASE/TABLE`.
        table: String,
        /// The first difference, in words.
        difference: String,
        /// What to do next.
        advice: &'static str,
        /// Both schemas, a line for each column.
        sides: String,
    },

    /// A column cannot become as declared because of rows or declarations of others.
    #[error("table {table}: {problem}; {advice}")]
    ColumnConflict {
        /// `DATABASE/TABLE`.
        table: String,
        /// What stands in the way.
        problem: String,
        /// What to do next.
        advice: &'static str,
    },

    /// A user-managed table does not exist.
    #[error(
        "table {table} is declared as managed by the user and does not exist; create it first, or declare it as managed by the system"
    )]
    MissingTable {
        /// `DATABASE/TABLE`.
        table: String,
    },

    /// Other writers were in the way of maintenance.
    #[error(
        "table {table}: cannot {action}, because other writers keep changing it; its rows are as they left them. Run again when they are done"
    )]
    Disturbed {
        /// `DATABASE/TABLE`.
        table: String,
        /// What was being done.
        action: &'static str,
    },

    /// Other writers won every attempt to commit.
    #[error(
        "table {table}: other writers committed first in each of {attempts} attempts; {written}. Run again when they are done"
    )]
    Contention {
        /// `DATABASE/TABLE`.
        table: String,
        /// How many attempts were made.
        attempts: u32,
        /// What was written to the table before, in words.
        written: String,
    },

    /// Another writer was first, and what was shown may not be true any more.
    #[error(
        "table {table} changed while lance-host was about to {action}; nothing was written. Look again and repeat it"
    )]
    Overtaken {
        /// `DATABASE/TABLE`.
        table: String,
        /// What was to be done.
        action: &'static str,
    },

    /// A table that no pipeline created or adopted.
    #[error(
        "table {table}: no pipeline created or adopted it, so lance-host remembers nothing of it; `lance-host run --adopt` takes a table over"
    )]
    UnknownToHost {
        /// `DATABASE/TABLE`.
        table: String,
    },

    /// A version that a table cannot go back to.
    #[error("table {table}: {problem}; {known}")]
    NoSuchVersion {
        /// `DATABASE/TABLE`.
        table: String,
        /// Why not.
        problem: String,
        /// Which versions and tags there are.
        known: String,
    },

    /// Another writer changed a table so that the approved plan became destructive.
    #[error(
        "table {table} changed while the run was being applied, and now {guard}; {written}. Look at `lance-host plan` and run again"
    )]
    PlanOutdated {
        /// `DATABASE/TABLE`.
        table: String,
        /// What was written to the table before, in words.
        written: String,
        /// What a guard says of the new plan.
        guard: String,
    },

    /// The name of a database that nobody configured.
    #[error("there is no database {name:?}; known: {known}")]
    UnknownDatabase {
        /// The name asked for.
        name: String,
        /// The known names, separated by commas.
        known: String,
    },

    /// The name of a table that does not exist.
    #[error("there is no table {name:?} in database {database:?}{known}")]
    UnknownTable {
        /// The database that was searched.
        database: String,
        /// The name asked for.
        name: String,
        /// `; known: …`, or nothing when there are no tables.
        known: String,
    },

    /// A query that the table cannot answer.
    #[error(transparent)]
    Query(#[from] crate::query::QueryError),

    /// A database's location that is none.
    #[error("database {name}: {uri:?} {problem}")]
    DatabaseLocation {
        /// The database's name.
        name: String,
        /// Where it is said to be.
        uri: String,
        /// What is wrong with it, and what it may be.
        problem: String,
    },

    /// The store of a database does not answer, or lets nobody in.
    #[error("database {database} at {uri}: {problem}; {advice}")]
    Unavailable {
        /// The database's name.
        database: String,
        /// Where it is.
        uri: String,
        /// What is wrong, and with which endpoint.
        problem: String,
        /// What to do next.
        advice: &'static str,
        /// Why, if the store said so.
        source: Option<Box<lance::Error>>,
    },

    /// A pipeline's name that cannot be an owner.
    #[error("{name:?} is not a name for a pipeline: {problem}")]
    PipelineName {
        /// The name asked for.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },

    /// The storage under a table failed.
    #[error("{subject}: cannot {action}")]
    Storage {
        /// The table or database.
        subject: String,
        /// What was being done.
        action: &'static str,
        /// Why it failed.
        source: Box<lance::Error>,
    },

    /// The database layer failed.
    #[error("database {database}: cannot {action}")]
    Database {
        /// The database's name.
        database: String,
        /// What was being done.
        action: &'static str,
        /// Why it failed.
        source: Box<lancedb::Error>,
    },

    /// An index could not be built or dropped; the rows had landed before.
    #[error(
        "table {table}: cannot {action} the index of kind {kind} on column {column}; the rows have landed. \
         The next run tries again"
    )]
    Index {
        /// `DATABASE/TABLE`.
        table: String,
        /// The indexed column.
        column: String,
        /// The kind of index.
        kind: String,
        /// What was being done.
        action: &'static str,
        /// Why it failed.
        source: Box<lance::Error>,
    },

    /// Two pipelines declare indexes that cannot be on one column together.
    #[error(
        "table {table}: on column {column}, pipeline {pipeline} declares the index {difference}; \
         a column has one {class} index. Let both declare the same, or one of them none"
    )]
    IndexConflict {
        /// `DATABASE/TABLE`.
        table: String,
        /// The other pipeline.
        pipeline: String,
        /// The indexed column.
        column: String,
        /// What a column has one index of.
        class: Class,
        /// What the other pipeline declares, and what this run does.
        difference: String,
    },

    /// Declared rows could not be kept on the local disk.
    #[error("cannot stage declared rows in the temporary directory")]
    Staging(#[source] std::io::Error),

    /// Arrow refused a batch; a defect of this crate or of stored data.
    #[error("{subject}: cannot {action}")]
    Arrow {
        /// The table.
        subject: String,
        /// What was being done.
        action: &'static str,
        /// Why it failed.
        source: arrow::error::ArrowError,
    },

    /// A commit of which nobody knows whether it happened.
    #[error(
        "table {table}: the storage did not say whether its new version was committed; run again, which finds out and goes on from there"
    )]
    CommitUnknown {
        /// `DATABASE/TABLE`.
        table: String,
        /// What the storage said instead.
        source: Box<lance::Error>,
    },

    /// What the host remembers about a table contradicts itself, or cannot be read.
    #[error(
        "table {table}: the host's state is damaged: {problem}; nothing was written. \
         `lance-host state rebuild {table}` makes it anew from the table"
    )]
    DamagedState {
        /// `DATABASE/TABLE`.
        table: String,
        /// What is wrong.
        problem: String,
    },
}

/// That nothing was written to a table, as messages say it.
pub(crate) const NOTHING_WRITTEN: &str = "nothing was written to it";

/// What kind of failure an [`Error`] is; the command turns it into an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The pipeline declared something wrong.
    Pipeline,
    /// The host was asked or configured wrongly.
    Usage,
    /// A guard refused.
    Guard,
    /// The storage failed.
    Storage,
    /// Another writer or owner is in the way.
    Conflict,
}

impl Error {
    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Declaration(_)
            | Self::DuplicateKey { .. }
            | Self::SchemaMismatch { .. }
            | Self::MissingTable { .. } => ErrorKind::Pipeline,
            Self::UnknownDatabase { .. }
            | Self::UnknownTable { .. }
            | Self::UnknownToHost { .. }
            | Self::NoSuchVersion { .. }
            | Self::Query(_)
            | Self::DatabaseLocation { .. }
            | Self::PipelineName { .. } => ErrorKind::Usage,
            Self::PlanOutdated { .. } => ErrorKind::Guard,
            Self::Storage { .. }
            | Self::Unavailable { .. }
            | Self::Database { .. }
            | Self::Index { .. }
            | Self::CommitUnknown { .. }
            | Self::Staging(_)
            | Self::Arrow { .. }
            | Self::DamagedState { .. } => ErrorKind::Storage,
            Self::ForeignTable { .. }
            | Self::UnstableRowIds { .. }
            | Self::ForeignRow { .. }
            | Self::ColumnConflict { .. }
            | Self::IndexConflict { .. }
            | Self::Contention { .. }
            | Self::Overtaken { .. }
            | Self::Disturbed { .. } => ErrorKind::Conflict,
        }
    }
}

/// Names the subject and the action when a call of Lance fails.
pub(crate) trait StorageContext<T> {
    /// Wraps the error as [`Error::Storage`].
    fn storage(self, subject: impl fmt::Display, action: &'static str) -> Result<T, Error>;
}

impl<T> StorageContext<T> for Result<T, lance::Error> {
    fn storage(self, subject: impl fmt::Display, action: &'static str) -> Result<T, Error> {
        self.map_err(|source| Error::Storage {
            subject: subject.to_string(),
            action,
            source: Box::new(source),
        })
    }
}

impl<T> StorageContext<T> for Result<T, arrow::error::ArrowError> {
    fn storage(self, subject: impl fmt::Display, action: &'static str) -> Result<T, Error> {
        self.map_err(|source| Error::Arrow {
            subject: subject.to_string(),
            action,
            source,
        })
    }
}

/// A declaration that was refused; the pipeline sees it and may go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclareError {
    /// What is wrong.
    pub code: DeclareCode,
    /// The same for people: one sentence without a full stop.
    pub message: String,
    /// The table concerned.
    pub table: Option<String>,
    /// The column concerned.
    pub column: Option<String>,
    /// The row's position among all rows declared for the table, from 0.
    pub row: Option<u64>,
    /// More facts.
    pub details: Vec<(String, String)>,
}

/// Why a declaration was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeclareCode {
    /// The database has no such name.
    UnknownDatabase,
    /// The schema or its primary key cannot stand.
    InvalidSchema,
    /// The table was declared before, differently.
    DuplicateTable,
    /// A column is named that the table does not have.
    UnknownColumn,
    /// A value that cannot stand.
    InvalidValue,
    /// A setting, or its value, is not known.
    Unsupported,
    /// The host itself failed.
    Internal,
}

impl DeclareError {
    pub(crate) fn new(code: DeclareCode, table: &str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            table: Some(table.to_owned()),
            column: None,
            row: None,
            details: Vec::new(),
        }
    }

    pub(crate) fn column(mut self, column: &str) -> Self {
        self.column = Some(column.to_owned());
        self
    }
}

impl fmt::Display for DeclareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut places = Vec::new();
        if let Some(table) = &self.table {
            places.push(format!("table {table}"));
        }
        if let Some(column) = &self.column {
            places.push(format!("column {column}"));
        }
        if let Some(row) = self.row {
            places.push(format!("row {row}"));
        }
        if places.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", places.join(", "), self.message)
        }
    }
}

impl std::error::Error for DeclareError {}
