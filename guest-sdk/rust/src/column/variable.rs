//! Values of varying length, as offsets and bytes: `utf8`, `binary`, their large
//! forms, and `json`.

use std::marker::PhantomData;

use serde::Serialize;

use super::{ColumnBuilder, replace, required};
use crate::Error;
use crate::bindings::lance_host::pipeline::types::Column;
use crate::json;

/// Builds a `utf8` column.
#[derive(Default)]
pub struct Utf8Column(Variable<i32>);

/// Builds a `large-utf8` column.
#[derive(Default)]
pub struct LargeUtf8Column(Variable<i64>);

/// Builds a `binary` column.
#[derive(Default)]
pub struct BinaryColumn(Variable<i32>);

/// Builds a `large-binary` column.
#[derive(Default)]
pub struct LargeBinaryColumn(Variable<i64>);

/// Builds a `json` column.
#[derive(Default)]
pub struct JsonColumn(Variable<i32>);

impl JsonColumn {
    pub(crate) fn append(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        self.0.append_json(value)
    }
}

/// The columns differ in what their bytes mean, which only their type says.
macro_rules! delegate {
    ($($column:ident: $data_type:literal, $value:ty;)*) => {$(
        impl $column {
            #[inline]
            pub(crate) fn append(&mut self, value: &$value) -> Result<(), Error> {
                self.0.append(value.as_ref())
            }
        }

        delegate!($column: $data_type;);
    )*};
    ($column:ident: $data_type:literal;) => {
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

            fn finish(&mut self, rows: u32, columns: &mut Vec<Column>) {
                columns.push(required(rows, self.0.finish()));
            }
        }
    };
}

delegate! {
    Utf8Column: "utf8", str;
    LargeUtf8Column: "large-utf8", str;
    BinaryColumn: "binary", [u8];
    LargeBinaryColumn: "large-binary", [u8];
}

delegate!(JsonColumn: "json";);

/// What counts where a value ends: 32 or 64 bits.
pub(crate) trait Offset: Copy + Default + TryFrom<usize> + 'static {
    const WIDTH: usize;

    fn write(self, bytes: &mut Vec<u8>);

    /// The last of the offsets that `write` has appended.
    fn last(bytes: &[u8]) -> Option<usize>;
}

macro_rules! offset {
    ($($type:ty),*) => {$(
        impl Offset for $type {
            const WIDTH: usize = size_of::<Self>();

            #[inline]
            fn write(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }

            #[inline]
            fn last(bytes: &[u8]) -> Option<usize> {
                usize::try_from(<$type>::from_le_bytes(*bytes.last_chunk()?)).ok()
            }
        }
    )*};
}

offset!(i32, i64);

/// Where each value ends.
///
/// The leading zero of Arrow's offsets is added at the end, so that an empty
/// builder owns no memory.
#[derive(Default)]
pub(crate) struct Ends<O> {
    bytes: Vec<u8>,
    offset: PhantomData<fn() -> O>,
}

impl<O: Offset> Ends<O> {
    /// Where the last value ends.
    #[inline]
    pub(crate) fn last(&self) -> usize {
        O::last(&self.bytes).unwrap_or(0)
    }

    /// Ends a value.
    #[inline]
    pub(crate) fn push(&mut self, end: usize) -> Result<(), Error> {
        let Ok(end) = O::try_from(end) else {
            let message = "more than 2 GiB in one value do not fit a column of this type: split \
                           it over several rows, or use a large type";
            return Err(Error::new("too-large", message));
        };
        end.write(&mut self.bytes);
        Ok(())
    }

    /// Ends a value that has nothing in it.
    pub(crate) fn push_empty(&mut self) {
        match self.bytes.len().checked_sub(O::WIDTH) {
            Some(last) => self.bytes.extend_from_within(last..),
            None => O::default().write(&mut self.bytes),
        }
    }

    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn truncate(&mut self, rows: usize) {
        self.bytes.truncate(rows * O::WIDTH);
    }

    /// The offsets, with their leading zero.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        let mut offsets = Vec::with_capacity(O::WIDTH + self.bytes.len());
        O::default().write(&mut offsets);
        offsets.append(&mut self.bytes);
        offsets
    }
}

/// Where each value ends, and the bytes of all of them.
#[derive(Default)]
pub(crate) struct Variable<O> {
    ends: Ends<O>,
    bytes: Vec<u8>,
}

impl<O: Offset> Variable<O> {
    #[inline]
    pub(crate) fn append(&mut self, value: &[u8]) -> Result<(), Error> {
        self.bytes.extend_from_slice(value);
        self.ends.push(self.bytes.len())
    }

    /// Writes the value's text where it will stay.
    pub(crate) fn append_json(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        json::write(value, &mut self.bytes).map_err(|error| {
            Error::new("invalid-value", format!("no JSON text for it: {error}"))
        })?;
        self.ends.push(self.bytes.len())
    }

    pub(crate) fn append_empty(&mut self) {
        self.ends.push_empty();
    }

    pub(crate) fn size(&self) -> usize {
        self.ends.size() + self.bytes.len()
    }

    /// Also forgets bytes that were written for a value that was never ended.
    pub(crate) fn truncate(&mut self, rows: usize) {
        self.ends.truncate(rows);
        self.bytes.truncate(self.ends.last());
    }

    /// The bytes that were written behind the first `rows` values.
    pub(crate) fn behind(&self, rows: usize) -> &[u8] {
        let start = (rows.checked_sub(1))
            .and_then(|last| self.ends.bytes.get(..(last + 1) * O::WIDTH))
            .map_or(Some(0), O::last)
            .unwrap_or(0);
        self.bytes.get(start..).unwrap_or_default()
    }

    pub(crate) fn finish(&mut self) -> Vec<Vec<u8>> {
        vec![self.ends.finish(), replace(&mut self.bytes)]
    }
}

#[cfg(test)]
mod tests {
    use super::super::finished;
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
        let batch = finished(&mut column, 3);
        assert_eq!(words(&batch.buffers[0]), [0, 2, 2, 4]);
        assert_eq!(batch.buffers[1], "abö".as_bytes());
    }

    #[test]
    fn next_batch_starts_from_nothing() {
        let mut column = BinaryColumn::default();
        column.append(&[1, 2]).unwrap();
        finished(&mut column, 1);
        column.append_placeholder();
        column.append(&[3]).unwrap();
        let batch = finished(&mut column, 2);
        assert_eq!(words(&batch.buffers[0]), [0, 0, 1]);
        assert_eq!(batch.buffers[1], [3]);
    }

    #[test]
    fn empty_batch_has_its_leading_offset() {
        assert_eq!(
            words(&finished(&mut Utf8Column::default(), 0).buffers[0]),
            [0]
        );
    }

    #[test]
    fn json_is_compact_text() {
        let mut column = JsonColumn::default();
        column.append(&vec!["a", "b"]).unwrap();
        column.append(&serde_json::Value::Null).unwrap();
        let batch = finished(&mut column, 2);
        assert_eq!(batch.buffers[1], br#"["a","b"]null"#);
        assert_eq!(words(&batch.buffers[0]), [0, 9, 13]);
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
        assert_eq!(finished(&mut column, 2).buffers[1], b"12");
    }
}
