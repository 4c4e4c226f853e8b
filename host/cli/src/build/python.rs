//! Python: the SDK makes the component, with a tool from the project's own environment.

use super::{Project, output::Output, tool::Tool};
use crate::failure::{Failure, Kind};

const PYTHON: Tool<'_> = Tool {
    program: "python3",
    install: "install Python 3.11 or newer with its module venv (Debian and Ubuntu: `apt-get install python3 python3-venv`)",
};

/// The environment, in the project's folder.
const VENV: &str = ".venv";

/// Builds the module `pipeline`.
pub async fn build(project: &Project<'_>) -> Result<Vec<u8>, Failure> {
    let venv = project.folder.join(VENV);
    if !venv.join("bin/componentize-py").exists() {
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

/// Makes the environment, with what `requirements.txt` lists.
async fn install(project: &Project<'_>) -> Result<(), Failure> {
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
        })?;
    let mut pip = OWN_PYTHON.command(project);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]);
    pip.args(["-r", "requirements.txt"]);
    OWN_PYTHON.run(project, &mut pip).await
}
