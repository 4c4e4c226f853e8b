//! A failure, for people and for programs.

use std::time::Duration;

use lance_host_reconcile::{Status, TableReport};
use serde::Serialize;

use super::{
    report::{milliseconds, tables},
    words::harmless,
};
use crate::failure::{Failure, Kind};

/// The error and its causes, each on a line of its own, and what was done before it.
pub fn text(failure: &Failure) -> String {
    let mut text = String::new();
    for (depth, cause) in failure.causes().iter().enumerate() {
        let lead = if depth == 0 {
            "error: "
        } else {
            "  caused by: "
        };
        text.push_str(lead);
        text.push_str(harmless(cause).trim_end());
        text.push('\n');
    }
    for warning in failure.report().map_or(&[][..], |report| &report.warnings) {
        text.push_str(&format!("warning: {}\n", harmless(warning)));
    }
    if let Some(report) = failure.report()
        && report.status == Status::Failed
        && !report.tables.is_empty()
    {
        text.push_str("before that, these tables were brought in step:\n");
        text.push_str(&tables(report));
    }
    text
}

/// The failure as `--json` prints it.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pipeline: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<&'a str>,
    status: &'static str,
    tables: &'a [TableReport],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    warnings: &'a [String],
    error: Error,
    duration_ms: u64,
}

#[derive(Debug, Serialize)]
struct Error {
    kind: &'static str,
    message: String,
}

impl<'a> Json<'a> {
    /// Joins the failure with what only the command knows.
    pub fn new(failure: &'a Failure, took: Duration) -> Self {
        Self {
            pipeline: failure.pipeline(),
            run_id: failure.report().map(|report| report.run_id.as_str()),
            status: if failure.kind() == Kind::Guard {
                "refused"
            } else {
                "failed"
            },
            tables: failure.report().map_or(&[], |report| &report.tables),
            warnings: failure.report().map_or(&[], |report| &report.warnings),
            error: Error {
                kind: failure.kind().as_str(),
                message: failure.causes().join(": "),
            },
            duration_ms: milliseconds(took),
        }
    }
}

#[cfg(test)]
mod tests {
    use lance_host_reconcile::{Action, Report};

    use super::*;

    #[test]
    fn what_was_committed_before_the_failure_is_told() {
        let cause = std::io::Error::other("the disk is full");
        let error = anyhow::Error::new(cause).context("table default/b: cannot write its rows");
        let failure = Failure::new(Kind::Storage, error).with_report(Report {
            pipeline: "p".to_owned(),
            run_id: "1".to_owned(),
            status: Status::Failed,
            tables: vec![TableReport {
                database: "default".to_owned(),
                table: "a".to_owned(),
                action: Action::Create,
                schema_changes: Vec::new(),
                inserted: 1200,
                updated: 0,
                deleted: 0,
                unchanged: 0,
                version: Some(1),
                indexes: Vec::new(),
            }],
            warnings: Vec::new(),
        });
        let expected = "\
error: table default/b: cannot write its rows
  caused by: the disk is full
before that, these tables were brought in step:
table      action  inserted  updated  deleted  unchanged  version
default/a  create     1,200        0        0          0        1
";
        assert_eq!(text(&failure), expected);
        assert_eq!(Json::new(&failure, Duration::ZERO).tables.len(), 1);
    }
}
