//! A state that was made anew: how many rows each pipeline has.

use std::time::Duration;

use lance_host_reconcile::RebuiltState;
use serde::Serialize;

use super::{
    report::milliseconds,
    words::{count, harmless, owners, rows},
};

/// What giving rows to a pipeline would mean.
pub fn planned(report: &RebuiltState, owner: &str) -> String {
    let table = format!("{}/{}", report.database, report.table);
    harmless(&format!(
        "{table}: nothing proves whose {} are; {owner} would own them, and its next run deletes those that it does not declare\n",
        rows(report.claimed)
    ))
}

/// What was found and stored.
pub fn done(report: &RebuiltState) -> String {
    let table = format!("{}/{}", report.database, report.table);
    let mut text = String::new();
    for damage in &report.damage {
        text.push_str(&format!("{table}: {damage}\n"));
    }
    let version = report
        .version
        .map_or_else(|| "-".to_owned(), |version| version.to_string());
    let owners = owners(&report.owners, report.foreign_rows).join(", ");
    text.push_str(&format!(
        "{table}: the state was made anew, as of version {version}; rows by owner: {owners}\n"
    ));
    if report.claimed > 0 {
        text.push_str(&format!(
            "{table}: {} of them were given away as asked for\n",
            count(report.claimed)
        ));
    }
    if report.foreign_rows > 0 {
        text.push_str(&format!(
            "{table}: nothing proves that the {} of others {} to a pipeline; `lance-host run --adopt` takes over those that a pipeline declares, and `lance-host state rebuild {table} --owner PIPELINE` gives all of them to one\n",
            rows(report.foreign_rows),
            if report.foreign_rows == 1 { "belongs" } else { "belong" },
        ));
    }
    harmless(&text)
}

/// The same as `--json` prints it.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    status: &'static str,
    #[serde(flatten)]
    report: &'a RebuiltState,
    duration_ms: u64,
}

impl<'a> Json<'a> {
    /// Adds what only the command knows.
    pub fn new(report: &'a RebuiltState, took: Duration) -> Self {
        Self {
            status: "applied",
            report,
            duration_ms: milliseconds(took),
        }
    }
}
