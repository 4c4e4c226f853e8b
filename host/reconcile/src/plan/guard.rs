//! Outcomes that have to be allowed on purpose.

use std::fmt;

use crate::report::TableReport;

/// Tables with fewer rows than this may lose any share of them without a question.
const GUARDED_ROWS: u64 = 100;

/// An outcome that has to be allowed on purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Guard {
    /// A table would be dropped.
    Drop {
        /// `DATABASE/TABLE`.
        table: String,
        /// How many rows it holds.
        rows: u64,
        /// A table of the same name that the pipeline declares in another database.
        declared_elsewhere: Option<String>,
    },
    /// A table would be written anew, since its columns or its key cannot change in place.
    Rebuild {
        /// `DATABASE/TABLE`.
        table: String,
        /// How many rows it holds.
        rows: u64,
        /// What changes.
        reason: String,
    },
    /// More than half of a table would be deleted.
    DeleteMost {
        /// `DATABASE/TABLE`.
        table: String,
        /// How many rows would go.
        deleted: u64,
        /// How many rows there are.
        rows: u64,
    },
    /// The pipeline declares no row at all, and owns some.
    NothingDeclared {
        /// How many rows it would lose.
        deleted: u64,
    },
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drop {
                table,
                rows,
                declared_elsewhere,
            } => {
                let rows = counted(*rows);
                write!(f, "table {table} would be dropped with its {rows}")?;
                match declared_elsewhere {
                    Some(other) => write!(
                        f,
                        " (the pipeline declares {other} now: a database that is called by another name is another database)"
                    ),
                    None => Ok(()),
                }
            }
            Self::Rebuild {
                table,
                rows,
                reason,
            } => write!(
                f,
                "table {table} would be written anew in place of its {}: {reason}",
                counted(*rows)
            ),
            Self::DeleteMost {
                table,
                deleted,
                rows,
            } => {
                write!(
                    f,
                    "{deleted} of the {rows} rows of table {table} would be deleted"
                )
            }
            Self::NothingDeclared { deleted } => write!(
                f,
                "the pipeline declares no rows and would lose the {} that it owns",
                counted(*deleted)
            ),
        }
    }
}

/// A number of rows, in words.
fn counted(rows: u64) -> String {
    match rows {
        1 => "1 row".to_owned(),
        rows => format!("{rows} rows"),
    }
}

impl Guard {
    /// What a guard says of a table that goes although the pipeline declares one of that name in
    /// `database`.
    pub(super) fn declared_elsewhere(&mut self, database: &str, name: &str) {
        if let Self::Drop {
            table,
            declared_elsewhere,
            ..
        } = self
            && table
                .split_once('/')
                .is_some_and(|(_, dropped)| dropped == name)
        {
            *declared_elsewhere = Some(format!("{database}/{name}"));
        }
    }

    /// What a guard says of the rows that a table of `rows` rows would lose.
    pub(super) fn deletions(table: String, rows: u64, outcome: &TableReport) -> Option<Self> {
        (rows >= GUARDED_ROWS && outcome.deleted > rows / 2).then_some(Self::DeleteMost {
            table,
            deleted: outcome.deleted,
            rows,
        })
    }
}
