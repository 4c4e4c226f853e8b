//! What is wrong with a text.

use alloc::string::String;
use core::fmt;

/// Why a text is not a type, and where it is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    pub(crate) kind: ParseErrorKind,
    pub(crate) character: usize,
    pub(crate) reason: String,
}

/// What a program may want to know of a [`ParseError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// The text is well-formed as far as it was read, and then names a type that does not exist
    /// here. A later version may know it.
    UnknownType,
    /// The text keeps the grammar, but is longer, deeper or larger than it may be.
    TooLarge,
    /// Anything else.
    Malformed,
}

impl ParseError {
    /// What kind of error this is.
    #[must_use]
    pub fn kind(&self) -> ParseErrorKind {
        self.kind
    }

    /// Where in the text it is, in characters from 1.
    #[must_use]
    pub fn character(&self) -> usize {
        self.character
    }

    /// What is wrong there, without the place.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.character > 1 {
            write!(f, "at character {}: ", self.character)?;
        }
        f.write_str(&self.reason)
    }
}

impl core::error::Error for ParseError {}
