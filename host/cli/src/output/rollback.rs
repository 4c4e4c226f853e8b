//! What going back to an earlier version changes.

use std::time::Duration;

use lance_host_reconcile::{Choice, RollbackReport, RollbackStatus};
use serde::Serialize;

use super::{
    report::milliseconds,
    table::{lines, table},
    words::{count, harmless},
};

/// What would change.
pub fn planned(report: &RollbackReport) -> String {
    let head = format!(
        "{}/{}: back from version {} to version {}{}\n",
        report.database,
        report.table,
        report.from,
        report.to,
        why(report)
    );
    let mut text = harmless(&head) + &changes(report);
    for warning in &report.warnings {
        text.push_str(&harmless(&format!("warning: {warning}\n")));
    }
    text
}

/// What has changed.
pub fn done(report: &RollbackReport) -> String {
    let name = format!("{}/{}", report.database, report.table);
    if report.status == RollbackStatus::Unchanged {
        return harmless(&format!(
            "{name}: version {} is the newest one; nothing to change\n",
            report.to
        ));
    }
    let version = report.version.unwrap_or(report.from + 1);
    let mut text = format!(
        "{name}: went back to version {}{}, as version {version}\n",
        report.to,
        why(report)
    );
    text.push_str(&changes(report));
    if let Some(tag) = &report.tag {
        text.push_str(&format!(
            "{name}: version {} has the tag {tag} for six days; `lance-host rollback {name}` takes this back\n",
            report.from
        ));
    }
    let mut pipelines = report.rows.iter().filter_map(|rows| rows.pipeline.as_ref());
    if let Some(first) = pipelines.next() {
        let others: String = pipelines.map(|name| format!(", {name}")).collect();
        text.push_str(&format!(
            "{name}: the next run makes true again what the pipeline declares: {first}{others}\n"
        ));
    }
    harmless(&text)
}

fn why(report: &RollbackReport) -> String {
    match &report.chosen {
        Choice::Version => String::new(),
        Choice::Tag { name } => format!(", which has the tag {name}"),
        Choice::BeforeRun { run_id, pipeline } => {
            format!(", the one before the last run, {run_id} of {pipeline}")
        }
    }
}

/// A line for each owner whose rows change, and one for each column that does.
fn changes(report: &RollbackReport) -> String {
    let mut text = String::new();
    if report.rows.is_empty() {
        text.push_str("no row changes\n");
    } else {
        let heads = ["rows of", "back", "changed", "gone"];
        let mut owners = table(&heads, heads.get(1..).unwrap_or_default());
        for rows in &report.rows {
            owners.add_row([
                rows.pipeline.clone().unwrap_or_else(|| "others".to_owned()),
                count(rows.back),
                count(rows.changed),
                count(rows.gone),
            ]);
        }
        text.push_str(&lines(&owners));
    }
    for change in &report.schema_changes {
        text.push_str(change);
        text.push('\n');
    }
    harmless(&text)
}

/// The same as `--json` prints it.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    #[serde(flatten)]
    report: &'a RollbackReport,
    duration_ms: u64,
}

impl<'a> Json<'a> {
    /// Adds what only the command knows.
    pub fn new(report: &'a RollbackReport, took: Duration) -> Self {
        Self {
            report,
            duration_ms: milliseconds(took),
        }
    }
}
