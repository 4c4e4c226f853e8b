//! Values for programs: whole and exact.
//!
//! Where JSON has no word for a value, it is text: `"NaN"`, `"Infinity"` and `"-Infinity"`,
//! decimals, dates and times (ISO 8601), bytes (hexadecimal). Integers are numbers however large
//! they are, so whoever reads 64 bits of them must not read them as doubles.

use std::fmt::Write;

use arrow::{
    array::{Array, RecordBatch},
    datatypes::Schema,
};
use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};

use super::cell::{Cell, cell};

/// All rows of a batch, an object for each.
#[derive(Debug)]
pub struct Rows<'a>(pub &'a RecordBatch);

struct Row<'a> {
    schema: &'a Schema,
    columns: &'a [arrow::array::ArrayRef],
    row: usize,
}

struct Items<'a>(&'a dyn Array);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let schema = self.0.schema();
        serializer.collect_seq((0..self.0.num_rows()).map(|row| Row {
            schema: &schema,
            columns: self.0.columns(),
            row,
        }))
    }
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.columns.len()))?;
        for (field, column) in self.schema.fields().iter().zip(self.columns) {
            map.serialize_entry(field.name(), &cell(column.as_ref(), self.row))?;
        }
        map.end()
    }
}

impl Serialize for Items<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut items = serializer.serialize_seq(Some(self.0.len()))?;
        for item in 0..self.0.len() {
            items.serialize_element(&cell(self.0, item))?;
        }
        items.end()
    }
}

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Signed(value) => serializer.serialize_i64(*value),
            Self::Unsigned(value) => serializer.serialize_u64(*value),
            Self::Float32(value) if value.is_finite() => serializer.serialize_f32(*value),
            Self::Float32(value) => serializer.serialize_str(special(f64::from(*value))),
            Self::Float64(value) if value.is_finite() => serializer.serialize_f64(*value),
            Self::Float64(value) => serializer.serialize_str(special(*value)),
            Self::Text(value) => serializer.serialize_str(value),
            Self::Bytes(value) => serializer.serialize_str(&hexadecimal(value)),
            Self::Written(value) => serializer.serialize_str(value),
            Self::List(items) => Items(items.as_ref()).serialize(serializer),
            Self::Struct(fields, row) => {
                let mut map = serializer.serialize_map(Some(fields.num_columns()))?;
                for (name, column) in fields.column_names().iter().zip(fields.columns()) {
                    map.serialize_entry(name, &cell(column.as_ref(), *row))?;
                }
                map.end()
            }
            Self::Inside(value) => cell(value.as_ref(), 0).serialize(serializer),
        }
    }
}

/// The float that is no number.
fn special(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
