//! The declaration as a test states it. The crate's documentation explains it.

use serde::Deserialize;
use serde_json::Value;

use crate::bindings::lance_host::pipeline::types;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    #[serde(default = "default_database")]
    pub database: String,
    pub tables: Vec<Table>,
    #[serde(default)]
    pub then: Then,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    pub database: Option<String>,
    pub name: String,
    pub managed_by: Option<String>,
    #[serde(default)]
    pub settings: Vec<(String, String)>,
    /// Name, type, and whether it is nullable.
    pub columns: Vec<(String, String, bool)>,
    /// Column, name and value.
    #[serde(default)]
    pub metadata: Vec<(String, String, String)>,
    #[serde(default)]
    pub key: Vec<String>,
    #[serde(default)]
    pub rows: Vec<Vec<Value>>,
    #[serde(default)]
    pub how: How,
    #[serde(default)]
    pub batches: Vec<Vec<Column>>,
    #[serde(default)]
    pub indexes: Vec<Index>,
    #[serde(default)]
    pub catch: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    pub column: String,
    pub kind: String,
    #[serde(default)]
    pub settings: Vec<(String, String)>,
}

/// A column of a batch that is sent as it is.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    length: u32,
    validity: Option<Vec<u8>>,
    buffers: Vec<Vec<u8>>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    #[default]
    Row,
    Rows,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Then {
    #[default]
    Ok,
    Error,
    Panic,
    Loop,
}

impl From<Column> for types::Column {
    fn from(column: Column) -> Self {
        Self {
            length: column.length,
            validity: column.validity,
            buffers: column.buffers,
        }
    }
}

fn default_database() -> String {
    "default".to_owned()
}
