//! The languages that `new` and `build` know. Others are as welcome to the host: it runs
//! components, wherever they come from.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// A language with a template and an SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Rust
    Rust,
    /// Python
    Python,
    /// TypeScript, and with it JavaScript
    #[value(name = "typescript")]
    TypeScript,
    /// Go
    Go,
    /// C
    C,
    /// Zig
    Zig,
}

impl Language {
    /// Its name in `--lang` and in manifests, and that of its template.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Python => "python",
            Self::TypeScript => "typescript",
            Self::Go => "go",
            Self::C => "c",
            Self::Zig => "zig",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rust => "Rust",
            Self::Python => "Python",
            Self::TypeScript => "TypeScript",
            Self::Go => "Go",
            Self::C => "C",
            Self::Zig => "Zig",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_has_one_word_everywhere() {
        for language in Language::value_variants() {
            let word = language.word();
            let flag = language.to_possible_value().unwrap();
            assert_eq!(flag.get_name(), word);
            assert_eq!(serde_json::to_value(language).unwrap(), word);
        }
    }
}
