//! The tools that turn JavaScript into a component, in the versions of the lock file.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::bail;

use crate::process;
use crate::stamp::Inputs;

/// The oldest Node.js that the tools run on.
const OLDEST: u32 = 20;

/// A folder with a `package.json` whose packages are installed.
pub struct JavaScript {
    folder: PathBuf,
}

impl JavaScript {
    /// Installs the packages of `folder` unless its lock file's are there already.
    pub fn ensure(folder: &Path) -> anyhow::Result<Self> {
        let version = machine_node()?;
        let stamp = Inputs::of(&version)
            .with(&folder.join("package-lock.json"))?
            .stamp(folder.join("node_modules/.xtask-stamp"));
        if !stamp.is_current() {
            process::say(format!("installing the packages of {}", folder.display()));
            process::run(Command::new("npm").current_dir(folder).args([
                "ci",
                "--no-audit",
                "--no-fund",
                "--loglevel=error",
            ]))?;
            stamp.keep()?;
        }
        Ok(Self {
            folder: folder.into(),
        })
    }

    /// A program that a package installed, run in the folder.
    pub fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.folder.join("node_modules/.bin").join(name));
        command.current_dir(&self.folder);
        command
    }

    /// A script of the folder's `package.json`.
    pub fn script(&self, name: &str) -> Command {
        let mut command = Command::new("npm");
        command.current_dir(&self.folder);
        command.args(["run", "--silent", name]);
        command
    }
}

/// The version of the machine's `node`, as `v20.20.2`.
fn machine_node() -> anyhow::Result<String> {
    let how = format!(
        "install Node.js {OLDEST} or newer with npm (Debian and Ubuntu: `apt-get install nodejs \
         npm`)"
    );
    for tool in ["npm", "node"] {
        let output = process::try_output(Command::new(tool).arg("--version"))?;
        let Some(output) = output.filter(|output| output.status.success()) else {
            bail!("there is no working `{tool}`; {how}");
        };
        if tool == "node" {
            let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            let major = version.trim_start_matches('v').split('.').next();
            if major
                .and_then(|major| major.parse().ok())
                .is_none_or(|major: u32| major < OLDEST)
            {
                bail!("`node` is {version}; {how}");
            }
            return Ok(version);
        }
    }
    bail!("there is no `node`; {how}")
}
