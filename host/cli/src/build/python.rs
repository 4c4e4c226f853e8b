//! Python: the SDK makes the component, with a tool from the project's own environment.

use std::{fs, path::Path};

use super::{Project, output::Output, tool::Tool};
use crate::failure::{Failure, Kind};

const PYTHON: Tool<'_> = Tool {
    program: "python3",
    install: "install Python 3.11 or newer with its module venv (Debian and Ubuntu: `apt-get install python3 python3-venv`)",
};

/// The environment, in the project's folder.
const VENV: &str = ".venv";

/// What is to be in it.
const REQUIREMENTS: &str = "requirements.txt";

/// What was there when it was installed last, in the environment.
const INSTALLED: &str = ".venv/lance-host-requirements.txt";

/// Builds the module `pipeline`.
pub async fn build(project: &Project<'_>) -> Result<Vec<u8>, Failure> {
    if !is_installed(project.folder) {
        install(project).await?;
    }
    let output = Output::new()?;
    let mut command = OWN_PYTHON.command(project);
    command
        .args(["-m", "lance_host", "build", "pipeline.py", "--output"])
        .arg(output.file());
    OWN_PYTHON.run(project, &mut command).await?;
    output.read()
}

/// The interpreter of the environment.
const OWN_PYTHON: Tool<'_> = Tool {
    program: ".venv/bin/python",
    install: "remove .venv, and the next build makes it again",
};

/// Whether the environment has what `requirements.txt` lists now.
fn is_installed(folder: &Path) -> bool {
    let wanted = fs::read(folder.join(REQUIREMENTS)).ok();
    wanted.is_some() && wanted == fs::read(folder.join(INSTALLED)).ok()
}

/// Makes the environment unless it is there, and installs what `requirements.txt` lists.
async fn install(project: &Project<'_>) -> Result<(), Failure> {
    if !project.folder.join(OWN_PYTHON.program).exists() {
        make_environment(project).await?;
    }
    let mut pip = OWN_PYTHON.command(project);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]);
    pip.args(["-r", REQUIREMENTS]);
    OWN_PYTHON.run(project, &mut pip).await?;
    // Without the note, the next build only installs again.
    let _ = fs::copy(
        project.folder.join(REQUIREMENTS),
        project.folder.join(INSTALLED),
    );
    Ok(())
}

async fn make_environment(project: &Project<'_>) -> Result<(), Failure> {
    let mut venv = PYTHON.command(project);
    venv.args(["-m", "venv", VENV]);
    // Debian's Python comes without the module, and says how to get it.
    PYTHON
        .run(project, &mut venv)
        .await
        .map_err(|failure| match failure.kind() {
            Kind::Pipeline => Failure::message(
                Kind::Usage,
                format!("`python3 -m venv {VENV}` failed; {}", PYTHON.install),
            ),
            _ => failure,
        })
}
