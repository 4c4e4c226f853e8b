//! Removes what dead runs left behind.

use std::{
    collections::BTreeSet,
    io,
    path::{Path as FilePath, PathBuf},
    sync::Arc,
};

use lance::{Dataset, dataset::transaction::Transaction, index::DatasetIndexExt, io::ObjectStore};
use lance_io::local::to_local_path;
use lance_table::io::deletion::relative_deletion_file_path;
use object_store::{ObjectStoreExt, path::Path};

use super::{
    discard,
    entry::Entries,
    liveness::dead,
    log::{DIRECTORY, SUFFIX},
};
use crate::{
    database::Database,
    error::{Error, StorageContext},
    fault,
    state::{forget, is_gone, names::RUN_ID},
    table::StoredTable,
};

pub(super) const ACTION: &str = "clean up after runs that ended early";

/// Cleans up after all dead runs of a database. It costs one listing if there are none.
pub(crate) async fn sweep(database: &Arc<Database>) -> Result<(), Error> {
    let subject = format!("database {}", database.name);
    let (store, host) = database.host_files().await?;
    let directory = host.join(DIRECTORY);
    let names = match store.read_dir(directory.clone()).await {
        Ok(names) => names,
        Err(error) if error.is_not_found() => return Ok(()),
        Err(error) => return Err(error).storage(subject, ACTION),
    };
    for name in names.iter().filter(|name| name.ends_with(SUFFIX)) {
        let path = directory.clone().join(name.as_str());
        let Some((log, lock)) = dead(database, &store, &path).await? else {
            continue;
        };
        clean(database, &log).await?;
        fault::point("sweep: cleaned");
        remove_log(&store, &path).await?;
        drop(lock);
    }
    Ok(())
}

pub(super) async fn remove_log(store: &ObjectStore, path: &Path) -> Result<(), Error> {
    match store.inner.delete(path).await {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(lance::Error::from(error)).storage(path, ACTION),
    }
}

/// Removes what a log names and no version needs. The run has ended, or has given up all of it.
pub(super) async fn clean(database: &Arc<Database>, log: &Entries) -> Result<(), Error> {
    let cleaning = Cleaning::new(database, log).await?;
    cleaning.scratch().await?;
    for ((name, id), files) in &log.drops {
        cleaning.dropped(name, id, files).await?;
    }
    for dataset in log.datasets.keys() {
        cleaning.dataset(dataset).await?;
    }
    for (name, id) in &log.deltas {
        cleaning.deltas(name, id).await?;
    }
    for (name, id) in &log.tables {
        cleaning.state(name, id).await?;
    }
    Ok(())
}

/// Removes what is left in the directories of the run's own. Nobody writes to them any more.
pub(super) async fn remove_scratch(database: &Arc<Database>, log: &Entries) -> Result<(), Error> {
    if log.scratch.is_empty() {
        return Ok(());
    }
    Cleaning::new(database, log).await?.scratch().await
}

struct Cleaning<'a> {
    database: &'a Arc<Database>,
    store: Arc<ObjectStore>,
    /// Of the database.
    root: Path,
    log: &'a Entries,
}

/// Whether the table of a name has this id.
pub(super) async fn exists(database: &Arc<Database>, name: &str, id: &str) -> Result<bool, Error> {
    let table = StoredTable::open(database, name).await?;
    let identity = table.map(|table| table.identity()).transpose()?.flatten();
    Ok(identity.is_some_and(|identity| identity.table_id == id))
}

/// What versions of a dataset need.
#[derive(Default)]
struct Needed {
    files: BTreeSet<String>,
    indexes: BTreeSet<String>,
    exists: bool,
    /// Whether one of them is the run's.
    landed: bool,
}

impl<'a> Cleaning<'a> {
    async fn new(database: &'a Arc<Database>, log: &'a Entries) -> Result<Self, Error> {
        let (store, host) = database.host_files().await?;
        let above = host.parts().count().saturating_sub(1);
        Ok(Self {
            database,
            store,
            root: host.parts().take(above).collect(),
            log,
        })
    }

    async fn scratch(&self) -> Result<(), Error> {
        for place in &self.log.scratch {
            match self.store.remove_dir_all(self.path(place)?).await {
                Err(error) if !error.is_not_found() => return Err(error).storage(place, ACTION),
                _ => {}
            }
            if self.store.is_local()
                && let Some(above) = self.local(place)?.parent()
            {
                // Only if it is empty.
                let _ = std::fs::remove_dir(above);
            }
        }
        Ok(())
    }

    /// The rest of a table, if its drop has come so far that it is none any more.
    async fn dropped(&self, name: &str, id: &str, files: &BTreeSet<String>) -> Result<(), Error> {
        if exists(self.database, name, id).await? {
            return Ok(());
        }
        let paths: Vec<_> = files.iter().map(|file| self.path(file)).collect();
        discard::remove_files(&self.store, paths.into_iter().collect::<Result<_, _>>()?)
            .await
            .storage(name, ACTION)
    }

    async fn dataset(&self, dataset: &str) -> Result<(), Error> {
        let attempts = self.log.datasets.get(dataset);
        let lowest = attempts.and_then(BTreeSet::first);
        let base = lowest.map_or(0, |(base, _)| *base);
        let needed = self.needed(dataset, base).await?;
        for file in &self.log.files {
            let Some((of, inside)) = self.log.dataset_of(file) else {
                continue;
            };
            if of == dataset && needed.lacks(inside) {
                self.remove(file).await?;
            }
        }
        if self.store.is_local() {
            let directory = self.local(dataset)?;
            remove_uploads(&directory.join("_versions").join("latest_version_hint.json"))
                .map_err(lance::Error::from)
                .storage(dataset, ACTION)?;
            if !needed.exists {
                for inside in [
                    "data",
                    "_deletions",
                    "_transactions",
                    "_versions",
                    "_indices",
                    "",
                ] {
                    // Whoever creates it now has files in it, and keeps it.
                    let _ = std::fs::remove_dir(directory.join(inside));
                }
            }
        }
        Ok(())
    }

    /// What the versions after `base` need: no earlier one knows of what the run wrote.
    async fn needed(&self, dataset: &str, base: u64) -> Result<Needed, Error> {
        let uri = self.database.uri_of(dataset);
        let mut needed = Needed::default();
        let newest = self.database.load(&uri).await.storage(dataset, ACTION)?;
        let Some(newest) = newest else {
            return Ok(needed);
        };
        needed.exists = true;
        let versions = newest.version_refs().await.storage(dataset, ACTION)?;
        for version in versions.iter().filter(|version| version.version > base) {
            match newest.checkout_version(version.version).await {
                Ok(version) => {
                    needed.add(&version).await.storage(dataset, ACTION)?;
                    let transaction = version.read_version_transaction(version.version_id()).await;
                    let transaction = transaction.storage(dataset, ACTION)?.transaction;
                    needed.landed |= transaction.is_none_or(|t| self.is_own(&t));
                }
                // Pruned meanwhile.
                Err(error) if is_gone(&error) => {}
                Err(error) => return Err(error).storage(dataset, ACTION),
            }
        }
        Ok(needed)
    }

    /// The state of a table that was never created, or is gone.
    async fn state(&self, name: &str, id: &str) -> Result<(), Error> {
        if exists(self.database, name, id).await? {
            return Ok(());
        }
        forget(self.database, id).await
    }

    /// The delta files of commits that never were.
    async fn deltas(&self, name: &str, id: &str) -> Result<(), Error> {
        let Some(table) = StoredTable::open(self.database, name).await? else {
            return Ok(());
        };
        let wal = format!("_lance_host/wal/{id}/");
        for file in &self.log.files {
            let Some(delta) = file.strip_prefix(&wal) else {
                continue;
            };
            let landed = match delta.split_once('-').map(|(version, _)| version.parse()) {
                Some(Ok(version)) if !delta.contains(".tmp.") => {
                    self.landed(&table, version).await?
                }
                _ => false,
            };
            if !landed {
                self.remove(file).await?;
            }
        }
        Ok(())
    }

    /// Whether the run committed this version, as far as anybody knows.
    async fn landed(&self, table: &StoredTable, version: u64) -> Result<bool, Error> {
        if version > table.version() {
            return Ok(false);
        }
        match table.dataset.read_version_transaction(version).await {
            Ok(found) => Ok(found
                .transaction
                .is_none_or(|transaction| self.is_own(&transaction))),
            // Pruned: the delta files of such versions are what is left of them.
            Err(error) if is_gone(&error) => Ok(true),
            Err(error) => Err(error).storage(table.subject(), ACTION),
        }
    }

    fn is_own(&self, transaction: &Transaction) -> bool {
        let properties = transaction.transaction_properties.as_deref();
        properties.and_then(|properties| properties.get(RUN_ID)) == Some(&self.log.run_id)
    }

    async fn remove(&self, place: &str) -> Result<(), Error> {
        match self.store.delete(&self.path(place)?).await {
            Err(error) if !error.is_not_found() => return Err(error).storage(place, ACTION),
            _ => {}
        }
        if self.store.is_local() {
            let file = self.local(place)?;
            remove_uploads(&file)
                .map_err(lance::Error::from)
                .storage(place, ACTION)?;
            if let Some(directory) = file.parent()
                && place.contains("/_indices/")
            {
                // An index has one of its own; it goes with its last file.
                let _ = std::fs::remove_dir(directory);
            }
        }
        Ok(())
    }

    fn path(&self, place: &str) -> Result<Path, Error> {
        // As it was written down: what has to be escaped is escaped already.
        Path::parse(format!("{}/{place}", self.root))
            .map_err(|error| lance::Error::from(object_store::Error::from(error)))
            .storage(place, ACTION)
    }

    fn local(&self, place: &str) -> Result<PathBuf, Error> {
        Ok(PathBuf::from(to_local_path(&self.path(place)?)))
    }
}

impl Needed {
    async fn add(&mut self, version: &Dataset) -> lance::Result<()> {
        let manifest = version.manifest();
        for fragment in manifest.fragments.iter() {
            let data = fragment.referenced_lance_files();
            self.files
                .extend(data.map(|file| format!("data/{}", file.path)));
            if let Some(deletions) = &fragment.deletion_file {
                self.files
                    .insert(relative_deletion_file_path(fragment.id, deletions));
            }
        }
        if let Some(file) = &manifest.transaction_file {
            self.files.insert(format!("_transactions/{file}"));
        }
        let indexes = version.load_indices().await?;
        self.indexes
            .extend(indexes.iter().map(|index| index.uuid.to_string()));
        Ok(())
    }

    /// Whether a file is of a kind that is known, and no version needs it.
    fn lacks(&self, inside: &str) -> bool {
        match inside.split_once('/') {
            // What belongs to a data file is in a directory of its name.
            Some(("data", name)) => match name.split_once('/') {
                Some((data, _)) => !self.files.contains(&format!("data/{data}.lance")),
                None => !self.files.contains(inside),
            },
            Some(("_deletions" | "_transactions", _)) => !self.files.contains(inside),
            // The tag before a commit that never was.
            Some(("_refs", _)) => !self.landed,
            Some(("_indices", rest)) => {
                let id = rest.split('/').next().unwrap_or_default();
                !self.indexes.contains(id)
            }
            // A manifest that was written, and did not become a version.
            Some(("_versions", name)) => !name.ends_with(".manifest"),
            _ => false,
        }
    }
}

/// Removes what is left of local uploads to a file: files of its name with a number.
fn remove_uploads(file: &FilePath) -> io::Result<()> {
    for number in 1.. {
        let mut upload = file.as_os_str().to_owned();
        upload.push(format!("#{number}"));
        match std::fs::remove_file(&upload) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
