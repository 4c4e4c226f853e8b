//! Values without parts: whether they can stand in a column, and their bytes there.

use arrow::datatypes::{ArrowPrimitiveType, Float16Type};
use lance_host_data_type::{DataType, TimeUnit, VectorItem};

use super::{
    super::{
        Problem,
        data_type::{self, Layout},
        json, units,
    },
    cells::{Budget, Cells},
    text_form,
};
use crate::{bindings::lance_host::pipeline::types::Value, target::Code};

/// A value as its bytes.
pub(super) enum Scalar {
    Bit(bool),
    /// The first `width` of the bytes: no number has more.
    Number {
        bytes: [u8; 32],
        width: usize,
    },
    Bytes(Vec<u8>),
}

impl Scalar {
    pub(super) fn number<const N: usize>(number: [u8; N]) -> Self {
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(number) {
            *to = from;
        }
        Self::Number { bytes, width: N }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Bit(false) => &[0],
            Self::Bit(true) => &[1],
            Self::Number { bytes, width } => bytes.get(..*width).unwrap_or_default(),
            Self::Bytes(bytes) => bytes,
        }
    }

    /// Appends the value to a column of its type.
    pub(super) fn push(
        &self,
        cells: &mut Cells,
        data_type: &DataType,
        budget: &mut Budget,
    ) -> Result<(), Problem> {
        let bytes = self.bytes();
        match (data_type::layout(data_type), self) {
            (Layout::Bits, Self::Bit(bit)) => cells.push_bit(*bit, budget),
            (Layout::Variable { offsets, .. }, _) => cells.push_bytes(offsets, bytes, budget),
            (Layout::Dictionary { key, value }, _) => {
                let width = data_type::key_width(key);
                cells.push_key(width, bytes, budget, |values, budget| {
                    self.push(values, value, budget)
                })
            }
            _ => cells.push_fixed(bytes, budget),
        }
    }
}

/// The type of the values of a column: that of a dictionary's values, or the column's own.
pub(super) fn value_type(data_type: &DataType) -> &DataType {
    match data_type {
        DataType::Dictionary { value, .. } => value,
        other => other,
    }
}

/// A value of the contract in a column of a type without parts.
pub(super) fn of_value(data_type: &DataType, value: Value) -> Result<Scalar, Problem> {
    let target = value_type(data_type);
    match (target, value) {
        (DataType::Bool, Value::Boolean(value)) => Ok(Scalar::Bit(value)),
        (DataType::Utf8 | DataType::LargeUtf8, Value::Text(text)) => {
            Ok(Scalar::Bytes(text.into_bytes()))
        }
        (DataType::Json, Value::Text(text)) => {
            json::check(&text).map_err(invalid)?;
            Ok(Scalar::Bytes(text.into_bytes()))
        }
        (DataType::Binary | DataType::LargeBinary, Value::Bytes(bytes)) => Ok(Scalar::Bytes(bytes)),
        (DataType::FixedSizeBinary(size), Value::Bytes(bytes)) => fixed_size(bytes, *size),
        // Text may be meant as the bytes that it has.
        (
            DataType::Binary | DataType::LargeBinary | DataType::FixedSizeBinary(_),
            value @ Value::Text(_),
        ) => Err(unfit(case(&value), data_type)),
        (target, Value::Text(text)) => text_form::scalar(target, &text),
        (target, value @ Value::Int64(number)) => {
            integer(target, number.into()).unwrap_or_else(|| Err(unfit(case(&value), data_type)))
        }
        (target, value @ Value::Float64(number)) => {
            float(target, number).unwrap_or_else(|| Err(unfit(case(&value), data_type)))
        }
        (_, value) => Err(unfit(case(&value), data_type)),
    }
}

/// The items of a vector, each in the width that its column has.
pub(super) fn of_vector(item: VectorItem, items: &[f32]) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::with_capacity(items.len().saturating_mul(size_of::<f32>()));
    for value in items {
        match item {
            // The width of most, and of the contract's own vectors.
            VectorItem::Float32 => bytes.extend(value.to_le_bytes()),
            VectorItem::Float16 | VectorItem::Float64 => {
                let scalar = float(&item.data_type(), f64::from(*value));
                extend(&mut bytes, scalar)?;
            }
            VectorItem::UInt8 | VectorItem::Int8 if value.trunc() == *value => {
                // Beyond the 64 bits the number saturates, which is out of range as well.
                extend(&mut bytes, integer(&item.data_type(), *value as i128))?;
            }
            VectorItem::UInt8 | VectorItem::Int8 => {
                return Err(invalid(format!("the item {value} is no whole number")));
            }
        }
    }
    Ok(bytes)
}

fn extend(bytes: &mut Vec<u8>, scalar: Option<Result<Scalar, Problem>>) -> Result<(), Problem> {
    if let Some(scalar) = scalar.transpose()? {
        bytes.extend_from_slice(scalar.bytes());
    }
    Ok(())
}

/// A whole number in a column that counts something; none if the column does not.
pub(super) fn integer(data_type: &DataType, number: i128) -> Option<Result<Scalar, Problem>> {
    macro_rules! integer {
        ($native:ty) => {
            match <$native>::try_from(number) {
                Ok(number) => Ok(Scalar::number(number.to_le_bytes())),
                Err(_) => Err(invalid(format!(
                    "the value {number} is not from {} to {}, as `{data_type}` needs",
                    <$native>::MIN,
                    <$native>::MAX
                ))),
            }
        };
    }
    let counted = |good: fn(TimeUnit, i64) -> bool, unit, message| match i64::try_from(number) {
        Ok(number) if good(unit, number) => match data_type::layout(data_type) {
            Layout::Fixed { width: 4 } => integer!(i32),
            _ => integer!(i64),
        },
        Ok(_) => Err(invalid(message)),
        Err(_) => integer!(i64),
    };
    Some(match data_type {
        DataType::Int8 => integer!(i8),
        DataType::Int16 => integer!(i16),
        DataType::Int32 | DataType::Date32 => integer!(i32),
        DataType::Int64 | DataType::Timestamp { .. } | DataType::Duration(_) => integer!(i64),
        DataType::UInt8 => integer!(u8),
        DataType::UInt16 => integer!(u16),
        DataType::UInt32 => integer!(u32),
        DataType::UInt64 => integer!(u64),
        DataType::Date64 => {
            let whole = |_, milliseconds| units::is_whole_day(milliseconds);
            counted(whole, TimeUnit::Millisecond, units::PART_OF_A_DAY)
        }
        DataType::Time(unit) => counted(units::is_time_of_day, *unit, units::NO_TIME_OF_DAY),
        _ => return None,
    })
}

/// A number in a floating-point column, the nearest that there is; none in any other column.
pub(super) fn float(data_type: &DataType, number: f64) -> Option<Result<Scalar, Problem>> {
    type Float16 = <Float16Type as ArrowPrimitiveType>::Native;
    let (scalar, lost) = match data_type {
        DataType::Float16 => {
            let nearest = Float16::from_f64(number);
            (Scalar::number(nearest.to_le_bytes()), nearest.is_infinite())
        }
        DataType::Float32 => {
            let nearest = number as f32;
            (Scalar::number(nearest.to_le_bytes()), nearest.is_infinite())
        }
        DataType::Float64 => (Scalar::number(number.to_le_bytes()), false),
        _ => return None,
    };
    Some(if lost && number.is_finite() {
        Err(invalid(format!(
            "the value {number:e} is larger than any `{data_type}`"
        )))
    } else {
        Ok(scalar)
    })
}

/// Bytes in a column that fixes their number.
pub(super) fn fixed_size(bytes: Vec<u8>, size: u32) -> Result<Scalar, Problem> {
    if bytes.len() == size as usize {
        return Ok(Scalar::Bytes(bytes));
    }
    let message = format!("the value has {} bytes instead of {size}", bytes.len());
    Err(Problem::new(Code::DimensionMismatch, message))
}

/// What is said of a value that does not fit its column.
pub(super) fn unfit(value: &str, data_type: &DataType) -> Problem {
    let message = format!("the value is {value}, and the column is `{data_type}`");
    Problem::new(Code::TypeMismatch, message)
}

pub(super) fn invalid(message: impl Into<String>) -> Problem {
    Problem::new(Code::InvalidValue, message)
}

/// The value's case as the contract calls it.
pub(super) fn case(value: &Value) -> &'static str {
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
