//! From rows to the columns of one batch.
//!
//! Written for clarity, not for speed: what goes fast is the SDK's part.

use lance_host_data_type::DataType;
use serde_json::Value as Json;

use crate::{bindings::lance_host::pipeline::types::Column, cell, number};

pub fn columns(types: &[&str], rows: &[Vec<Json>]) -> Result<Vec<Column>, String> {
    if let Some(row) = rows.iter().position(|row| row.len() != types.len()) {
        return Err(format!(
            "the test is wrong: row {row} does not fit the {} columns; send it with \"how\": \"row\"",
            types.len()
        ));
    }
    let mut columns = Vec::new();
    for (place, text) in types.iter().enumerate() {
        let data_type = DataType::parse(text)
            .map_err(|error| format!("{text} has no batches here: {error}"))?;
        let cells: Vec<_> = rows.iter().filter_map(|row| row.get(place)).collect();
        column(&data_type, &cells, &mut columns)?;
    }
    Ok(columns)
}

/// Appends a column and its children.
fn column(data_type: &DataType, cells: &[&Json], columns: &mut Vec<Column>) -> Result<(), String> {
    let cells: Vec<_> = cells.iter().map(|cell| cell::plain(cell)).collect();
    let present: Vec<_> = cells.iter().map(|cell| !cell.is_null()).collect();
    let has_nulls = present.contains(&false);
    let place = columns.len();
    columns.push(Column {
        length: length(cells.len())?,
        validity: has_nulls.then(|| bits(&present)),
        buffers: Vec::new(),
    });
    let buffers = buffers(data_type, &cells, columns)?;
    if let Some(column) = columns.get_mut(place) {
        column.buffers = buffers;
    }
    Ok(())
}

fn buffers(
    data_type: &DataType,
    cells: &[&Json],
    columns: &mut Vec<Column>,
) -> Result<Vec<Vec<u8>>, String> {
    let unfit =
        |cell: &Json| format!("the test is wrong: {cell} does not fit a batch of {data_type}");
    Ok(match data_type {
        DataType::Bool => {
            let bit = |cell: &&Json| match cell {
                Json::Null => Ok(false),
                cell => cell.as_bool().ok_or_else(|| unfit(cell)),
            };
            let values = cells.iter().map(bit).collect::<Result<Vec<_>, _>>()?;
            vec![bits(&values)]
        }
        DataType::Utf8 | DataType::Binary | DataType::Json => strings::<4>(data_type, cells)?,
        DataType::LargeUtf8 | DataType::LargeBinary => strings::<8>(data_type, cells)?,
        DataType::List(item) | DataType::LargeList(item) => {
            let lists = cells.iter().map(|cell| items(cell));
            let lists = lists
                .collect::<Option<Vec<_>>>()
                .ok_or("a list is an array")?;
            let offsets = match data_type {
                DataType::List(_) => offsets::<4>(lists.iter().map(Vec::len)),
                _ => offsets::<8>(lists.iter().map(Vec::len)),
            };
            column(&item.data_type, &lists.concat(), columns)?;
            vec![offsets]
        }
        DataType::FixedSizeList { item, size } => {
            let null = vec![&Json::Null; *size as usize];
            let lists = cells.iter().map(|cell| match cell {
                Json::Null => Some(null.clone()),
                cell => items(cell),
            });
            let lists = lists
                .collect::<Option<Vec<_>>>()
                .ok_or("a list is an array")?;
            column(&item.data_type, &lists.concat(), columns)?;
            Vec::new()
        }
        DataType::Struct(fields) => {
            for field in fields {
                let values = cells.iter().map(|cell| cell.get(&field.name));
                let values: Vec<_> = values.map(|value| value.unwrap_or(&Json::Null)).collect();
                column(&field.data_type, &values, columns)?;
            }
            Vec::new()
        }
        DataType::Map { key, value } => {
            let maps = cells.iter().map(|cell| entries(cell));
            let maps = maps
                .collect::<Option<Vec<_>>>()
                .ok_or("a map is an array of pairs")?;
            let entries = maps.concat();
            columns.push(Column {
                length: length(entries.len())?,
                validity: None,
                buffers: Vec::new(),
            });
            let (keys, values): (Vec<_>, Vec<_>) = entries.into_iter().unzip();
            column(key, &keys, columns)?;
            column(&value.data_type, &values, columns)?;
            vec![offsets::<4>(maps.iter().map(Vec::len))]
        }
        // Each value once, in the order in which they come first.
        DataType::Dictionary { key, value } => {
            let mut values: Vec<&Json> = Vec::new();
            let mut keys = Vec::new();
            let width = number::width(&key.data_type()).ok_or("a key is a number")?;
            for cell in cells {
                let known = values.iter().position(|value| value == cell);
                let key = match known {
                    Some(key) => key,
                    None if cell.is_null() => 0,
                    None => {
                        values.push(cell);
                        values.len() - 1
                    }
                };
                keys.extend(key.to_le_bytes().into_iter().chain([0; 4]).take(width));
            }
            column(value, &values, columns)?;
            vec![keys]
        }
        DataType::Vector { item, size } => {
            let null = vec![Json::from(0); *size as usize];
            let mut bytes = Vec::new();
            for cell in cells {
                let numbers = cell.as_array().unwrap_or(&null);
                for value in numbers {
                    bytes.extend(
                        number::bytes(&item.data_type(), value).ok_or_else(|| unfit(cell))?,
                    );
                }
            }
            vec![bytes]
        }
        DataType::FixedSizeBinary(size) => {
            let mut bytes = Vec::new();
            for cell in cells {
                match cell {
                    Json::Null => bytes.extend(vec![0; *size as usize]),
                    cell => bytes.extend(cell::bytes(cell).ok_or_else(|| unfit(cell))?),
                }
            }
            vec![bytes]
        }
        data_type => {
            let mut bytes = Vec::new();
            for cell in cells {
                let zero = match data_type {
                    DataType::Decimal128 { .. } | DataType::Decimal256 { .. } => "0".into(),
                    _ => Json::from(0),
                };
                let cell = if cell.is_null() { &zero } else { cell };
                bytes.extend(number::bytes(data_type, cell).ok_or_else(|| unfit(cell))?);
            }
            vec![bytes]
        }
    })
}

fn length(length: usize) -> Result<u32, String> {
    u32::try_from(length).map_err(|error| error.to_string())
}

fn items(cell: &Json) -> Option<Vec<&Json>> {
    match cell {
        Json::Null => Some(Vec::new()),
        cell => Some(cell.as_array()?.iter().collect()),
    }
}

fn entries(cell: &Json) -> Option<Vec<(&Json, &Json)>> {
    let pairs = items(cell)?.into_iter();
    pairs
        .map(|pair| match pair.as_array()?.as_slice() {
            [key, value] => Some((key, value)),
            _ => None,
        })
        .collect()
}

/// Offsets and bytes.
fn strings<const WIDTH: usize>(
    data_type: &DataType,
    cells: &[&Json],
) -> Result<Vec<Vec<u8>>, String> {
    let text = |cell: &&Json| match (data_type, cell) {
        (_, Json::Null) => Some(Vec::new()),
        (DataType::Json, cell) => Some(cell.to_string().into_bytes()),
        (DataType::Utf8 | DataType::LargeUtf8, cell) => Some(cell.as_str()?.into()),
        (_, cell) => cell::bytes(cell),
    };
    let values = cells.iter().map(text).collect::<Option<Vec<_>>>();
    let values = values
        .ok_or_else(|| format!("the test is wrong: a cell does not fit a batch of {data_type}"))?;
    let offsets = offsets::<WIDTH>(values.iter().map(Vec::len));
    Ok(vec![offsets, values.concat()])
}

fn offsets<const WIDTH: usize>(lengths: impl Iterator<Item = usize>) -> Vec<u8> {
    let mut end = 0_u64;
    let ends = lengths.map(|length| {
        end += length as u64;
        end
    });
    let all = std::iter::once(0).chain(ends);
    all.flat_map(|end| end.to_le_bytes().into_iter().take(WIDTH))
        .collect()
}

/// One bit a value, least significant first.
fn bits(values: &[bool]) -> Vec<u8> {
    let byte = |bits: &[bool]| {
        let set = |byte, (place, &bit)| byte | (u8::from(bit) << place);
        bits.iter().enumerate().fold(0, set)
    };
    values.chunks(8).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rows(rows: &[Json]) -> Vec<Vec<Json>> {
        let row = |row: &Json| row.as_array().unwrap().clone();
        rows.iter().map(row).collect()
    }

    #[test]
    fn rows_become_columns() {
        let rows = rows(&[json!([1, "ab", true]), json!([null, "c", true])]);
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
        let rows = rows(&[json!([null]), json!([[1.0, 2.0]])]);
        let columns = columns(&["vector(float32, 2)"], &rows).unwrap();
        assert_eq!(columns[0].buffers[0].len(), 16);
        assert_eq!(columns[0].validity, Some(vec![0b10]));
    }

    #[test]
    fn children_follow_their_parent() {
        let rows = rows(&[json!([[{"a": 1}, null]]), json!([null])]);
        let columns = columns(&["list(struct(a: int8))"], &rows).unwrap();
        let lengths: Vec<_> = columns.iter().map(|column| column.length).collect();
        assert_eq!(lengths, [2, 2, 2]);
        assert_eq!(columns[2].buffers, [[1, 0]]);
    }

    #[test]
    fn row_that_does_not_fit_is_a_mistake_of_the_test() {
        let rows = [vec![json!(1)], vec![]];
        let error = columns(&["int64"], &rows).unwrap_err();
        assert!(
            error.contains("row 1 does not fit the 1 columns"),
            "{error}"
        );
    }
}
