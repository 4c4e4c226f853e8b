//! From a cell in JSON to a value of the contract.

use serde::Deserialize;
use serde_json::Value as Json;

use crate::bindings::lance_host::pipeline::types::Value;

/// Reads rows. A cell beyond the last column has no type, and is text.
pub fn rows(types: &[&str], rows: &[Vec<Json>]) -> Result<Vec<Vec<Value>>, String> {
    let cells = |row: &Vec<Json>| {
        let types = types.iter().copied().chain(std::iter::repeat("utf8"));
        row.iter()
            .zip(types)
            .map(|(cell, data_type)| value(data_type, cell))
            .collect()
    };
    rows.iter().map(cells).collect()
}

fn value(data_type: &str, cell: &Json) -> Result<Value, String> {
    if let Some(explicit) = explicit(cell) {
        return explicit;
    }
    if cell.is_null() {
        return Ok(Value::Null);
    }
    // `timestamp(us)` and `vector(float32, 3)` go by the name alone.
    let name = data_type.split('(').next().unwrap_or_default();
    let kind = match name {
        "bool" => "$boolean",
        "binary" | "large-binary" | "fixed-size-binary" => "$bytes",
        "vector" => "$vector",
        "json" | "list" | "large-list" | "fixed-size-list" | "struct" | "map" => {
            return Ok(Value::Text(cell.to_string()));
        }
        // What no other case can hold is text.
        _ if cell.is_string() && !name.starts_with("float") => "$text",
        name if cell.is_u64() && !cell.is_i64() => {
            return Ok(match name {
                "uint64" => Value::Text(cell.to_string()),
                _ => return Err(unreadable(data_type, cell)),
            });
        }
        name if name.starts_with("float") => "$float64",
        "dictionary" if cell.is_i64() => "$int64",
        "date32" | "date64" | "time32" | "time64" | "timestamp" | "duration" => "$int64",
        name if name.starts_with("int") || name.starts_with("uint") => "$int64",
        _ => "$text",
    };
    of_kind(kind, cell).ok_or_else(|| unreadable(data_type, cell))
}

const KINDS: [&str; 6] = [
    "$boolean", "$int64", "$float64", "$text", "$bytes", "$vector",
];

/// What a cell says, whether or not its kind is written too.
pub fn plain(cell: &Json) -> &Json {
    let object = cell.as_object().filter(|object| object.len() == 1);
    let entry = object.and_then(|object| object.iter().next());
    match entry {
        Some((kind, cell)) if KINDS.contains(&kind.as_str()) => cell,
        _ => cell,
    }
}

/// The value of a cell like `{"$int64": 1}`; `None` for any other cell.
fn explicit(cell: &Json) -> Option<Result<Value, String>> {
    let object = cell.as_object().filter(|object| object.len() == 1)?;
    let (kind, cell) = object.iter().next()?;
    let known = KINDS.contains(&kind.as_str());
    known.then(|| of_kind(kind, cell).ok_or_else(|| unreadable(kind, cell)))
}

fn of_kind(kind: &str, cell: &Json) -> Option<Value> {
    match kind {
        "$boolean" => read(cell).map(Value::Boolean),
        "$int64" => read(cell).map(Value::Int64),
        "$float64" => float(cell).map(Value::Float64),
        "$text" => read(cell).map(Value::Text),
        "$bytes" => bytes(cell).map(Value::Bytes),
        "$vector" => vector(cell).map(Value::Vector),
        _ => None,
    }
}

fn read<'a, T: Deserialize<'a>>(cell: &'a Json) -> Option<T> {
    T::deserialize(cell).ok()
}

/// Bytes: an array of numbers, or hexadecimal text, which is their form within nested values.
pub fn bytes(cell: &Json) -> Option<Vec<u8>> {
    let Some(text) = cell.as_str() else {
        return read(cell);
    };
    let digits = |place| u8::from_str_radix(text.get(place..place + 2)?, 16).ok();
    (0..text.len()).step_by(2).map(digits).collect()
}

/// JSON has no words for the special floats.
pub fn float(cell: &Json) -> Option<f64> {
    match cell {
        Json::String(text) => text.parse().ok(),
        _ => cell.as_f64(),
    }
}

fn vector(cell: &Json) -> Option<Vec<f32>> {
    let items = cell.as_array()?.iter();
    items
        .map(|item| float(item).map(|item| item as f32))
        .collect()
}

fn unreadable(data_type: &str, cell: &Json) -> String {
    format!("the test is wrong: {cell} is no cell of {data_type}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn text(data_type: &str, cell: &Json) -> String {
        format!("{:?}", value(data_type, cell).unwrap())
    }

    #[test]
    fn cells_are_read_by_the_type_of_their_column() {
        assert_eq!(text("utf8", &json!(null)), "Value::Null");
        assert_eq!(text("bool", &json!(true)), "Value::Boolean(true)");
        assert_eq!(
            text("int64", &json!(i64::MIN)),
            format!("Value::Int64({})", i64::MIN)
        );
        assert_eq!(text("timestamp(us)", &json!(5)), "Value::Int64(5)");
        assert_eq!(text("float64", &json!("NaN")), "Value::Float64(NaN)");
        assert_eq!(text("float64", &json!(2)), "Value::Float64(2.0)");
        assert_eq!(text("utf8", &json!("x")), "Value::Text(\"x\")");
        assert_eq!(text("binary", &json!([0, 255])), "Value::Bytes([0, 255])");
        assert_eq!(
            text("json", &json!({"a": [1]})),
            "Value::Text(\"{\\\"a\\\":[1]}\")"
        );
        assert_eq!(
            text("vector(float32, 2)", &json!([1.5, "inf"])),
            "Value::Vector([1.5, inf])"
        );
    }

    #[test]
    fn explicit_cell_is_of_its_kind_in_any_column() {
        assert_eq!(text("int64", &json!({"$text": "1"})), "Value::Text(\"1\")");
        assert_eq!(text("json", &json!({"$text": "{"})), "Value::Text(\"{\")");
        assert_eq!(text("utf8", &json!({"$vector": []})), "Value::Vector([])");
    }

    #[test]
    fn cell_of_another_type_is_a_mistake_of_the_test() {
        let error = value("bool", &json!("one")).unwrap_err();
        assert_eq!(error, "the test is wrong: \"one\" is no cell of bool");
    }

    #[test]
    fn surplus_cells_are_kept() {
        let rows = rows(&["int64"], &[vec![json!(1), json!("more")]]).unwrap();
        assert_eq!(rows[0].len(), 2);
    }
}
