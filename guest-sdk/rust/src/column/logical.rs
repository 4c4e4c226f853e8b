//! Dates, times, moments and spans: columns of integers that mean something.

use std::marker::PhantomData;

use super::{ColumnBuilder, NumberColumn};
use crate::Error;
use crate::bindings::lance_host::pipeline::types::Column;
use crate::number::Native;
use crate::temporal;

/// Builds a column of the integers of `M`.
pub struct LogicalColumn<M: Meaning>(NumberColumn<M::Native>);

/// What the integers of a column mean.
pub trait Meaning: 'static {
    /// The integers.
    type Native: Native;

    /// The column's type, as the contract writes it.
    fn data_type() -> String;

    /// Reads the text of a value.
    ///
    /// # Errors
    /// If it is none.
    #[doc(hidden)]
    fn parse(text: &str) -> Result<Self::Native, Error>;
}

impl<M: Meaning> LogicalColumn<M> {
    #[inline]
    pub(crate) fn append(&mut self, value: M::Native) {
        self.0.append(value);
    }
}

impl<M: Meaning> Default for LogicalColumn<M> {
    fn default() -> Self {
        Self(NumberColumn::default())
    }
}

impl<M: Meaning> ColumnBuilder for LogicalColumn<M> {
    fn data_type() -> String {
        M::data_type()
    }

    fn append_placeholder(&mut self) {
        self.0.append_placeholder();
    }

    fn size(&self) -> usize {
        self.0.size()
    }

    fn truncate(&mut self, rows: usize) {
        self.0.truncate(rows);
    }

    fn finish(&mut self, rows: u32, columns: &mut Vec<Column>) {
        self.0.finish(rows, columns);
    }
}

/// What time is counted in.
pub trait Unit: 'static {
    /// As a type's text has it.
    const NAME: &'static str;

    /// How many there are in a second.
    const PER_SECOND: i64;
}

/// A time zone, or none.
pub trait Zone: 'static {
    /// As a type's text has it.
    const NAME: Option<&'static str>;
}

macro_rules! units {
    ($($(#[$doc:meta])* $unit:ident: $name:literal, $per_second:literal;)*) => {$(
        $(#[$doc])*
        pub struct $unit;

        impl Unit for $unit {
            const NAME: &'static str = $name;
            const PER_SECOND: i64 = $per_second;
        }
    )*};
}

units! {
    /// Seconds.
    Second: "s", 1;
    /// Milliseconds.
    Milli: "ms", 1_000;
    /// Microseconds.
    Micro: "us", 1_000_000;
    /// Nanoseconds.
    Nano: "ns", 1_000_000_000;
}

/// The clock on the wall, wherever that is.
pub struct NoZone;

impl Zone for NoZone {
    const NAME: Option<&'static str> = None;
}

/// Moments that are shown in universal time.
pub struct Utc;

impl Zone for Utc {
    const NAME: Option<&'static str> = Some("UTC");
}

/// Days.
pub struct Date32;

/// Days, counted in milliseconds.
pub struct Date64;

/// Times of a day, in 32 or 64 bits.
pub struct Time<U, T>(PhantomData<fn() -> (U, T)>);

/// Moments, in a zone or on the wall.
pub struct Timestamp<U, Z>(PhantomData<fn() -> (U, Z)>);

/// Spans of time.
pub struct Duration<U>(PhantomData<fn() -> U>);

impl Meaning for Date32 {
    type Native = i32;

    fn data_type() -> String {
        "date32".to_owned()
    }

    fn parse(text: &str) -> Result<i32, Error> {
        temporal::parse_date(text)
    }
}

impl Meaning for Date64 {
    type Native = i64;

    fn data_type() -> String {
        "date64".to_owned()
    }

    fn parse(text: &str) -> Result<i64, Error> {
        Ok(i64::from(temporal::parse_date(text)?) * temporal::MILLISECONDS_PER_DAY)
    }
}

impl<U: Unit, T: Native> Meaning for Time<U, T> {
    type Native = T;

    fn data_type() -> String {
        format!("time{}({})", T::WIDTH * 8, U::NAME)
    }

    fn parse(text: &str) -> Result<T, Error> {
        let ticks = temporal::parse_time(text)?.ticks(U::PER_SECOND)?;
        T::from_integer(ticks.into()).ok_or_else(temporal::out_of_range)
    }
}

impl<U: Unit, Z: Zone> Meaning for Timestamp<U, Z> {
    type Native = i64;

    fn data_type() -> String {
        match Z::NAME {
            Some(zone) => format!("timestamp({}, {zone})", U::NAME),
            None => format!("timestamp({})", U::NAME),
        }
    }

    fn parse(text: &str) -> Result<i64, Error> {
        temporal::parse_timestamp(text, Z::NAME.is_some())?.ticks(U::PER_SECOND)
    }
}

impl<U: Unit> Meaning for Duration<U> {
    type Native = i64;

    fn data_type() -> String {
        format!("duration({})", U::NAME)
    }

    fn parse(text: &str) -> Result<i64, Error> {
        temporal::parse_duration(text)
    }
}
