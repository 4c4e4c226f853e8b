//! `cargo xtask lint`: clippy over everything, guests included, with no warning left.

use crate::process;
use crate::setup;
use crate::workspace::{Half, Workspace};

/// `cargo xtask lint`.
pub fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let cargo = setup::rust(workspace)?;
    for half in [Half::Guest, Half::Host] {
        let mut clippy = cargo.command();
        clippy.arg("clippy").args(workspace.select(half));
        process::run(clippy.args(["--all-targets", "--", "--deny=warnings"]))?;
    }
    Ok(())
}
