//! The state of all tables: who owns what, and who was there last.

use lance_host_reconcile::{IndexStatus, TableStatus};

use super::{
    table::{lines, table},
    words::{count, harmless, instant, owners},
};

/// One entry for each table.
pub fn text(tables: &[TableStatus]) -> String {
    if tables.is_empty() {
        return "no tables\n".to_owned();
    }
    let mut text = table(
        &[
            "table",
            "managed by",
            "rows",
            "owners",
            "version",
            "versions",
            "last run",
        ],
        &["rows", "version", "versions"],
    );
    for status in tables {
        text.add_row([
            format!("{}/{}", status.database, status.table),
            status.managed_by.to_owned(),
            count(status.rows),
            owners(&status.owners, status.foreign_rows).join("\n"),
            status.version.to_string(),
            count(status.versions),
            status.last_run.as_ref().map_or_else(
                || "-".to_owned(),
                |run| format!("{} by {}", instant(&run.at), run.pipeline),
            ),
        ]);
    }
    let mut text = lines(&text);
    for status in tables {
        for (tag, version) in &status.tags {
            text.push_str(&harmless(&format!(
                "{}/{}: version {version} has the tag {tag}\n",
                status.database, status.table
            )));
        }
        for line in status.indexes.iter().map(index) {
            text.push_str(&harmless(&format!(
                "{}/{}: {line}\n",
                status.database, status.table
            )));
        }
    }
    text
}

/// What there is to know about an index.
fn index(index: &IndexStatus) -> String {
    let whose = match index.pipelines.as_slice() {
        [] => "of others".to_owned(),
        pipelines => format!("of {}", pipelines.join(", ")),
    };
    let state = match (index.built, index.unindexed_rows) {
        (false, _) => ", waits".to_owned(),
        (true, 0) => String::new(),
        (true, 1) => ", 1 row is not in it yet".to_owned(),
        (true, rows) => format!(", {} rows are not in it yet", count(rows)),
    };
    format!("index {} on {} {whose}{state}", index.kind, index.column)
}
