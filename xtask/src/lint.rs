//! `cargo xtask lint`: clippy over everything, guests included, with no warning left.

use crate::process;
use crate::setup;
use crate::workspace::Workspace;

/// `cargo xtask lint`.
pub fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let cargo = setup::rust(workspace)?;
    process::run(cargo.command().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "--deny=warnings",
    ]))
}
