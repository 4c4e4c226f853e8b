//! The columns of a table: how a new one is created, and what a declaration changes in a stored one.

mod annotate;
mod compare;
mod same;
mod sides;

use std::{collections::HashMap, sync::Arc};

use arrow::datatypes::{Field, FieldRef, Schema, SchemaRef};

use crate::declare::DeclaredTable;

pub(crate) use annotate::Annotation;
pub(crate) use compare::{Cast, Declarers, SchemaChange, compare};

/// Where Lance keeps the place of a column in the primary key, from 1.
pub(crate) const KEY_POSITION: &str = "lance-schema:unenforced-primary-key:position";

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
