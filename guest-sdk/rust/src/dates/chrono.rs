//! `chrono`: dates, times, moments and spans.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike};

use crate::Error;
use crate::column::{Date32, Date64, Duration, LogicalColumn, Micro, Time, Timestamp, Unit, Utc};
use crate::number::Native;
use crate::store::{InZone, Store, Wall, moments};
use crate::temporal::{MILLISECONDS_PER_DAY, Moment};
use crate::value::default_column;

default_column! {
    [] NaiveDate => LogicalColumn<Date32>;
    [] NaiveTime => LogicalColumn<Time<Micro, i64>>;
    [] NaiveDateTime => LogicalColumn<Wall<Micro>>;
    [Tz: TimeZone] DateTime<Tz> => LogicalColumn<Timestamp<Micro, Utc>>;
    [] TimeDelta => LogicalColumn<Duration<Micro>>;
}

moments! {
    [U: Unit, T: Native] NaiveTime => Time<U, T>: |time| since_midnight(time);
    [U: Unit] NaiveDateTime => Wall<U>: |time| since_1970(&time.and_utc());
    [Tz: TimeZone, U: Unit, Z: InZone] DateTime<Tz> => Timestamp<U, Z>: |time| since_1970(time);
    [U: Unit] TimeDelta => Duration<U>: |span| span_of(span);
}

impl Store<LogicalColumn<Date32>> for NaiveDate {
    fn store(&self, column: &mut LogicalColumn<Date32>) -> Result<(), Error> {
        column.append(self.to_epoch_days());
        Ok(())
    }
}

impl Store<LogicalColumn<Date64>> for NaiveDate {
    fn store(&self, column: &mut LogicalColumn<Date64>) -> Result<(), Error> {
        column.append(i64::from(self.to_epoch_days()) * MILLISECONDS_PER_DAY);
        Ok(())
    }
}

/// A leap second counts as the second before it: columns have no place for it.
fn since_midnight(time: &NaiveTime) -> Result<Moment, Error> {
    let nanoseconds = time.nanosecond().min(999_999_999);
    Ok(Moment::new(
        time.num_seconds_from_midnight().into(),
        nanoseconds,
    ))
}

fn since_1970<Tz: TimeZone>(time: &DateTime<Tz>) -> Result<Moment, Error> {
    let nanoseconds = time.timestamp_subsec_nanos().min(999_999_999);
    Ok(Moment::new(time.timestamp(), nanoseconds))
}

/// A negative span has negative nanoseconds, which are counted forward here.
fn span_of(span: &TimeDelta) -> Result<Moment, Error> {
    let (seconds, nanoseconds) = (span.num_seconds(), span.subsec_nanos());
    Ok(match u32::try_from(nanoseconds) {
        Ok(nanoseconds) => Moment::new(seconds, nanoseconds),
        Err(_) => Moment::new(seconds - 1, (nanoseconds + 1_000_000_000).unsigned_abs()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ColumnValue;
    use crate::column::{Milli, Second, finished};

    fn stored<C: crate::column::ColumnBuilder>(value: &impl Store<C>) -> Vec<u8> {
        let mut column = C::default();
        value.store(&mut column).unwrap();
        finished(&mut column, 1).buffers.remove(0)
    }

    #[test]
    fn dates_and_times_are_counted_from_their_start() {
        let date = NaiveDate::from_ymd_opt(1969, 12, 31).unwrap();
        assert_eq!(
            stored::<LogicalColumn<Date32>>(&date),
            (-1_i32).to_le_bytes()
        );
        assert_eq!(
            stored::<LogicalColumn<Date64>>(&date),
            (-86_400_000_i64).to_le_bytes()
        );
        let time = NaiveTime::from_hms_nano_opt(0, 1, 2, 3_000_999).unwrap();
        assert_eq!(
            stored::<<NaiveTime as ColumnValue>::Column>(&time),
            62_003_000_i64.to_le_bytes()
        );
        assert_eq!(
            stored::<LogicalColumn<Time<Milli, i32>>>(&time),
            62_003_i32.to_le_bytes()
        );
    }

    #[test]
    fn moments_keep_their_instant_in_any_zone() {
        let east = chrono::FixedOffset::east_opt(3600).unwrap();
        let moment = east.timestamp_opt(-1, 999_000_000).unwrap();
        assert_eq!(
            stored::<LogicalColumn<Timestamp<Milli, Utc>>>(&moment),
            (-1_i64).to_le_bytes()
        );
        let wall = moment.naive_local();
        assert_eq!(
            stored::<LogicalColumn<Wall<Second>>>(&wall),
            3599_i64.to_le_bytes()
        );
    }

    #[test]
    fn spans_may_be_negative() {
        let span = TimeDelta::microseconds(-1_500_001);
        assert_eq!(
            stored::<<TimeDelta as ColumnValue>::Column>(&span),
            (-1_500_001_i64).to_le_bytes()
        );
    }
}
