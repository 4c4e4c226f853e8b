//! `time`: dates, times, moments and spans.

use time::{Date, OffsetDateTime, PrimitiveDateTime, Time as Clock, UtcDateTime};

use crate::Error;
use crate::column::{Date32, Date64, Duration, LogicalColumn, Micro, Time, Timestamp, Unit, Utc};
use crate::number::Native;
use crate::store::{InZone, Store, Wall, moments};
use crate::temporal::{MILLISECONDS_PER_DAY, Moment};
use crate::value::default_column;

default_column! {
    [] Date => LogicalColumn<Date32>;
    [] Clock => LogicalColumn<Time<Micro, i64>>;
    [] PrimitiveDateTime => LogicalColumn<Wall<Micro>>;
    [] OffsetDateTime => LogicalColumn<Timestamp<Micro, Utc>>;
    [] UtcDateTime => LogicalColumn<Timestamp<Micro, Utc>>;
    [] time::Duration => LogicalColumn<Duration<Micro>>;
}

moments! {
    [U: Unit, T: Native] Clock => Time<U, T>: |time| since_midnight(*time);
    [U: Unit] PrimitiveDateTime => Wall<U>: |time| since_1970(time.assume_utc().to_utc());
    [U: Unit, Z: InZone] OffsetDateTime => Timestamp<U, Z>: |time| since_1970(time.to_utc());
    [U: Unit, Z: InZone] UtcDateTime => Timestamp<U, Z>: |time| since_1970(*time);
    [U: Unit] time::Duration => Duration<U>: |span| span_of(*span);
}

/// Days since 1970.
fn days(date: Date) -> i32 {
    date.to_julian_day() - UtcDateTime::UNIX_EPOCH.date().to_julian_day()
}

impl Store<LogicalColumn<Date32>> for Date {
    fn store(&self, column: &mut LogicalColumn<Date32>) -> Result<(), Error> {
        column.append(days(*self));
        Ok(())
    }
}

impl Store<LogicalColumn<Date64>> for Date {
    fn store(&self, column: &mut LogicalColumn<Date64>) -> Result<(), Error> {
        column.append(i64::from(days(*self)) * MILLISECONDS_PER_DAY);
        Ok(())
    }
}

fn since_midnight(time: Clock) -> Result<Moment, Error> {
    let (hour, minute, second, nanoseconds) = time.as_hms_nano();
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    Ok(Moment::new(seconds, nanoseconds))
}

fn since_1970(time: UtcDateTime) -> Result<Moment, Error> {
    Ok(Moment::new(time.unix_timestamp(), time.nanosecond()))
}

/// A negative span has negative nanoseconds, which are counted forward here.
fn span_of(span: time::Duration) -> Result<Moment, Error> {
    let (seconds, nanoseconds) = (span.whole_seconds(), span.subsec_nanoseconds());
    Ok(match u32::try_from(nanoseconds) {
        Ok(nanoseconds) => Moment::new(seconds, nanoseconds),
        Err(_) => Moment::new(seconds - 1, (nanoseconds + 1_000_000_000).unsigned_abs()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ColumnValue;
    use crate::column::{ColumnBuilder, finished};

    fn stored<T: ColumnValue>(value: &T) -> Vec<u8> {
        let mut column = T::Column::default();
        value.append(&mut column).unwrap();
        finished(&mut column, 1).buffers.remove(0)
    }

    #[test]
    fn each_type_is_counted_from_its_start() {
        let date = Date::from_calendar_date(1969, time::Month::December, 31).unwrap();
        assert_eq!(stored(&date), (-1_i32).to_le_bytes());
        let clock = Clock::from_hms_nano(0, 1, 2, 3_999).unwrap();
        assert_eq!(stored(&clock), 62_000_003_i64.to_le_bytes());
        let wall = PrimitiveDateTime::new(date, clock);
        assert_eq!(stored(&wall), (-86_337_999_997_i64).to_le_bytes());
        let east = wall.assume_offset(time::UtcOffset::from_hms(0, 1, 2).unwrap());
        assert_eq!(stored(&east), (-86_399_999_997_i64).to_le_bytes());
        assert_eq!(stored(&east.to_utc()), stored(&east));
        assert_eq!(
            stored(&time::Duration::microseconds(-1_500_001)),
            (-1_500_001_i64).to_le_bytes()
        );
        assert_eq!(
            <LogicalColumn<Wall<Micro>> as ColumnBuilder>::data_type(),
            "timestamp(us)"
        );
    }
}
