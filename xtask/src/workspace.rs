//! The workspace as cargo sees it: which packages are guests, and where things are built.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use serde_json::Value;

use crate::process;

/// The checkout and its packages.
pub struct Workspace {
    /// The top of the checkout.
    pub root: PathBuf,
    /// The names of the packages that compile to components.
    pub components: Vec<String>,
    /// The names of the packages that components are built with.
    pub sdks: Vec<String>,
}

impl Workspace {
    /// Asks cargo.
    pub fn load() -> anyhow::Result<Self> {
        let text =
            process::stdout(cargo_program().args(["metadata", "--no-deps", "--format-version=1"]))?;
        let metadata: Value =
            serde_json::from_str(&text).context("`cargo metadata` printed no JSON")?;
        let root = metadata
            .get("workspace_root")
            .and_then(Value::as_str)
            .context("`cargo metadata` names no workspace root")?;
        let root = PathBuf::from(root);
        Ok(Self {
            components: names(&metadata, is_component),
            sdks: names(&metadata, |package| {
                is_below(package, &root.join("guest-sdk"))
            }),
            root,
        })
    }

    /// `target/` of the checkout, for all that is not cargo's own.
    pub fn target(&self) -> PathBuf {
        self.root.join("target")
    }

    /// Where the guests are built.
    pub fn guests(&self) -> PathBuf {
        self.target().join("guests")
    }

    /// Where the finished components are, each as `NAME.wasm`.
    pub fn component_folder(&self) -> PathBuf {
        self.guests().join("components")
    }

    /// The component of that name, which may not be built yet.
    pub fn component(&self, name: &str) -> PathBuf {
        self.component_folder().join(name).with_extension("wasm")
    }

    /// The contract.
    pub fn wit(&self) -> PathBuf {
        self.root.join("wit")
    }

    /// Where this crate's own files are, such as lists of Python packages.
    pub fn xtask(&self) -> PathBuf {
        self.root.join("xtask")
    }
}

/// The names of the packages that `chosen` holds for, sorted.
fn names(metadata: &Value, chosen: impl Fn(&Value) -> bool) -> Vec<String> {
    let packages = metadata.get("packages").and_then(Value::as_array);
    let mut names: Vec<String> = packages
        .into_iter()
        .flatten()
        .filter(|package| chosen(package))
        .filter_map(|package| Some(package.get("name")?.as_str()?.to_owned()))
        .collect();
    names.sort();
    names
}

/// A library that is linked for use from outside is a component; nothing else in this
/// workspace has a reason to be a `cdylib`.
fn is_component(package: &Value) -> bool {
    let targets = package.get("targets").and_then(Value::as_array);
    targets.into_iter().flatten().any(|target| {
        let types = target.get("crate_types").and_then(Value::as_array);
        types.is_some_and(|types| types.iter().any(|kind| kind == "cdylib"))
    })
}

fn is_below(package: &Value, folder: &Path) -> bool {
    let manifest = package.get("manifest_path").and_then(Value::as_str);
    manifest.is_some_and(|manifest| Path::new(manifest).starts_with(folder))
}

/// The cargo that started us, so that a `+toolchain` is kept.
pub fn cargo_program() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs of cargo, with what its build scripts need.
pub struct Cargo {
    root: PathBuf,
    protoc: Option<PathBuf>,
    linted: bool,
}

impl Cargo {
    /// `protoc` is set for build scripts only if they would not find one themselves:
    /// cargo builds again whatever watches `PROTOC` when that variable changes.
    pub fn new(workspace: &Workspace, protoc: Option<PathBuf>) -> Self {
        Self {
            root: workspace.root.clone(),
            protoc,
            linted: false,
        }
    }

    /// Has clippy compile what belongs to the workspace, and takes a warning for an error.
    ///
    /// `cargo clippy` only checks, which is another way of building: all of Lance is compiled once
    /// for it, and a second time for the tests. Clippy's driver is a compiler like any other.
    pub fn linted(mut self) -> Self {
        self.linted = true;
        self
    }

    /// A `cargo` at the top of the checkout, as if started from a shell.
    pub fn command(&self) -> Command {
        let mut command = cargo_program();
        command.current_dir(&self.root);
        // What cargo told us about this crate must not reach other crates' build scripts:
        // that of `ring` watches these variables, and with it all of Lance is built again.
        for (name, _) in env::vars_os() {
            let told = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"];
            let name = name.to_string_lossy();
            if told.iter().any(|prefix| name.starts_with(prefix)) {
                command.env_remove(name.as_ref());
            }
        }
        if let Some(protoc) = &self.protoc {
            command.env("PROTOC", protoc);
        }
        if self.linted {
            // As `cargo clippy -- --deny=warnings` sets them.
            command
                .env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver")
                .env("CLIPPY_ARGS", "--deny=warnings__CLIPPY_HACKERY__");
        }
        command
    }
}

/// One half of the workspace.
///
/// The halves are built, linted and tested one after the other. Together, the SDK's
/// dependencies would give those of Lance other features than a plain
/// `cargo build -p lance-host` does, and all of Lance would be built twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// What runs natively, most of which depends on Lance.
    Host,
    /// Guests and their SDKs, none of which does.
    Guest,
}

impl Workspace {
    /// The arguments that select a half.
    pub fn select(&self, half: Half) -> Vec<String> {
        let guest_side = self.components.iter().chain(&self.sdks);
        match half {
            Half::Host => std::iter::once("--workspace".to_owned())
                .chain(guest_side.map(|name| format!("--exclude={name}")))
                .collect(),
            Half::Guest => guest_side.map(|name| format!("--package={name}")).collect(),
        }
    }
}

/// A file that cargo built.
pub struct Artifact {
    /// The name of the target, as in `Cargo.toml`.
    pub target: String,
    /// `bin`, `cdylib`, ….
    pub kind: String,
    /// What it wrote.
    pub files: Vec<PathBuf>,
}

/// Runs a `cargo build` and returns what it built; its messages stay visible.
pub fn build(command: &mut Command) -> anyhow::Result<Vec<Artifact>> {
    let messages = process::stdout(command.arg("--message-format=json-render-diagnostics"))?;
    Ok(messages.lines().filter_map(artifact).collect())
}

fn artifact(line: &str) -> Option<Artifact> {
    let message: Value = serde_json::from_str(line).ok()?;
    if message.get("reason")? != "compiler-artifact" {
        return None;
    }
    let target = message.get("target")?;
    // A test harness carries the name of what it tests.
    if message.get("profile")?.get("test")? == true {
        return None;
    }
    Some(Artifact {
        target: target.get("name")?.as_str()?.to_owned(),
        kind: target.get("kind")?.get(0)?.as_str()?.to_owned(),
        files: message
            .get("filenames")?
            .as_array()?
            .iter()
            .filter_map(|file| file.as_str().map(PathBuf::from))
            .collect(),
    })
}

/// The file of a binary among what was built.
pub fn binary(artifacts: &[Artifact], name: &str) -> anyhow::Result<PathBuf> {
    program(artifacts, "bin", name)
}

/// The file of an example among what was built.
pub fn example(artifacts: &[Artifact], name: &str) -> anyhow::Result<PathBuf> {
    program(artifacts, "example", name)
}

fn program(artifacts: &[Artifact], kind: &str, name: &str) -> anyhow::Result<PathBuf> {
    artifacts
        .iter()
        .find(|artifact| artifact.kind == kind && artifact.target == name)
        .and_then(|artifact| artifact.files.first().cloned())
        .with_context(|| format!("cargo built no program `{name}`"))
}

/// Whether `folder` lies in the checkout, with the path relative to it.
pub fn relative<'a>(workspace: &Workspace, path: &'a Path) -> &'a Path {
    path.strip_prefix(&workspace.root).unwrap_or(path)
}
