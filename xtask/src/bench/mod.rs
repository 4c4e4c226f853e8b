//! `cargo xtask bench`: lance-host against others, on the same rows.
//!
//! The scripts below `xtask/bench` measure the whole command beside others, and a program of the
//! tests measures the reconciler alone; this builds what they need.

mod guests;
mod memory;

use std::process::Command;

use crate::guests::build_rust;
use crate::process::{self, say};
use crate::setup::{self, python::Python};
use crate::workspace::{self, Workspace};

/// How much fewer rows make a first impression.
const QUICK: &str = "0.1";

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
    /// Only the reconciler, without guests and others.
    #[arg(long, conflicts_with_all = ["quick", "guests"])]
    reconciler: bool,
    /// What the SDKs cost instead: rows from each language, into the host and into one that drops
    /// them.
    #[arg(long, conflicts_with = "rows")]
    guests: bool,
    /// How much memory runs of ten million rows take instead.
    #[arg(long, conflicts_with_all = ["rows", "reconciler", "guests"])]
    memory: bool,
}

/// The program that measures the reconciler alone, and what makes cargo build it.
const RECONCILER: &str = "reconciler-bench";
const RECONCILER_FEATURE: &str = "lance-host-tests/bench";

/// `cargo xtask bench`.
pub fn run(workspace: &Workspace, args: &Args) -> anyhow::Result<()> {
    if args.guests {
        return guests::run(workspace, args);
    }
    if args.memory {
        return memory::run(workspace, args);
    }
    let cargo = setup::rust(workspace)?;
    say("building the host for release");
    let mut build = cargo.command();
    // All that links Lance together, as everywhere.
    build.args([
        "build",
        "--release",
        "--bins",
        "--features",
        RECONCILER_FEATURE,
    ]);
    let built = workspace::build(&mut build)?;
    let (host, reconciler) = (
        workspace::binary(&built, "lance-host")?,
        workspace::binary(&built, RECONCILER)?,
    );
    let mut measure = Command::new(reconciler);
    if args.quick {
        measure.args(["--rows", "100000", "--large", "1000000"]);
    }
    process::run(&mut measure)?;
    if args.reconciler {
        return Ok(());
    }

    let python = Python::ensure(workspace)?;
    let scripts = workspace.xtask().join("bench");
    let cocoindex = Python::with_packages(
        &workspace.target().join("venv-cocoindex"),
        &scripts.join("requirements-cocoindex.txt"),
    )?;
    build_rust(workspace, &cargo, &[GENERATOR])?;

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
