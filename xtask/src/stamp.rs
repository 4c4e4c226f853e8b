//! Stamps: what a result was made from, so that it is made again only when that changed.
//!
//! Contents are hashed rather than times compared, since a checkout changes the times.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use walkdir::{DirEntry, WalkDir};
use xxhash_rust::xxh3::Xxh3;

/// The fingerprint of everything that a result depends on.
pub struct Inputs(Xxh3);

impl Inputs {
    /// `recipe` is the way the result is made, such as a tool's version.
    pub fn of(recipe: &str) -> Self {
        let mut inputs = Self(Xxh3::new());
        inputs.add(recipe.as_bytes());
        inputs
    }

    /// Adds a file, or every file of a folder.
    pub fn with(mut self, path: &Path) -> anyhow::Result<Self> {
        // What Python leaves beside its modules is no input.
        let source = |entry: &DirEntry| entry.file_name() != "__pycache__";
        let entries = WalkDir::new(path).sort_by_file_name().into_iter();
        for entry in entries.filter_entry(source) {
            let entry = entry?;
            if entry.file_type().is_file() {
                let file = entry.path();
                let name = file.strip_prefix(path).unwrap_or(file);
                self.add(name.as_os_str().as_encoded_bytes());
                self.add(
                    &fs::read(file).with_context(|| format!("cannot read {}", file.display()))?,
                );
            }
        }
        Ok(self)
    }

    /// The stamp to be kept in `file`.
    pub fn stamp(&self, file: impl Into<PathBuf>) -> Stamp {
        Stamp {
            file: file.into(),
            value: format!("{:032x}\n", self.0.digest128()),
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        // The length keeps two inputs apart from one that is their concatenation.
        self.0.update(&bytes.len().to_le_bytes());
        self.0.update(bytes);
    }
}

/// A fingerprint and the file in which the last one is kept.
pub struct Stamp {
    file: PathBuf,
    value: String,
}

impl Stamp {
    /// Whether the result was made from these very inputs.
    pub fn is_current(&self) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|kept| kept == self.value)
    }

    /// Remembers that the result is made. Call it last.
    pub fn keep(&self) -> anyhow::Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&self.file, &self.value)
            .with_context(|| format!("cannot write {}", self.file.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::Inputs;

    #[test]
    fn a_stamp_is_current_until_an_input_changes() {
        let folder = std::env::temp_dir().join(format!("xtask-stamp-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("in")).unwrap();
        let input = folder.join("in/a.txt");
        let stamp = || {
            Inputs::of("recipe")
                .with(&folder.join("in"))
                .unwrap()
                .stamp(folder.join("stamp"))
        };

        std::fs::write(&input, "one").unwrap();
        assert!(!stamp().is_current());
        stamp().keep().unwrap();
        assert!(stamp().is_current());
        std::fs::write(&input, "two").unwrap();
        assert!(!stamp().is_current());

        std::fs::remove_dir_all(&folder).unwrap();
    }
}
