//! Guests in Rust: packages of the workspace, which cargo builds to components by itself.

use anyhow::Context;

use super::place;
use crate::setup::wasm_target::WASM_TARGET;
use crate::workspace::{self, Cargo, Workspace};

/// Builds these packages.
pub fn build(workspace: &Workspace, cargo: &Cargo, names: &[&str]) -> anyhow::Result<()> {
    let mut command = cargo.command();
    // A target folder of its own: the host's builds do not wait for it, nor it for them.
    command
        .args(["build", "--lib", "--profile=guest", "--target", WASM_TARGET])
        .arg("--target-dir")
        .arg(workspace.guests());
    for name in names {
        command.args(["--package", name]);
    }
    let artifacts = workspace::build(&mut command)?;
    for name in names {
        let target = name.replace('-', "_");
        let built = artifacts
            .iter()
            .filter(|artifact| artifact.target == target)
            .flat_map(|artifact| &artifact.files)
            .find(|file| {
                file.extension()
                    .is_some_and(|extension| extension == "wasm")
            })
            .with_context(|| format!("cargo built no component for the package `{name}`"))?;
        place(workspace, name, built)?;
    }
    Ok(())
}
