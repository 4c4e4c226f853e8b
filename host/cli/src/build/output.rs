//! A place that a tool writes to, so that a build that fails leaves the last component alone.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use tempfile::TempDir;

use crate::failure::{Failure, Kind};

/// A file that goes away with this value.
pub struct Output(TempDir);

impl Output {
    /// A place where nothing is yet.
    pub fn new() -> Result<Self, Failure> {
        let folder = tempfile::tempdir().context("cannot make a temporary folder");
        folder
            .map(Self)
            .map_err(|error| Failure::new(Kind::Internal, error))
    }

    /// Where the tool is to write.
    pub fn file(&self) -> PathBuf {
        self.0.path().join("output.wasm")
    }

    /// The folder of that file, for tools that write more than one.
    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    /// What it wrote.
    pub fn read(&self) -> Result<Vec<u8>, Failure> {
        fs::read(self.file())
            .context("the tools succeeded, and wrote nothing")
            .map_err(|error| Failure::new(Kind::Pipeline, error))
    }
}
