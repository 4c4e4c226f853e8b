//! Which columns a search looks at.

use arrow::datatypes::{DataType, Field, Schema};
use lancedb::DistanceType;

use super::{Metric, Query, QueryError, listed};
use crate::table::StoredTable;

/// The columns of one search.
#[derive(Debug)]
pub(super) struct Columns {
    /// The column of vectors, if one is searched.
    pub(super) vector: Option<VectorColumn>,
    /// The columns of text, if any are searched.
    pub(super) texts: Vec<String>,
}

/// A column of vectors.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct VectorColumn {
    pub(super) name: String,
    pub(super) dimension: usize,
    /// What the vectors are made of.
    pub(super) element: DataType,
    /// Whether each row has a list of vectors.
    pub(super) is_list: bool,
}

impl VectorColumn {
    /// None for a column that LanceDB cannot search by vector.
    fn of(field: &Field) -> Option<Self> {
        let (vector, is_list) = match field.data_type() {
            DataType::List(item) => (item.data_type(), true),
            other => (other, false),
        };
        let DataType::FixedSizeList(item, dimension) = vector else {
            return None;
        };
        let searchable = match item.data_type() {
            DataType::Float16 | DataType::Float32 | DataType::Float64 => true,
            DataType::UInt8 => !is_list,
            _ => false,
        };
        searchable.then(|| Self {
            name: field.name().clone(),
            dimension: usize::try_from(*dimension).unwrap_or_default(),
            element: item.data_type().clone(),
            is_list,
        })
    }

    fn check_metric(&self, Metric(metric): Metric) -> Result<(), QueryError> {
        let is_binary = self.element == DataType::UInt8;
        if is_binary == (metric == DistanceType::Hamming) {
            return Ok(());
        }
        Err(QueryError::Metric {
            column: self.name.clone(),
            element: self.element.to_string(),
            fitting: if is_binary {
                "hamming"
            } else {
                "l2, cosine or dot"
            },
        })
    }
}

impl Columns {
    /// Decides which columns are searched. All that `query` names exist; `full_text` are those
    /// with a full-text index.
    pub(super) fn choose(
        table: &StoredTable,
        schema: &Schema,
        query: &Query,
        full_text: Vec<String>,
    ) -> Result<Self, QueryError> {
        let vectors: Vec<VectorColumn> = schema
            .fields()
            .iter()
            .filter_map(|field| VectorColumn::of(field))
            .collect();
        let mut chosen = Vec::new();
        let mut texts = Vec::new();
        for name in &query.columns {
            match vectors.iter().find(|column| column.name == *name) {
                Some(column) => chosen.push(column.clone()),
                None => texts.push(name.clone()),
            }
        }
        let vector = match &query.near {
            Some(_) => Some(one(table, &vectors, chosen)?),
            None => {
                unused(
                    chosen.first().map(|column| &column.name),
                    "it holds vectors, and no vector is given; search it with --near or --near-key",
                )?;
                None
            }
        };
        if let (Some(column), Some(metric)) = (&vector, query.metric) {
            column.check_metric(metric)?;
        }
        if query.text.is_none() {
            unused(
                texts.first(),
                "it does not hold vectors; name a column that does, or search words with --text",
            )?;
        } else if full_text.is_empty() {
            return Err(QueryError::NoTextIndex {
                what: format!("table {}", table.label()),
            });
        } else if let Some(name) = texts.iter().find(|name| !full_text.contains(name)) {
            let indexed = listed(full_text.iter().map(String::as_str));
            return Err(QueryError::NoTextIndex {
                what: format!("column {name} (others have one: {indexed})"),
            });
        } else if texts.is_empty() {
            texts = full_text;
        }
        Ok(Self { vector, texts })
    }
}

/// The column of vectors that is meant.
fn one(
    table: &StoredTable,
    vectors: &[VectorColumn],
    chosen: Vec<VectorColumn>,
) -> Result<VectorColumn, QueryError> {
    let candidates = if chosen.is_empty() { vectors } else { &chosen };
    match candidates {
        [] => Err(QueryError::NoVectorColumn {
            table: table.label(),
        }),
        [column] => Ok(column.clone()),
        several => Err(QueryError::WhichVectorColumn {
            table: table.label(),
            columns: several
                .iter()
                .map(|column| {
                    format!(
                        "{} ({} x {})",
                        column.name, column.dimension, column.element
                    )
                })
                .collect::<Vec<_>>()
                .join(", "),
        }),
    }
}

fn unused(column: Option<&String>, problem: &str) -> Result<(), QueryError> {
    match column {
        None => Ok(()),
        Some(column) => Err(QueryError::UselessColumn {
            column: column.clone(),
            problem: problem.to_owned(),
        }),
    }
}
