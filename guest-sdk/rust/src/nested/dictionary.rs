//! Columns that store each different value of a batch once.

use std::collections::HashMap;

use lance_host_data_type::{DataType, DictionaryKey};

use super::leaf::{Leaf, Scalar};
use crate::Error;
use crate::bindings::lance_host::pipeline::types::Column;
use crate::column::required;

pub(super) struct Dictionary {
    keys: Leaf,
    values: Leaf,
    /// The place of each value among all, by its bytes.
    places: HashMap<Vec<u8>, usize>,
}

impl Dictionary {
    pub(super) fn new(key: DictionaryKey, value: &DataType) -> Self {
        Self {
            keys: Leaf::new(&key.data_type()),
            values: Leaf::new(value),
            places: HashMap::new(),
        }
    }

    pub(super) fn data_type(&self) -> &DataType {
        self.values.data_type()
    }

    pub(super) fn append(&mut self, scalar: Scalar) -> Result<(), Error> {
        let next = self.places.len();
        if let Err(error) = self.values.append(scalar) {
            self.values.truncate(next);
            return Err(error);
        }
        let value = self.values.behind(next);
        let place = match self.places.get(value) {
            Some(&place) => {
                self.values.truncate(next);
                place
            }
            None => {
                self.places.insert(value.to_vec(), next);
                next
            }
        };
        self.keys
            .append(Scalar::Integer(place as i128))
            .map_err(|_| {
                let message = format!(
                    "a dictionary with {} keys has no room for {next} different values in a batch: \
                 choose wider keys",
                    self.keys.data_type()
                );
                Error::new("too-large", message)
            })
    }

    pub(super) fn append_placeholder(&mut self) {
        self.keys.append_placeholder();
    }

    pub(super) fn size(&self) -> usize {
        self.keys.size() + self.values.size()
    }

    /// Values that are no longer named stay: they do no harm.
    pub(super) fn truncate(&mut self, rows: usize) {
        self.keys.truncate(rows);
    }

    /// Hands out the keys and appends the column of values.
    pub(super) fn finish(&mut self, columns: &mut Vec<Column>) -> Vec<Vec<u8>> {
        let values = super::length(self.places.len());
        self.places.clear();
        columns.push(required(values, self.values.finish()));
        self.keys.finish()
    }
}
