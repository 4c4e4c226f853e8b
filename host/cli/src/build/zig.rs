//! Zig: its own build system makes a core module, which becomes a component here.

use std::{fs, io, path::Path};

use anyhow::Context as _;

use super::{Project, core_module, output::Output, tool::Tool};
use crate::failure::{Failure, Kind};

const INSTALL: &str =
    "install Zig 0.17 from https://ziglang.org/download, or with `pip install ziglang`";

/// Runs `zig build`, as the project's `build.zig` says.
pub async fn build(project: &Project<'_>) -> Result<Vec<u8>, Failure> {
    let zig = tool(INSTALL);
    let output = Output::new()?;
    let mut command = zig.command(project);
    command.args(["build", "--prefix"]).arg(output.folder());
    zig.run(project, &mut command).await?;
    let module = module(&output.folder().join("bin"))
        .context("cannot read what zig has built")
        .map_err(|error| Failure::new(Kind::Internal, error))?;
    let module = module.ok_or_else(|| {
        Failure::message(
            Kind::Pipeline,
            "zig built no core module, or more than one; build.zig needs one call of `lance_host.addPipeline`",
        )
    })?;
    core_module::component(&module, Some("zig"))
}

/// The program, which the Python package calls otherwise.
pub(super) fn tool(install: &'static str) -> Tool<'static> {
    let named = |program| Tool { program, install };
    let (zig, python_zig) = (named("zig"), named("python-zig"));
    if !zig.is_there() && python_zig.is_there() {
        python_zig
    } else {
        zig
    }
}

/// The only module in a folder, if there is exactly one.
fn module(folder: &Path) -> io::Result<Option<Vec<u8>>> {
    if !folder.exists() {
        return Ok(None);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        if file
            .extension()
            .is_some_and(|extension| extension == "wasm")
        {
            files.push(file);
        }
    }
    match files.as_slice() {
        [file] => fs::read(file).map(Some),
        _ => Ok(None),
    }
}
