//! What a build needs beside Rust, installed below `target/` where that is possible.
//!
//! One module a tool. Each finds what the machine has, makes the rest, and says exactly
//! what is missing and how to get it if it cannot.

pub mod data;
pub mod go;
pub mod javascript;
pub mod optional;
pub mod protoc;
pub mod python;
pub mod strace;
pub mod wasm_target;
pub mod zig;

use crate::workspace::{Cargo, Workspace};

/// Everything that the host and the Rust guests need.
pub fn rust(workspace: &Workspace) -> anyhow::Result<Cargo> {
    wasm_target::ensure()?;
    Ok(Cargo::new(workspace, protoc::find()?))
}
