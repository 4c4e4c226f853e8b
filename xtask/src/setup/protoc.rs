//! The compiler for protocol buffers, which Lance's build scripts call.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;

use crate::process;

/// A `protoc` to name to build scripts; `None` if they find one by themselves.
pub fn find() -> anyhow::Result<Option<PathBuf>> {
    let named = env::var_os("PROTOC").is_some();
    if named || process::try_output(Command::new("protoc").arg("--version"))?.is_some() {
        return Ok(None);
    }
    let vendored = protoc_bin_vendored::protoc_bin_path().context(
        "there is no `protoc` on this machine, and none for this platform in the crate \
         protoc-bin-vendored; install the package protobuf-compiler, or set PROTOC",
    )?;
    Ok(Some(vendored))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    #[test]
    fn the_protoc_that_is_brought_along_runs() {
        let protoc = protoc_bin_vendored::protoc_bin_path().unwrap();
        let output = Command::new(protoc).arg("--version").output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}
