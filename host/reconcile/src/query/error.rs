//! Questions that a table cannot answer, each with the next step.

/// Why a query cannot be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// A column that the table does not have.
    #[error("{flag} {column}: table {table} has no such column; its columns are {known}")]
    UnknownColumn {
        /// The flag that names it.
        flag: &'static str,
        /// `DATABASE/TABLE`.
        table: String,
        /// The name.
        column: String,
        /// The names of all columns.
        known: String,
    },

    /// The condition is not SQL, or does not fit the table.
    #[error(
        "--where {filter:?} cannot be understood; write a condition in SQL, such as id = 'x' AND size > 3"
    )]
    Filter {
        /// The condition.
        filter: String,
        /// What is wrong with it.
        source: Box<lancedb::Error>,
    },

    /// A vector is given, and the table has none to compare it with.
    #[error(
        "table {table} has no column of vectors that can be searched; leave out --near and --near-key, or search it by --text or --where"
    )]
    NoVectorColumn {
        /// `DATABASE/TABLE`.
        table: String,
    },

    /// A vector is given, and it is not clear which column to compare it with.
    #[error("table {table} has several columns of vectors: {columns}; name one with --column")]
    WhichVectorColumn {
        /// `DATABASE/TABLE`.
        table: String,
        /// The columns with their types.
        columns: String,
    },

    /// A column was named that the search has no use for.
    #[error("--column {column}: {problem}")]
    UselessColumn {
        /// The column.
        column: String,
        /// Why, and what to do.
        problem: String,
    },

    /// The vector does not have the length of those that are stored.
    #[error(
        "{flag}: the vector has dimension {given}, and those of column {column} have {stored}; give one of {stored} numbers"
    )]
    Dimension {
        /// The flag that gives it.
        flag: &'static str,
        /// The column.
        column: String,
        /// The given length.
        given: usize,
        /// The stored length.
        stored: usize,
    },

    /// The vector cannot be compared with those that are stored.
    #[error("{flag}: the vector cannot be compared with those of column {column}: {problem}")]
    Vector {
        /// The flag that gives it.
        flag: &'static str,
        /// The column.
        column: String,
        /// Why, and what to do.
        problem: String,
    },

    /// The metric does not fit the vectors.
    #[error("--metric: column {column} holds vectors of {element}; measure them by {fitting}")]
    Metric {
        /// The column.
        column: String,
        /// What its vectors are made of.
        element: String,
        /// The metrics that fit.
        fitting: &'static str,
    },

    /// Words are given, and no column is indexed by words.
    #[error(
        "--text: {what} has no full-text index; let the pipeline declare one, or create one with any LanceDB client"
    )]
    NoTextIndex {
        /// The table or column.
        what: String,
    },

    /// A key that cannot be one of the table's.
    #[error("--near-key {key}: {problem}")]
    Key {
        /// The key as given.
        key: String,
        /// What is wrong, and what to do.
        problem: String,
    },
}
