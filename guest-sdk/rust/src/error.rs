//! What can go wrong while declaring, in the words of the contract.
//!
//! One type serves for what the host refuses and for what the SDK finds before
//! it asks the host, so that an author handles both alike.

use std::fmt;

use crate::bindings::lance_host::pipeline::types::TargetError;

/// A declaration that was refused, and where.
///
/// [`code`](Error::code) is stable and meant for programs; the text is meant
/// for people and names the table, the column and the row where they are known.
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<Facts>);

/// Boxed, so that the result of appending a value fits a register.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Facts {
    code: String,
    message: String,
    table: Option<String>,
    column: Option<String>,
    row: Option<u64>,
    details: Vec<(String, String)>,
}

impl Error {
    pub(crate) fn new(code: &str, message: impl Into<String>) -> Self {
        Self(Box::new(Facts {
            code: code.to_owned(),
            message: message.into(),
            table: None,
            column: None,
            row: None,
            details: Vec::new(),
        }))
    }

    /// The kind of failure, such as `invalid-schema`, `duplicate-key` or
    /// `dimension-mismatch`; the contract lists them all.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// What happened, without the place.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The table as `DATABASE/TABLE`, where there is one.
    pub fn table(&self) -> Option<&str> {
        self.0.table.as_deref()
    }

    /// The column, where there is one.
    pub fn column(&self) -> Option<&str> {
        self.0.column.as_deref()
    }

    /// The row's position among all rows declared for the table, from 0, where
    /// there is one.
    pub fn row(&self) -> Option<u64> {
        self.0.row
    }

    /// More facts as names and values.
    pub fn details(&self) -> &[(String, String)] {
        &self.0.details
    }

    /// Adds the column, which a value does not know.
    #[doc(hidden)]
    #[must_use]
    pub fn in_column(mut self, column: &str) -> Self {
        self.0.column = Some(column.to_owned());
        self
    }

    /// Says where inside a value it was.
    pub(crate) fn within(mut self, place: &str) -> Self {
        self.0.message = format!("{place}: {}", self.0.message);
        self
    }

    /// Adds the table, which a schema does not know.
    pub(crate) fn in_table(mut self, table: &str) -> Self {
        self.0.table = Some(table.to_owned());
        self
    }

    /// Adds the table and the row, which a column does not know.
    pub(crate) fn in_row(mut self, table: &str, row: u64) -> Self {
        self.0.table = Some(table.to_owned());
        self.0.row = Some(row);
        self
    }
}

impl From<TargetError> for Error {
    fn from(error: TargetError) -> Self {
        Self(Box::new(Facts {
            code: error.code,
            message: error.message,
            table: error.table,
            column: error.column,
            row: error.row,
            details: error.details,
        }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = &self.0;
        f.write_str(&facts.message)?;
        let table = facts.table.as_ref().map(|table| format!("table {table}"));
        let column = (facts.column.as_ref()).map(|column| format!("column {column}"));
        let row = facts.row.map(|row| format!("row {row}"));
        // Most messages tell the details in words already.
        let untold = |detail: &&(String, String)| !facts.message.contains(&detail.1);
        let details =
            (facts.details.iter().filter(untold)).map(|(name, value)| format!("{name}: {value}"));
        let place: Vec<_> = [table, column, row]
            .into_iter()
            .flatten()
            .chain(details)
            .collect();
        if place.is_empty() {
            return Ok(());
        }
        write!(f, " ({})", place.join(", "))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {}

/// What the author's own `Serialize` implementations report.
impl serde::ser::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new("invalid-value", message.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_of_an_error_is_told_from_the_inside_out() {
        let error = Error::new(
            "dimension-mismatch",
            "the vector has 3 items instead of 256",
        )
        .in_column("embedding")
        .in_row("default/documents", 17);
        assert_eq!(
            error.to_string(),
            "the vector has 3 items instead of 256 \
             (table default/documents, column embedding, row 17)"
        );
        assert_eq!(error.code(), "dimension-mismatch");
    }

    #[test]
    fn text_without_a_place_is_the_message_alone() {
        assert_eq!(
            Error::new("internal", "out of luck").to_string(),
            "out of luck"
        );
    }

    #[test]
    fn what_the_host_says_is_kept() {
        let error = Error::from(TargetError {
            code: "null-in-required-column".into(),
            message: "a required column holds a null".into(),
            table: Some("default/t".into()),
            column: Some("c".into()),
            row: Some(4),
            details: vec![
                ("rows".into(), "10".into()),
                ("found".into(), "null".into()),
            ],
        });
        assert_eq!(error.code(), "null-in-required-column");
        assert_eq!(error.message(), "a required column holds a null");
        assert_eq!(
            (error.table(), error.column(), error.row()),
            (Some("default/t"), Some("c"), Some(4))
        );
        assert_eq!(error.details().len(), 2);
        assert_eq!(
            error.to_string(),
            "a required column holds a null (table default/t, column c, row 4, rows: 10)"
        );
    }
}
