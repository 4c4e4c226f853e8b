//! Values of any type as text, so that tests can say what they expect.

use arrow::{
    array::{Array, ArrayRef},
    compute::cast,
    datatypes::DataType,
    util::display::{ArrayFormatter, FormatOptions},
};

/// Each value as text. Times are the numbers that they are counted in, because calendars end
/// before those numbers do.
pub fn shown(values: &ArrayRef) -> Vec<String> {
    let counts = match values.data_type() {
        DataType::Date32 | DataType::Time32(_) => {
            cast(values, &DataType::Int32).expect("any value can be shown")
        }
        DataType::Date64
        | DataType::Time64(_)
        | DataType::Timestamp(_, _)
        | DataType::Duration(_) => cast(values, &DataType::Int64).expect("any value can be shown"),
        _ => values.clone(),
    };
    let options = FormatOptions::default().with_null("null");
    let formatter = ArrayFormatter::try_new(&counts, &options).expect("any value can be shown");
    (0..counts.len())
        .map(|row| match counts.is_null(row) {
            true => "(no value)".to_owned(),
            false => formatter.value(row).to_string(),
        })
        .collect()
}
