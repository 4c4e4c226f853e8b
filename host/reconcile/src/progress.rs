//! How far a run has come, for whoever shows it. Reading it costs nothing and blocks nobody.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};

/// Counters that a run moves forward and a display reads.
#[derive(Debug, Default)]
pub struct Progress {
    phase: AtomicU8,
    declared: AtomicU64,
    to_write: AtomicU64,
    written: AtomicU64,
    committed_tables: AtomicU64,
}

/// What a run is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The pipeline runs and declares.
    Declaring,
    /// Declared rows are compared with stored ones.
    Diffing,
    /// New and changed rows are written to the storage; nothing is visible yet.
    Writing,
    /// A table's new version is made visible.
    Committing,
    /// An index is being built; the rows of all tables have landed.
    Indexing,
    /// The run has ended.
    Done,
}

impl Progress {
    /// What the run is doing.
    pub fn phase(&self) -> Phase {
        match self.phase.load(Relaxed) {
            0 => Phase::Declaring,
            1 => Phase::Diffing,
            2 => Phase::Writing,
            3 => Phase::Committing,
            4 => Phase::Indexing,
            _ => Phase::Done,
        }
    }

    /// Rows declared so far.
    pub fn declared(&self) -> u64 {
        self.declared.load(Relaxed)
    }

    /// Rows that have to be written, known once the diff is done.
    pub fn to_write(&self) -> u64 {
        self.to_write.load(Relaxed)
    }

    /// Rows written so far.
    pub fn written(&self) -> u64 {
        self.written.load(Relaxed)
    }

    /// Tables whose changes have landed.
    pub fn committed_tables(&self) -> u64 {
        self.committed_tables.load(Relaxed)
    }

    pub(crate) fn enter(&self, phase: Phase) {
        let number = match phase {
            Phase::Declaring => 0,
            Phase::Diffing => 1,
            Phase::Writing => 2,
            Phase::Committing => 3,
            Phase::Indexing => 4,
            Phase::Done => 5,
        };
        self.phase.store(number, Relaxed);
    }

    pub(crate) fn add_declared(&self, rows: u64) {
        self.declared.fetch_add(rows, Relaxed);
    }

    pub(crate) fn add_to_write(&self, rows: u64) {
        self.to_write.fetch_add(rows, Relaxed);
    }

    pub(crate) fn add_written(&self, rows: u64) {
        self.written.fetch_add(rows, Relaxed);
    }

    pub(crate) fn add_committed_table(&self) {
        self.committed_tables.fetch_add(1, Relaxed);
    }
}
