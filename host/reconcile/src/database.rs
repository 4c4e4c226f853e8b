//! Where databases are, and how their tables are opened, listed and dropped.
//!
//! A pipeline knows a database by name only; the location stays here.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use lance::{
    Dataset,
    dataset::builder::DatasetBuilder,
    io::{ObjectStore, ObjectStoreParams, ObjectStoreRegistry},
    session::Session,
};

use crate::{
    contain::contained,
    error::{Error, StorageContext},
    intents::Durability,
};

/// Bytes of index pages that all tables of a run may keep in memory.
const INDEX_CACHE: usize = 16 << 20;
/// Bytes of manifests and file metadata that all tables of a run may keep in memory.
const METADATA_CACHE: usize = 64 << 20;

/// The databases that a run may use, by name.
#[derive(Debug)]
pub struct Databases {
    by_name: BTreeMap<String, Arc<Database>>,
}

impl Databases {
    /// Takes pairs of a name and a location: a path, or a `file://` URL. Nothing is opened
    /// or created yet.
    ///
    /// # Errors
    /// [`Error::DatabaseLocation`] for a location that is not on a local disk.
    pub fn new(entries: impl IntoIterator<Item = (String, String)>) -> Result<Self, Error> {
        let session = Arc::new(Session::new(
            INDEX_CACHE,
            METADATA_CACHE,
            Arc::new(ObjectStoreRegistry::default()),
        ));
        let mut by_name = BTreeMap::new();
        for (name, uri) in entries {
            let path = local_path(&name, &uri)?;
            let database = Database {
                name: name.clone(),
                path,
                session: session.clone(),
                durability: Durability::default(),
            };
            by_name.insert(name, Arc::new(database));
        }
        Ok(Self { by_name })
    }

    /// What commits wait for.
    #[must_use]
    pub fn with_durability(mut self, durability: Durability) -> Self {
        for database in self.by_name.values_mut() {
            *database = Arc::new(Database {
                durability,
                ..database.as_ref().clone()
            });
        }
        self
    }

    /// The names, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Database>> {
        self.by_name.values()
    }

    pub(crate) fn get(&self, name: &str) -> Result<&Arc<Database>, Error> {
        self.by_name
            .get(name)
            .ok_or_else(|| Error::UnknownDatabase {
                name: name.to_owned(),
                known: self.names().collect::<Vec<_>>().join(", "),
            })
    }
}

/// Turns a location into an absolute path.
fn local_path(name: &str, uri: &str) -> Result<PathBuf, Error> {
    let refuse = |problem| Error::DatabaseLocation {
        name: name.to_owned(),
        uri: uri.to_owned(),
        problem,
    };
    let path = match uri.split_once("://") {
        Some(("file", path)) => path,
        Some(_) => return Err(refuse("is not on a local disk; give a directory")),
        None => uri,
    };
    if path.is_empty() {
        return Err(refuse("is empty; give a directory"));
    }
    std::path::absolute(path).map_err(|_| refuse("cannot be made an absolute path"))
}

/// One database: a directory of tables.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    pub(crate) name: String,
    path: PathBuf,
    session: Arc<Session>,
    pub(crate) durability: Durability,
}

impl Database {
    /// The directory of a table.
    pub(crate) fn table_uri(&self, table: &str) -> String {
        self.path
            .join(format!("{table}.lance"))
            .to_string_lossy()
            .into_owned()
    }

    /// A place in the database.
    pub(crate) fn uri_of(&self, place: &str) -> String {
        self.path.join(place).to_string_lossy().into_owned()
    }

    /// The directory that the host keeps beside the tables; LanceDB does not list it.
    pub(crate) fn host_uri(&self) -> String {
        self.path.join("_lance_host").to_string_lossy().into_owned()
    }

    /// Where it is, if it is on a local disk.
    pub(crate) fn local_path(&self) -> Option<&Path> {
        Some(&self.path)
    }

    pub(crate) fn session(&self) -> Arc<Session> {
        self.session.clone()
    }

    /// `DATABASE/TABLE`, as messages name a table.
    pub(crate) fn label(&self, table: &str) -> String {
        format!("{}/{table}", self.name)
    }

    /// The newest version of a table; none if there is no such table.
    pub(crate) async fn open(&self, table: &str) -> Result<Option<Dataset>, Error> {
        self.open_uri(&self.table_uri(table), &self.label(table))
            .await
    }

    /// The newest version of a dataset that belongs to this database.
    pub(crate) async fn open_uri(&self, uri: &str, label: &str) -> Result<Option<Dataset>, Error> {
        if !Path::new(uri).is_dir() {
            return Ok(None);
        }
        let builder = DatasetBuilder::from_uri(uri).with_session(self.session.clone());
        let loaded = contained(builder.load()).await;
        match loaded {
            Ok(dataset) => Ok(Some(dataset)),
            // A directory without a version: its creation never finished.
            Err(lance::Error::DatasetNotFound { .. }) => Ok(None),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error).storage(format!("table {label}"), "open it"),
        }
    }

    /// A certain version of a dataset that belongs to this database, even if the newest one
    /// cannot be opened.
    pub(crate) async fn open_version(
        &self,
        uri: &str,
        label: &str,
        version: u64,
    ) -> Result<Dataset, Error> {
        let builder = DatasetBuilder::from_uri(uri).with_session(self.session.clone());
        contained(builder.with_version(version).load())
            .await
            .storage(format!("table {label}"), "open a version of it")
    }

    /// The names of all tables; none if the database does not exist yet.
    pub(crate) async fn table_names(&self) -> Result<Vec<String>, Error> {
        // Connecting would create the directory, and a plan writes nothing.
        if !self.path.is_dir() {
            return Ok(Vec::new());
        }
        let names = async { self.connect().await?.table_names().execute().await };
        names
            .await
            .map_err(|error| self.failed("list its tables", error))
    }

    /// Removes a table with all its versions.
    pub(crate) async fn drop_table(&self, table: &str) -> Result<(), Error> {
        let dropped = async { self.connect().await?.drop_table(table, &[]).await };
        dropped
            .await
            .map_err(|error| self.failed("drop a table", error))
    }

    /// The newest version of a table as LanceDB's own client sees it.
    pub(crate) async fn open_for_search(&self, table: &str) -> Result<lancedb::Table, Error> {
        let opened = async { self.connect().await?.open_table(table).execute().await };
        opened
            .await
            .map_err(|error| self.failed("open a table", error))
    }

    /// The store and the path of the directory that the host keeps beside the tables.
    pub(crate) async fn host_files(
        &self,
    ) -> Result<(Arc<ObjectStore>, object_store::path::Path), Error> {
        ObjectStore::from_uri_and_params(
            self.session.store_registry(),
            &self.host_uri(),
            &ObjectStoreParams::default(),
        )
        .await
        .storage(
            format!("database {}", self.name),
            "open the host's own files",
        )
    }

    async fn connect(&self) -> Result<lancedb::Connection, lancedb::Error> {
        lancedb::connect(&self.path.to_string_lossy())
            .session(self.session.clone())
            .execute()
            .await
    }

    pub(crate) fn failed(&self, action: &'static str, source: lancedb::Error) -> Error {
        Error::Database {
            database: self.name.clone(),
            action,
            source: Box::new(source),
        }
    }
}
