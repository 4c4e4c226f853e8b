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
    databases::{DatabaseArgs, WritableArgs},
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
        databases: WritableArgs,
    },

    /// Compare tables with what is remembered of their rows; exit code 10 if anything drifted
    #[command(
        long_about = "Compare tables with what is remembered of their rows.\n\n\
        Reads every row. Ends with exit code 10 if rows of a pipeline are missing, were changed by \
        others or are stored twice, or if what is remembered is damaged or does not match."
    )]
    Verify {
        /// Databases, or tables of them; without it, all tables
        #[arg(value_name = "DATABASE[/TABLE]")]
        places: Vec<Place>,

        /// Make what is remembered match the tables; no row is changed, and the next run of a
        /// pipeline writes its rows where they drifted
        #[arg(long)]
        repair: bool,

        #[command(flatten)]
        databases: DatabaseArgs,
    },

    /// Look after what is remembered of a table's rows
    #[command(subcommand)]
    State(State),

    /// Go back to an earlier version of a table
    #[command(long_about = "Go back to an earlier version of a table.\n\n\
        Everything that the table held at that version comes back in one new version, rows of \
        others included, and what is remembered of the rows with it. The next run of a pipeline \
        makes what it declares true again. The version before is tagged, so that this can be taken \
        back.")]
    Rollback {
        /// The table
        #[arg(value_name = "DATABASE/TABLE")]
        table: TablePath,

        /// The version to go back to, by its number or a tag; without it, the version before
        /// the latest destructive change, else the one before the last run
        #[arg(long, value_name = "VERSION|TAG")]
        to: Option<String>,

        /// Do not ask
        #[arg(long)]
        yes: bool,

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
        databases: WritableArgs,
    },
}

/// What to do with what is remembered of a table's rows.
#[derive(Debug, Subcommand)]
pub enum State {
    /// Make it anew, from the table and what is left of it
    #[command(long_about = "Make what is remembered of a table's rows anew.\n\n\
        Reads every row. A row belongs to a pipeline if what is left proves it, else to nobody, \
        and no pipeline changes it. `run --adopt` takes over those that a pipeline declares.")]
    Rebuild {
        /// The table
        #[arg(value_name = "DATABASE/TABLE")]
        table: TablePath,

        /// Give all rows that then belong to nobody to this pipeline; its next run deletes
        /// those that it does not declare
        #[arg(long, value_name = "PIPELINE")]
        owner: Option<String>,

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
