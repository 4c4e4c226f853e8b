//! `build`: turns a project into a component.

use std::path::Path;

use serde::Serialize;

use crate::{
    build::{Built, build as build_component},
    exit::Exit,
    failure::Failure,
    output::{
        report::milliseconds,
        words::{count, time},
    },
    project::{Language, ProjectName},
    session::Session,
};

#[derive(Debug, Serialize)]
struct Json<'a> {
    name: &'a ProjectName,
    language: Language,
    component: &'a Path,
    size: u64,
    duration_ms: u64,
}

/// Builds the project in `folder`.
pub async fn build(folder: &Path, session: &Session) -> Result<Exit, Failure> {
    let Built {
        manifest,
        component,
        size,
    } = build_component(folder, session).await?;
    if session.json() {
        session.print_json(&Json {
            name: &manifest.name,
            language: manifest.language,
            component: &component,
            size,
            duration_ms: milliseconds(session.elapsed()),
        })?;
    } else if !session.quiet() {
        session.print(&format!(
            "built {file} ({} bytes) in {}; `lance-host run {file}` runs it\n",
            count(size),
            time(session.elapsed()),
            file = component.display(),
        ))?;
    }
    Ok(Exit::Done)
}
