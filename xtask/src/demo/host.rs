//! Runs of the host, as a user would type them, and what they report.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, ensure};
use serde_json::Value;

use super::rows::Changes;
use super::story::{count, prompt, tell};
use crate::process;

/// What `plan` ends with if a run would change anything.
const CHANGES_FOUND: i32 = 10;
/// The table that the pipeline declares.
const TABLE: &str = "default/documents";

/// The host's program, and what it works on.
pub struct Host {
    pub program: PathBuf,
    /// Where it is started; the paths below are relative to it.
    pub folder: PathBuf,
    pub component: PathBuf,
    pub documents: PathBuf,
    pub database: PathBuf,
}

/// What a run reported about the table.
pub struct Report {
    changes: Changes,
    pub version: Option<u64>,
}

impl Host {
    /// Runs the pipeline and tells what the report says.
    pub fn run(&self) -> anyhow::Result<Report> {
        let mut command = self.pipeline("run");
        command.arg("--json");
        prompt("lance-host", &command);
        let started = Instant::now();
        let text = process::stdout(&mut command)?;
        let took = started.elapsed();
        let json: Value = serde_json::from_str(&text)
            .with_context(|| format!("`lance-host run --json` printed no JSON but {text:?}"))?;
        tell(text.trim_end());
        let report = Report::read(&json)?;
        let Changes {
            inserted,
            updated,
            deleted,
            unchanged,
        } = report.changes;
        let status = json.get("status").and_then(Value::as_str).unwrap_or("?");
        tell(format!(
            "{status}: {} inserted, {} updated, {} deleted, {} unchanged, in {took:.1?}",
            count(inserted),
            count(updated),
            count(deleted),
            count(unchanged),
        ));
        Ok(report)
    }

    /// Shows what a run would change.
    pub fn plan(&self) -> anyhow::Result<()> {
        let mut command = self.pipeline("plan");
        prompt("lance-host", &command);
        let status = command.status().context("cannot start lance-host")?;
        ensure!(
            status.code() == Some(CHANGES_FOUND),
            "`lance-host plan` should have found changes and ended with {CHANGES_FOUND}: {status}"
        );
        Ok(())
    }

    /// Shows what there is.
    pub fn status(&self) -> anyhow::Result<()> {
        let mut command = self.command("status");
        self.name_database(&mut command);
        prompt("lance-host", &command);
        process::run(&mut command)
    }

    /// The rows of the table, as JSON objects.
    pub fn show(&self) -> anyhow::Result<Vec<Value>> {
        let mut command = self.command("show");
        // More than there can be.
        command.args([TABLE, "--limit=100000000", "--json"]);
        self.name_database(&mut command);
        let text = process::stdout(&mut command)?;
        let json: Value =
            serde_json::from_str(&text).context("`lance-host show` printed no JSON")?;
        let rows = json.get("rows").and_then(Value::as_array).cloned();
        rows.context("`lance-host show --json` printed no rows")
    }

    /// A subcommand that runs the pipeline, with the documents granted to it.
    fn pipeline(&self, subcommand: &str) -> Command {
        let mut grant = OsString::from(&self.documents);
        grant.push("::/docs");
        let mut command = self.command(subcommand);
        command.arg(&self.component).arg("--dir").arg(grant);
        self.name_database(&mut command);
        command
    }

    fn command(&self, subcommand: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(&self.folder).arg(subcommand);
        command
    }

    fn name_database(&self, command: &mut Command) {
        let mut database = OsString::from("default=");
        database.push(&self.database);
        command.arg("--db").arg(database);
    }
}

impl Report {
    /// Reads what `run --json` prints.
    fn read(json: &Value) -> anyhow::Result<Self> {
        let tables = json
            .get("tables")
            .and_then(Value::as_array)
            .map(Vec::as_slice);
        let Some([table]) = tables else {
            anyhow::bail!("the run reports other than one table: {json}");
        };
        let number = |name: &str| {
            let value = table.get(name).and_then(Value::as_u64);
            let value = value.and_then(|value| usize::try_from(value).ok());
            value.with_context(|| format!("the report of the table has no `{name}`: {table}"))
        };
        Ok(Self {
            changes: Changes {
                inserted: number("inserted")?,
                updated: number("updated")?,
                deleted: number("deleted")?,
                unchanged: number("unchanged")?,
            },
            version: table.get("version").and_then(Value::as_u64),
        })
    }

    /// Fails unless the run did exactly this.
    pub fn ensure(&self, expected: &Changes) -> anyhow::Result<()> {
        ensure!(
            self.changes == *expected,
            "the run reported {:?}, but the table shows {expected:?}",
            self.changes
        );
        Ok(())
    }
}
