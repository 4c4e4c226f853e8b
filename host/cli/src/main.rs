//! `lance-host`: the command.
//!
//! The only crate that knows both the sandbox and the reconciler. It reads the
//! command line, joins the two, and says what happened. Whatever could be said
//! about components or about tables belongs to one of the other crates.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "a test may panic"
    )
)]

mod adapter;
mod allocator;
mod args;
mod build;
mod cache;
mod commands;
mod config;
mod display;
mod exit;
mod failure;
mod guest_output;
mod interrupt;
mod new;
mod output;
mod pipeline;
mod project;
mod secrets;
mod session;
mod told_once;

use std::process::ExitCode;

use clap::Parser;

use crate::{
    args::{Cli, Command, GlobalArgs},
    exit::Exit,
    failure::{Failure, Kind},
    session::Session,
};

fn main() -> ExitCode {
    let Cli { global, command } = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return wrong_usage(&error).into(),
    };
    let work = match command {
        Command::Work(work) => work,
        // Without a runtime: its threads would take their share of the limits.
        Command::Compile(args) => return commands::compile::compile(&args),
    };
    let session = Session::new(global);
    let work = commands::execute(work, session.clone());
    let exit = match interrupt::run(&session, work) {
        Ok(exit) => exit,
        Err(failure) => {
            report_failure(&failure, &session);
            failure.exit()
        }
    };
    exit.into()
}

/// Says what went wrong: always to people, with `--json` to programs too.
fn report_failure(failure: &Failure, session: &Session) {
    eprint!("{}", output::failure::text(failure));
    if session.json() {
        // The exit code tells what happened even if nobody reads this.
        let _ = session.print_json(&output::failure::Json::new(failure, session.elapsed()));
    }
}

/// clap prints help, versions and what is wrong with a command line; a program gets the latter as JSON too.
fn wrong_usage(error: &clap::Error) -> Exit {
    // The exit code tells what happened even if nobody reads this.
    let _ = error.print();
    if !error.use_stderr() {
        return Exit::Done;
    }
    if std::env::args_os().any(|argument| argument == "--json") {
        let text = error.render().to_string();
        let message = text
            .lines()
            .next()
            .unwrap_or_default()
            .trim_start_matches("error: ");
        let failure = Failure::message(Kind::Usage, message);
        let session = Session::new(GlobalArgs {
            json: true,
            quiet: false,
        });
        let _ = session.print_json(&output::failure::Json::new(&failure, session.elapsed()));
    }
    Exit::Usage
}
