//! The intent log of one run in one database.
//!
//! On a local disk it is a file that the process appends to and holds a lock on. Elsewhere it is
//! an object that is written anew with each addition; those that come while one is being written
//! go together.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, Write},
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use lance::{
    Dataset,
    io::{ObjectStore, ObjectStoreParams, WrappingObjectStore},
    session::Session,
};
use lance_io::local::to_local_path;
use object_store::{ObjectStoreExt, path::Path};
use uuid::Uuid;

use super::{
    Durability, durable,
    entry::{Commit, Entries, Entry},
    liveness, store, sweep,
};
use crate::{
    database::Database,
    error::{Error, StorageContext},
    fault,
    table::StoredTable,
};

/// Where the logs of a database are, in the directory that the host keeps beside the tables.
pub(super) const DIRECTORY: &str = "intents";
/// What the name of a log ends with.
pub(super) const SUFFIX: &str = ".jsonl";
/// Where directories of runs are, beside the logs.
const STAGING: &str = "staging";

pub(super) const ACTION: &str = "write down what is about to be written";

/// The intent log of one run in one database.
#[derive(Debug)]
pub(crate) struct IntentLog {
    pub(super) database: Arc<Database>,
    pub(super) store: Arc<ObjectStore>,
    /// The database's own place.
    root: Path,
    /// The directory that the host keeps beside the tables.
    pub(super) host: Path,
    path: Path,
    text: Mutex<Text>,
    /// How much of the text is written, and the file if it is a local one.
    written: tokio::sync::Mutex<(usize, Option<File>)>,
    /// Files that are complete, and may not be on disk yet.
    unsynced: Mutex<BTreeSet<Path>>,
    /// Whether something was written in vain.
    in_vain: AtomicBool,
    /// Whether it is not known what became of a commit.
    in_doubt: AtomicBool,
    /// Why a version that has landed may not be on disk.
    at_risk: Mutex<Option<String>>,
}

#[derive(Debug, Default)]
struct Text {
    lines: BTreeSet<String>,
    whole: String,
}

impl IntentLog {
    pub(super) async fn new(database: &Arc<Database>, run_id: &str) -> Result<Self, Error> {
        let (store, host) = database.host_files().await?;
        let above = host.parts().count().saturating_sub(1);
        let log = Self {
            database: database.clone(),
            store,
            root: host.parts().take(above).collect(),
            path: host
                .clone()
                .join(DIRECTORY)
                .join(format!("{run_id}{SUFFIX}")),
            host,
            text: Mutex::default(),
            written: tokio::sync::Mutex::default(),
            unsynced: Mutex::default(),
            in_vain: AtomicBool::new(false),
            in_doubt: AtomicBool::new(false),
            at_risk: Mutex::default(),
        };
        log.add(&Entry::Run {
            run_id: run_id.to_owned(),
            machine: liveness::machine(),
            rewrites: !log.reuses(),
        });
        Ok(log)
    }

    /// Whether what was written for a commit that was lost may be used for the next. Elsewhere than
    /// on a local disk nobody can tell whether this run is alive, so others remove it at once.
    pub(crate) fn reuses(&self) -> bool {
        self.store.is_local()
    }

    /// The dataset for writing to it: whatever is written goes through the log.
    pub(crate) fn writes(self: &Arc<Self>, dataset: &Dataset, commit: Commit) -> Dataset {
        let path = &dataset.branch_location().path;
        self.note_dataset(path, dataset.version_id(), commit);
        dataset.with_object_store(Arc::new(self.recorded(&self.store)), None)
    }

    /// A table for writing to it.
    pub(crate) fn writes_table(
        self: &Arc<Self>,
        table: &StoredTable,
        commit: Commit,
    ) -> StoredTable {
        table.with(self.writes(&table.dataset, commit))
    }

    /// A dataset for tagging its versions.
    pub(crate) fn tags(self: &Arc<Self>, dataset: &Dataset) -> Dataset {
        let path = &dataset.branch_location().path;
        self.note_dataset(path, dataset.version_id(), Commit::Next);
        let recorder: Arc<dyn WrappingObjectStore> = Arc::new(store::Recorder(self.clone()));
        let mut indirect = self.store.as_ref().clone();
        store::take_no_shortcut(&mut indirect);
        dataset
            .with_object_store(Arc::new(indirect), None)
            .with_object_store_wrappers([recorder])
    }

    /// The same dataset for reading, after writing: reading need not take the detour.
    pub(crate) fn reads(&self, written: Dataset) -> Dataset {
        written.with_object_store(self.store.clone(), None)
    }

    /// What new files of a dataset at `uri` are written with, where `base` is its newest version,
    /// 0 if it has none.
    pub(crate) async fn creates(self: &Arc<Self>, uri: &str, base: u64) -> Result<NewFiles, Error> {
        let session = Arc::new(Session::new(
            0,
            0,
            store::indirect(self.database.registry()),
        ));
        let params = ObjectStoreParams {
            object_store_wrapper: Some(Arc::new(store::Recorder(self.clone()))),
            ..ObjectStoreParams::default()
        };
        let (store, path) =
            ObjectStore::from_uri_and_params(session.store_registry(), uri, &params)
                .await
                .storage(self.subject(), ACTION)?;
        self.note_dataset(&path, base, Commit::Next);
        Ok(NewFiles {
            session,
            params,
            store,
        })
    }

    /// The storage, with everything that is written to it going through the log.
    pub(crate) fn recorded(self: &Arc<Self>, plain: &ObjectStore) -> ObjectStore {
        store::recorded(self, plain)
    }

    fn note_dataset(&self, path: &Path, base: u64, commit: Commit) {
        if let Some(place) = self.place(path) {
            self.add(&Entry::Dataset {
                place,
                base,
                commit,
            });
        }
    }

    /// The state under `id` is about to be created, or removed, together with the table.
    pub(crate) fn note_table(&self, name: &str, id: &str) {
        self.add(&Entry::Table {
            name: name.to_owned(),
            id: id.to_owned(),
        });
    }

    /// Delta files are about to be written.
    pub(crate) fn note_deltas(&self, name: &str, id: &str) {
        self.add(&Entry::Deltas {
            name: name.to_owned(),
            id: id.to_owned(),
        });
    }

    /// Something was written in vain: the log is gone through at the end.
    pub(crate) fn set_in_vain(&self) {
        self.in_vain.store(true, Relaxed);
    }

    /// A commit may land still: what was written for it stays.
    pub(crate) fn set_in_doubt(&self) {
        self.in_doubt.store(true, Relaxed);
    }

    /// The name of a version that has landed could not be synced.
    pub(super) fn set_at_risk(&self, error: &io::Error) {
        *lock(&self.at_risk) = Some(error.to_string());
    }

    /// What is to be told of versions that may not be on disk.
    pub(super) fn warning(&self) -> Option<String> {
        let error = lock(&self.at_risk).take()?;
        Some(format!(
            "database {}: what was committed has landed, but cannot be synced to the disk ({error}); \
             a power failure may undo it",
            self.database.name
        ))
    }

    /// A place in the database, without the database's own.
    pub(super) fn place(&self, path: &Path) -> Option<String> {
        let inside = path.as_ref().strip_prefix(self.root.as_ref())?;
        // A bucket has no path, and nothing to separate.
        if self.root.as_ref().is_empty() {
            return Some(inside.to_owned());
        }
        Some(inside.strip_prefix('/')?.to_owned())
    }

    /// Adds a line, which is written with the next [`Self::flush`].
    pub(super) fn add(&self, entry: &Entry) {
        let line = entry.line();
        let mut text = lock(&self.text);
        if text.lines.insert(line.clone()) {
            text.whole.push_str(&line);
        }
    }

    /// A file is about to be created. Returns once that is written down.
    pub(super) async fn record(&self, path: &Path) -> object_store::Result<()> {
        let Some(place) = self.place(path) else {
            return Ok(());
        };
        self.add(&Entry::File { place });
        self.flush().await
    }

    /// A directory of the run's own, for files that are nowhere in sight. What is still in it when the
    /// run ends is removed.
    pub(crate) async fn scratch(&self) -> object_store::Result<Scratch> {
        let name = Uuid::now_v7().simple().to_string();
        let path = self.host.clone().join(STAGING).join(name.as_str());
        if let Some(place) = self.place(&path) {
            self.add(&Entry::Scratch { place });
        }
        self.flush().await?;
        Ok(Scratch {
            uri: format!("{}/{STAGING}/{name}", self.database.host_uri()),
            path,
        })
    }

    /// Moves a file to a place in the database. A bucket copies it, without sending it here.
    pub(crate) async fn move_file(
        self: &Arc<Self>,
        from: &Path,
        to: &Path,
    ) -> object_store::Result<()> {
        self.recorded(&self.store).inner.rename(from, to).await
    }

    /// A file is complete. Not before, since a version may be named while others are written.
    pub(super) fn written(&self, path: &Path) {
        if self.syncs() {
            lock(&self.unsynced).insert(path.clone());
        }
    }

    /// Writes down what was added.
    pub(crate) async fn flush(&self) -> object_store::Result<()> {
        let wanted = lock(&self.text).whole.len();
        let mut written = self.written.lock().await;
        if written.0 >= wanted {
            return Ok(());
        }
        let from = if self.is_local() { written.0 } else { 0 };
        let text = {
            let text = lock(&self.text);
            text.whole.get(from..).unwrap_or_default().to_owned()
        };
        let length = from + text.len();
        if self.is_local() {
            self.append(&mut written.1, &text)
                .map_err(|source| object_store::Error::Generic {
                    store: "intent log",
                    source: Box::new(source),
                })?;
        } else {
            let object = text.into_bytes().into();
            self.store.inner.put(&self.path, object).await?;
        }
        written.0 = length;
        fault::point("intent logged");
        Ok(())
    }

    fn append(&self, file: &mut Option<File>, text: &str) -> io::Result<()> {
        let file = match file {
            Some(file) => file,
            None => file.insert(liveness::create_locked(&self.local(&self.path))?),
        };
        file.write_all(text.as_bytes())
    }

    pub(super) fn local(&self, path: &Path) -> PathBuf {
        PathBuf::from(to_local_path(path))
    }

    /// A file was renamed on its way to be visible.
    pub(super) fn renamed(&self, from: &Path, to: &Path) {
        lock(&self.unsynced).remove(from);
        self.written(to);
    }

    /// Waits until everything that was written is on disk.
    pub(super) async fn sync(&self) -> io::Result<()> {
        if !self.syncs() {
            return Ok(());
        }
        let files = std::mem::take(&mut *lock(&self.unsynced));
        let files = files.iter().map(|path| self.local(path)).collect();
        durable::sync(files, &self.local(&self.root)).await
    }

    /// The same ahead of time: what is on disk already need not be waited for when a version is named.
    pub(crate) async fn sync_early(&self) -> Result<(), Error> {
        self.sync()
            .await
            .map_err(lance::Error::from)
            .storage(self.subject(), "sync what was written to the disk")
    }

    /// Waits until the name of a file that was renamed is on disk.
    pub(super) async fn sync_name(&self, path: &Path) -> io::Result<()> {
        if !self.syncs() {
            return Ok(());
        }
        durable::sync_parent(&self.local(path)).await
    }

    pub(super) fn is_local(&self) -> bool {
        self.store.is_local()
    }

    pub(super) fn syncs(&self) -> bool {
        self.store.is_local() && self.database.durability == Durability::Safe
    }

    /// Cleans up if something was written in vain, and removes the log.
    pub(super) async fn finish(&self) -> Result<(), Error> {
        let mut written = self.written.lock().await;
        if written.0 == 0 {
            return Ok(());
        }
        let entries = Entries::parse(&lock(&self.text).whole);
        sweep::remove_scratch(&self.database, &entries).await?;
        if self.in_doubt.load(Relaxed) {
            return Ok(());
        }
        if self.in_vain.load(Relaxed) {
            sweep::clean(&self.database, &entries).await?;
        }
        fault::point("intents done");
        sweep::remove_log(&self.store, &self.path).await?;
        written.1 = None;
        Ok(())
    }

    pub(crate) fn subject(&self) -> String {
        format!("database {}", self.database.name)
    }
}

/// A directory of a run's own.
#[derive(Debug)]
pub(crate) struct Scratch {
    pub(crate) path: Path,
    pub(crate) uri: String,
}

/// What new files are written with.
#[derive(Debug)]
pub(crate) struct NewFiles {
    pub(crate) session: Arc<Session>,
    pub(crate) params: ObjectStoreParams,
    /// For committing the first version.
    pub(crate) store: Arc<ObjectStore>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
