//! The demo's documents: real Markdown that every machine which built this project has,
//! namely what cargo unpacked of the crates in the lock file.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use walkdir::WalkDir;

use super::story::count;
use crate::workspace::Workspace;

/// What the added document is about, in words that no crate's documentation is about.
pub const ADDED_TOPIC: &str = "how the lighthouse keeper trims the lamp before a storm";
/// Crates of which the demo edits and removes the README. Both are certain to be there,
/// since the host depends on them.
const EDITED: &str = "anyhow";
const REMOVED: &str = "tokio";

/// A folder of documents, one folder a crate.
pub struct Documents {
    folder: PathBuf,
    crates: BTreeSet<String>,
    files: usize,
    bytes: u64,
}

/// The documents that the demo changed, relative to the folder.
pub struct Touched {
    pub added: String,
    pub edited: String,
    pub removed: String,
}

impl Documents {
    /// Copies every Markdown file of the crates in the lock file to `folder`.
    pub fn collect(workspace: &Workspace, folder: &Path) -> anyhow::Result<Self> {
        let mut documents = Self {
            folder: folder.into(),
            crates: BTreeSet::new(),
            files: 0,
            bytes: 0,
        };
        let lock = fs::read_to_string(workspace.root.join("Cargo.lock"))?;
        let locked = locked_crates(&lock);
        for registry in registries()? {
            for name in &locked {
                documents.copy_crate(&registry.join(name), name)?;
            }
        }
        ensure!(
            documents.files > 0,
            "cargo's registry holds no Markdown files"
        );
        Ok(documents)
    }

    fn copy_crate(&mut self, from: &Path, name: &str) -> anyhow::Result<()> {
        // Crates for other platforms are locked, but not on this machine.
        if !from.is_dir() {
            return Ok(());
        }
        for entry in WalkDir::new(from) {
            let entry = entry?;
            let file = entry.path();
            let markdown = file.extension().is_some_and(|extension| extension == "md");
            if !markdown || !entry.file_type().is_file() {
                continue;
            }
            let to = self.folder.join(name).join(file.strip_prefix(from)?);
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent)?;
            }
            // Read and written rather than copied: some crates' files are read-only, and
            // the demo edits one.
            let text = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            fs::write(&to, &text).with_context(|| format!("cannot write {}", to.display()))?;
            self.files += 1;
            self.bytes += text.len() as u64;
            self.crates.insert(name.to_owned());
        }
        Ok(())
    }

    /// The folder they are in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// How many there are.
    pub fn summary(&self) -> String {
        format!(
            "{} files of {} crates, {:.1} MB",
            count(self.files),
            count(self.crates.len()),
            self.bytes as f64 / 1e6
        )
    }

    /// Adds a document, edits one, and removes one.
    pub fn touch(&self) -> anyhow::Result<Touched> {
        let touched = Touched {
            added: "added-by-the-demo.md".to_owned(),
            edited: self.readme_of(EDITED)?,
            removed: self.readme_of(REMOVED)?,
        };
        let added = format!("# A new document\n\nThis one tells {ADDED_TOPIC}.\n");
        fs::write(self.folder.join(&touched.added), added)?;

        let edited = self.folder.join(&touched.edited);
        let text = fs::read_to_string(&edited)?;
        let text = format!(
            "{}\n\nOnly the passage that changed is written again.\n",
            text.trim_end()
        );
        fs::write(edited, text)?;

        fs::remove_file(self.folder.join(&touched.removed))?;
        Ok(touched)
    }

    fn readme_of(&self, name: &str) -> anyhow::Result<String> {
        let folder = self
            .crates
            .iter()
            .find(|folder| {
                folder.strip_prefix(name).is_some_and(|version| {
                    version
                        .strip_prefix('-')
                        .is_some_and(|v| v.starts_with(|c: char| c.is_ascii_digit()))
                })
            })
            .with_context(|| format!("the crate `{name}` is not among the documents"))?;
        let path = format!("{folder}/README.md");
        ensure!(
            self.folder.join(&path).is_file(),
            "the crate `{name}` has no README.md"
        );
        Ok(path)
    }
}

impl Touched {
    /// What happened to which document.
    pub fn each(&self) -> [(&'static str, &str); 3] {
        [
            ("added", &self.added),
            ("edited", &self.edited),
            ("removed", &self.removed),
        ]
    }
}

/// The folders of the crates in a lock file, as `NAME-VERSION`.
fn locked_crates(lock: &str) -> Vec<String> {
    let mut crates = Vec::new();
    let mut name = None;
    for line in lock.lines() {
        if let Some(value) = quoted(line, "name = ") {
            name = Some(value);
        } else if let (Some(version), Some(name)) = (quoted(line, "version = "), name.take()) {
            crates.push(format!("{name}-{version}"));
        }
    }
    crates
}

fn quoted<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.strip_prefix(key)?.strip_prefix('"')?.strip_suffix('"')
}

/// Where cargo unpacks crates, one folder a registry.
fn registries() -> anyhow::Result<Vec<PathBuf>> {
    let home = match env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => env::home_dir()
            .context("there is no home directory")?
            .join(".cargo"),
    };
    let folder = home.join("registry/src");
    let entries = fs::read_dir(&folder)
        .with_context(|| format!("cannot list cargo's crates in {}", folder.display()))?;
    let mut registries = Vec::new();
    for entry in entries {
        registries.push(entry?.path());
    }
    registries.sort();
    Ok(registries)
}

#[cfg(test)]
mod tests {
    use super::locked_crates;

    #[test]
    fn crates_are_read_from_a_lock_file() {
        let lock = r#"
version = 4

[[package]]
name = "a"
version = "1.0.0"

[[package]]
name = "b-c"
version = "0.2.0+x"
dependencies = [
 "a",
]
"#;
        assert_eq!(locked_crates(lock), ["a-1.0.0", "b-c-0.2.0+x"]);
    }
}
