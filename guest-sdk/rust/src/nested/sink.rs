//! What serde needs to write a value into a node.
//!
//! Nothing is decided here but how serde's kinds of values are called: whether a
//! node takes one is for the node.

use lance_host_data_type::DataType;
use serde::Serialize;
use serde::ser::{
    Impossible, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, SerializeTupleStruct,
    Serializer,
};

use super::{Node, Scalar, Values};
use crate::Error;

/// Takes one value.
pub(super) struct Sink<'a>(pub(super) &'a mut Node);

macro_rules! scalars {
    ($($method:ident: $type:ty => |$value:ident| $scalar:expr;)*) => {$(
        #[inline]
        fn $method(self, $value: $type) -> Result<(), Error> {
            self.0.append_scalar($scalar)
        }
    )*};
}

impl<'a> Serializer for Sink<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = List<'a>;
    type SerializeTuple = List<'a>;
    type SerializeTupleStruct = List<'a>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Entries<'a>;
    type SerializeStruct = Entries<'a>;
    type SerializeStructVariant = Impossible<(), Error>;

    scalars! {
        serialize_bool: bool => |value| Scalar::Boolean(value);
        serialize_i8: i8 => |value| Scalar::Integer(value.into());
        serialize_i16: i16 => |value| Scalar::Integer(value.into());
        serialize_i32: i32 => |value| Scalar::Integer(value.into());
        serialize_i64: i64 => |value| Scalar::Integer(value.into());
        serialize_i128: i128 => |value| Scalar::Integer(value);
        serialize_u8: u8 => |value| Scalar::Integer(value.into());
        serialize_u16: u16 => |value| Scalar::Integer(value.into());
        serialize_u32: u32 => |value| Scalar::Integer(value.into());
        serialize_u64: u64 => |value| Scalar::Integer(value.into());
        serialize_f32: f32 => |value| Scalar::Float(value.into());
        serialize_f64: f64 => |value| Scalar::Float(value);
        serialize_char: char => |value| Scalar::Text(value.encode_utf8(&mut [0; 4]));
        serialize_str: &str => |value| Scalar::Text(value);
        serialize_bytes: &[u8] => |value| Scalar::Bytes(value);
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.0.append_null()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        self.0.append(value)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.0.append_null()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.0.append_null()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.0.append_scalar(Scalar::Text(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.0.append(value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let mut entries = self.serialize_map(Some(1))?;
        entries.serialize_entry(variant, value)?;
        SerializeMap::end(entries)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'a>, Error> {
        let bytes = match &self.0.values {
            Values::Leaf(leaf) if leaf.is_binary() => Some(Node::new(&DataType::UInt8, false)),
            Values::Vector { .. }
            | Values::FixedSizeList { .. }
            | Values::List { .. }
            | Values::LargeList { .. }
            | Values::Struct(_) => None,
            _ => return Err(self.0.mismatch("a list")),
        };
        Ok(List {
            node: self.0,
            bytes,
            items: 0,
        })
    }

    fn serialize_tuple(self, length: usize) -> Result<List<'a>, Error> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<List<'a>, Error> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Impossible<(), Error>, Error> {
        Err(variant())
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries<'a>, Error> {
        match &self.0.values {
            Values::Struct(_) | Values::Map { .. } => Ok(Entries(self.0)),
            _ => Err(self.0.mismatch("a struct or map")),
        }
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Entries<'a>, Error> {
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Impossible<(), Error>, Error> {
        Err(variant())
    }
}

/// Takes the items of a list, the bytes of a binary value, or the fields of a struct
/// by their position.
pub(super) struct List<'a> {
    node: &'a mut Node,
    bytes: Option<Node>,
    items: usize,
}

impl List<'_> {
    #[inline]
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let position = self.items;
        self.items += 1;
        let item = match (&mut self.bytes, &mut self.node.values) {
            (Some(bytes), _) => bytes,
            (None, Values::Struct(fields)) => return fields.append_at(position, value),
            (
                None,
                Values::Vector { item, .. }
                | Values::FixedSizeList { item, .. }
                | Values::List { item, .. }
                | Values::LargeList { item, .. },
            ) => item,
            _ => return Err(self.node.mismatch("a list")),
        };
        item.append(value)
            .map_err(|error| error.within(&format!("item {position}")))
    }

    fn finish(self) -> Result<(), Error> {
        match &self.bytes {
            Some(bytes) => self.node.append_scalar(Scalar::Bytes(bytes.behind(0))),
            None => self.node.end_list(self.items),
        }
    }
}

/// Takes the entries of a map, or the fields of a struct by their name.
pub(super) struct Entries<'a>(&'a mut Node);

impl Entries<'_> {
    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        match &mut self.0.values {
            Values::Struct(fields) => fields.find(key),
            Values::Map { entries, .. } => {
                (entries.key.append(key)).map_err(|error| error.within("key"))
            }
            _ => Ok(()),
        }
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let row = self.0.rows();
        match &mut self.0.values {
            Values::Struct(fields) => fields.append(row, value),
            Values::Map { entries, .. } => {
                (entries.value.append(value)).map_err(|error| error.within("value"))
            }
            _ => Ok(()),
        }
    }
}

macro_rules! lists {
    ($($trait:ident: $method:ident;)*) => {$(
        impl $trait for List<'_> {
            type Ok = ();
            type Error = Error;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.item(value)
            }

            fn end(self) -> Result<(), Error> {
                self.finish()
            }
        }
    )*};
}

lists! {
    SerializeSeq: serialize_element;
    SerializeTuple: serialize_element;
    SerializeTupleStruct: serialize_field;
}

impl SerializeMap for Entries<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.value(value)
    }

    fn end(self) -> Result<(), Error> {
        self.0.end_entries()
    }
}

impl SerializeStruct for Entries<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.key(name)?;
        self.value(value)
    }

    fn end(self) -> Result<(), Error> {
        self.0.end_entries()
    }
}

fn variant() -> Error {
    let message = "a variant of an enum that has several values has no column: use `json`";
    Error::new("type-mismatch", message)
}
