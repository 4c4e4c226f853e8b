//! One stored value, taken out of its Arrow array: what text and JSON both print.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray, StructArray},
    compute::{CastOptions, cast_with_options},
    datatypes::{
        DataType, DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType,
        DurationSecondType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
        Int64Type, TimeUnit, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
    },
    util::display::{ArrayFormatter, FormatOptions},
};

/// A value of any type.
#[derive(Debug)]
pub enum Cell<'a> {
    Null,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    /// A `float16` too, which it holds exactly.
    Float32(f32),
    Float64(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
    /// What has no form of its own in JSON, in letters: decimals, dates, times, durations.
    Written(String),
    /// The items of a vector, a list or a map.
    List(ArrayRef),
    /// A row of the fields.
    Struct(&'a StructArray, usize),
    /// The value is the only one of this array.
    Inside(ArrayRef),
}

/// The value in a row of an array; the row must exist.
pub fn cell(array: &dyn Array, row: usize) -> Cell<'_> {
    if array.is_null(row) {
        return Cell::Null;
    }
    match array.data_type() {
        DataType::Null => Cell::Null,
        DataType::Boolean => Cell::Bool(array.as_boolean().value(row)),
        DataType::Int8 => Cell::Signed(array.as_primitive::<Int8Type>().value(row).into()),
        DataType::Int16 => Cell::Signed(array.as_primitive::<Int16Type>().value(row).into()),
        DataType::Int32 => Cell::Signed(array.as_primitive::<Int32Type>().value(row).into()),
        DataType::Int64 => Cell::Signed(array.as_primitive::<Int64Type>().value(row)),
        DataType::UInt8 => Cell::Unsigned(array.as_primitive::<UInt8Type>().value(row).into()),
        DataType::UInt16 => Cell::Unsigned(array.as_primitive::<UInt16Type>().value(row).into()),
        DataType::UInt32 => Cell::Unsigned(array.as_primitive::<UInt32Type>().value(row).into()),
        DataType::UInt64 => Cell::Unsigned(array.as_primitive::<UInt64Type>().value(row)),
        DataType::Float16 => Cell::Float32(array.as_primitive::<Float16Type>().value(row).to_f32()),
        DataType::Float32 => Cell::Float32(array.as_primitive::<Float32Type>().value(row)),
        DataType::Float64 => Cell::Float64(array.as_primitive::<Float64Type>().value(row)),
        DataType::Utf8 => Cell::Text(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => Cell::Text(array.as_string::<i64>().value(row)),
        DataType::Utf8View => Cell::Text(array.as_string_view().value(row)),
        DataType::Binary => Cell::Bytes(array.as_binary::<i32>().value(row)),
        DataType::LargeBinary => Cell::Bytes(array.as_binary::<i64>().value(row)),
        DataType::BinaryView => Cell::Bytes(array.as_binary_view().value(row)),
        DataType::FixedSizeBinary(_) => Cell::Bytes(array.as_fixed_size_binary().value(row)),
        DataType::FixedSizeList(_, _) => Cell::List(array.as_fixed_size_list().value(row)),
        DataType::List(_) => Cell::List(array.as_list::<i32>().value(row)),
        DataType::LargeList(_) => Cell::List(array.as_list::<i64>().value(row)),
        DataType::Map(_, _) => Cell::List(Arc::new(array.as_map().value(row))),
        DataType::Struct(_) => Cell::Struct(array.as_struct(), row),
        DataType::Dictionary(_, value) => converted(array, row, value),
        DataType::Duration(unit) => Cell::Written(duration(array, row, *unit)),
        _ => written(array, row),
    }
}

/// Types that Arrow itself writes in a form that is fit for both outputs.
fn written(array: &dyn Array, row: usize) -> Cell<'_> {
    let formatted = ArrayFormatter::try_new(array, &FormatOptions::default())
        .and_then(|formatter| formatter.value(row).try_to_string());
    match formatted {
        Ok(text) => Cell::Written(text),
        // A time that no calendar holds, or a zone that nobody knows: the number it is stored as.
        Err(_) => converted(array, row, &DataType::Int64),
    }
}

fn converted<'a>(array: &dyn Array, row: usize, to: &DataType) -> Cell<'a> {
    let options = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    match cast_with_options(&array.slice(row, 1), to, &options) {
        Ok(value) => Cell::Inside(value),
        Err(error) => Cell::Written(format!("cannot be shown: {error}")),
    }
}

/// A duration in seconds as ISO 8601 writes it, such as `PT1.5S`.
fn duration(array: &dyn Array, row: usize, unit: TimeUnit) -> String {
    let (value, digits) = match unit {
        TimeUnit::Second => (array.as_primitive::<DurationSecondType>().value(row), 0),
        TimeUnit::Millisecond => (
            array.as_primitive::<DurationMillisecondType>().value(row),
            3,
        ),
        TimeUnit::Microsecond => (
            array.as_primitive::<DurationMicrosecondType>().value(row),
            6,
        ),
        TimeUnit::Nanosecond => (array.as_primitive::<DurationNanosecondType>().value(row), 9),
    };
    let sign = if value < 0 { "-" } else { "" };
    let scale = 10u64.pow(digits);
    let (seconds, rest) = (value.unsigned_abs() / scale, value.unsigned_abs() % scale);
    if rest == 0 {
        return format!("{sign}PT{seconds}S");
    }
    let width = usize::try_from(digits).unwrap_or_default();
    let fraction = format!("{rest:0width$}");
    format!("{sign}PT{seconds}.{}S", fraction.trim_end_matches('0'))
}
