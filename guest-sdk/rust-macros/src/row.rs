//! `#[derive(Row)]`: the struct's fields become columns.
//!
//! What is generated calls the SDK's traits for each field in turn; there is no
//! loop over fields at run time, and nothing is boxed.

use std::collections::HashMap;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{
    Data, DataStruct, DeriveInput, Error, Fields, GenericArgument, PathArguments, Type,
    WherePredicate, parse_quote_spanned,
};

use crate::attributes::Attributes;

pub fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    let columns = columns(input)?;
    let builders = builders(input, &columns);
    let implementation = implementation(input, &columns);
    Ok(quote! {
        const _: () = {
            #builders
            #implementation
        };
    })
}

/// A field that has a column.
struct Column<'a> {
    field: &'a Ident,
    ty: &'a Type,
    name: String,
    key: bool,
    encoding: Encoding,
}

/// How the author wants a field stored.
enum Encoding {
    /// As its type says.
    Plain,
    Json,
    /// With its number of items.
    Vector(TokenStream),
}

/// Reads the fields. Mistakes are collected, so that all of them are reported.
fn columns(input: &DeriveInput) -> syn::Result<Vec<Column<'_>>> {
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

/// What to write instead of a type that authors are likely to try. All other
/// types are left to the traits, which see through aliases.
fn advice(ty: &Type) -> Option<&'static str> {
    let ty = pointee(ty);
    if let Some("u64" | "usize" | "u128" | "i128" | "isize") = name(ty).as_deref() {
        return Some(
            "this integer may not fit an int64 column: convert it with `i64::try_from`, \
             or store it as a `String`",
        );
    }
    let slice = match ty {
        Type::Slice(slice) => Some(&*slice.elem),
        _ => argument(ty, "Vec"),
    };
    if slice.and_then(name).as_deref() == Some("f32") {
        return Some("a vector needs its number of items: `#[row(dimension = N)]`");
    }
    None
}

/// The type behind `Option` and pointers.
fn pointee(ty: &Type) -> &Type {
    let inner = match ty {
        Type::Reference(reference) => Some(&*reference.elem),
        Type::Paren(paren) => Some(&*paren.elem),
        Type::Group(group) => Some(&*group.elem),
        _ => ["Option", "Box", "Rc", "Arc", "Cow"]
            .iter()
            .find_map(|pointer| argument(ty, pointer)),
    };
    inner.map_or(ty, pointee)
}

/// The `T` of an `Option<T>`.
fn option(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Group(group) => option(&group.elem),
        _ => argument(ty, "Option"),
    }
}

/// The `T` of a generic type `outer<T>`, however it is qualified.
fn argument<'a>(ty: &'a Type, outer: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else {
        return None;
    };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    if last.ident != outer {
        return None;
    }
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// The last name of a path without arguments.
fn name(ty: &Type) -> Option<String> {
    let Type::Path(path) = ty else {
        return None;
    };
    let last = path.path.segments.last()?;
    last.arguments.is_none().then(|| last.ident.to_string())
}

/// The struct of column builders. It is generic over them, so that it carries
/// neither the row's lifetimes nor its type parameters; it is a type of its own,
/// so that rows of another struct do not fit.
fn builders(input: &DeriveInput, columns: &[Column]) -> TokenStream {
    let name = builders_name(input);
    let types: Vec<_> = (0..columns.len()).map(|i| format_ident!("C{i}")).collect();
    let fields: Vec<_> = columns.iter().map(|column| column.field).collect();
    let names = columns.iter().map(|column| &column.name);
    quote! {
        #[doc(hidden)]
        #[derive(::std::default::Default)]
        pub struct #name<#(#types),*> {
            #(#fields: #types,)*
        }

        #[automatically_derived]
        impl<#(#types: ::lance_host_sdk::__private::ColumnBuilder),*>
            ::lance_host_sdk::__private::Columns for #name<#(#types),*>
        {
            fn fields() -> ::std::vec::Vec<::lance_host_sdk::__private::Field> {
                ::std::vec![#(::lance_host_sdk::__private::field::<#types>(#names)),*]
            }

            #[inline]
            fn size(&self) -> usize {
                0 #(+ self.#fields.size())*
            }

            fn truncate(&mut self, rows: usize) {
                #(self.#fields.truncate(rows);)*
            }

            fn finish(
                &mut self,
                rows: u32,
            ) -> ::std::vec::Vec<::lance_host_sdk::__private::Column> {
                ::std::vec![#(self.#fields.finish(rows)),*]
            }
        }
    }
}

/// Unlikely to hide a type that a field names.
fn builders_name(input: &DeriveInput) -> Ident {
    format_ident!("__{}Columns", input.ident.unraw())
}

fn implementation(input: &DeriveInput, columns: &[Column]) -> TokenStream {
    let row = &input.ident;
    let builders = builders_name(input);
    let mut generics = input.generics.clone();
    // Stated even where no type parameter is concerned: a type that does not fit is
    // then reported once, at the field, rather than wherever it is used below.
    let predicates = &mut generics.make_where_clause().predicates;
    predicates.extend(columns.iter().map(Column::bound));
    let (parameters, arguments, bounds) = generics.split_for_impl();
    let types = columns.iter().map(Column::builder);
    let fields = columns.iter().map(|column| &column.field);
    let key = columns
        .iter()
        .filter(|column| column.key)
        .map(|column| &column.name);
    let values = columns.iter().map(Column::value);
    let appended = columns.iter().map(|column| &column.name);
    quote! {
        #[automatically_derived]
        impl #parameters ::lance_host_sdk::Row for #row #arguments #bounds {
            type Columns = #builders<#(#types),*>;

            const KEY: &'static [&'static str] = &[#(#key),*];

            #[inline]
            fn append(
                &self,
                columns: &mut Self::Columns,
            ) -> ::std::result::Result<(), ::lance_host_sdk::Error> {
                #(
                    if let ::std::result::Result::Err(error) =
                        ::lance_host_sdk::FieldValue::append(#values, &mut columns.#fields)
                    {
                        return ::std::result::Result::Err(error.in_column(#appended));
                    }
                )*
                ::std::result::Result::Ok(())
            }
        }
    }
}

impl Column<'_> {
    /// The type of the column's builder.
    fn builder(&self) -> TokenStream {
        let ty = self.ty;
        let builder = match &self.encoding {
            Encoding::Plain => return quote!(<#ty as ::lance_host_sdk::FieldValue>::Column),
            Encoding::Json => quote!(::lance_host_sdk::__private::JsonColumn),
            Encoding::Vector(dimension) => {
                quote!(::lance_host_sdk::__private::VectorColumn<#dimension>)
            }
        };
        match option(ty) {
            Some(_) => quote!(::lance_host_sdk::__private::Nullable<#builder>),
            None => builder,
        }
    }

    /// A reference to the field's value, in the form in which it is stored.
    fn value(&self) -> TokenStream {
        let field = self.field;
        let wrap = match &self.encoding {
            Encoding::Plain => return quote!(&self.#field),
            Encoding::Json => quote!(::lance_host_sdk::__private::Json),
            Encoding::Vector(dimension) => {
                quote!(::lance_host_sdk::__private::Vector::<_, #dimension>)
            }
        };
        match option(self.ty) {
            Some(_) => quote!(&self.#field.as_ref().map(#wrap)),
            None => quote!(&#wrap(&self.#field)),
        }
    }

    /// What the field's type has to implement, said where the field is.
    fn bound(&self) -> WherePredicate {
        let inner = option(self.ty).unwrap_or(self.ty);
        let span = self.ty.span();
        let (ty, bound) = match &self.encoding {
            Encoding::Plain => (self.ty, quote_spanned!(span=> ::lance_host_sdk::FieldValue)),
            Encoding::Json => (
                inner,
                quote_spanned!(span=> ::lance_host_sdk::__private::Serialize),
            ),
            Encoding::Vector(_) => (
                inner,
                quote_spanned!(span=> ::lance_host_sdk::__private::Items),
            ),
        };
        parse_quote_spanned!(span=> #ty: #bound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a struct is refused for: the text that each error points at, and what
    /// it says.
    fn mistakes(source: &str) -> Vec<(String, String)> {
        let error = expand(&syn::parse_str(source).unwrap()).unwrap_err();
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
