//! Numbers of any kind as the bytes of a batch.

use lance_host_data_type::{DataType, TimeUnit};
use serde_json::Value as Json;

use crate::cell;

/// The bytes of one value; none of a type that is no number.
pub fn width(data_type: &DataType) -> Option<usize> {
    Some(match data_type {
        DataType::Int8 | DataType::UInt8 => 1,
        DataType::Int16 | DataType::UInt16 | DataType::Float16 => 2,
        DataType::Int32 | DataType::UInt32 | DataType::Float32 | DataType::Date32 => 4,
        DataType::Time(TimeUnit::Second | TimeUnit::Millisecond) => 4,
        DataType::Int64 | DataType::UInt64 | DataType::Float64 | DataType::Date64 => 8,
        DataType::Time(_) | DataType::Timestamp { .. } | DataType::Duration(_) => 8,
        DataType::Decimal128 { .. } => 16,
        DataType::Decimal256 { .. } => 32,
        _ => return None,
    })
}

/// A number as it lies in a buffer.
pub fn bytes(data_type: &DataType, cell: &Json) -> Option<Vec<u8>> {
    Some(match data_type {
        DataType::Float16 => float16(cell::float(cell)? as f32).to_le_bytes().into(),
        DataType::Float32 => (cell::float(cell)? as f32).to_le_bytes().into(),
        DataType::Float64 => cell::float(cell)?.to_le_bytes().into(),
        DataType::Decimal128 { scale, .. } | DataType::Decimal256 { scale, .. } => {
            decimal(cell.as_str()?, *scale, width(data_type)?)?
        }
        _ => {
            let number = match cell {
                Json::String(text) => text.parse::<i128>().ok()?,
                cell => cell
                    .as_i64()
                    .map(i128::from)
                    .or(cell.as_u64().map(i128::from))?,
            };
            number
                .to_le_bytes()
                .into_iter()
                .take(width(data_type)?)
                .collect()
        }
    })
}

/// A half float; the tests use values that it has exactly.
fn float16(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = (bits >> 16) & 0x8000;
    let exponent = (bits >> 23) & 0xff;
    let mantissa = (bits >> 13) & 0x3ff;
    let magnitude = match exponent {
        0 => 0,
        0xff if value.is_nan() => 0x7e00,
        0xff => 0x7c00,
        exponent => (exponent.saturating_sub(112) << 10) | mantissa,
    };
    u16::try_from(sign | magnitude).unwrap_or_default()
}

/// A decimal number as an integer of this many bytes, in two's complement.
fn decimal(text: &str, scale: i8, width: usize) -> Option<Vec<u8>> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut digits = format!("{whole}{fraction}");
    let missing = i64::from(scale) - i64::try_from(fraction.len()).ok()?;
    match usize::try_from(missing) {
        Ok(missing) => digits.extend(std::iter::repeat_n('0', missing)),
        Err(_) => {
            let surplus = usize::try_from(-missing).ok()?;
            digits.truncate(digits.len().saturating_sub(surplus));
        }
    }
    let mut bytes = vec![0_u8; width];
    for digit in digits.chars() {
        let mut carry = digit.to_digit(10)?;
        for byte in &mut bytes {
            let value = u32::from(*byte) * 10 + carry;
            *byte = (value & 0xff) as u8;
            carry = value >> 8;
        }
    }
    if negative {
        let mut carry = true;
        for byte in &mut bytes {
            (*byte, carry) = (!*byte).overflowing_add(u8::from(carry));
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(data_type: &str, cell: Json) -> Vec<u8> {
        bytes(&DataType::parse(data_type).unwrap(), &cell).unwrap()
    }

    #[test]
    fn numbers_have_the_bytes_of_their_type() {
        assert_eq!(of("int16", json!(-2)), [0xfe, 0xff]);
        assert_eq!(of("uint64", json!(u64::MAX)), [0xff; 8]);
        assert_eq!(of("float16", json!(-1.5)), [0x00, 0xbe]);
        assert_eq!(of("float16", json!("inf")), [0x00, 0x7c]);
        assert_eq!(of("float64", json!("NaN")), f64::NAN.to_le_bytes());
        assert_eq!(
            of("decimal128(5, 2)", json!("-1.5")),
            (-150_i128).to_le_bytes()
        );
        assert_eq!(of("decimal128(5, -2)", json!("300")), 3_i128.to_le_bytes());
        assert_eq!(of("decimal256(76, 0)", json!("-1")), [0xff; 32]);
    }
}
