//! Looks for rows: near a vector, by the words of a text, by a condition.
//!
//! The search itself is LanceDB's. This module decides which columns it searches, reads the
//! vector of a stored row, and says what is wrong with a question before it is asked: the
//! answers of the layers below name neither flags nor what to do next.

mod column;
mod error;
mod key;
mod vector;

use std::str::FromStr;

use arrow::{array::RecordBatch, compute::concat_batches, datatypes::Schema};
use futures::TryStreamExt;
use lancedb::{
    DistanceType,
    arrow::SendableRecordBatchStream,
    index::{IndexType, scalar::FullTextSearchQuery},
    query::{ExecutableQuery, QueryBase, Select},
};

use crate::{database::Databases, error::Error, table::StoredTable};
use column::Columns;
pub use error::QueryError;

/// What to look for in a table.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Rows whose vector is near this.
    pub near: Option<Near>,
    /// Rows whose text has these words.
    pub text: Option<String>,
    /// The columns to search; found by themselves where there is no choice.
    pub columns: Vec<String>,
    /// How distances are measured; by default as the column's index does, or by L2.
    pub metric: Option<Metric>,
    /// A condition in SQL that every row must meet.
    pub filter: Option<String>,
    /// The columns to return; all if empty.
    pub select: Vec<String>,
    /// How many rows to return at most.
    pub limit: usize,
}

/// What rows should be near to.
#[derive(Debug, Clone, PartialEq)]
pub enum Near {
    /// A vector, or several for a column that holds several in each row.
    Vectors(Vec<Vec<f32>>),
    /// The vector of a stored row: the value of its key, or, if the key has several columns, a
    /// JSON object that names them all.
    Key(String),
}

/// How the distance of two vectors is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric(DistanceType);

impl FromStr for Metric {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "l2" => Ok(Self(DistanceType::L2)),
            "cosine" => Ok(Self(DistanceType::Cosine)),
            "dot" => Ok(Self(DistanceType::Dot)),
            "hamming" => Ok(Self(DistanceType::Hamming)),
            _ => Err("expected l2, cosine, dot or hamming"),
        }
    }
}

/// The rows that a query finds, best first, with their distance or score in a last column:
/// `_distance` for [`Query::near`], `_score` for [`Query::text`], `_relevance_score` for both.
///
/// # Errors
/// [`Error::UnknownDatabase`] or [`Error::UnknownTable`] for a name that does not exist,
/// [`Error::Query`] for a question that the table cannot answer, else [`Error::Database`] or
/// [`Error::Storage`].
pub async fn query(
    databases: &Databases,
    database: &str,
    table: &str,
    query: &Query,
) -> Result<RecordBatch, Error> {
    let stored = StoredTable::existing(databases, database, table).await?;
    let searched = stored.database.open_for_search(&stored.name).await?;
    let failed = |error| stored.database.failed("query a table", error);

    let schema = stored.schema();
    check_names(&stored, &schema, "--select", &query.select)?;
    check_names(&stored, &schema, "--column", &query.columns)?;
    let indexed = searched.list_indices().await.map_err(failed)?;
    let full_text = indexed
        .into_iter()
        .filter(|index| index.index_type == IndexType::FTS)
        .flat_map(|index| index.columns)
        // Names that are no words in SQL come in backticks, which no name holds itself.
        .map(|column| column.trim_matches('`').to_owned())
        .collect();
    let columns = Columns::choose(&stored, &schema, query, full_text)?;

    let mut request = searched.query().limit(query.limit);
    if let Some(filter) = &query.filter {
        request = request.only_if(filter);
        // Nothing else is asked for yet, so what is wrong here is wrong with the condition.
        request
            .output_schema()
            .await
            .map_err(|source| QueryError::Filter {
                filter: filter.clone(),
                source: Box::new(source),
            })?;
    }
    if !query.select.is_empty() {
        request = request.select(Select::columns(&query.select));
    }
    if let Some(text) = &query.text {
        let words = FullTextSearchQuery::new(text.clone())
            .with_columns(&columns.texts)
            .map_err(|error| failed(error.into()))?;
        request = request.full_text_search(words);
    }
    let found = match (&query.near, &columns.vector) {
        (Some(near), Some(column)) => {
            let mut vectors = vector::of(&stored, column, near).await?.into_iter();
            let first = vectors.next().unwrap_or_default();
            let mut request = request.nearest_to(first).map_err(failed)?;
            for vector in vectors {
                request = request.add_query_vector(vector).map_err(failed)?;
            }
            request = request.column(&column.name);
            if let Some(Metric(metric)) = query.metric {
                request = request.distance_type(metric);
            }
            request.execute().await
        }
        _ => request.execute().await,
    };
    rows(found.map_err(failed)?, &stored).await
}

async fn rows(found: SendableRecordBatchStream, table: &StoredTable) -> Result<RecordBatch, Error> {
    let schema = found.schema();
    let batches: Vec<RecordBatch> = found
        .try_collect()
        .await
        .map_err(|error| table.database.failed("query a table", error))?;
    concat_batches(&schema, &batches).map_err(|source| Error::Arrow {
        subject: table.subject(),
        action: "join the rows that were found",
        source,
    })
}

fn check_names(
    table: &StoredTable,
    schema: &Schema,
    flag: &'static str,
    names: &[String],
) -> Result<(), QueryError> {
    match names
        .iter()
        .find(|name| schema.field_with_name(name).is_err())
    {
        None => Ok(()),
        Some(name) => Err(QueryError::UnknownColumn {
            flag,
            table: table.label(),
            column: name.clone(),
            known: listed(schema.fields().iter().map(|field| field.name().as_str())),
        }),
    }
}

/// Names as messages list them.
fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(", ")
}
