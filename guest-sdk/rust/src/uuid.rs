//! `uuid`: text with hyphens by itself, and 16 bytes on request.

use uuid::Uuid;

use crate::Error;
use crate::column::{BinaryColumn, FixedSizeBinaryColumn, Utf8Column};
use crate::store::Store;
use crate::value::default_column;

default_column! {
    [] Uuid => Utf8Column;
}

impl Store<Utf8Column> for Uuid {
    fn store(&self, column: &mut Utf8Column) -> Result<(), Error> {
        column.append(self.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
    }
}

impl Store<FixedSizeBinaryColumn<16>> for Uuid {
    fn store(&self, column: &mut FixedSizeBinaryColumn<16>) -> Result<(), Error> {
        column.append(self.as_bytes())
    }
}

impl Store<BinaryColumn> for Uuid {
    fn store(&self, column: &mut BinaryColumn) -> Result<(), Error> {
        column.append(self.as_bytes())
    }
}
