//! Text for people: sizes and times as flags take them, and untrusted text made harmless.

use std::{fmt, time::Duration};

/// A number of bytes, as `--max-memory` takes it: `512MiB`.
pub(crate) struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
        for (unit, name) in UNITS {
            if self.0 >= unit {
                // Rounded up to a tenth, so that a bound is never understated.
                let tenths = u128::from(self.0) * 10;
                let tenths = tenths.div_ceil(u128::from(unit));
                return match (tenths / 10, tenths % 10) {
                    (whole, 0) => write!(f, "{whole}{name}"),
                    (whole, tenth) => write!(f, "{whole}.{tenth}{name}"),
                };
            }
        }
        write!(f, "{}B", self.0)
    }
}

/// A time, as `--timeout` takes it: `10m`, `1.5s`.
pub(crate) struct Span(pub Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        match millis {
            0..1_000 => write!(f, "{millis}ms"),
            _ if millis.is_multiple_of(3_600_000) => write!(f, "{}h", millis / 3_600_000),
            _ if millis.is_multiple_of(60_000) => write!(f, "{}m", millis / 60_000),
            _ if millis.is_multiple_of(1_000) => write!(f, "{}s", millis / 1_000),
            _ => write!(f, "{}s", self.0.as_secs_f64()),
        }
    }
}

/// Untrusted text for a terminal: at most `limit` bytes, and no control characters but line
/// breaks and tabs, so that a guest can neither hide what was printed before nor imitate us.
pub(crate) fn printable(text: &str, limit: usize) -> String {
    let end = text.floor_char_boundary(limit);
    let (kept, rest) = text.split_at(end);
    let mut safe: String = kept
        .chars()
        .map(|c| {
            if c.is_control() && c != '\n' && c != '\t' {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        })
        .collect();
    if !rest.is_empty() {
        safe.push('…');
    }
    safe.truncate(safe.trim_end().len());
    safe
}

/// Every line of `text` behind two more spaces.
pub(crate) fn indented(text: &str) -> String {
    text.lines()
        .map(|line| format!("  {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_like_the_flag_that_sets_them() {
        let shown = [
            0,
            1023,
            1024,
            1536,
            512 << 20,
            (512 << 20) + 1,
            3 << 30,
            u64::MAX,
        ]
        .map(|n| Bytes(n).to_string());
        assert_eq!(
            shown,
            [
                "0B",
                "1023B",
                "1KiB",
                "1.5KiB",
                "512MiB",
                "512.1MiB",
                "3GiB",
                "17179869184GiB"
            ]
        );
    }

    #[test]
    fn times_read_like_the_flag_that_sets_them() {
        let shown = [200, 1_500, 90_000, 600_000, 7_200_000]
            .map(|ms| Span(Duration::from_millis(ms)).to_string());
        assert_eq!(shown, ["200ms", "1.5s", "90s", "10m", "2h"]);
    }

    #[test]
    fn terminal_sequences_of_a_guest_are_defused() {
        assert_eq!(
            printable("a\u{1b}[2Jb\r\nc\td\n", 100),
            "a\u{fffd}[2Jb\u{fffd}\nc\td"
        );
    }

    #[test]
    fn long_text_ends_at_a_character() {
        assert_eq!(printable("aäöü", 4), "aä…");
    }
}
