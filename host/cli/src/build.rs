//! Builds a project: runs its language's own tools, and checks what comes out.
//!
//! Every language is a module with one function that makes a component. What they share is how
//! tools are started, and how it is said that one is missing.

mod c;
mod core_module;
mod go;
mod output;
mod python;
mod rust;
mod tool;
mod typescript;
mod zig;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use crate::{
    failure::{Failure, Kind},
    project::{Language, Manifest},
    session::Session,
};

/// A project that is being built.
struct Project<'a> {
    folder: &'a Path,
    session: &'a Session,
}

/// A component that was built.
pub struct Built {
    /// What it was built from.
    pub manifest: Manifest,
    /// Its file.
    pub component: PathBuf,
    /// Its bytes.
    pub size: u64,
}

/// Builds the project in `folder` to `NAME.wasm` in the same folder.
pub async fn build(folder: &Path, session: &Session) -> Result<Built, Failure> {
    let manifest = Manifest::read(folder)?;
    let project = Project { folder, session };
    let bytes = match manifest.language {
        Language::Rust => rust::build(&project).await?,
        Language::Python => python::build(&project).await?,
        Language::TypeScript => typescript::build(&project).await?,
        Language::Go => go::build(&project).await?,
        Language::C => c::build(&project).await?,
        Language::Zig => zig::build(&project).await?,
    };
    check(&bytes)?;
    let component = in_folder(folder, &manifest.name.component());
    fs::write(&component, &bytes)
        .with_context(|| format!("cannot write {}", component.display()))
        .map_err(|error| Failure::new(Kind::Internal, error))?;
    Ok(Built {
        manifest,
        component,
        size: bytes.len() as u64,
    })
}

/// A file in a folder, as a person would write its path.
fn in_folder(folder: &Path, file: &str) -> PathBuf {
    if folder == Path::new(".") {
        PathBuf::from(file)
    } else {
        folder.join(file)
    }
}

/// A component that this host would refuse is better refused while it is built.
fn check(component: &[u8]) -> Result<(), Failure> {
    let runnable = lance_host_sandbox::inspect(component)?.runnable;
    runnable.map_err(|reason| {
        let message = format!("the project was built, but its component cannot run: {reason}");
        Failure::message(Kind::Pipeline, message)
    })
}
