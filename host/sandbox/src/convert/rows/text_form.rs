//! Values that are written as text, in the form that is usual for their type.

use arrow::datatypes::{Decimal128Type, Decimal256Type, DecimalType, i256};
use jiff::{SignedDuration, Timestamp, civil, tz::Offset};
use lance_host_data_type::{DataType, TimeUnit};

use super::{
    super::{Problem, units},
    scalar::{Scalar, fixed_size, float, integer, invalid},
};
use crate::text::printable;

/// How much of a text appears in messages, in bytes.
const SHOWN: usize = 60;

/// Reads the text of a value.
pub(super) fn scalar(data_type: &DataType, text: &str) -> Result<Scalar, Problem> {
    let no = |what: &str| invalid(format!("`{}` is no {what}", printable(text, SHOWN)));
    let number = match data_type {
        DataType::Bool => {
            return match text {
                "true" => Ok(Scalar::Bit(true)),
                "false" => Ok(Scalar::Bit(false)),
                _ => Err(no("boolean: write true or false")),
            };
        }
        DataType::Float32 => {
            // Read in its own width, so that it is rounded once.
            let number: f32 = text.parse().map_err(|_| no("number"))?;
            check_finite(text, number.is_infinite(), data_type)?;
            return Ok(Scalar::number(number.to_le_bytes()));
        }
        DataType::Float16 | DataType::Float64 => {
            let number: f64 = text.parse().map_err(|_| no("number"))?;
            check_finite(text, number.is_infinite(), data_type)?;
            return float(data_type, number).unwrap_or_else(|| Err(no("number")));
        }
        DataType::Decimal128 { precision, scale } => {
            let digits = unscaled(text, *scale)?;
            let number = digits
                .parse()
                .ok()
                .filter(|number| Decimal128Type::is_valid_decimal_precision(*number, *precision));
            let number: i128 = number.ok_or_else(|| invalid(units::too_many_digits(*precision)))?;
            return Ok(Scalar::number(number.to_le_bytes()));
        }
        DataType::Decimal256 { precision, scale } => {
            let digits = unscaled(text, *scale)?;
            let number = i256::from_string(&digits)
                .filter(|number| Decimal256Type::is_valid_decimal_precision(*number, *precision));
            let number = number.ok_or_else(|| invalid(units::too_many_digits(*precision)))?;
            return Ok(Scalar::number(number.to_le_bytes()));
        }
        DataType::Date32 => days(text).ok_or_else(|| no(DATE))?.into(),
        DataType::Date64 => {
            i128::from(days(text).ok_or_else(|| no(DATE))?) * i128::from(units::DAY)
        }
        DataType::Time(unit) => {
            let time: civil::Time = text.parse().map_err(|_| no(TIME))?;
            let midnight = civil::Time::midnight();
            count(time.duration_since(midnight), *unit, text)?
        }
        DataType::Timestamp { unit, zone } => {
            let moment = match zone {
                Some(_) => text.parse().map_err(|_| no(MOMENT))?,
                None => local(text).ok_or_else(|| no(LOCAL))?,
            };
            count(moment.as_duration(), *unit, text)?
        }
        DataType::Duration(unit) => {
            let span: SignedDuration = text.parse().map_err(|_| no(SPAN))?;
            count(span, *unit, text)?
        }
        _ => text.parse().map_err(|_| no("whole number"))?,
    };
    integer(data_type, number).unwrap_or_else(|| Err(no("value of this type")))
}

const DATE: &str = "date: write it like 2024-02-29";
const TIME: &str = "time: write it like 23:59:59.5";
const MOMENT: &str = "moment: write it with its offset, like 2024-02-29T12:00:00Z";
const LOCAL: &str = "time without a zone: write it like 2024-02-29T12:00:00";
const SPAN: &str = "duration: write it like PT1H30M or 1h 30m";

/// Only what is written as infinite is infinite.
fn check_finite(text: &str, infinite: bool, data_type: &DataType) -> Result<(), Problem> {
    if infinite && text.contains(|character: char| character.is_ascii_digit()) {
        let shown = printable(text, SHOWN);
        let message = format!("the value {shown} is larger than any `{data_type}`");
        return Err(invalid(message));
    }
    Ok(())
}

/// Days since 1970.
fn days(text: &str) -> Option<i32> {
    let date: civil::Date = text.parse().ok().filter(|_| has_no_time(text))?;
    let moment = Offset::UTC.to_timestamp(date.to_datetime(civil::Time::midnight()));
    i32::try_from(moment.ok()?.as_second() / SECONDS_OF_A_DAY).ok()
}

const SECONDS_OF_A_DAY: i64 = units::DAY / 1_000;

/// A date alone: the parser would accept, and forget, a time behind it.
fn has_no_time(text: &str) -> bool {
    !text.contains(['T', 't', ':', ' ', '['])
}

/// A date and time without a zone, counted as if it were in UTC.
fn local(text: &str) -> Option<Timestamp> {
    let time = text.get(text.find(['T', 't', ' '])?..)?;
    // The parser would accept, and forget, an offset or a zone.
    if time.contains(['Z', 'z', '+', '-', '[']) {
        return None;
    }
    let local: civil::DateTime = text.parse().ok()?;
    Offset::UTC.to_timestamp(local).ok()
}

/// How many units a span has; it must be a whole number of them.
fn count(span: SignedDuration, unit: TimeUnit, text: &str) -> Result<i128, Problem> {
    let nanoseconds = span.as_nanos();
    let unit_nanoseconds = i128::from(1_000_000_000 / units::per_second(unit));
    if nanoseconds % unit_nanoseconds == 0 {
        return Ok(nanoseconds / unit_nanoseconds);
    }
    let shown = printable(text, SHOWN);
    let message = format!("`{shown}` is more precise than the column, which counts {unit}");
    Err(invalid(message))
}

/// The digits of a number without their point, as a column with this scale stores them.
fn unscaled(text: &str, scale: i8) -> Result<String, Problem> {
    let shown = || printable(text, SHOWN);
    let (sign, rest) = match text.strip_prefix(['-', '+']) {
        Some(rest) if text.starts_with('-') => ("-", rest),
        Some(rest) => ("", rest),
        None => ("", text),
    };
    let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let empty = whole.is_empty() && fraction.is_empty();
    if empty || !digits(whole) || !digits(fraction) {
        return Err(invalid(format!(
            "`{}` is no decimal number: write it like -12.50",
            shown()
        )));
    }
    let mut all = format!("{whole}{fraction}");
    // How many digits are there beyond, or are missing up to, the last that is stored.
    let surplus = fraction.len() as i64 - i64::from(scale);
    for _ in surplus..0 {
        all.push('0');
    }
    for _ in 0..surplus {
        // A number like 5 in a column of hundreds has fewer digits than are cut.
        if !matches!(all.pop(), Some('0') | None) {
            let message = format!(
                "`{}` has digits that a scale of {scale} cannot hold",
                shown()
            );
            return Err(invalid(message));
        }
    }
    let significant = all.trim_start_matches('0');
    Ok(match significant {
        "" => "0".to_owned(),
        digits => format!("{sign}{digits}"),
    })
}

/// Bytes as hexadecimal digits, which is how JSON has them.
pub(super) fn bytes(data_type: &DataType, text: &str) -> Result<Scalar, Problem> {
    let digits = text.as_bytes().chunks(2).map(|pair| {
        let pair = str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
        let hexadecimal = pair.bytes().all(|digit| digit.is_ascii_hexdigit());
        hexadecimal.then(|| u8::from_str_radix(pair, 16).ok())?
    });
    let bytes: Option<Vec<u8>> = digits.collect();
    let bytes = bytes.ok_or_else(|| {
        invalid(format!(
            "`{}` is not hexadecimal: write bytes like 00ff",
            printable(text, SHOWN)
        ))
    })?;
    match data_type {
        DataType::FixedSizeBinary(size) => fixed_size(bytes, *size),
        _ => Ok(Scalar::Bytes(bytes)),
    }
}
