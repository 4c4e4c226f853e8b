//! The smallest parts of a text: names, numbers and what stands between them.

use alloc::{
    format,
    string::{String, ToString},
};
use core::{fmt, ops::RangeInclusive, str::FromStr};

use crate::{ParseError, ParseErrorKind};

/// How much of a text a message repeats.
const MAX_SHOWN: usize = 40;

/// Whether a name needs no quotes.
pub(crate) fn is_word(name: &str) -> bool {
    !name.is_empty() && name.chars().all(in_word)
}

fn in_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-') || !character.is_ascii()
}

pub(crate) fn in_zone(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '+' | '/' | ':')
}

/// A text that is read from its front.
pub(crate) struct Reader<'a> {
    text: &'a str,
    /// What was not read yet. It never begins with space.
    pub(crate) rest: &'a str,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let mut reader = Self { text, rest: text };
        reader.skip_space();
        reader
    }

    /// The name of a field.
    pub(crate) fn name(&mut self) -> Result<String, ParseError> {
        let start = self.rest;
        if !self.rest.starts_with('"') {
            return match self.word() {
                "" => Err(self.malformed(format!(
                    "the name of a field is missing before {}",
                    self.next()
                ))),
                name => Ok(name.to_string()),
            };
        }
        let mut name = String::new();
        let mut characters = self.rest.char_indices().skip(1).peekable();
        while let Some((at, character)) = characters.next() {
            if character != '"' {
                name.push(character);
            } else if characters.next_if(|(_, next)| *next == '"').is_some() {
                name.push('"');
            } else if name.is_empty() {
                break;
            } else {
                self.rest = self.rest.get(at.saturating_add(1)..).unwrap_or_default();
                self.skip_space();
                return Ok(name);
            }
        }
        let reason = match name.as_str() {
            "" => "a field has no name",
            _ => "a name has no closing quote",
        };
        Err(self.error(start, ParseErrorKind::Malformed, reason.to_string()))
    }

    pub(crate) fn number(
        &mut self,
        what: &str,
        range: RangeInclusive<i64>,
    ) -> Result<i64, ParseError> {
        let start = self.rest;
        let word = self.word();
        let digits = word.strip_prefix('-').unwrap_or(word);
        let number = digits
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| i64::from_str(word).ok())
            .flatten();
        match number {
            Some(number) if range.contains(&number) => Ok(number),
            _ => {
                let reason = format!("the {what} is from {} to {}", range.start(), range.end());
                Err(self.error(start, ParseErrorKind::Malformed, reason))
            }
        }
    }

    pub(crate) fn open(&mut self, name: &str, arguments: &str) -> Result<(), ParseError> {
        if self.taken('(') {
            return Ok(());
        }
        Err(self.malformed(format!("`{name}` needs {arguments}")))
    }

    pub(crate) fn close(&mut self) -> Result<(), ParseError> {
        if self.taken(')') {
            return Ok(());
        }
        Err(self.malformed(format!(
            "a closing bracket is missing before {}",
            self.next()
        )))
    }

    pub(crate) fn comma(&mut self) -> Result<(), ParseError> {
        if self.taken(',') {
            return Ok(());
        }
        Err(self.malformed(format!("a comma is missing before {}", self.next())))
    }

    /// Takes the characters of a word, and the space behind them; nothing if there is none.
    pub(crate) fn word(&mut self) -> &'a str {
        self.run(in_word)
    }

    pub(crate) fn run(&mut self, belongs: fn(char) -> bool) -> &'a str {
        let end = self
            .rest
            .find(|character| !belongs(character))
            .unwrap_or(self.rest.len());
        let (run, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.skip_space();
        run
    }

    /// Takes one character and the space behind it, if it is there.
    pub(crate) fn taken(&mut self, character: char) -> bool {
        match self.rest.strip_prefix(character) {
            Some(rest) => {
                self.rest = rest;
                self.skip_space();
                true
            }
            None => false,
        }
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    /// What comes next, for messages.
    pub(crate) fn next(&self) -> String {
        match self.rest.chars().next() {
            Some(next) => format!("`{}`", next.escape_debug()),
            None => "the end".to_string(),
        }
    }

    /// An error at the place that was reached.
    pub(crate) fn malformed(&self, reason: String) -> ParseError {
        self.error(self.rest, ParseErrorKind::Malformed, reason)
    }

    /// An error where `rest` begins, which is an end of the text.
    pub(crate) fn error(&self, rest: &str, kind: ParseErrorKind, reason: String) -> ParseError {
        let read = self.text.len().saturating_sub(rest.len());
        let before = self.text.get(..read).unwrap_or_default();
        ParseError {
            kind,
            character: before.chars().count().saturating_add(1),
            reason,
        }
    }
}

/// A part of the text in a message: not longer than a line, and without control characters.
pub(crate) struct Shown<'a>(pub(crate) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.0.chars();
        for character in characters.by_ref().take(MAX_SHOWN) {
            write!(f, "{}", character.escape_debug())?;
        }
        if characters.next().is_some() {
            f.write_str("…")?;
        }
        Ok(())
    }
}
