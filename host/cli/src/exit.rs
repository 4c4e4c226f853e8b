//! The exit codes, written once. Scripts depend on them: a code never changes its meaning.

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done. For `plan`: there is nothing to change. For `verify`: nothing drifted.
    Done = 0,
    /// The pipeline failed: it returned an error, trapped, declared something that cannot stand, or
    /// does not build.
    Pipeline = 1,
    /// The command was used or configured wrongly, or a tool is missing. clap ends with the same
    /// code.
    Usage = 2,
    /// A guard, or the person who was asked, refused the changes.
    Guard = 3,
    /// The pipeline hit a limit of time, memory or output.
    Limit = 4,
    /// The storage, or the machine that the host runs on, failed.
    Storage = 5,
    /// Another writer or another owner is in the way.
    Conflict = 6,
    /// `plan` found changes, or `verify` drift.
    Changes = 10,
    /// Interrupted from outside; 128 and the number of SIGINT, as shells report it.
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
