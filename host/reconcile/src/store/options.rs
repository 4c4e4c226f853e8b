//! What a store has to be told: its endpoint, credentials, time-outs.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use super::location::without_credentials;

/// What is set unless a database says otherwise: an endpoint that stays away ends a run within
/// minutes. Lance's own bound is three times as long, and some of its calls are retried on top.
const DEFAULTS: &[(&str, &str)] = &[("client_retry_timeout", "60"), ("connect_timeout", "5s")];

/// Names of the options and the variables that an endpoint is given by, as the client of S3 takes
/// them, the strongest first.
const ENDPOINT: &[&str] = &[
    "aws_endpoint_url_s3",
    "aws_endpoint",
    "aws_endpoint_url",
    "endpoint",
    "endpoint_url",
];

/// The storage options of a database, with the keys of LanceDB's `storage_options`.
///
/// Values may be secrets: none of them is printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct StorageOptions(BTreeMap<String, String>);

impl FromIterator<(String, String)> for StorageOptions {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(options: T) -> Self {
        Self(options.into_iter().collect())
    }
}

impl fmt::Debug for StorageOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.0.keys().map(|key| (key, "[redacted]")))
            .finish()
    }
}

impl StorageOptions {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All options of a store: the defaults, these, and `more`, of which the last wins.
    pub(super) fn with(&self, more: Option<&HashMap<String, String>>) -> HashMap<String, String> {
        let said = |name: &str| self.0.keys().any(|key| key.eq_ignore_ascii_case(name));
        DEFAULTS
            .iter()
            .filter(|(name, _)| !said(name))
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .chain(self.0.clone())
            .chain(more.cloned().unwrap_or_default())
            .collect()
    }

    /// The endpoint, for messages; none for that of AWS.
    pub(super) fn endpoint(&self) -> Option<String> {
        let option = |name: &&str| {
            let mut options = self.0.iter();
            options.find(|(key, _)| key.eq_ignore_ascii_case(name))
        };
        let variable = |name: &&str| std::env::var(name.to_ascii_uppercase()).ok();
        let mut variables = ENDPOINT.iter().filter(|name| name.starts_with("aws_"));
        ENDPOINT
            .iter()
            .find_map(|name| option(name).map(|(_, value)| value.clone()))
            .or_else(|| variables.find_map(variable))
            .map(|endpoint| without_credentials(&endpoint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_not_in_debug_output() {
        let options: StorageOptions = [("secret_access_key".to_owned(), "hunter2".to_owned())]
            .into_iter()
            .collect();
        assert_eq!(
            format!("{options:?}"),
            r#"{"secret_access_key": "[redacted]"}"#
        );
    }

    #[test]
    fn what_a_database_says_replaces_a_default() {
        let options: StorageOptions = [("Client_Retry_Timeout".to_owned(), "7".to_owned())]
            .into_iter()
            .collect();
        let all = options.with(None);
        assert_eq!(all.get("Client_Retry_Timeout").unwrap(), "7");
        assert!(!all.contains_key("client_retry_timeout"));
        assert_eq!(all.get("connect_timeout").unwrap(), "5s");
    }

    #[test]
    fn the_endpoint_is_named_without_a_password() {
        let options: StorageOptions = [(
            "endpoint".to_owned(),
            "http://me:secret@host:9000".to_owned(),
        )]
        .into_iter()
        .collect();
        assert_eq!(options.endpoint().unwrap(), "http://[redacted]@host:9000");
    }
}
