//! The compiler for protocol buffers, which Lance's build scripts call.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;

use crate::process;

/// One of the descriptions that Lance's own import; some distributions ship `protoc`
/// without them.
const COMMON: &str = "google/protobuf/empty.proto";

/// A `protoc` to name to build scripts; `None` if they find one by themselves.
pub fn find() -> anyhow::Result<Option<PathBuf>> {
    if env::var_os("PROTOC").is_some() || machine_has_one()? {
        return Ok(None);
    }
    let vendored = protoc_bin_vendored::protoc_bin_path().context(
        "there is no complete `protoc` on this machine, and none for this platform in the crate \
         protoc-bin-vendored; install the packages protobuf-compiler and libprotobuf-dev, or set \
         PROTOC",
    )?;
    Ok(Some(vendored))
}

/// Whether there is a `protoc` on the path that knows the common types.
fn machine_has_one() -> anyhow::Result<bool> {
    let output = process::try_output(
        Command::new("protoc").args(["--descriptor_set_out=/dev/null", COMMON]),
    )?;
    Ok(output.is_some_and(|output| output.status.success()))
}
