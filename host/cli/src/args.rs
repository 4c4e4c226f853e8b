//! The command line: what can be said, and its help.
//!
//! Defaults are not written here: they belong to the crates that use them.

pub mod databases;
pub mod pipeline;
pub mod query;
pub mod values;

use std::{num::NonZeroUsize, path::PathBuf};

use clap::{Parser, Subcommand};

use self::{
    databases::DatabaseArgs,
    pipeline::PipelineArgs,
    query::QueryArgs,
    values::{Place, TablePath},
};
use crate::{
    commands::compile::{self, CompileArgs},
    project::{Language, Manifest, ProjectName},
};

/// Runs data pipelines compiled to WebAssembly and keeps LanceDB tables in step
/// with what they declare
#[derive(Debug, Parser)]
#[command(name = "lance-host", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub global: GlobalArgs,

    #[command(subcommand)]
    pub command: Command,
}

/// Flags of every command.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct GlobalArgs {
    /// Print one JSON object on standard output
    #[arg(long, global = true, help_heading = "Output")]
    pub json: bool,

    /// Print results and errors only: no progress, no report, nothing that the
    /// pipeline prints
    #[arg(long, global = true, help_heading = "Output")]
    pub quiet: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    #[command(flatten)]
    Work(Work),

    /// Compile a component; the sandbox starts this as a child process with limits of its own
    #[command(hide = true, name = compile::NAME)]
    Compile(CompileArgs),
}

/// What a user asks for.
#[derive(Debug, Subcommand)]
pub enum Work {
    /// Run a pipeline and make the databases match what it declares
    Run(PipelineArgs),

    /// Run a pipeline and show what would change; exit code 10 if anything would
    Plan(PipelineArgs),

    /// Show what a component imports and exports, and whether this host can run it
    Inspect {
        /// The component
        file: PathBuf,
    },

    /// Show tables, who owns their rows, and their last run
    Status {
        #[command(flatten)]
        databases: DatabaseArgs,
    },

    /// Show the first rows of a table
    Show {
        /// The table
        #[arg(value_name = "DATABASE/TABLE")]
        table: TablePath,

        /// How many rows
        #[arg(long, value_name = "N", default_value = "10")]
        limit: NonZeroUsize,

        #[command(flatten)]
        databases: DatabaseArgs,
    },

    /// Show rows of a table that are near a vector, have some words or meet a condition
    Query(QueryArgs),

    /// Compact tables, bring their indexes up to date, and remove versions older than a week
    Optimize {
        /// A database, or one of its tables; without it, all tables that lance-host manages
        #[arg(value_name = "DATABASE[/TABLE]")]
        place: Option<Place>,

        #[command(flatten)]
        databases: DatabaseArgs,
    },

    /// Make a project that builds, runs and has a test
    New {
        /// The project's name, and that of its folder
        name: ProjectName,

        /// The language that it is written in
        #[arg(long, value_name = "LANGUAGE")]
        lang: Language,
    },

    /// Build a project to NAME.wasm in its folder
    #[command(long_about = format!(
        "Build a project to NAME.wasm in its folder, with its language's own tools.\n\n\
         `lance-host new` makes projects. A folder with a file {} is one.", Manifest::FILE))]
    Build {
        /// The project's folder
        #[arg(value_name = "DIR", default_value = ".")]
        folder: PathBuf,
    },

    /// Remove everything that a pipeline owns
    Drop {
        /// The pipeline's name
        pipeline: String,

        /// Do not ask
        #[arg(long)]
        yes: bool,

        #[command(flatten)]
        databases: DatabaseArgs,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
