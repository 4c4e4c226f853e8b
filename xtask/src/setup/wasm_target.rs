//! The Rust target that guests are compiled for.

use std::path::Path;
use std::process::Command;

use anyhow::bail;

use crate::process;

/// Its standard library makes components that import WASI 0.2.
pub const WASM_TARGET: &str = "wasm32-wasip2";

/// Adds the target's standard library to the toolchain if it is not there.
pub fn ensure() -> anyhow::Result<()> {
    let folder = process::stdout(Command::new("rustc").args([
        "--print=target-libdir",
        "--target",
        WASM_TARGET,
    ]))?;
    if Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    process::say(format!("adding the Rust target {WASM_TARGET}"));
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", WASM_TARGET]);
    match process::try_output(&mut rustup)? {
        Some(output) if output.status.success() => Ok(()),
        Some(output) => bail!(
            "`rustup target add {WASM_TARGET}` failed:\n{}",
            String::from_utf8_lossy(&output.stderr).trim_end()
        ),
        None => bail!(
            "the standard library for {WASM_TARGET} is not installed, and there is no `rustup` \
             that could add it; install Rust with rustup, or your distribution's package for \
             that target"
        ),
    }
}
