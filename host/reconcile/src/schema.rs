//! Whether a declared schema fits a stored one, and the schema of a new table.

use std::{collections::HashMap, sync::Arc};

use arrow::datatypes::{Field, FieldRef, Schema, SchemaRef};

use crate::{
    declare::DeclaredTable,
    error::Error,
    table::{Identity, StoredTable},
};

/// Where Lance keeps the place of a column in the primary key, from 1.
const KEY_POSITION: &str = "lance-schema:unenforced-primary-key:position";

/// The schema with which a table is created: as declared, and the key marked for other readers.
pub(crate) fn created(declared: &DeclaredTable) -> SchemaRef {
    let position = |field: &FieldRef| {
        declared
            .primary_key
            .iter()
            .position(|name| name == field.name())
    };
    // Lance refuses nullable columns in a marked key.
    let markable = declared
        .schema
        .fields()
        .iter()
        .all(|field| position(field).is_none() || !field.is_nullable());
    let fields = declared
        .schema
        .fields()
        .iter()
        .map(|field| match position(field) {
            Some(position) if markable => {
                let mut metadata: HashMap<_, _> = field.metadata().clone();
                metadata.insert(KEY_POSITION.to_owned(), (position + 1).to_string());
                Arc::new(Field::clone(field).with_metadata(metadata))
            }
            _ => field.clone(),
        });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Checks that a declaration fits a stored table: the same columns in any order, of the same
/// types, and the same primary key.
///
/// `identity` is none for a table that is about to be adopted.
pub(crate) fn check(
    declared: &DeclaredTable,
    table: &StoredTable,
    identity: Option<&Identity>,
) -> Result<(), Error> {
    let stored = table.schema();
    let difference = column_difference(&declared.schema, &stored)
        .or_else(|| identity.and_then(|identity| key_difference(declared, identity)));
    match difference {
        None => Ok(()),
        Some(difference) => Err(Error::SchemaMismatch {
            table: table.label(),
            difference,
            advice: match identity {
                Some(_) => "declare the columns as they are stored, or remove what the pipeline \
                            owns with `lance-host drop` and run again"
                    .to_owned(),
                None => "declare the columns as they are stored".to_owned(),
            },
        }),
    }
}

fn column_difference(declared: &Schema, stored: &Schema) -> Option<String> {
    for field in declared.fields() {
        let name = field.name();
        let Ok(there) = stored.field_with_name(name) else {
            return Some(format!("column {name:?} is declared and not stored"));
        };
        if !there.data_type().equals_datatype(field.data_type()) {
            return Some(format!(
                "column {name:?} is declared as {} and stored as {}",
                field.data_type(),
                there.data_type()
            ));
        }
        if there.is_nullable() != field.is_nullable() {
            let word = |nullable| if nullable { "nullable" } else { "required" };
            return Some(format!(
                "column {name:?} is declared as {} and stored as {}",
                word(field.is_nullable()),
                word(there.is_nullable())
            ));
        }
    }
    stored
        .fields()
        .iter()
        .find(|field| declared.field_with_name(field.name()).is_err())
        .map(|field| format!("column {:?} is stored and not declared", field.name()))
}

fn key_difference(declared: &DeclaredTable, identity: &Identity) -> Option<String> {
    let sorted = |key: &[String]| {
        let mut key = key.to_vec();
        key.sort_unstable();
        key
    };
    (sorted(&declared.primary_key) != sorted(&identity.primary_key)).then(|| {
        format!(
            "the primary key is declared as ({}) and stored as ({})",
            declared.primary_key.join(", "),
            identity.primary_key.join(", ")
        )
    })
}
