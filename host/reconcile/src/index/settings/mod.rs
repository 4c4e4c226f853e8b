//! Settings of a declared index: read from text, checked, and brought into one form.

mod fts;
#[cfg(test)]
mod tests;
mod vector;

use std::{collections::BTreeMap, fmt::Display, ops::RangeInclusive};

use lancedb::index::scalar::FtsIndexBuilder;

#[cfg(test)]
use vector::Hnsw;
pub(crate) use vector::{Metric, Quantization, VectorParameters};

use super::kind::Kind;
use crate::error::DeclareCode;
use arrow::datatypes::DataType;

/// What an index is built with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Parameters {
    Vector(VectorParameters),
    Fts(Box<FtsIndexBuilder>),
    /// Scalar kinds have none.
    None,
}

/// What is wrong with a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) code: DeclareCode,
    pub(crate) message: String,
}

impl Problem {
    fn value(message: String) -> Self {
        Self {
            code: DeclareCode::InvalidValue,
            message,
        }
    }

    fn unsupported(message: String) -> Self {
        Self {
            code: DeclareCode::Unsupported,
            message,
        }
    }
}

/// Settings in the form that is compared, hashed and stored: those that differ from what holds if
/// nothing is said, each written in one way. A default that is spelled out changes nothing, and a
/// setting that a later host adds does not change the indexes that do without.
pub(crate) type Canonical = BTreeMap<String, String>;

/// Reads the settings of an index of `kind` on a column of `data_type`, which suits it.
pub(crate) fn parse(
    kind: Kind,
    data_type: &DataType,
    settings: &[(String, String)],
) -> Result<(Parameters, Canonical), Problem> {
    let mut reader = Reader::new(kind, settings)?;
    let parameters = match kind {
        Kind::Vector(kind) => Parameters::Vector(vector::read(&mut reader, kind, data_type)?),
        Kind::Fts => Parameters::Fts(Box::new(fts::read(&mut reader, data_type)?)),
        Kind::Btree | Kind::Bitmap | Kind::LabelList => Parameters::None,
    };
    Ok((parameters, reader.finish()?))
}

/// Takes settings one after the other, and refuses what nobody took.
struct Reader<'a> {
    kind: Kind,
    given: BTreeMap<&'a str, &'a str>,
    known: Vec<&'static str>,
    canonical: Canonical,
}

impl<'a> Reader<'a> {
    fn new(kind: Kind, settings: &'a [(String, String)]) -> Result<Self, Problem> {
        let mut given = BTreeMap::new();
        for (name, value) in settings {
            if given.insert(name.as_str(), value.as_str()).is_some() {
                return Err(Problem::value(format!("setting {name} is given twice")));
            }
        }
        Ok(Self {
            kind,
            given,
            known: Vec::new(),
            canonical: Canonical::new(),
        })
    }

    /// The text of a setting, if it is given.
    fn take(&mut self, name: &'static str) -> Option<&'a str> {
        self.known.push(name);
        self.given.remove(name)
    }

    /// Notes the value of a setting, unless it is what holds anyway.
    fn note<T: PartialEq + Display>(&mut self, name: &str, value: T, default: Option<T>) {
        if default.as_ref() != Some(&value) {
            self.canonical.insert(name.to_owned(), value.to_string());
        }
    }

    /// A whole number, none if it is not given.
    fn number(
        &mut self,
        name: &'static str,
        range: RangeInclusive<u32>,
    ) -> Result<Option<u32>, Problem> {
        let Some(text) = self.take(name) else {
            return Ok(None);
        };
        match text.parse() {
            Ok(number) if range.contains(&number) => Ok(Some(number)),
            _ => Err(Problem::value(format!(
                "setting {name} is {text:?}; give a whole number from {} to {}",
                range.start(),
                range.end()
            ))),
        }
    }

    /// A whole number that matters only if it is given.
    fn optional(
        &mut self,
        name: &'static str,
        range: RangeInclusive<u32>,
    ) -> Result<Option<u32>, Problem> {
        let number = self.number(name, range)?;
        if let Some(number) = number {
            self.note(name, number, None);
        }
        Ok(number)
    }

    /// A whole number with a default.
    fn count(
        &mut self,
        name: &'static str,
        range: RangeInclusive<u32>,
        default: u32,
    ) -> Result<u32, Problem> {
        let number = self.number(name, range)?.unwrap_or(default);
        self.note(name, number, Some(default));
        Ok(number)
    }

    /// `true` or `false`.
    fn flag(&mut self, name: &'static str, default: bool) -> Result<bool, Problem> {
        let flag = match self.take(name) {
            None => default,
            Some("true") => true,
            Some("false") => false,
            Some(text) => {
                return Err(Problem::value(format!(
                    "setting {name} is {text:?}; give true or false"
                )));
            }
        };
        self.note(name, flag, Some(default));
        Ok(flag)
    }

    /// One of several words.
    fn word(
        &mut self,
        name: &'static str,
        words: &[&'static str],
        default: &'static str,
    ) -> Result<&'static str, Problem> {
        let word = match self.take(name) {
            None => default,
            Some(text) => words
                .iter()
                .find(|word| word.eq_ignore_ascii_case(text))
                .ok_or_else(|| {
                    Problem::unsupported(format!(
                        "setting {name} has no value {text:?}; known: {}",
                        words.join(", ")
                    ))
                })?,
        };
        self.note(name, word, Some(default));
        Ok(word)
    }

    /// The settings that were taken, if that is all of them.
    fn finish(self) -> Result<Canonical, Problem> {
        let Some(name) = self.given.keys().next() else {
            return Ok(self.canonical);
        };
        let kind = self.kind;
        Err(Problem::unsupported(if self.known.is_empty() {
            format!("an index of kind {kind} has no settings, and {name:?} is given")
        } else {
            format!(
                "an index of kind {kind} has no setting {name:?}; known: {}",
                self.known.join(", ")
            )
        }))
    }
}
