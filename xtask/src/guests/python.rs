//! Guests in Python: one that knows the contract and no SDK, and those that use the SDK.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

use super::place;
use crate::process::{self, say};
use crate::setup::optional::Skips;
use crate::setup::python::Python;
use crate::stamp::Inputs;
use crate::workspace::Workspace;

/// The language, and the name of the guest that does without the SDK.
pub const PYTHON: &str = "python";

/// A guest that uses the SDK.
pub struct WithSdk {
    /// The name of its component.
    pub name: &'static str,
    /// The folder of its modules.
    folder: &'static str,
    /// The module that has its pipeline.
    module: &'static str,
}

/// Exercises the whole SDK.
pub const SUITE: WithSdk = WithSdk {
    name: "sdk-python",
    folder: "tests/guests/python-sdk",
    module: "guest.py",
};

/// The guest of `cargo xtask bench --guests`.
pub const SPEED: WithSdk = WithSdk {
    name: "speed-python",
    folder: "tests/guests/python-speed",
    module: "guest.py",
};

/// The example with the dump of an API.
pub const CAR_MODELS: WithSdk = WithSdk {
    name: "car-models",
    folder: "examples/car-models",
    module: "car_models.py",
};

/// The example that was a program for CocoIndex.
pub const COCOINDEX_PORT: WithSdk = WithSdk {
    name: "cocoindex-port",
    folder: "examples/cocoindex-port",
    module: "port.py",
};

/// Builds the guest without the SDK unless it is built.
pub fn build(workspace: &Workspace, python: &Python) -> anyhow::Result<()> {
    let source = workspace.root.join("tests/guests/python");
    let built = workspace.guests().join("python.wasm");
    let stamp = Inputs::of("componentize-py")
        .with(&workspace.xtask().join("python/requirements.txt"))?
        .with(&workspace.wit())?
        .with(&source.join("guest.py"))?
        .stamp(workspace.guests().join("python.stamp"));
    if !(stamp.is_current() && built.exists()) {
        say("building the guest python");
        process::run(
            Command::new(python.program("componentize-py"))
                .arg("--wit-path")
                .arg(workspace.wit())
                .args([
                    "--world=pipeline",
                    "--quiet",
                    "componentize",
                    "guest",
                    "--python-path",
                ])
                .arg(&source)
                .arg("--output")
                .arg(&built),
        )?;
        stamp.keep()?;
    }
    place(workspace, PYTHON, &built)
}

/// Builds a guest with the SDK unless it is built, as its author would: with the SDK's command.
pub fn build_with_sdk(
    workspace: &Workspace,
    skips: &mut Skips,
    guest: &WithSdk,
) -> anyhow::Result<()> {
    let Some(python) = skips.unless(PYTHON, Python::ensure(workspace))? else {
        return Ok(());
    };
    let source = workspace.root.join(guest.folder);
    let packages = packages(workspace, &python, guest)?;
    let built = workspace.guests().join(guest.name).with_extension("wasm");
    let stamp = Inputs::of("python -m lance_host build")
        .with(&workspace.xtask().join("python/requirements.txt"))?
        .with(&workspace.wit())?
        .with(&sdk(workspace))?
        .with(&source)?
        .stamp(built.with_extension("stamp"));
    if !(stamp.is_current() && built.exists()) {
        say(format!("building the guest {}", guest.name));
        process::run(
            sdk_command(workspace, &python)
                .args(["-m", "lance_host", "build"])
                .arg(source.join(guest.module))
                .arg("--output")
                .arg(&built)
                .args(
                    packages
                        .iter()
                        .flat_map(|folder| [OsStr::new("--python-path"), folder.as_os_str()]),
                ),
        )?;
        stamp.keep()?;
    }
    place(workspace, guest.name, &built)
}

/// The folder of the packages that a guest's `requirements.txt` lists, if it has one.
fn packages(
    workspace: &Workspace,
    python: &Python,
    guest: &WithSdk,
) -> anyhow::Result<Option<PathBuf>> {
    let list = workspace.root.join(guest.folder).join("requirements.txt");
    if !list.exists() {
        return Ok(None);
    }
    let folder = workspace.guests().join(format!("{}-packages", guest.name));
    python.install_pure(&list, &folder)?;
    Ok(Some(folder))
}

/// Runs the SDK's own tests.
pub fn check(workspace: &Workspace, skips: &mut Skips) -> anyhow::Result<()> {
    let Some(python) = skips.unless(PYTHON, Python::ensure(workspace))? else {
        return Ok(());
    };
    say("testing the Python SDK");
    let tests = workspace.root.join("guest-sdk/python/tests");
    process::run(
        sdk_command(workspace, &python)
            .args(["-m", "unittest", "discover", "--start-directory"])
            .arg(tests),
    )
}

/// Python with the SDK, which need not be installed, and without files of compiled code in the
/// source tree.
fn sdk_command(workspace: &Workspace, python: &Python) -> Command {
    let mut command = Command::new(python.interpreter());
    command
        .env("PYTHONPATH", sdk(workspace))
        .env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

fn sdk(workspace: &Workspace) -> PathBuf {
    workspace.root.join("guest-sdk/python/src")
}
