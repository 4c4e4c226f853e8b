//! Which columns and keys a table can have.

use std::collections::HashSet;

use arrow::datatypes::{DataType, SchemaRef};

use crate::error::{DeclareCode, DeclareError};

/// Lance reads a dot as a path into a struct, and cannot quote a backtick.
const PATH: [char; 2] = ['.', '`'];

/// What Lance reads as all columns wherever one is named.
const ALL: &str = "*";

/// Column names that Lance computes itself.
const COMPUTED: [&str; 7] = [
    "_rowid",
    "_rowaddr",
    "_rowoffset",
    "_row_created_at_version",
    "_row_last_updated_at_version",
    "_distance",
    "_score",
];

/// Prefixes of metadata that decide how a column is stored, or that the host itself writes.
const RESERVED_METADATA: [&str; 3] = ["ARROW:extension:", "lance-schema:", "lance_host."];

/// Refuses columns that LanceDB does not store, or does not give back as they were.
pub(super) fn check(schema: &SchemaRef, table: &str) -> Result<(), DeclareError> {
    let invalid = |message| DeclareError::new(DeclareCode::InvalidSchema, table, message);
    if schema.fields().is_empty() {
        return Err(invalid("the table has no columns".to_owned()));
    }
    let mut seen = HashSet::new();
    for field in schema.fields() {
        let name = field.name();
        let refuse =
            |problem: &str| Err(invalid(format!("column {name:?} {problem}")).column(name));
        if name.is_empty() {
            return refuse("has no name");
        }
        if name.contains(PATH) {
            return refuse("has a dot or a backtick in its name, which LanceDB cannot store");
        }
        if name == ALL {
            return refuse("has the name by which LanceDB reads all columns");
        }
        if COMPUTED.contains(&name.as_str()) {
            return refuse("has a name that LanceDB computes itself");
        }
        if !seen.insert(name) {
            return refuse("occurs twice");
        }
        let reserved = field.metadata().keys().find(|key| {
            RESERVED_METADATA
                .iter()
                .any(|prefix| key.starts_with(prefix))
        });
        if let Some(key) = reserved {
            return refuse(&format!("has metadata {key:?}, which is reserved"));
        }
        if let Some(field) = unreadable_field(field.data_type()) {
            return refuse(&format!(
                "has a field {field:?}, and LanceDB does not find fields with a dot or a backtick \
                 in their name"
            ));
        }
        if let Some(problem) = unstorable(field.data_type()) {
            let message =
                format!("column {name:?} has a type that LanceDB cannot store: {problem}");
            return Err(DeclareError::new(DeclareCode::Unsupported, table, message).column(name));
        }
    }
    Ok(())
}

pub(super) fn check_primary_key(
    schema: &SchemaRef,
    primary_key: &[String],
    table: &str,
) -> Result<(), DeclareError> {
    let invalid = |message| DeclareError::new(DeclareCode::InvalidSchema, table, message);
    if primary_key.is_empty() {
        return Err(invalid(
            "the table has no primary key; name the columns that identify a row".to_owned(),
        ));
    }
    let mut seen = HashSet::new();
    for name in primary_key {
        let Ok(field) = schema.field_with_name(name) else {
            let columns = schema
                .fields()
                .iter()
                .map(|f| f.name().as_str())
                .collect::<Vec<_>>();
            return Err(invalid(format!(
                "key column {name:?} is not a column; columns: {}",
                columns.join(", ")
            ))
            .column(name));
        };
        if field.data_type().is_nested() {
            let kind = match field.data_type() {
                DataType::FixedSizeList(_, _) => "vector",
                _ => "nested column",
            };
            return Err(invalid(format!(
                "key column {name:?} is a {kind}, which cannot be a key"
            ))
            .column(name));
        }
        if !seen.insert(name) {
            return Err(invalid(format!("key column {name:?} is named twice")).column(name));
        }
    }
    Ok(())
}

/// A field of a struct, at any depth, whose name is no name to Lance.
fn unreadable_field(data_type: &DataType) -> Option<&str> {
    match data_type {
        DataType::Struct(fields) => fields.iter().find_map(|field| {
            let name = field.name().as_str();
            match name.contains(PATH) {
                true => Some(name),
                false => unreadable_field(field.data_type()),
            }
        }),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::Map(item, _) => unreadable_field(item.data_type()),
        _ => None,
    }
}

/// What Lance cannot store of a type.
fn unstorable(data_type: &DataType) -> Option<String> {
    match data_type {
        DataType::List(item) | DataType::LargeList(item) | DataType::Map(item, _) => {
            unstorable(item.data_type())
        }
        DataType::Struct(fields) => fields
            .iter()
            .find_map(|field| unstorable(field.data_type())),
        DataType::FixedSizeList(item, _) if !has_fixed_size(item.data_type()) => Some(format!(
            "the items of lists of fixed size are booleans, numbers, times, bytes of fixed size \
             or such lists, not {}; use a list",
            item.data_type()
        )),
        DataType::Dictionary(_, value) if !in_dictionary(value) => Some(format!(
            "the values of dictionaries are booleans, integers, floats, text or bytes, not {value}"
        )),
        // Lance joins dictionaries when it writes and when it compacts. Once there are more values
        // than the keys can count, it widens the keys, and refuses to read them.
        DataType::Dictionary(key, _) if key.primitive_width() < Some(size_of::<i32>()) => Some(
            format!("the keys of dictionaries have 32 or 64 bits, and {key} is smaller; use Int32"),
        ),
        _ => None,
    }
}

fn has_fixed_size(data_type: &DataType) -> bool {
    match data_type {
        DataType::Boolean | DataType::FixedSizeBinary(_) => true,
        DataType::FixedSizeList(item, _) => has_fixed_size(item.data_type()),
        other => other.is_primitive(),
    }
}

/// Lance writes a dictionary's type as a text that it can read only for these values.
fn in_dictionary(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Boolean
            | DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Binary
            | DataType::LargeBinary
    ) || data_type.is_integer()
        || data_type.is_floating()
}
