//! Everything that can end a load or a run.

use std::{fmt, io, path::PathBuf};

use crate::{limits::Exceeded, target::TargetError, text::indented};

/// Whose business an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The host was asked for something that cannot be: a missing file, a bad grant.
    Usage,
    /// The pipeline failed, or can never run here.
    Pipeline,
    /// The pipeline hit a limit.
    Limit,
    /// The machine, or the host itself, failed.
    Internal,
}

/// Why a component could not be loaded or run.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The component's file cannot be read.
    #[error("cannot read the component {}", .file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file or the bytes are something else than a component.
    #[error("{subject} is not a WebAssembly component: {reason}")]
    NotAComponent {
        /// The file, or "the input".
        subject: String,
        /// What it is, and how to get a component.
        reason: String,
    },
    /// A directory cannot be granted.
    #[error("{flag}: {reason}")]
    Directory {
        /// The grant as it is written on the command line.
        flag: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The component is one that this host cannot run.
    #[error("{} cannot run here: {reason}", .file.display())]
    NotRunnable {
        /// The component's file.
        file: PathBuf,
        /// What it lacks or asks for.
        reason: String,
    },
    /// The component itself is over a limit.
    #[error("{} is over a limit: {exceeded}", .file.display())]
    TooLarge {
        /// The component's file.
        file: PathBuf,
        /// Which limit.
        exceeded: Exceeded,
    },
    /// The pipeline returned an error.
    #[error("pipeline {pipeline} failed: {message}{context}")]
    Failed {
        /// The pipeline's name.
        pipeline: String,
        /// The pipeline's own words.
        message: String,
        /// What else is known.
        context: Box<Context>,
    },
    /// The pipeline ended without returning: it trapped, aborted or exited.
    #[error("pipeline {pipeline} stopped: {reason}{context}")]
    Stopped {
        /// The pipeline's name.
        pipeline: String,
        /// What happened, in words.
        reason: String,
        /// What else is known.
        context: Box<Context>,
    },
    /// The pipeline hit a limit while it ran.
    #[error("pipeline {pipeline} hit a limit: {exceeded}{context}")]
    Limit {
        /// The pipeline's name.
        pipeline: String,
        /// Which limit.
        exceeded: Exceeded,
        /// What else is known.
        context: Box<Context>,
    },
    /// The pipeline succeeded, but some of what it declared was refused afterwards.
    #[error("pipeline {pipeline} declared what cannot be: {error}")]
    Rejected {
        /// The pipeline's name.
        pipeline: String,
        /// What was refused, and why.
        error: Box<TargetError>,
    },
    /// Compiled code cannot be kept.
    #[error("cannot keep compiled code in {}: {reason}; --no-cache does without", .dir.display())]
    Cache {
        /// The cache's directory.
        dir: PathBuf,
        /// Why.
        reason: String,
    },
    /// The process that compiles did not do its work.
    #[error("cannot compile {}: {reason}", .file.display())]
    Compile {
        /// The component's file.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// wasmtime failed where a guest has no part in it.
    #[error("the sandbox failed: {0:#}")]
    Engine(wasmtime::Error),
}

impl SandboxError {
    /// Whose business it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Read { .. }
            | Self::NotAComponent { .. }
            | Self::Directory { .. }
            | Self::Cache { .. } => ErrorKind::Usage,
            Self::NotRunnable { .. }
            | Self::Failed { .. }
            | Self::Stopped { .. }
            | Self::Rejected { .. } => ErrorKind::Pipeline,
            Self::TooLarge { .. } | Self::Limit { .. } => ErrorKind::Limit,
            Self::Compile { .. } | Self::Engine(_) => ErrorKind::Internal,
        }
    }

    /// The last declaration that was refused before the pipeline ended, whatever the pipeline
    /// itself says about it.
    pub fn refused(&self) -> Option<&TargetError> {
        match self {
            Self::Failed { context, .. }
            | Self::Stopped { context, .. }
            | Self::Limit { context, .. } => context.refused.as_ref(),
            Self::Rejected { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// What is known about the end of a run beside its cause. Shown as lines below it.
#[derive(Debug, Default)]
pub struct Context {
    /// The last declaration that was refused.
    pub refused: Option<TargetError>,
    /// Memory or table elements that the guest asked for and did not get.
    pub growth: Option<Exceeded>,
    /// Functions of the guest, the innermost first.
    pub backtrace: Vec<String>,
    /// The end of what the guest wrote to standard error.
    pub stderr: String,
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(refused) = &self.refused {
            write!(
                f,
                "\nthe last declaration that was refused:\n{}",
                indented(&refused.to_string())
            )?;
        }
        if let Some(growth) = &self.growth {
            write!(
                f,
                "\na request of the pipeline was refused before:\n{}",
                indented(&growth.to_string())
            )?;
        }
        if !self.backtrace.is_empty() {
            write!(
                f,
                "\nin the pipeline, innermost first:\n{}",
                indented(&self.backtrace.join("\n"))
            )?;
        }
        if !self.stderr.is_empty() {
            write!(
                f,
                "\nthe end of its standard error:\n{}",
                indented(&self.stderr)
            )?;
        }
        Ok(())
    }
}
