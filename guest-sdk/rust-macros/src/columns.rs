//! Which columns a struct has, read from its fields.
//!
//! All that an author can get wrong in the attributes is found here, and pointed
//! at where it stands.

use std::collections::HashMap;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DataStruct, DeriveInput, Error, Fields, Type};

use crate::attributes::Attributes;
use crate::types::{advice, option};

/// A field that has a column.
pub struct Column<'a> {
    pub field: &'a Ident,
    pub ty: &'a Type,
    pub name: String,
    pub key: bool,
    pub encoding: Encoding,
}

/// How the author wants a field stored.
pub enum Encoding {
    /// As its type says.
    Plain,
    Json,
    /// With its number of items.
    Vector(TokenStream),
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
        match column(field) {
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
fn column(field: &syn::Field) -> syn::Result<Option<Column<'_>>> {
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
    let Attributes {
        key,
        json,
        skip,
        dimension,
        rename,
    } = attributes;
    if let Some(skip) = skip {
        return match only_skip {
            true => Ok(None),
            false => refuse(
                skip.span(),
                "a field that is skipped has no other attributes",
            ),
        };
    }
    let encoding = match (json, dimension) {
        (None, None) => Encoding::Plain,
        (Some(_), None) => Encoding::Json,
        (None, Some(dimension)) => Encoding::Vector(quote!({ #dimension })),
        (Some(json), Some(_)) => return refuse(json.span(), "a vector is not stored as JSON"),
    };
    if let Some(key) = &key {
        if option(&field.ty).is_some() {
            return refuse(field.ty.span(), "a key is never null: remove the `Option`");
        }
        if !matches!(encoding, Encoding::Plain) {
            return refuse(
                key.span(),
                "a key is a plain value, neither JSON nor a vector",
            );
        }
    }
    if matches!(encoding, Encoding::Plain)
        && let Some(advice) = advice(&field.ty)
    {
        return refuse(field.ty.span(), advice);
    }
    Ok(Some(Column {
        field: ident,
        ty: &field.ty,
        name: match rename {
            Some(name) => name.value(),
            None => ident.unraw().to_string(),
        },
        key: key.is_some(),
        encoding,
    }))
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
    fn integers_that_do_not_fit_are_refused_with_advice() {
        for (field, at) in [
            ("size: u64", "u64"),
            ("size: Option<usize>", "Option<usize>"),
            ("size: &'a i128", "&'a i128"),
        ] {
            assert_mistake(
                field,
                at,
                "field `size`: this integer may not fit an int64 column: convert it with \
                 `i64::try_from`, or store it as a `String`",
            );
        }
    }

    #[test]
    fn vector_without_a_dimension_is_refused() {
        for ty in ["Vec<f32>", "&'a [f32]", "Option<std::vec::Vec<f32>>"] {
            assert_mistake(
                &format!("embedding: {ty}"),
                ty,
                "field `embedding`: a vector needs its number of items: `#[row(dimension = N)]`",
            );
        }
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
            "field `b`: a key is a plain value, neither JSON nor a vector",
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
        let found = mistakes("struct Document { a: u64, #[row(key)] b: Option<i64>, c: Vec<f32> }");
        let at: Vec<_> = found.iter().map(|(at, _)| at.as_str()).collect();
        assert_eq!(at, ["u64", "Option<i64>", "Vec<f32>"]);
    }
}
