//! Names of projects.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The longest name, in bytes.
const LONGEST: usize = 64;

/// A name that every language's tools take for a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProjectName(String);

impl ProjectName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The file that its component is built to.
    pub fn component(&self) -> String {
        format!("{}.wasm", self.0)
    }
}

impl FromStr for ProjectName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let letter = |byte: u8| byte.is_ascii_lowercase();
        let inner = |byte: u8| letter(byte) || byte.is_ascii_digit() || byte == b'-';
        let bytes = text.as_bytes();
        let ends_well = bytes.first().is_some_and(|first| letter(*first))
            && bytes.last().is_some_and(|last| *last != b'-');
        let reason = if bytes.len() > LONGEST {
            format!("it is longer than {LONGEST} characters")
        } else if !ends_well || !bytes.iter().all(|byte| inner(*byte)) || text.contains("--") {
            "it has to consist of lowercase letters, digits and single hyphens between them, and to begin with a letter, as in `my-pipeline`".to_owned()
        } else if RESERVED.contains(&text) {
            "it means something else to compilers".to_owned()
        } else {
            return Ok(Self(text.to_owned()));
        };
        Err(reason)
    }
}

impl TryFrom<String> for ProjectName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
            .map_err(|reason| format!("{text:?} is not a name for a project: {reason}"))
    }
}

impl From<ProjectName> for String {
    fn from(name: ProjectName) -> Self {
        name.0
    }
}

impl fmt::Display for ProjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a package cannot be called in one of the languages: keywords and libraries.
const RESERVED: &[&str] = &[
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "core",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc-macro",
    "pub",
    "ref",
    "return",
    "sdk",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_suits_every_language() {
        for name in ["greetings", "a", "flights-2013", "x1-y2-z3"] {
            assert_eq!(name.parse::<ProjectName>().unwrap().as_str(), name);
        }
        let long = "a".repeat(LONGEST + 1);
        for name in [
            "", "-", "-a", "a-", "a--b", "1a", "A", "a b", "a/b", "..", "a_b", "ä", "fn", "test",
            &long,
        ] {
            assert!(name.parse::<ProjectName>().is_err(), "{name}");
        }
    }
}
