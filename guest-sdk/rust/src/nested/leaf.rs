//! Columns without parts.

use std::fmt;

use lance_host_data_type::{DataType, TimeUnit};

use crate::Error;
use crate::column::{Bitmap, Variable, replace, wrong_size};
use crate::decimal;
use crate::float16::F16;
use crate::number::Native;
use crate::store::does_not_fit;
use crate::temporal;

/// A value without parts, as serde gives it.
#[derive(Clone, Copy)]
pub(crate) enum Scalar<'a> {
    Boolean(bool),
    Integer(i128),
    Float(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

impl<'a> Scalar<'a> {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Boolean(_) => "a boolean",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Text(_) => "a text",
            Self::Bytes(_) => "bytes",
        }
    }

    pub(crate) fn bytes(self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }
}

pub(super) struct Leaf {
    data_type: DataType,
    data: Data,
}

enum Data {
    Bits(Bitmap),
    Fixed { width: usize, bytes: Vec<u8> },
    Variable(Variable<i32>),
    Large(Variable<i64>),
}

impl Leaf {
    pub(super) fn new(data_type: &DataType) -> Self {
        let fixed = |width| Data::Fixed {
            width,
            bytes: Vec::new(),
        };
        let data = match data_type {
            DataType::Bool => Data::Bits(Bitmap::default()),
            DataType::Int8 | DataType::UInt8 => fixed(1),
            DataType::Int16 | DataType::UInt16 | DataType::Float16 => fixed(2),
            DataType::Int32 | DataType::UInt32 | DataType::Float32 | DataType::Date32 => fixed(4),
            DataType::Time(TimeUnit::Second | TimeUnit::Millisecond) => fixed(4),
            DataType::Decimal128 { .. } => fixed(16),
            DataType::Decimal256 { .. } => fixed(32),
            DataType::FixedSizeBinary(width) => fixed(*width as usize),
            DataType::LargeUtf8 | DataType::LargeBinary => Data::Large(Variable::default()),
            DataType::Utf8 | DataType::Binary => Data::Variable(Variable::default()),
            // The rest has 64 bits. Nested types do not come here.
            _ => fixed(8),
        };
        Self {
            data_type: data_type.clone(),
            data,
        }
    }

    pub(super) fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// Whether values are bytes, which serde may give as a list of numbers.
    pub(super) fn is_binary(&self) -> bool {
        matches!(
            self.data_type,
            DataType::Binary | DataType::LargeBinary | DataType::FixedSizeBinary(_)
        )
    }

    pub(super) fn append(&mut self, scalar: Scalar) -> Result<(), Error> {
        let data_type = &self.data_type;
        match &mut self.data {
            Data::Bits(bits) => {
                let Scalar::Boolean(value) = scalar else {
                    return Err(mismatch(scalar, data_type));
                };
                bits.push(value);
                Ok(())
            }
            Data::Fixed { bytes, .. } => append_fixed(data_type, scalar, bytes),
            Data::Variable(values) => values.append(variable(data_type, scalar)?),
            Data::Large(values) => values.append(variable(data_type, scalar)?),
        }
    }

    pub(super) fn append_placeholder(&mut self) {
        match &mut self.data {
            Data::Bits(bits) => bits.push(false),
            Data::Fixed { width, bytes } => bytes.resize(bytes.len() + *width, 0),
            Data::Variable(values) => values.append_empty(),
            Data::Large(values) => values.append_empty(),
        }
    }

    pub(super) fn size(&self) -> usize {
        match &self.data {
            Data::Bits(bits) => bits.size(),
            Data::Fixed { bytes, .. } => bytes.len(),
            Data::Variable(values) => values.size(),
            Data::Large(values) => values.size(),
        }
    }

    pub(super) fn truncate(&mut self, length: usize) {
        match &mut self.data {
            Data::Bits(bits) => bits.truncate(length),
            Data::Fixed { width, bytes } => bytes.truncate(length * *width),
            Data::Variable(values) => values.truncate(length),
            Data::Large(values) => values.truncate(length),
        }
    }

    /// The bytes of the values behind the first `rows`: what tells values apart.
    pub(super) fn behind(&self, rows: usize) -> &[u8] {
        match &self.data {
            Data::Bits(bits) if bits.get(rows) => &[1],
            Data::Bits(_) => &[0],
            Data::Fixed { width, bytes } => bytes.get(rows * *width..).unwrap_or_default(),
            Data::Variable(values) => values.behind(rows),
            Data::Large(values) => values.behind(rows),
        }
    }

    pub(super) fn finish(&mut self) -> Vec<Vec<u8>> {
        match &mut self.data {
            Data::Bits(bits) => vec![bits.finish()],
            Data::Fixed { bytes, .. } => vec![replace(bytes)],
            Data::Variable(values) => values.finish(),
            Data::Large(values) => values.finish(),
        }
    }
}

fn mismatch(scalar: Scalar, data_type: &DataType) -> Error {
    /// How much of a text is shown, in characters.
    const TEXT: usize = 60;
    let value = match scalar {
        Scalar::Boolean(value) => format!(" {value}"),
        Scalar::Integer(value) => format!(" {value}"),
        Scalar::Float(value) => format!(" {value:?}"),
        Scalar::Text(text) if text.chars().nth(TEXT).is_some() => {
            format!(" {:?}…", text.chars().take(TEXT).collect::<String>())
        }
        Scalar::Text(text) => format!(" {text:?}"),
        Scalar::Bytes(_) => String::new(),
    };
    let message = format!("{}{value} is not {data_type}", scalar.name());
    Error::new("type-mismatch", message)
}

/// The bytes of a value of varying length.
fn variable<'a>(data_type: &DataType, scalar: Scalar<'a>) -> Result<&'a [u8], Error> {
    match (data_type, scalar) {
        (DataType::Utf8 | DataType::LargeUtf8, Scalar::Text(text)) => Ok(text.as_bytes()),
        (DataType::Binary | DataType::LargeBinary, Scalar::Bytes(bytes)) => Ok(bytes),
        _ => Err(mismatch(scalar, data_type)),
    }
}

fn append_fixed(data_type: &DataType, scalar: Scalar, bytes: &mut Vec<u8>) -> Result<(), Error> {
    match data_type {
        DataType::Int8 => number::<i8>(data_type, scalar, bytes),
        DataType::Int16 => number::<i16>(data_type, scalar, bytes),
        DataType::Int32 => number::<i32>(data_type, scalar, bytes),
        DataType::Int64 | DataType::Duration(_) => number::<i64>(data_type, scalar, bytes),
        DataType::UInt8 => number::<u8>(data_type, scalar, bytes),
        DataType::UInt16 => number::<u16>(data_type, scalar, bytes),
        DataType::UInt32 => number::<u32>(data_type, scalar, bytes),
        DataType::UInt64 => number::<u64>(data_type, scalar, bytes),
        DataType::Float16 => number::<F16>(data_type, scalar, bytes),
        DataType::Float32 => number::<f32>(data_type, scalar, bytes),
        DataType::Float64 => number::<f64>(data_type, scalar, bytes),
        DataType::FixedSizeBinary(size) => {
            let Scalar::Bytes(value) = scalar else {
                return Err(mismatch(scalar, data_type));
            };
            if value.len() != *size as usize {
                return Err(wrong_size(value.len(), *size as usize));
            }
            bytes.extend_from_slice(value);
            Ok(())
        }
        DataType::Decimal128 { precision, scale } => {
            let value = decimal(data_type, scalar, *precision, *scale)?;
            bytes.extend(value.into_iter().take(16));
            Ok(())
        }
        DataType::Decimal256 { precision, scale } => {
            bytes.extend(decimal(data_type, scalar, *precision, *scale)?);
            Ok(())
        }
        time => match scalar {
            Scalar::Text(text) => {
                let ticks = ticks(time, text)?;
                number_of_width(time, ticks.into(), bytes)
            }
            Scalar::Integer(ticks) => number_of_width(time, ticks, bytes),
            _ => Err(mismatch(scalar, time)),
        },
    }
}

fn number<T: Native>(
    data_type: &DataType,
    scalar: Scalar,
    bytes: &mut Vec<u8>,
) -> Result<(), Error> {
    let (number, value): (_, &dyn fmt::Display) = match &scalar {
        Scalar::Integer(value) => (T::from_integer(*value), value),
        // A fraction is not cut off to make a whole number.
        Scalar::Float(value) => match T::from_float(*value) {
            None if T::from_float(0.0).is_none() => return Err(mismatch(scalar, data_type)),
            number => (number, value),
        },
        _ => return Err(mismatch(scalar, data_type)),
    };
    let number = number.ok_or_else(|| does_not_fit(value, T::NAME))?;
    number.write(bytes);
    Ok(())
}

fn decimal(
    data_type: &DataType,
    scalar: Scalar,
    precision: u8,
    scale: i8,
) -> Result<[u8; 32], Error> {
    match scalar {
        Scalar::Text(text) => decimal::parse(text, precision, scale),
        Scalar::Integer(value) => decimal::parse(&value.to_string(), precision, scale),
        // Most of them have no exact decimal form.
        _ => Err(mismatch(scalar, data_type)),
    }
}

/// What a column of dates or times counts.
fn ticks(data_type: &DataType, text: &str) -> Result<i64, Error> {
    let per_second = |unit: &TimeUnit| match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    };
    match data_type {
        DataType::Date32 => temporal::parse_date(text).map(i64::from),
        DataType::Date64 => {
            Ok(i64::from(temporal::parse_date(text)?) * temporal::MILLISECONDS_PER_DAY)
        }
        DataType::Time(unit) => temporal::parse_time(text)?.ticks(per_second(unit)),
        DataType::Timestamp { unit, zone } => {
            temporal::parse_timestamp(text, zone.is_some())?.ticks(per_second(unit))
        }
        _ => Err(mismatch(Scalar::Text(text), data_type)),
    }
}

fn number_of_width(data_type: &DataType, ticks: i128, bytes: &mut Vec<u8>) -> Result<(), Error> {
    let fits = match data_type {
        DataType::Date32 | DataType::Time(TimeUnit::Second | TimeUnit::Millisecond) => {
            i32::from_integer(ticks).map(|ticks| ticks.write(bytes))
        }
        _ => i64::from_integer(ticks).map(|ticks| ticks.write(bytes)),
    };
    fits.ok_or_else(|| does_not_fit(ticks, &data_type.to_string()))
}
