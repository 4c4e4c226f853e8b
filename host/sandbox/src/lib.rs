//! Runs a pipeline component in a sandbox and turns what it declares into checked Arrow values.
//!
//! A component is untrusted. It is looked at before it is compiled ([`inspect`]), compiled in
//! a child process with limits of its own ([`compile_child`]), and run in a fresh store that
//! grants nothing but what [`Grants`] name, within the bounds of [`Limits`]. What it declares
//! reaches a [`Target`] as Arrow schemas and record batches that need no further check.
//!
//! This crate knows wasmtime and Arrow. It must not know Lance, nor what becomes of a
//! declaration: that is the target's business.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "tests may panic"
    )
)]

mod backtrace;
mod bindings;
mod cache;
mod compile;
mod component;
mod convert;
mod declarations;
mod engine;
mod error;
mod failure;
mod grants;
mod host;
mod inspect;
mod limiter;
mod limits;
mod offer;
mod output;
mod sandbox;
mod store;
mod target;
mod text;

#[cfg(test)]
mod tests;

pub use compile::{CompileCommand, CompileError, compile_child};
pub use component::Component;
pub use error::{Context, ErrorKind, SandboxError};
pub use grants::{DirGrant, Grants, OutputHook, Stream};
pub use inspect::{Inspection, Producer, Sdk, inspect};
pub use limits::{Exceeded, Limits};
pub use sandbox::Sandbox;
pub use target::{Code, IndexDeclaration, TableDeclaration, TableHandle, Target, TargetError};
