//! Data types: the contract's text becomes a type, and each type has its place in Arrow.
//!
//! The text is read by [`lance_host_data_type`], which guests use as well. What is added here is
//! the Arrow type, and how values lie in the buffers that cross the boundary.

use std::sync::Arc;

use arrow::datatypes::{
    DataType as ArrowType, Field as ArrowField, FieldRef, Fields, TimeUnit as ArrowUnit,
};
use lance_host_data_type::{
    DataType, DictionaryKey, Field, Item, ParseErrorKind, TimeUnit, VectorItem,
};

use super::Problem;
use crate::{target::Code, text::printable};

/// How values lie in their buffers.
pub(super) enum Layout<'a> {
    /// One buffer of bits, least significant first.
    Bits,
    /// One buffer of values of `width` bytes.
    Fixed { width: usize },
    /// Offsets, one more than values, and the bytes that they divide.
    Variable { offsets: Offsets, content: Content },
    /// One buffer of items, `size` of them for each value.
    Vector { item: VectorItem, size: usize },
    /// Offsets, which divide the items of the only child.
    List { offsets: Offsets, item: &'a Item },
    /// No buffer; the only child has `size` items for each value.
    FixedSizeList { item: &'a Item, size: usize },
    /// No buffer; each child has an item for each value.
    Struct(&'a [Field]),
    /// 32-bit offsets, which divide the entries: a struct of key and value.
    Map { key: &'a DataType, value: &'a Item },
    /// One buffer of keys, which count the values of the only child.
    Dictionary {
        key: DictionaryKey,
        value: &'a DataType,
    },
}

/// How wide offsets are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offsets {
    Narrow,
    Wide,
}

/// What the bytes of a value must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Bytes,
    Text,
    Json,
}

/// Reads the contract's text for a type.
pub(super) fn parse(text: &str) -> Result<DataType, Problem> {
    DataType::parse(text).map_err(|error| {
        let code = match error.kind() {
            ParseErrorKind::TooLarge => Code::TooLarge,
            _ => Code::InvalidSchema,
        };
        let shown = printable(text, 100);
        Problem::new(code, format!("the data type `{shown}` is wrong: {error}"))
    })
}

/// How many columns of the contract hold a column of this type: itself, and its children.
pub(super) fn parts(data_type: &DataType) -> usize {
    let children = match layout(data_type) {
        Layout::List { item, .. } | Layout::FixedSizeList { item, .. } => parts(&item.data_type),
        Layout::Struct(fields) => fields.iter().map(|field| parts(&field.data_type)).sum(),
        // The entries are a part of their own.
        Layout::Map { key, value } => 1 + parts(key) + parts(&value.data_type),
        Layout::Dictionary { value, .. } => parts(value),
        _ => 0,
    };
    1 + children
}

pub(super) fn layout(data_type: &DataType) -> Layout<'_> {
    use DataType as T;
    let variable = |offsets, content| Layout::Variable { offsets, content };
    let width = match data_type {
        T::Bool => return Layout::Bits,
        T::Utf8 => return variable(Offsets::Narrow, Content::Text),
        T::LargeUtf8 => return variable(Offsets::Wide, Content::Text),
        T::Binary => return variable(Offsets::Narrow, Content::Bytes),
        T::LargeBinary => return variable(Offsets::Wide, Content::Bytes),
        T::Json => return variable(Offsets::Narrow, Content::Json),
        T::Vector { item, size } => {
            return Layout::Vector {
                item: *item,
                size: *size as usize,
            };
        }
        T::List(item) => {
            return Layout::List {
                offsets: Offsets::Narrow,
                item,
            };
        }
        T::LargeList(item) => {
            return Layout::List {
                offsets: Offsets::Wide,
                item,
            };
        }
        T::FixedSizeList { item, size } => {
            return Layout::FixedSizeList {
                item,
                size: *size as usize,
            };
        }
        T::Struct(fields) => return Layout::Struct(fields),
        T::Map { key, value } => return Layout::Map { key, value },
        T::Dictionary { key, value } => return Layout::Dictionary { key: *key, value },
        T::Int8 | T::UInt8 => 1,
        T::Int16 | T::UInt16 | T::Float16 => 2,
        T::Int32 | T::UInt32 | T::Float32 | T::Date32 => 4,
        T::Time(TimeUnit::Second | TimeUnit::Millisecond) => 4,
        T::Int64 | T::UInt64 | T::Float64 | T::Date64 => 8,
        T::Time(_) | T::Timestamp { .. } | T::Duration(_) => 8,
        T::Decimal128 { .. } => 16,
        T::Decimal256 { .. } => 32,
        T::FixedSizeBinary(size) => *size as usize,
    };
    Layout::Fixed { width }
}

/// The bytes of one number of a vector.
pub(super) fn item_width(item: VectorItem) -> usize {
    match item {
        VectorItem::UInt8 | VectorItem::Int8 => 1,
        VectorItem::Float16 => 2,
        VectorItem::Float32 => 4,
        VectorItem::Float64 => 8,
    }
}

/// The bytes of one key of a dictionary.
pub(super) fn key_width(key: DictionaryKey) -> usize {
    match key {
        DictionaryKey::Int8 | DictionaryKey::UInt8 => 1,
        DictionaryKey::Int16 | DictionaryKey::UInt16 => 2,
        DictionaryKey::Int32 | DictionaryKey::UInt32 => 4,
        DictionaryKey::Int64 | DictionaryKey::UInt64 => 8,
    }
}

/// How many values the keys of a dictionary can name.
pub(super) fn dictionary_capacity(key: DictionaryKey) -> usize {
    match key {
        DictionaryKey::Int8 => 1 << 7,
        DictionaryKey::UInt8 => 1 << 8,
        DictionaryKey::Int16 => 1 << 15,
        DictionaryKey::UInt16 => 1 << 16,
        // More than there is ever memory for.
        DictionaryKey::Int32
        | DictionaryKey::UInt32
        | DictionaryKey::Int64
        | DictionaryKey::UInt64 => 1 << 31,
    }
}

/// The Arrow type of a column.
pub(crate) fn arrow(data_type: &DataType) -> ArrowType {
    use DataType as T;
    match data_type {
        T::Bool => ArrowType::Boolean,
        T::Int8 => ArrowType::Int8,
        T::Int16 => ArrowType::Int16,
        T::Int32 => ArrowType::Int32,
        T::Int64 => ArrowType::Int64,
        T::UInt8 => ArrowType::UInt8,
        T::UInt16 => ArrowType::UInt16,
        T::UInt32 => ArrowType::UInt32,
        T::UInt64 => ArrowType::UInt64,
        T::Float16 => ArrowType::Float16,
        T::Float32 => ArrowType::Float32,
        T::Float64 => ArrowType::Float64,
        T::Utf8 | T::Json => ArrowType::Utf8,
        T::LargeUtf8 => ArrowType::LargeUtf8,
        T::Binary => ArrowType::Binary,
        T::LargeBinary => ArrowType::LargeBinary,
        T::FixedSizeBinary(size) => ArrowType::FixedSizeBinary(arrow_size(*size)),
        T::Date32 => ArrowType::Date32,
        T::Date64 => ArrowType::Date64,
        T::Time(unit @ (TimeUnit::Second | TimeUnit::Millisecond)) => {
            ArrowType::Time32(arrow_unit(*unit))
        }
        T::Time(unit) => ArrowType::Time64(arrow_unit(*unit)),
        T::Timestamp { unit, zone } => {
            ArrowType::Timestamp(arrow_unit(*unit), zone.as_deref().map(Arc::from))
        }
        T::Duration(unit) => ArrowType::Duration(arrow_unit(*unit)),
        T::Decimal128 { precision, scale } => ArrowType::Decimal128(*precision, *scale),
        T::Decimal256 { precision, scale } => ArrowType::Decimal256(*precision, *scale),
        T::Vector { item, size } => {
            ArrowType::FixedSizeList(fixed_size_item(&item.data_type()), arrow_size(*size))
        }
        T::List(item) => ArrowType::List(list_item(item)),
        T::LargeList(item) => ArrowType::LargeList(list_item(item)),
        T::FixedSizeList { item, size } => {
            ArrowType::FixedSizeList(fixed_size_item(&item.data_type), arrow_size(*size))
        }
        T::Struct(fields) => ArrowType::Struct(struct_fields(fields)),
        T::Map { key, value } => ArrowType::Map(map_entries(key, value), false),
        T::Dictionary { key, value } => {
            ArrowType::Dictionary(Box::new(arrow(&key.data_type())), Box::new(arrow(value)))
        }
    }
}

/// The field of a list's items.
pub(super) fn list_item(item: &Item) -> FieldRef {
    Arc::new(ArrowField::new_list_field(
        arrow(&item.data_type),
        item.nullable,
    ))
}

/// The field of the items of a vector or of a list of fixed size.
///
/// It is nullable even where items are required: LanceDB keeps nothing else, and the tools that
/// read vectors expect the field that Arrow's own builders make.
pub(super) fn fixed_size_item(item: &DataType) -> FieldRef {
    Arc::new(ArrowField::new_list_field(arrow(item), true))
}

pub(super) fn struct_fields(fields: &[Field]) -> Fields {
    fields
        .iter()
        .map(|field| ArrowField::new(&field.name, arrow(&field.data_type), field.nullable))
        .collect()
}

/// The field of a map's entries, named as Python's Arrow names them.
pub(super) fn map_entries(key: &DataType, value: &Item) -> FieldRef {
    let key = ArrowField::new("key", arrow(key), false);
    let value = ArrowField::new("value", arrow(&value.data_type), value.nullable);
    let entries = ArrowType::Struct(Fields::from(vec![key, value]));
    Arc::new(ArrowField::new("entries", entries, false))
}

/// A size as Arrow has it; the parser keeps all of them small.
pub(super) fn arrow_size(size: u32) -> i32 {
    i32::try_from(size).unwrap_or(i32::MAX)
}

fn arrow_unit(unit: TimeUnit) -> ArrowUnit {
    match unit {
        TimeUnit::Second => ArrowUnit::Second,
        TimeUnit::Millisecond => ArrowUnit::Millisecond,
        TimeUnit::Microsecond => ArrowUnit::Microsecond,
        TimeUnit::Nanosecond => ArrowUnit::Nanosecond,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrow_of(text: &str) -> String {
        arrow(&parse(text).unwrap()).to_string()
    }

    #[test]
    fn each_type_has_its_arrow_type() {
        for (text, expected) in [
            ("bool", "Boolean"),
            ("uint64", "UInt64"),
            ("float16", "Float16"),
            ("large-utf8", "LargeUtf8"),
            ("fixed-size-binary(16)", "FixedSizeBinary(16)"),
            ("json", "Utf8"),
            ("date64", "Date64"),
            ("time32(ms)", "Time32(ms)"),
            ("time64(ns)", "Time64(ns)"),
            ("timestamp(us)", "Timestamp(µs)"),
            ("timestamp(us, +02:00)", "Timestamp(µs, \"+02:00\")"),
            ("duration(s)", "Duration(s)"),
            ("decimal128(38, 10)", "Decimal128(38, 10)"),
            ("decimal256(76, -5)", "Decimal256(76, -5)"),
            ("vector(uint8, 4)", "FixedSizeList(4 x UInt8)"),
            ("list(utf8!)", "List(non-null Utf8)"),
            ("large-list(bool)", "LargeList(Boolean)"),
            ("fixed-size-list(int8!, 3)", "FixedSizeList(3 x Int8)"),
            (
                "struct(a: int8!, b: json)",
                "Struct(\"a\": non-null Int8, \"b\": Utf8)",
            ),
            (
                "map(utf8, int8)",
                "Map(\"entries\": non-null Struct(\"key\": non-null Utf8, \"value\": Int8), unsorted)",
            ),
            ("dictionary(uint8, utf8)", "Dictionary(UInt8, Utf8)"),
        ] {
            assert_eq!(arrow_of(text), expected, "{text}");
        }
    }

    #[test]
    fn the_width_of_a_value_is_that_of_its_arrow_type() {
        for text in [
            "int8",
            "uint16",
            "float16",
            "float64",
            "date32",
            "date64",
            "time32(s)",
            "time64(us)",
            "timestamp(s)",
            "duration(ns)",
            "decimal128(1, 0)",
            "decimal256(1, 0)",
        ] {
            let data_type = parse(text).unwrap();
            let Layout::Fixed { width } = layout(&data_type) else {
                panic!("{text} has no width");
            };
            assert_eq!(arrow(&data_type).primitive_width(), Some(width), "{text}");
        }
    }

    #[test]
    fn a_nested_type_has_a_part_for_each_level() {
        for (text, expected) in [
            ("utf8", 1),
            ("vector(float32, 8)", 1),
            ("list(vector(float32, 8))", 2),
            ("struct(a: bool, b: list(bool))", 4),
            ("map(utf8, list(bool))", 5),
            ("dictionary(int8, utf8)", 2),
        ] {
            assert_eq!(parts(&parse(text).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_type_is_an_invalid_schema() {
        let problem = parse("vector(float32, 0)").unwrap_err();
        assert_eq!(problem.code, Code::InvalidSchema);
        insta::assert_snapshot!(problem.message, @"the data type `vector(float32, 0)` is wrong: at character 17: the number of items is from 1 to 65536");
        let deep = format!("{}int64{}", "list(".repeat(100), ")".repeat(100));
        assert_eq!(parse(&deep).unwrap_err().code, Code::TooLarge);
    }
}
