//! `#[derive(Row)]`: the struct's fields become columns.
//!
//! What is generated calls the SDK's traits for each field in turn; there is no
//! loop over fields at run time, and nothing is boxed.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{DeriveInput, WherePredicate, parse_quote_spanned};

use crate::columns::{Column, Encoding, columns};
use crate::types::option;

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
