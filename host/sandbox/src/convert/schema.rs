//! A declaration's fields, and the checked shape of the table that comes of them.

use std::{collections::HashMap, sync::Arc};

use arrow::datatypes::{Field, Schema, SchemaRef};

use lance_host_data_type::DataType;

use super::data_type;
use crate::{
    bindings::lance_host::pipeline::types,
    limits::Limits,
    target::{Code, TargetError},
    text::printable,
};

/// What the rows of a table look like.
#[derive(Debug, Clone)]
pub(crate) struct TableShape {
    /// A column for each field, in their order.
    pub(crate) columns: Vec<ColumnShape>,
    /// The same for Arrow.
    pub(crate) schema: SchemaRef,
}

/// What the values of a column look like.
#[derive(Debug, Clone)]
pub(crate) struct ColumnShape {
    pub(crate) name: String,
    pub(crate) data_type: DataType,
    pub(crate) nullable: bool,
}

impl TableShape {
    /// Checks what can be checked of a field without knowing the others, or any database.
    pub(crate) fn new(fields: Vec<types::Field>, limits: &Limits) -> Result<Self, TargetError> {
        if fields.len() > limits.columns {
            let message = format!(
                "the table has {} columns, and a table can have {}",
                fields.len(),
                limits.columns
            );
            return Err(TargetError::new(Code::TooLarge, message));
        }
        let mut columns = Vec::with_capacity(fields.len());
        let mut arrow_fields = Vec::with_capacity(fields.len());
        let mut parts = 0usize;
        for field in fields {
            let data_type = data_type::parse(&field.data_type)
                .map_err(|problem| problem.in_column(&field.name, 0))?;
            parts = parts.saturating_add(data_type::parts(&data_type));
            if parts > limits.columns {
                let message = format!(
                    "the table has more than {} columns, those in nested types included",
                    limits.columns
                );
                return Err(TargetError::new(Code::TooLarge, message).in_column(&field.name));
            }
            let metadata = metadata(&field.name, field.metadata)?;
            arrow_fields.push(
                Field::new(&field.name, data_type::arrow(&data_type), field.nullable)
                    .with_metadata(metadata),
            );
            columns.push(ColumnShape {
                name: field.name,
                data_type,
                nullable: field.nullable,
            });
        }
        Ok(Self {
            columns,
            schema: Arc::new(Schema::new(arrow_fields)),
        })
    }
}

/// Metadata of a column as Arrow keeps it: a name has one value.
fn metadata(
    column: &str,
    settings: Vec<types::Setting>,
) -> Result<HashMap<String, String>, TargetError> {
    let mut metadata = HashMap::with_capacity(settings.len());
    for (name, value) in settings {
        if metadata.contains_key(&name) {
            let message = format!("the metadata `{}` is given twice", printable(&name, 100));
            return Err(TargetError::new(Code::InvalidSchema, message).in_column(column));
        }
        metadata.insert(name, value);
    }
    Ok(metadata)
}

/// What a text of a declaration costs the host beside its bytes, at the least.
const TEXT_OVERHEAD: usize = 64;

/// What the host keeps of a declaration until the run ends, in bytes.
pub(crate) fn size<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts
        .map(|text| {
            // Each part of a nested type is an object of its own.
            let parts = text.matches(['(', ',']).count().saturating_add(1);
            parts
                .saturating_mul(TEXT_OVERHEAD)
                .saturating_add(text.len())
        })
        .sum()
}

/// Every text of a field.
pub(crate) fn texts(field: &types::Field) -> impl Iterator<Item = &str> {
    let metadata = field
        .metadata
        .iter()
        .flat_map(|(name, value)| [name.as_str(), value]);
    [field.name.as_str(), &field.data_type]
        .into_iter()
        .chain(metadata)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, data_type: &str) -> types::Field {
        types::Field {
            name: name.into(),
            data_type: data_type.into(),
            nullable: true,
            metadata: Vec::new(),
        }
    }

    #[test]
    fn a_field_keeps_name_type_nullability_and_metadata() {
        let mut id = field("id", "int64");
        id.nullable = false;
        id.metadata = vec![("unit".into(), "m".into())];
        let shape = TableShape::new(vec![id, field("text", "json")], &Limits::default()).unwrap();
        let expected = Field::new("id", arrow::datatypes::DataType::Int64, false);
        assert_eq!(
            shape.schema.field(0),
            &expected.with_metadata([("unit".into(), "m".into())].into())
        );
        assert_eq!(
            shape.schema.field(1).data_type(),
            &arrow::datatypes::DataType::Utf8
        );
        assert_eq!(shape.columns[1].data_type, DataType::Json);
    }

    #[test]
    fn metadata_given_twice_is_refused() {
        let mut id = field("id", "int64");
        id.metadata = vec![("unit".into(), "m".into()), ("unit".into(), "m".into())];
        let error = TableShape::new(vec![id], &Limits::default()).unwrap_err();
        insta::assert_snapshot!(error, @"column `id`: the metadata `unit` is given twice (invalid-schema)");
    }

    #[test]
    fn an_unknown_type_names_its_column() {
        let error = TableShape::new(vec![field("when", "date")], &Limits::default()).unwrap_err();
        assert_eq!(
            (error.code, error.column.as_deref()),
            (Code::InvalidSchema, Some("when"))
        );
    }

    #[test]
    fn the_number_of_columns_is_bounded() {
        let limits = Limits {
            columns: 1,
            ..Limits::default()
        };
        let fields = vec![field("a", "bool"), field("b", "bool")];
        let error = TableShape::new(fields, &limits).unwrap_err();
        insta::assert_snapshot!(error, @"the table has 2 columns, and a table can have 1 (too-large)");
        let nested = vec![field("a", "list(bool)")];
        let error = TableShape::new(nested, &limits).unwrap_err();
        insta::assert_snapshot!(error, @"column `a`: the table has more than 1 columns, those in nested types included (too-large)");
    }
}
