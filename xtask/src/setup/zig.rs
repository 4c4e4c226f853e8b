//! Zig, as a Python package has it: also a compiler of C with a C library for WebAssembly.

use std::path::PathBuf;
use std::process::Command;

use super::python::Python;
use crate::workspace::Workspace;

/// Zig, and where it keeps what it has compiled.
pub struct Zig {
    python: Python,
    cache: PathBuf,
}

impl Zig {
    /// Installs Zig below `target/` unless it is there.
    pub fn ensure(workspace: &Workspace) -> anyhow::Result<Self> {
        let folder = workspace.target().join("zig");
        let list = workspace.xtask().join("zig/requirements.txt");
        Ok(Self {
            python: Python::with_packages(&folder.join("venv"), &list)?,
            cache: folder.join("cache"),
        })
    }

    /// A `zig`.
    pub fn command(&self) -> Command {
        let mut command = Command::new(self.python.program("python-zig"));
        command
            .env("ZIG_GLOBAL_CACHE_DIR", &self.cache)
            .env("ZIG_LOCAL_CACHE_DIR", &self.cache)
            // Zig compiles its own build system first: in a quarter of a minute like this, and in
            // two minutes if it optimised it.
            .env("ZIG_DEBUG_CMD", "1");
        command
    }
}
