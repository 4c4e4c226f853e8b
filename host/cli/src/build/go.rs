//! Go: its own compiler makes a core module, which becomes a component here.

use super::{Project, core_module, output::Output, tool::Tool};
use crate::failure::Failure;

const GO: Tool<'_> = Tool {
    program: "go",
    install: "install Go 1.24 or newer from https://go.dev/dl",
};

/// Builds the program in the project's folder.
pub async fn build(project: &Project<'_>) -> Result<Vec<u8>, Failure> {
    let output = Output::new()?;
    let mut command = GO.command(project);
    command
        .env("GOOS", "wasip1")
        .env("GOARCH", "wasm")
        .args(["build", "-buildmode=c-shared", "-ldflags=-s -w", "-o"])
        .arg(output.file())
        .arg(".");
    GO.run(project, &mut command).await?;
    core_module::component(&output.read()?, Some("go"))
}
