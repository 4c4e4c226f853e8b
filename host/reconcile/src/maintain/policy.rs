//! When a table is maintained, and how much of it at once: every number of it is here.

use std::time::{Duration, SystemTime};

/// When a run maintains a table that it has changed, and how much it does.
///
/// Decisions follow from what a table looks like, and from nothing else: there is no record of
/// when it was maintained last. Work takes away its own cause, so the next runs do nothing until
/// as much has gathered again; what exceeds a bound is left for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaintenancePolicy {
    /// A fragment with fewer rows is small, unless it has [`Self::small_bytes`]. LanceDB's own
    /// statistics call the same fragments small.
    pub small_rows: u64,
    /// A fragment with so many bytes is not small, however few rows it has.
    pub small_bytes: u64,
    /// So many small fragments are compacted.
    pub small_fragments: usize,
    /// So many deletion files are compacted away. Only those count that a compaction removes: of
    /// small fragments, and of others that have lost more than a tenth of their rows.
    pub deletion_files: usize,
    /// An index is updated when it lacks so many rows ...
    pub unindexed_rows: u64,
    /// ... or this share of what it has, in percent, ...
    pub unindexed_percent: u64,
    /// ... but not for fewer rows than this.
    pub least_unindexed_rows: u64,
    /// An index that was never given any rows needs so many.
    pub untrained_rows: u64,
    /// Old versions are removed when there are so many of them.
    pub old_versions: usize,
    /// A version is old when it was committed this long ago. LanceDB prunes after the same time.
    pub retention: Duration,

    /// One compaction reads at most so many fragments, ...
    pub max_fragments: usize,
    /// ... so many rows ...
    pub max_rows: u64,
    /// ... and so many bytes, or a single fragment that exceeds them.
    pub max_bytes: u64,
    /// One run writes at most so many rows into indexes, or updates a single one.
    pub max_indexed_rows: u64,
    /// One run removes at most so many versions.
    pub max_versions: usize,
}

impl Default for MaintenancePolicy {
    fn default() -> Self {
        Self {
            small_rows: 100_000,
            small_bytes: 128 << 20,
            small_fragments: 200,
            deletion_files: 64,
            unindexed_rows: 20_000,
            unindexed_percent: 5,
            least_unindexed_rows: 50,
            untrained_rows: 256,
            old_versions: 1000,
            retention: Duration::from_secs(7 * 24 * 60 * 60),
            max_fragments: 512,
            max_rows: 1_000_000,
            max_bytes: 512 << 20,
            max_indexed_rows: 1_000_000,
            max_versions: 5000,
        }
    }
}

impl MaintenancePolicy {
    /// Versions that were committed before are old.
    pub(super) fn old_before(&self) -> SystemTime {
        SystemTime::now()
            .checked_sub(self.retention)
            .unwrap_or(SystemTime::UNIX_EPOCH)
    }
}
