//! What a comparison of tables with their state found.

use std::time::Duration;

use lance_host_reconcile::{Drift, DriftKind, Verification, VerifiedTable};
use serde::Serialize;

use super::{
    report::milliseconds,
    table::{lines, table},
    words::{harmless, owners, rows},
};

/// A line for each table, then what is not as it should be, and what to do about it.
pub fn text(done: &Verification) -> String {
    let mut text = String::new();
    if !done.tables.is_empty() {
        let mut tables = table(&["table", "owners", "version", "state"], &["version"]);
        for verified in &done.tables {
            tables.add_row([
                name(verified),
                owners(&verified.owners, verified.foreign_rows).join("\n"),
                verified.version.to_string(),
                word(verified).to_owned(),
            ]);
        }
        text.push_str(&lines(&tables));
    }
    for verified in &done.tables {
        for line in findings(verified) {
            text.push_str(&harmless(&format!("{}: {line}\n", name(verified))));
        }
    }
    for failed in &done.failed {
        let table = format!("{}/{}", failed.database, failed.table);
        text.push_str(&harmless(&format!(
            "{table}: cannot be verified: {}\n",
            failed.error
        )));
        if failed.is_storage {
            text.push_str(&harmless(&format!(
                "{table}: if its files are damaged, an earlier version may still be readable: `lance-host rollback {table} --to VERSION`\n"
            )));
        }
    }
    for table in &done.left_alone {
        text.push_str(&harmless(&format!(
            "{table}: left alone, since lance-host remembers nothing of it\n"
        )));
    }
    if text.is_empty() {
        text.push_str("no tables\n");
    }
    text
}

fn name(verified: &VerifiedTable) -> String {
    format!("{}/{}", verified.database, verified.table)
}

/// How a table is, in a word.
fn word(verified: &VerifiedTable) -> &'static str {
    if verified.is_wrong() {
        "drifted"
    } else if verified.repaired {
        "repaired"
    } else {
        "sound"
    }
}

/// What was found in a table, one sentence for each fact.
fn findings(verified: &VerifiedTable) -> Vec<String> {
    let is_damaged = !verified.damage.is_empty();
    let drift = verified.drift.iter().map(|found| drift(found, is_damaged));
    let mut findings: Vec<String> = drift.collect();
    findings.extend(verified.damage.iter().cloned());
    for index in &verified.broken_indexes {
        findings.push(format!(
            "the files of index {index:?} are gone; drop the index, and the next run builds it if a pipeline declares it"
        ));
    }
    findings.extend(verified.notes.iter().cloned());
    let untold = verified
        .drift
        .iter()
        .any(|drift| !drift.in_history && drift.kind != DriftKind::Twice);
    if verified.repaired {
        findings.push(
            "the state tells the truth now; the next run of each pipeline puts its rows right"
                .to_owned(),
        );
    } else if untold || is_damaged {
        findings.push(format!(
            "`lance-host verify {} --repair` makes the state tell the truth; then the next run of each pipeline puts its rows right",
            name(verified)
        ));
    }
    let is_nobodys = |drift: &Drift| drift.kind == DriftKind::New && drift.is_wrong();
    if verified.drift.iter().any(is_nobodys) {
        findings.push(
            "rows that are not remembered belong to nobody; `lance-host run --adopt` takes over those that a pipeline declares"
                .to_owned(),
        );
    }
    findings
}

/// How some rows drifted, which of them, why, and what becomes of it.
fn drift(drift: &Drift, is_damaged: bool) -> String {
    let whose = drift.pipeline.as_deref().unwrap_or("others");
    let (is, has, it) = match drift.rows {
        1 => ("is", "has", "it"),
        _ => ("are", "have", "them"),
    };
    let (what, did, remedy) = match drift.kind {
        DriftKind::Missing => (format!("{is} missing"), "removed", "inserts"),
        DriftKind::Changed => (
            format!("{has} other values than remembered"),
            "changed",
            "updates",
        ),
        DriftKind::New => (format!("{is} not remembered"), "added", "keeps"),
        DriftKind::Twice => (
            format!("{has} a key that another row has too"),
            "added",
            "keeps",
        ),
    };
    let why = match (&drift.pipeline, drift.kind) {
        (_, DriftKind::Twice) => {
            "delete what is too much, or let `lance-host run --adopt` keep one of each".to_owned()
        }
        _ if drift.in_history => {
            let next = drift
                .pipeline
                .as_ref()
                .map(|pipeline| format!(", and the next run of {pipeline} {remedy} {it}"));
            format!("another writer {did} {it}{}", next.unwrap_or_default())
        }
        _ if is_damaged => "what was remembered is damaged".to_owned(),
        _ => "the history of the table does not tell why".to_owned(),
    };
    let mut keys = drift.sample.join("; ");
    if u64::try_from(drift.sample.len()).is_ok_and(|told| told < drift.rows) {
        keys.push_str("; …");
    }
    format!("{} of {whose} {what} ({keys}): {why}", rows(drift.rows))
}

/// The same as `--json` prints it.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    status: &'static str,
    #[serde(flatten)]
    done: &'a Verification,
    duration_ms: u64,
}

impl<'a> Json<'a> {
    /// Adds what only the command knows.
    pub fn new(done: &'a Verification, took: Duration) -> Self {
        let any = |is: fn(&VerifiedTable) -> bool| done.tables.iter().any(is);
        let status = if !done.failed.is_empty() {
            "failed"
        } else if any(VerifiedTable::is_wrong) {
            "drifted"
        } else if any(|table| table.repaired) {
            "repaired"
        } else {
            "sound"
        };
        Self {
            status,
            done,
            duration_ms: milliseconds(took),
        }
    }
}
