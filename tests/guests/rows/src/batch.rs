//! From rows to the columns of one batch.
//!
//! Written for clarity, not for speed: what goes fast is the SDK's part.

use crate::bindings::lance_host::pipeline::types::{Column, Value};

pub fn columns(types: &[&str], rows: &[Vec<Value>]) -> Result<Vec<Column>, String> {
    if let Some(row) = rows.iter().position(|row| row.len() != types.len()) {
        return Err(format!(
            "the test is wrong: row {row} does not fit the {} columns; send it with \"how\": \"row\"",
            types.len()
        ));
    }
    let column = |(place, data_type): (usize, &&str)| {
        let cells: Vec<_> = rows.iter().filter_map(|row| row.get(place)).collect();
        column(data_type, &cells)
    };
    types.iter().enumerate().map(column).collect()
}

fn column(data_type: &str, cells: &[&Value]) -> Result<Column, String> {
    let present: Vec<_> = cells
        .iter()
        .map(|cell| !matches!(cell, Value::Null))
        .collect();
    let has_nulls = present.contains(&false);
    Ok(Column {
        length: u32::try_from(cells.len()).map_err(|error| error.to_string())?,
        validity: has_nulls.then(|| bits(present)),
        buffers: buffers(data_type, cells)?,
    })
}

fn buffers(data_type: &str, cells: &[&Value]) -> Result<Vec<Vec<u8>>, String> {
    let unfit = || format!("the test is wrong: a cell does not fit a batch of {data_type}");
    // The width of a value, of which a null has as many zero bytes.
    let width = match data_type {
        "bool" => {
            let bit = |cell: &&Value| match cell {
                Value::Boolean(bit) => Some(*bit),
                Value::Null => Some(false),
                _ => None,
            };
            let values: Option<Vec<_>> = cells.iter().map(bit).collect();
            return Ok(vec![bits(values.ok_or_else(unfit)?)]);
        }
        "utf8" | "json" | "binary" => return strings(cells).ok_or_else(unfit),
        "int64" | "float64" => 8,
        _ => {
            4 * dimension(data_type).ok_or_else(|| {
                format!("{data_type} has no batches here: send it with \"how\": \"row\"")
            })?
        }
    };
    let mut values = Vec::new();
    for cell in cells {
        let bytes = match cell {
            Value::Null => vec![0; width],
            Value::Int64(value) => value.to_le_bytes().to_vec(),
            Value::Float64(value) => value.to_le_bytes().to_vec(),
            Value::Vector(items) => items.iter().flat_map(|item| item.to_le_bytes()).collect(),
            _ => return Err(unfit()),
        };
        values.extend(bytes);
    }
    Ok(vec![values])
}

/// Offsets and bytes.
fn strings(cells: &[&Value]) -> Option<Vec<Vec<u8>>> {
    let mut bytes = Vec::new();
    let mut offsets = 0_i32.to_le_bytes().to_vec();
    for cell in cells {
        match cell {
            Value::Text(text) => bytes.extend_from_slice(text.as_bytes()),
            Value::Bytes(more) => bytes.extend_from_slice(more),
            Value::Null => {}
            _ => return None,
        }
        offsets.extend(i32::try_from(bytes.len()).ok()?.to_le_bytes());
    }
    Some(vec![offsets, bytes])
}

/// One bit a value, least significant first.
fn bits(values: Vec<bool>) -> Vec<u8> {
    let byte = |bits: &[bool]| {
        let set = |byte, (place, &bit)| byte | (u8::from(bit) << place);
        bits.iter().enumerate().fold(0, set)
    };
    values.chunks(8).map(byte).collect()
}

/// The `n` of `vector(float32, n)`.
fn dimension(data_type: &str) -> Option<usize> {
    let inside = data_type
        .strip_prefix("vector(float32,")?
        .strip_suffix(')')?;
    inside.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_columns() {
        let rows = [
            vec![
                Value::Int64(1),
                Value::Text("ab".into()),
                Value::Boolean(true),
            ],
            vec![Value::Null, Value::Text("c".into()), Value::Boolean(true)],
        ];
        let columns = columns(&["int64", "utf8", "bool"], &rows).unwrap();
        assert_eq!(columns[0].validity, Some(vec![0b01]));
        assert_eq!(columns[0].buffers[0].len(), 16);
        assert_eq!(columns[1].buffers[0], [0, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0]);
        assert_eq!(columns[1].buffers[1], b"abc");
        assert_eq!(columns[2].buffers, [[0b11]]);
        assert!(columns.iter().all(|column| column.length == 2));
    }

    #[test]
    fn null_vector_has_its_place() {
        let rows = [vec![Value::Null], vec![Value::Vector(vec![1.0, 2.0])]];
        let columns = columns(&["vector(float32, 2)"], &rows).unwrap();
        assert_eq!(columns[0].buffers[0].len(), 16);
        assert_eq!(columns[0].validity, Some(vec![0b10]));
    }

    #[test]
    fn row_that_does_not_fit_is_a_mistake_of_the_test() {
        let rows = [vec![Value::Int64(1)], vec![]];
        let error = columns(&["int64"], &rows).unwrap_err();
        assert!(
            error.contains("row 1 does not fit the 1 columns"),
            "{error}"
        );
    }
}
