//! Running a command to its end, or until the process is asked to stop.

use std::{io, time::Duration};

use lance_host_reconcile::{Phase, Progress};
use tokio::time::timeout;

use crate::{
    exit::Exit,
    failure::{Failure, Kind},
    session::Session,
};

/// How long work that was told to stop may take to do so, and how long to clean up after it.
const GRACE: Duration = Duration::from_secs(1);

/// Runs `work` on a runtime of its own.
///
/// The work has a task to itself: a pipeline in a tight loop keeps its thread
/// busy, and the signal must be seen all the same.
pub fn run(
    session: &Session,
    work: impl Future<Output = Result<Exit, Failure>> + Send + 'static,
) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| machine("cannot start the threads of the runtime", error))?;
    let outcome = runtime.block_on(async {
        let mut work = tokio::spawn(work);
        tokio::select! {
            ended = &mut work => finished(ended),
            signal = asked_to_stop() => {
                signal.map_err(|error| machine("cannot watch for signals", error))?;
                work.abort();
                match timeout(GRACE, &mut work).await {
                    // It was done in the same moment; its own outcome is the truth.
                    Ok(Ok(outcome)) => outcome,
                    Ok(Err(_)) => {
                        if let Some(leftovers) = session.leftovers.get().cloned() {
                            // What is not done in time is left for the next run.
                            let _ = timeout(GRACE, leftovers.remove()).await;
                        }
                        Err(interrupted(&session.progress))
                    }
                    // It may still be writing.
                    Err(_) => Err(interrupted(&session.progress)),
                }
            }
        }
    });
    // Threads that still read a terminal or run a pipeline must not keep the process alive.
    runtime.shutdown_background();
    outcome
}

fn finished(ended: Result<Result<Exit, Failure>, tokio::task::JoinError>) -> Result<Exit, Failure> {
    match ended {
        Ok(outcome) => outcome,
        Err(error) => match error.try_into_panic() {
            // Where it happened was printed already. Lance panics on some damaged files.
            Ok(_) => Err(Failure::message(
                Kind::Internal,
                "the host failed unexpectedly; perhaps a stored file is damaged, which `lance-host verify` tells",
            )),
            Err(error) => Err(Failure::new(Kind::Internal, error)),
        },
    }
}

/// Says what is known about the databases after an interruption.
fn interrupted(progress: &Progress) -> Failure {
    let may_have_committed = progress.committed_tables() > 0
        || matches!(
            progress.phase(),
            Phase::Committing | Phase::Indexing | Phase::Done
        );
    let message = if may_have_committed {
        "interrupted while changes were committed; each table has either all of them or none. Run again to bring the rest in step"
    } else {
        "interrupted; nothing was written"
    };
    Failure::message(Kind::Interrupted, message)
}

fn machine(what: &'static str, error: io::Error) -> Failure {
    Failure::new(Kind::Internal, anyhow::Error::new(error).context(what))
}

#[cfg(unix)]
async fn asked_to_stop() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn asked_to_stop() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
