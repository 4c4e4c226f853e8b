//! Which column each Rust type goes to by itself.

use std::borrow::Cow;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;

use serde::{Serialize, Serializer};

use crate::Error;
use crate::column::{
    BinaryColumn, BoolColumn, ColumnBuilder, Duration, JsonColumn, LogicalColumn, Micro, Nullable,
    NumberColumn, Timestamp, Utc, Utf8Column, VectorColumn,
};
use crate::store::Store;

/// A type whose values a column can hold, never null.
///
/// A type of your own joins in by passing on the value inside it:
///
/// ```
/// use lance_host_sdk::{ColumnValue, Error};
///
/// struct DocumentId(String);
///
/// impl ColumnValue for DocumentId {
///     type Column = <String as ColumnValue>::Column;
///
///     fn append(&self, column: &mut Self::Column) -> Result<(), Error> {
///         self.0.append(column)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "a column cannot hold `{Self}`",
    label = "not a type that a column can hold",
    note = "the documentation of `lance_host_sdk` lists the types that have a column",
    note = "`#[row(json)]` stores any type that implements serde::Serialize as JSON text; `#[row(skip)]` leaves the field out"
)]
pub trait ColumnValue {
    /// Builds the column.
    type Column: ColumnBuilder;

    /// Appends this value to its column.
    ///
    /// # Errors
    /// If the value does not fit the column.
    fn append(&self, column: &mut Self::Column) -> Result<(), Error>;
}

/// What a field of a row may be: a [`ColumnValue`], or an `Option` of one, which
/// makes the column nullable.
#[diagnostic::on_unimplemented(
    message = "a column cannot hold `{Self}`",
    label = "not a type that a column can hold",
    note = "the documentation of `lance_host_sdk` lists the types that have a column",
    note = "`#[row(json)]` stores any type that implements serde::Serialize as JSON text; `#[row(skip)]` leaves the field out"
)]
pub trait FieldValue {
    /// Builds the column.
    type Column: ColumnBuilder;

    /// Appends this value or null to its column.
    ///
    /// # Errors
    /// As [`ColumnValue::append`].
    fn append(&self, column: &mut Self::Column) -> Result<(), Error>;
}

impl<T: ColumnValue + ?Sized> FieldValue for T {
    type Column = T::Column;

    #[inline]
    fn append(&self, column: &mut Self::Column) -> Result<(), Error> {
        ColumnValue::append(self, column)
    }
}

impl<T: ColumnValue> FieldValue for Option<T> {
    type Column = Nullable<T::Column>;

    #[inline]
    fn append(&self, column: &mut Self::Column) -> Result<(), Error> {
        match self {
            Some(value) => column.append_with(|values| value.append(values)),
            None => {
                column.append_null();
                Ok(())
            }
        }
    }
}

macro_rules! numbers {
    ($($number:ty => $column:ty),*) => {$(
        impl ColumnValue for $number {
            type Column = NumberColumn<$column>;

            #[inline]
            fn append(&self, column: &mut Self::Column) -> Result<(), Error> {
                column.append(*self as $column);
                Ok(())
            }
        }
    )*};
}

// The width of the last two is not the same everywhere, and a column's is.
numbers! {
    i8 => i8, i16 => i16, i32 => i32, i64 => i64, isize => i64,
    u8 => u8, u16 => u16, u32 => u32, u64 => u64, usize => u64,
    f32 => f32, f64 => f64
}

/// The column that a type goes to by itself, among those that take it.
macro_rules! default_column {
    ($([$($parameters:tt)*] $value:ty => $column:ty;)*) => {$(
        impl<$($parameters)*> $crate::ColumnValue for $value {
            type Column = $column;

            #[inline]
            fn append(&self, column: &mut Self::Column) -> Result<(), $crate::Error> {
                $crate::store::Store::store(self, column)
            }
        }
    )*};
}

#[allow(unused_imports, reason = "the libraries of other types are optional")]
pub(crate) use default_column;

default_column! {
    [] bool => BoolColumn;
    [] str => Utf8Column;
    [] String => Utf8Column;
    [] [u8] => BinaryColumn;
    [] Vec<u8> => BinaryColumn;
    [] Bytes => BinaryColumn;
    [const N: usize] [u8; N] => BinaryColumn;
    [const N: usize] [f32; N] => VectorColumn<f32, N>;
    [const N: usize] [f64; N] => VectorColumn<f64, N>;
    [const N: usize] [i8; N] => VectorColumn<i8, N>;
    [const N: usize] Vector<f32, N> => VectorColumn<f32, N>;
    [const N: usize] Vector<f64, N> => VectorColumn<f64, N>;
    [const N: usize] Vector<u8, N> => VectorColumn<u8, N>;
    [const N: usize] Vector<i8, N> => VectorColumn<i8, N>;
    [] SystemTime => LogicalColumn<Timestamp<Micro, Utc>>;
    [] std::time::Duration => LogicalColumn<Duration<Micro>>;
}

#[cfg(feature = "half")]
default_column! {
    [const N: usize] [half::f16; N] => VectorColumn<crate::float16::F16, N>;
    [const N: usize] Vector<half::f16, N> => VectorColumn<crate::float16::F16, N>;
    [] half::f16 => NumberColumn<crate::float16::F16>;
}

impl ColumnValue for char {
    type Column = Utf8Column;

    fn append(&self, column: &mut Self::Column) -> Result<(), Error> {
        column.append(self.encode_utf8(&mut [0; 4]))
    }
}

impl ColumnValue for serde_json::Value {
    type Column = JsonColumn;

    fn append(&self, column: &mut Self::Column) -> Result<(), Error> {
        column.append(self)
    }
}

/// Types that only point at a value.
macro_rules! pass_on {
    ($($pointer:ty),*) => {$(
        impl<T: ColumnValue + ?Sized> ColumnValue for $pointer {
            type Column = T::Column;

            #[inline]
            fn append(&self, column: &mut Self::Column) -> Result<(), Error> {
                T::append(self, column)
            }
        }
    )*};
}

pass_on!(&T, Box<T>, Rc<T>, Arc<T>);

impl<T: ColumnValue + ToOwned + ?Sized> ColumnValue for Cow<'_, T> {
    type Column = T::Column;

    #[inline]
    fn append(&self, column: &mut Self::Column) -> Result<(), Error> {
        T::append(self, column)
    }
}

/// Bytes that are bytes to serde too: a part of a nested column, or a [`Value`](crate::Value),
/// rather than a list of numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bytes(pub Vec<u8>);

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

/// A vector on the heap that has its number of items in its type.
///
/// ```
/// use lance_host_sdk::{Row, Vector};
///
/// #[derive(Row)]
/// struct Document {
///     #[row(key)]
///     id: String,
///     embedding: Vector<f32, 384>,
/// }
///
/// let embedding = Vector::try_from(vec![0.5; 384]).expect("384 items");
/// # let _ = Document { id: String::new(), embedding };
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Vector<T, const N: usize>(Box<[T; N]>);

impl<T, const N: usize> TryFrom<Vec<T>> for Vector<T, N> {
    type Error = Error;

    fn try_from(items: Vec<T>) -> Result<Self, Error> {
        let found = items.len();
        match items.try_into() {
            Ok(items) => Ok(Self(items)),
            Err(_) => Err(crate::column::wrong_dimension(found, N)),
        }
    }
}

impl<T, const N: usize> From<[T; N]> for Vector<T, N> {
    fn from(items: [T; N]) -> Self {
        Self(Box::new(items))
    }
}

impl<T, const N: usize> Deref for Vector<T, N> {
    type Target = [T; N];

    fn deref(&self) -> &[T; N] {
        &self.0
    }
}

impl<T, C: ColumnBuilder, const N: usize> Store<C> for Vector<T, N>
where
    [T; N]: Store<C>,
{
    #[inline]
    fn store(&self, column: &mut C) -> Result<(), Error> {
        self.0.store(column)
    }
}

/// The items of a field marked `#[row(dimension = N)]`: they tell the column's.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no vector",
    label = "`#[row(dimension = N)]` needs a `Vec<f32>`, a `&[f32]` or another slice of numbers"
)]
pub trait Items {
    /// The items as the column holds them.
    type Native: crate::number::Native;
}

macro_rules! items {
    ($($number:ty => $native:ty),*) => {$(
        impl Items for [$number] {
            type Native = $native;
        }

        impl<const N: usize> Items for [$number; N] {
            type Native = $native;
        }

        impl Items for Vec<$number> {
            type Native = $native;
        }
    )*};
}

items!(f32 => f32, f64 => f64, u8 => u8, i8 => i8);
#[cfg(feature = "half")]
items!(half::f16 => crate::float16::F16);

/// Types that only point at a vector.
macro_rules! point_at_items {
    ($($pointer:ty),*) => {$(
        impl<T: Items + ?Sized> Items for $pointer {
            type Native = T::Native;
        }
    )*};
}

point_at_items!(&T, Box<T>, Rc<T>, Arc<T>);

impl<T: Items + ToOwned + ?Sized> Items for Cow<'_, T> {
    type Native = T::Native;
}
