//! Finds the row that a key names.
//!
//! A key is compared by the same hash as in a run, over the key's columns alone. A condition in
//! SQL could not name every key: bytes, special floats and nulls have no literal in it.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray, BinaryArray, RecordBatch, StringArray, new_null_array},
    compute::{CastOptions, cast_with_options},
    datatypes::{DataType, Field, Schema, UInt64Type},
    error::ArrowError,
};
use futures::TryStreamExt;
use lance::dataset::ROW_ID;
use serde_json::Value;

use super::{QueryError, listed};
use crate::{
    error::{Error, StorageContext},
    hash::RowHasher,
    table::StoredTable,
};

/// The value in `column` of the row with this key, as an array of one value.
pub(super) async fn value_of(
    table: &StoredTable,
    key: &str,
    column: &str,
) -> Result<ArrayRef, Error> {
    let refuse = |problem: String| QueryError::Key {
        key: key.to_owned(),
        problem,
    };
    let names = primary_key(table)?;
    if names.is_empty() {
        return Err(refuse(
            "no pipeline declared the table, so it has no known key; give a vector with --near"
                .to_owned(),
        )
        .into());
    }
    let wanted = parse(&table.schema(), &names, key).map_err(refuse)?;
    let Some(row_id) = find(table, &names, &wanted).await? else {
        return Err(refuse(format!("table {} has no row with this key", table.label())).into());
    };
    let action = "read a stored vector";
    let projection = table
        .dataset
        .schema()
        .project(&[column])
        .storage(table.subject(), action)?;
    let row = table
        .dataset
        .take_rows(&[row_id], projection)
        .await
        .storage(table.subject(), action)?;
    match row.columns().first() {
        Some(value) if value.len() == 1 && value.is_valid(0) => Ok(value.clone()),
        _ => Err(refuse(format!("the row has no vector in column {column}")).into()),
    }
}

/// The key that pipelines declare, or that Lance was told of.
fn primary_key(table: &StoredTable) -> Result<Vec<String>, Error> {
    Ok(match table.identity()? {
        Some(identity) => identity.primary_key,
        None => table
            .dataset
            .schema()
            .unenforced_primary_key()
            .iter()
            .map(|field| field.name.clone())
            .collect(),
    })
}

/// The first row with the wanted key.
async fn find(
    table: &StoredTable,
    names: &[String],
    wanted: &RecordBatch,
) -> Result<Option<u64>, Error> {
    let action = "look for a key";
    let hasher = RowHasher::new(&wanted.schema(), names);
    let wanted = hasher
        .hash(wanted)
        .storage(table.subject(), action)?
        .keys
        .first()
        .copied();
    let mut scan = table.dataset.scan();
    scan.project(names).storage(table.subject(), action)?;
    scan.with_row_id();
    let mut batches = scan
        .try_into_stream()
        .await
        .storage(table.subject(), action)?;
    while let Some(batch) = batches.try_next().await.storage(table.subject(), action)? {
        let hashes = hasher.hash(&batch).storage(table.subject(), action)?;
        if let Some(row) = hashes.keys.iter().position(|key| Some(*key) == wanted) {
            let row_ids = batch
                .column_by_name(ROW_ID)
                .and_then(|column| column.as_primitive_opt::<UInt64Type>());
            return Ok(row_ids.map(|row_ids| row_ids.value(row)));
        }
    }
    Ok(None)
}

/// One row of the key's columns, in their order.
fn parse(schema: &Schema, names: &[String], key: &str) -> Result<RecordBatch, String> {
    let fields: Vec<&Field> = names
        .iter()
        .map(|name| schema.field_with_name(name))
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())?;
    let columns = match fields.as_slice() {
        [field] => vec![value(field, Some(key))?],
        fields => {
            let values = object(names, key)?;
            fields
                .iter()
                .zip(&values)
                .map(|(field, text)| value(field, text.as_deref()))
                .collect::<Result<_, _>>()?
        }
    };
    let fields: Vec<Field> = fields
        .into_iter()
        .map(|field| field.clone().with_nullable(true))
        .collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(|error| error.to_string())
}

/// The values that a JSON object gives to these names, in their order; none for a null.
fn object(names: &[String], key: &str) -> Result<Vec<Option<String>>, String> {
    let columns = listed(names.iter().map(String::as_str));
    let expected = || {
        format!("the key has several columns; give a JSON object that names all of them: {columns}")
    };
    let Ok(Value::Object(mut object)) = serde_json::from_str(key) else {
        return Err(expected());
    };
    let values = names
        .iter()
        .map(|name| match object.remove(name) {
            None => Err(expected()),
            Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Ok(Some(other.to_string())),
        })
        .collect::<Result<_, _>>()?;
    match object.keys().next() {
        None => Ok(values),
        Some(name) => Err(format!("{name} is no column of the key: {columns}")),
    }
}

/// A text as a value of the column's type; none is a null.
fn value(field: &Field, text: Option<&str>) -> Result<ArrayRef, String> {
    let Some(text) = text else {
        return Ok(new_null_array(field.data_type(), 1));
    };
    let read = || -> Result<ArrayRef, ArrowError> {
        let strict = CastOptions {
            safe: false,
            ..CastOptions::default()
        };
        let text: ArrayRef = match field.data_type() {
            DataType::Binary | DataType::LargeBinary | DataType::FixedSizeBinary(_) => {
                Arc::new(BinaryArray::from(vec![bytes(text)?.as_slice()]))
            }
            _ => Arc::new(StringArray::from(vec![text])),
        };
        cast_with_options(&text, field.data_type(), &strict)
    };
    read().map_err(|_| {
        format!(
            "{text:?} is no value of column {}, which holds {}; write it as `lance-host show` does",
            field.name(),
            field.data_type()
        )
    })
}

/// Bytes from hexadecimal digits.
fn bytes(text: &str) -> Result<Vec<u8>, ArrowError> {
    let refuse = || ArrowError::ParseError("not hexadecimal".to_owned());
    let digits: Vec<u8> = text
        .chars()
        .map(|digit| {
            digit
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        })
        .collect::<Option<_>>()
        .ok_or_else(refuse)?;
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(refuse());
    }
    Ok(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Schema {
        Schema::new(vec![
            Field::new("name", DataType::Utf8, false),
            Field::new("number", DataType::Int64, true),
            Field::new("raw", DataType::Binary, true),
        ])
    }

    fn parsed(names: &[&str], key: &str) -> Result<RecordBatch, String> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        parse(&schema(), &names, key)
    }

    #[test]
    fn a_key_of_one_column_is_written_as_it_is() {
        let key = parsed(&["name"], "{\"a\": 1}").unwrap();
        assert_eq!(key["name"].as_string::<i32>().value(0), "{\"a\": 1}");
        let key = parsed(&["number"], &i64::MIN.to_string()).unwrap();
        let number = key["number"].as_primitive::<arrow::datatypes::Int64Type>();
        assert_eq!(number.value(0), i64::MIN);
        let key = parsed(&["raw"], "00fF").unwrap();
        assert_eq!(key["raw"].as_binary::<i32>().value(0), [0, 255]);
        for (name, key) in [("number", "one"), ("raw", "0"), ("raw", "xy")] {
            let error = parsed(&[name], key).unwrap_err();
            assert!(error.contains("is no value of column"), "{error}");
        }
    }

    #[test]
    fn a_key_of_several_columns_is_a_json_object_that_names_them() {
        let key = parsed(&["number", "name"], r#"{"name": "x", "number": null}"#).unwrap();
        assert!(key["number"].is_null(0));
        assert_eq!(key["name"].as_string::<i32>().value(0), "x");
        let error = |key| parsed(&["number", "name"], key).unwrap_err();
        let expected =
            "the key has several columns; give a JSON object that names all of them: number, name";
        assert_eq!(error("x"), expected);
        assert_eq!(error(r#"{"name": "x"}"#), expected);
        assert_eq!(
            error(r#"{"name": "x", "number": 1, "size": 2}"#),
            "size is no column of the key: number, name"
        );
    }
}
