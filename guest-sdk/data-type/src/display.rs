//! The canonical text of a type.

use core::fmt;

use crate::{DataType, DictionaryKey, Field, Item, TimeUnit, VectorItem, words::is_word};

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Int8 => f.write_str("int8"),
            Self::Int16 => f.write_str("int16"),
            Self::Int32 => f.write_str("int32"),
            Self::Int64 => f.write_str("int64"),
            Self::UInt8 => f.write_str("uint8"),
            Self::UInt16 => f.write_str("uint16"),
            Self::UInt32 => f.write_str("uint32"),
            Self::UInt64 => f.write_str("uint64"),
            Self::Float16 => f.write_str("float16"),
            Self::Float32 => f.write_str("float32"),
            Self::Float64 => f.write_str("float64"),
            Self::Utf8 => f.write_str("utf8"),
            Self::LargeUtf8 => f.write_str("large-utf8"),
            Self::Binary => f.write_str("binary"),
            Self::LargeBinary => f.write_str("large-binary"),
            Self::FixedSizeBinary(size) => write!(f, "fixed-size-binary({size})"),
            Self::Json => f.write_str("json"),
            Self::Date32 => f.write_str("date32"),
            Self::Date64 => f.write_str("date64"),
            Self::Time(unit @ (TimeUnit::Second | TimeUnit::Millisecond)) => {
                write!(f, "time32({unit})")
            }
            Self::Time(unit @ (TimeUnit::Microsecond | TimeUnit::Nanosecond)) => {
                write!(f, "time64({unit})")
            }
            Self::Timestamp { unit, zone: None } => write!(f, "timestamp({unit})"),
            Self::Timestamp {
                unit,
                zone: Some(zone),
            } => write!(f, "timestamp({unit}, {zone})"),
            Self::Duration(unit) => write!(f, "duration({unit})"),
            Self::Decimal128 { precision, scale } => write!(f, "decimal128({precision}, {scale})"),
            Self::Decimal256 { precision, scale } => write!(f, "decimal256({precision}, {scale})"),
            Self::Vector { item, size } => write!(f, "vector({item}, {size})"),
            Self::List(item) => write!(f, "list({item})"),
            Self::LargeList(item) => write!(f, "large-list({item})"),
            Self::FixedSizeList { item, size } => write!(f, "fixed-size-list({item}, {size})"),
            Self::Struct(fields) => {
                f.write_str("struct(")?;
                for (index, field) in fields.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(f, "{separator}{field}")?;
                }
                f.write_str(")")
            }
            Self::Map { key, value } => write!(f, "map({key}, {value})"),
            Self::Dictionary { key, value } => write!(f, "dictionary({key}, {value})"),
        }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            data_type,
            nullable,
        } = self;
        write!(f, "{data_type}{}", if *nullable { "" } else { "!" })
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_word(&self.name) {
            f.write_str(&self.name)?;
        } else {
            f.write_str("\"")?;
            for (index, part) in self.name.split('"').enumerate() {
                let quote = if index == 0 { "" } else { "\"\"" };
                write!(f, "{quote}{part}")?;
            }
            f.write_str("\"")?;
        }
        let required = if self.nullable { "" } else { "!" };
        write!(f, ": {}{required}", self.data_type)
    }
}

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Second => "s",
            Self::Millisecond => "ms",
            Self::Microsecond => "us",
            Self::Nanosecond => "ns",
        })
    }
}

impl fmt::Display for VectorItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.data_type().fmt(f)
    }
}

impl fmt::Display for DictionaryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.data_type().fmt(f)
    }
}
