//! The types of libraries of dates, each behind the feature of its name.

#[cfg(feature = "chrono")]
mod chrono;
#[cfg(feature = "time")]
mod time;
