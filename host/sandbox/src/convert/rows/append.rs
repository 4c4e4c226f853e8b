//! One value of the contract, at the end of a column.

use lance_host_data_type::DataType;

use super::{
    super::{
        Problem,
        data_type::{self, Layout},
    },
    cells::{Budget, Cells},
    json_value,
    scalar::{case, of_value, of_vector, unfit},
};
use crate::{bindings::lance_host::pipeline::types::Value, target::Code};

/// Appends a value. After a problem the column has to be truncated.
pub(super) fn append(
    cells: &mut Cells,
    data_type: &DataType,
    value: Value,
    budget: &mut Budget,
) -> Result<(), Problem> {
    match (data_type::layout(data_type), value) {
        (_, Value::Null) => cells.push_null(data_type, budget),
        (Layout::Vector { item, size }, Value::Vector(items)) => {
            check_dimension(items.len(), size)?;
            cells.push_fixed(&of_vector(item, &items)?, budget)
        }
        (
            Layout::Vector { .. }
            | Layout::List { .. }
            | Layout::FixedSizeList { .. }
            | Layout::Struct(_)
            | Layout::Map { .. },
            value,
        ) => match value {
            Value::Text(text) => json_value::append(cells, data_type, &text, budget),
            value => Err(unfit(case(&value), data_type)),
        },
        (_, value) => of_value(data_type, value)?.push(cells, data_type, budget),
    }
}

pub(super) fn check_dimension(found: usize, expected: usize) -> Result<(), Problem> {
    if found == expected {
        return Ok(());
    }
    let message = format!("the vector has {found} items instead of {expected}");
    Err(Problem::new(Code::DimensionMismatch, message))
}
