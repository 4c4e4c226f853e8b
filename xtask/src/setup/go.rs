//! The tools of Go, as a Python package has them: they need no network when they build.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::python::Python;
use crate::process;
use crate::workspace::Workspace;

/// Go, and where it keeps what it has compiled.
pub struct Go {
    python: Python,
    cache: PathBuf,
}

impl Go {
    /// Installs Go below `target/` unless it is there.
    pub fn ensure(workspace: &Workspace) -> anyhow::Result<Self> {
        let folder = workspace.target().join("go");
        let list = workspace.xtask().join("go/requirements.txt");
        Ok(Self {
            python: Python::with_packages(&folder.join("venv"), &list)?,
            cache: folder.join("cache"),
        })
    }

    /// A `go` in the module of that folder, for this machine.
    pub fn command(&self, module: &Path) -> Command {
        let mut command = Command::new(self.python.program("go"));
        command
            .current_dir(module)
            .env("GOCACHE", &self.cache)
            .env("GOFLAGS", "-mod=mod")
            // Everything that a module needs is here: no other compiler, and no network.
            .env("GOTOOLCHAIN", "local")
            .env("GOPROXY", "off")
            .env("GOSUMDB", "off")
            .env("GOWORK", "off");
        command
    }

    /// A `gofmt`, which lies beside the compiler rather than among the programs of the package.
    pub fn format(&self, module: &Path) -> anyhow::Result<Command> {
        let root = process::stdout(self.command(module).args(["env", "GOROOT"]))?;
        Ok(Command::new(Path::new(root.trim()).join("bin/gofmt")))
    }
}
