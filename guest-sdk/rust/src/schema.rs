//! Tables whose columns are known when the pipeline runs.

use std::cell::RefCell;
use std::rc::Rc;

use lance_host_data_type::DataType;
use serde::Serialize;

use crate::Error;
use crate::bindings::lance_host::pipeline::types::{self, Field};
use crate::declared::Declared;
use crate::index::declares_indexes;
use crate::nested::Node;
use crate::options::TableBuilder;
use crate::row::Columns;

/// A column of a [`TableSchema`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    name: String,
    data_type: String,
    nullable: bool,
    metadata: Vec<(String, String)>,
}

impl Column {
    /// A column that holds no nulls, of a type as the
    /// [contract](lance_host_data_type) writes it.
    pub fn new(name: impl Into<String>, data_type: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            data_type: data_type.into(),
            nullable: false,
            metadata: Vec::new(),
        }
    }

    /// Lets the column hold nulls.
    #[must_use]
    pub fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// Adds metadata that is stored with the column.
    #[must_use]
    pub fn metadata(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.push((name.into(), value.into()));
        self
    }
}

/// The columns of a table, and which of them identify a row.
///
/// ```
/// use lance_host_sdk::{Column, DynamicTable, Error, TableSchema, Value};
/// use serde_json::json;
///
/// # fn declare() -> Result<(), Error> {
/// let schema = TableSchema::new([
///     Column::new("id", "utf8"),
///     Column::new("title", "utf8").nullable(),
///     Column::new("price", "decimal128(10, 2)"),
///     Column::new("tags", "list(utf8!)"),
///     Column::new("embedding", "vector(float32, 2)"),
/// ])
/// .primary_key(["id"]);
/// let mut documents = DynamicTable::declare("default", "documents", &schema)?;
///
/// // By name: whatever serde writes as a map or a struct. What is left out is null.
/// documents.declare_row(&json!({
///     "id": "a", "price": "12.50", "tags": ["new"], "embedding": [0.5, 1.0],
/// }))?;
/// // By position: a tuple, an array or a list.
/// documents.declare_row(&("b", Some("Title"), 3, ["x", "y"], [0.5, 1.0]))?;
/// documents.declare_row(&[
///     Value::from("c"),
///     Value::Null,
///     Value::from("0.99"),
///     Value::List(vec![]),
///     Value::from(vec![f32::NAN, 1.0]),
/// ])?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSchema {
    columns: Vec<Column>,
    primary_key: Vec<String>,
}

impl TableSchema {
    /// The columns, in their order.
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self {
            columns: columns.into_iter().collect(),
            primary_key: Vec::new(),
        }
    }

    /// Says which columns identify a row.
    #[must_use]
    pub fn primary_key<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.primary_key = names.into_iter().map(Into::into).collect();
        self
    }

    /// What builds the columns.
    fn nodes(&self) -> Result<Vec<(String, Node)>, Error> {
        let node = |column: &Column| {
            let data_type = DataType::parse(&column.data_type).map_err(|error| {
                let message = format!("{:?} is not a type: {error}", column.data_type);
                Error::new("invalid-schema", message).in_column(&column.name)
            })?;
            Ok((column.name.clone(), Node::new(&data_type, column.nullable)))
        };
        self.columns.iter().map(node).collect()
    }

    fn fields(&self) -> Vec<Field> {
        let columns = self.columns.iter().cloned();
        columns
            .map(|column| Field {
                name: column.name,
                data_type: column.data_type,
                nullable: column.nullable,
                metadata: column.metadata,
            })
            .collect()
    }
}

/// A table that should exist, whose columns a [`TableSchema`] has.
///
/// It differs from [`Table`](crate::Table) in that each value finds its column when the
/// pipeline runs, which takes longer.
pub struct DynamicTable {
    declared: Rc<RefCell<Declared<Rows>>>,
}

impl DynamicTable {
    /// Declares a table that the host creates, changes and drops as needed.
    ///
    /// `database` is a name that the host knows, `default` if in doubt.
    ///
    /// # Errors
    /// If a column's type is none, the host does not know the database, refuses the
    /// columns, or has seen a declaration of this table with other columns.
    pub fn declare(database: &str, name: &str, schema: &TableSchema) -> Result<Self, Error> {
        Self::builder(database, name, schema).declare()
    }

    /// Declares a table with options.
    pub fn builder<'a>(
        database: &str,
        name: &str,
        schema: &'a TableSchema,
    ) -> TableBuilder<&'a TableSchema> {
        TableBuilder::new(database, name, schema)
    }

    /// Declares a row: a struct or a map has its values by name, a tuple, array or list by
    /// position.
    ///
    /// Numbers go to columns of numbers that hold them exactly, floats to floats of any
    /// width; text to text, to decimals, and to dates and times in the form of ISO 8601; a
    /// list of bytes to bytes; and anything to JSON.
    ///
    /// # Errors
    /// If a value does not fit its column, a required column has none, or there is no
    /// such column: this row is then not declared, and the table takes further rows. If
    /// the host refuses a batch, which may show a while after the row concerned was
    /// declared and names it: every further call then returns that error, and the run
    /// fails.
    pub fn declare_row<T: Serialize + ?Sized>(&mut self, row: &T) -> Result<(), Error> {
        let append = |rows: &mut Rows| rows.0.append(row);
        self.declared.borrow_mut().declare_row(append)
    }

    /// Sends the rows that have been collected. There is rarely a need: it
    /// happens by itself whenever there is enough to send, and at the end.
    ///
    /// # Errors
    /// If the host refuses a row.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.declared.borrow_mut().flush()
    }

    declares_indexes!();
}

impl TableBuilder<&TableSchema> {
    /// Declares the table.
    ///
    /// # Errors
    /// As [`DynamicTable::declare`]; also if the host does not know a setting.
    pub fn declare(self) -> Result<DynamicTable, Error> {
        let schema = self.schema;
        let nodes = (schema.nodes()).map_err(|error| error.in_table(&self.path()))?;
        let columns = Rows(Node::rows_of(nodes));
        let declared = self.declare_columns(&schema.fields(), &schema.primary_key, columns)?;
        Ok(DynamicTable { declared })
    }
}

/// The columns of a batch.
struct Rows(Node);

impl Columns for Rows {
    fn size(&self) -> usize {
        self.0.size()
    }

    fn truncate(&mut self, rows: usize) {
        self.0.truncate(rows);
    }

    fn finish(&mut self, _: u32) -> Vec<types::Column> {
        self.0.finish_rows()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rows() -> Rows {
        let schema = TableSchema::new([
            Column::new("id", "int64"),
            Column::new("name", "utf8").nullable(),
            Column::new("tags", "list(utf8!)"),
        ]);
        Rows(Node::rows_of(schema.nodes().unwrap()))
    }

    fn refused(row: impl Serialize) -> String {
        let mut rows = rows();
        let error = rows.0.append(&row).unwrap_err();
        rows.truncate(0);
        rows.0.append(&(1, "a", ["x"])).unwrap();
        let columns = rows.finish(1);
        assert!(columns.iter().all(|column| column.length == 1));
        format!("{}: {error}", error.code())
    }

    #[test]
    fn rows_are_named_in_any_order_or_listed() {
        let mut rows = rows();
        rows.0.append(&json!({"tags": ["x"], "id": 1})).unwrap();
        rows.0.append(&(2, Some("b"), ["y", "z"])).unwrap();
        let [ids, names, tags, items] = rows.finish(2).try_into().unwrap();
        assert_eq!(ids.buffers, [[1_i64, 2].map(i64::to_le_bytes).concat()]);
        assert_eq!(names.validity, Some(vec![0b10]));
        assert_eq!(names.buffers[1], b"b");
        assert_eq!((tags.length, items.length), (2, 3));
        assert_eq!(items.buffers[1], b"xyz");
    }

    #[test]
    fn rows_that_do_not_fit_are_refused_with_their_column() {
        for (row, expected) in [
            (
                json!({"id": 1}),
                "null-in-required-column: the row has no value for a required column (column tags)",
            ),
            (
                json!({"id": 1, "title": "a", "tags": []}),
                "unknown-column: the table has no column \"title\"; it has id, name, tags",
            ),
            (
                json!({"id": null, "tags": []}),
                "null-in-required-column: a required column holds a null (column id)",
            ),
            (
                json!({"id": 1.5, "tags": []}),
                "type-mismatch: a float 1.5 is not int64 (column id)",
            ),
            (
                json!({"id": u64::MAX, "tags": []}),
                "invalid-value: 18446744073709551615 does not fit int64 (column id)",
            ),
            (
                json!({"id": 1, "tags": ["a", null]}),
                "null-in-required-column: item 1: a required column holds a null (column tags)",
            ),
            (
                json!([1, "a"]),
                "wrong-column-count: the row has 2 values instead of 3",
            ),
            (
                json!([1, "a", [], 2]),
                "wrong-column-count: the row has more values than the 3 columns of the table",
            ),
            (
                json!("a"),
                "type-mismatch: a text is not a row, which is a struct, a map or a list of values",
            ),
        ] {
            assert_eq!(refused(row), expected);
        }
    }

    #[test]
    fn what_is_no_type_is_refused_with_its_column() {
        let schema = TableSchema::new([Column::new("a", "vector(float32)")]);
        let error = schema.nodes().err().unwrap();
        assert_eq!(
            error.to_string(),
            "\"vector(float32)\" is not a type: at character 15: a comma is missing before `)` \
             (column a)"
        );
    }
}
