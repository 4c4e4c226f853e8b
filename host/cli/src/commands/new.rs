//! `new`: makes a project that builds, runs and has a test.

use std::path::Path;

use serde::Serialize;

use crate::{
    exit::Exit,
    failure::Failure,
    new::create,
    project::{Language, Manifest, ProjectName},
    session::Session,
};

#[derive(Debug, Serialize)]
struct Json<'a> {
    name: &'a ProjectName,
    language: Language,
}

/// Makes the project in a folder of its name.
pub fn new(name: ProjectName, language: Language, session: &Session) -> Result<Exit, Failure> {
    let manifest = Manifest { name, language };
    create(Path::new(manifest.name.as_str()), &manifest)?;
    if session.json() {
        session.print_json(&Json {
            name: &manifest.name,
            language,
        })?;
    } else if !session.quiet() {
        let name = &manifest.name;
        let component = name.component();
        session.print(&format!(
            "created {name}, a pipeline in {language}\n\nnext:\n  cd {name}\n  lance-host build\n  lance-host run {component}\n"
        ))?;
    }
    Ok(Exit::Done)
}
