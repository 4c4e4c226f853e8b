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
    output::words::{bytes, count, time},
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

    /// The component is being read, and its compiled code looked for.
    pub fn loading(&self, pipeline: &str) -> Result<(), Failure> {
        let text = format!("{pipeline}: loading");
        self.show(move |out| out.write_str(&text))
    }

    /// The component, of so many bytes, is being compiled. `kept` says whether the next run finds
    /// the result.
    pub fn compiling(&self, pipeline: &str, size: u64, kept: bool) -> Result<(), Failure> {
        let next = if kept { "; only the first time" } else { "" };
        let text = format!("{pipeline}: compiling {}{next}", bytes(size));
        let started = Instant::now();
        self.show(move |out| write!(out, "{text} ({})", time(started.elapsed())))
    }

    /// The pipeline runs; from here on the line follows `progress`.
    pub fn running(&self, pipeline: &str, progress: Arc<Progress>) -> Result<(), Failure> {
        let line = Line {
            pipeline: pipeline.to_owned(),
            progress,
            started: Instant::now(),
            writing_since: Arc::default(),
        };
        self.show(move |out| line.write(out))
    }

    /// Shows what `line` writes, anew each time.
    fn show(
        &self,
        line: impl Fn(&mut dyn Write) -> std::fmt::Result + Clone + Send + Sync + 'static,
    ) -> Result<(), Failure> {
        let style = ProgressStyle::with_template("{spinner} {line}")
            .map_err(|error| Failure::new(Kind::Internal, error))?
            .with_key("line", move |_: &ProgressState, out: &mut dyn Write| {
                // The line is a courtesy; a terminal that cannot take it loses nothing.
                let _ = line(out);
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
        // What comes next may be over before the line would be drawn by itself.
        self.bar.force_draw();
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
