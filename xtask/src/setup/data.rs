//! Public data sets for the examples, from packages that are below `target/data/` afterwards.

use std::fs;
use std::process::Command;

use anyhow::Context;

use super::python::Python;
use crate::process;
use crate::stamp::Inputs;
use crate::workspace::Workspace;

/// What is left out where there are none.
pub const DATA: &str = "data sets";

/// Installs them unless they are there.
pub fn ensure(workspace: &Workspace) -> anyhow::Result<()> {
    let folder = workspace.target().join("data");
    let list = workspace.xtask().join("data/requirements.txt");
    let stamp = Inputs::of("pip").with(&list)?.stamp(folder.join("stamp"));
    if stamp.is_current() {
        return Ok(());
    }
    let python = Python::ensure(workspace)?;
    process::say(format!("installing the data sets of {}", list.display()));
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    process::run(
        Command::new(python.interpreter())
            .args(["-m", "pip", "install", "--quiet", "--no-deps"])
            .args(["--disable-pip-version-check", "--target"])
            .arg(&folder)
            .arg("-r")
            .arg(&list),
    )?;
    stamp.keep()
}
