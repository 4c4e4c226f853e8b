//! Data types: the contract's text, what this host knows of it, and the Arrow type of each.
//!
//! The text is read in two steps: the grammar in [`expression`] reads any well-formed text, and
//! [`KNOWN`] says what its names mean. A further type is an entry there, a variant of
//! [`ColumnType`] and its [`Layout`].

mod expression;

use std::{fmt, sync::Arc};

use arrow::datatypes::{DataType, Field};

use self::expression::{Argument, Expression};
use super::Problem;
use crate::{target::Code, text::printable};

/// How many items a vector may have.
///
/// A null vector costs its guest nothing and the host all its items; the bound keeps this
/// in proportion.
const MAX_ITEMS: u32 = 1 << 16;

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ColumnType {
    Bool,
    Int64,
    Float64,
    /// Not yet a column of its own, but an item of vectors.
    Float32,
    Utf8,
    Binary,
    Json,
    Vector {
        item: Box<ColumnType>,
        size: u32,
    },
}

/// How a column's values lie in its buffers.
pub(super) enum Layout<'a> {
    /// One buffer of bits, least significant first.
    Bits,
    /// One buffer of values of `width` bytes.
    Fixed { width: usize },
    /// 32-bit offsets, one more than values, and the bytes that they divide.
    Variable(Content),
    /// The item's buffers, with `size` items for each value.
    Items { item: &'a ColumnType, size: usize },
}

/// What the bytes of a value must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Bytes,
    Text,
    Json,
}

impl ColumnType {
    /// Reads the contract's text for a type.
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let malformed = |reason: &str| {
            let shown = printable(text, 100);
            Problem::new(
                Code::InvalidSchema,
                format!(
                    "the data type `{shown}` {reason}; this host knows {}",
                    Names
                ),
            )
        };
        let expression = Expression::read(text).map_err(malformed)?;
        resolve(&expression).map_err(|unknown| match unknown {
            Unknown::Reserved => Problem::new(
                Code::Unsupported,
                format!(
                    "the data type `{}` is not supported by this host, which knows {}",
                    printable(text, 100),
                    Names
                ),
            ),
            Unknown::Name => malformed("does not exist"),
            Unknown::Arguments(reason) => malformed(&reason),
        })
    }

    /// The Arrow type of a column.
    pub(crate) fn arrow(&self) -> DataType {
        match self {
            Self::Bool => DataType::Boolean,
            Self::Int64 => DataType::Int64,
            Self::Float64 => DataType::Float64,
            Self::Float32 => DataType::Float32,
            Self::Utf8 | Self::Json => DataType::Utf8,
            Self::Binary => DataType::Binary,
            Self::Vector { size, .. } => {
                let item = Arc::new(self.item_field());
                // At most `MAX_ITEMS`, so the sizes that Arrow has suffice.
                DataType::FixedSizeList(item, i32::try_from(*size).unwrap_or(i32::MAX))
            }
        }
    }

    /// The field of a vector's items. They are never null, but the tools that read vectors
    /// expect the field that Arrow's own builders make.
    pub(super) fn item_field(&self) -> Field {
        let item = match self {
            Self::Vector { item, .. } => item.arrow(),
            other => other.arrow(),
        };
        Field::new_list_field(item, true)
    }

    /// How values lie in buffers.
    pub(super) fn layout(&self) -> Layout<'_> {
        match self {
            Self::Bool => Layout::Bits,
            Self::Int64 | Self::Float64 => Layout::Fixed { width: 8 },
            Self::Float32 => Layout::Fixed { width: 4 },
            Self::Utf8 => Layout::Variable(Content::Text),
            Self::Json => Layout::Variable(Content::Json),
            Self::Binary => Layout::Variable(Content::Bytes),
            Self::Vector { item, size } => Layout::Items {
                item,
                size: *size as usize,
            },
        }
    }
}

/// The type as the contract writes it.
impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Int64 => f.write_str("int64"),
            Self::Float64 => f.write_str("float64"),
            Self::Float32 => f.write_str("float32"),
            Self::Utf8 => f.write_str("utf8"),
            Self::Binary => f.write_str("binary"),
            Self::Json => f.write_str("json"),
            Self::Vector { item, size } => write!(f, "vector({item}, {size})"),
        }
    }
}

/// A type that this host knows.
struct Known {
    name: &'static str,
    /// What may stand in brackets behind the name, for messages.
    arguments: &'static str,
    build: fn(&[Argument<'_>]) -> Result<ColumnType, Unknown>,
}

const KNOWN: &[Known] = &[
    Known {
        name: "bool",
        arguments: "",
        build: |arguments| plain(ColumnType::Bool, arguments),
    },
    Known {
        name: "int64",
        arguments: "",
        build: |arguments| plain(ColumnType::Int64, arguments),
    },
    Known {
        name: "float64",
        arguments: "",
        build: |arguments| plain(ColumnType::Float64, arguments),
    },
    Known {
        name: "utf8",
        arguments: "",
        build: |arguments| plain(ColumnType::Utf8, arguments),
    },
    Known {
        name: "binary",
        arguments: "",
        build: |arguments| plain(ColumnType::Binary, arguments),
    },
    Known {
        name: "json",
        arguments: "",
        build: |arguments| plain(ColumnType::Json, arguments),
    },
    Known {
        name: "vector",
        arguments: "(float32, n)",
        build: vector,
    },
];

/// The contract's other types, which a later host may know.
const RESERVED: &[&str] = &[
    "int8",
    "int16",
    "int32",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "date32",
    "timestamp",
    "decimal128",
    "large-utf8",
    "large-binary",
    "fixed-size-binary",
    "list",
    "fixed-size-list",
    "struct",
    "map",
    "dictionary",
];

/// The types that this host knows, as a list for messages.
struct Names;

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, known) in KNOWN.iter().enumerate() {
            let separator = match index {
                0 => "",
                _ if index + 1 == KNOWN.len() => " and ",
                _ => ", ",
            };
            write!(f, "{separator}{}{}", known.name, known.arguments)?;
        }
        Ok(())
    }
}

/// Why a well-formed text is not a type of this host.
enum Unknown {
    /// The contract has the type; this host does not.
    Reserved,
    /// The contract does not have it.
    Name,
    /// The arguments are not what the type takes.
    Arguments(String),
}

/// Looks an expression up in the table.
fn resolve(expression: &Expression<'_>) -> Result<ColumnType, Unknown> {
    let name = expression.name;
    match KNOWN.iter().find(|known| known.name == name) {
        Some(known) => (known.build)(&expression.arguments),
        None if RESERVED.contains(&name) => Err(Unknown::Reserved),
        None => Err(Unknown::Name),
    }
}

fn plain(plain: ColumnType, arguments: &[Argument<'_>]) -> Result<ColumnType, Unknown> {
    if arguments.is_empty() {
        Ok(plain)
    } else {
        Err(Unknown::Arguments("takes nothing in brackets".into()))
    }
}

fn vector(arguments: &[Argument<'_>]) -> Result<ColumnType, Unknown> {
    let [
        Argument {
            label: None,
            value: item,
        },
        Argument {
            label: None,
            value: size,
        },
    ] = arguments
    else {
        return Err(Unknown::Arguments(
            "needs an item type and a number of items".into(),
        ));
    };
    let item = match (item.name, item.arguments.as_slice()) {
        ("float32", []) => ColumnType::Float32,
        ("float16" | "float64" | "int8" | "uint8", []) => return Err(Unknown::Reserved),
        _ => {
            return Err(Unknown::Arguments(
                "has items that cannot be in a vector".into(),
            ));
        }
    };
    let digits = size.arguments.is_empty() && size.name.bytes().all(|byte| byte.is_ascii_digit());
    match size.name.parse() {
        Ok(size @ 1..=MAX_ITEMS) if digits => Ok(ColumnType::Vector {
            item: Box::new(item),
            size,
        }),
        _ => Err(Unknown::Arguments(format!(
            "needs a number of items from 1 to {MAX_ITEMS}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        let problem = ColumnType::parse(text).unwrap_err();
        format!("{}: {}", problem.code, problem.message)
    }

    #[test]
    fn each_known_type_is_read_and_written() {
        let texts = [
            "bool",
            "int64",
            "float64",
            "utf8",
            "binary",
            "json",
            "vector(float32, 384)",
        ];
        for text in texts {
            assert_eq!(ColumnType::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(texts.len(), KNOWN.len());
    }

    #[test]
    fn spaces_do_not_matter() {
        let vector = ColumnType::parse("  vector( float32 ,3 ) ").unwrap();
        assert_eq!(vector.to_string(), "vector(float32, 3)");
    }

    #[test]
    fn json_is_text_to_arrow() {
        assert_eq!(ColumnType::Json.arrow(), DataType::Utf8);
    }

    #[test]
    fn other_types_of_the_contract_are_unsupported() {
        insta::assert_snapshot!(
            message("decimal128(38, 10)"),
            @"unsupported: the data type `decimal128(38, 10)` is not supported by this host, which knows bool, int64, float64, utf8, binary, json and vector(float32, n)"
        );
        for text in [
            "uint8",
            "timestamp(us)",
            "timestamp(us, UTC)",
            "timestamp(ns, +02:00)",
            "vector(float16, 8)",
            "list(list(utf8))",
            "struct(x: float64, y: list(int64))",
            "map(utf8, int64)",
            "fixed-size-binary(16)",
        ] {
            assert_eq!(
                ColumnType::parse(text).unwrap_err().code,
                Code::Unsupported,
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_not_a_type_is_an_invalid_schema() {
        insta::assert_snapshot!(
            message("flaot64"),
            @"invalid-schema: the data type `flaot64` does not exist; this host knows bool, int64, float64, utf8, binary, json and vector(float32, n)"
        );
        insta::assert_snapshot!(
            message("vector(float32, 0)"),
            @"invalid-schema: the data type `vector(float32, 0)` needs a number of items from 1 to 65536; this host knows bool, int64, float64, utf8, binary, json and vector(float32, n)"
        );
        for text in [
            "",
            " ",
            "(",
            "vector",
            "vector()",
            "vector(float32)",
            "vector(float32, -1)",
            "vector(float32, +1)",
            "vector(float32, 65537)",
            "vector(float32, 99999999999999999999)",
            "vector(float32, 3) x",
            "vector(float32, 3",
            "vector(float32, 3))",
            "vector(utf8, 3)",
            "vector(x: float32, 3)",
            "vector(float32, 3(4))",
            "int64(8)",
            "int64:",
            "Utf8",
        ] {
            assert_eq!(
                ColumnType::parse(text).unwrap_err().code,
                Code::InvalidSchema,
                "{text}"
            );
        }
    }

    #[test]
    fn nesting_and_length_are_bounded() {
        let deep = format!("{}int64{}", "list(".repeat(100_000), ")".repeat(100_000));
        assert!(message(&deep).contains("is too long"));
        let deep = format!("{}int64{}", "list(".repeat(100), ")".repeat(100));
        assert!(message(&deep).contains("is nested too deeply"));
    }
}
