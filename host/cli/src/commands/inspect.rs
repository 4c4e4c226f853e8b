//! `inspect`: what a component asks for and offers, without compiling it.

use std::{fs, path::Path};

use lance_host_sandbox::SandboxError;

use crate::{
    exit::Exit,
    failure::Failure,
    output::inspection::{Json, text},
    session::Session,
};

/// Looks at a component.
pub fn inspect(file: &Path, session: &Session) -> Result<Exit, Failure> {
    let bytes = fs::read(file).map_err(|source| SandboxError::Read {
        file: file.to_owned(),
        source,
    })?;
    let inspection = lance_host_sandbox::inspect(&bytes).map_err(|error| match error {
        // The sandbox saw bytes; the user knows them by their file.
        SandboxError::NotAComponent { reason, .. } => SandboxError::NotAComponent {
            subject: file.display().to_string(),
            reason,
        },
        other => other,
    })?;
    if session.json() {
        session.print_json(&Json::new(&inspection))?;
    } else {
        session.print(&text(&inspection))?;
    }
    Ok(Exit::Done)
}
