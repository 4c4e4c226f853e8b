//! Where databases are, and how their tables are opened and listed.
//!
//! A pipeline knows a database by name only; the location stays here.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use lance::{
    Dataset,
    dataset::builder::DatasetBuilder,
    io::{ObjectStore, ObjectStoreParams, ObjectStoreRegistry},
    session::Session,
};
use tokio::sync::OnceCell;

use crate::{
    contain::contained,
    error::{Error, StorageContext},
    intents::Durability,
    store::{self, Location, StorageOptions},
};

/// The directory, or prefix, that the host keeps beside the tables; LanceDB does not list it.
const HOST: &str = "_lance_host";

/// A database as somebody configured it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseEntry {
    /// The name by which pipelines know it.
    pub name: String,
    /// Where it is: a directory, `file://DIRECTORY` or `s3://BUCKET/PREFIX`.
    pub uri: String,
    /// What its store has to be told; for S3 only.
    pub storage_options: StorageOptions,
}

impl From<(String, String)> for DatabaseEntry {
    /// A name and a location.
    fn from((name, uri): (String, String)) -> Self {
        Self {
            name,
            uri,
            storage_options: StorageOptions::default(),
        }
    }
}

/// The databases that a run may use, by name.
#[derive(Debug)]
pub struct Databases {
    by_name: BTreeMap<String, Arc<Database>>,
}

impl Databases {
    /// Takes databases, or pairs of a name and a location; of two with one name the later one.
    /// Nothing is opened or created yet.
    ///
    /// # Errors
    /// [`Error::DatabaseLocation`] for a location that is none.
    pub fn new(entries: impl IntoIterator<Item = impl Into<DatabaseEntry>>) -> Result<Self, Error> {
        let entries: BTreeMap<String, DatabaseEntry> = entries
            .into_iter()
            .map(Into::into)
            .map(|entry| (entry.name.clone(), entry))
            .collect();
        let number = entries.len();
        let mut by_name = BTreeMap::new();
        for (name, entry) in entries {
            let database = Database::new(entry, number)?;
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

/// One database: a directory of tables, on a disk or in a bucket.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    pub(crate) name: String,
    location: Location,
    options: StorageOptions,
    session: Arc<Session>,
    /// Set once the store has answered.
    reached: Arc<OnceCell<()>>,
    pub(crate) durability: Durability,
}

impl Database {
    fn new(entry: DatabaseEntry, number: usize) -> Result<Self, Error> {
        let DatabaseEntry {
            name,
            uri,
            storage_options: options,
        } = entry;
        let refuse = |problem| Error::DatabaseLocation {
            name: name.clone(),
            uri: Location::shown(&uri),
            problem,
        };
        let location = Location::parse(&uri).map_err(refuse)?;
        if matches!(location, Location::Disk(_)) && !options.is_empty() {
            return Err(refuse(
                "is a directory, and only s3:// has storage-options; remove them".to_owned(),
            ));
        }
        let session = store::session(&options, number);
        Ok(Self {
            name,
            location,
            options,
            session,
            reached: Arc::default(),
            durability: Durability::default(),
        })
    }

    /// The directory of a table.
    pub(crate) fn table_uri(&self, table: &str) -> String {
        self.location.join(&format!("{table}.lance"))
    }

    /// A place in the database.
    pub(crate) fn uri_of(&self, place: &str) -> String {
        self.location.join(place)
    }

    /// Where the host keeps its own files.
    pub(crate) fn host_uri(&self) -> String {
        self.location.join(HOST)
    }

    /// Lance's ways to stores, with the options of this database.
    pub(crate) fn registry(&self) -> ObjectStoreRegistry {
        store::registry(&self.options)
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
        self.reach().await?;
        self.load(&self.table_uri(table))
            .await
            .storage(format!("table {}", self.label(table)), "open it")
    }

    /// The newest version of a dataset that belongs to this database; none if there is none.
    pub(crate) async fn load(&self, uri: &str) -> Result<Option<Dataset>, lance::Error> {
        if !self.may_exist(Path::new(uri))? {
            return Ok(None);
        }
        let builder = DatasetBuilder::from_uri(uri).with_session(self.session.clone());
        let loaded = contained(builder.load()).await;
        match loaded {
            Ok(dataset) => Ok(Some(dataset)),
            // A directory without a version: its creation never finished.
            Err(lance::Error::DatasetNotFound { .. }) => Ok(None),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether there is anything where a table of this name would be.
    pub(crate) async fn has_files_of(&self, table: &str) -> Result<bool, Error> {
        let uri = self.table_uri(table);
        let subject = || format!("table {}", self.label(table));
        let action = "look whether it exists";
        if let Location::Disk(_) = self.location {
            return self.may_exist(Path::new(&uri)).storage(subject(), action);
        }
        let (registry, params) = (self.session.store_registry(), ObjectStoreParams::default());
        let found = async {
            let (store, path) = ObjectStore::from_uri_and_params(registry, &uri, &params).await?;
            store.read_dir(path).await
        };
        match found.await {
            Ok(names) => Ok(!names.is_empty()),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error).storage(subject(), action),
        }
    }

    /// Whether there is such a directory, as far as that can be told without asking the store.
    fn may_exist(&self, path: &Path) -> Result<bool, lance::Error> {
        match self.location {
            Location::Bucket { .. } => Ok(true),
            Location::Disk(_) => match path.metadata() {
                Ok(found) => Ok(found.is_dir()),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
                // What cannot be looked at is not taken for missing: it would be made anew.
                Err(error) => Err(error.into()),
            },
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
        let action = "list its tables";
        // Connecting would create the directory, and a plan writes nothing.
        let exists = self
            .may_exist(Path::new(&self.location.uri()))
            .storage(format!("database {}", self.name), action)?;
        if !exists {
            return Ok(Vec::new());
        }
        self.reach().await?;
        let names = async { self.connect().await?.table_names().execute().await };
        names.await.map_err(|error| self.failed(action, error))
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

    /// Looks once whether the store answers, so that it is told apart from a table that fails.
    async fn reach(&self) -> Result<(), Error> {
        let look = || store::reach(&self.name, &self.location, &self.options, &self.session);
        self.reached.get_or_try_init(look).await?;
        Ok(())
    }

    async fn connect(&self) -> Result<lancedb::Connection, lancedb::Error> {
        lancedb::connect(&self.location.uri())
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
