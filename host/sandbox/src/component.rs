//! A component that is ready to run.

use std::path::Path;

use wasmtime::Engine;

use crate::{bindings::PipelinePre, inspect::Inspection, store::State};

/// A pipeline's component: looked at, compiled, and linked with what the host offers. Cheap to
/// clone; each run instantiates it anew.
#[derive(Clone)]
pub struct Component {
    pub(crate) pre: PipelinePre<State>,
    pub(crate) inspection: Inspection,
    pub(crate) cached: bool,
}

impl Component {
    /// What was found when it was looked at.
    pub fn inspection(&self) -> &Inspection {
        &self.inspection
    }

    /// Whether its compiled code came from the cache.
    pub fn cached(&self) -> bool {
        self.cached
    }
}

/// Maps compiled code into memory.
///
/// The file must have been written by [`compile`](crate::compile::compile), and since then have
/// been where nobody else can write: a fresh temporary directory, or the cache.
#[expect(
    unsafe_code,
    reason = "wasmtime runs what is in the file, which is ours by the rule above"
)]
pub(crate) fn map_compiled(
    engine: &Engine,
    file: &Path,
) -> wasmtime::Result<wasmtime::component::Component> {
    // SAFETY: the file is the output of our own compiling process and in a directory that only
    // this user can write to; nothing writes to such a file after it was renamed into place.
    unsafe { wasmtime::component::Component::deserialize_file(engine, file) }
}
