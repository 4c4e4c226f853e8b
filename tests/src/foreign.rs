//! Tables as everybody else sees and changes them: through LanceDB's own client.
//!
//! Everything here blocks: a test says one thing after the other.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use arrow::{
    array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray},
    compute::{concat_batches, sort_to_indices, take_record_batch},
    datatypes::{DataType, Field, Int64Type, Schema, SchemaRef},
    util::pretty::pretty_format_batches,
};
use futures::TryStreamExt;
use lancedb::{
    Connection,
    database::CreateTableMode,
    index::Index,
    query::ExecutableQuery,
    table::{ColumnAlteration, CompactionOptions, NewColumnTransform, OptimizeAction},
};
use tokio::runtime::Runtime;

/// One table of a database directory.
pub struct ForeignTable {
    pub(crate) runtime: Runtime,
    pub(crate) table: lancedb::Table,
}

/// A connection as any other program would open it, and the runtime that it needs.
pub fn connect(database: &Path) -> (Runtime, Connection) {
    let runtime = Runtime::new().expect("threads can be started");
    let uri = database
        .to_str()
        .expect("test directories have plain names");
    let connection = runtime
        .block_on(lancedb::connect(uri).execute())
        .expect("the database opens");
    (runtime, connection)
}

/// The schema of the table that [`crate::items`] declares.
fn items_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("id", DataType::Utf8, false),
        Field::new("value", DataType::Int64, true),
    ]))
}

fn items_batch(rows: &[(&str, i64)]) -> RecordBatch {
    let ids: ArrayRef = Arc::new(StringArray::from_iter_values(rows.iter().map(|(id, _)| id)));
    let values: ArrayRef = Arc::new(Int64Array::from_iter_values(
        rows.iter().map(|(_, value)| *value),
    ));
    RecordBatch::try_new(items_schema(), vec![ids, values]).expect("the columns fit the schema")
}

impl ForeignTable {
    /// Opens a table; none if it has no version yet.
    pub fn open(database: &Path, name: &str) -> Option<Self> {
        let (runtime, connection) = connect(database);
        match runtime.block_on(connection.open_table(name).execute()) {
            Ok(table) => Some(Self { runtime, table }),
            Err(lancedb::Error::TableNotFound { .. }) => None,
            Err(error) => panic!("table {name} does not open: {error}"),
        }
    }

    /// Creates a table with the columns of [`crate::items`].
    pub fn create(database: &Path, name: &str, rows: &[(&str, i64)]) -> Self {
        Self::create_from(database, name, items_batch(rows))
    }

    /// Creates a table with these columns and rows.
    pub fn create_from(database: &Path, name: &str, rows: RecordBatch) -> Self {
        let (runtime, connection) = connect(database);
        let table = runtime
            .block_on(connection.create_table(name, rows).execute())
            .unwrap_or_else(|error| panic!("table {name} cannot be created: {error}"));
        Self { runtime, table }
    }

    /// All rows.
    pub fn rows(&self) -> RecordBatch {
        concat_batches(&self.schema(), &self.batches())
            .expect("batches of one table have one schema")
    }

    /// All rows, in batches as they come.
    pub fn batches(&self) -> Vec<RecordBatch> {
        self.runtime
            .block_on(async { self.table.query().execute().await?.try_collect().await })
            .expect("the table can be read")
    }

    /// The rows of a table as [`crate::items`] declares it, sorted; a duplicate stays one.
    pub fn items(&self) -> Vec<(String, Option<i64>)> {
        let rows = self.rows();
        let ids = rows["id"].as_string::<i32>();
        let values = rows["value"].as_primitive::<Int64Type>();
        let mut items: Vec<_> = ids
            .iter()
            .zip(values)
            .map(|(id, value)| (id.expect("a key is never null").to_owned(), value))
            .collect();
        items.sort();
        items
    }

    /// All rows as text, in the order of their first column.
    pub fn printed(&self) -> String {
        let rows = self.rows();
        let first = rows.columns().first().expect("a table has columns");
        let order = sort_to_indices(first, None, None).expect("keys can be sorted");
        let sorted = take_record_batch(&rows, &order).expect("rows can be reordered");
        pretty_format_batches(&[sorted])
            .expect("rows can be printed")
            .to_string()
    }

    /// The columns as text: name, type, and whether nulls may be in it.
    pub fn columns(&self) -> Vec<String> {
        let describe = |field: &Arc<Field>| {
            let null = if field.is_nullable() { " or null" } else { "" };
            format!("{}: {}{null}", field.name(), field.data_type())
        };
        self.schema().fields().iter().map(describe).collect()
    }

    /// Adds a column, computed by an expression of SQL.
    pub fn add_column(&self, name: &str, expression: &str) {
        let column = (name.to_owned(), expression.to_owned());
        let transform = NewColumnTransform::SqlExpressions(vec![column]);
        self.runtime
            .block_on(self.table.add_columns().transform(transform).execute())
            .expect("a column can be added");
    }

    /// Drops a column.
    pub fn drop_column(&self, name: &str) {
        self.runtime
            .block_on(self.table.drop_columns(&[name]))
            .expect("a column can be dropped");
    }

    /// Changes the type of a column.
    pub fn cast_column(&self, name: &str, to: DataType) {
        let alteration = ColumnAlteration::new(name.to_owned()).cast_to(to);
        self.runtime
            .block_on(self.table.alter_columns(&[alteration]))
            .expect("a column can be cast");
    }

    /// Makes a column nullable or required.
    pub fn set_nullable(&self, name: &str, nullable: bool) {
        let alteration = ColumnAlteration::new(name.to_owned()).set_nullable(nullable);
        self.runtime
            .block_on(self.table.alter_columns(&[alteration]))
            .expect("a column can be altered");
    }

    /// Sets a column to the value of an expression in the rows that match.
    pub fn set(&self, predicate: &str, column: &str, expression: &str) {
        let update = self
            .table
            .update()
            .only_if(predicate)
            .column(column, expression);
        self.runtime
            .block_on(update.execute())
            .expect("rows can be updated");
    }

    /// The columns.
    pub fn schema(&self) -> SchemaRef {
        self.runtime
            .block_on(self.table.schema())
            .expect("the table has a schema")
    }

    /// The newest version.
    pub fn version(&self) -> u64 {
        self.runtime
            .block_on(self.table.version())
            .expect("the table has a version")
    }

    /// What the table's config says.
    pub fn config(&self) -> BTreeMap<String, String> {
        let native = self
            .table
            .as_native()
            .expect("a local table is a native one");
        let manifest = self
            .runtime
            .block_on(native.manifest())
            .expect("the table has a manifest");
        manifest.config.into_iter().collect()
    }

    /// Writes an entry of the table's config.
    pub fn set_config(&self, name: &str, value: &str) {
        let native = self.table.as_native().expect("a table is a native one");
        let entry = (name.to_owned(), value.to_owned());
        self.runtime
            .block_on(native.update_config([entry]))
            .expect("the config can be written");
    }

    /// Appends rows.
    pub fn append(&self, rows: &[(&str, i64)]) {
        self.runtime
            .block_on(self.table.add(items_batch(rows)).execute())
            .expect("rows can be appended");
    }

    /// Appends a row that has nothing but its `id`.
    pub fn append_key(&self, id: &str) {
        let schema = Arc::new(Schema::new(vec![Field::new("id", DataType::Utf8, false)]));
        let ids: ArrayRef = Arc::new(StringArray::from_iter_values([id]));
        let batch = RecordBatch::try_new(schema, vec![ids]).expect("the column fits the schema");
        self.runtime
            .block_on(self.table.add(batch).execute())
            .expect("rows can be appended");
    }

    /// Deletes the rows that match.
    pub fn delete(&self, predicate: &str) {
        self.runtime
            .block_on(self.table.delete(predicate))
            .expect("rows can be deleted");
    }

    /// Sets `value` in the rows that match.
    pub fn update(&self, predicate: &str, value: i64) {
        let update = self
            .table
            .update()
            .only_if(predicate)
            .column("value", value.to_string());
        self.runtime
            .block_on(update.execute())
            .expect("rows can be updated");
    }

    /// Inserts rows, or replaces those with the same `id`.
    pub fn merge(&self, rows: &[(&str, i64)]) {
        let mut merge = self.table.merge_insert(&["id"]);
        merge
            .when_matched_update_all(None)
            .when_not_matched_insert_all();
        let batch = items_batch(rows);
        let reader = arrow::array::RecordBatchIterator::new([Ok(batch)], items_schema());
        self.runtime
            .block_on(merge.execute(Box::new(reader)))
            .expect("rows can be merged");
    }

    /// Compacts the table, as its owner should from time to time.
    pub fn optimize(&self) {
        self.runtime
            .block_on(self.table.optimize(OptimizeAction::All))
            .expect("the table can be optimized");
    }

    /// Joins fragments, and leaves it for later to tell the indexes.
    pub fn compact_without_indexes(&self) {
        let compact = OptimizeAction::Compact {
            options: CompactionOptions {
                defer_index_remap: true,
                ..CompactionOptions::default()
            },
            remap_options: None,
        };
        self.runtime
            .block_on(self.table.optimize(compact))
            .expect("fragments can be joined");
    }

    /// Creates an index, as its owner may at any time.
    pub fn index(&self, column: &str, index: Index) {
        self.runtime
            .block_on(self.table.create_index(&[column], index).execute())
            .expect("columns can be indexed");
    }

    /// How many fragments the newest version has.
    pub fn fragments(&self) -> usize {
        let statistics = self.runtime.block_on(self.table.stats());
        statistics
            .expect("a table can be described")
            .fragment_stats
            .num_fragments
    }

    /// How many rows an index has, and how many it lacks.
    pub fn indexed(&self, index: &str) -> (usize, usize) {
        let statistics = self
            .runtime
            .block_on(self.table.index_stats(index))
            .expect("indexes can be described")
            .unwrap_or_else(|| panic!("there is no index {index}"));
        (statistics.num_indexed_rows, statistics.num_unindexed_rows)
    }

    /// How many rows meet a condition.
    pub fn count(&self, condition: &str) -> usize {
        self.runtime
            .block_on(self.table.count_rows(Some(condition.to_owned())))
            .expect("rows can be counted")
    }

    /// The versions that can still be opened.
    pub fn versions(&self) -> Vec<u64> {
        let versions = self.runtime.block_on(self.table.list_versions());
        let versions = versions.expect("versions can be listed");
        versions.iter().map(|version| version.version).collect()
    }

    /// Gives a version a name.
    pub fn tag(&self, name: &str, version: u64) {
        let tag = async { self.table.tags().await?.create(name, version).await };
        self.runtime.block_on(tag).expect("versions can be tagged");
    }

    /// The tags, with the versions that they keep.
    pub fn tags(&self) -> BTreeMap<String, u64> {
        let list = async { self.table.tags().await?.list().await };
        let tags = self.runtime.block_on(list).expect("tags can be listed");
        tags.into_iter()
            .map(|(name, tag)| (name, tag.version))
            .collect()
    }

    /// Goes back to an earlier version, which becomes the newest.
    pub fn restore(&self, version: u64) {
        let restore = async {
            self.table.checkout(version).await?;
            self.table.restore().await
        };
        self.runtime
            .block_on(restore)
            .expect("an earlier version can be restored");
    }

    /// Removes all versions but the newest.
    pub fn prune(&self) {
        let prune = OptimizeAction::Prune {
            older_than: Some(lancedb::table::Duration::zero()),
            delete_unverified: Some(true),
            error_if_tagged_old_versions: None,
        };
        self.runtime
            .block_on(self.table.optimize(prune))
            .expect("old versions can be removed");
    }

    /// Replaces all rows of a table, as `create_table` does in its overwriting mode.
    pub fn replace(database: &Path, name: &str, rows: &[(&str, i64)]) {
        let (runtime, connection) = connect(database);
        let create = connection
            .create_table(name, items_batch(rows))
            .mode(CreateTableMode::Overwrite);
        runtime
            .block_on(create.execute())
            .expect("a table can be replaced");
    }
}
