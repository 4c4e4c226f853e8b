//! Rows of a table: shortened for people, whole for programs.

use arrow::{
    array::{Array, FixedSizeListArray, RecordBatch},
    error::ArrowError,
    util::display::{ArrayFormatter, FormatOptions},
};
use serde::Serialize;

use super::{
    table::{lines, table},
    words::harmless,
};

/// The longest text of a cell, in characters. Who needs the whole value takes `--json`.
const CELL: usize = 60;
/// How many items of a vector are shown.
const ITEMS: usize = 3;

/// The rows as aligned columns.
pub fn text(rows: &RecordBatch) -> Result<String, ArrowError> {
    let schema = rows.schema();
    let heads: Vec<&str> = schema
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .collect();
    let mut text = table(&heads, &[]);
    let columns = rows
        .columns()
        .iter()
        .map(|column| cells(column.as_ref()))
        .collect::<Result<Vec<_>, _>>()?;
    let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
    for _ in 0..rows.num_rows() {
        text.add_row(
            columns
                .iter_mut()
                .map(|column| column.next().unwrap_or_default()),
        );
    }
    Ok(lines(&text))
}

fn cells(column: &dyn Array) -> Result<Vec<String>, ArrowError> {
    match column.as_any().downcast_ref::<FixedSizeListArray>() {
        Some(vectors) => vectors
            .iter()
            .map(|vector| {
                vector.map_or_else(|| Ok(NULL.to_owned()), |items| shortened(items.as_ref()))
            })
            .collect(),
        None => {
            let format = FormatOptions::default().with_null(NULL);
            let formatter = ArrayFormatter::try_new(column, &format)?;
            (0..column.len())
                .map(|row| Ok(fitted(&formatter.value(row).try_to_string()?)))
                .collect()
        }
    }
}

const NULL: &str = "null";

/// The first items of a vector, and how many there are.
fn shortened(items: &dyn Array) -> Result<String, ArrowError> {
    let format = FormatOptions::default().with_null(NULL);
    let formatter = ArrayFormatter::try_new(items, &format)?;
    let first = (0..items.len().min(ITEMS))
        .map(|item| formatter.value(item).try_to_string())
        .collect::<Result<Vec<_>, _>>()?
        .join(", ");
    Ok(if items.len() > ITEMS {
        format!("[{first}, … {}]", items.len())
    } else {
        format!("[{first}]")
    })
}

/// One line of bounded length.
fn fitted(value: &str) -> String {
    let line = harmless(&value.replace(['\n', '\r', '\t'], " "));
    match line.char_indices().nth(CELL) {
        Some(_) => line.chars().take(CELL - 1).chain(['…']).collect(),
        None => line,
    }
}

/// The rows as `--json` prints them.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    database: &'a str,
    table: &'a str,
    rows: Vec<serde_json::Map<String, serde_json::Value>>,
}

impl<'a> Json<'a> {
    /// Converts the rows: numbers and texts as such, binary values in hexadecimal.
    pub fn new(database: &'a str, table: &'a str, rows: &RecordBatch) -> anyhow::Result<Self> {
        let mut writer = arrow_json::WriterBuilder::new()
            .with_explicit_nulls(true)
            .build::<_, arrow_json::writer::JsonArray>(Vec::new());
        writer.write(rows)?;
        writer.finish()?;
        let text = writer.into_inner();
        // Without a row the writer writes nothing at all.
        let rows = if text.is_empty() {
            Vec::new()
        } else {
            serde_json::from_slice(&text)?
        };
        Ok(Self {
            database,
            table,
            rows,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::{
        array::{ArrayRef, Float32Array, Int64Array, StringArray},
        datatypes::{DataType, Field},
    };

    use super::*;

    fn batch() -> RecordBatch {
        let items = Float32Array::from_iter_values((0..8u8).map(|item| f32::from(item) / 2.0));
        let field = Arc::new(Field::new("item", DataType::Float32, false));
        let vectors = FixedSizeListArray::new(field, 4, Arc::new(items), None);
        let long = "x".repeat(100);
        RecordBatch::try_from_iter([
            ("id", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef),
            (
                "text",
                Arc::new(StringArray::from(vec![
                    Some("two\nlines\u{1b}[2J"),
                    Some(long.as_str()),
                ])),
            ),
            ("note", Arc::new(StringArray::from(vec![Some("a"), None]))),
            ("embedding", Arc::new(vectors)),
        ])
        .unwrap()
    }

    #[test]
    fn cells_are_one_short_harmless_line() {
        let text = text(&batch()).unwrap();
        assert_eq!(text.lines().count(), 3);
        assert!(text.contains("two lines\\u{1b}[2J"));
        assert!(text.contains("[0.0, 0.5, 1.0, … 4]"));
        assert!(text.contains(&format!("{}…", "x".repeat(59))));
        assert!(text.contains("null"));
    }

    #[test]
    fn json_has_every_value_whole() {
        let json = serde_json::to_value(Json::new("default", "t", &batch()).unwrap()).unwrap();
        assert_eq!(json["rows"][1]["text"], "x".repeat(100));
        assert_eq!(json["rows"][1]["note"], serde_json::Value::Null);
        assert_eq!(
            json["rows"][1]["embedding"],
            serde_json::json!([2.0, 2.5, 3.0, 3.5])
        );
        let none =
            serde_json::to_value(Json::new("default", "t", &batch().slice(0, 0)).unwrap()).unwrap();
        assert_eq!(none["rows"], serde_json::json!([]));
    }
}
