//! The guest in JavaScript, which knows the contract and no SDK.

use std::path::PathBuf;

use super::place;
use crate::process::{self, say};
use crate::setup::javascript::JavaScript;
use crate::stamp::Inputs;
use crate::workspace::Workspace;

/// Its name, and the name of its component.
pub const JAVASCRIPT: &str = "javascript";

/// What builds it: packages that it names itself.
pub fn tools(workspace: &Workspace) -> anyhow::Result<JavaScript> {
    JavaScript::ensure(&source(workspace))
}

/// Builds it unless it is built.
pub fn build(workspace: &Workspace, tools: &JavaScript) -> anyhow::Result<()> {
    let source = source(workspace);
    let built = workspace.guests().join("javascript.wasm");
    let stamp = Inputs::of("jco componentize")
        .with(&source.join("package-lock.json"))?
        .with(&workspace.wit())?
        .with(&source.join("guest.js"))?
        .stamp(workspace.guests().join("javascript.stamp"));
    if !(stamp.is_current() && built.exists()) {
        say("building the guest javascript");
        // A pipeline does without HTTP, so the engine's own support for it stays out.
        process::run(
            tools
                .command("jco")
                .args(["componentize", "guest.js", "--world-name=pipeline", "--wit"])
                .arg(workspace.wit())
                .args(["--disable", "http", "fetch-event", "--out"])
                .arg(&built),
        )?;
        stamp.keep()?;
    }
    place(workspace, JAVASCRIPT, &built)
}

fn source(workspace: &Workspace) -> PathBuf {
    workspace.root.join("tests/guests/javascript")
}
