//! Which Rust types a field of a row may have, and the column each goes to.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use serde::Serialize;

use crate::Error;
use crate::column::{
    BinaryColumn, BoolColumn, ColumnBuilder, Float64Column, Int64Column, JsonColumn, Nullable,
    Utf8Column, VectorColumn,
};

/// A type whose values a column can hold, never null.
///
/// A type of your own joins in by passing on the value inside it:
///
/// ```
/// use lance_host_sdk::{Error, Value};
///
/// struct DocumentId(String);
///
/// impl Value for DocumentId {
///     type Column = <String as Value>::Column;
///
///     fn append(&self, column: &mut Self::Column) -> Result<(), Error> {
///         self.0.append(column)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "a column cannot hold `{Self}`",
    label = "not a type that a column can hold",
    note = "columns hold bool, i8 to i64, u8 to u32, f32, f64, String, &str, Vec<u8>, serde_json::Value, [f32; N], and Option of these",
    note = "a `Vec<f32>` needs `#[row(dimension = N)]`; `#[row(json)]` stores any type that implements serde::Serialize as JSON text; `#[row(skip)]` leaves the field out"
)]
pub trait Value {
    /// Builds the column.
    type Column: ColumnBuilder;

    /// Appends this value to its column.
    ///
    /// # Errors
    /// If the value does not fit the column, such as a vector of another length.
    fn append(&self, column: &mut Self::Column) -> Result<(), Error>;
}

/// What a field of a row may be: a [`Value`], or an `Option` of one, which makes
/// the column nullable.
#[diagnostic::on_unimplemented(
    message = "a column cannot hold `{Self}`",
    label = "not a type that a column can hold",
    note = "columns hold bool, i8 to i64, u8 to u32, f32, f64, String, &str, Vec<u8>, serde_json::Value, [f32; N], and Option of these",
    note = "a `Vec<f32>` needs `#[row(dimension = N)]`; `#[row(json)]` stores any type that implements serde::Serialize as JSON text; `#[row(skip)]` leaves the field out"
)]
pub trait FieldValue {
    /// Builds the column.
    type Column: ColumnBuilder;

    /// Appends this value or null to its column.
    ///
    /// # Errors
    /// As [`Value::append`].
    fn append(&self, column: &mut Self::Column) -> Result<(), Error>;
}

impl<T: Value> FieldValue for T {
    type Column = T::Column;

    #[inline]
    fn append(&self, column: &mut Self::Column) -> Result<(), Error> {
        Value::append(self, column)
    }
}

impl<T: Value> FieldValue for Option<T> {
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

impl Value for bool {
    type Column = BoolColumn;

    #[inline]
    fn append(&self, column: &mut Self::Column) -> Result<(), Error> {
        column.append(*self);
        Ok(())
    }
}

/// Types that widen into the column's without loss.
macro_rules! widen {
    ($column:ident: $($narrow:ty),*) => {$(
        impl Value for $narrow {
            type Column = $column;

            #[inline]
            fn append(&self, column: &mut Self::Column) -> Result<(), Error> {
                column.append((*self).into());
                Ok(())
            }
        }
    )*};
}

widen!(Int64Column: i8, i16, i32, i64, u8, u16, u32);
widen!(Float64Column: f32, f64);

impl Value for str {
    type Column = Utf8Column;

    #[inline]
    fn append(&self, column: &mut Self::Column) -> Result<(), Error> {
        column.append(self)
    }
}

impl Value for String {
    type Column = Utf8Column;

    #[inline]
    fn append(&self, column: &mut Self::Column) -> Result<(), Error> {
        column.append(self)
    }
}

impl Value for [u8] {
    type Column = BinaryColumn;

    #[inline]
    fn append(&self, column: &mut Self::Column) -> Result<(), Error> {
        column.append(self)
    }
}

impl Value for Vec<u8> {
    type Column = BinaryColumn;

    #[inline]
    fn append(&self, column: &mut Self::Column) -> Result<(), Error> {
        column.append(self)
    }
}

impl<const N: usize> Value for [u8; N] {
    type Column = BinaryColumn;

    #[inline]
    fn append(&self, column: &mut Self::Column) -> Result<(), Error> {
        column.append(self)
    }
}

impl<const N: usize> Value for [f32; N] {
    type Column = VectorColumn<N>;

    #[inline]
    fn append(&self, column: &mut Self::Column) -> Result<(), Error> {
        column.append(self)
    }
}

impl Value for serde_json::Value {
    type Column = JsonColumn;

    fn append(&self, column: &mut Self::Column) -> Result<(), Error> {
        column.append(self)
    }
}

/// Types that only point at a value.
macro_rules! pass_on {
    ($($pointer:ty),*) => {$(
        impl<T: Value + ?Sized> Value for $pointer {
            type Column = T::Column;

            #[inline]
            fn append(&self, column: &mut Self::Column) -> Result<(), Error> {
                T::append(self, column)
            }
        }
    )*};
}

pass_on!(&T, Box<T>, Rc<T>, Arc<T>);

impl<T: Value + ToOwned + ?Sized> Value for Cow<'_, T> {
    type Column = T::Column;

    #[inline]
    fn append(&self, column: &mut Self::Column) -> Result<(), Error> {
        T::append(self, column)
    }
}

/// A field marked `#[row(json)]`.
#[doc(hidden)]
pub struct Json<'a, T: ?Sized>(pub &'a T);

impl<T: Serialize + ?Sized> Value for Json<'_, T> {
    type Column = JsonColumn;

    #[inline]
    fn append(&self, column: &mut Self::Column) -> Result<(), Error> {
        column.append(self.0)
    }
}

/// A field marked `#[row(dimension = N)]`.
#[doc(hidden)]
pub struct Vector<'a, T: ?Sized, const N: usize>(pub &'a T);

impl<T: Items + ?Sized, const N: usize> Value for Vector<'_, T, N> {
    type Column = VectorColumn<N>;

    #[inline]
    fn append(&self, column: &mut Self::Column) -> Result<(), Error> {
        column.append(self.0.items())
    }
}

/// A type that a field marked `#[row(dimension = N)]` may have.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no vector",
    label = "`#[row(dimension = N)]` needs a `Vec<f32>`, a `&[f32]` or another slice of f32"
)]
pub trait Items {
    fn items(&self) -> &[f32];
}

impl Items for [f32] {
    #[inline]
    fn items(&self) -> &[f32] {
        self
    }
}

impl<const N: usize> Items for [f32; N] {
    #[inline]
    fn items(&self) -> &[f32] {
        self
    }
}

impl Items for Vec<f32> {
    #[inline]
    fn items(&self) -> &[f32] {
        self
    }
}

/// Types that only point at a vector.
macro_rules! point_at_items {
    ($($pointer:ty),*) => {$(
        impl<T: Items + ?Sized> Items for $pointer {
            #[inline]
            fn items(&self) -> &[f32] {
                T::items(self)
            }
        }
    )*};
}

point_at_items!(&T, Box<T>, Rc<T>, Arc<T>);

impl<T: Items + ToOwned + ?Sized> Items for Cow<'_, T> {
    #[inline]
    fn items(&self) -> &[f32] {
        T::items(self)
    }
}
