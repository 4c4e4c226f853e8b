//! The parser: one function for each line of the grammar.

use alloc::{
    boxed::Box,
    collections::BTreeSet,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::{fmt, str::FromStr};

use crate::{
    DataType, DictionaryKey, Field, Item, MAX_DEPTH, MAX_ITEMS, MAX_LENGTH, ParseError,
    ParseErrorKind, TimeUnit, VectorItem,
};

/// What to write where a type stands, for messages.
const KNOWN: &str = "bool, int8 to int64, uint8 to uint64, float16, float32, float64, utf8, \
    large-utf8, binary, large-binary, fixed-size-binary(n), json, date32, date64, time32(unit), \
    time64(unit), timestamp(unit), timestamp(unit, zone), duration(unit), decimal128(p, s), \
    decimal256(p, s), vector(item, n), list(t), large-list(t), fixed-size-list(t, n), \
    struct(name: t), map(k, t) and dictionary(k, v)";

/// How much of a text a message repeats.
const MAX_SHOWN: usize = 40;

/// Reads a whole text.
pub(crate) fn data_type(text: &str) -> Result<DataType, ParseError> {
    let mut parser = Parser { text, rest: text };
    if text.len() > MAX_LENGTH {
        let reason = format!(
            "the text has {} bytes, and at most {MAX_LENGTH} are read",
            text.len()
        );
        return Err(parser.error(text, ParseErrorKind::TooLarge, reason));
    }
    parser.skip_space();
    let (data_type, _) = parser.data_type(0)?;
    match parser.rest.chars().next() {
        None => Ok(data_type),
        Some('!') => Err(parser.malformed(
            "whether a column is required is said beside its type, not in it".to_string(),
        )),
        Some(_) => Err(parser.malformed(format!("the type ends before {}", parser.next()))),
    }
}

/// Whether a name needs no quotes.
pub(crate) fn is_word(name: &str) -> bool {
    !name.is_empty() && name.chars().all(in_word)
}

fn in_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-') || !character.is_ascii()
}

fn in_zone(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '+' | '/' | ':')
}

/// A type and how many items a value of it takes even if it is null.
type Sized = (DataType, u32);

struct Parser<'a> {
    text: &'a str,
    /// What was not read yet. It never begins with space.
    rest: &'a str,
}

impl<'a> Parser<'a> {
    /// A type that stands within `depth` others.
    fn data_type(&mut self, depth: usize) -> Result<Sized, ParseError> {
        let start = self.rest;
        let name = self.word();
        if let Some(plain) = plain(name) {
            if self.rest.starts_with('(') {
                return Err(self.malformed(format!("`{name}` takes nothing in brackets")));
            }
            return Ok((plain, 1));
        }
        if depth == MAX_DEPTH && !name.is_empty() {
            let reason = format!("types are nested more than {MAX_DEPTH} deep");
            return Err(self.error(start, ParseErrorKind::TooLarge, reason));
        }
        let depth = depth.saturating_add(1);
        let data_type = match name {
            "fixed-size-binary" => {
                self.open(name, "(n)")?;
                let size = self.size("number of bytes")?;
                (DataType::FixedSizeBinary(size), size)
            }
            "time32" => {
                self.open(name, "(unit)")?;
                let units = [TimeUnit::Second, TimeUnit::Millisecond];
                (DataType::Time(self.unit(&units)?), 1)
            }
            "time64" => {
                self.open(name, "(unit)")?;
                let units = [TimeUnit::Microsecond, TimeUnit::Nanosecond];
                (DataType::Time(self.unit(&units)?), 1)
            }
            "timestamp" => {
                self.open(name, "(unit) or (unit, zone)")?;
                let unit = self.unit(&UNITS)?;
                let zone = if self.taken(',') {
                    Some(self.zone()?)
                } else {
                    None
                };
                (DataType::Timestamp { unit, zone }, 1)
            }
            "duration" => {
                self.open(name, "(unit)")?;
                (DataType::Duration(self.unit(&UNITS)?), 1)
            }
            "decimal128" => {
                let (precision, scale) = self.decimal(name, 38)?;
                (DataType::Decimal128 { precision, scale }, 1)
            }
            "decimal256" => {
                let (precision, scale) = self.decimal(name, 76)?;
                (DataType::Decimal256 { precision, scale }, 1)
            }
            "vector" => {
                self.open(name, "(item, n)")?;
                let item = self.vector_item()?;
                self.comma()?;
                let size = self.size("number of items")?;
                (DataType::Vector { item, size }, size)
            }
            "list" => {
                self.open(name, "(t)")?;
                (DataType::List(self.boxed_item(depth)?.0), 1)
            }
            "large-list" => {
                self.open(name, "(t)")?;
                (DataType::LargeList(self.boxed_item(depth)?.0), 1)
            }
            "fixed-size-list" => {
                self.open(name, "(t, n)")?;
                let (item, items) = self.boxed_item(depth)?;
                self.comma()?;
                let size = self.size("number of items")?;
                let items = self.bounded(start, items.saturating_mul(size))?;
                (DataType::FixedSizeList { item, size }, items)
            }
            "struct" => {
                self.open(name, "(name: t)")?;
                let (fields, items) = self.fields(depth)?;
                (DataType::Struct(fields), self.bounded(start, items)?)
            }
            "map" => {
                self.open(name, "(k, t)")?;
                let key = Box::new(self.data_type(depth)?.0);
                if self.rest.starts_with('!') {
                    return Err(self.malformed("the keys of a map are always required".to_string()));
                }
                self.comma()?;
                let value = self.boxed_item(depth)?.0;
                (DataType::Map { key, value }, 1)
            }
            "dictionary" => {
                self.open(name, "(k, v)")?;
                let key = self.dictionary_key()?;
                self.comma()?;
                let value = Box::new(self.dictionary_value(depth)?);
                (DataType::Dictionary { key, value }, 1)
            }
            "" => {
                let reason = format!("a type is missing before {}", self.next());
                return Err(self.malformed(reason));
            }
            _ => {
                let reason = format!("there is no type `{}`; known are {KNOWN}", Shown(name));
                return Err(self.error(start, ParseErrorKind::UnknownType, reason));
            }
        };
        self.close()?;
        Ok(data_type)
    }

    fn boxed_item(&mut self, depth: usize) -> Result<(Box<Item>, u32), ParseError> {
        let (data_type, items) = self.data_type(depth)?;
        let nullable = !self.taken('!');
        let item = Item {
            data_type,
            nullable,
        };
        Ok((Box::new(item), items))
    }

    fn fields(&mut self, depth: usize) -> Result<(Vec<Field>, u32), ParseError> {
        let (mut fields, mut names, mut items) = (Vec::new(), BTreeSet::new(), 0u32);
        loop {
            let start = self.rest;
            let name = self.name()?;
            if !names.insert(name.clone()) {
                let reason = format!("the struct has two fields `{}`", Shown(&name));
                return Err(self.error(start, ParseErrorKind::Malformed, reason));
            }
            if !self.taken(':') {
                let reason = format!("a colon is missing before {}", self.next());
                return Err(self.malformed(reason));
            }
            let (data_type, more) = self.data_type(depth)?;
            let nullable = !self.taken('!');
            items = items.saturating_add(more);
            fields.push(Field {
                name,
                data_type,
                nullable,
            });
            if !self.taken(',') {
                return Ok((fields, items));
            }
        }
    }

    /// The name of a field.
    fn name(&mut self) -> Result<String, ParseError> {
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

    fn decimal(&mut self, name: &str, max_precision: u8) -> Result<(u8, i8), ParseError> {
        self.open(name, "(precision, scale)")?;
        let precision = self.number("precision", 1..=i64::from(max_precision))?;
        self.comma()?;
        let scale = self.number("scale", -precision..=precision)?;
        // Both are within 76.
        Ok((
            u8::try_from(precision).unwrap_or(max_precision),
            i8::try_from(scale).unwrap_or_default(),
        ))
    }

    fn vector_item(&mut self) -> Result<VectorItem, ParseError> {
        let start = self.rest;
        Ok(match self.word() {
            "float16" => VectorItem::Float16,
            "float32" => VectorItem::Float32,
            "float64" => VectorItem::Float64,
            "uint8" => VectorItem::UInt8,
            "int8" => VectorItem::Int8,
            _ => {
                let reason = "the items of a vector are float16, float32, float64, uint8 or int8";
                return Err(self.error(start, ParseErrorKind::Malformed, reason.to_string()));
            }
        })
    }

    fn dictionary_key(&mut self) -> Result<DictionaryKey, ParseError> {
        let start = self.rest;
        Ok(match self.word() {
            "int8" => DictionaryKey::Int8,
            "int16" => DictionaryKey::Int16,
            "int32" => DictionaryKey::Int32,
            "int64" => DictionaryKey::Int64,
            "uint8" => DictionaryKey::UInt8,
            "uint16" => DictionaryKey::UInt16,
            "uint32" => DictionaryKey::UInt32,
            "uint64" => DictionaryKey::UInt64,
            _ => {
                let reason = "the keys of a dictionary are int8 to int64 or uint8 to uint64";
                return Err(self.error(start, ParseErrorKind::Malformed, reason.to_string()));
            }
        })
    }

    fn dictionary_value(&mut self, depth: usize) -> Result<DataType, ParseError> {
        let start = self.rest;
        let (value, _) = self.data_type(depth)?;
        let refused = value.is_nested()
            || matches!(
                value,
                DataType::Dictionary { .. } | DataType::Vector { .. } | DataType::Json
            );
        if refused {
            let reason = "the values of a dictionary are not json, not vectors and not nested";
            return Err(self.error(start, ParseErrorKind::Malformed, reason.to_string()));
        }
        Ok(value)
    }

    fn unit(&mut self, allowed: &[TimeUnit]) -> Result<TimeUnit, ParseError> {
        let start = self.rest;
        let name = self.word();
        let unit = UNITS.into_iter().find(|unit| unit.to_string() == name);
        match unit {
            Some(unit) if allowed.contains(&unit) => Ok(unit),
            _ => {
                let allowed: Vec<_> = allowed.iter().map(ToString::to_string).collect();
                let reason = format!("the unit is one of {}", allowed.join(", "));
                Err(self.error(start, ParseErrorKind::Malformed, reason))
            }
        }
    }

    fn zone(&mut self) -> Result<String, ParseError> {
        let start = self.rest;
        let zone = self.run(in_zone);
        // Lance writes the minus alone for a timestamp without a zone.
        if zone.is_empty() || zone == "-" {
            let reason = "the time zone is written like `UTC`, `+02:00` or `Europe/Berlin`";
            return Err(self.error(start, ParseErrorKind::Malformed, reason.to_string()));
        }
        Ok(zone.to_string())
    }

    /// The number of items or bytes of a value.
    fn size(&mut self, what: &str) -> Result<u32, ParseError> {
        let size = self.number(what, 1..=i64::from(MAX_ITEMS))?;
        Ok(u32::try_from(size).unwrap_or(MAX_ITEMS))
    }

    fn number(
        &mut self,
        what: &str,
        range: core::ops::RangeInclusive<i64>,
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

    /// Refuses a type whose every value takes too many items.
    fn bounded(&self, start: &str, items: u32) -> Result<u32, ParseError> {
        if items <= MAX_ITEMS {
            return Ok(items);
        }
        let reason =
            format!("a value has more than {MAX_ITEMS} items, those of its parts included");
        Err(self.error(start, ParseErrorKind::TooLarge, reason))
    }

    fn open(&mut self, name: &str, arguments: &str) -> Result<(), ParseError> {
        if self.taken('(') {
            return Ok(());
        }
        Err(self.malformed(format!("`{name}` needs {arguments}")))
    }

    fn close(&mut self) -> Result<(), ParseError> {
        if self.taken(')') {
            return Ok(());
        }
        Err(self.malformed(format!(
            "a closing bracket is missing before {}",
            self.next()
        )))
    }

    fn comma(&mut self) -> Result<(), ParseError> {
        if self.taken(',') {
            return Ok(());
        }
        Err(self.malformed(format!("a comma is missing before {}", self.next())))
    }

    /// Takes the characters of a word, and the space behind them; nothing if there is none.
    fn word(&mut self) -> &'a str {
        self.run(in_word)
    }

    fn run(&mut self, belongs: fn(char) -> bool) -> &'a str {
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
    fn taken(&mut self, character: char) -> bool {
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
    fn next(&self) -> String {
        match self.rest.chars().next() {
            Some(next) => format!("`{}`", next.escape_debug()),
            None => "the end".to_string(),
        }
    }

    /// An error at the place that was reached.
    fn malformed(&self, reason: String) -> ParseError {
        self.error(self.rest, ParseErrorKind::Malformed, reason)
    }

    /// An error where `rest` begins, which is an end of the text.
    fn error(&self, rest: &str, kind: ParseErrorKind, reason: String) -> ParseError {
        let read = self.text.len().saturating_sub(rest.len());
        let before = self.text.get(..read).unwrap_or_default();
        ParseError {
            kind,
            character: before.chars().count().saturating_add(1),
            reason,
        }
    }
}

const UNITS: [TimeUnit; 4] = [
    TimeUnit::Second,
    TimeUnit::Millisecond,
    TimeUnit::Microsecond,
    TimeUnit::Nanosecond,
];

/// The types that take nothing in brackets.
fn plain(name: &str) -> Option<DataType> {
    Some(match name {
        "bool" => DataType::Bool,
        "int8" => DataType::Int8,
        "int16" => DataType::Int16,
        "int32" => DataType::Int32,
        "int64" => DataType::Int64,
        "uint8" => DataType::UInt8,
        "uint16" => DataType::UInt16,
        "uint32" => DataType::UInt32,
        "uint64" => DataType::UInt64,
        "float16" => DataType::Float16,
        "float32" => DataType::Float32,
        "float64" => DataType::Float64,
        "utf8" => DataType::Utf8,
        "large-utf8" => DataType::LargeUtf8,
        "binary" => DataType::Binary,
        "large-binary" => DataType::LargeBinary,
        "json" => DataType::Json,
        "date32" => DataType::Date32,
        "date64" => DataType::Date64,
        _ => return None,
    })
}

/// A part of the text in a message: not longer than a line, and without control characters.
struct Shown<'a>(&'a str);

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
