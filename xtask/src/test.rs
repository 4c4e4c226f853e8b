//! `cargo xtask test`: builds the host and all guests, and runs every test.

use std::{env, thread};

use crate::guests::{self, C, GO, JAVASCRIPT, PYTHON, ZIG};
use crate::process::{self, say};
use crate::setup::data::DATA;
use crate::setup::optional::Skips;
use crate::setup::python::Python;
use crate::setup::strace::{self, STRACE};
use crate::setup::{self, data};
use crate::workspace::{self, Half, Workspace};

/// A language, and what the paths of the tests contain that need its tools.
const NEEDING: &[(&str, &str)] = &[
    (PYTHON, PYTHON),
    (JAVASCRIPT, JAVASCRIPT),
    (C, "::c::"),
    (GO, "::go::"),
    (GO, "flights::"),
    (DATA, "flights::"),
    (C, "sensor_log::"),
    (DATA, "sensor_log::"),
    (PYTHON, "sensor_log::"),
    (STRACE, "durability::"),
    (PYTHON, "s3::"),
    (ZIG, "::zig::"),
    (ZIG, "time_zones::"),
    (DATA, "time_zones::"),
];

/// By which the test harness is told how many tests run at once.
const THREADS: &str = "RUST_TEST_THREADS";

/// Arguments of `cargo xtask test`.
#[derive(clap::Args)]
pub struct Args {
    /// Lints on the way: the workspace is compiled by clippy for the tests, with no warning left.
    #[arg(long)]
    lint: bool,

    /// Passed on to `cargo test`: `cargo xtask test -- FILTER -- --nocapture`.
    #[arg(last = true)]
    rest: Vec<String>,
}

/// `cargo xtask test`.
pub fn run(workspace: &Workspace, args: &Args) -> anyhow::Result<()> {
    let mut cargo = setup::rust(workspace)?;
    let mut skips = Skips::default();
    // By the compiler that their authors use: clippy's optimises less, and a component's backtrace
    // shows it.
    guests::build_all(workspace, &cargo, &mut skips)?;
    if args.lint {
        cargo = cargo.linted();
        let mut lint = cargo.command();
        lint.arg("build").args(workspace.select(Half::Guest));
        process::run(lint.arg("--all-targets"))?;
    }
    guests::check_c(workspace, &mut skips)?;
    guests::check_go(workspace, &mut skips)?;
    guests::check_javascript(workspace, &mut skips)?;
    guests::check_python(workspace, &mut skips)?;
    guests::check_zig(workspace, &mut skips)?;

    say("building the host and the tests");
    let mut build = cargo.command();
    build
        .arg("build")
        .args(workspace.select(Half::Host))
        .args(["--bins", "--tests"]);
    let host = workspace::binary(&workspace::build(&mut build)?, "lance-host")?;
    let python = skips.unless(PYTHON, Python::ensure(workspace))?;
    skips.unless(DATA, data::ensure(workspace))?;
    skips.unless(STRACE, strace::find())?;

    let outcome = [Half::Guest, Half::Host].into_iter().try_for_each(|half| {
        let mut test = cargo.command();
        test.arg("test").args(workspace.select(half));
        if let Some(threads) = threads() {
            test.env(THREADS, threads);
        }
        test.env("LANCE_HOST_BIN", &host)
            .env("LANCE_HOST_GUESTS", workspace.component_folder());
        if let Some(python) = &python {
            test.env("LANCE_HOST_PYTHON", python.interpreter());
        }
        let (cargo_args, harness_args) = split(&args.rest);
        test.args(cargo_args).arg("--").args(harness_args);
        for (language, tests) in NEEDING {
            if skips.has(language) {
                test.args(["--skip", tests]);
            }
        }
        process::run(&mut test)
    });
    skips.tell();
    outcome
}

/// How many tests run at once, unless somebody says so: twice as many as there are processors, since
/// about half of their time they wait for a disk, a server or a moment.
fn threads() -> Option<String> {
    if env::var_os(THREADS).is_some() {
        return None;
    }
    let processors = thread::available_parallelism().ok()?;
    Some((processors.get() * 2).to_string())
}

/// Arguments for cargo and, after `--`, for the test harness.
fn split(args: &[String]) -> (&[String], &[String]) {
    match args.iter().position(|arg| arg == "--") {
        Some(at) => {
            let (cargo, rest) = args.split_at(at);
            (
                cargo,
                rest.split_first().map_or(&[], |(_, harness)| harness),
            )
        }
        None => (args, &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn arguments_after_the_second_dashes_go_to_the_harness() {
        let args = ["filter", "--", "--nocapture"].map(String::from);
        let (cargo, harness) = split(&args);
        assert_eq!(cargo, ["filter"]);
        assert_eq!(harness, ["--nocapture"]);

        let (cargo, harness) = split(&args[..1]);
        assert_eq!(cargo, ["filter"]);
        assert!(harness.is_empty());
    }
}
