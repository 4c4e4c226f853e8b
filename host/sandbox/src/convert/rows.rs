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

use super::{ColumnShape, ColumnType, Problem, TableShape, json};
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
                "{} values were passed, and the table has {expected} columns",
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
            return Err(Problem::new(
                Code::NullInRequiredColumn,
                "there is no value in a required column",
            ));
        }
        (ColumnType::Bool, Value::Boolean(_))
        | (ColumnType::Int64, Value::Int64(_))
        | (ColumnType::Float64, Value::Float64(_)) => 0,
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
        (ColumnType::Vector { .. }, Value::Vector(items)) => {
            let message = format!(
                "the vector has {} items, and the column is `{}`",
                items.len(),
                column.data_type
            );
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
    Text(StringBuilder),
    Binary(BinaryBuilder),
    Vector(FixedSizeListBuilder<Float32Builder>, usize),
}

impl Builder {
    fn new(data_type: &ColumnType) -> Self {
        match data_type {
            ColumnType::Bool => Self::Bool(BooleanBuilder::new()),
            ColumnType::Int64 => Self::Int64(Int64Builder::new()),
            ColumnType::Float64 | ColumnType::Float32 => Self::Float64(Float64Builder::new()),
            ColumnType::Utf8 | ColumnType::Json => Self::Text(StringBuilder::new()),
            ColumnType::Binary => Self::Binary(BinaryBuilder::new()),
            ColumnType::Vector { size, .. } => {
                let builder = FixedSizeListBuilder::new(
                    Float32Builder::new(),
                    i32::try_from(*size).unwrap_or(i32::MAX),
                )
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
            Self::Text(builder) => ArrayBuilder::finish(builder),
            Self::Binary(builder) => ArrayBuilder::finish(builder),
            Self::Vector(builder, _) => ArrayBuilder::finish(builder),
        }
    }
}
