//! The guest in Python, which knows the contract and no SDK.

use std::process::Command;

use super::place;
use crate::process::{self, say};
use crate::setup::python::Python;
use crate::stamp::Inputs;
use crate::workspace::Workspace;

/// Its name, and the name of its component.
pub const PYTHON: &str = "python";

/// Builds it unless it is built.
pub fn build(workspace: &Workspace, python: &Python) -> anyhow::Result<()> {
    let source = workspace.root.join("tests/guests/python");
    let built = workspace.guests().join("python.wasm");
    let stamp = Inputs::of("componentize-py")
        .with(&workspace.xtask().join("python/requirements.txt"))?
        .with(&workspace.wit())?
        .with(&source.join("guest.py"))?
        .stamp(workspace.guests().join("python.stamp"));
    if !(stamp.is_current() && built.exists()) {
        say("building the guest python");
        process::run(
            Command::new(python.program("componentize-py"))
                .arg("--wit-path")
                .arg(workspace.wit())
                .args([
                    "--world=pipeline",
                    "--quiet",
                    "componentize",
                    "guest",
                    "--python-path",
                ])
                .arg(&source)
                .arg("--output")
                .arg(&built),
        )?;
        stamp.keep()?;
    }
    place(workspace, PYTHON, &built)
}
