//! A table as it is stored: one version of it, and what the host wrote into its config.

use std::{collections::BTreeSet, sync::Arc};

use arrow::datatypes::Schema;
use lance::Dataset;
use uuid::Uuid;

use crate::{
    database::{Database, Databases},
    error::{Error, StorageContext},
    hash::RowHasher,
    state::names,
};

/// One version of a stored table.
#[derive(Debug, Clone)]
pub(crate) struct StoredTable {
    pub(crate) database: Arc<Database>,
    pub(crate) name: String,
    pub(crate) dataset: Arc<Dataset>,
}

/// What the host wrote into a table's config when it created or adopted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The state is filed under this id.
    pub(crate) table_id: String,
    /// Names of the key columns.
    pub(crate) primary_key: Vec<String>,
    /// Who manages the table.
    pub(crate) managed_by: ManagedBy,
    /// How the host came to know the table.
    pub(crate) origin: Origin,
}

/// How the host came to know a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It created the table, and may drop it.
    Created,
    /// It found the table and took it over on purpose.
    Adopted,
}

impl Origin {
    fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Adopted => "adopted",
        }
    }
}

/// Who creates, evolves and drops a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ManagedBy {
    /// The host.
    System,
    /// The user; the host writes rows only.
    User,
}

impl ManagedBy {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
        }
    }
}

impl Identity {
    /// As it is written into the table's config.
    pub(crate) fn config(&self) -> Vec<(String, String)> {
        vec![
            (names::TABLE_ID.to_owned(), self.table_id.clone()),
            (
                names::PRIMARY_KEY.to_owned(),
                serde_json::json!(self.primary_key).to_string(),
            ),
            (
                names::MANAGED_BY.to_owned(),
                self.managed_by.as_str().to_owned(),
            ),
            (names::ORIGIN.to_owned(), self.origin.as_str().to_owned()),
        ]
    }
}

impl StoredTable {
    /// The newest version of a table; none if there is no such table.
    pub(crate) async fn open(database: &Arc<Database>, name: &str) -> Result<Option<Self>, Error> {
        Ok(database.open(name).await?.map(|dataset| Self {
            database: database.clone(),
            name: name.to_owned(),
            dataset: Arc::new(dataset),
        }))
    }

    /// The newest version of a table that a person names.
    ///
    /// # Errors
    /// [`Error::UnknownDatabase`] or [`Error::UnknownTable`], which say what there is.
    pub(crate) async fn existing(
        databases: &Databases,
        database: &str,
        name: &str,
    ) -> Result<Self, Error> {
        let database = databases.get(database)?;
        if let Some(table) = Self::open(database, name).await? {
            return Ok(table);
        }
        let names = database.table_names().await?;
        Err(Error::UnknownTable {
            database: database.name.clone(),
            name: name.to_owned(),
            known: match names.as_slice() {
                [] => String::new(),
                names => format!("; known: {}", names.join(", ")),
            },
        })
    }

    /// The same table at another version.
    pub(crate) async fn at(&self, version: u64) -> Result<Self, Error> {
        if version == self.version() {
            return Ok(self.clone());
        }
        let dataset = self
            .dataset
            .checkout_version(version)
            .await
            .storage(self.subject(), "open an earlier version of it")?;
        Ok(self.with(dataset))
    }

    /// The same table, at the version that `dataset` is.
    pub(crate) fn with(&self, dataset: Dataset) -> Self {
        Self {
            dataset: Arc::new(dataset),
            ..self.clone()
        }
    }

    pub(crate) fn version(&self) -> u64 {
        self.dataset.version_id()
    }

    /// `DATABASE/TABLE`.
    pub(crate) fn label(&self) -> String {
        self.database.label(&self.name)
    }

    /// `table DATABASE/TABLE`, as storage errors begin.
    pub(crate) fn subject(&self) -> String {
        format!("table {}", self.label())
    }

    pub(crate) fn schema(&self) -> Schema {
        Schema::from(self.dataset.schema())
    }

    /// What the host wrote into the config; none if it neither created nor adopted the table.
    pub(crate) fn identity(&self) -> Result<Option<Identity>, Error> {
        let config = self.dataset.config();
        let Some(table_id) = config.get(names::TABLE_ID) else {
            return Ok(None);
        };
        let damaged = |name| Error::DamagedState {
            table: self.label(),
            problem: format!("its config has no usable {name}"),
        };
        // Anybody can write into the config, and the id becomes a part of paths.
        if Uuid::try_parse(table_id).is_err() {
            return Err(damaged(names::TABLE_ID));
        }
        let primary_key = config
            .get(names::PRIMARY_KEY)
            .and_then(|json| serde_json::from_str(json).ok())
            .ok_or_else(|| damaged(names::PRIMARY_KEY))?;
        // Never change or replace a table on a guess.
        let managed_by = config.get(names::MANAGED_BY).map(String::as_str);
        let known = [ManagedBy::System, ManagedBy::User].map(ManagedBy::as_str);
        if !managed_by.is_some_and(|managed_by| known.contains(&managed_by)) {
            return Err(damaged(names::MANAGED_BY));
        }
        Ok(Some(self.identified(table_id.clone(), primary_key)))
    }

    /// What the config says apart from this.
    pub(crate) fn identified(&self, table_id: String, primary_key: Vec<String>) -> Identity {
        let config = self.dataset.config();
        let user = ManagedBy::User.as_str();
        let managed_by = match config.get(names::MANAGED_BY) {
            Some(value) if value == user => ManagedBy::User,
            _ => ManagedBy::System,
        };
        // Never drop a table on a guess.
        let created = Origin::Created.as_str();
        let origin = match config.get(names::ORIGIN) {
            Some(value) if value == created => Origin::Created,
            _ => Origin::Adopted,
        };
        Identity {
            table_id,
            primary_key,
            managed_by,
            origin,
        }
    }

    /// What hashes the rows as the entries of the state do: over the columns in `hashed` that are
    /// stored, and the key.
    pub(crate) fn hasher(&self, primary_key: &[String], hashed: &BTreeSet<String>) -> StoredHasher {
        let schema = self.schema();
        let fields = schema
            .fields()
            .iter()
            .filter(|field| hashed.contains(field.name()) || primary_key.contains(field.name()));
        let schema = Schema::new(fields.cloned().collect::<Vec<_>>());
        StoredHasher {
            columns: schema
                .fields()
                .iter()
                .map(|field| field.name().clone())
                .collect(),
            hasher: RowHasher::new(&schema, primary_key),
        }
    }
}

/// Hashes stored rows.
#[derive(Debug)]
pub(crate) struct StoredHasher {
    /// The columns that a batch has to have, in this order.
    pub(crate) columns: Vec<String>,
    pub(crate) hasher: RowHasher,
}
