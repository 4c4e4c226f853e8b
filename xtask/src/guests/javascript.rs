//! Guests in JavaScript: the one that knows the contract alone, and those with the SDK.
//!
//! The SDK's own folder has the tools for all of them, since they take 340 MB.

use std::path::PathBuf;

use super::place;
use crate::process::{self, say};
use crate::setup::javascript::JavaScript;
use crate::setup::optional::Skips;
use crate::stamp::Inputs;
use crate::workspace::Workspace;

/// The language, and the name of the component that uses no SDK.
pub const JAVASCRIPT: &str = "javascript";

/// A guest with the SDK.
pub struct WithSdk {
    /// The name of the component.
    pub name: &'static str,
    /// Its folder, below the top.
    folder: &'static str,
    /// The module that exports `run`, in the folder.
    entry: &'static str,
}

/// The test program of the suite that all SDKs share.
pub const SUITE: WithSdk = WithSdk {
    name: "sdk-javascript",
    folder: "tests/guests/javascript-sdk",
    entry: "src/main.ts",
};

/// The guest of `cargo xtask bench --guests`.
pub const SPEED: WithSdk = WithSdk {
    name: "speed-javascript",
    folder: "tests/guests/javascript-speed",
    entry: "src/main.ts",
};

/// The example.
pub const LABWARE_CATALOGUE: WithSdk = WithSdk {
    name: "labware-catalogue",
    folder: "examples/labware-catalogue",
    entry: "src/pipeline.ts",
};

const WITH_SDK: [&WithSdk; 3] = [&SUITE, &SPEED, &LABWARE_CATALOGUE];

/// What builds them.
pub fn tools(workspace: &Workspace) -> anyhow::Result<JavaScript> {
    JavaScript::ensure(&sdk(workspace))
}

/// Builds the guest without SDK unless it is built.
pub fn build(workspace: &Workspace, tools: &JavaScript) -> anyhow::Result<()> {
    let source = workspace.root.join("tests/guests/javascript");
    let built = workspace.guests().join("javascript.wasm");
    let stamp = Inputs::of("jco componentize")
        .with(&sdk(workspace).join("package-lock.json"))?
        .with(&workspace.wit())?
        .with(&source.join("guest.js"))?
        .stamp(workspace.guests().join("javascript.stamp"));
    if !(stamp.is_current() && built.exists()) {
        say("building the guest javascript");
        // A pipeline does without HTTP, so the engine's own support for it stays out.
        process::run(
            tools
                .command("jco")
                .current_dir(&source)
                .args(["componentize", "guest.js", "--world-name=pipeline", "--wit"])
                .arg(workspace.wit())
                .args(["--disable", "http", "fetch-event", "--out"])
                .arg(&built),
        )?;
        stamp.keep()?;
    }
    place(workspace, JAVASCRIPT, &built)
}

/// Builds a guest with the SDK, and before it the SDK, unless they are built.
pub fn build_with_sdk(
    workspace: &Workspace,
    skips: &mut Skips,
    guest: &WithSdk,
) -> anyhow::Result<()> {
    let Some(tools) = skips.unless(JAVASCRIPT, tools(workspace))? else {
        return Ok(());
    };
    build_sdk(workspace, &tools)?;
    let source = workspace.root.join(guest.folder);
    let packages = JavaScript::ensure(&source)?;
    let built = workspace.guests().join(guest.name).with_extension("wasm");
    let stamp = sdk_inputs(workspace)?
        .with(&source.join("package-lock.json"))?
        .with(&source.join("src"))?
        .stamp(workspace.guests().join(guest.name).with_extension("stamp"));
    if !(stamp.is_current() && built.exists()) {
        say(format!("building the guest {}", guest.name));
        process::run(
            packages
                .command("lance-host-componentize")
                .args([guest.entry, "--out"])
                .arg(&built),
        )?;
        stamp.keep()?;
    }
    place(workspace, guest.name, &built)
}

/// Runs the tests of the SDK, and checks the types of the guests with it.
pub fn check(workspace: &Workspace, skips: &mut Skips) -> anyhow::Result<()> {
    let Some(tools) = skips.unless(JAVASCRIPT, tools(workspace))? else {
        return Ok(());
    };
    build_sdk(workspace, &tools)?;
    say("testing the SDK for JavaScript");
    process::run(&mut tools.script("test"))?;
    for guest in WITH_SDK {
        let folder = workspace.root.join(guest.folder);
        JavaScript::ensure(&folder)?;
        process::run(tools.command("tsc").arg("--project").arg(&folder))?;
    }
    Ok(())
}

/// Compiles the SDK to what its package offers.
fn build_sdk(workspace: &Workspace, tools: &JavaScript) -> anyhow::Result<()> {
    let stamp =
        sdk_inputs(workspace)?.stamp(workspace.guests().join("javascript-sdk-package.stamp"));
    if !(stamp.is_current() && sdk(workspace).join("dist/index.js").exists()) {
        process::run(&mut tools.script("build"))?;
        stamp.keep()?;
    }
    Ok(())
}

fn sdk_inputs(workspace: &Workspace) -> anyhow::Result<Inputs> {
    let folder = sdk(workspace);
    [
        "bin",
        "package.json",
        "package-lock.json",
        "src",
        "tsconfig.json",
    ]
    .iter()
    .try_fold(Inputs::of("lance-host-componentize"), |inputs, part| {
        inputs.with(&folder.join(part))
    })?
    .with(&workspace.wit())
}

fn sdk(workspace: &Workspace) -> PathBuf {
    workspace.root.join("guest-sdk/javascript")
}
