//! Guests in Zig: core modules by their own `build.zig`, which then become components.

use super::component::{Core, componentize};
use super::place;
use crate::process::{self, say};
use crate::setup::optional::Skips;
use crate::setup::zig::Zig;
use crate::stamp::Inputs;
use crate::workspace::{Cargo, Workspace};

/// The name of the language.
pub const ZIG: &str = "zig";

/// The SDK's folder, and what a component records of it.
const SDK: (&str, &str) = ("guest-sdk/zig", "zig 0.1.0");

/// A guest: its name, which its core module has too, and its folder.
pub struct Source {
    pub name: &'static str,
    pub folder: &'static str,
}

/// The guest of the suite that all SDKs share.
pub const SUITE: Source = Source {
    name: "sdk-zig",
    folder: "tests/guests/zig-sdk",
};

/// The example in Zig.
pub const TIME_ZONES: Source = Source {
    name: "time-zones",
    folder: "examples/time-zones",
};

/// The guest that measures what the SDK costs.
pub const SPEED: Source = Source {
    name: "speed-zig",
    folder: "tests/guests/zig-speed",
};

/// Everything in Zig that has tests.
const TESTED: [&str; 2] = [SDK.0, TIME_ZONES.folder];

/// Builds a guest unless it is built or there is no compiler.
pub fn build(
    workspace: &Workspace,
    cargo: &Cargo,
    skips: &mut Skips,
    source: &Source,
) -> anyhow::Result<()> {
    let Some(zig) = skips.unless(ZIG, Zig::ensure(workspace))? else {
        return Ok(());
    };
    let folder = workspace.root.join(source.folder);
    let prefix = workspace.guests().join(source.name);
    let core = Core {
        module: prefix.join("bin").join(source.name).with_extension("wasm"),
        sdk: Some(SDK.1),
    };
    let built = prefix.with_extension("wasm");
    let stamp = Inputs::of("zig build")
        .with(&workspace.xtask().join("zig/requirements.txt"))?
        .with(&workspace.root.join("guest-sdk/componentize"))?
        .with(&workspace.wit())?
        .with(&workspace.root.join(SDK.0))?
        .with(&folder)?
        .stamp(prefix.with_extension("stamp"));
    if !(stamp.is_current() && built.exists()) {
        say(format!("building the guest {}", source.name));
        process::run(
            zig.command()
                .current_dir(&folder)
                .args(["build", "--prefix"])
                .arg(&prefix),
        )?;
        componentize(workspace, cargo, &core, &built)?;
        stamp.keep()?;
    }
    place(workspace, source.name, &built)
}

/// Checks the format of everything in Zig, and runs its tests on this machine.
pub fn check(workspace: &Workspace, skips: &mut Skips) -> anyhow::Result<()> {
    let Some(zig) = skips.unless(ZIG, Zig::ensure(workspace))? else {
        return Ok(());
    };
    say("testing what is written in Zig");
    process::run(
        zig.command()
            .current_dir(&workspace.root)
            .args(["fmt", "--check", SDK.0])
            .args([SUITE.folder, TIME_ZONES.folder, SPEED.folder])
            .arg("host/cli/templates/zig"),
    )?;
    for folder in TESTED {
        process::run(
            zig.command()
                .current_dir(workspace.root.join(folder))
                .args(["build", "test"]),
        )?;
    }
    Ok(())
}
