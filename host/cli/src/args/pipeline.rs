//! The flags that `run` and `plan` share: which pipeline, what it is given, what it may use.
//!
//! Both commands take the same flags, so that a plan tells what a run with the
//! same command line would do.

use std::path::PathBuf;

use clap::Args;
use lance_host_reconcile::RunOptions;
use lance_host_sandbox::{Grants, Limits};

use super::{
    databases::WritableArgs,
    values::{Mount, Pair, Size, Span},
};
use crate::failure::{Failure, Kind};

/// Flags of `run` and `plan`.
#[derive(Debug, Args)]
pub struct PipelineArgs {
    /// The pipeline: a WebAssembly component
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// The pipeline's name, under which it owns its rows [default: the file's stem]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// A parameter for the pipeline; may be repeated, the order is kept
    #[arg(long = "param", value_name = "K=V")]
    params: Vec<Pair>,

    #[command(flatten)]
    pub databases: WritableArgs,

    /// A directory that the pipeline may read; may be repeated
    #[arg(long = "dir", value_name = "HOST::GUEST", help_heading = "Grants")]
    dirs: Vec<Mount>,

    /// A directory that the pipeline may read and write; may be repeated
    #[arg(long = "dir-rw", value_name = "HOST::GUEST", help_heading = "Grants")]
    writable_dirs: Vec<Mount>,

    /// An environment variable for the pipeline; may be repeated
    #[arg(long = "env", value_name = "K=V", help_heading = "Grants")]
    env: Vec<Pair>,

    /// The longest time the pipeline may take
    #[arg(long, value_name = "DURATION", default_value_t = Span(Limits::default().timeout), help_heading = "Limits")]
    timeout: Span,

    /// The most memory the pipeline may use
    #[arg(long, value_name = "SIZE", default_value_t = Size(Limits::default().memory), help_heading = "Limits")]
    max_memory: Size,

    /// Memory of which declared rows and their index take shares; more rows go to the temporary
    /// directory
    #[arg(long, value_name = "SIZE", default_value_t = Size(RunOptions::new("").memory_budget), help_heading = "Limits")]
    memory_budget: Size,

    /// Apply changes that a guard would refuse: dropping a table, deleting most
    /// of one, declaring nothing at all
    #[arg(long, help_heading = "Guards")]
    pub allow_destructive: bool,

    /// Take over existing tables and rows that no pipeline owns
    #[arg(long, help_heading = "Guards")]
    adopt: bool,

    /// Compile the component again and keep no compiled code
    #[arg(long)]
    pub no_cache: bool,
}

impl PipelineArgs {
    /// The pipeline's name: as given, or the file's stem.
    pub fn name(&self) -> Result<String, Failure> {
        match &self.name {
            Some(name) => Ok(name.clone()),
            None => self
                .file
                .file_stem()
                .and_then(|stem| stem.to_str())
                .map(str::to_owned)
                .ok_or_else(|| {
                    Failure::message(
                        Kind::Usage,
                        format!("{}: cannot tell the pipeline's name from this file; give one with --name", self.file.display()),
                    )
                }),
        }
    }

    /// The parameters in their order.
    pub fn params(&self) -> Vec<(String, String)> {
        self.params.iter().cloned().map(Into::into).collect()
    }

    /// What the pipeline may use.
    pub fn grants(&self) -> Grants {
        let read_only = self.dirs.iter().map(|mount| mount.grant(false));
        let writable = self.writable_dirs.iter().map(|mount| mount.grant(true));
        Grants {
            dirs: read_only.chain(writable).collect(),
            env: self.env.iter().cloned().map(Into::into).collect(),
            ..Grants::default()
        }
    }

    /// What bounds the pipeline.
    pub fn limits(&self) -> Limits {
        Limits {
            timeout: self.timeout.0,
            memory: self.max_memory.0,
            ..Limits::default()
        }
    }

    /// How the run is to be reconciled; `commits` tells a run from a plan.
    pub fn run_options(&self, name: String, commits: bool) -> RunOptions {
        RunOptions {
            adopt: self.adopt,
            commits,
            memory_budget: self.memory_budget.0,
            ..RunOptions::new(name)
        }
    }
}
