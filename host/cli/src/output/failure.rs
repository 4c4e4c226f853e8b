//! A failure, for people and for programs.

use std::time::Duration;

use lance_host_reconcile::TableReport;
use serde::Serialize;

use super::{report::milliseconds, words::harmless};
use crate::failure::{Failure, Kind};

/// The error and its causes, each on a line of its own.
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
            error: Error {
                kind: failure.kind().as_str(),
                message: failure.causes().join(": "),
            },
            duration_ms: milliseconds(took),
        }
    }
}
