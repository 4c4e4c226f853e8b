//! Time as columns count it: from the pairs of seconds and nanoseconds that all
//! libraries can give, and from text.

use crate::Error;

pub(crate) const MILLISECONDS_PER_DAY: i64 = 86_400_000;

const NANOSECONDS: i128 = 1_000_000_000;

/// Seconds and the nanoseconds after them: since 1970, since midnight, or of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) seconds: i64,
    pub(crate) nanoseconds: u32,
}

impl Moment {
    pub(crate) fn new(seconds: i64, nanoseconds: u32) -> Self {
        Self {
            seconds,
            nanoseconds,
        }
    }

    /// In a coarser unit. What is behind its last digit is cut off, always toward
    /// the past, so that moments keep their order.
    #[inline]
    pub(crate) fn ticks(self, per_second: i64) -> Result<i64, Error> {
        let nanoseconds_per_tick = NANOSECONDS / i128::from(per_second);
        let ticks = i128::from(self.seconds) * i128::from(per_second)
            + i128::from(self.nanoseconds) / nanoseconds_per_tick;
        i64::try_from(ticks).map_err(|_| out_of_range())
    }
}

/// The error for a time that cannot be counted in the column's unit.
pub(crate) fn out_of_range() -> Error {
    Error::new("invalid-value", "the time is out of the column's range")
}

fn invalid(text: &str, expected: &str) -> Error {
    Error::new("invalid-value", format!("{text:?} is not {expected}"))
}

/// Days since 1970.
pub(crate) fn parse_date(text: &str) -> Result<i32, Error> {
    date(text).ok_or_else(|| invalid(text, "a date like 2024-02-29"))
}

/// Since midnight.
pub(crate) fn parse_time(text: &str) -> Result<Moment, Error> {
    time(text).ok_or_else(|| invalid(text, "a time like 23:59:59.999"))
}

/// Since 1970. A moment in a zone tells its distance from universal time, and a
/// clock on the wall does not.
pub(crate) fn parse_timestamp(text: &str, zone: bool) -> Result<Moment, Error> {
    let expected = match zone {
        true => "a moment like 2024-02-29T23:59:59Z or 2024-02-29T23:59:59+01:00",
        false => "a time without a zone, like 2024-02-29T23:59:59",
    };
    timestamp(text, zone).ok_or_else(|| invalid(text, expected))
}

/// Spans have no text.
pub(crate) fn parse_duration(text: &str) -> Result<i64, Error> {
    Err(invalid(
        text,
        "a duration, which is a whole number of its unit",
    ))
}

fn date(text: &str) -> Option<i32> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut parts = digits.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || !(4..=6).contains(&year.len()) {
        return None;
    }
    let year = i32::try_from(number(year)?).ok()?;
    let year = if negative { -year } else { year };
    days(year, two_digits(month)?, two_digits(day)?)
}

/// Days since 1970 in the Gregorian calendar, which counts years from March here, so
/// that the leap day is the last one.
fn days(year: i32, month: u32, day: u32) -> Option<i32> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    let year = i64::from(year) - i64::from(month < 3);
    let day_of_year = i64::from((153 * ((month + 9) % 12) + 2) / 5 + day - 1);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    i32::try_from(era * 146_097 + day_of_era - 719_468).ok()
}

fn time(text: &str) -> Option<Moment> {
    let (clock, fraction) = match text.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (text, None),
    };
    let mut parts = clock.split(':');
    let (hour, minute) = (two_digits(parts.next()?)?, two_digits(parts.next()?)?);
    let second = parts.next();
    if parts.next().is_some() || (fraction.is_some() && second.is_none()) {
        return None;
    }
    let second = second.map_or(Some(0), two_digits)?;
    let nanoseconds = match fraction {
        None => 0,
        Some(digits) if (1..=9).contains(&digits.len()) => {
            number(digits)? * 10_u32.pow(9 - u32::try_from(digits.len()).ok()?)
        }
        Some(_) => return None,
    };
    let valid = hour < 24 && minute < 60 && second < 60;
    let seconds = i64::from(hour * 3600 + minute * 60 + second);
    valid.then(|| Moment::new(seconds, nanoseconds))
}

fn timestamp(text: &str, zone: bool) -> Option<Moment> {
    let (day, rest) = text.split_once(['T', 't', ' '])?;
    let (clock, offset) = if zone { split_offset(rest)? } else { (rest, 0) };
    let Moment {
        seconds,
        nanoseconds,
    } = time(clock)?;
    let seconds = i64::from(date(day)?) * 86_400 + seconds - offset;
    Some(Moment::new(seconds, nanoseconds))
}

/// The clock, and how many seconds it is ahead of universal time.
fn split_offset(text: &str) -> Option<(&str, i64)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock, 0));
    }
    let (clock, offset) = text.split_at(text.rfind(['+', '-'])?);
    let (sign, offset) = match offset.split_at_checked(1)? {
        ("-", offset) => (-1, offset),
        (_, offset) => (1, offset),
    };
    let (hours, minutes) = offset.split_at_checked(2)?;
    let minutes = minutes.strip_prefix(':').unwrap_or(minutes);
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    let seconds = i64::from(hours * 3600 + minutes * 60);
    (hours < 24 && minutes < 60).then_some((clock, sign * seconds))
}

fn two_digits(text: &str) -> Option<u32> {
    (text.len() == 2).then(|| number(text)).flatten()
}

/// Digits only: `parse` would take a sign as well.
fn number(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_since_1970() {
        for (text, days) in [
            ("1970-01-01", 0),
            ("1969-12-31", -1),
            ("2000-02-29", 11_016),
            ("2024-12-31", 20_088),
            ("0000-01-01", -719_528),
            ("-0001-12-31", -719_529),
            ("9999-12-31", 2_932_896),
        ] {
            assert_eq!(parse_date(text), Ok(days), "{text}");
        }
        for text in [
            "",
            "1970-1-1",
            "1970-13-01",
            "1900-02-29",
            "1970-01-00",
            "70-01-01",
        ] {
            assert!(parse_date(text).is_err(), "{text}");
        }
        let error = parse_date("today").unwrap_err();
        assert_eq!(error.message(), r#""today" is not a date like 2024-02-29"#);
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut expected = days(1599, 12, 31).unwrap();
        for year in 1600..2401 {
            for month in 1..=12 {
                for day in (1..=31).filter_map(|day| days(year, month, day)) {
                    expected += 1;
                    assert_eq!(day, expected, "{year}-{month}");
                }
            }
        }
    }

    #[test]
    fn times_may_leave_out_seconds_and_fractions() {
        for (text, seconds, nanoseconds) in [
            ("00:00", 0, 0),
            ("23:59:59", 86_399, 0),
            ("01:02:03.4", 3723, 400_000_000),
            ("01:02:03.000000001", 3723, 1),
        ] {
            assert_eq!(parse_time(text), Ok(Moment::new(seconds, nanoseconds)));
        }
        for text in [
            "24:00",
            "00:60",
            "1:00",
            "00:00:60",
            "00:00.5",
            "00:00:00.",
            "00:+1",
        ] {
            assert!(parse_time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn moments_have_an_offset_exactly_if_there_is_a_zone() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01 01:00:00+01:00", 0),
            ("1969-12-31T18:30-0530", 0),
        ] {
            assert_eq!(parse_timestamp(text, true), Ok(Moment::new(seconds, 0)));
            assert!(parse_timestamp(text, false).is_err(), "{text}");
        }
        assert!(parse_timestamp("1970-01-02T00:00:00", true).is_err());
        assert_eq!(
            parse_timestamp("1970-01-02T00:00:00.5", false),
            Ok(Moment::new(86_400, 500_000_000))
        );
    }

    #[test]
    fn finer_digits_are_cut_off_toward_the_past() {
        assert_eq!(Moment::new(1, 999_999_999).ticks(1_000), Ok(1_999));
        // A millionth of a second before 1970.
        assert_eq!(Moment::new(-1, 999_999_000).ticks(1_000), Ok(-1));
        assert!(Moment::new(i64::MAX, 0).ticks(1_000).is_err());
    }
}
