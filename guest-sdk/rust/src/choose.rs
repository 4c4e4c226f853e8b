//! The column of a field that has no attributes: that of its type, if it has one,
//! and otherwise JSON text.
//!
//! The language has no "else" for traits. What the derive generates asks a
//! [`Probe`] for constants, which are those of an inherent implementation where
//! its bounds hold, and otherwise those of a trait that every probe implements.
//! This works for types without parameters of the struct; for others the derive
//! asks for [`FieldValue`] alone.

use std::marker::PhantomData;

use serde::Serialize;

use crate::column::{ColumnBuilder, JsonColumn};
use crate::store::Store;
use crate::{Error, FieldValue};

/// Asks whether a type has a column of its own, and whether it can be JSON.
pub struct Probe<T: ?Sized>(PhantomData<T>);

impl<T: FieldValue + ?Sized> Probe<T> {
    /// There is a column for this type.
    pub const HAS_COLUMN: bool = true;
}

impl<T: Serialize + ?Sized> Probe<T> {
    /// There is JSON text for this type.
    pub const IS_SERIALIZE: bool = true;
}

/// What holds where the bounds above do not.
pub trait Otherwise {
    /// There is no column for this type.
    const HAS_COLUMN: bool = false;
    /// There is no JSON text for this type.
    const IS_SERIALIZE: bool = false;
}

impl<T: ?Sized> Otherwise for Probe<T> {}

/// The way of a field, from what its probe said.
pub struct Way<const HAS_COLUMN: bool, const IS_SERIALIZE: bool>;

/// A way on which a `T` gets into a column.
#[diagnostic::on_unimplemented(
    message = "a column cannot hold `{T}`",
    label = "neither a type that has a column, nor one that implements serde::Serialize",
    note = "derive `serde::Serialize` for it to store it as JSON text, implement `lance_host_sdk::ColumnValue` to give it a column, or leave the field out with `#[row(skip)]`"
)]
pub trait Choose<T: ?Sized> {
    /// Builds the column.
    type Column: ColumnBuilder;

    /// Appends a value to it.
    ///
    /// # Errors
    /// If the value does not fit the column.
    fn append(value: &T, column: &mut Self::Column) -> Result<(), Error>;
}

impl<T: FieldValue + ?Sized, const IS_SERIALIZE: bool> Choose<T> for Way<true, IS_SERIALIZE> {
    type Column = T::Column;

    #[inline]
    fn append(value: &T, column: &mut Self::Column) -> Result<(), Error> {
        value.append(column)
    }
}

impl<T: Serialize + ?Sized> Choose<T> for Way<false, true> {
    type Column = JsonColumn;

    #[inline]
    fn append(value: &T, column: &mut Self::Column) -> Result<(), Error> {
        column.append(value)
    }
}

/// A value that gets into its column on the way `W`.
pub struct Chosen<'a, W, T: ?Sized>(&'a T, PhantomData<W>);

impl<'a, W, T: ?Sized> Chosen<'a, W, T> {
    /// Wraps the value.
    #[inline]
    pub fn new(value: &'a T) -> Self {
        Self(value, PhantomData)
    }
}

impl<W: Choose<T>, T: ?Sized> Store<W::Column> for Chosen<'_, W, T> {
    #[inline]
    fn store(&self, column: &mut W::Column) -> Result<(), Error> {
        W::append(self.0, column)
    }
}
