//! Columns whose type is known when the program runs, or too rich for a builder of
//! its own: a tree of nodes that takes whatever serde gives it.
//!
//! It serves tables without a struct, and fields whose type has structs, maps,
//! dictionaries or decimals in it. A node looks at its type for each value.

mod dictionary;
mod fields;
mod leaf;
mod sink;

use lance_host_data_type::{DataType, Item};
use serde::Serialize;

use self::dictionary::Dictionary;
pub(crate) use self::fields::{Fields, Kind};
use self::leaf::Leaf;
pub(crate) use self::leaf::Scalar;
use self::sink::Sink;
use crate::Error;
use crate::bindings::lance_host::pipeline::types::Column;
use crate::column::{Bitmap, Ends, Variable, required, wrong_dimension, wrong_length};
use crate::store::null_in_required_column;

/// A column of any type.
pub(crate) struct Node {
    values: Values,
    rows: usize,
    /// Where values may be null.
    validity: Option<Bitmap>,
    nulls: bool,
}

enum Values {
    Leaf(Leaf),
    Json(Variable<i32>),
    /// The items are in the column itself.
    Vector {
        item: Box<Node>,
        size: usize,
    },
    FixedSizeList {
        item: Box<Node>,
        size: usize,
    },
    List {
        item: Box<Node>,
        ends: Ends<i32>,
    },
    LargeList {
        item: Box<Node>,
        ends: Ends<i64>,
    },
    Struct(Box<Fields>),
    Map {
        entries: Box<Entries>,
        ends: Ends<i32>,
    },
    Dictionary(Box<Dictionary>),
}

struct Entries {
    key: Node,
    value: Node,
}

impl Node {
    pub(crate) fn new(data_type: &DataType, nullable: bool) -> Self {
        let item = |item: &Item| Box::new(Self::new(&item.data_type, item.nullable));
        let values = match data_type {
            DataType::Json => Values::Json(Variable::default()),
            DataType::Vector { item, size } => Values::Vector {
                item: Box::new(Self::new(&item.data_type(), false)),
                size: *size as usize,
            },
            DataType::FixedSizeList { item: of, size } => Values::FixedSizeList {
                item: item(of),
                size: *size as usize,
            },
            DataType::List(of) => Values::List {
                item: item(of),
                ends: Ends::default(),
            },
            DataType::LargeList(of) => Values::LargeList {
                item: item(of),
                ends: Ends::default(),
            },
            DataType::Struct(fields) => {
                let fields = fields.iter().map(|field| {
                    let node = Self::new(&field.data_type, field.nullable);
                    (field.name.clone(), node)
                });
                Values::Struct(Box::new(Fields::new(Kind::Struct, fields.collect())))
            }
            DataType::Map { key, value } => Values::Map {
                entries: Box::new(Entries {
                    key: Self::new(key, false),
                    value: Self::new(&value.data_type, value.nullable),
                }),
                ends: Ends::default(),
            },
            DataType::Dictionary { key, value } => {
                Values::Dictionary(Box::new(Dictionary::new(*key, value)))
            }
            plain => Values::Leaf(Leaf::new(plain)),
        };
        Self::of(values, nullable)
    }

    /// The rows of a table, as a struct of its columns.
    pub(crate) fn rows_of(columns: Vec<(String, Self)>) -> Self {
        Self::of(
            Values::Struct(Box::new(Fields::new(Kind::Row, columns))),
            false,
        )
    }

    fn of(values: Values, nullable: bool) -> Self {
        Self {
            values,
            rows: 0,
            validity: nullable.then(Bitmap::default),
            nulls: false,
        }
    }

    /// Appends a value. An error leaves parts of it behind, until `truncate`.
    pub(crate) fn append<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let Values::Json(text) = &mut self.values else {
            return value.serialize(Sink(self));
        };
        text.append_json(value)?;
        // Without the text there is no telling: serde hides what a value is.
        if self.validity.is_some() && text.behind(self.rows) == b"null" {
            text.truncate(self.rows);
            return self.append_null();
        }
        self.present();
        Ok(())
    }

    /// Counts a value whose content has been appended.
    fn present(&mut self) {
        self.rows += 1;
        if let Some(validity) = &mut self.validity {
            validity.push(true);
        }
    }

    fn append_scalar(&mut self, scalar: Scalar) -> Result<(), Error> {
        match &mut self.values {
            Values::Leaf(leaf) => leaf.append(scalar)?,
            Values::Dictionary(dictionary) => dictionary.append(scalar)?,
            Values::Vector { item, size } if scalar.bytes().is_some() => {
                let bytes = scalar.bytes().unwrap_or_default();
                if bytes.len() != *size {
                    return Err(wrong_dimension(bytes.len(), *size));
                }
                for &byte in bytes {
                    item.append_scalar(Scalar::Integer(byte.into()))?;
                }
            }
            _ => return Err(self.mismatch(scalar.name())),
        }
        self.present();
        Ok(())
    }

    pub(crate) fn append_null(&mut self) -> Result<(), Error> {
        if self.validity.is_none() {
            return Err(null_in_required_column());
        }
        self.append_placeholder();
        Ok(())
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The bytes of a column without parts, behind its first `rows` values.
    fn behind(&self, rows: usize) -> &[u8] {
        match &self.values {
            Values::Leaf(leaf) => leaf.behind(rows),
            _ => &[],
        }
    }

    pub(crate) fn append_placeholder(&mut self) {
        match &mut self.values {
            Values::Leaf(leaf) => leaf.append_placeholder(),
            Values::Json(text) => text.append_empty(),
            Values::Vector { item, size } | Values::FixedSizeList { item, size } => {
                (0..*size).for_each(|_| item.append_placeholder());
            }
            Values::List { ends, .. } | Values::Map { ends, .. } => ends.push_empty(),
            Values::LargeList { ends, .. } => ends.push_empty(),
            Values::Struct(fields) => fields.each(Self::append_placeholder),
            Values::Dictionary(dictionary) => dictionary.append_placeholder(),
        }
        self.rows += 1;
        if let Some(validity) = &mut self.validity {
            validity.push(false);
            self.nulls = true;
        }
    }

    /// Ends a value that is a list of `items`.
    fn end_list(&mut self, items: usize) -> Result<(), Error> {
        match &mut self.values {
            Values::List { item, ends } => ends.push(item.rows)?,
            Values::LargeList { item, ends } => ends.push(item.rows)?,
            Values::Vector { size, .. } if items != *size => {
                return Err(wrong_dimension(items, *size));
            }
            Values::FixedSizeList { size, .. } if items != *size => {
                return Err(wrong_length(items, *size));
            }
            Values::Struct(fields) => fields.end_list(items)?,
            _ => {}
        }
        self.present();
        Ok(())
    }

    /// Ends a value that is a struct or a map.
    fn end_entries(&mut self) -> Result<(), Error> {
        match &mut self.values {
            Values::Struct(fields) => fields.end(self.rows)?,
            Values::Map { entries, ends } => ends.push(entries.value.rows)?,
            _ => {}
        }
        self.present();
        Ok(())
    }

    /// The error for a value of another kind.
    fn mismatch(&self, found: &str) -> Error {
        let expected = match &self.values {
            Values::Leaf(leaf) => leaf.data_type().to_string(),
            Values::Json(_) => "json".to_owned(),
            Values::Vector { .. } => "a vector".to_owned(),
            Values::FixedSizeList { .. } | Values::List { .. } | Values::LargeList { .. } => {
                "a list".to_owned()
            }
            Values::Struct(fields) => fields.name().to_owned(),
            Values::Map { .. } => "a map".to_owned(),
            Values::Dictionary(dictionary) => dictionary.data_type().to_string(),
        };
        Error::new("type-mismatch", format!("{found} is not {expected}"))
    }

    pub(crate) fn size(&self) -> usize {
        let values = match &self.values {
            Values::Leaf(leaf) => leaf.size(),
            Values::Json(text) => text.size(),
            Values::Vector { item, .. } | Values::FixedSizeList { item, .. } => item.size(),
            Values::List { item, ends } => item.size() + ends.size(),
            Values::LargeList { item, ends } => item.size() + ends.size(),
            Values::Struct(fields) => fields.size(),
            Values::Map { entries, ends } => {
                entries.key.size() + entries.value.size() + ends.size()
            }
            Values::Dictionary(dictionary) => dictionary.size(),
        };
        values + self.validity.as_ref().map_or(0, Bitmap::size)
    }

    /// Forgets all but the first `rows` values, and what is left of others.
    pub(crate) fn truncate(&mut self, rows: usize) {
        match &mut self.values {
            Values::Leaf(leaf) => leaf.truncate(rows),
            Values::Json(text) => text.truncate(rows),
            Values::Vector { item, size } | Values::FixedSizeList { item, size } => {
                item.truncate(rows * *size);
            }
            Values::List { item, ends } => {
                ends.truncate(rows);
                item.truncate(ends.last());
            }
            Values::LargeList { item, ends } => {
                ends.truncate(rows);
                item.truncate(ends.last());
            }
            Values::Struct(fields) => fields.each(|field| field.truncate(rows)),
            Values::Map { entries, ends } => {
                ends.truncate(rows);
                entries.key.truncate(ends.last());
                entries.value.truncate(ends.last());
            }
            Values::Dictionary(dictionary) => dictionary.truncate(rows),
        }
        if let Some(validity) = &mut self.validity {
            validity.truncate(rows);
        }
        self.rows = self.rows.min(rows);
    }

    /// Hands out the column and those of its parts, depth first.
    pub(crate) fn finish(&mut self, columns: &mut Vec<Column>) {
        let rows = length(std::mem::take(&mut self.rows));
        let validity = self.validity.as_mut().map(Bitmap::finish);
        let mut parent = required(rows, Vec::new());
        if std::mem::take(&mut self.nulls) {
            parent.validity = validity;
        }
        let place = columns.len();
        columns.push(required(rows, Vec::new()));
        match &mut self.values {
            Values::Leaf(leaf) => parent.buffers = leaf.finish(),
            Values::Json(text) => parent.buffers = text.finish(),
            Values::Vector { item, .. } => {
                item.finish(columns);
                parent.buffers = columns.pop().map(|items| items.buffers).unwrap_or_default();
            }
            Values::FixedSizeList { item, .. } => item.finish(columns),
            Values::List { item, ends } => {
                parent.buffers = vec![ends.finish()];
                item.finish(columns);
            }
            Values::LargeList { item, ends } => {
                parent.buffers = vec![ends.finish()];
                item.finish(columns);
            }
            Values::Struct(fields) => fields.each(|field| field.finish(columns)),
            Values::Map { entries, ends } => {
                parent.buffers = vec![ends.finish()];
                columns.push(required(length(entries.key.rows), Vec::new()));
                entries.key.finish(columns);
                entries.value.finish(columns);
            }
            Values::Dictionary(dictionary) => parent.buffers = dictionary.finish(columns),
        }
        if let Some(column) = columns.get_mut(place) {
            *column = parent;
        }
    }

    /// The columns of [`rows_of`](Self::rows_of), without the struct around them.
    pub(crate) fn finish_rows(&mut self) -> Vec<Column> {
        let mut columns = Vec::new();
        self.finish(&mut columns);
        columns.remove(0);
        columns
    }
}

/// Values fill memory, which does not hold as many as 32 bits can count.
fn length(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
