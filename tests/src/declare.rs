//! A declaration as the component `guest-rows` takes it: JSON that states tables and rows.

use serde::Serialize;
use serde_json::{Value, json};

/// Everything that one run declares.
#[derive(Debug, Clone, Serialize)]
pub struct Declare {
    database: String,
    tables: Vec<Table>,
    then: Ending,
}

/// How the component ends after it has declared everything.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// Successfully.
    Ok,
    /// With an error of its own.
    Error,
    /// With a panic.
    Panic,
    /// Not at all.
    Loop,
}

/// One table.
#[derive(Debug, Clone, Serialize)]
pub struct Table {
    name: String,
    managed_by: String,
    settings: Vec<(String, String)>,
    columns: Vec<(String, String, bool)>,
    metadata: Vec<(String, String, String)>,
    key: Vec<String>,
    rows: Vec<Vec<Value>>,
    how: How,
    batches: Vec<Value>,
    indexes: Vec<Value>,
}

/// Which function of the contract declares the rows.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// `declare-row`, once for each row.
    Row,
    /// `declare-rows`, once for all rows.
    Rows,
}

impl Declare {
    /// Nothing at all.
    pub fn nothing() -> Self {
        Self {
            database: "default".to_owned(),
            tables: Vec::new(),
            then: Ending::Ok,
        }
    }

    /// One table.
    pub fn table(table: Table) -> Self {
        Self::nothing().and(table)
    }

    /// One more table.
    pub fn and(mut self, table: Table) -> Self {
        self.tables.push(table);
        self
    }

    /// Another database than `default`.
    pub fn in_database(mut self, name: &str) -> Self {
        self.database = name.to_owned();
        self
    }

    /// Another ending than success.
    pub fn then(mut self, ending: Ending) -> Self {
        self.then = ending;
        self
    }
}

impl Table {
    /// A table without columns.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            managed_by: "system".to_owned(),
            settings: Vec::new(),
            columns: Vec::new(),
            metadata: Vec::new(),
            key: Vec::new(),
            rows: Vec::new(),
            how: How::Rows,
            batches: Vec::new(),
            indexes: Vec::new(),
        }
    }

    /// A column that must have a value.
    pub fn required(mut self, name: &str, data_type: &str) -> Self {
        self.columns
            .push((name.to_owned(), data_type.to_owned(), false));
        self
    }

    /// A column that may hold nulls.
    pub fn nullable(mut self, name: &str, data_type: &str) -> Self {
        self.columns
            .push((name.to_owned(), data_type.to_owned(), true));
        self
    }

    /// Metadata of a column.
    pub fn metadata(mut self, column: &str, name: &str, value: &str) -> Self {
        self.metadata
            .push((column.to_owned(), name.to_owned(), value.to_owned()));
        self
    }

    /// The primary key.
    pub fn key(mut self, columns: &[&str]) -> Self {
        self.key = columns.iter().map(ToString::to_string).collect();
        self
    }

    /// One more row, a JSON array.
    pub fn row(mut self, row: Value) -> Self {
        match row {
            Value::Array(values) => self.rows.push(values),
            other => panic!("a row is an array of values, not {other}"),
        }
        self
    }

    /// Managed by somebody else than the system.
    pub fn managed_by(mut self, manager: &str) -> Self {
        self.managed_by = manager.to_owned();
        self
    }

    /// A setting of the table.
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Columns of `declare-rows` exactly as stated, buffers and all.
    pub fn batch(mut self, columns: Value) -> Self {
        self.batches.push(columns);
        self
    }

    /// An index on a column, with settings as pairs.
    pub fn index(mut self, column: &str, kind: &str, settings: &[(&str, &str)]) -> Self {
        self.indexes
            .push(json!({"column": column, "kind": kind, "settings": settings}));
        self
    }

    /// Declares the rows with this function.
    pub fn how(mut self, how: How) -> Self {
        self.how = how;
        self
    }
}

/// The table of most tests: `id` utf8 as its key, and `value` int64.
pub fn items<K: AsRef<str>>(name: &str, rows: impl IntoIterator<Item = (K, i64)>) -> Table {
    rows.into_iter().fold(
        Table::new(name)
            .required("id", "utf8")
            .nullable("value", "int64")
            .key(&["id"]),
        |table, (id, value)| table.row(json!([id.as_ref(), value])),
    )
}

/// A row of such a table as the tests read it back.
pub fn item(id: &str, value: i64) -> (String, Option<i64>) {
    (id.to_owned(), Some(value))
}
