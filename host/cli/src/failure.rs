//! Everything that can end a command early, as one type that knows its exit code.
//!
//! The libraries keep their own errors; here they meet, and each kind gets the
//! word that `--json` prints and the code that the process ends with.

use lance_host_reconcile::{CommitFailure, ErrorKind as ReconcileKind, Report};
use lance_host_sandbox::{Code, ErrorKind as SandboxKind, SandboxError};

use crate::{exit::Exit, secrets};

/// An error that ends a command.
#[derive(Debug)]
pub struct Failure {
    kind: Kind,
    error: anyhow::Error,
    pipeline: Option<String>,
    report: Option<Box<Report>>,
}

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The pipeline failed.
    Pipeline,
    /// The command was used or configured wrongly.
    Usage,
    /// The changes were refused.
    Guard,
    /// The pipeline hit a limit.
    Limit,
    /// The storage failed.
    Storage,
    /// Another writer or owner is in the way.
    Conflict,
    /// The machine under the host, or the host itself, failed.
    Internal,
    /// Somebody pressed Ctrl-C, or the process was asked to end.
    Interrupted,
}

impl Kind {
    /// The word for it in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pipeline => "pipeline",
            Self::Usage => "usage",
            Self::Guard => "guard",
            Self::Limit => "limit",
            Self::Storage => "storage",
            Self::Conflict => "conflict",
            Self::Internal => "internal",
            Self::Interrupted => "interrupted",
        }
    }

    fn exit(self) -> Exit {
        match self {
            Self::Pipeline => Exit::Pipeline,
            Self::Usage => Exit::Usage,
            Self::Guard => Exit::Guard,
            Self::Limit => Exit::Limit,
            Self::Storage | Self::Internal => Exit::Storage,
            Self::Conflict => Exit::Conflict,
            Self::Interrupted => Exit::Interrupted,
        }
    }
}

impl Failure {
    /// A failure of this kind.
    pub fn new(kind: Kind, error: impl Into<anyhow::Error>) -> Self {
        Self {
            kind,
            error: error.into(),
            pipeline: None,
            report: None,
        }
    }

    /// A failure of this kind that is nothing but a sentence.
    pub fn message(kind: Kind, message: impl Into<String>) -> Self {
        Self::new(kind, anyhow::Error::msg(message.into()))
    }

    /// Adds what is known about the run's tables.
    pub fn with_report(mut self, report: Report) -> Self {
        self.report = Some(Box::new(report));
        self
    }

    /// Adds which pipeline was to be run.
    pub fn of_pipeline(mut self, name: &str) -> Self {
        self.pipeline = Some(name.to_owned());
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The code that the process ends with.
    pub fn exit(&self) -> Exit {
        self.kind.exit()
    }

    /// Which pipeline was to be run.
    pub fn pipeline(&self) -> Option<&str> {
        self.pipeline.as_deref()
    }

    /// What is known about the run's tables.
    pub fn report(&self) -> Option<&Report> {
        self.report.as_deref()
    }

    /// The error and its causes, outermost first.
    ///
    /// A cause that its parent already quotes in full is left out: a reader
    /// gains nothing from the same sentence twice. Nor do they contain credentials.
    pub fn causes(&self) -> Vec<String> {
        let mut causes: Vec<String> = Vec::new();
        for cause in self.error.chain() {
            let text = secrets::without(&cause.to_string());
            if !causes.last().is_some_and(|parent| parent.contains(&text)) {
                causes.push(text);
            }
        }
        causes
    }
}

impl From<&SandboxError> for Kind {
    fn from(error: &SandboxError) -> Self {
        // A database that the pipeline asks for and nobody configured is put right on the
        // command line, not in the pipeline.
        let asks_for_a_database = error
            .refused()
            .is_some_and(|refused| refused.code == Code::UnknownDatabase);
        match error.kind() {
            SandboxKind::Pipeline if asks_for_a_database => Self::Usage,
            SandboxKind::Usage => Self::Usage,
            SandboxKind::Pipeline => Self::Pipeline,
            SandboxKind::Limit => Self::Limit,
            SandboxKind::Internal => Self::Internal,
        }
    }
}

impl From<SandboxError> for Failure {
    fn from(error: SandboxError) -> Self {
        Self::new(Kind::from(&error), error)
    }
}

impl From<lance_host_reconcile::Error> for Failure {
    fn from(error: lance_host_reconcile::Error) -> Self {
        let kind = match error.kind() {
            ReconcileKind::Pipeline => Kind::Pipeline,
            ReconcileKind::Usage => Kind::Usage,
            ReconcileKind::Guard => Kind::Guard,
            ReconcileKind::Storage => Kind::Storage,
            ReconcileKind::Conflict => Kind::Conflict,
        };
        Self::new(kind, error)
    }
}

impl From<Box<CommitFailure>> for Failure {
    fn from(failure: Box<CommitFailure>) -> Self {
        let mut report = failure.report;
        secrets::redact(&mut report.warnings);
        Self::from(failure.error).with_report(report)
    }
}
