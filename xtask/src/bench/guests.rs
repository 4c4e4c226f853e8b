//! `cargo xtask bench --guests`: what an SDK costs, in every language.
//!
//! `xtask/bench/guests.py` measures; this builds what it needs.

use std::process::Command;

use crate::guests;
use crate::process::{self, say};
use crate::setup::{self, optional::Skips};
use crate::workspace::{self, Workspace};

use super::{Args, QUICK};

/// The host that drops rows, an example of the crate that knows no storage.
const DROPPING: &str = "drop_rows";

/// Builds and measures.
pub fn run(workspace: &Workspace, args: &Args) -> anyhow::Result<()> {
    let cargo = setup::rust(workspace)?;
    let mut skips = Skips::default();
    let speed = guests::build_speed(workspace, &cargo, &mut skips)?;

    say("building the host, and one that drops rows, for release");
    let mut build = cargo.command();
    // All that links Lance together, as everywhere.
    build.args(["build", "--release", "--bins", "--examples"]);
    let built = workspace::build(&mut build)?;
    let (host, dropping) = (
        workspace::binary(&built, "lance-host")?,
        workspace::example(&built, DROPPING)?,
    );

    let mut measure = Command::new("python3");
    measure
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg(workspace.xtask().join("bench/guests.py"))
        .arg("--host")
        .arg(host)
        .arg("--dropping")
        .arg(dropping)
        .arg("--folder")
        .arg(workspace.target().join("bench-guests"))
        .args(["--runs", &args.runs.to_string()])
        .args(["--scale", if args.quick { QUICK } else { "1" }]);
    for (language, name) in speed {
        let component = workspace.component(name);
        measure
            .arg("--guest")
            .arg(format!("{language}={}", component.display()));
    }
    let measured = process::run(&mut measure);
    skips.tell();
    measured
}
