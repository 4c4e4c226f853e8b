//! `cargo xtask bench`: lance-host against others, on the same rows.
//!
//! The scripts below `xtask/bench` measure; this builds what they need.

use std::process::Command;

use crate::guests;
use crate::process::{self, say};
use crate::setup::{self, python::Python};
use crate::workspace::{self, Workspace};

/// The guest that makes the rows.
const GENERATOR: &str = "guest-generator";

/// Arguments of `cargo xtask bench`.
#[derive(clap::Args)]
pub struct Args {
    /// How many rows.
    #[arg(long, default_value_t = 100_000, conflicts_with = "quick")]
    rows: u32,
    /// How many times each step is measured; the median counts.
    #[arg(long, default_value_t = 3)]
    runs: u32,
    /// 10,000 rows, for a first impression in a few minutes.
    #[arg(long)]
    quick: bool,
}

/// `cargo xtask bench`.
pub fn run(workspace: &Workspace, args: &Args) -> anyhow::Result<()> {
    let cargo = setup::rust(workspace)?;
    let python = Python::ensure(workspace)?;
    let scripts = workspace.xtask().join("bench");
    let cocoindex = Python::with_packages(
        &workspace.target().join("venv-cocoindex"),
        &scripts.join("requirements-cocoindex.txt"),
    )?;
    guests::build_rust(workspace, &cargo, &[GENERATOR])?;

    say("building the host for release");
    let mut build = cargo.command();
    build.args(["build", "--release", "--package", "lance-host", "--bins"]);
    let host = workspace::binary(&workspace::build(&mut build)?, "lance-host")?;

    let rows = if args.quick { 10_000 } else { args.rows };
    process::run(
        Command::new(python.interpreter())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .arg(scripts.join("bench.py"))
            .arg("--host")
            .arg(host)
            .arg("--guest")
            .arg(workspace.component(GENERATOR))
            .arg("--python")
            .arg(python.interpreter())
            .arg("--cocoindex")
            .arg(cocoindex.interpreter())
            .arg("--folder")
            .arg(workspace.target().join("bench"))
            .args([
                "--rows",
                &rows.to_string(),
                "--runs",
                &args.runs.to_string(),
            ]),
    )
}
