//! Python environments with pinned packages, below `target/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::process;
use crate::stamp::Inputs;
use crate::workspace::Workspace;

/// The oldest Python that all pinned packages have wheels for.
const OLDEST: (u32, u32) = (3, 11);

/// A Python environment.
pub struct Python {
    folder: PathBuf,
}

impl Python {
    /// The environment for guests in Python and for reading tables with the official
    /// package.
    pub fn ensure(workspace: &Workspace) -> anyhow::Result<Self> {
        let list = workspace.xtask().join("python/requirements.txt");
        Self::with_packages(&workspace.target().join("venv"), &list)
    }

    /// The environment in `folder` with the packages of the file `list`, made anew
    /// whenever the list or the machine's Python changed.
    pub fn with_packages(folder: &Path, list: &Path) -> anyhow::Result<Self> {
        let version = machine_python()?;
        let stamp = Inputs::of(&version).with(list)?.stamp(folder.join("stamp"));
        let python = Self {
            folder: folder.into(),
        };
        if stamp.is_current() {
            return Ok(python);
        }
        process::say(format!(
            "installing the Python packages of {}",
            list.display()
        ));
        if folder.exists() {
            fs::remove_dir_all(folder)
                .with_context(|| format!("cannot remove {}", folder.display()))?;
        }
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv"]).arg(folder);
        let made = process::try_output(&mut venv)?;
        if !made.is_some_and(|output| output.status.success()) {
            bail!(
                "`python3 -m venv` failed; install Python's venv module (Debian and Ubuntu: \
                 `apt-get install python3-venv`)"
            );
        }
        process::run(
            Command::new(python.interpreter())
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "-r",
                ])
                .arg(list),
        )?;
        stamp.keep()?;
        Ok(python)
    }

    /// Installs the packages of the file `list` into a folder of their own, as components take them:
    /// without compiled modules.
    pub fn install_pure(&self, list: &Path, folder: &Path) -> anyhow::Result<()> {
        let stamp = Inputs::of("pip install --platform any")
            .with(list)?
            .stamp(folder.join("stamp"));
        if stamp.is_current() {
            return Ok(());
        }
        if folder.exists() {
            fs::remove_dir_all(folder)
                .with_context(|| format!("cannot remove {}", folder.display()))?;
        }
        let mut pip = Command::new(self.interpreter());
        pip.args(["-m", "pip", "install", "--quiet"]);
        pip.args(["--disable-pip-version-check", "--no-deps", "--no-compile"]);
        pip.args(["--platform", "any", "--only-binary", ":all:", "-r"]);
        process::run(pip.arg(list).arg("--target").arg(folder))?;
        stamp.keep()
    }

    /// The interpreter that sees the packages.
    pub fn interpreter(&self) -> PathBuf {
        self.program("python")
    }

    /// A program that a package installed.
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }
}

/// The version of the machine's `python3`, as `3.11`.
fn machine_python() -> anyhow::Result<String> {
    let (major, minor) = OLDEST;
    let how = format!(
        "install Python {major}.{minor} or newer with its venv module (Debian and Ubuntu: \
         `apt-get install python3 python3-venv`)"
    );
    let script = "import sys; print(*sys.version_info[:2])";
    let output = process::try_output(Command::new("python3").args(["-c", script]))?;
    let Some(output) = output.filter(|output| output.status.success()) else {
        bail!("there is no working `python3`; {how}");
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let mut parts = text.split_whitespace().map(str::parse::<u32>);
    let (Some(Ok(found_major)), Some(Ok(found_minor))) = (parts.next(), parts.next()) else {
        bail!("`python3` did not say its version but {text:?}; {how}");
    };
    if (found_major, found_minor) < OLDEST {
        bail!("`python3` is {found_major}.{found_minor}; {how}");
    }
    Ok(format!("{found_major}.{found_minor}"))
}
