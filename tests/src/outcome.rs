//! What a user sees of one invocation of the command.

use std::{path::Path, process::Output, sync::LazyLock};

use regex::Regex;
use serde_json::Value;

/// Standard output, standard error and the exit code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The exit code; none if a signal ended the process.
    pub code: Option<i32>,
    /// Standard output as it came.
    pub stdout: String,
    /// Standard error as it came.
    pub stderr: String,
    home: String,
}

/// What a report says of one table's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Rows that were not there before.
    pub inserted: u64,
    /// Rows whose values changed.
    pub updated: u64,
    /// Rows that are gone.
    pub deleted: u64,
    /// Rows that were as declared.
    pub unchanged: u64,
}

impl Outcome {
    pub(crate) fn new(output: Output, home: &Path) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the command prints UTF-8");
        Self {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            home: home.display().to_string(),
        }
    }

    /// Fails the test unless the exit code is this one.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// The one JSON object that `--json` prints.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            panic!(
                "{error} in stdout:\n{}\nstderr:\n{}",
                self.stdout, self.stderr
            )
        })
    }

    /// The report's entry for a table of database `default`.
    #[track_caller]
    pub fn table(&self, name: &str) -> Value {
        let json = self.json();
        let tables = json["tables"].as_array().expect("a report has tables");
        tables
            .iter()
            .find(|table| table["table"] == name)
            .unwrap_or_else(|| panic!("no table {name} in {json}"))
            .clone()
    }

    /// What the report says of a table's rows.
    #[track_caller]
    pub fn counts(&self, name: &str) -> Counts {
        let table = self.table(name);
        let count = |key: &str| {
            table[key]
                .as_u64()
                .unwrap_or_else(|| panic!("{key} is no count in {table}"))
        };
        Counts {
            inserted: count("inserted"),
            updated: count("updated"),
            deleted: count("deleted"),
            unchanged: count("unchanged"),
        }
    }

    /// Standard error without what differs from run to run.
    pub fn told(&self) -> String {
        self.redacted(&self.stderr)
    }

    /// Standard output without what differs from run to run.
    pub fn printed(&self) -> String {
        self.redacted(&self.stdout)
    }

    /// Replaces places, ids, times and addresses in code.
    fn redacted(&self, text: &str) -> String {
        static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
            [
                (r"\b[0-9a-f]{32}\b", "[id]"),
                (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "[instant]"),
                (r#""duration_ms":\d+"#, r#""duration_ms":[time]"#),
                (r"\b(\d+ ms|\d+\.\d s)\b", "[time]"),
                (r"0x[0-9a-f]+", "[address]"),
                // Names of functions and lines of code change with every guest.
                (r"17h[0-9a-f]{16}E", "[hash]"),
                (r"\.rs:\d+:\d+", ".rs:[line]"),
            ]
            .map(|(pattern, by)| {
                (
                    Regex::new(pattern).expect("the pattern is written here"),
                    by,
                )
            })
            .into()
        });
        let guests = crate::Guest::Rows.file();
        let guests = guests
            .parent()
            .map(|folder| folder.display().to_string())
            .unwrap_or_default();
        let mut text = text
            .replace(&self.home, "[dir]")
            .replace(&guests, "[guests]");
        for (pattern, by) in PATTERNS.iter() {
            text = pattern.replace_all(&text, *by).into_owned();
        }
        text
    }
}
