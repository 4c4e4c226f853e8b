//! Whether a text is JSON.

use serde::de::IgnoredAny;

/// What is wrong with a text that should be JSON; nothing is kept of it.
pub(super) fn check(text: &str) -> Result<(), String> {
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("the text is not JSON: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_whole_value_is_json() {
        for text in [
            "null",
            " [1, 2.5e3, \"a\"] ",
            "{\"a\": {\"b\": []}}",
            "\"text\"",
        ] {
            assert_eq!(check(text), Ok(()));
        }
        for text in ["", "nul", "{} {}", "[1,]", "{'a': 1}"] {
            assert!(check(text).is_err(), "{text}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        assert!(check(&"[".repeat(100_000)).is_err());
    }
}
