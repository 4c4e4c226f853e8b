//! Whether a run that has left a log is dead.
//!
//! It is if nobody holds the lock on its log and it was started on this machine since its last
//! start. Where there are no locks, or the machine was another one, that cannot be told. There a
//! run writes anew what it wrote for a commit that was lost. So what it names is waste as soon as
//! every version that it could have become is there, and the rest of a table that it drops as soon as
//! that is no table any more. Otherwise a log has to be a week old, after which Lance takes files that
//! no version needs for abandoned as well.

use std::{
    fs::{File, TryLockError},
    io,
    os::unix::fs::MetadataExt,
    path::Path as FilePath,
    sync::Arc,
    time::{Duration, SystemTime},
};

use lance::io::ObjectStore;
use lance_io::local::to_local_path;
use object_store::{ObjectStoreExt, path::Path};

use super::{
    entry::{Commit, Entries},
    sweep::{ACTION, exists},
};
use crate::{
    database::Database,
    error::{Error, StorageContext},
};

/// What Lance itself waits for before it removes files that no version needs.
const ABANDONED: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The log of a run, if what it names is waste, and the lock that keeps others from cleaning up.
pub(super) async fn dead(
    database: &Arc<Database>,
    store: &ObjectStore,
    path: &Path,
) -> Result<Option<(Entries, Option<File>)>, Error> {
    let Some((log, lock, age)) = read(store, path).await.storage(path, ACTION)? else {
        return Ok(None);
    };
    let is_dead = (lock.is_some() && (log.run_id.is_empty() || log.machine == machine()))
        || age > ABANDONED
        || (log.rewrites && is_waste(database, &log).await?);
    Ok(is_dead.then_some((log, lock)))
}

/// Whether nothing that the log names can become part of a table any more, even if its run is alive.
async fn is_waste(database: &Arc<Database>, log: &Entries) -> Result<bool, Error> {
    if log.datasets.is_empty() && !log.scratch.is_empty() {
        // Rows that are on their way.
        return Ok(false);
    }
    for (name, id) in log.drops.keys() {
        if exists(database, name, id).await? {
            return Ok(false);
        }
    }
    all_taken(database, log).await
}

/// Whether every version that could have what the log names is there.
async fn all_taken(database: &Arc<Database>, log: &Entries) -> Result<bool, Error> {
    for (dataset, attempts) in &log.datasets {
        let uri = database.uri_of(dataset);
        let newest = database.load(&uri).await.storage(dataset, "open it")?;
        let Some(newest) = newest else {
            return Ok(false);
        };
        let newest = newest.version_id();
        let taken = |(base, commit): &(u64, Commit)| *commit == Commit::Next && newest > *base;
        if !attempts.iter().all(taken) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A log, its lock if it can be had, and its age. None if its run is alive or it is gone.
async fn read(
    store: &ObjectStore,
    path: &Path,
) -> lance::Result<Option<(Entries, Option<File>, Duration)>> {
    let lock = if store.is_local() {
        match take_lock(FilePath::new(&to_local_path(path)))? {
            Lock::Ours(lock) => Some(lock),
            Lock::Theirs => return Ok(None),
            Lock::Unsupported => None,
        }
    } else {
        None
    };
    let (age, bytes) = match store.inner.get(path).await {
        Ok(found) => {
            let changed = SystemTime::from(found.meta.last_modified);
            let age = SystemTime::now().duration_since(changed);
            (age.unwrap_or_default(), found.bytes().await?)
        }
        Err(object_store::Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let log = Entries::parse(&String::from_utf8_lossy(&bytes));
    Ok(Some((log, lock, age)))
}

/// The lock on a log.
enum Lock {
    /// Its run does not hold it any more, and this one does.
    Ours(File),
    /// Its run is alive, or somebody else cleans up after it.
    Theirs,
    /// The file system has no locks.
    Unsupported,
}

fn take_lock(path: &FilePath) -> io::Result<Lock> {
    let file = match File::options().append(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Lock::Theirs),
        Err(error) => return Err(error),
    };
    match file.try_lock() {
        Ok(()) => Ok(Lock::Ours(file)),
        Err(TryLockError::WouldBlock) => Ok(Lock::Theirs),
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
            Ok(Lock::Unsupported)
        }
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Creates a log that nobody else takes for one of a dead run.
pub(super) fn create_locked(path: &FilePath) -> io::Result<File> {
    loop {
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory)?;
        }
        let file = match File::options().create(true).append(true).open(path) {
            Ok(file) => file,
            // Another run has just removed the empty directory.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        match file.lock() {
            Err(error) if error.kind() != io::ErrorKind::Unsupported => return Err(error),
            _ => {}
        }
        // Before it was locked, it may have been removed as that of a dead run.
        match path.metadata() {
            Ok(found) if found.ino() == file.metadata()?.ino() => return Ok(file),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
}

/// Tells this start of this machine from all others, where the system says so.
pub(super) fn machine() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned())
}
