//! Rust: cargo makes components by itself.

use std::{fs, path::Path};

use anyhow::Context as _;
use serde_json::Value;

use super::{Project, tool::Tool};
use crate::failure::{Failure, Kind};

const TARGET: &str = "wasm32-wasip2";

const CARGO: Tool<'_> = Tool {
    program: "cargo",
    install: "install Rust as https://rustup.rs says, then `rustup target add wasm32-wasip2`",
};

const RUSTC: Tool<'_> = Tool {
    program: "rustc",
    install: CARGO.install,
};

/// Builds it as its users would: `cargo build --release`.
pub async fn build(project: &Project<'_>) -> Result<Vec<u8>, Failure> {
    check_target(project).await?;
    let mut command = CARGO.command(project);
    command.args(["build", "--release", "--lib", "--target", TARGET]);
    command.arg("--message-format=json-render-diagnostics");
    let messages = CARGO.output(project, &mut command).await?;
    let component = messages.lines().filter_map(component).next_back();
    let component = component.ok_or_else(|| {
        Failure::message(
            Kind::Pipeline,
            "cargo built no component; Cargo.toml needs `crate-type = [\"cdylib\"]` under `[lib]`",
        )
    })?;
    fs::read(&component)
        .with_context(|| format!("cannot read {component}"))
        .map_err(|error| Failure::new(Kind::Internal, error))
}

/// Without it cargo would say that it cannot find the crate `std`.
async fn check_target(project: &Project<'_>) -> Result<(), Failure> {
    let mut command = RUSTC.command(project);
    command.args(["--print=target-libdir", "--target", TARGET]);
    let folder = RUSTC.output(project, &mut command).await?;
    if Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    let message = format!(
        "Rust has no standard library for {TARGET} here; `rustup target add {TARGET}` installs it"
    );
    Err(Failure::message(Kind::Usage, message))
}

/// The component in one of cargo's messages, each of which is a line of JSON.
fn component(message: &str) -> Option<String> {
    let message: Value = serde_json::from_str(message).ok()?;
    let files = message.get("filenames")?.as_array()?;
    let mut files = files.iter().filter_map(Value::as_str);
    files
        .find(|file| file.ends_with(".wasm"))
        .map(str::to_owned)
}
