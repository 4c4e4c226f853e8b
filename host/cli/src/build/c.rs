//! C: Zig's compiler makes a core module, which becomes a component here.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use super::{Project, core_module, output::Output, zig};
use crate::failure::{Failure, Kind};

const INSTALL: &str = "install Zig, which brings a compiler of C for WebAssembly, from https://ziglang.org/download, or with `pip install ziglang`";

/// Where the project's own sources are, and the SDK.
const SOURCES: &str = "src";
const SDK: &str = "sdk/c";

/// Compiles every file in `src` whose name ends in `.c`, and the SDK.
pub async fn build(project: &Project<'_>) -> Result<Vec<u8>, Failure> {
    let zig = zig::tool(INSTALL);
    let sources = sources(project.folder)
        .with_context(|| format!("cannot list the folder {SOURCES} of the project"))
        .map_err(|error| Failure::new(Kind::Usage, error))?;
    let output = Output::new()?;
    let mut command = zig.command(project);
    command
        .args(["cc", "-target", "wasm32-wasi", "-mexec-model=reactor"])
        // Copies memory by an instruction instead of a loop.
        .arg("-mbulk-memory")
        // Names stay, for backtraces.
        .args(["-std=c11", "-O2", "-g0", "-Wall", "-Wextra"])
        .arg(format!("-I{SDK}"))
        .args(sources)
        .arg(format!("{SDK}/lance_host.c"))
        .arg("-o")
        .arg(output.file());
    zig.run(project, &mut command).await?;
    // The SDK records itself.
    core_module::component(&output.read()?, None)
}

/// In the order of their names, below the project's folder.
fn sources(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder.join(SOURCES))? {
        let file = Path::new(SOURCES).join(entry?.file_name());
        if file.extension().is_some_and(|extension| extension == "c") {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}
