//! The parser: one function for each line of the grammar.

use alloc::{
    boxed::Box,
    collections::BTreeSet,
    format,
    string::{String, ToString},
    vec::Vec,
};

use crate::{
    DataType, DictionaryKey, Field, Item, MAX_DEPTH, MAX_ITEMS, MAX_LENGTH, ParseError,
    ParseErrorKind, TimeUnit, VectorItem,
    words::{Reader, Shown, in_zone},
};

/// What to write where a type stands, for messages.
const KNOWN: &str = "bool, int8 to int64, uint8 to uint64, float16, float32, float64, utf8, \
    large-utf8, binary, large-binary, fixed-size-binary(n), json, date32, date64, time32(unit), \
    time64(unit), timestamp(unit), timestamp(unit, zone), duration(unit), decimal128(p, s), \
    decimal256(p, s), vector(item, n), list(t), large-list(t), fixed-size-list(t, n), \
    struct(name: t), map(k, t) and dictionary(k, v)";

/// Reads a whole text.
pub(crate) fn data_type(text: &str) -> Result<DataType, ParseError> {
    let mut reader = Reader::new(text);
    if text.len() > MAX_LENGTH {
        let reason = format!(
            "the text has {} bytes, and at most {MAX_LENGTH} are read",
            text.len()
        );
        return Err(reader.error(text, ParseErrorKind::TooLarge, reason));
    }
    let (data_type, _) = reader.data_type(0)?;
    match reader.rest.chars().next() {
        None => Ok(data_type),
        Some('!') => Err(reader.malformed(
            "whether a column is required is said beside its type, not in it".to_string(),
        )),
        Some(_) => Err(reader.malformed(format!("the type ends before {}", reader.next()))),
    }
}

/// A type and how many items a value of it takes even if it is null.
type Measured = (DataType, u32);

impl Reader<'_> {
    /// A type that stands within `depth` others.
    fn data_type(&mut self, depth: usize) -> Result<Measured, ParseError> {
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

    /// Refuses a type whose every value takes too many items.
    fn bounded(&self, start: &str, items: u32) -> Result<u32, ParseError> {
        if items <= MAX_ITEMS {
            return Ok(items);
        }
        let reason =
            format!("a value has more than {MAX_ITEMS} items, those of its parts included");
        Err(self.error(start, ParseErrorKind::TooLarge, reason))
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
