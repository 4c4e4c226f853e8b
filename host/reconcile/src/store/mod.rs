//! The stores under the databases: where a database may be, and how its files are reached.
//!
//! Lance opens everything that belongs to a dataset through the store registry of a session. So
//! a session of this module is all that the rest of the crate needs: it knows the options of its
//! database, and each call that Lance, LanceDB or this crate makes goes through it.

#[cfg(debug_assertions)]
mod faults;
mod location;
mod options;
mod reach;
mod s3;

use std::sync::Arc;

use lance::{io::ObjectStoreRegistry, session::Session};

pub(crate) use location::Location;
pub use options::StorageOptions;
pub(crate) use reach::reach;

/// Bytes of index pages that all tables of a run may keep in memory.
const INDEX_CACHE: usize = 16 << 20;
/// Bytes of manifests and file metadata that all tables of a run may keep in memory.
const METADATA_CACHE: usize = 64 << 20;

/// A session for one of `databases` databases. Each has its own: caches go by location, and two
/// endpoints may have the same.
pub(crate) fn session(options: &StorageOptions, databases: usize) -> Arc<Session> {
    let share = databases.max(1);
    Arc::new(Session::new(
        INDEX_CACHE / share,
        METADATA_CACHE / share,
        Arc::new(registry(options)),
    ))
}

/// Lance's ways to stores, with these options for those that take some.
pub(crate) fn registry(options: &StorageOptions) -> ObjectStoreRegistry {
    let registry = ObjectStoreRegistry::default();
    s3::install(&registry, options);
    #[cfg(debug_assertions)]
    faults::install(&registry);
    registry
}
