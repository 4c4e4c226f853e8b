//! Building guest programs to components, one module a language.
//!
//! Whatever the language, a guest ends as `target/guests/components/NAME.wasm`.

mod c;
mod component;
mod go;
mod javascript;
mod python;
mod rust;
mod zig;

pub use c::{C, check as check_c};
pub use go::{GO, check as check_go};
pub use javascript::{JAVASCRIPT, check as check_javascript};
pub use python::{PYTHON, check as check_python};
pub use rust::build as build_rust;
pub use zig::{ZIG, check as check_zig};

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

use crate::process::say;
use crate::setup::go::Go;
use crate::setup::optional::Skips;
use crate::setup::python::Python;
use crate::workspace::{Cargo, Workspace, relative};

/// A guest that cargo does not build.
struct Guest {
    name: &'static str,
    /// The language, without whose tools it is left out.
    language: &'static str,
    build: fn(&Workspace, &Cargo, &mut Skips) -> anyhow::Result<()>,
}

// Only a toolchain may be missing; a guest that does not build is a mistake in it.
const GUESTS: &[Guest] = &[
    Guest {
        name: PYTHON,
        language: PYTHON,
        build: |workspace, _, skips| match skips.unless(PYTHON, Python::ensure(workspace))? {
            Some(tools) => python::build(workspace, &tools),
            None => Ok(()),
        },
    },
    Guest {
        name: python::SUITE.name,
        language: PYTHON,
        build: |workspace, _, skips| python::build_with_sdk(workspace, skips, &python::SUITE),
    },
    Guest {
        name: python::CAR_MODELS.name,
        language: PYTHON,
        build: |workspace, _, skips| python::build_with_sdk(workspace, skips, &python::CAR_MODELS),
    },
    Guest {
        name: python::COCOINDEX_PORT.name,
        language: PYTHON,
        build: |workspace, _, skips| {
            python::build_with_sdk(workspace, skips, &python::COCOINDEX_PORT)
        },
    },
    Guest {
        name: JAVASCRIPT,
        language: JAVASCRIPT,
        build: |workspace, _, skips| match skips.unless(JAVASCRIPT, javascript::tools(workspace))? {
            Some(tools) => javascript::build(workspace, &tools),
            None => Ok(()),
        },
    },
    Guest {
        name: javascript::SUITE.name,
        language: JAVASCRIPT,
        build: |workspace, _, skips| {
            javascript::build_with_sdk(workspace, skips, &javascript::SUITE)
        },
    },
    Guest {
        name: javascript::LABWARE_CATALOGUE.name,
        language: JAVASCRIPT,
        build: |workspace, _, skips| {
            javascript::build_with_sdk(workspace, skips, &javascript::LABWARE_CATALOGUE)
        },
    },
    Guest {
        name: c::SUITE.name,
        language: C,
        build: |workspace, cargo, skips| c::build(workspace, cargo, skips, &c::SUITE),
    },
    Guest {
        name: c::SENSOR_LOG.name,
        language: C,
        build: |workspace, cargo, skips| c::build(workspace, cargo, skips, &c::SENSOR_LOG),
    },
    Guest {
        name: "sdk-go",
        language: GO,
        build: |workspace, cargo, skips| match skips.unless(GO, Go::ensure(workspace))? {
            Some(tools) => go::build(workspace, cargo, &tools, "sdk-go", "tests/guests/go-sdk"),
            None => Ok(()),
        },
    },
    Guest {
        name: "flights",
        language: GO,
        build: |workspace, cargo, skips| match skips.unless(GO, Go::ensure(workspace))? {
            Some(tools) => go::build(workspace, cargo, &tools, "flights", "examples/flights"),
            None => Ok(()),
        },
    },
    Guest {
        name: zig::SUITE.name,
        language: ZIG,
        build: |workspace, cargo, skips| zig::build(workspace, cargo, skips, &zig::SUITE),
    },
    Guest {
        name: zig::TIME_ZONES.name,
        language: ZIG,
        build: |workspace, cargo, skips| zig::build(workspace, cargo, skips, &zig::TIME_ZONES),
    },
];

/// The guests of `cargo xtask bench --guests`, which no test needs. That in Rust is a package.
const SPEED: &[Guest] = &[
    Guest {
        name: c::SPEED.name,
        language: C,
        build: |workspace, cargo, skips| c::build(workspace, cargo, skips, &c::SPEED),
    },
    Guest {
        name: "speed-go",
        language: GO,
        build: |workspace, cargo, skips| match skips.unless(GO, Go::ensure(workspace))? {
            Some(tools) => go::build(
                workspace,
                cargo,
                &tools,
                "speed-go",
                "tests/guests/go-speed",
            ),
            None => Ok(()),
        },
    },
    Guest {
        name: zig::SPEED.name,
        language: ZIG,
        build: |workspace, cargo, skips| zig::build(workspace, cargo, skips, &zig::SPEED),
    },
    Guest {
        name: python::SPEED.name,
        language: PYTHON,
        build: |workspace, _, skips| python::build_with_sdk(workspace, skips, &python::SPEED),
    },
    Guest {
        name: javascript::SPEED.name,
        language: JAVASCRIPT,
        build: |workspace, _, skips| {
            javascript::build_with_sdk(workspace, skips, &javascript::SPEED)
        },
    },
];

/// That of them which is in Rust.
const SPEED_RUST: &str = "speed-rust";

fn other(name: &str) -> Option<&'static Guest> {
    GUESTS.iter().chain(SPEED).find(|guest| guest.name == name)
}

/// Which guests to build.
#[derive(clap::Args)]
pub struct Args {
    /// Only these; all if none is named.
    names: Vec<String>,
}

/// `cargo xtask guests`.
pub fn run(workspace: &Workspace, args: &Args) -> anyhow::Result<()> {
    let cargo = crate::setup::rust(workspace)?;
    let known = workspace
        .components
        .iter()
        .map(String::as_str)
        .chain(GUESTS.iter().chain(SPEED).map(|guest| guest.name));
    let known: Vec<&str> = known.collect();
    if let Some(name) = args
        .names
        .iter()
        .find(|name| !known.contains(&name.as_str()))
    {
        bail!("there is no guest `{name}`; there are {}", known.join(", "));
    }
    let wanted: Vec<&str> = known
        .into_iter()
        .filter(|name| args.names.is_empty() || args.names.iter().any(|wanted| wanted == name))
        .collect();
    let mut skips = Skips::default();
    build(workspace, &cargo, &wanted, &mut skips)?;
    for name in wanted {
        let file = workspace.component(name);
        if !other(name).is_some_and(|guest| skips.has(guest.language)) {
            println!("{}", relative(workspace, &file).display());
        }
    }
    skips.tell();
    Ok(())
}

/// Builds every guest, in every language.
pub fn build_all(workspace: &Workspace, cargo: &Cargo, skips: &mut Skips) -> anyhow::Result<()> {
    let mut names: Vec<&str> = workspace.components.iter().map(String::as_str).collect();
    names.extend(GUESTS.iter().map(|guest| guest.name));
    build(workspace, cargo, &names, skips)
}

/// Builds the guests of `cargo xtask bench --guests`, and returns the language and the name of each
/// whose tools there are.
pub fn build_speed(
    workspace: &Workspace,
    cargo: &Cargo,
    skips: &mut Skips,
) -> anyhow::Result<Vec<(&'static str, &'static str)>> {
    let mut names = vec![SPEED_RUST];
    names.extend(SPEED.iter().map(|guest| guest.name));
    build(workspace, cargo, &names, skips)?;
    let others = SPEED.iter().filter(|guest| !skips.has(guest.language));
    let mut built = vec![("rust", SPEED_RUST)];
    built.extend(others.map(|guest| (guest.language, guest.name)));
    Ok(built)
}

fn build(
    workspace: &Workspace,
    cargo: &Cargo,
    names: &[&str],
    skips: &mut Skips,
) -> anyhow::Result<()> {
    let rust: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| other(name).is_none())
        .collect();
    if !rust.is_empty() {
        say(format!("building the guests {}", rust.join(", ")));
        build_rust(workspace, cargo, &rust)?;
    }
    for guest in names.iter().filter_map(|name| other(name)) {
        (guest.build)(workspace, cargo, skips)?;
    }
    Ok(())
}

/// Puts a built component in its place; one that did not change is left alone, so that
/// nothing that watches it stirs.
fn place(workspace: &Workspace, name: &str, built: &Path) -> anyhow::Result<()> {
    let bytes = fs::read(built).with_context(|| format!("cannot read {}", built.display()))?;
    let place = workspace.component(name);
    if fs::read(&place).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    fs::create_dir_all(workspace.component_folder())?;
    fs::write(&place, bytes).with_context(|| format!("cannot write {}", place.display()))
}
