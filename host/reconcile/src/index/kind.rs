//! The kinds of indexes that can be declared, and the columns that each suits.

use std::fmt;

use arrow::datatypes::DataType;
use lancedb::utils::{
    supported_bitmap_data_type, supported_btree_data_type, supported_fts_data_type,
    supported_vector_data_type,
};

/// A kind of index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// For vectors.
    Vector(VectorKind),
    /// For full text.
    Fts,
    /// For sorted values.
    Btree,
    /// For few distinct values.
    Bitmap,
    /// For lists of few distinct values.
    LabelList,
}

/// A kind of vector index: how vectors are stored in it, and whether a graph leads to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VectorKind {
    pub(crate) quantizer: Quantizer,
    pub(crate) hnsw: bool,
}

/// How a vector index stores vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantizer {
    /// As they are.
    Flat,
    /// A byte an item.
    Scalar,
    /// Codes of parts, from a codebook.
    Product,
    /// Few bits an item, after a rotation.
    Rabit,
}

/// What an index is good for. A column has one index of each class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Rows with similar vectors.
    Vector,
    /// Rows with certain words.
    FullText,
    /// Rows that a condition selects.
    Scalar,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Vector => "vector",
            Self::FullText => "full-text",
            Self::Scalar => "scalar",
        })
    }
}

const fn vector(quantizer: Quantizer, hnsw: bool) -> Kind {
    Kind::Vector(VectorKind { quantizer, hnsw })
}

/// Every kind by its name.
const KINDS: [(&str, Kind); 11] = [
    ("ivf-flat", vector(Quantizer::Flat, false)),
    ("ivf-sq", vector(Quantizer::Scalar, false)),
    ("ivf-pq", vector(Quantizer::Product, false)),
    ("ivf-rq", vector(Quantizer::Rabit, false)),
    ("ivf-hnsw-flat", vector(Quantizer::Flat, true)),
    ("ivf-hnsw-sq", vector(Quantizer::Scalar, true)),
    ("ivf-hnsw-pq", vector(Quantizer::Product, true)),
    ("fts", Kind::Fts),
    ("btree", Kind::Btree),
    ("bitmap", Kind::Bitmap),
    ("label-list", Kind::LabelList),
];

impl Kind {
    /// The kind of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let found = KINDS.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, kind)| kind)
    }

    /// All names, for messages.
    pub(crate) fn names() -> String {
        KINDS.map(|(name, _)| name).join(", ")
    }

    pub(crate) fn as_str(self) -> &'static str {
        let found = KINDS.into_iter().find(|(_, kind)| *kind == self);
        found.map_or("unknown", |(name, _)| name)
    }

    pub(crate) fn class(self) -> Class {
        match self {
            Self::Vector(_) => Class::Vector,
            Self::Fts => Class::FullText,
            Self::Btree | Self::Bitmap | Self::LabelList => Class::Scalar,
        }
    }

    /// What the kind needs, in words, if a column of `data_type` is something else.
    pub(crate) fn mismatch(self, data_type: &DataType) -> Option<&'static str> {
        let (suits, needed) = match self {
            Self::Vector(kind) => {
                let bytes = vector_of(data_type).is_some_and(|(item, _)| *item == DataType::UInt8);
                (
                    supported_vector_data_type(data_type)
                        && lists(data_type) <= 1
                        && (!bytes || kind.quantizer == Quantizer::Flat),
                    match kind.quantizer {
                        Quantizer::Flat => "a vector of float16, float32, float64 or uint8",
                        _ => "a vector of float16, float32 or float64",
                    },
                )
            }
            Self::Fts => (
                supported_fts_data_type(data_type),
                "text, or a list of text",
            ),
            Self::Btree => (
                supported_btree_data_type(data_type),
                "a boolean, a number, a date, a time, utf8 or fixed-size bytes",
            ),
            Self::Bitmap => (
                supported_bitmap_data_type(data_type),
                "a boolean, an integer, text or bytes",
            ),
            Self::LabelList => (
                matches!(data_type, DataType::List(item) | DataType::LargeList(item)
                    if supported_bitmap_data_type(item.data_type())),
                "a list of booleans, integers, text or bytes",
            ),
        };
        (!suits).then_some(needed)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The items and the dimension of a vector, or of the vectors in a list.
pub(crate) fn vector_of(data_type: &DataType) -> Option<(&DataType, u32)> {
    match data_type {
        DataType::FixedSizeList(item, size) => Some((item.data_type(), u32::try_from(*size).ok()?)),
        DataType::List(item) => vector_of(item.data_type()),
        _ => None,
    }
}

/// Whether a column holds a list of vectors.
pub(crate) fn is_multivector(data_type: &DataType) -> bool {
    lists(data_type) > 0 && vector_of(data_type).is_some()
}

/// How many lists are around the value.
fn lists(data_type: &DataType) -> usize {
    match data_type {
        DataType::List(item) => 1 + lists(item.data_type()),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::datatypes::{Field, TimeUnit};

    use super::*;

    fn item(data_type: DataType) -> Arc<Field> {
        Arc::new(Field::new("item", data_type, true))
    }

    #[test]
    fn each_type_of_column_has_its_kinds() {
        let vector = |of| DataType::FixedSizeList(item(of), 8);
        let floats = "ivf-flat ivf-sq ivf-pq ivf-rq ivf-hnsw-flat ivf-hnsw-sq ivf-hnsw-pq";
        let time = DataType::Timestamp(TimeUnit::Second, None);
        let cases = [
            (DataType::Boolean, "btree bitmap"),
            (DataType::Int64, "btree bitmap"),
            (DataType::Float64, "btree"),
            (time, "btree"),
            (DataType::Utf8, "fts btree bitmap"),
            (DataType::LargeUtf8, "fts bitmap"),
            (DataType::Binary, "bitmap"),
            (DataType::FixedSizeBinary(4), "btree"),
            (DataType::Decimal128(10, 2), ""),
            (vector(DataType::Float32), floats),
            (vector(DataType::Float16), floats),
            (vector(DataType::UInt8), "ivf-flat ivf-hnsw-flat"),
            (vector(DataType::Int8), ""),
            (DataType::List(item(vector(DataType::Float32))), floats),
            (DataType::List(item(DataType::Utf8)), "fts label-list"),
            (DataType::List(item(DataType::Int32)), "label-list"),
            (DataType::List(item(DataType::Float32)), ""),
        ];
        for (data_type, kinds) in cases {
            let suits = |(name, kind): &(&'static str, Kind)| {
                kind.mismatch(&data_type).is_none().then_some(*name)
            };
            let suiting: Vec<_> = KINDS.iter().filter_map(suits).collect();
            assert_eq!(suiting.join(" "), kinds, "{data_type}");
        }
    }
}
