//! Values for people: one short line each, harmless to a terminal.

use std::fmt::{self, Write};

use arrow::array::Array;

use super::cell::{Cell, cell};
use crate::output::words::{count, harmless};

/// The longest text of a cell, in characters. Who needs the whole value takes `--json`.
const WIDTH: usize = 60;
/// The longest text inside a list or a struct.
const INNER_WIDTH: usize = 20;
/// How many items of a list or vector are shown; of lists in a list, only the first.
const ITEMS: usize = 3;
/// How many bytes are shown, in hexadecimal.
const BYTES: usize = 16;

/// The value in a row of a column.
pub fn text(column: &dyn Array, row: usize) -> String {
    cut(&one_line(&alone(&cell(column, row))), WIDTH)
}

/// A value that is all there is in its cell: text needs no quotes.
fn alone(value: &Cell<'_>) -> String {
    match value {
        Cell::Text(text) => cut(text, WIDTH),
        Cell::Inside(value) => alone(&cell(value.as_ref(), 0)),
        other => {
            let mut text = String::new();
            // Writing to a string does not fail.
            let _ = write(&mut text, other);
            text
        }
    }
}

/// At most so many characters; what is left out is told by `…`.
fn cut(text: &str, width: usize) -> String {
    match text.char_indices().nth(width) {
        None => text.to_owned(),
        Some(_) => text.chars().take(width - 1).chain(['…']).collect(),
    }
}

fn one_line(text: &str) -> String {
    harmless(&text.replace(['\n', '\r', '\t'], " "))
}

fn write(out: &mut String, value: &Cell<'_>) -> fmt::Result {
    match value {
        Cell::Null => out.write_str("null"),
        Cell::Bool(value) => write!(out, "{value}"),
        Cell::Signed(value) => write!(out, "{value}"),
        Cell::Unsigned(value) => write!(out, "{value}"),
        // With a decimal point or an exponent, so that 1.0 is no integer.
        Cell::Float32(value) => write!(out, "{value:?}"),
        Cell::Float64(value) => write!(out, "{value:?}"),
        // In quotes: a comma in it must not look like the end of an item.
        Cell::Text(value) => write!(out, "{:?}", cut(value, INNER_WIDTH)),
        Cell::Bytes(value) => write_bytes(out, value),
        Cell::Written(value) => out.write_str(value),
        Cell::List(items) => write_items(out, items.as_ref()),
        Cell::Struct(fields, row) => {
            let mut lead = "{";
            for (name, column) in fields.column_names().iter().zip(fields.columns()) {
                if out.len() > 4 * WIDTH {
                    break;
                }
                write!(out, "{lead}{name}: ")?;
                write(out, &cell(column.as_ref(), *row))?;
                lead = ", ";
            }
            out.write_str("}")
        }
        Cell::Inside(value) => write(out, &cell(value.as_ref(), 0)),
    }
}

fn write_bytes(out: &mut String, value: &[u8]) -> fmt::Result {
    for byte in value.iter().take(BYTES) {
        write!(out, "{byte:02x}")?;
    }
    if value.len() > BYTES {
        let length = u64::try_from(value.len()).unwrap_or(u64::MAX);
        write!(out, "… {} bytes", count(length))?;
    }
    Ok(())
}

/// The first items, and how many there are: the dimension, if it is a vector.
fn write_items(out: &mut String, items: &dyn Array) -> fmt::Result {
    let shown = if items.data_type().is_nested() {
        1
    } else {
        ITEMS
    };
    let mut lead = "[";
    for item in 0..items.len().min(shown) {
        out.write_str(lead)?;
        write(out, &cell(items, item))?;
        lead = ", ";
    }
    if items.is_empty() {
        out.write_str(lead)?;
    } else if items.len() > shown {
        write!(out, ", … {}", items.len())?;
    }
    out.write_str("]")
}
