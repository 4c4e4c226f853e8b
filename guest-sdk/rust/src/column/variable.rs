//! Values of varying length, as offsets and bytes: `utf8`, `binary` and `json`.

use serde::Serialize;

use super::{ColumnBuilder, replace};
use crate::Error;
use crate::bindings::lance_host::pipeline::types::Column;

/// Builds a `utf8` column.
#[derive(Default)]
pub struct Utf8Column(Variable);

/// Builds a `binary` column.
#[derive(Default)]
pub struct BinaryColumn(Variable);

/// Builds a `json` column.
#[derive(Default)]
pub struct JsonColumn(Variable);

impl Utf8Column {
    pub(crate) fn append(&mut self, value: &str) -> Result<(), Error> {
        self.0.append(value.as_bytes())
    }
}

impl BinaryColumn {
    pub(crate) fn append(&mut self, value: &[u8]) -> Result<(), Error> {
        self.0.append(value)
    }
}

impl JsonColumn {
    /// Writes the value's text where it will stay.
    pub(crate) fn append(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        serde_json::to_writer(&mut self.0.bytes, value).map_err(|error| {
            Error::new("invalid-value", format!("no JSON text for it: {error}"))
        })?;
        self.0.close()
    }
}

/// The three differ in what their bytes mean, which only their type says.
macro_rules! delegate {
    ($($column:ident: $data_type:literal,)*) => {$(
        impl ColumnBuilder for $column {
            fn data_type() -> String {
                $data_type.to_owned()
            }

            fn append_placeholder(&mut self) {
                self.0.append_empty();
            }

            fn size(&self) -> usize {
                self.0.size()
            }

            fn truncate(&mut self, rows: usize) {
                self.0.truncate(rows);
            }

            fn finish(&mut self, rows: u32) -> Column {
                self.0.finish(rows)
            }
        }
    )*};
}

delegate! {
    Utf8Column: "utf8",
    BinaryColumn: "binary",
    JsonColumn: "json",
}

/// Where each value ends, and the bytes of all of them.
///
/// The leading zero of Arrow's offsets is added at the end, so that an empty
/// builder owns no memory.
#[derive(Default)]
struct Variable {
    ends: Vec<u8>,
    end: i32,
    bytes: Vec<u8>,
}

impl Variable {
    fn append(&mut self, value: &[u8]) -> Result<(), Error> {
        self.bytes.extend_from_slice(value);
        self.close()
    }

    fn append_empty(&mut self) {
        self.ends.extend_from_slice(&self.end.to_le_bytes());
    }

    /// Ends a value whose bytes have been written.
    fn close(&mut self) -> Result<(), Error> {
        let Ok(end) = i32::try_from(self.bytes.len()) else {
            return Err(Error::new(
                "too-large",
                "a value of 2 GiB or more does not fit a column: split it over several rows",
            ));
        };
        self.end = end;
        self.ends.extend_from_slice(&end.to_le_bytes());
        Ok(())
    }

    fn size(&self) -> usize {
        self.ends.len() + self.bytes.len()
    }

    /// Also forgets bytes that were written for a value that was never ended.
    fn truncate(&mut self, rows: usize) {
        self.ends.truncate(rows * 4);
        self.end = match self.ends.last_chunk() {
            Some(&end) => i32::from_le_bytes(end),
            None => 0,
        };
        self.bytes.truncate(self.end.unsigned_abs() as usize);
    }

    fn finish(&mut self, rows: u32) -> Column {
        let mut offsets = Vec::with_capacity(4 + self.ends.len());
        offsets.extend_from_slice(&0_i32.to_le_bytes());
        offsets.append(&mut self.ends);
        self.end = 0;
        Column {
            length: rows,
            validity: None,
            buffers: vec![offsets, replace(&mut self.bytes)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(bytes: &[u8]) -> Vec<i32> {
        let (words, []) = bytes.as_chunks() else {
            panic!("offsets are whole words");
        };
        words.iter().map(|&word| i32::from_le_bytes(word)).collect()
    }

    #[test]
    fn text_is_offsets_and_bytes() {
        let mut column = Utf8Column::default();
        column.append("ab").unwrap();
        column.append("").unwrap();
        column.append("ö").unwrap();
        assert_eq!(column.size(), 3 * 4 + 4);
        let finished = column.finish(3);
        assert_eq!(words(&finished.buffers[0]), [0, 2, 2, 4]);
        assert_eq!(finished.buffers[1], "abö".as_bytes());
    }

    #[test]
    fn next_batch_starts_from_nothing() {
        let mut column = BinaryColumn::default();
        column.append(&[1, 2]).unwrap();
        column.finish(1);
        column.append_placeholder();
        column.append(&[3]).unwrap();
        let finished = column.finish(2);
        assert_eq!(words(&finished.buffers[0]), [0, 0, 1]);
        assert_eq!(finished.buffers[1], [3]);
    }

    #[test]
    fn empty_batch_has_its_leading_offset() {
        assert_eq!(words(&Utf8Column::default().finish(0).buffers[0]), [0]);
    }

    #[test]
    fn json_is_compact_text() {
        let mut column = JsonColumn::default();
        column.append(&vec!["a", "b"]).unwrap();
        column.append(&serde_json::Value::Null).unwrap();
        let finished = column.finish(2);
        assert_eq!(finished.buffers[1], br#"["a","b"]null"#);
        assert_eq!(words(&finished.buffers[0]), [0, 9, 13]);
    }

    /// Fails after its first element has been written.
    struct Broken;

    impl Serialize for Broken {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::{Error, SerializeSeq};
            let mut items = serializer.serialize_seq(None)?;
            items.serialize_element("half")?;
            Err(S::Error::custom("the other half is missing"))
        }
    }

    #[test]
    fn truncation_removes_a_half_written_value() {
        let mut column = JsonColumn::default();
        column.append(&1).unwrap();
        let error = column.append(&Broken).unwrap_err();
        assert_eq!(error.code(), "invalid-value");
        assert!(error.message().contains("the other half is missing"));
        column.truncate(1);
        column.append(&2).unwrap();
        assert_eq!(column.finish(2).buffers[1], b"12");
    }
}
