//! Embeds what `lance-host new` writes: the templates, and the sources of the SDKs.
//!
//! They come with the command because they have to fit it: a project that was made offline, years
//! ago, still has the SDK that it was made with.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// Folders of an SDK that its users do not need: its own tests, and what tools leave behind.
const LEFT_OUT: &[&str] = &[
    "tests",
    "test",
    "testdata",
    "target",
    "node_modules",
    "dist",
    "build",
    "__pycache__",
    "zig-out",
];

fn main() -> Result<(), Box<dyn Error>> {
    let here = variable("CARGO_MANIFEST_DIR")?;
    let mut code = String::new();
    embed(&mut code, "TEMPLATES", &here.join("templates"), &[])?;
    embed(&mut code, "SDKS", &here.join("../../guest-sdk"), LEFT_OUT)?;
    fs::write(variable("OUT_DIR")?.join("embedded.rs"), code)?;
    Ok(())
}

/// Writes a constant with every file below a folder: its path in the folder, and its content.
fn embed(
    code: &mut String,
    name: &str,
    folder: &Path,
    left_out: &[&str],
) -> Result<(), Box<dyn Error>> {
    let folder = folder.canonicalize()?;
    let mut files = Vec::new();
    list(&folder, left_out, &mut files)?;
    files.sort();
    writeln!(code, "pub static {name}: &[(&str, &[u8])] = &[")?;
    for file in files {
        let path = file.strip_prefix(&folder)?.to_str().ok_or("not UTF-8")?;
        let file = file.to_str().ok_or("not UTF-8")?;
        writeln!(code, "    ({path:?}, include_bytes!({file:?})),")?;
    }
    writeln!(code, "];")?;
    Ok(())
}

fn list(folder: &Path, left_out: &[&str], files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    let mut whole = true;
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // Hidden files are of an editor or a tool, but for what a template says.
        let hidden = name.starts_with('.') && !name.ends_with(".template");
        if hidden || left_out.contains(&name.as_ref()) {
            whole = false;
            continue;
        }
        entries.push(entry.path());
        if entry.file_type()?.is_dir() {
            list(&entry.path(), left_out, files)?;
        } else {
            files.push(entry.path());
        }
    }
    // cargo looks at everything below a folder, and must not at what was left out.
    if whole {
        entries = vec![folder.to_owned()];
    }
    for path in entries.iter().filter(|path| whole || path.is_file()) {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    Ok(())
}

fn variable(name: &str) -> Result<PathBuf, String> {
    env::var_os(name)
        .map(PathBuf::from)
        .ok_or_else(|| format!("cargo did not set {name}"))
}
