//! Compiles components in a child process that is limited by the operating system.
//!
//! Compiling is the one place where a component's size turns into the host's time and memory
//! without any guest running. The child may run out of both, and nothing but it ends.

use std::{
    ffi::OsString,
    io,
    num::NonZero,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rlimit::Resource;
use tokio::{io::AsyncReadExt, process::Command};

use crate::{
    engine,
    error::SandboxError,
    limits::{Exceeded, Limits},
    text::printable,
};

/// How many threads compile. Each takes address space of its own, whether it uses it or not.
const THREADS: usize = 4;

/// How much of what the child says is read, in bytes.
const MESSAGE: u64 = 16 << 10;

/// How to start the child process that compiles, for example the running executable with a
/// hidden subcommand.
///
/// The sandbox appends four arguments: the component's path, the path to write to, the bytes of
/// address space and the seconds of processor time. The child calls [`compile_child`] with them.
/// On an error it writes the message to standard error, and nothing else, and its exit code is
/// not 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileCommand {
    /// The program.
    pub program: PathBuf,
    /// Its first arguments.
    pub args: Vec<OsString>,
}

/// Why the child could not compile.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The operating system did not set the limits, and nothing was compiled.
    #[error("the limits of the compiling process cannot be set: {0}")]
    Limits(io::Error),
    /// The component is not valid.
    #[error("{0:#}")]
    Invalid(wasmtime::Error),
    /// The result cannot be written, or the component not read.
    #[error("{}: {source}", .path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The work of the child process: limits itself to `memory` bytes of address space and to `cpu`
/// of processor time, compiles `component` and writes the result to `output`.
///
/// The limits are of the whole process and cannot be taken back: call this in a process that does
/// nothing else.
pub fn compile_child(
    component: &Path,
    output: &Path,
    memory: u64,
    cpu: Duration,
) -> Result<(), CompileError> {
    let seconds = cpu.as_secs().max(1);
    rlimit::setrlimit(Resource::CORE, 0, 0).map_err(CompileError::Limits)?;
    rlimit::setrlimit(Resource::AS, memory, memory).map_err(CompileError::Limits)?;
    // The soft limit ends the process by a signal of its own, the hard one like anybody could.
    rlimit::setrlimit(Resource::CPU, seconds, seconds.saturating_add(1))
        .map_err(CompileError::Limits)?;

    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // What one thread could not allocate, another misses: that is no defect to report.
        if has_used(memory - memory / 10) {
            std::process::abort();
        }
        told(panic);
    }));

    let file = |path: &Path| {
        let path = path.to_owned();
        move |source| CompileError::File { path, source }
    };
    let bytes = std::fs::read(component).map_err(file(component))?;
    let engine = engine::new_engine().map_err(CompileError::Invalid)?;
    let compiled = engine
        .precompile_component(&bytes)
        .map_err(CompileError::Invalid)?;
    std::fs::write(output, compiled).map_err(file(output))
}

/// Whether this process has had this much address space at once, where the system tells.
fn has_used(bytes: u64) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmPeak:"));
    let kilobytes = peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.trim().parse().ok());
    kilobytes.is_some_and(|kilobytes: u64| kilobytes.saturating_mul(1024) >= bytes)
}

/// Compiles the component in `component` to `output`. `file` is the component's name in messages.
pub(crate) async fn compile(
    command: &CompileCommand,
    file: &Path,
    component: &Path,
    output: &Path,
    limits: &Limits,
) -> Result<(), SandboxError> {
    let failed = |reason: String| SandboxError::Compile {
        file: file.to_owned(),
        reason,
    };
    let threads = std::thread::available_parallelism()
        .map_or(1, NonZero::get)
        .min(THREADS);
    let mut child = Command::new(&command.program)
        .args(&command.args)
        .arg(component)
        .arg(output)
        .arg(limits.compile_memory.to_string())
        .arg(limits.compile_time.as_secs().max(1).to_string())
        .env_clear()
        .env("RAYON_NUM_THREADS", threads.to_string())
        // The allocator reserves address space for each arena.
        .env("MALLOC_ARENA_MAX", "2")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| {
            failed(format!(
                "{} cannot be started: {error}",
                command.program.display()
            ))
        })?;

    let mut message = Vec::new();
    if let Some(stderr) = child.stderr.take() {
        // Should reading fail, the exit status still says what matters.
        let _ = stderr.take(MESSAGE).read_to_end(&mut message).await;
    }
    let status = child
        .wait()
        .await
        .map_err(|error| failed(format!("the compiling process is lost: {error}")))?;
    if status.success() {
        return Ok(());
    }
    let over = |exceeded| SandboxError::TooLarge {
        file: file.to_owned(),
        exceeded,
    };
    match status.signal() {
        Some(SIGXCPU) => Err(over(Exceeded::CompileTime {
            limit: limits.compile_time,
        })),
        // Without memory the allocator aborts.
        Some(SIGABRT) => Err(over(Exceeded::CompileMemory {
            limit: limits.compile_memory,
        })),
        Some(signal) => Err(failed(format!(
            "the compiling process was ended by signal {signal}"
        ))),
        None => {
            let message = printable(&String::from_utf8_lossy(&message), MESSAGE as usize);
            if status.code() == Some(PANICKED) {
                return Err(failed(format!("the compiling process panicked: {message}")));
            }
            Err(SandboxError::NotRunnable {
                file: file.to_owned(),
                reason: format!("it cannot be compiled: {message}"),
            })
        }
    }
}

const SIGABRT: i32 = 6;
const SIGXCPU: i32 = 24;

/// Exit code of a Rust program that panicked, for which no component is to blame.
const PANICKED: i32 = 101;
