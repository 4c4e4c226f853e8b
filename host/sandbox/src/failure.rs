//! What a failed call into a guest means.
//!
//! Causes are told apart by their types, never by their text. Two have no type in this version
//! of wasmtime: a host call that passes too much data, and a list that lies outside the guest's
//! memory. Both are the same to a user: the guest broke the contract.

use wasmtime::{Trap, WasmBacktrace, component::ResourceTableError};
use wasmtime_wasi::I32Exit;

use crate::{
    backtrace,
    error::{Context, SandboxError},
    limits::Exceeded,
    store::State,
    text::{Bytes, printable},
};

/// How much of a guest's own error message is shown, in bytes.
const MESSAGE: usize = 16 << 10;

/// The pipeline returned an error.
pub(crate) fn failed(pipeline: &str, message: &str, state: &State) -> SandboxError {
    let message = match printable(message, MESSAGE) {
        empty if empty.trim().is_empty() => "it returned an error without a message".to_owned(),
        message => message,
    };
    SandboxError::Failed {
        pipeline: pipeline.to_owned(),
        message,
        context: Box::new(Context {
            growth: state.limiter.refused().cloned(),
            ..context(state)
        }),
    }
}

/// The pipeline was still waiting for something when its time was over.
pub(crate) fn timed_out(pipeline: &str, state: &State) -> SandboxError {
    SandboxError::Limit {
        pipeline: pipeline.to_owned(),
        exceeded: Exceeded::Timeout {
            limit: state.limits.timeout,
        },
        context: Box::new(context(state)),
    }
}

/// The pipeline, or its instantiation, ended with an error of wasmtime.
pub(crate) fn stopped(pipeline: &str, error: &wasmtime::Error, state: &State) -> SandboxError {
    let pipeline = pipeline.to_owned();
    let context = Box::new(Context {
        backtrace: error
            .downcast_ref()
            .map(backtrace::functions)
            .unwrap_or_default(),
        ..context(state)
    });
    match cause(error, state) {
        Cause::Limit(exceeded) => SandboxError::Limit {
            pipeline,
            exceeded,
            context,
        },
        Cause::Other(reason) => SandboxError::Stopped {
            pipeline,
            reason,
            context,
        },
    }
}

fn context(state: &State) -> Context {
    Context {
        refused: state.declarations.refused().cloned(),
        growth: None,
        backtrace: Vec::new(),
        stderr: stderr(state),
    }
}

/// The end of standard error, without what a panic of Rust adds to no avail: the host takes the
/// backtrace itself.
fn stderr(state: &State) -> String {
    let tail = printable(&state.output.stderr_tail(), usize::MAX);
    let lines = tail
        .lines()
        .filter(|line| !line.starts_with("note: run with `RUST_BACKTRACE="));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

enum Cause {
    Limit(Exceeded),
    Other(String),
}

fn cause(error: &wasmtime::Error, state: &State) -> Cause {
    if let Some(exceeded) = error.downcast_ref::<Exceeded>() {
        return Cause::Limit(exceeded.clone());
    }
    if let Some(ResourceTableError::Full) = error.downcast_ref() {
        return Cause::Limit(Exceeded::Handles {
            limit: state.limits.handles,
        });
    }
    // A guest that does not get its memory usually gives up in one of these ways.
    let gave_up = error.is::<I32Exit>()
        || matches!(
            error.downcast_ref(),
            Some(Trap::UnreachableCodeReached | Trap::MemoryOutOfBounds)
        );
    if gave_up && let Some(refused) = state.limiter.refused() {
        return Cause::Limit(refused.clone());
    }
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        // WASI 0.2 knows no other status than these two, whatever number the guest gave.
        let status = if exit.0 == 0 { "success" } else { "failure" };
        return Cause::Other(format!(
            "it called exit, with {status}, instead of returning from `run`"
        ));
    }
    if let Some(trap) = error.downcast_ref() {
        return Cause::Other(words(*trap));
    }
    let reason = printable(&error.root_cause().to_string(), MESSAGE);
    if !error.is::<WasmBacktrace>() {
        // No code of the guest was running.
        return Cause::Other(format!("it could not be started: {reason}"));
    }
    Cause::Other(format!(
        "it broke the contract in a call to the host, which can pass {} at once, and only memory and handles of its own: {reason}",
        Bytes(state.limits.host_call_bytes as u64),
    ))
}

/// A trap in words.
fn words(trap: Trap) -> String {
    let words = match trap {
        Trap::UnreachableCodeReached => "it panicked or aborted",
        Trap::StackOverflow => "it called functions too deeply, probably without end",
        Trap::MemoryOutOfBounds => "it used memory that it does not have",
        Trap::TableOutOfBounds | Trap::IndirectCallToNull | Trap::BadSignature => {
            "it called a function that does not exist"
        }
        Trap::IntegerDivisionByZero => "it divided an integer by zero",
        Trap::IntegerOverflow => "it overflowed an integer in a division",
        Trap::BadConversionToInteger => "it converted a number that does not fit an integer",
        Trap::CannotEnterComponent => {
            "it was called while it could not be, which breaks the contract"
        }
        Trap::CannotLeaveComponent => {
            "it called the host while it could not, which breaks the contract"
        }
        other => return format!("it trapped ({other})"),
    };
    words.to_owned()
}
