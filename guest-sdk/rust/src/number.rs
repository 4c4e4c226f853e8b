//! Numbers: those that columns hold, those of Rust, and how the ones become the
//! others without losing what they say.

use std::any::TypeId;

use crate::Error;
use crate::float16::F16;

/// A number as a column holds it.
pub trait Native: Copy + Default + 'static {
    /// The type, as the contract writes it.
    const NAME: &'static str;

    /// The bytes of one.
    const WIDTH: usize;

    /// The same number, if there is one.
    fn from_integer(value: i128) -> Option<Self>;

    /// The nearest number; none for a finite value beyond the largest, and none
    /// for integers, which would lose what is behind the point.
    fn from_float(value: f64) -> Option<Self>;

    /// Appends it as it leaves the guest.
    fn write(self, bytes: &mut Vec<u8>);
}

/// A [`Native`] that takes other floating-point numbers.
#[diagnostic::on_unimplemented(
    message = "a column of `{Self}` takes no floating-point numbers",
    label = "does not fit the column",
    note = "convert the value with `#[row(type = \"…\", encode = \"function\")]`, or choose another type"
)]
pub trait Float: Native {}

macro_rules! integers {
    ($($type:ident: $name:literal),*) => {$(
        impl Native for $type {
            const NAME: &'static str = $name;
            const WIDTH: usize = size_of::<Self>();

            #[inline]
            fn from_integer(value: i128) -> Option<Self> {
                Self::try_from(value).ok()
            }

            fn from_float(_: f64) -> Option<Self> {
                None
            }

            #[inline]
            fn write(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}

integers! {
    i8: "int8", i16: "int16", i32: "int32", i64: "int64",
    u8: "uint8", u16: "uint16", u32: "uint32", u64: "uint64"
}

macro_rules! floats {
    ($($type:ident: $name:literal, $from:expr, $into:expr, $is_finite:expr;)*) => {$(
        impl Native for $type {
            const NAME: &'static str = $name;
            const WIDTH: usize = size_of::<Self>();

            /// Large integers may lie between two floating-point numbers.
            fn from_integer(value: i128) -> Option<Self> {
                let near = value as f64;
                let number = Self::from_float(near)?;
                // 2^127 would be cut to a number below it on its way back.
                let same = near < i128::MAX as f64 && near as i128 == value;
                (same && $into(number) == near).then_some(number)
            }

            #[inline]
            fn from_float(value: f64) -> Option<Self> {
                let number: Self = $from(value);
                let overflow = value.is_finite() && !$is_finite(number);
                (!overflow).then_some(number)
            }

            #[inline]
            fn write(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
        }

        impl Float for $type {}
    )*};
}

floats! {
    F16: "float16", F16::from_f64, F16::to_f64, F16::is_finite;
    f32: "float32", |value: f64| value as f32, f64::from, f32::is_finite;
    f64: "float64", |value: f64| value, |number: f64| number, f64::is_finite;
}

/// A number of Rust that becomes a `T`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not become `{T}`",
    note = "whole numbers become any number, floating-point numbers only others of their kind"
)]
pub trait Cast<T: Native>: Copy + 'static {
    /// The number as a `T`, if it fits.
    fn cast(self) -> Option<T>;

    /// The bytes of numbers that lie in memory as they leave the guest.
    fn bytes(numbers: &[Self]) -> Option<&[u8]>;
}

/// Appends numbers in a row: as they are where they are of the same type.
///
/// # Errors
/// If one does not fit; some may have been appended.
#[inline]
pub(crate) fn extend<S: Cast<T>, T: Native>(
    numbers: &[S],
    bytes: &mut Vec<u8>,
) -> Result<(), Error> {
    const { assert!(cfg!(target_endian = "little")) };
    if TypeId::of::<S>() == TypeId::of::<T>()
        && let Some(same) = S::bytes(numbers)
    {
        bytes.extend_from_slice(same);
        return Ok(());
    }
    for (position, number) in numbers.iter().enumerate() {
        let Some(number) = number.cast() else {
            let message = format!("item {position} of the vector does not fit {}", T::NAME);
            return Err(Error::new("invalid-value", message));
        };
        number.write(bytes);
    }
    Ok(())
}

macro_rules! cast {
    ($bound:ident: $($source:ty: |$value:ident| $cast:expr, $bytes:expr;)*) => {$(
        impl<T: $bound> Cast<T> for $source {
            #[inline]
            fn cast(self) -> Option<T> {
                let $value = self;
                $cast
            }

            #[inline]
            fn bytes(numbers: &[Self]) -> Option<&[u8]> {
                $bytes(numbers)
            }
        }
    )*};
}

macro_rules! cast_integers {
    ($($source:ty),*) => {
        cast! { Native: $(
            $source: |value| T::from_integer(i128::try_from(value).ok()?),
                |numbers| Some(bytemuck::cast_slice(numbers));
        )* }
    };
}

cast_integers!(
    i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize
);

cast! { Float:
    f32: |value| T::from_float(value.into()), |numbers| Some(bytemuck::cast_slice(numbers));
    f64: |value| T::from_float(value), |numbers| Some(bytemuck::cast_slice(numbers));
}

#[cfg(feature = "half")]
cast! { Float:
    half::f16: |value| T::from_float(value.into()), |_| None;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_fit_or_do_not() {
        assert_eq!(Cast::<i8>::cast(127_i64), Some(127));
        assert_eq!(Cast::<i8>::cast(128_i64), None);
        assert_eq!(Cast::<u64>::cast(-1_i8), None);
        assert_eq!(Cast::<u64>::cast(u128::MAX), None);
        assert_eq!(Cast::<u64>::cast(usize::MAX), Some(usize::MAX as u64));
    }

    #[test]
    fn integers_become_floats_only_if_nothing_is_lost() {
        assert_eq!(Cast::<f32>::cast(1_i64 << 24), Some(16_777_216.0));
        assert_eq!(Cast::<f32>::cast((1_i64 << 24) + 1), None);
        assert_eq!(Cast::<f64>::cast(i64::MAX), None);
        assert_eq!(
            Cast::<f64>::cast(i64::MIN),
            Some(-9_223_372_036_854_775_808.0)
        );
        assert_eq!(Cast::<f64>::cast(i128::MAX), None);
    }

    #[test]
    fn floats_are_rounded_and_do_not_overflow() {
        assert_eq!(Cast::<f32>::cast(0.1_f64), Some(0.1));
        assert_eq!(Cast::<f32>::cast(f64::MAX), None);
        assert_eq!(Cast::<f32>::cast(f64::INFINITY), Some(f32::INFINITY));
        assert!(Cast::<f32>::cast(f64::NAN).is_some_and(f32::is_nan));
        assert!(Cast::<F16>::cast(65_504.0_f32).is_some());
        assert!(Cast::<F16>::cast(65_520.0_f32).is_none());
    }

    #[test]
    fn item_of_a_row_of_numbers_that_does_not_fit_is_named() {
        let mut bytes = Vec::new();
        extend::<f32, f32>(&[1.0], &mut bytes).unwrap();
        extend::<u8, i8>(&[1, 2], &mut bytes).unwrap();
        assert_eq!(bytes, [0, 0, 0x80, 0x3f, 1, 2]);
        let error = extend::<u8, i8>(&[1, 200], &mut bytes).unwrap_err();
        assert_eq!(error.message(), "item 1 of the vector does not fit int8");
    }
}
