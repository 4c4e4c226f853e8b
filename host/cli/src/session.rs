//! What the commands of one invocation share: how to speak, and since when.

use std::{
    io::{IsTerminal, Write, stderr, stdin, stdout},
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use lance_host_reconcile::{Leftovers, Progress};
use serde::Serialize;

use crate::{
    args::GlobalArgs,
    failure::{Failure, Kind},
    output::words::harmless_json,
};

/// One invocation of the command.
#[derive(Debug, Clone)]
pub struct Session {
    global: GlobalArgs,
    started: Instant,
    /// How far the run has come; stays at its start for commands that run nothing.
    pub progress: Arc<Progress>,
    /// What to remove if the run is interrupted.
    pub leftovers: Arc<OnceLock<Leftovers>>,
}

impl Session {
    /// Begins now.
    pub fn new(global: GlobalArgs) -> Self {
        Self {
            global,
            started: Instant::now(),
            progress: Arc::default(),
            leftovers: Arc::default(),
        }
    }

    /// Whether a program reads the result.
    pub fn json(&self) -> bool {
        self.global.json
    }

    /// Whether nothing but results and errors is wanted.
    pub fn quiet(&self) -> bool {
        self.global.quiet
    }

    /// Whether progress is to be shown: only to a person, and only if wanted.
    pub fn shows_progress(&self) -> bool {
        !self.quiet() && !self.json() && stderr().is_terminal()
    }

    /// Whether somebody is there who can answer.
    pub fn can_ask(&self) -> bool {
        !self.json() && stdin().is_terminal() && stderr().is_terminal()
    }

    /// Time since the command was started.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Asks a question that is answered with yes or no; no answer is a no.
    pub async fn ask(&self, question: &str) -> Result<bool, Failure> {
        eprint!("{question} [y/N] ");
        let read = tokio::task::spawn_blocking(|| {
            let mut answer = String::new();
            stdin().read_line(&mut answer).map(|_| answer)
        });
        let answer = read
            .await
            .map_err(|error| Failure::new(Kind::Internal, error))?
            .map_err(|error| {
                Failure::new(
                    Kind::Internal,
                    anyhow::Error::new(error).context("cannot read the answer"),
                )
            })?;
        Ok(matches!(
            answer.trim().to_ascii_lowercase().as_str(),
            "y" | "yes"
        ))
    }

    /// Prints a result for people on standard output.
    pub fn print(&self, text: &str) -> Result<(), Failure> {
        written(write!(stdout().lock(), "{text}"))
    }

    /// Prints a result for programs on standard output.
    pub fn print_json(&self, value: &impl Serialize) -> Result<(), Failure> {
        let text =
            serde_json::to_string(value).map_err(|error| Failure::new(Kind::Internal, error))?;
        written(writeln!(stdout().lock(), "{}", harmless_json(text)))
    }
}

/// A reader that went away wants no more, which is no failure of ours.
fn written(outcome: std::io::Result<()>) -> Result<(), Failure> {
    match outcome {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::new(
            Kind::Internal,
            anyhow::Error::new(error).context("cannot write to standard output"),
        )),
        _ => Ok(()),
    }
}
