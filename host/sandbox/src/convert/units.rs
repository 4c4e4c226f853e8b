//! What days, times and decimals can be.

use lance_host_data_type::TimeUnit;

/// What is said of a date that is counted in milliseconds and has some left over.
pub(super) const PART_OF_A_DAY: &str = "the date is not a whole number of days";

/// What is said of a time before the beginning or behind the end of a day.
pub(super) const NO_TIME_OF_DAY: &str = "the time lies outside of the day";

/// What is said of a decimal that is too large.
pub(super) fn too_many_digits(precision: u8) -> String {
    format!("the number has more than {precision} digits")
}

/// How many units a second has.
pub(super) fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}

const SECONDS_OF_A_DAY: i64 = 86_400;

/// Milliseconds of a day.
pub(super) const DAY: i64 = SECONDS_OF_A_DAY * 1_000;

pub(super) fn is_whole_day(milliseconds: i64) -> bool {
    milliseconds % DAY == 0
}

pub(super) fn is_time_of_day(unit: TimeUnit, value: i64) -> bool {
    (0..SECONDS_OF_A_DAY * per_second(unit)).contains(&value)
}
