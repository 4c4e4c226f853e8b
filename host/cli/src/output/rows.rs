//! Rows of a table: shortened for people, whole for programs.

mod cell;
mod json;
#[cfg(test)]
mod tests;
mod text;

use arrow::array::RecordBatch;
use serde::Serialize;

use super::{
    table::{lines, table},
    words::harmless,
};

/// The rows as aligned columns.
pub fn text(rows: &RecordBatch) -> String {
    let schema = rows.schema();
    let heads: Vec<String> = schema
        .fields()
        .iter()
        .map(|field| harmless(field.name()))
        .collect();
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let mut text = table(&heads, &[]);
    for row in 0..rows.num_rows() {
        let cells = rows.columns().iter();
        text.add_row(cells.map(|column| text::text(column.as_ref(), row)));
    }
    lines(&text)
}

/// The rows as `--json` prints them.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    database: &'a str,
    table: &'a str,
    rows: json::Rows<'a>,
}

impl<'a> Json<'a> {
    /// Adds which table they are of.
    pub fn new(database: &'a str, table: &'a str, rows: &'a RecordBatch) -> Self {
        Self {
            database,
            table,
            rows: json::Rows(rows),
        }
    }
}
