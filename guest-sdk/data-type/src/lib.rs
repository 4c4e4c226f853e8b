//! The types of columns, and the text that the contract of lance-host writes for them.
//!
//! This crate has the one parser of that text, for the host and for SDKs. It knows no Arrow and
//! no database, and depends on nothing.
//!
//! ```
//! use lance_host_data_type::DataType;
//!
//! let tags = DataType::parse("list( utf8! )")?;
//! assert_eq!(tags.to_string(), "list(utf8!)");
//! # Ok::<(), lance_host_data_type::ParseError>(())
//! ```
//!
//! # Types
//!
//! | text | values |
//! | --- | --- |
//! | `bool` | true and false |
//! | `int8`, `int16`, `int32`, `int64`, `uint8`, `uint16`, `uint32`, `uint64` | whole numbers |
//! | `float16`, `float32`, `float64` | floating-point numbers |
//! | `utf8`, `large-utf8` | text; the large one addresses more than 2 GiB a batch |
//! | `binary`, `large-binary` | bytes, the same |
//! | `fixed-size-binary(n)` | exactly *n* bytes |
//! | `json` | text that is checked to be JSON |
//! | `date32`, `date64` | days; the second is counted in milliseconds |
//! | `time32(s)`, `time32(ms)`, `time64(us)`, `time64(ns)` | times of a day |
//! | `timestamp(u)`, `timestamp(u, zone)` | moments since 1970; *u* is `s`, `ms`, `us` or `ns` |
//! | `duration(u)` | spans of time |
//! | `decimal128(p, s)`, `decimal256(p, s)` | numbers of *p* digits, *s* of them behind the point |
//! | `vector(item, n)` | *n* numbers; `item` is `float16`, `float32`, `float64`, `uint8` or `int8` |
//! | `list(t)`, `large-list(t)` | any number of items |
//! | `fixed-size-list(t, n)` | exactly *n* items |
//! | `struct(name: t, …)` | a value for each field |
//! | `map(k, t)` | values by key |
//! | `dictionary(k, v)` | values of type `v`, each stored once and named by an integer `k` |
//!
//! A multivector is `list(vector(float32, n))`.
//!
//! Items of lists, fields of structs and values of maps may be null. An exclamation mark says
//! that they are required: `struct(x: float64!, y: float64!)`, `list(utf8!)`. The numbers of a
//! vector and the keys of a map are never null. Whether a column may be null is not part of its
//! type.
//!
//! # Grammar
//!
//! ```text
//! type    = plain
//!         | "fixed-size-binary" "(" number ")"
//!         | ( "time32" | "time64" | "duration" ) "(" unit ")"
//!         | "timestamp" "(" unit [ "," zone ] ")"
//!         | ( "decimal128" | "decimal256" ) "(" number "," [ "-" ] number ")"
//!         | "vector" "(" plain "," number ")"
//!         | ( "list" | "large-list" ) "(" item ")"
//!         | "fixed-size-list" "(" item "," number ")"
//!         | "struct" "(" field { "," field } ")"
//!         | "map" "(" type "," item ")"
//!         | "dictionary" "(" plain "," type ")"
//! item    = type [ "!" ]
//! field   = name ":" item
//! name    = word | '"' { any character but '"' | '""' } '"'
//! plain   = word
//! unit    = "s" | "ms" | "us" | "ns"
//! zone    = character of a zone, { character of a zone }
//! number  = digit { digit }
//! word    = character of a word, { character of a word }
//! ```
//!
//! A character of a word is an ASCII letter, a digit, `_`, `-` or any character beyond ASCII; a
//! zone may have `+`, `/` and `:` as well. A field's name that is no word stands in double quotes,
//! and a double quote in it is written twice: `struct("first ""name""": utf8)`. Any name may be
//! quoted. Spaces and line breaks between any two of these do not matter. Letters are small or
//! capital as they are.
//!
//! # Bounds
//!
//! A text has at most [`MAX_LENGTH`] bytes, and types are nested at most [`MAX_DEPTH`] deep. A
//! value of fixed size has at most [`MAX_ITEMS`] items, bytes or fields, its children's included:
//! even a null takes the room of all of them.

#![no_std]

extern crate alloc;

mod display;
mod error;
mod parse;
mod words;

use alloc::{boxed::Box, string::String, vec::Vec};

pub use error::{ParseError, ParseErrorKind};

/// How long a type's text may be, in bytes.
pub const MAX_LENGTH: usize = 1 << 16;

/// How deep types may be nested: far more than anybody needs, far less than a stack holds.
pub const MAX_DEPTH: usize = 16;

/// How many items a value may have whose type fixes their number.
pub const MAX_ITEMS: u32 = 1 << 16;

/// The type of a column or of a part of one.
///
/// What [`DataType::parse`] returns keeps all the bounds of the grammar. A value that is put
/// together by hand may break them; its text is then refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the crate's table documents all of them")]
pub enum DataType {
    Bool,
    Int8,
    Int16,
    Int32,
    Int64,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    Float16,
    Float32,
    Float64,
    Utf8,
    LargeUtf8,
    Binary,
    LargeBinary,
    FixedSizeBinary(u32),
    Json,
    Date32,
    Date64,
    /// A time of day. It has 32 bits if counted in seconds or milliseconds, otherwise 64.
    Time(TimeUnit),
    Timestamp {
        unit: TimeUnit,
        zone: Option<String>,
    },
    Duration(TimeUnit),
    Decimal128 {
        precision: u8,
        scale: i8,
    },
    Decimal256 {
        precision: u8,
        scale: i8,
    },
    Vector {
        item: VectorItem,
        size: u32,
    },
    List(Box<Item>),
    LargeList(Box<Item>),
    FixedSizeList {
        item: Box<Item>,
        size: u32,
    },
    Struct(Vec<Field>),
    Map {
        key: Box<DataType>,
        value: Box<Item>,
    },
    Dictionary {
        key: DictionaryKey,
        value: Box<DataType>,
    },
}

/// A part of a nested type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Item {
    /// What it holds.
    pub data_type: DataType,
    /// Whether it may be null.
    pub nullable: bool,
}

/// A field of a struct.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Field {
    /// Its name, unique in the struct.
    pub name: String,
    /// What it holds.
    pub data_type: DataType,
    /// Whether it may be null.
    pub nullable: bool,
}

/// What time is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum TimeUnit {
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
}

/// The numbers of a vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum VectorItem {
    Float16,
    Float32,
    Float64,
    UInt8,
    Int8,
}

/// The integers that name the values of a dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum DictionaryKey {
    Int8,
    Int16,
    Int32,
    Int64,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
}

impl DataType {
    /// Reads the text of a type.
    ///
    /// # Errors
    /// A [`ParseError`] that says what is wrong, and where.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        parse::data_type(text)
    }

    /// Whether values have parts with a type of their own. A vector's numbers have none.
    #[must_use]
    pub fn is_nested(&self) -> bool {
        matches!(
            self,
            Self::List(_)
                | Self::LargeList(_)
                | Self::FixedSizeList { .. }
                | Self::Struct(_)
                | Self::Map { .. }
        )
    }
}

impl core::str::FromStr for DataType {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

impl VectorItem {
    /// The type of one number.
    #[must_use]
    pub fn data_type(self) -> DataType {
        match self {
            Self::Float16 => DataType::Float16,
            Self::Float32 => DataType::Float32,
            Self::Float64 => DataType::Float64,
            Self::UInt8 => DataType::UInt8,
            Self::Int8 => DataType::Int8,
        }
    }
}

impl DictionaryKey {
    /// The type of one key.
    #[must_use]
    pub fn data_type(self) -> DataType {
        match self {
            Self::Int8 => DataType::Int8,
            Self::Int16 => DataType::Int16,
            Self::Int32 => DataType::Int32,
            Self::Int64 => DataType::Int64,
            Self::UInt8 => DataType::UInt8,
            Self::UInt16 => DataType::UInt16,
            Self::UInt32 => DataType::UInt32,
            Self::UInt64 => DataType::UInt64,
        }
    }
}
