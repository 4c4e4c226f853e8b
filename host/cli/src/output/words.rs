//! Numbers, times and foreign text as people read them.

use std::{fmt::Write, time::Duration};

use jiff::Timestamp;
use lance_host_reconcile::OwnerStatus;

/// A number with its thousands apart.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of rows.
pub fn rows(number: u64) -> String {
    match number {
        1 => "1 row".to_owned(),
        number => format!("{} rows", count(number)),
    }
}

/// How many rows each owner has, then how many belong to nobody; `-` if there are none.
pub fn owners(owners: &[OwnerStatus], foreign_rows: u64) -> Vec<String> {
    let mut words: Vec<String> = owners
        .iter()
        .map(|owner| match owner.scope.as_str() {
            "" => format!("{}: {}", owner.pipeline, count(owner.rows)),
            scope => format!("{} {scope}: {}", owner.pipeline, count(owner.rows)),
        })
        .collect();
    if foreign_rows > 0 {
        words.push(format!("others: {}", count(foreign_rows)));
    }
    if words.is_empty() {
        words.push("-".to_owned());
    }
    words
}

/// A number of bytes with a unit that fits.
pub fn bytes(number: u64) -> String {
    bytesize::ByteSize(number).display().iec().to_string()
}

/// A length of time with two or three digits.
pub fn time(span: Duration) -> String {
    match span {
        span if span < Duration::from_secs(1) => format!("{} ms", span.as_millis()),
        span if span < Duration::from_secs(60) => format!("{:.1} s", span.as_secs_f64()),
        span => format!("{} min {} s", span.as_secs() / 60, span.as_secs() % 60),
    }
}

/// A point in time, given in RFC 3339, to the second.
pub fn instant(rfc_3339: &str) -> String {
    match rfc_3339.parse::<Timestamp>() {
        Ok(instant) => instant.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => rfc_3339.to_owned(),
    }
}

/// Text that somebody else wrote, made safe for a terminal: a control character
/// could move the cursor, rename the window or hide what stands before it.
pub fn harmless(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\t' => safe.push(character),
            character if is_obeyed(character) => {
                // Writing to a string does not fail.
                let _ = write!(safe, "{}", character.escape_default());
            }
            character => safe.push(character),
        }
    }
    safe
}

/// Whether a terminal would do something else than show this character: control characters, and
/// those that change the direction of the text after them or end the line.
fn is_obeyed(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// JSON that a terminal may show: what it would obey is written as an escape, which means the
/// same to whoever reads the JSON.
pub fn harmless_json(json: String) -> String {
    if !json.contains(is_obeyed) {
        return json;
    }
    let mut safe = String::with_capacity(json.len());
    for character in json.chars() {
        // All of them have four hexadecimal digits, and stand inside of strings only.
        if is_obeyed(character) {
            let _ = write!(safe, "\\u{:04x}", u32::from(character));
        } else {
            safe.push(character);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(count(number), text);
        }
    }

    #[test]
    fn times_have_a_unit_that_fits() {
        assert_eq!(time(Duration::from_millis(42)), "42 ms");
        assert_eq!(time(Duration::from_millis(1_250)), "1.2 s");
        assert_eq!(time(Duration::from_secs(125)), "2 min 5 s");
    }

    #[test]
    fn instants_are_told_to_the_second() {
        assert_eq!(
            instant("2026-11-24T16:25:07.136151027+00:00"),
            "2026-11-24 16:25:07 UTC"
        );
        assert_eq!(
            instant("2026-11-24T16:25:07+02:00"),
            "2026-11-24 14:25:07 UTC"
        );
    }

    #[test]
    fn control_characters_are_shown_not_obeyed() {
        assert_eq!(harmless("a\u{1b}[2Jb\tc\n"), "a\\u{1b}[2Jb\tc\n");
        assert_eq!(harmless("\u{9b}31m \u{202e}txt"), "\\u{9b}31m \\u{202e}txt");
    }

    #[test]
    fn json_for_a_terminal_is_the_same_json() {
        let text = "\u{1b}[2J \u{7f} \u{9b}31m \u{202e}é";
        let json = harmless_json(serde_json::to_string(text).unwrap());
        assert_eq!(json, r#""\u001b[2J \u007f \u009b31m \u202eé""#);
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
