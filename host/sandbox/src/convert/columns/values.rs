//! Values that their type does not allow, although they have its width.

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, GenericStringArray, OffsetSizeTrait,
    downcast_integer_array,
};
use arrow::datatypes::{
    ArrowNativeType, Date64Type, Decimal128Type, Decimal256Type, DecimalType, Int32Type, Int64Type,
};
use lance_host_data_type::{DataType, TimeUnit};

use super::{
    super::{json, units},
    Problem,
};
use crate::target::Code;

/// Checks each value that is present.
pub(super) fn check(data_type: &DataType, array: &ArrayRef) -> Result<(), Problem> {
    match data_type {
        DataType::Date64 => each::<Date64Type>(array, units::is_whole_day, units::PART_OF_A_DAY),
        DataType::Time(unit @ (TimeUnit::Second | TimeUnit::Millisecond)) => {
            let array = arrow::compute::cast(array, &Int32Type::DATA_TYPE).map_err(super::arrow)?;
            let in_day = |value: i32| units::is_time_of_day(*unit, value.into());
            each::<Int32Type>(&array, in_day, units::NO_TIME_OF_DAY)
        }
        DataType::Time(unit) => {
            let array = arrow::compute::cast(array, &Int64Type::DATA_TYPE).map_err(super::arrow)?;
            let in_day = |value| units::is_time_of_day(*unit, value);
            each::<Int64Type>(&array, in_day, units::NO_TIME_OF_DAY)
        }
        DataType::Decimal128 { precision, .. } => {
            let fits = |value| Decimal128Type::is_valid_decimal_precision(value, *precision);
            each::<Decimal128Type>(array, fits, &units::too_many_digits(*precision))
        }
        DataType::Decimal256 { precision, .. } => {
            let fits = |value| Decimal256Type::is_valid_decimal_precision(value, *precision);
            each::<Decimal256Type>(array, fits, &units::too_many_digits(*precision))
        }
        _ => Ok(()),
    }
}

fn each<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    good: impl Fn(T::Native) -> bool,
    message: &str,
) -> Result<(), Problem> {
    let Some(array) = array.as_primitive_opt::<T>() else {
        return Err(Problem::new(
            Code::Internal,
            "an array is not of its own type",
        ));
    };
    let mut values = array.values().iter().enumerate();
    // Under a null there may be anything.
    match values.find(|(index, value)| !good(**value) && array.is_valid(*index)) {
        Some((index, _)) => Err(Problem::new(Code::InvalidValue, message).at(index)),
        None => Ok(()),
    }
}

/// Each key that is present names one of `count` values.
pub(super) fn check_keys(keys: &dyn Array, count: usize) -> Result<(), Problem> {
    let bad = downcast_integer_array!(
        keys => keys
            .values()
            .iter()
            .enumerate()
            .find(|(index, key)| {
                let named = key.to_usize().is_some_and(|key| key < count);
                !named && keys.is_valid(*index)
            })
            .map(|(index, key)| (index, key.to_string())),
        _ => None,
    );
    match bad {
        Some((index, key)) => {
            let message = format!("the key {key} names none of the {count} values");
            Err(Problem::new(Code::InvalidValue, message).at(index))
        }
        None => Ok(()),
    }
}

pub(super) fn check_json<O: OffsetSizeTrait>(array: &GenericStringArray<O>) -> Result<(), Problem> {
    for (index, text) in array.iter().enumerate() {
        if let Some(text) = text {
            json::check(text)
                .map_err(|message| Problem::new(Code::InvalidValue, message).at(index))?;
        }
    }
    Ok(())
}
