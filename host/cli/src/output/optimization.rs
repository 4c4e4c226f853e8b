//! What maintenance on demand did: a line for each table.

use std::time::Duration;

use lance_host_reconcile::Optimization;
use serde::Serialize;

use super::{
    report::milliseconds,
    table::{lines, table},
    words::{bytes, count, harmless},
};

/// One line for each table, then the tables that were left alone.
pub fn text(done: &Optimization) -> String {
    let mut text = String::new();
    if done.tables.is_empty() {
        text.push_str("nothing to optimize: lance-host manages no table here\n");
    } else {
        let heads = [
            "table",
            "fragments",
            "rows indexed",
            "versions removed",
            "freed",
            "version",
        ];
        let mut tables = table(&heads, heads.get(1..).unwrap_or_default());
        for done in &done.tables {
            tables.add_row([
                format!("{}/{}", done.database, done.table),
                format!("{} → {}", done.fragments_before, done.fragments_after),
                count(done.indexed_rows),
                count(done.versions_removed),
                bytes(done.bytes_removed),
                done.version.to_string(),
            ]);
        }
        text.push_str(&lines(&tables));
    }
    for table in &done.left_alone {
        let table = harmless(table);
        text.push_str(&format!(
            "{table}: left alone, since lance-host does not manage it; `lance-host optimize {table}` does it\n"
        ));
    }
    text
}

/// The same as `--json` prints it.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    #[serde(flatten)]
    done: &'a Optimization,
    duration_ms: u64,
}

impl<'a> Json<'a> {
    /// Adds what only the command knows.
    pub fn new(done: &'a Optimization, took: Duration) -> Self {
        Self {
            done,
            duration_ms: milliseconds(took),
        }
    }
}
