//! The hidden subcommand: this same program, started again to compile one component.
//!
//! A process of its own can be limited by the operating system, and may be ended by it.

use std::{env, path::PathBuf, process::ExitCode, time::Duration};

use clap::Args;
use lance_host_sandbox::CompileCommand;

use crate::failure::{Failure, Kind};

/// The subcommand's name.
pub const NAME: &str = "compile-component";

/// What the sandbox appends to [`compile_command`], in its order.
#[derive(Debug, Args)]
pub struct CompileArgs {
    /// The component
    component: PathBuf,
    /// Where the compiled code goes
    output: PathBuf,
    /// Bytes of address space
    memory: u64,
    /// Seconds of processor time
    seconds: u64,
}

/// How the sandbox starts the subcommand.
pub fn compile_command() -> Result<CompileCommand, Failure> {
    let program = env::current_exe().map_err(|error| {
        let error = anyhow::Error::new(error)
            .context("cannot tell where this program is, to start it for compiling");
        Failure::new(Kind::Internal, error)
    })?;
    Ok(CompileCommand {
        program,
        args: vec![NAME.into()],
    })
}

/// Compiles. The parent reads standard error, so the message stands there alone.
pub fn compile(args: &CompileArgs) -> ExitCode {
    let CompileArgs {
        component,
        output,
        memory,
        seconds,
    } = args;
    match lance_host_sandbox::compile_child(
        component,
        output,
        *memory,
        Duration::from_secs(*seconds),
    ) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprint!("{error}");
            ExitCode::FAILURE
        }
    }
}
