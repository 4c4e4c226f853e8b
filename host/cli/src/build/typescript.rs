//! TypeScript: the SDK makes the component, with packages that the project lists.

use super::{Project, output::Output, tool::Tool};
use crate::failure::Failure;

const NPM: Tool<'_> = Tool {
    program: "npm",
    install: "install Node.js 20.6 or newer with npm from https://nodejs.org (Debian and Ubuntu: `apt-get install nodejs npm`)",
};

const NODE: Tool<'_> = Tool {
    program: "node",
    install: NPM.install,
};

/// The SDK's program, as npm links it.
const COMPONENTIZE: &str = "node_modules/@lance-host/sdk/bin/componentize.js";

/// Checks the types of the project, and builds `src/pipeline.ts`.
pub async fn build(project: &Project<'_>) -> Result<Vec<u8>, Failure> {
    if !project.folder.join("node_modules").exists() {
        let mut install = NPM.command(project);
        install.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
        NPM.run(project, &mut install).await?;
    }
    if !project.folder.join("sdk/javascript/dist").exists() {
        let mut prepare = NPM.command(project);
        NPM.run(project, prepare.args(["run", "--silent", "prepare"]))
            .await?;
    }
    let mut check = NODE.command(project);
    check.args(["node_modules/typescript/bin/tsc", "--noEmit"]);
    NODE.run(project, &mut check).await?;

    let output = Output::new()?;
    let mut command = NODE.command(project);
    command
        .args([COMPONENTIZE, "src/pipeline.ts", "--out"])
        .arg(output.file());
    NODE.run(project, &mut command).await?;
    output.read()
}
