//! What a failed call into a guest means.
//!
//! Causes are told apart by their types, never by their text. Two have no type in this version
//! of wasmtime: a host call that passes too much data, and a list that lies outside the guest's
//! memory. Both are the same to a user: the guest broke the contract.

use wasmtime::{Trap, WasmBacktrace, component::ResourceTableError};
use wasmtime_wasi::I32Exit;

use crate::{
    error::{Context, SandboxError},
    limits::{Exceeded, Limits},
    store::State,
    text::{Bytes, printable},
};

/// How much of a guest's own error message is shown, in bytes.
const MESSAGE: usize = 16 << 10;

/// How many functions of a backtrace are shown.
const FRAMES: usize = 16;

/// How much of a function's name is shown, in bytes.
const FRAME: usize = 200;

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
        backtrace: error.downcast_ref().map(backtrace).unwrap_or_default(),
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
        stderr: printable(&state.output.stderr_tail(), Limits::STDERR_TAIL * 4),
    }
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
    if let Some(I32Exit(code)) = error.downcast_ref() {
        return Cause::Other(format!(
            "it called exit({code}) instead of returning from `run`"
        ));
    }
    if let Some(trap) = error.downcast_ref() {
        return Cause::Other(words(*trap));
    }
    Cause::Other(format!(
        "it broke the contract in a call to the host, which can pass {} at once, and only memory and handles of its own: {}",
        Bytes(state.limits.host_call_bytes as u64),
        printable(&error.root_cause().to_string(), MESSAGE)
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

/// The guest's functions, without those that only carry a panic to its end.
fn backtrace(trace: &WasmBacktrace) -> Vec<String> {
    let names: Vec<String> = trace
        .frames()
        .iter()
        .map(|frame| match frame.func_name() {
            Some(name) => printable(without_hash(name), FRAME),
            None => format!("function {}", frame.func_index()),
        })
        .collect();
    let panic = names
        .iter()
        .rposition(|name| carries_panic(name))
        .map_or(0, |last| last + 1);
    // A backtrace of nothing but a panic is shown whole.
    let panic = if panic == names.len() { 0 } else { panic };
    let shown: Vec<&String> = names.iter().skip(panic).collect();
    let mut lines: Vec<String> = shown
        .chunk_by(|a, b| a == b)
        .map(|run| match run {
            [name, _, ..] => format!("{name} ({} times)", run.len()),
            _ => run.iter().map(|name| name.as_str()).collect(),
        })
        .collect();
    if lines.len() > FRAMES {
        let hidden = lines.len() - FRAMES;
        lines.truncate(FRAMES);
        lines.push(format!("… and {hidden} more"));
    }
    lines
}

/// Whether a function belongs to a language's way of panicking or aborting.
fn carries_panic(name: &str) -> bool {
    const PARTS: [&str; 10] = [
        "core::panicking::",
        "std::panicking::",
        "std::sys::backtrace::__rust_end_short_backtrace",
        "core::result::unwrap_failed",
        "core::option::unwrap_failed",
        "core::option::expect_failed",
        "rust_begin_unwind",
        "rust_panic",
        "__rust_start_panic",
        "std::process::abort",
    ];
    name == "abort" || PARTS.iter().any(|part| name.contains(part))
}

/// A Rust function's name without the hash of its symbol.
fn without_hash(name: &str) -> &str {
    match name.rsplit_once("::h") {
        Some((path, hash))
            if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) =>
        {
            path
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_of_symbols_are_not_shown() {
        assert_eq!(without_hash("docs::run::h0123456789abcdef"), "docs::run");
        assert_eq!(without_hash("docs::hello"), "docs::hello");
    }

    #[test]
    fn functions_of_a_panic_are_recognised() {
        assert!(carries_panic("core::panicking::panic_fmt"));
        assert!(carries_panic("__rustc::rust_begin_unwind"));
        assert!(!carries_panic("docs::run"));
    }
}
