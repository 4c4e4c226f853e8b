//! strace, which tells whether files are synced to disk.

use std::process::Command;

use anyhow::bail;

use crate::process;

/// What is left out without it.
pub const STRACE: &str = "strace";

/// Looks for it: it comes with the system, or not at all.
pub fn find() -> anyhow::Result<()> {
    match process::try_output(Command::new("strace").args(["-f", "-e", "trace=fsync", "true"]))? {
        Some(output) if output.status.success() => Ok(()),
        Some(output) => bail!(
            "`strace` cannot trace here: {}",
            String::from_utf8_lossy(&output.stderr)
        ),
        None => bail!("there is no `strace`; install it, such as by `apt-get install strace`"),
    }
}
