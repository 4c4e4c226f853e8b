//! The project's own chores: `cargo xtask demo`, `test`, `bench`, `guests`.
//!
//! A fresh clone on a machine with Rust needs nothing else to be typed first: every
//! command installs what it needs below `target/` and is quick the second time. This
//! crate drives other programs and must not depend on the host's crates, since it is
//! compiled before anything else.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "tests may panic"
    )
)]

mod bench;
mod demo;
mod guests;
mod lint;
mod process;
mod setup;
mod stamp;
mod test;
mod torture;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// Builds, shows, tests and measures lance-host.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Builds the guest programs to `target/guests/components/NAME.wasm`.
    Guests(guests::Args),
    /// Runs the example over real documents, and shows that the table stays in step.
    Demo,
    /// Builds everything, and runs all tests.
    Test(test::Args),
    /// Measures lance-host against others, on the same rows.
    Bench(bench::Args),
    /// Kills many runs, and looks for anything lost or left behind.
    Torture(torture::Args),
    /// Lints everything.
    Lint,
}

fn main() -> ExitCode {
    match run(&Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> anyhow::Result<()> {
    let workspace = Workspace::load()?;
    match command {
        Command::Guests(args) => guests::run(&workspace, args),
        Command::Demo => demo::run(&workspace),
        Command::Test(args) => test::run(&workspace, args),
        Command::Bench(args) => bench::run(&workspace, args),
        Command::Torture(args) => torture::run(&workspace, args),
        Command::Lint => lint::run(&workspace),
    }
}
