//! Progress of a run on a terminal: one line on standard error that goes away at the end.

use std::{
    fmt::Write,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use lance_host_reconcile::{Phase, Progress};

use crate::{
    failure::{Failure, Kind},
    output::words::count,
    session::Session,
};

/// How often the line is drawn again.
const TICK: Duration = Duration::from_millis(100);

/// The line. Clones draw the same one.
#[derive(Debug, Clone)]
pub struct Display {
    bar: ProgressBar,
    wanted: bool,
}

impl Display {
    /// A line that is shown as soon as there is something to say, if this session wants one.
    pub fn new(session: &Session) -> Self {
        Self {
            bar: ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()),
            wanted: session.shows_progress(),
        }
    }

    /// The component is being read, and compiled unless it was before.
    pub fn loading(&self, pipeline: &str) {
        self.bar.set_style(ProgressStyle::default_spinner());
        self.bar.set_message(format!(
            "{pipeline}: loading; a component is compiled the first time"
        ));
        self.draw();
    }

    /// The pipeline runs; from here on the line follows `progress`.
    pub fn running(&self, pipeline: &str, progress: Arc<Progress>) -> Result<(), Failure> {
        let line = Line {
            pipeline: pipeline.to_owned(),
            progress,
            started: Instant::now(),
            writing_since: Arc::default(),
        };
        let style = ProgressStyle::with_template("{spinner} {line}")
            .map_err(|error| Failure::new(Kind::Internal, error))?
            .with_key("line", move |_: &ProgressState, out: &mut dyn Write| {
                // The line is a courtesy; a terminal that cannot take it loses nothing.
                let _ = line.write(out);
            });
        self.bar.set_style(style);
        self.draw();
        Ok(())
    }

    fn draw(&self) {
        if self.wanted && self.bar.is_hidden() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.bar.enable_steady_tick(TICK);
        }
        self.bar.tick();
    }

    /// Prints something else without tearing the line.
    pub fn suspend(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }

    /// Takes the line away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

#[derive(Debug, Clone)]
struct Line {
    pipeline: String,
    progress: Arc<Progress>,
    started: Instant,
    writing_since: Arc<OnceLock<Instant>>,
}

impl Line {
    fn write(&self, out: &mut dyn Write) -> std::fmt::Result {
        write!(out, "{}: ", self.pipeline)?;
        let progress = &self.progress;
        match progress.phase() {
            Phase::Declaring => {
                let rows = progress.declared();
                write!(
                    out,
                    "{} rows declared ({})",
                    count(rows),
                    rate(rows, self.started)
                )
            }
            Phase::Diffing => write!(out, "comparing {} rows", count(progress.declared())),
            Phase::Writing => {
                let since = *self.writing_since.get_or_init(Instant::now);
                let (written, all) = (progress.written(), progress.to_write());
                write!(
                    out,
                    "{} of {} rows written ({})",
                    count(written),
                    count(all),
                    rate(written, since)
                )
            }
            Phase::Committing => write!(
                out,
                "committing, {} tables done",
                count(progress.committed_tables())
            ),
            Phase::Indexing => write!(out, "indexing"),
            Phase::Done => write!(out, "done"),
        }
    }
}

#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate for people needs three digits"
)]
fn rate(rows: u64, since: Instant) -> String {
    let seconds = since.elapsed().as_secs_f64().max(0.001);
    format!("{}/s", count((rows as f64 / seconds) as u64))
}
