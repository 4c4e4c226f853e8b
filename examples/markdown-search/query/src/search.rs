//! The vector query.

use anyhow::{Context, anyhow, bail};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Float32Type;
use futures::TryStreamExt;
use lancedb::query::{ExecutableQuery, QueryBase, Select};
use lancedb::{DistanceType, Table};
use markdown_search_embedding::embed;

/// A passage that was found.
pub struct Passage {
    /// The cosine distance: 0 is the same text, 1 a text with nothing in common.
    pub distance: f32,
    pub path: String,
    pub heading: Option<String>,
    pub text: String,
}

/// The `limit` passages nearest to `text`, the nearest first.
pub async fn nearest(database: &str, text: &str, limit: usize) -> anyhow::Result<Vec<Passage>> {
    let table = open(database).await?;
    let columns = ["path", "heading", "text", "_distance"];
    let batches = table
        .query()
        .nearest_to(&embed(text))?
        .distance_type(DistanceType::Cosine)
        .select(Select::columns(&columns))
        .limit(limit)
        .execute()
        .await?;
    let batches: Vec<RecordBatch> = batches.try_collect().await?;
    let mut passages = Vec::new();
    for batch in &batches {
        passages.extend(rows(batch)?);
    }
    Ok(passages)
}

async fn open(database: &str) -> anyhow::Result<Table> {
    let connection = lancedb::connect(database).execute().await?;
    match connection.open_table("documents").execute().await {
        Err(lancedb::Error::TableNotFound { .. }) => {
            bail!("{database} has no table `documents`: run the pipeline with this database first")
        }
        table => Ok(table?),
    }
}

fn rows(batch: &RecordBatch) -> anyhow::Result<Vec<Passage>> {
    let column = |name: &str| {
        let column = batch.column_by_name(name);
        column.ok_or_else(|| anyhow!("the table has no column `{name}`"))
    };
    let text = |name: &str| {
        let column = column(name)?.as_string_opt::<i32>();
        column.ok_or_else(|| anyhow!("the column `{name}` holds no text"))
    };
    let distances = column("_distance")?
        .as_primitive_opt::<Float32Type>()
        .context("distances are not float32")?;
    let (paths, headings, texts) = (text("path")?, text("heading")?, text("text")?);
    let passage = |row| Passage {
        distance: distances.value(row),
        path: paths.value(row).to_owned(),
        heading: headings
            .is_valid(row)
            .then(|| headings.value(row).to_owned()),
        text: texts.value(row).to_owned(),
    };
    Ok((0..batch.num_rows()).map(passage).collect())
}
