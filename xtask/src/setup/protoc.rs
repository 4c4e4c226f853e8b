//! The compiler for protocol buffers, which Lance's build scripts call.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use crate::process;

/// One of the descriptions that Lance's own import; some distributions ship `protoc`
/// without them.
const COMMON: &str = "google/protobuf/empty.proto";

/// A `protoc` to name to build scripts; `None` if they find one by themselves.
pub fn find() -> anyhow::Result<Option<PathBuf>> {
    if env::var_os("PROTOC").is_some() || knows_common_types("protoc".as_ref())? {
        return Ok(None);
    }
    let vendored = protoc_bin_vendored::protoc_bin_path().context(
        "there is no complete `protoc` on this machine, and none for this platform in the crate \
         protoc-bin-vendored; install the packages protobuf-compiler and libprotobuf-dev, or set \
         PROTOC",
    )?;
    Ok(Some(vendored))
}

/// Whether this is a `protoc` that finds the common types.
fn knows_common_types(protoc: &Path) -> anyhow::Result<bool> {
    let output =
        process::try_output(Command::new(protoc).args(["--descriptor_set_out=/dev/null", COMMON]))?;
    Ok(output.is_some_and(|output| output.status.success()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_protoc_that_is_brought_along_is_complete() {
        let protoc = protoc_bin_vendored::protoc_bin_path().unwrap();
        assert!(super::knows_common_types(&protoc).unwrap());
    }
}
