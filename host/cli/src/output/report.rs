//! The report of a run: a line for each table, and one about the whole.

use std::time::Duration;

use lance_host_reconcile::{Action, Guard, IndexAction, IndexReport, Report, Status};
use serde::Serialize;

use super::{
    table::{lines, table},
    words::{count, harmless, time},
};

/// The report as text.
pub fn text(report: &Report, took: Duration) -> String {
    let mut text = tables(report);
    let sum = |of: fn(&lance_host_reconcile::TableReport) -> u64| {
        count(report.tables.iter().map(of).sum())
    };
    let (inserted, updated, deleted, unchanged) = (
        sum(|t| t.inserted),
        sum(|t| t.updated),
        sum(|t| t.deleted),
        sum(|t| t.unchanged),
    );
    let rows =
        format!("{inserted} inserted, {updated} updated, {deleted} deleted, {unchanged} unchanged");
    let pipeline = &report.pipeline;
    let took = time(took);
    text.push_str(&match report.status {
        Status::Applied => format!("{pipeline}: applied in {took}: {rows}\n"),
        Status::Unchanged => {
            format!("{pipeline}: nothing to change, in {took}: {unchanged} rows are as declared\n")
        }
        Status::Planned => format!("{pipeline}: planned in {took}: {rows}; nothing was written\n"),
        Status::Refused => format!("{pipeline}: refused: {rows}; nothing was written\n"),
        Status::Failed => format!("{pipeline}: failed after {took}: {rows}\n"),
    });
    text
}

/// What happens to each table, without the summary.
pub fn tables(report: &Report) -> String {
    if report.tables.is_empty() {
        return String::new();
    }
    let numbers = ["inserted", "updated", "deleted", "unchanged", "version"];
    let mut table = table(
        &[
            "table",
            "action",
            "inserted",
            "updated",
            "deleted",
            "unchanged",
            "version",
        ],
        &numbers,
    );
    for entry in &report.tables {
        table.add_row([
            format!("{}/{}", entry.database, entry.table),
            action(entry.action).to_owned(),
            count(entry.inserted),
            count(entry.updated),
            count(entry.deleted),
            count(entry.unchanged),
            entry
                .version
                .map_or_else(|| "-".to_owned(), |version| version.to_string()),
        ]);
    }
    let mut text = lines(&table);
    for entry in &report.tables {
        for change in &entry.schema_changes {
            text.push_str(&harmless(&format!(
                "{}/{}: {change}\n",
                entry.database, entry.table
            )));
        }
        let changing = entry.indexes.iter().filter_map(index);
        for line in changing {
            text.push_str(&harmless(&format!(
                "{}/{}: {line}\n",
                entry.database, entry.table
            )));
        }
    }
    text
}

/// What happens to an index, unless it stays as it is.
fn index(index: &IndexReport) -> Option<String> {
    let action = match index.action {
        IndexAction::Create => "create".to_owned(),
        IndexAction::Replace => "replace".to_owned(),
        IndexAction::Drop => "drop".to_owned(),
        IndexAction::Wait => format!(
            "waits for {} vectors, and has {}",
            count(index.needs.unwrap_or_default()),
            count(index.has.unwrap_or_default())
        ),
        IndexAction::None => return None,
    };
    Some(format!(
        "index {} on {}: {action}",
        index.kind, index.column
    ))
}

fn action(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Adopt => "adopt",
        Action::Evolve => "evolve",
        Action::Rebuild => "rebuild",
        Action::Drop => "drop",
        Action::None => "-",
    }
}

/// The report as `--json` prints it.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    #[serde(flatten)]
    report: &'a Report,
    /// What a guard would refuse; only `plan` has any to tell.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    guards: Vec<String>,
    duration_ms: u64,
}

impl<'a> Json<'a> {
    /// Joins the report with what only the command knows.
    pub fn new(report: &'a Report, guards: &[Guard], took: Duration) -> Self {
        Self {
            report,
            guards: guards.iter().map(ToString::to_string).collect(),
            duration_ms: milliseconds(took),
        }
    }
}

/// Whole milliseconds, as JSON reports them.
pub fn milliseconds(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
