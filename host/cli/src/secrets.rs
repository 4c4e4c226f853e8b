//! Values that no message may contain: credentials of databases.
//!
//! Stores put into their errors whatever a server answers, and a server may answer with what it was
//! sent. So the values themselves are looked for in everything that tells what went wrong. One
//! list for the process, as there is one standard error.

use std::sync::{Mutex, PoisonError};

static HIDDEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// What stands in their place.
const REDACTED: &str = "[redacted]";

/// Shorter values are words like any others, and no secrets.
const SHORTEST: usize = 4;

/// Words in the names of options whose values are secrets.
const SECRET: &[&str] = &[
    "key",
    "secret",
    "token",
    "password",
    "credential",
    "signature",
    "sas",
    "headers.",
];

/// Variables from which the client of S3 takes credentials by itself.
const VARIABLES: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
];

/// Hides the value of a storage option, if its name says that it is a secret.
pub fn hide_option(name: &str, value: &str) {
    let name = name.to_ascii_lowercase();
    if SECRET.iter().any(|word| name.contains(word)) {
        hide(value);
    }
}

/// Hides what the client of S3 finds in the environment.
pub fn hide_variables() {
    let values = VARIABLES.iter().filter_map(|name| std::env::var(name).ok());
    values.for_each(|value| hide(&value));
}

fn hide(value: &str) {
    if value.len() < SHORTEST {
        return;
    }
    let mut hidden = HIDDEN.lock().unwrap_or_else(PoisonError::into_inner);
    if !hidden.iter().any(|known| known == value) {
        hidden.push(value.to_owned());
        // One may be a part of another.
        hidden.sort_by_key(|value| std::cmp::Reverse(value.len()));
    }
}

/// The text without hidden values.
pub fn without(text: &str) -> String {
    let hidden = HIDDEN.lock().unwrap_or_else(PoisonError::into_inner);
    hidden
        .iter()
        .fold(text.to_owned(), |text, value| text.replace(value, REDACTED))
}

/// Takes hidden values out of warnings.
pub fn redact(warnings: &mut [String]) {
    for warning in warnings {
        *warning = without(warning);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_value_is_in_no_text() {
        hide_option("AWS_Secret_Access_Key", "hunter2-secret");
        hide_option("secret_access_key", "hunter2-secret-longer");
        hide_option("region", "eu-central-9");
        hide_option("token", "abc");
        assert_eq!(
            without("hunter2-secret-longer, hunter2-secret, eu-central-9, abc"),
            "[redacted], [redacted], eu-central-9, abc"
        );
    }
}
