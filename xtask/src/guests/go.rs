//! Guests in Go: core modules by its own compiler, which then become components.

use std::path::Path;

use anyhow::bail;

use super::component::{Core, componentize};
use super::place;
use crate::process::{self, say};
use crate::setup::go::Go;
use crate::setup::optional::Skips;
use crate::stamp::Inputs;
use crate::workspace::{Cargo, Workspace};

/// The name of the language.
pub const GO: &str = "go";

/// The SDK's folder, and what a component records of it.
const SDK: (&str, &str) = ("guest-sdk/go", "go 0.1.0");

/// Everything in Go.
const MODULES: [&str; 4] = [
    SDK.0,
    "tests/guests/go-sdk",
    "tests/guests/go-speed",
    "examples/flights",
];

/// Builds the guest in a folder unless it is built.
pub fn build(
    workspace: &Workspace,
    cargo: &Cargo,
    go: &Go,
    name: &str,
    folder: &str,
) -> anyhow::Result<()> {
    let source = workspace.root.join(folder);
    let core = Core {
        module: workspace.guests().join(name).with_extension("core.wasm"),
        sdk: Some(SDK.1),
    };
    let built = workspace.guests().join(name).with_extension("wasm");
    let stamp = Inputs::of("go build")
        .with(&workspace.xtask().join("go/requirements.txt"))?
        .with(&workspace.root.join("guest-sdk/componentize"))?
        .with(&workspace.wit())?
        .with(&workspace.root.join(SDK.0))?
        .with(&source)?
        .stamp(workspace.guests().join(name).with_extension("stamp"));
    if !(stamp.is_current() && built.exists()) {
        say(format!("building the guest {name}"));
        process::run(
            go.command(&source)
                .env("GOOS", "wasip1")
                .env("GOARCH", "wasm")
                .args([
                    "build",
                    "-buildmode=c-shared",
                    "-trimpath",
                    "-ldflags=-s -w",
                    "-o",
                ])
                .arg(&core.module)
                .arg("."),
        )?;
        componentize(workspace, cargo, &core, &built)?;
        stamp.keep()?;
    }
    place(workspace, name, &built)
}

/// Checks the format of all modules in Go, has the compiler look at them, and runs their tests.
pub fn check(workspace: &Workspace, skips: &mut Skips) -> anyhow::Result<()> {
    let Some(go) = skips.unless(GO, Go::ensure(workspace))? else {
        return Ok(());
    };
    say("testing what is written in Go");
    for module in MODULES {
        let module = workspace.root.join(module);
        check_format(&go, &module)?;
        process::run(go.command(&module).args(["vet", "./..."]))?;
        process::run(
            go.command(&module)
                .env("GOOS", "wasip1")
                .env("GOARCH", "wasm")
                .args(["vet", "./..."]),
        )?;
        process::run(go.command(&module).args(["test", "./..."]))?;
    }
    Ok(())
}

fn check_format(go: &Go, module: &Path) -> anyhow::Result<()> {
    let wrong = process::stdout(go.format(module)?.arg("-d").arg(module))?;
    if !wrong.is_empty() {
        bail!("gofmt would change this:\n{wrong}");
    }
    Ok(())
}
