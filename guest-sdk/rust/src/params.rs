//! The parameters of a run.

use std::fmt;
use std::str::FromStr;

/// The parameters of a run, in the order they were given (`--param NAME=VALUE`).
///
/// Where a name was given twice, the last value counts, as with most commands;
/// [`iter`](Params::iter) shows them all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// The value of a parameter, if it was given.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut from_last = self.0.iter().rev();
        from_last
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }

    /// The value of a parameter that the pipeline cannot do without.
    ///
    /// # Errors
    /// [`ParamError::Missing`] if it was not given.
    pub fn require(&self, name: &str) -> Result<&str, ParamError> {
        self.get(name)
            .ok_or_else(|| ParamError::Missing { name: name.into() })
    }

    /// The value of a parameter as a `T`, or `None` if it was not given.
    ///
    /// ```
    /// # fn size(params: &lance_host_sdk::Params) -> Result<usize, lance_host_sdk::ParamError> {
    /// let size: usize = params.parse("chunk-size")?.unwrap_or(1000);
    /// # Ok(size)
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ParamError::Invalid`] if it was given and is no `T`.
    pub fn parse<T>(&self, name: &str) -> Result<Option<T>, ParamError>
    where
        T: FromStr,
        T::Err: fmt::Display,
    {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let parsed = value
            .parse()
            .map_err(|reason: T::Err| ParamError::Invalid {
                name: name.into(),
                value: value.into(),
                reason: reason.to_string(),
            })?;
        Ok(Some(parsed))
    }

    /// All parameters as names and values, in the order given.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl From<Vec<(String, String)>> for Params {
    fn from(params: Vec<(String, String)>) -> Self {
        Self(params)
    }
}

/// A parameter that is missing or cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamError {
    /// It was not given.
    #[error("parameter {name} is missing: give it with --param {name}=VALUE")]
    Missing {
        /// Its name.
        name: String,
    },
    /// It was given, and cannot be read as the type that the pipeline expects.
    #[error("parameter {name} cannot be {value:?}: {reason}")]
    Invalid {
        /// Its name.
        name: String,
        /// The value given.
        value: String,
        /// Why the value cannot be read.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params() -> Params {
        let pairs = [
            ("root", "/a"),
            ("limit", "12"),
            ("root", "/b"),
            ("bad", "x"),
        ];
        Params::from(pairs.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec())
    }

    #[test]
    fn last_value_of_a_name_counts_and_all_are_listed_in_order() {
        assert_eq!(params().get("root"), Some("/b"));
        assert_eq!(params().get("other"), None);
        let roots: Vec<_> = params()
            .0
            .into_iter()
            .filter(|(n, _)| n == "root")
            .collect();
        assert_eq!(roots.len(), 2);
        assert_eq!(params().iter().next(), Some(("root", "/a")));
    }

    #[test]
    fn missing_parameter_says_how_to_give_it() {
        let error = params().require("query").unwrap_err();
        assert_eq!(
            error.to_string(),
            "parameter query is missing: give it with --param query=VALUE"
        );
    }

    #[test]
    fn parse_reads_a_type_and_names_the_parameter_that_does_not_fit() {
        assert_eq!(params().parse::<u8>("limit"), Ok(Some(12)));
        assert_eq!(params().parse::<u8>("other"), Ok(None));
        let error = params().parse::<u8>("bad").unwrap_err();
        assert_eq!(
            error.to_string(),
            "parameter bad cannot be \"x\": invalid digit found in string"
        );
    }
}
