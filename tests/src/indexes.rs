//! Indexes of a table, and searches in it, as everybody else sees them.

use arrow::{
    array::{AsArray, RecordBatch},
    compute::concat_batches,
};
use futures::TryStreamExt;
use lance::index::DatasetIndexExt;
use lancedb::{
    index::{Index, IndexConfig, scalar::FullTextSearchQuery},
    query::{ExecutableQuery, QueryBase, Select},
};
use serde_json::Value;

use crate::ForeignTable;

impl ForeignTable {
    /// All indexes, by name.
    pub fn indexes(&self) -> Vec<IndexConfig> {
        let mut indexes = self
            .runtime
            .block_on(self.table.list_indices())
            .expect("indexes can be listed");
        indexes.sort_by(|a, b| a.name.cmp(&b.name));
        indexes
    }

    /// The columns and types of all indexes.
    pub fn index_types(&self) -> Vec<(String, String)> {
        self.indexes()
            .into_iter()
            .map(|index| {
                // A path, in which what is no word is quoted.
                let column = index.columns.join(", ").replace('`', "");
                (column, index.index_type.to_string())
            })
            .collect()
    }

    /// What Lance tells of an index, in its own words.
    pub fn index_statistics(&self, name: &str) -> Value {
        let dataset = self.table.dataset().expect("a local table has a dataset");
        let statistics = async { dataset.get().await.unwrap().index_statistics(name).await };
        let text = self.runtime.block_on(statistics);
        let text = text.expect("an index has statistics");
        serde_json::from_str(&text).expect("statistics are JSON")
    }

    /// Creates an index of somebody else.
    pub fn create_index(&self, name: &str, column: &str, index: Index) {
        let create = self.table.create_index(&[column], index);
        self.runtime
            .block_on(create.name(name.to_owned()).execute())
            .expect("an index can be created");
    }

    /// Drops an index behind the host's back.
    pub fn drop_index(&self, name: &str) {
        self.runtime
            .block_on(self.table.drop_index(name))
            .expect("an index can be dropped");
    }

    /// The keys of the rows whose vectors are nearest, nearest first.
    pub fn nearest(&self, column: &str, vector: &[f32], limit: usize) -> Vec<String> {
        let query = self.table.query().nearest_to(vector).expect("a vector");
        let query = query.column(column).limit(limit);
        self.ids(query.select(Select::columns(&["id"])))
    }

    /// The keys of the rows whose text has these words, sorted.
    pub fn matching(&self, words: &str) -> Vec<String> {
        let query = FullTextSearchQuery::new(words.to_owned());
        let mut ids = self.ids(self.table.query().full_text_search(query));
        ids.sort();
        ids
    }

    /// The same, of one column.
    pub fn matching_in(&self, column: &str, words: &str) -> Vec<String> {
        let query = FullTextSearchQuery::new(words.to_owned());
        let query = query.with_column(column.to_owned()).expect("a column");
        let mut ids = self.ids(self.table.query().full_text_search(query));
        ids.sort();
        ids
    }

    /// The keys of the rows that a filter selects, sorted.
    pub fn filtered(&self, filter: &str) -> Vec<String> {
        let mut ids = self.ids(self.table.query().only_if(filter));
        ids.sort();
        ids
    }

    fn ids(&self, query: impl ExecutableQuery) -> Vec<String> {
        let batches: Vec<RecordBatch> = self
            .runtime
            .block_on(async { query.execute().await?.try_collect().await })
            .expect("the table can be searched");
        let Some(first) = batches.first() else {
            return Vec::new();
        };
        let rows = concat_batches(&first.schema(), &batches).expect("one schema");
        let ids = rows["id"].as_string::<i32>();
        ids.iter().flatten().map(str::to_owned).collect()
    }
}
