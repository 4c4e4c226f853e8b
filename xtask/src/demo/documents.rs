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
