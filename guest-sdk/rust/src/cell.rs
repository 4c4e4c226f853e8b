//! Values of any type, for rows that are put together when the pipeline runs.

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::Bytes;

/// A value of a row whose columns a [`TableSchema`](crate::TableSchema) has.
///
/// Everything that implements [`Serialize`] is a value there; this type is for lists of
/// values that differ. Other than `serde_json::Value` it has bytes, numbers that are not
/// finite, and integers of any width.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// No value.
    #[default]
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number, also in a column of dates, times or decimals.
    Integer(i128),
    /// A floating-point number.
    Float(f64),
    /// Text, also the text of a date, a time or a decimal.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// The items of a list or a vector.
    List(Vec<Value>),
    /// The fields of a struct, by their names.
    Struct(Vec<(String, Value)>),
    /// The entries of a map.
    Map(Vec<(Value, Value)>),
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Boolean(value) => serializer.serialize_bool(*value),
            // The width is chosen as JSON has it, which knows no 128 bits.
            Self::Integer(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => serializer.serialize_i64(value),
                (_, Ok(value)) => serializer.serialize_u64(value),
                _ => serializer.serialize_i128(*value),
            },
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::Bytes(value) => serializer.serialize_bytes(value),
            Self::List(items) => items.serialize(serializer),
            Self::Struct(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

macro_rules! from {
    ($($type:ty => |$value:ident| $into:expr;)*) => {$(
        impl From<$type> for Value {
            fn from($value: $type) -> Self {
                $into
            }
        }
    )*};
}

from! {
    bool => |value| Self::Boolean(value);
    i8 => |value| Self::Integer(value.into());
    i16 => |value| Self::Integer(value.into());
    i32 => |value| Self::Integer(value.into());
    i64 => |value| Self::Integer(value.into());
    i128 => |value| Self::Integer(value);
    u8 => |value| Self::Integer(value.into());
    u16 => |value| Self::Integer(value.into());
    u32 => |value| Self::Integer(value.into());
    u64 => |value| Self::Integer(value.into());
    f32 => |value| Self::Float(value.into());
    f64 => |value| Self::Float(value);
    &str => |value| Self::Text(value.to_owned());
    String => |value| Self::Text(value);
    Bytes => |value| Self::Bytes(value.0);
    serde_json::Value => |value| from_json(value);
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

fn from_json(value: serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Boolean(value),
        serde_json::Value::Number(number) => match number.as_i128() {
            Some(integer) => Value::Integer(integer),
            None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        serde_json::Value::String(text) => Value::Text(text),
        serde_json::Value::Array(items) => Value::from(items),
        serde_json::Value::Object(fields) => {
            let fields = fields.into_iter();
            Value::Struct(
                fields
                    .map(|(name, value)| (name, from_json(value)))
                    .collect(),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_comes_back_from_a_value() {
        let json = json!({
            "a": [1, -1, u64::MAX, 1.5, true, null],
            "b": {"c": "text"},
        });
        assert_eq!(
            serde_json::to_value(Value::from(json.clone())).unwrap(),
            json
        );
    }

    #[test]
    fn rust_values_are_values() {
        assert_eq!(Value::from(None::<i64>), Value::Null);
        assert_eq!(
            Value::from(vec![1_u8]),
            Value::List(vec![Value::Integer(1)])
        );
        assert_eq!(Value::from(Bytes(vec![1])), Value::Bytes(vec![1]));
    }
}
