//! From the core module that a compiler makes to a component.
//!
//! The package that does it belongs to the guests' half of the workspace and is built with it: this
//! crate, which everybody compiles first, stays small.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process;
use crate::workspace::{self, Cargo, Half, Workspace};

const PACKAGE: &str = "lance-host-componentize";

/// A core module.
pub struct Core<'a> {
    /// Its file.
    pub module: PathBuf,
    /// The SDK that it does not record by itself.
    pub sdk: Option<&'a str>,
}

/// Makes the component `built` of it.
pub fn componentize(
    workspace: &Workspace,
    cargo: &Cargo,
    core: &Core<'_>,
    built: &Path,
) -> anyhow::Result<()> {
    let mut build = cargo.command();
    // With the features that the tests of this half give it, so that it is not built twice.
    build
        .arg("build")
        .args(workspace.select(Half::Guest))
        .arg("--bin")
        .arg(PACKAGE);
    let program = workspace::binary(&workspace::build(&mut build)?, PACKAGE)?;
    process::run(
        Command::new(program)
            .arg(&core.module)
            .arg(built)
            .args(core.sdk),
    )
}
