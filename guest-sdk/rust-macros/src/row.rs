//! `#[derive(Row)]`: the struct's fields become columns.
//!
//! What is generated calls the SDK's traits for each field in turn; there is no
//! loop over fields at run time, and nothing is boxed.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{DeriveInput, WherePredicate, parse_quote_spanned};

use crate::builders::{self, Builder, Markers};
use crate::columns::{Column, Encoding, columns};
use crate::types::{has_lifetime, option, with_static_lifetimes};

pub fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    let columns = columns(input)?;
    let mut markers = Markers::default();
    let stored: Vec<_> = columns
        .iter()
        .map(|column| Stored::new(column, &mut markers))
        .collect();
    let builders = builders(input, &columns);
    let implementation = implementation(input, &stored);
    let markers = markers.items();
    Ok(quote! {
        const _: () = {
            #[allow(unused_imports)]
            use ::lance_host_sdk::__private::Otherwise as _;
            #(#markers)*
            #builders
            #implementation
        };
    })
}

/// The struct of column builders. It is generic over them, so that it carries
/// neither the row's lifetimes nor its type parameters; it is a type of its own,
/// so that rows of another struct do not fit.
fn builders(input: &DeriveInput, columns: &[Column]) -> TokenStream {
    let name = builders_name(input);
    let types: Vec<_> = (0..columns.len()).map(|i| format_ident!("C{i}")).collect();
    let fields: Vec<_> = columns.iter().map(|column| column.field).collect();
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
                let mut columns = ::std::vec::Vec::new();
                #(self.#fields.finish(rows, &mut columns);)*
                columns
            }
        }
    }
}

/// Unlikely to hide a type that a field names.
fn builders_name(input: &DeriveInput) -> Ident {
    format_ident!("__{}Columns", input.ident.unraw())
}

fn implementation(input: &DeriveInput, stored: &[Stored]) -> TokenStream {
    let row = &input.ident;
    let builders = builders_name(input);
    let mut generics = input.generics.clone();
    // Stated even where no type parameter is concerned: a type that does not fit is
    // then reported once, at the field, rather than wherever it is used below. A type
    // with a lifetime is left out, since the compiler takes what is stated for one
    // lifetime as all that is known of any.
    let predicates = &mut generics.make_where_clause().predicates;
    let stated =
        (stored.iter()).filter(|stored| stored.column.generic || !has_lifetime(stored.column.ty));
    predicates.extend(stated.flat_map(|stored| stored.bounds.clone()));
    let (parameters, arguments, bounds) = generics.split_for_impl();
    let types: Vec<_> = stored.iter().map(|stored| &stored.builder).collect();
    let names: Vec<_> = stored.iter().map(|stored| &stored.column.name).collect();
    let key = stored
        .iter()
        .filter(|stored| stored.column.key)
        .map(|stored| &stored.column.name);
    let metadata = stored.iter().map(|stored| {
        let pairs = stored.column.metadata.iter();
        let pairs = pairs.map(|(name, value)| quote!((#name, #value)));
        quote!(&[#(#pairs),*])
    });
    let appends = stored.iter().map(|stored| &stored.append);
    quote! {
        #[automatically_derived]
        impl #parameters ::lance_host_sdk::Row for #row #arguments #bounds {
            type Columns = #builders<#(#types),*>;

            const KEY: &'static [&'static str] = &[#(#key),*];

            fn fields() -> ::std::vec::Vec<::lance_host_sdk::__private::Field> {
                ::std::vec![
                    #(::lance_host_sdk::__private::field::<#types>(#names, #metadata)),*
                ]
            }

            #[inline]
            fn append(
                &self,
                columns: &mut Self::Columns,
            ) -> ::std::result::Result<(), ::lance_host_sdk::Error> {
                #(
                    if let ::std::result::Result::Err(error) = #appends {
                        return ::std::result::Result::Err(error.in_column(#names));
                    }
                )*
                ::std::result::Result::Ok(())
            }
        }
    }
}

/// How a field gets into its column.
struct Stored<'a> {
    column: &'a Column<'a>,
    /// The type of the column's builder.
    builder: TokenStream,
    /// An expression that appends the field of `self` to the one of `columns`.
    append: TokenStream,
    /// What the field's type has to implement, said where the field is.
    bounds: Vec<WherePredicate>,
}

impl<'a> Stored<'a> {
    fn new(column: &'a Column<'a>, markers: &mut Markers) -> Self {
        match &column.encoding {
            Encoding::Plain => Self::plain(column),
            Encoding::PlainOrJson => Self::plain_or_json(column),
            Encoding::Typed(data_type) => {
                Self::in_builder(column, builders::builder(data_type, markers))
            }
            Encoding::Vector { dimension, item } => {
                let inner = option(column.ty).unwrap_or(column.ty);
                let item_of_field = item.is_none();
                let item = match item {
                    Some(item) => builders::item_type(*item),
                    None => quote!(<#inner as ::lance_host_sdk::__private::Items>::Native),
                };
                let ty = quote!(
                    ::lance_host_sdk::__private::column::VectorColumn<#item, { #dimension }>
                );
                let builder = Builder {
                    ty,
                    serialized: false,
                };
                let mut stored = Self::in_builder(column, builder);
                if item_of_field {
                    let items = quote_spanned!(inner.span()=> ::lance_host_sdk::__private::Items);
                    let bound = parse_quote_spanned!(inner.span()=> #inner: #items);
                    stored.bounds.insert(0, bound);
                }
                stored
            }
        }
    }

    fn plain(column: &'a Column<'a>) -> Self {
        let (field, ty) = (column.field, column.ty);
        let value = quote_spanned!(ty.span()=> ::lance_host_sdk::FieldValue);
        Self {
            column,
            builder: quote!(<#ty as ::lance_host_sdk::FieldValue>::Column),
            append: quote!(::lance_host_sdk::FieldValue::append(&self.#field, &mut columns.#field)),
            bounds: vec![parse_quote_spanned!(ty.span()=> #ty: #value)],
        }
    }

    fn plain_or_json(column: &'a Column<'a>) -> Self {
        let (field, ty) = (column.field, column.ty);
        let inner = option(ty).unwrap_or(ty);
        let named = with_static_lifetimes(inner);
        let probe = quote!(::lance_host_sdk::__private::Probe::<#named>);
        let span = ty.span();
        let way = quote_spanned! {span=>
            ::lance_host_sdk::__private::Way<{ #probe::HAS_COLUMN }, { #probe::IS_SERIALIZE }>
        };
        let choose = quote_spanned!(span=> ::lance_host_sdk::__private::Choose<#inner>);
        let builder = quote!(<#way as #choose>::Column);
        let bounds = vec![parse_quote_spanned!(span=> #way: #choose)];
        let (builder, append) = match option(ty) {
            Some(_) => (
                quote!(::lance_host_sdk::__private::column::Nullable<#builder>),
                quote! {
                    ::lance_host_sdk::__private::Slot::put(
                        &mut columns.#field,
                        &self.#field.as_ref().map(
                            ::lance_host_sdk::__private::Chosen::<#way, #inner>::new
                        ),
                    )
                },
            ),
            None => (
                builder,
                quote!(<#way as #choose>::append(&self.#field, &mut columns.#field)),
            ),
        };
        Self {
            column,
            builder,
            append,
            bounds,
        }
    }

    fn in_builder(column: &'a Column<'a>, builder: Builder) -> Self {
        let (field, ty) = (column.field, column.ty);
        let span = ty.span();
        let inner = option(ty);
        let store = &builder.ty;
        let encoded = match (&column.encode, inner) {
            (Some(encode), Some(_)) => quote!(self.#field.as_ref().map(#encode)),
            (Some(encode), None) => quote!(#encode(&self.#field)),
            (None, _) => quote!(self.#field),
        };
        let wrap = quote!(::lance_host_sdk::__private::Serialized);
        let value = match (builder.serialized, inner) {
            (true, Some(_)) => quote!(#encoded.as_ref().map(#wrap)),
            (true, None) => quote!(#wrap(&#encoded)),
            (false, _) => encoded,
        };
        let held = inner.unwrap_or(ty);
        let bound = match (&column.encode, builder.serialized) {
            // What the encoder returns has no name here, so nothing is said of it.
            (Some(_), _) => parse_quote_spanned!(span=> #held: ::std::marker::Sized),
            (None, true) => {
                parse_quote_spanned!(span=> #held: ::lance_host_sdk::__private::Serialize)
            }
            (None, false) => {
                parse_quote_spanned!(span=> #held: ::lance_host_sdk::__private::Store<#store>)
            }
        };
        Self {
            column,
            append: quote_spanned! {span=>
                ::lance_host_sdk::__private::Slot::put(&mut columns.#field, &#value)
            },
            builder: match inner {
                Some(_) => quote!(::lance_host_sdk::__private::column::Nullable<#store>),
                None => quote!(#store),
            },
            bounds: vec![bound],
        }
    }
}
