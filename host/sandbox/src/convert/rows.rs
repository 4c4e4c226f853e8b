//! Rows that are declared one by one, gathered into record batches.

use std::sync::Arc;

use arrow::{
    array::{
        ArrayBuilder, ArrayRef, BinaryBuilder, BooleanBuilder, FixedSizeListBuilder,
        Float32Builder, Float64Builder, Int64Builder, RecordBatch, RecordBatchOptions,
        StringBuilder,
    },
    error::ArrowError,
};

use super::{ColumnShape, ColumnType, Problem, TableShape, buffers::NULL_IN_REQUIRED, json};
use crate::{
    bindings::lance_host::pipeline::types::Value,
    target::{Code, TargetError},
    text::Bytes,
};

/// What one value may hold: far below the 2 GiB that 32-bit offsets can address.
const MAX_VALUE: usize = 1 << 30;

/// Estimate of what a value costs beside its bytes: its place, its offset, its validity.
const VALUE_OVERHEAD: usize = 8;

/// Rows that were checked and not yet passed on.
pub(crate) struct RowBuffer {
    builders: Vec<Builder>,
    rows: usize,
    bytes: usize,
}

impl RowBuffer {
    pub(crate) fn new(table: &TableShape) -> Self {
        let builders = table
            .columns
            .iter()
            .map(|column| Builder::new(&column.data_type))
            .collect();
        Self {
            builders,
            rows: 0,
            bytes: 0,
        }
    }

    /// Estimate of the memory that the rows take.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Checks row number `row` of a table. Nothing is kept of it.
    pub(crate) fn check(table: &TableShape, row: u64, values: &[Value]) -> Result<(), TargetError> {
        let expected = table.columns.len();
        if values.len() != expected {
            let message = format!(
                "the number of values is {} instead of {expected}",
                values.len()
            );
            return Err(TargetError::new(Code::WrongColumnCount, message).at_row(row));
        }
        for (column, value) in table.columns.iter().zip(values) {
            check(column, value).map_err(|problem| problem.at(0).in_column(&column.name, row))?;
        }
        Ok(())
    }

    /// Keeps a row that [`check`](Self::check) found good, and says how much memory it takes.
    pub(crate) fn append(&mut self, values: Vec<Value>) -> usize {
        let values = self.builders.iter_mut().zip(values);
        let bytes = values
            .map(|(builder, value)| builder.append(value).saturating_add(VALUE_OVERHEAD))
            .sum();
        self.rows = self.rows.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes);
        bytes
    }

    /// Takes all rows out as one batch.
    pub(crate) fn take(&mut self, table: &TableShape) -> Result<RecordBatch, ArrowError> {
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        let arrays = self.builders.iter_mut().map(Builder::finish).collect();
        self.rows = 0;
        self.bytes = 0;
        RecordBatch::try_new_with_options(Arc::clone(&table.schema), arrays, &options)
    }
}

/// Whether a value can stand in a column.
fn check(column: &ColumnShape, value: &Value) -> Result<(), Problem> {
    let size = match (&column.data_type, value) {
        (_, Value::Null) if column.nullable => 0,
        (_, Value::Null) => {
            return Err(Problem::new(Code::NullInRequiredColumn, NULL_IN_REQUIRED));
        }
        (ColumnType::Bool, Value::Boolean(_))
        | (ColumnType::Int64, Value::Int64(_))
        | (ColumnType::Float64 | ColumnType::Float32, Value::Float64(_)) => 0,
        (ColumnType::Utf8, Value::Text(text)) => text.len(),
        (ColumnType::Json, Value::Text(text)) => {
            json::check(text).map_err(|message| Problem::new(Code::InvalidValue, message))?;
            text.len()
        }
        (ColumnType::Binary, Value::Bytes(bytes)) => bytes.len(),
        (ColumnType::Vector { size, .. }, Value::Vector(items))
            if items.len() == *size as usize =>
        {
            0
        }
        (ColumnType::Vector { size, .. }, Value::Vector(items)) => {
            let message = format!("the vector has {} items instead of {size}", items.len());
            return Err(Problem::new(Code::DimensionMismatch, message));
        }
        (data_type, value) => {
            let message = format!(
                "the value is {}, and the column is `{data_type}`",
                case(value)
            );
            return Err(Problem::new(Code::TypeMismatch, message));
        }
    };
    if size > MAX_VALUE {
        let message = format!(
            "the value has {}, and a value can have {}",
            Bytes(size as u64),
            Bytes(MAX_VALUE as u64)
        );
        return Err(Problem::new(Code::TooLarge, message));
    }
    Ok(())
}

/// The value's case as the contract calls it.
fn case(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Boolean(_) => "a boolean",
        Value::Int64(_) => "an int64",
        Value::Float64(_) => "a float64",
        Value::Text(_) => "a text",
        Value::Bytes(_) => "bytes",
        Value::Vector(_) => "a vector",
    }
}

/// Builds the array of one column.
enum Builder {
    Bool(BooleanBuilder),
    Int64(Int64Builder),
    Float64(Float64Builder),
    Float32(Float32Builder),
    Text(StringBuilder),
    Binary(BinaryBuilder),
    Vector(FixedSizeListBuilder<Float32Builder>, usize),
}

impl Builder {
    /// A builder that takes no memory before there are values: a guest may declare many tables.
    fn new(data_type: &ColumnType) -> Self {
        match data_type {
            ColumnType::Bool => Self::Bool(BooleanBuilder::with_capacity(0)),
            ColumnType::Int64 => Self::Int64(Int64Builder::with_capacity(0)),
            ColumnType::Float64 => Self::Float64(Float64Builder::with_capacity(0)),
            ColumnType::Float32 => Self::Float32(Float32Builder::with_capacity(0)),
            ColumnType::Utf8 | ColumnType::Json => Self::Text(StringBuilder::with_capacity(0, 0)),
            ColumnType::Binary => Self::Binary(BinaryBuilder::with_capacity(0, 0)),
            ColumnType::Vector { size, .. } => {
                let items = Float32Builder::with_capacity(0);
                let length = i32::try_from(*size).unwrap_or(i32::MAX);
                let builder = FixedSizeListBuilder::with_capacity(items, length, 0)
                    .with_field(data_type.item_field());
                Self::Vector(builder, *size as usize)
            }
        }
    }

    /// Appends a value that was checked, and says how many bytes it has. A case that was ruled
    /// out by the check is a null: builders must stay of one length.
    fn append(&mut self, value: Value) -> usize {
        match (self, value) {
            (Self::Bool(builder), value) => {
                builder.append_option(if let Value::Boolean(value) = value {
                    Some(value)
                } else {
                    None
                });
                1
            }
            (Self::Int64(builder), value) => {
                builder.append_option(if let Value::Int64(value) = value {
                    Some(value)
                } else {
                    None
                });
                size_of::<i64>()
            }
            (Self::Float64(builder), value) => {
                builder.append_option(if let Value::Float64(value) = value {
                    Some(value)
                } else {
                    None
                });
                size_of::<f64>()
            }
            (Self::Float32(builder), value) => {
                // The nearest value of the column's own width.
                builder.append_option(if let Value::Float64(value) = value {
                    Some(value as f32)
                } else {
                    None
                });
                size_of::<f32>()
            }
            (Self::Text(builder), Value::Text(text)) => {
                builder.append_value(&text);
                text.len()
            }
            (Self::Text(builder), _) => {
                builder.append_null();
                0
            }
            (Self::Binary(builder), Value::Bytes(bytes)) => {
                builder.append_value(&bytes);
                bytes.len()
            }
            (Self::Binary(builder), _) => {
                builder.append_null();
                0
            }
            (Self::Vector(builder, size), value) => {
                match value {
                    Value::Vector(items) if items.len() == *size => {
                        builder.values().append_slice(&items);
                        builder.append(true);
                    }
                    _ => {
                        builder.values().append_value_n(0.0, *size);
                        builder.append(false);
                    }
                }
                size.saturating_mul(size_of::<f32>())
            }
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Bool(builder) => ArrayBuilder::finish(builder),
            Self::Int64(builder) => ArrayBuilder::finish(builder),
            Self::Float64(builder) => ArrayBuilder::finish(builder),
            Self::Float32(builder) => ArrayBuilder::finish(builder),
            Self::Text(builder) => ArrayBuilder::finish(builder),
            Self::Binary(builder) => ArrayBuilder::finish(builder),
            Self::Vector(builder, _) => ArrayBuilder::finish(builder),
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};

    use super::*;
    use crate::{bindings::lance_host::pipeline::types::Field, limits::Limits};

    const TYPES: [&str; 7] = [
        "bool",
        "int64",
        "float64",
        "utf8",
        "binary",
        "json",
        "vector(float32, 2)",
    ];

    /// A table with a column of each type.
    fn table(nullable: bool) -> TableShape {
        let field = |data_type: &str| Field {
            name: data_type.into(),
            data_type: data_type.into(),
            nullable,
            metadata: Vec::new(),
        };
        TableShape::new(TYPES.map(field).into(), &Limits::default()).unwrap()
    }

    fn row() -> Vec<Value> {
        vec![
            Value::Boolean(true),
            Value::Int64(-1),
            Value::Float64(0.5),
            Value::Text("ö".into()),
            Value::Bytes(vec![0xff]),
            Value::Text("{}".into()),
            Value::Vector(vec![1.0, 2.0]),
        ]
    }

    #[test]
    fn values_and_nulls_become_a_batch() {
        let table = table(true);
        let mut rows = RowBuffer::new(&table);
        let nulls = vec![Value::Null; TYPES.len()];
        for row in [row(), nulls, row()] {
            RowBuffer::check(&table, 0, &row).unwrap();
            rows.append(row);
        }
        let batch = rows.take(&table).unwrap();
        assert_eq!(
            (batch.num_rows(), batch.schema()),
            (3, table.schema.clone())
        );
        for column in batch.columns() {
            assert_eq!(
                column.nulls().unwrap().iter().collect::<Vec<_>>(),
                [true, false, true]
            );
            assert_eq!(column.slice(0, 1).to_data(), column.slice(2, 1).to_data());
        }
        assert_eq!(batch.column(3).as_string::<i32>().value(2), "ö");
        assert!(rows.is_empty());
        assert_eq!(rows.bytes(), 0);
    }

    #[test]
    fn a_value_has_the_case_of_its_column() {
        let table = table(false);
        for (right, _) in TYPES.iter().enumerate() {
            for (value, wrong) in row().into_iter().enumerate() {
                let mut row = row();
                row[right] = wrong;
                // Text is the case of two types, and the text of the one is not JSON.
                let result = RowBuffer::check(&table, 0, &row);
                let fits = value == right || (right, value) == (3, 5);
                assert_eq!(result.is_ok(), fits, "{right} {value}");
            }
        }
    }

    fn refused(column: usize, value: Value) -> String {
        let mut row = row();
        row[column] = value;
        RowBuffer::check(&table(false), 41, &row)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_wrong_value_names_column_and_row() {
        insta::assert_snapshot!(refused(2, Value::Int64(1)), @"column `float64`, row 41: the value is an int64, and the column is `float64` (type-mismatch)");
        insta::assert_snapshot!(refused(0, Value::Null), @"column `bool`, row 41: the column is required and has no value here (null-in-required-column)");
        insta::assert_snapshot!(refused(5, Value::Text("{a}".into())), @"column `json`, row 41: the text is not JSON: key must be a string at line 1 column 2 (invalid-value)");
        insta::assert_snapshot!(refused(6, Value::Vector(vec![0.0; 3])), @"column `vector(float32, 2)`, row 41: the vector has 3 items instead of 2 (dimension-mismatch)");
        let short = RowBuffer::check(&table(false), 41, &row()[..3]).unwrap_err();
        insta::assert_snapshot!(short, @"row 41: the number of values is 3 instead of 7 (wrong-column-count)");
    }
}
