//! What a declaration changes in the metadata of stored columns.

use std::collections::HashMap;

use arrow::datatypes::{Field, FieldRef};

use super::compare::{Declarers, Rules, SchemaChange};
use crate::error::Error;

/// A column with the metadata that it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Annotation {
    pub(crate) column: String,
    pub(crate) metadata: HashMap<String, String>,
}

impl Rules<'_> {
    /// What is declared is set, and what the pipeline declared before is taken away. Everything
    /// else belongs to others.
    pub(super) fn annotate(
        &self,
        field: &FieldRef,
        there: &Field,
        declarers: &Declarers<'_>,
        change: &mut SchemaChange,
    ) -> Result<(), Error> {
        let name = field.name().as_str();
        let mut metadata = there.metadata().clone();
        for (key, value) in field.metadata() {
            if let Some((pipeline, other)) = declarers.annotated.get(&(name, key.as_str()))
                && other != value
            {
                return Err(self.conflict(
                    format!(
                        "column {name:?} is declared with {value:?} as its metadata {key:?}, and pipeline {pipeline} declares {other:?}"
                    ),
                    "let both pipelines declare the same, or one of them none",
                ));
            }
            metadata.insert(key.clone(), value.clone());
        }
        let before = declarers.mine.get(name).into_iter();
        for key in before.flat_map(|column| column.metadata.keys()) {
            let is_anothers = declarers.annotated.contains_key(&(name, key.as_str()));
            if !field.metadata().contains_key(key) && !is_anothers {
                metadata.remove(key);
            }
        }
        if metadata != *there.metadata() {
            change.annotates.push(Annotation {
                column: name.to_owned(),
                metadata,
            });
        }
        Ok(())
    }
}
