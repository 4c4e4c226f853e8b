//! Building guest programs to components, one module a language.
//!
//! Whatever the language, a guest ends as `target/guests/components/NAME.wasm`.

mod javascript;
mod python;
mod rust;

pub use javascript::JAVASCRIPT;
pub use python::PYTHON;
pub use rust::build as build_rust;

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

use crate::process::say;
use crate::setup::optional::Skips;
use crate::setup::python::Python;
use crate::workspace::{Cargo, Workspace, relative};

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
        .chain([PYTHON, JAVASCRIPT]);
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
        if !skips.has(name) {
            println!("{}", relative(workspace, &file).display());
        }
    }
    skips.tell();
    Ok(())
}

/// Builds every guest, in every language.
pub fn build_all(workspace: &Workspace, cargo: &Cargo, skips: &mut Skips) -> anyhow::Result<()> {
    let mut names: Vec<&str> = workspace.components.iter().map(String::as_str).collect();
    names.extend([PYTHON, JAVASCRIPT]);
    build(workspace, cargo, &names, skips)
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
        .filter(|name| ![PYTHON, JAVASCRIPT].contains(name))
        .collect();
    if !rust.is_empty() {
        say(format!("building the guests {}", rust.join(", ")));
        build_rust(workspace, cargo, &rust)?;
    }
    // Only a toolchain may be missing; a guest that does not build is a mistake in it.
    if names.contains(&PYTHON)
        && let Some(tools) = skips.unless(PYTHON, Python::ensure(workspace))?
    {
        python::build(workspace, &tools)?;
    }
    if names.contains(&JAVASCRIPT)
        && let Some(tools) = skips.unless(JAVASCRIPT, javascript::tools(workspace))?
    {
        javascript::build(workspace, &tools)?;
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
