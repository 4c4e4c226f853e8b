//! JSON text whose maps are in the order of their keys.
//!
//! A `HashMap` has another order in each run, and a row must not differ where nothing has
//! changed. All else is as `serde_json` writes it, which does the writing.

use serde::Serialize;
use serde::ser::{
    Error as _, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::Error;

/// Appends the text of a value.
pub(crate) fn write<T: Serialize + ?Sized>(value: &T, text: &mut Vec<u8>) -> Result<(), Error> {
    value.serialize(Json(text))
}

struct Json<'a>(&'a mut Vec<u8>);

impl<'a> Json<'a> {
    /// Begins an object that has the name of a variant for its only key.
    fn variant(self, variant: &'static str) -> Result<&'a mut Vec<u8>, Error> {
        self.0.push(b'{');
        serde_json::to_writer(&mut *self.0, variant)?;
        self.0.push(b':');
        Ok(self.0)
    }
}

macro_rules! scalars {
    ($($method:ident: $type:ty;)*) => {$(
        fn $method(self, value: $type) -> Result<(), Error> {
            serde_json::to_writer(self.0, &value)
        }
    )*};
}

impl<'a> Serializer for Json<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = List<'a>;
    type SerializeTuple = List<'a>;
    type SerializeTupleStruct = List<'a>;
    type SerializeTupleVariant = List<'a>;
    type SerializeMap = Map<'a>;
    type SerializeStruct = Struct<'a>;
    type SerializeStructVariant = Struct<'a>;

    scalars! {
        serialize_bool: bool;
        serialize_i8: i8;
        serialize_i16: i16;
        serialize_i32: i32;
        serialize_i64: i64;
        serialize_i128: i128;
        serialize_u8: u8;
        serialize_u16: u16;
        serialize_u32: u32;
        serialize_u64: u64;
        serialize_u128: u128;
        serialize_f32: f32;
        serialize_f64: f64;
        serialize_char: char;
        serialize_str: &str;
        serialize_bytes: &[u8];
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.0.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let text = self.variant(variant)?;
        write(value, text)?;
        text.push(b'}');
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'a>, Error> {
        Ok(List::new(self.0, b"]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<List<'a>, Error> {
        Ok(List::new(self.0, b"]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<List<'a>, Error> {
        Ok(List::new(self.0, b"]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List<'a>, Error> {
        Ok(List::new(self.variant(variant)?, b"]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Map<'a>, Error> {
        Ok(Map {
            text: self.0,
            entries: Vec::new(),
        })
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Struct<'a>, Error> {
        Ok(Struct::new(self.0, name, b"}"))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Struct<'a>, Error> {
        Ok(Struct::new(self.variant(variant)?, name, b"}}"))
    }
}

struct List<'a> {
    text: &'a mut Vec<u8>,
    empty: bool,
    end: &'static [u8],
}

impl<'a> List<'a> {
    fn new(text: &'a mut Vec<u8>, end: &'static [u8]) -> Self {
        text.push(b'[');
        Self {
            text,
            empty: true,
            end,
        }
    }
}

macro_rules! lists {
    ($($trait:ident: $method:ident;)*) => {$(
        impl $trait for List<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                if !std::mem::take(&mut self.empty) {
                    self.text.push(b',');
                }
                write(value, self.text)
            }

            fn end(self) -> Result<(), Error> {
                self.text.extend_from_slice(self.end);
                Ok(())
            }
        }
    )*};
}

lists! {
    SerializeSeq: serialize_element;
    SerializeTuple: serialize_element;
    SerializeTupleStruct: serialize_field;
    SerializeTupleVariant: serialize_field;
}

/// A struct, whose fields have an order; or text that is JSON already, in the disguise of
/// one that `serde_json` gives it.
struct Struct<'a> {
    text: &'a mut Vec<u8>,
    raw: bool,
    empty: bool,
    end: &'static [u8],
}

impl<'a> Struct<'a> {
    fn new(text: &'a mut Vec<u8>, name: &'static str, end: &'static [u8]) -> Self {
        let raw = name.starts_with("$serde_json::private::");
        if !raw {
            text.push(b'{');
        }
        Self {
            text,
            raw,
            empty: true,
            end,
        }
    }
}

macro_rules! structs {
    ($($trait:ident),*) => {$(
        impl $trait for Struct<'_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                if self.raw {
                    let quoted = serde_json::to_string(value)?;
                    let raw: String = serde_json::from_str(&quoted)?;
                    self.text.extend_from_slice(raw.as_bytes());
                    return Ok(());
                }
                if !std::mem::take(&mut self.empty) {
                    self.text.push(b',');
                }
                serde_json::to_writer(&mut *self.text, name)?;
                self.text.push(b':');
                write(value, self.text)
            }

            fn end(self) -> Result<(), Error> {
                if !self.raw {
                    self.text.extend_from_slice(self.end);
                }
                Ok(())
            }
        }
    )*};
}

structs!(SerializeStruct, SerializeStructVariant);

struct Map<'a> {
    text: &'a mut Vec<u8>,
    /// Keys and values, each as text.
    entries: Vec<(Vec<u8>, Vec<u8>)>,
}

impl SerializeMap for Map<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        let mut text = serde_json::to_vec(key)?;
        match text.first() {
            Some(b'"') => {}
            Some(b'[' | b'{' | b'n') | None => {
                return Err(Error::custom("the key of a map is no text"));
            }
            // Numbers and booleans are keys by their text.
            Some(_) => {
                text.insert(0, b'"');
                text.push(b'"');
            }
        }
        self.entries.push((text, Vec::new()));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        match self.entries.last_mut() {
            Some((_, text)) => write(value, text),
            None => Err(Error::custom("a value of a map has no key")),
        }
    }

    fn end(mut self) -> Result<(), Error> {
        self.entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.text.push(b'{');
        for (position, (key, value)) in self.entries.iter().enumerate() {
            if position > 0 {
                self.text.push(b',');
            }
            self.text.extend_from_slice(key);
            self.text.push(b':');
            self.text.extend_from_slice(value);
        }
        self.text.push(b'}');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use serde_json::json;

    use super::*;

    fn text(value: impl Serialize) -> String {
        let mut text = Vec::new();
        write(&value, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[derive(Serialize)]
    struct Named<'a> {
        z: &'a str,
        a: Option<f32>,
        kinds: Vec<Kind>,
        pair: (u128, char),
    }

    #[derive(Serialize)]
    enum Kind {
        Unit,
        Newtype(bool),
        Tuple(i8, i64),
        Struct { b: (), a: f64 },
        Map(BTreeMap<i16, Vec<u8>>),
    }

    #[test]
    fn text_is_that_of_serde_json_where_nothing_has_to_be_sorted() {
        let named = Named {
            z: "\"quoted\"\n",
            a: Some(0.1),
            kinds: vec![
                Kind::Unit,
                Kind::Newtype(true),
                Kind::Tuple(-1, i64::MIN),
                Kind::Struct {
                    b: (),
                    a: f64::INFINITY,
                },
                Kind::Map(BTreeMap::from([(1, vec![0, 255]), (2, Vec::new())])),
            ],
            pair: (u128::MAX, 'ö'),
        };
        assert_eq!(text(&named), serde_json::to_string(&named).unwrap());
        let value = json!({"a": [null, true, 1, -1.5, "x", {}], "b": {"c": []}});
        assert_eq!(text(&value), value.to_string());
    }

    #[test]
    fn maps_are_in_the_order_of_their_keys_at_any_depth() {
        let letters = || ('a'..='z').rev();
        let map: HashMap<char, HashMap<char, u8>> = letters()
            .map(|outer| (outer, letters().map(|inner| (inner, 0)).collect()))
            .collect();
        let sorted: BTreeMap<_, BTreeMap<_, _>> = map
            .iter()
            .map(|(key, inner)| (key, inner.iter().collect()))
            .collect();
        assert_eq!(text(&map), serde_json::to_string(&sorted).unwrap());
    }

    #[test]
    fn keys_have_a_text_or_are_refused() {
        assert_eq!(text(HashMap::from([(true, 1)])), r#"{"true":1}"#);
        let map = BTreeMap::from([(vec![1], 1)]);
        let error = write(&map, &mut Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "the key of a map is no text");
    }

    #[test]
    fn text_that_is_json_already_stays_as_it_is() {
        let raw = serde_json::value::RawValue::from_string(r#"{ "b": 1, "a": [] }"#.to_owned());
        assert_eq!(text(vec![raw.unwrap()]), r#"[{ "b": 1, "a": [] }]"#);
    }
}
