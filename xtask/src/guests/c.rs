//! Guests in C: core modules by Zig's compiler of C, which then become components.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::component::{Core, componentize};
use super::place;
use crate::process::{self, say};
use crate::setup::optional::Skips;
use crate::setup::zig::Zig;
use crate::stamp::Inputs;
use crate::workspace::{Cargo, Workspace};

/// The name of the language.
pub const C: &str = "c";

const SDK: &str = "guest-sdk/c";

/// Warnings are errors, in every file of C.
const FLAGS: [&str; 5] = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror"];

/// A guest: its name and its folder, all of whose `.c` files are compiled.
pub struct Source {
    pub name: &'static str,
    pub folder: &'static str,
}

/// The guest of the suite that all SDKs share.
pub const SUITE: Source = Source {
    name: "sdk-c",
    folder: "tests/guests/c-sdk",
};

/// The guest of `cargo xtask bench --guests`.
pub const SPEED: Source = Source {
    name: "speed-c",
    folder: "tests/guests/c-speed",
};

/// The example in C.
pub const SENSOR_LOG: Source = Source {
    name: "sensor-log",
    folder: "examples/sensor-log",
};

/// Builds a guest unless it is built or there is no compiler.
pub fn build(
    workspace: &Workspace,
    cargo: &Cargo,
    skips: &mut Skips,
    source: &Source,
) -> anyhow::Result<()> {
    let Some(zig) = skips.unless(C, Zig::ensure(workspace))? else {
        return Ok(());
    };
    let folder = workspace.root.join(source.folder);
    let sdk = workspace.root.join(SDK);
    let guests = workspace.guests();
    let core = Core {
        module: guests.join(source.name).with_extension("core.wasm"),
        // It records the SDK by itself.
        sdk: None,
    };
    let built = guests.join(source.name).with_extension("wasm");
    let stamp = Inputs::of(&FLAGS.join(" "))
        .with(&workspace.xtask().join("zig/requirements.txt"))?
        .with(&workspace.root.join("guest-sdk/componentize"))?
        .with(&workspace.wit())?
        .with(&sdk)?
        .with(&folder)?
        .stamp(guests.join(source.name).with_extension("stamp"));
    if !(stamp.is_current() && built.exists()) {
        say(format!("building the guest {}", source.name));
        process::run(
            compile(&zig, &sdk)
                // Names stay, for backtraces; memory is copied by an instruction instead of a loop.
                .args(["-target", "wasm32-wasi", "-mexec-model=reactor"])
                .args(["-mbulk-memory", "-g0"])
                .args(sources(&folder)?)
                .arg(sdk.join("lance_host.c"))
                .arg("-o")
                .arg(&core.module),
        )?;
        componentize(workspace, cargo, &core, &built)?;
        stamp.keep()?;
    }
    place(workspace, source.name, &built)
}

/// Runs the tests of the SDK on this machine, with checks for undefined behaviour.
pub fn check(workspace: &Workspace, skips: &mut Skips) -> anyhow::Result<()> {
    let Some(zig) = skips.unless(C, Zig::ensure(workspace))? else {
        return Ok(());
    };
    say("testing what is written in C");
    let sdk = workspace.root.join(SDK);
    let program = workspace.target().join("zig/sdk-test");
    process::run(
        compile(&zig, &sdk)
            .args(["-fsanitize=undefined", "-fno-sanitize-recover=all"])
            .arg(sdk.join("test/test.c"))
            .arg("-o")
            .arg(&program),
    )?;
    process::run(&mut Command::new(program))
}

fn compile(zig: &Zig, sdk: &Path) -> Command {
    let mut command = zig.command();
    command.arg("cc").args(FLAGS).arg("-I").arg(sdk);
    command
}

/// The `.c` files of a folder, by their names.
fn sources(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in folder.read_dir()? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "c") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
