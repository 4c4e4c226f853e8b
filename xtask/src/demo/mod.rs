//! `cargo xtask demo`: the whole of lance-host in a few minutes, on real documents.
//!
//! A folder of Markdown becomes a table that can be searched, and stays in step with
//! the folder. The demo holds what the host reports against what the table holds before
//! and after, and fails if they differ.

mod documents;
mod host;
mod rows;
mod story;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, ensure};

use self::documents::Documents;
use self::host::Host;
use self::rows::{Changes, Rows};
use self::story::{chapter, prompt, tell};
use crate::guests;
use crate::process;
use crate::setup;
use crate::workspace::{self, Cargo, Workspace};

/// The pipeline: a package, and the component made of it.
const PIPELINE: &str = "markdown-search";
/// The program that searches the table.
const QUERY: &str = "markdown-search-query";

/// `cargo xtask demo`.
pub fn run(workspace: &Workspace) -> anyhow::Result<()> {
    chapter("Building the host and the pipeline");
    let started = Instant::now();
    let cargo = setup::rust(workspace)?;
    guests::build_rust(workspace, &cargo, &[PIPELINE])?;
    let (program, query) = build(&cargo)?;
    tell(format!("built in {:.1?}", started.elapsed()));

    let folder = workspace.target().join("demo");
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }

    chapter("Collecting Markdown: the documentation of the crates that lance-host is made of");
    let documents = Documents::collect(workspace, &folder.join("docs"))?;
    tell(documents.summary());

    // Paths in the story are those that a reader of the checkout can type.
    let host = Host {
        program,
        folder: workspace.root.clone(),
        component: workspace::relative(workspace, &workspace.component(PIPELINE)).into(),
        documents: workspace::relative(workspace, documents.folder()).into(),
        database: workspace::relative(workspace, &folder.join("lance_data")).into(),
    };

    chapter("First run: every passage becomes a row");
    let first = host.run()?;
    let all = Rows::read(&host)?;
    first.ensure(&Changes {
        inserted: all.len(),
        ..Changes::default()
    })?;

    chapter("Second run: nothing changed, so nothing is written");
    let second = host.run()?;
    second.ensure(&Changes {
        unchanged: all.len(),
        ..Changes::default()
    })?;
    ensure!(
        second.version == first.version,
        "the table went from version {:?} to {:?} though nothing changed",
        first.version,
        second.version
    );

    chapter("One file is added, one edited, one removed");
    let touched = documents.touch()?;
    for (what, path) in touched.each() {
        tell(format!("{what:8} {path}"));
    }
    host.plan()?;
    let third = host.run()?;
    let now = Rows::read(&host)?;
    let changes = all.changes_to(&now);
    third.ensure(&changes)?;
    all.ensure_only_touched(&now, &touched)?;
    tell("checked against the table: these rows changed, all of them in these files, and no other");

    chapter("What there is");
    host.status()?;

    chapter("Searching the table");
    for text in [
        "derive Serialize and Deserialize for a struct",
        documents::ADDED_TOPIC,
    ] {
        search(workspace, &query, &host.database, text)?;
    }
    chapter("Done");
    tell(format!(
        "{:.1?} in all; everything is in {}",
        started.elapsed(),
        folder.display()
    ));
    Ok(())
}

/// The host and the searching program.
fn build(cargo: &Cargo) -> anyhow::Result<(std::path::PathBuf, std::path::PathBuf)> {
    let mut command = cargo.command();
    command.args([
        "build",
        "--package",
        "lance-host",
        "--package",
        QUERY,
        "--bins",
    ]);
    let artifacts = workspace::build(&mut command)?;
    Ok((
        workspace::binary(&artifacts, "lance-host")?,
        workspace::binary(&artifacts, QUERY)?,
    ))
}

fn search(workspace: &Workspace, query: &Path, database: &Path, text: &str) -> anyhow::Result<()> {
    let mut command = Command::new(query);
    command
        .current_dir(&workspace.root)
        .arg(database)
        .args([text, "--limit=3"]);
    prompt(QUERY, &command);
    process::run(&mut command)
}
