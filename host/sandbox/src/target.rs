//! Where a guest's declarations go, and how a target refuses them.
//!
//! The sandbox has checked and converted everything that passes here. What it cannot know is
//! left to the target: which databases exist, what a primary key means, which settings there are.

use std::fmt;

use arrow::{array::RecordBatch, datatypes::SchemaRef};
use async_trait::async_trait;

/// Takes the declarations of one run, in the order in which the guest makes them.
///
/// Awaiting is back-pressure: the guest stands still meanwhile, and its time runs on.
#[async_trait]
pub trait Target: Send {
    /// Declares a table; the handle names it in later calls.
    async fn declare_table(&mut self, table: TableDeclaration) -> Result<TableHandle, TargetError>;

    /// Declares rows of a table. The batch has the schema of the declaration, exactly.
    async fn declare_rows(
        &mut self,
        table: TableHandle,
        rows: RecordBatch,
    ) -> Result<(), TargetError>;

    /// Declares an index on a column of a table.
    async fn declare_index(
        &mut self,
        table: TableHandle,
        index: IndexDeclaration,
    ) -> Result<(), TargetError>;
}

/// The target's own name for a declared table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TableHandle(pub u32);

/// A table that should exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDeclaration {
    /// The database's name, as the guest wrote it.
    pub database: String,
    /// The table's name, as the guest wrote it.
    pub name: String,
    /// Columns with their metadata; a `json` column is Utf8 and looks like any other text.
    pub schema: SchemaRef,
    /// Names of the key columns, as the guest wrote them; they need not exist.
    pub primary_key: Vec<String>,
    /// Settings of the table, as the guest wrote them.
    pub settings: Vec<(String, String)>,
}

/// An index that should exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexDeclaration {
    /// The column's name, as the guest wrote it; it need not exist.
    pub column: String,
    /// The kind of index, as the guest wrote it.
    pub kind: String,
    /// Settings of the index, as the guest wrote them.
    pub settings: Vec<(String, String)>,
}

/// What kind of mistake a guest made: the contract's `code`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// The database is not one that the host knows.
    UnknownDatabase,
    /// The table cannot be declared like this.
    InvalidSchema,
    /// The table was declared before in this run.
    DuplicateTable,
    /// A column is named that does not exist.
    UnknownColumn,
    /// More or fewer columns than the table has.
    WrongColumnCount,
    /// A value or column is not of the column's type.
    TypeMismatch,
    /// No value where one is required.
    NullInRequiredColumn,
    /// A value that its type does not allow.
    InvalidValue,
    /// Text that is not UTF-8.
    InvalidUtf8,
    /// A vector with more or fewer items than its column says.
    DimensionMismatch,
    /// Two different rows with one key.
    DuplicateKey,
    /// More than the host takes.
    TooLarge,
    /// A call that came after the end.
    TooLate,
    /// In the contract, but not in this host.
    Unsupported,
    /// The host's own failure.
    Internal,
}

impl Code {
    /// The code as the contract writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownDatabase => "unknown-database",
            Self::InvalidSchema => "invalid-schema",
            Self::DuplicateTable => "duplicate-table",
            Self::UnknownColumn => "unknown-column",
            Self::WrongColumnCount => "wrong-column-count",
            Self::TypeMismatch => "type-mismatch",
            Self::NullInRequiredColumn => "null-in-required-column",
            Self::InvalidValue => "invalid-value",
            Self::InvalidUtf8 => "invalid-utf8",
            Self::DimensionMismatch => "dimension-mismatch",
            Self::DuplicateKey => "duplicate-key",
            Self::TooLarge => "too-large",
            Self::TooLate => "too-late",
            Self::Unsupported => "unsupported",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What went wrong in a declaration, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetError {
    /// What kind of mistake it is.
    pub code: Code,
    /// One sentence for people, without a full stop.
    pub message: String,
    /// The table, where there is one.
    pub table: Option<String>,
    /// The column, where there is one.
    pub column: Option<String>,
    /// The row's position among all rows declared for the table so far, from 0.
    pub row: Option<u64>,
    /// More facts as names and values.
    pub details: Vec<(String, String)>,
}

impl TargetError {
    /// An error that is not yet tied to a place.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            table: None,
            column: None,
            row: None,
            details: Vec::new(),
        }
    }

    /// Says which table.
    pub fn in_table(mut self, table: impl Into<String>) -> Self {
        self.table = Some(table.into());
        self
    }

    /// Says which column.
    pub fn in_column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }

    /// Says which row.
    pub fn at_row(mut self, row: u64) -> Self {
        self.row = Some(row);
        self
    }

    /// Adds a fact.
    pub fn with_detail(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.details.push((name.into(), value.into()));
        self
    }
}

/// `table docs, column text, row 7: message (code)`, with the places that are known.
impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut places = Vec::new();
        places.extend(self.table.as_ref().map(|table| format!("table `{table}`")));
        places.extend(
            self.column
                .as_ref()
                .map(|column| format!("column `{column}`")),
        );
        places.extend(self.row.map(|row| format!("row {row}")));
        if !places.is_empty() {
            write!(f, "{}: ", places.join(", "))?;
        }
        write!(f, "{} ({})", self.message, self.code)
    }
}

impl std::error::Error for TargetError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_places_it_knows() {
        let error = TargetError::new(Code::InvalidUtf8, "the text is not UTF-8");
        assert_eq!(error.to_string(), "the text is not UTF-8 (invalid-utf8)");
        let error = error.in_table("docs").in_column("text").at_row(7);
        assert_eq!(
            error.to_string(),
            "table `docs`, column `text`, row 7: the text is not UTF-8 (invalid-utf8)"
        );
    }
}
