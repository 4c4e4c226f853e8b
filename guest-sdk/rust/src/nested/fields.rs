//! The fields of a struct, and the columns of a row.

use lance_host_data_type::DataType;
use serde::Serialize;

use super::Node;
use super::sink::Sink;
use crate::Error;

/// Named nodes of the same length.
pub(crate) struct Fields {
    kind: Kind,
    fields: Vec<(String, Node)>,
    /// The field that was named last, or `usize::MAX` before the first.
    current: usize,
    /// Reads names, which may be text of any kind to serde.
    names: Node,
}

/// What the fields are to the user.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Row,
    Struct,
}

impl Fields {
    pub(super) fn new(kind: Kind, fields: Vec<(String, Node)>) -> Self {
        Self {
            kind,
            fields,
            current: usize::MAX,
            names: Node::new(&DataType::Utf8, false),
        }
    }

    /// What a value of another kind is not.
    pub(super) fn name(&self) -> &'static str {
        match self.kind {
            Kind::Row => "a row, which is a struct, a map or a list of values",
            Kind::Struct => "a struct",
        }
    }

    pub(super) fn each(&mut self, mut act: impl FnMut(&mut Node)) {
        self.fields.iter_mut().for_each(|(_, node)| act(node));
    }

    pub(super) fn size(&self) -> usize {
        self.fields.iter().map(|(_, node)| node.size()).sum()
    }

    /// Appends a value to the field at `position`.
    pub(super) fn append_at<T: Serialize + ?Sized>(
        &mut self,
        position: usize,
        value: &T,
    ) -> Result<(), Error> {
        let kind = self.kind;
        let Some((name, node)) = self.fields.get_mut(position) else {
            // There is one more value, at least.
            return Err(self.wrong_count(position + 1));
        };
        node.append(value)
            .map_err(|error| in_field(kind, error, name))
    }

    /// Finds the field of a name.
    pub(super) fn find<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), Error> {
        self.names.truncate(0);
        name.serialize(Sink(&mut self.names))?;
        let bytes = self.names.behind(0);
        let is_named = |(name, _): &(String, Node)| name.as_bytes() == bytes;
        // Most rows have their fields in the order of the type.
        let next = self.current.wrapping_add(1);
        let found = match self.fields.get(next) {
            Some(field) if is_named(field) => Some(next),
            _ => self.fields.iter().position(is_named),
        };
        match found {
            Some(position) => {
                self.current = position;
                Ok(())
            }
            None => Err(self.unknown(&String::from_utf8_lossy(bytes))),
        }
    }

    /// Appends a value to the field that was found, which has to be its first in
    /// this row, number `row`.
    pub(super) fn append<T: Serialize + ?Sized>(
        &mut self,
        row: usize,
        value: &T,
    ) -> Result<(), Error> {
        let kind = self.kind;
        if let Some((name, node)) = self.fields.get(self.current)
            && node.rows() != row
        {
            let error = Error::new("invalid-value", "two values in one row");
            return Err(in_field(kind, error, name));
        }
        self.append_at(self.current, value)
    }

    /// Ends row number `row`: fields that were not named are null.
    pub(super) fn end(&mut self, row: usize) -> Result<(), Error> {
        let kind = self.kind;
        for (name, node) in &mut self.fields {
            if node.rows() == row {
                let missing = node.append_null().map_err(|_| {
                    let message = match kind {
                        Kind::Row => "the row has no value for a required column",
                        Kind::Struct => "the struct has no value for a required field",
                    };
                    Error::new("null-in-required-column", message)
                });
                missing.map_err(|error| in_field(kind, error, name))?;
            }
        }
        // The next row is likely to begin with the first field.
        self.current = usize::MAX;
        Ok(())
    }

    /// Ends a row that was a list of `values`.
    pub(super) fn end_list(&self, values: usize) -> Result<(), Error> {
        if values == self.fields.len() {
            return Ok(());
        }
        Err(self.wrong_count(values))
    }

    fn wrong_count(&self, values: usize) -> Error {
        let fields = self.fields.len();
        let message = match self.kind {
            Kind::Row if values > fields => {
                format!("the row has more values than the {fields} columns of the table")
            }
            Kind::Row => format!("the row has {values} values instead of {fields}"),
            Kind::Struct if values > fields => {
                format!("the struct has more values than its {fields} fields")
            }
            Kind::Struct => format!("the struct has {values} values instead of {fields}"),
        };
        let code = match self.kind {
            Kind::Row => "wrong-column-count",
            Kind::Struct => "invalid-value",
        };
        Error::new(code, message)
    }

    fn unknown(&self, name: &str) -> Error {
        let names: Vec<_> = self.fields.iter().map(|(name, _)| name.as_str()).collect();
        let known = names.join(", ");
        match self.kind {
            Kind::Row => Error::new(
                "unknown-column",
                format!("the table has no column {name:?}; it has {known}"),
            ),
            Kind::Struct => Error::new(
                "invalid-value",
                format!("the struct has no field {name:?}; it has {known}"),
            ),
        }
    }
}

fn in_field(kind: Kind, error: Error, name: &str) -> Error {
    match kind {
        Kind::Row => error.in_column(name),
        Kind::Struct => error.within(&format!("field {name}")),
    }
}
