//! Which Rust types a column of a given type takes, for fields with
//! `#[row(type = "…")]`.

use std::borrow::Cow;
use std::fmt::Display;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::column::{
    BinaryColumn, BoolColumn, ColumnBuilder, Duration, FixedSizeBinaryColumn, FixedSizeListColumn,
    JsonColumn, LargeBinaryColumn, LargeListColumn, LargeUtf8Column, ListColumn, LogicalColumn,
    Meaning, NestedColumn, NoZone, Nullable, NumberColumn, Timestamp, TypeText, Unit, Utf8Column,
    VectorColumn, Zone,
};
use crate::number::{Cast, Native};
use crate::temporal::{Moment, out_of_range};
use crate::{Bytes, Error};

/// A type whose values a column of the builder `C` takes.
#[diagnostic::on_unimplemented(
    message = "a column of this type does not take `{Self}`",
    label = "does not fit the column",
    note = "the column is built by `{C}`",
    note = "convert the value with `#[row(type = \"…\", encode = \"function\")]`, or choose another type"
)]
pub trait Store<C: ColumnBuilder> {
    /// Appends this value to the column.
    ///
    /// # Errors
    /// If the value does not fit.
    fn store(&self, column: &mut C) -> Result<(), Error>;

    /// Appends this value or null to a column that may hold nulls.
    ///
    /// # Errors
    /// If the value does not fit.
    #[inline]
    fn store_nullable(&self, column: &mut Nullable<C>) -> Result<(), Error> {
        column.append_with(|values| self.store(values))
    }
}

/// A builder that takes a `T`, whether it may hold nulls or not.
#[diagnostic::on_unimplemented(
    message = "a column of this type does not take `{T}`",
    label = "does not fit the column",
    note = "the column is built by `{Self}`"
)]
pub trait Slot<T: ?Sized>: ColumnBuilder {
    /// Appends the value.
    ///
    /// # Errors
    /// If the value does not fit.
    fn put(&mut self, value: &T) -> Result<(), Error>;
}

impl<C: ColumnBuilder, T: Store<C> + ?Sized> Slot<T> for Nullable<C> {
    #[inline]
    fn put(&mut self, value: &T) -> Result<(), Error> {
        value.store_nullable(self)
    }
}

/// Implements [`Slot`] for builders whose values are all present.
macro_rules! slot {
    ($([$($parameters:tt)*] $column:ty;)*) => {$(
        impl<V: Store<$column> + ?Sized, $($parameters)*> Slot<V> for $column {
            #[inline]
            fn put(&mut self, value: &V) -> Result<(), Error> {
                value.store(self)
            }
        }
    )*};
}

slot! {
    [] BoolColumn;
    [T: Native] NumberColumn<T>;
    [] Utf8Column;
    [] LargeUtf8Column;
    [] BinaryColumn;
    [] LargeBinaryColumn;
    [] JsonColumn;
    [const N: usize] FixedSizeBinaryColumn<N>;
    [M: Meaning] LogicalColumn<M>;
    [T: Native, const N: usize] VectorColumn<T, N>;
    [C: ColumnBuilder] ListColumn<C>;
    [C: ColumnBuilder] LargeListColumn<C>;
    [C: ColumnBuilder, const N: usize] FixedSizeListColumn<C, N>;
    [S: TypeText] NestedColumn<S>;
}

/// The error for a null in a column that holds none.
pub(crate) fn null_in_required_column() -> Error {
    Error::new("null-in-required-column", "a required column holds a null")
}

impl<C: ColumnBuilder, T: Store<C>> Store<C> for Option<T> {
    #[inline]
    fn store(&self, column: &mut C) -> Result<(), Error> {
        match self {
            Some(value) => value.store(column),
            None => Err(null_in_required_column()),
        }
    }

    #[inline]
    fn store_nullable(&self, column: &mut Nullable<C>) -> Result<(), Error> {
        match self {
            Some(value) => value.store_nullable(column),
            None => {
                column.append_null();
                Ok(())
            }
        }
    }
}

/// What an encoder returns that may fail.
impl<C: ColumnBuilder, T: Store<C>, E: Display> Store<C> for Result<T, E> {
    #[inline]
    fn store(&self, column: &mut C) -> Result<(), Error> {
        match self {
            Ok(value) => value.store(column),
            Err(error) => Err(Error::new("invalid-value", error.to_string())),
        }
    }
}

/// Types that only point at a value.
macro_rules! pass_on {
    ($($pointer:ty),*) => {$(
        impl<C: ColumnBuilder, T: Store<C> + ?Sized> Store<C> for $pointer {
            #[inline]
            fn store(&self, column: &mut C) -> Result<(), Error> {
                T::store(self, column)
            }

            #[inline]
            fn store_nullable(&self, column: &mut Nullable<C>) -> Result<(), Error> {
                T::store_nullable(self, column)
            }
        }
    )*};
}

pass_on!(&T, Box<T>, Rc<T>, Arc<T>);

impl<C: ColumnBuilder, T: Store<C> + ToOwned + ?Sized> Store<C> for Cow<'_, T> {
    #[inline]
    fn store(&self, column: &mut C) -> Result<(), Error> {
        T::store(self, column)
    }

    #[inline]
    fn store_nullable(&self, column: &mut Nullable<C>) -> Result<(), Error> {
        T::store_nullable(self, column)
    }
}

impl Store<BoolColumn> for bool {
    #[inline]
    fn store(&self, column: &mut BoolColumn) -> Result<(), Error> {
        column.append(*self);
        Ok(())
    }
}

/// Numbers go to columns of numbers.
macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl<T: Native> Store<NumberColumn<T>> for $number
        where
            $number: Cast<T>,
        {
            #[inline]
            fn store(&self, column: &mut NumberColumn<T>) -> Result<(), Error> {
                let Some(value) = self.cast() else {
                    return Err(does_not_fit(self, T::NAME));
                };
                column.append(value);
                Ok(())
            }
        }
    )*};
}

/// Integers are also taken as what a column of dates or times counts.
macro_rules! integers {
    ($($integer:ty),*) => {
        numbers!($($integer),*);

        $(
            impl<M: Meaning> Store<LogicalColumn<M>> for $integer
            where
                $integer: Cast<M::Native>,
            {
                #[inline]
                fn store(&self, column: &mut LogicalColumn<M>) -> Result<(), Error> {
                    let Some(value) = self.cast() else {
                        return Err(does_not_fit(self, &M::data_type()));
                    };
                    column.append(value);
                    Ok(())
                }
            }
        )*
    };
}

integers!(
    i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize
);
numbers!(f32, f64);
#[cfg(feature = "half")]
numbers!(half::f16);

pub(crate) fn does_not_fit(value: impl Display, data_type: &str) -> Error {
    Error::new("invalid-value", format!("{value} does not fit {data_type}"))
}

/// Implements [`Store`] for types that give a slice of what the column takes.
macro_rules! slices {
    ($([$($parameters:tt)*] $value:ty => $column:ty: |$this:ident| $slice:expr;)*) => {$(
        impl<$($parameters)*> Store<$column> for $value {
            #[inline]
            fn store(&self, column: &mut $column) -> Result<(), Error> {
                let $this = self;
                column.append($slice)
            }
        }
    )*};
}

slices! {
    [] str => Utf8Column: |text| text;
    [] String => Utf8Column: |text| text;
    [] str => LargeUtf8Column: |text| text;
    [] String => LargeUtf8Column: |text| text;

    [] [u8] => BinaryColumn: |bytes| bytes;
    [] Vec<u8> => BinaryColumn: |bytes| bytes;
    [] Bytes => BinaryColumn: |bytes| bytes;
    [const N: usize] [u8; N] => BinaryColumn: |bytes| bytes;
    [] [u8] => LargeBinaryColumn: |bytes| bytes;
    [] Vec<u8> => LargeBinaryColumn: |bytes| bytes;
    [] Bytes => LargeBinaryColumn: |bytes| bytes;
    [const N: usize] [u8; N] => LargeBinaryColumn: |bytes| bytes;

    [const N: usize] [u8] => FixedSizeBinaryColumn<N>: |bytes| bytes;
    [const N: usize] Vec<u8> => FixedSizeBinaryColumn<N>: |bytes| bytes;
    [const N: usize] Bytes => FixedSizeBinaryColumn<N>: |bytes| bytes;
    // Of any other length it is an error of types.
    [const N: usize] [u8; N] => FixedSizeBinaryColumn<N>: |bytes| bytes;

    [S: Cast<T>, T: Native, const N: usize] [S] => VectorColumn<T, N>: |items| items;
    [S: Cast<T>, T: Native, const N: usize] Vec<S> => VectorColumn<T, N>: |items| items;
    [S: Cast<T>, T: Native, const N: usize] [S; N] => VectorColumn<T, N>: |items| items;

    [C: Slot<T>, T] [T] => ListColumn<C>: |items| items;
    [C: Slot<T>, T] Vec<T> => ListColumn<C>: |items| items;
    [C: Slot<T>, T, const N: usize] [T; N] => ListColumn<C>: |items| items;
    [C: Slot<T>, T] [T] => LargeListColumn<C>: |items| items;
    [C: Slot<T>, T] Vec<T> => LargeListColumn<C>: |items| items;
    [C: Slot<T>, T, const N: usize] [T; N] => LargeListColumn<C>: |items| items;
    [C: Slot<T>, T, const N: usize] [T] => FixedSizeListColumn<C, N>: |items| items;
    [C: Slot<T>, T, const N: usize] Vec<T> => FixedSizeListColumn<C, N>: |items| items;
    [C: Slot<T>, T, const N: usize] [T; N] => FixedSizeListColumn<C, N>: |items| items;
}

/// Text goes to columns of dates and times as their standard writes them.
macro_rules! texts {
    ($($text:ty),*) => {$(
        impl<M: Meaning> Store<LogicalColumn<M>> for $text {
            fn store(&self, column: &mut LogicalColumn<M>) -> Result<(), Error> {
                column.append(M::parse(self)?);
                Ok(())
            }
        }
    )*};
}

texts!(str, String);

/// Types of moments, times and spans, given what they count from the start of
/// their column's count.
macro_rules! moments {
    ($([$($parameters:tt)*] $value:ty => $meaning:ty: |$this:ident| $moment:expr;)*) => {$(
        impl<$($parameters)*> $crate::store::Store<$crate::column::LogicalColumn<$meaning>>
            for $value
        {
            #[inline]
            fn store(
                &self,
                column: &mut $crate::column::LogicalColumn<$meaning>,
            ) -> Result<(), $crate::Error> {
                let $this = self;
                let ticks = $moment?.ticks(U::PER_SECOND)?;
                let value = $crate::number::Cast::cast(ticks);
                column.append(value.ok_or_else($crate::temporal::out_of_range)?);
                Ok(())
            }
        }
    )*};
}

#[allow(unused_imports, reason = "the libraries of dates are optional")]
pub(crate) use moments;

moments! {
    [U: Unit] std::time::Duration => Duration<U>: |span| {
        i64::try_from(span.as_secs())
            .map(|seconds| Moment::new(seconds, span.subsec_nanos()))
            .map_err(|_| out_of_range())
    };
    [U: Unit, Z: InZone] SystemTime => Timestamp<U, Z>: |time| since_1970(*time);
}

fn since_1970(time: SystemTime) -> Result<Moment, Error> {
    let (span, before) = match time.duration_since(UNIX_EPOCH) {
        Ok(span) => (span, false),
        Err(before) => (before.duration(), true),
    };
    let seconds = i64::try_from(span.as_secs()).map_err(|_| out_of_range())?;
    Ok(match (before, span.subsec_nanos()) {
        (false, nanoseconds) => Moment::new(seconds, nanoseconds),
        (true, 0) => Moment::new(-seconds, 0),
        // Nanoseconds count forward, also before 1970.
        (true, nanoseconds) => Moment::new(-seconds - 1, 1_000_000_000 - nanoseconds),
    })
}

/// A zone, and not the lack of one: what a moment of a library needs, since the
/// clock on the wall shows another time in each place.
#[diagnostic::on_unimplemented(
    message = "a moment needs a time zone, such as `timestamp(us, UTC)`",
    label = "`timestamp` without a time zone is the clock on a wall"
)]
pub trait InZone: Zone {}

impl InZone for crate::column::Utc {}

/// Values that are written by serde: JSON text, and nested columns.
#[doc(hidden)]
pub struct Serialized<'a, T: ?Sized>(pub &'a T);

impl<T: Serialize + ?Sized> Store<JsonColumn> for Serialized<'_, T> {
    #[inline]
    fn store(&self, column: &mut JsonColumn) -> Result<(), Error> {
        column.append(self.0)
    }
}

impl<S: TypeText, T: Serialize + ?Sized> Store<NestedColumn<S>> for Serialized<'_, T> {
    #[inline]
    fn store(&self, column: &mut NestedColumn<S>) -> Result<(), Error> {
        column.append(self.0)
    }
}

/// The clock on the wall as what it is, so that the libraries of dates can name it.
#[allow(dead_code, reason = "the libraries of dates are optional")]
pub(crate) type Wall<U> = Timestamp<U, NoZone>;
