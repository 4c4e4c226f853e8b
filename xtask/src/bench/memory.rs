//! `cargo xtask bench --memory`: how much memory runs take that are given more than fits into it.
//!
//! `xtask/bench/memory.py` measures; this builds what it needs.

use std::process::Command;

use crate::guests::build_rust;
use crate::process::{self, say};
use crate::setup;
use crate::workspace::{self, Workspace};

use super::{Args, GENERATOR, QUICK};

/// Builds and measures.
pub fn run(workspace: &Workspace, args: &Args) -> anyhow::Result<()> {
    let cargo = setup::rust(workspace)?;
    say("building the host for release");
    let mut build = cargo.command();
    // All that links Lance together, as everywhere.
    build.args(["build", "--release", "--bins"]);
    let built = workspace::build(&mut build)?;
    build_rust(workspace, &cargo, &[GENERATOR])?;

    let mut measure = Command::new("python3");
    measure
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg(workspace.xtask().join("bench/memory.py"))
        .arg("--host")
        .arg(workspace::binary(&built, "lance-host")?)
        .arg("--guest")
        .arg(workspace.component(GENERATOR))
        .arg("--folder")
        .arg(workspace.target().join("bench-memory"))
        .args(["--scale", if args.quick { QUICK } else { "1" }]);
    process::run(&mut measure)
}
