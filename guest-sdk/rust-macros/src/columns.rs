//! Which columns a struct has, read from its fields.
//!
//! All that an author can get wrong in the attributes is found here, and pointed
//! at where it stands.

use std::collections::HashMap;

use lance_host_data_type::{DataType, VectorItem};
use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DataStruct, DeriveInput, Error, Fields, Generics, LitStr, Path, Type};

use crate::attributes::Attributes;
use crate::builders;
use crate::types::{advice, is_generic, is_unordered, option};

/// A field that has a column.
pub struct Column<'a> {
    pub field: &'a Ident,
    pub ty: &'a Type,
    /// Whether the type is one only once the struct's parameters are known.
    pub generic: bool,
    pub name: String,
    pub key: bool,
    pub encoding: Encoding,
    /// What makes another value of the field's, which is then stored.
    pub encode: Option<Path>,
    pub metadata: Vec<(LitStr, LitStr)>,
}

/// How the author wants a field stored.
pub enum Encoding {
    /// As its type says, which has to have a column.
    Plain,
    /// As its type says, or as JSON text.
    PlainOrJson,
    /// In a column of this type.
    Typed(DataType),
    /// With its number of items.
    Vector {
        dimension: TokenStream,
        item: Option<VectorItem>,
    },
}

/// Reads the fields. Mistakes are collected, so that all of them are reported.
pub fn columns(input: &DeriveInput) -> syn::Result<Vec<Column<'_>>> {
    let Data::Struct(DataStruct {
        fields: Fields::Named(fields),
        ..
    }) = &input.data
    else {
        let message = "a row is a struct with named fields, which name its columns";
        return Err(Error::new(input.ident.span(), message));
    };
    let mut columns = Vec::new();
    let mut mistakes = Mistakes::default();
    for field in &fields.named {
        match column(field, &input.generics) {
            Ok(column) => columns.extend(column),
            Err(error) => mistakes.push(error),
        }
    }
    let mut names = HashMap::new();
    for column in &columns {
        if let Some(other) = names.insert(column.name.as_str(), column.field) {
            let message = format!(
                "column `{}` exists already, from field `{other}`",
                column.name
            );
            mistakes.push(Error::new(column.field.span(), message));
        }
    }
    // A field that could not be read may have been the key.
    if mistakes.0.is_none() && !columns.iter().any(|column| column.key) {
        let message = format!(
            "`{}` has no key: put `#[row(key)]` on the fields that identify a row",
            input.ident
        );
        mistakes.push(Error::new(input.ident.span(), message));
    }
    mistakes.0.map_or(Ok(columns), Err)
}

#[derive(Default)]
struct Mistakes(Option<Error>);

impl Mistakes {
    fn push(&mut self, error: Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            None => self.0 = Some(error),
        }
    }
}

/// Reads a field; `None` if it is left out.
fn column<'a>(field: &'a syn::Field, generics: &Generics) -> syn::Result<Option<Column<'a>>> {
    let Some(ident) = &field.ident else {
        return Err(Error::new(field.span(), "a column needs a name"));
    };
    let attributes = Attributes::parse(&field.attrs)?;
    let only_skip = attributes.is_only_skip();
    let refuse = |at: Span, message: &str| {
        Err(Error::new(
            at,
            format!("field `{}`: {message}", ident.unraw()),
        ))
    };
    if let Some(skip) = &attributes.skip {
        return match only_skip {
            true => Ok(None),
            false => refuse(
                skip.span(),
                "a field that is skipped has no other attributes",
            ),
        };
    }
    let inner = option(&field.ty);
    if let Some(key) = &attributes.key {
        if inner.is_some() {
            return refuse(field.ty.span(), "a key is never null: remove the `Option`");
        }
        if attributes.json.is_some() || attributes.dimension.is_some() {
            return refuse(key.span(), KEY);
        }
    }
    if let Some(inner) = inner.filter(|inner| option(inner).is_some()) {
        return refuse(inner.span(), "an option of an option has no column");
    }
    let Attributes {
        key,
        json,
        skip: _,
        data_type,
        dimension,
        item,
        encode,
        rename,
        metadata,
    } = attributes;
    if let (Some(encode), None, None) = (&encode, &data_type, &json) {
        return refuse(
            encode.span(),
            "what an encoder returns does not tell the column: add `type = \"…\"` or `json`",
        );
    }
    let generic = is_generic(&field.ty, generics);
    let encoding = match (data_type, dimension, json) {
        (Some(text), None, None) => Encoding::Typed(builders::parse(&text)?),
        (None, Some(dimension), None) => Encoding::Vector {
            dimension: dimension.to_token_stream(),
            item: item.as_ref().map(builders::parse_item).transpose()?,
        },
        (None, None, Some(_)) => Encoding::Typed(DataType::Json),
        (None, None, None) => match advice(&field.ty) {
            Some(advice) => return refuse(field.ty.span(), advice),
            None if key.is_some() || generic => Encoding::Plain,
            None => Encoding::PlainOrJson,
        },
        (Some(text), ..) => {
            return refuse(
                text.span(),
                "the type says it all: remove what is beside it",
            );
        }
        (None, Some(_), Some(json)) => {
            return refuse(json.span(), "a vector is not stored as JSON");
        }
    };
    if let (Some(item), Encoding::Typed(_) | Encoding::Plain | Encoding::PlainOrJson) =
        (&item, &encoding)
    {
        return refuse(item.span(), "only a vector has items: add `dimension = N`");
    }
    if let (Some(key), Encoding::Typed(data_type)) = (&key, &encoding)
        && !is_plain(data_type)
    {
        return refuse(key.span(), KEY);
    }
    // JSON text has the keys of maps in their order; a column of maps does not sort.
    let stores_order_of_maps =
        matches!(&encoding, Encoding::Typed(data_type) if *data_type != DataType::Json);
    if encode.is_none() && is_unordered(&field.ty, stores_order_of_maps) {
        return refuse(
            field.ty.span(),
            "a hash table has another order in each run, and the row would change each time: \
             use a `BTreeMap` or `BTreeSet`",
        );
    }
    Ok(Some(Column {
        field: ident,
        ty: &field.ty,
        generic,
        name: match rename {
            Some(name) => name.value(),
            None => ident.unraw().to_string(),
        },
        key: key.is_some(),
        encoding,
        encode: encode.map(|path| path.parse()).transpose()?,
        metadata: metadata.unwrap_or_default(),
    }))
}

const KEY: &str = "a key is a plain value, neither JSON nor a vector nor nested";

fn is_plain(data_type: &DataType) -> bool {
    !data_type.is_nested() && !matches!(data_type, DataType::Json | DataType::Vector { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a struct is refused for: the text that each error points at, and what
    /// it says.
    fn mistakes(source: &str) -> Vec<(String, String)> {
        let input = syn::parse_str(source).unwrap();
        let error = columns(&input).err().unwrap();
        let at = |error: &Error| error.span().source_text().unwrap();
        let mistakes = error.into_iter();
        mistakes.map(|e| (at(&e), e.to_string())).collect()
    }

    /// The only mistake of a struct with a key and this field.
    fn mistake(field: &str) -> (String, String) {
        let source = format!("struct Document {{ #[row(key)] id: String, {field} }}");
        let [mistake] = mistakes(&source).try_into().unwrap();
        mistake
    }

    fn assert_mistake(field: &str, at: &str, message: &str) {
        assert_eq!(mistake(field), (at.to_owned(), message.to_owned()));
    }

    #[test]
    fn integers_that_are_too_wide_are_refused_with_advice() {
        for (field, at) in [
            ("size: u128", "u128"),
            ("size: Option<u128>", "Option<u128>"),
            ("size: &'a i128", "&'a i128"),
        ] {
            assert_mistake(
                field,
                at,
                "field `size`: no column of integers is as wide: store it with \
                 `#[row(type = \"decimal128(38, 0)\")]`, or as a `String`",
            );
        }
    }

    #[test]
    fn vector_without_a_dimension_is_refused() {
        for ty in ["Vec<f32>", "&'a [f64]", "Option<std::vec::Vec<half::f16>>"] {
            assert_mistake(
                &format!("embedding: {ty}"),
                ty,
                "field `embedding`: a vector needs its number of items: `#[row(dimension = N)]`; \
                 a list of any length is `#[row(type = \"list(float32)\")]` or `#[row(json)]`",
            );
        }
    }

    #[test]
    fn collections_without_an_order_are_refused_where_it_would_be_stored() {
        for field in [
            "a: HashSet<String>",
            "a: Option<Vec<std::collections::HashSet<u8>>>",
            "#[row(type = \"map(utf8, int64)\")] a: HashMap<String, i64>",
        ] {
            let (_, message) = mistake(field);
            assert!(message.contains("another order in each run"), "{message}");
        }
        let good = "struct Document { #[row(key)] id: String, a: HashMap<String, i64>, \
                    #[row(type = \"int64\", encode = \"f\")] b: HashSet<i64> }";
        assert!(columns(&syn::parse_str(good).unwrap()).is_ok());
    }

    #[test]
    fn text_that_is_no_type_is_refused_with_its_place() {
        assert_mistake(
            "#[row(type = \"vector(float32)\")] b: Vec<f32>",
            "\"vector(float32)\"",
            "at character 15: a comma is missing before `)`",
        );
        let (at, message) = mistake("#[row(type = \"int23\")] b: i64");
        assert_eq!(at, "\"int23\"");
        assert!(message.starts_with("there is no type `int23`; known are bool"));
        assert_mistake(
            "#[row(dimension = N, item = \"utf8\")] b: Vec<f32>",
            "\"utf8\"",
            "the items of a vector are float16, float32, float64, uint8 or int8",
        );
    }

    #[test]
    fn key_is_a_plain_value() {
        assert_mistake(
            "#[row(key)] b: Option<i64>",
            "Option<i64>",
            "field `b`: a key is never null: remove the `Option`",
        );
        assert_mistake(
            "#[row(key, json)] b: Vec<String>",
            "key",
            "field `b`: a key is a plain value, neither JSON nor a vector nor nested",
        );
        assert_mistake(
            "#[row(key, type = \"list(utf8)\")] b: Vec<String>",
            "key",
            "field `b`: a key is a plain value, neither JSON nor a vector nor nested",
        );
    }

    #[test]
    fn attributes_that_exclude_each_other_are_refused() {
        assert_mistake(
            "#[row(json, dimension = 2)] b: Vec<f32>",
            "json",
            "field `b`: a vector is not stored as JSON",
        );
        assert_mistake(
            "#[row(skip, json)] b: Vec<f32>",
            "skip",
            "field `b`: a field that is skipped has no other attributes",
        );
        assert_mistake(
            "#[row(type = \"utf8\", json)] b: X",
            "\"utf8\"",
            "field `b`: the type says it all: remove what is beside it",
        );
        assert_mistake(
            "#[row(item = \"float16\")] b: [f32; 2]",
            "\"float16\"",
            "field `b`: only a vector has items: add `dimension = N`",
        );
        assert_mistake(
            "#[row(encode = \"f\")] b: X",
            "\"f\"",
            "field `b`: what an encoder returns does not tell the column: add `type = \"…\"` or \
             `json`",
        );
        assert_mistake(
            "b: Option<Option<i64>>",
            "Option<i64>",
            "field `b`: an option of an option has no column",
        );
        assert_mistake("#[row(json)] #[row(json)] b: X", "json", "given twice");
    }

    #[test]
    fn unknown_attribute_is_refused_with_the_known_ones() {
        let (at, message) = mistake("#[row(dimensions = 2)] b: Vec<f32>");
        assert_eq!(at, "dimensions");
        assert!(message.contains("dimension = N"), "{message}");
    }

    #[test]
    fn two_columns_of_one_name_are_refused() {
        assert_mistake(
            "#[row(rename = \"id\")] other: i64",
            "other",
            "column `id` exists already, from field `id`",
        );
    }

    #[test]
    fn missing_key_is_refused() {
        let [(at, message)] = mistakes("struct Document { id: String }")
            .try_into()
            .unwrap();
        assert_eq!(at, "Document");
        assert_eq!(
            message,
            "`Document` has no key: put `#[row(key)]` on the fields that identify a row"
        );
    }

    #[test]
    fn only_structs_with_named_fields_are_rows() {
        for source in ["enum Row { A }", "struct Row(i64);", "struct Row;"] {
            let [(at, message)] = mistakes(source).try_into().unwrap();
            assert_eq!(at, "Row");
            assert!(message.contains("a struct with named fields"), "{message}");
        }
    }

    #[test]
    fn all_mistakes_are_reported_at_once() {
        let found =
            mistakes("struct Document { a: u128, #[row(key)] b: Option<i64>, c: Vec<f32> }");
        let at: Vec<_> = found.iter().map(|(at, _)| at.as_str()).collect();
        assert_eq!(at, ["u128", "Option<i64>", "Vec<f32>"]);
    }
}
