//! The macros of `lance-host-sdk`, which re-exports and documents them by
//! example. They know the syntax of the author's code and nothing else: which
//! type goes to which column is for the traits of the SDK.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "tests may panic"))]

mod attributes;
mod builders;
mod columns;
mod pipeline;
mod row;
mod types;

use proc_macro::TokenStream;
use syn::parse_macro_input;

/// Makes a struct with named fields a row: one column for each field.
///
/// Attributes of a field:
///
/// | attribute | meaning |
/// | --- | --- |
/// | `#[row(key)]` | identifies the row; several such fields make a composite key |
/// | `#[row(type = "…")]` | the column's type, as the contract writes it |
/// | `#[row(dimension = N)]` | a `Vec<f32>`, or another slice of numbers, of N items |
/// | `#[row(dimension = N, item = "…")]` | the same, with the items of the column |
/// | `#[row(json)]` | any type that implements `serde::Serialize`, as JSON text |
/// | `#[row(type = "…", encode = "f")]` | what the function `f` makes of `&field` |
/// | `#[row(rename = "…")]` | the column's name, if it is not the field's |
/// | `#[row(metadata("name" = "value"))]` | metadata that is stored with the column |
/// | `#[row(skip)]` | no column |
///
/// A field of type `Option<…>` makes a nullable column. A field without attributes goes
/// to the column of its type, and without one to a `json` column if it implements
/// `serde::Serialize`.
#[proc_macro_derive(Row, attributes(row))]
pub fn derive_row(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as syn::DeriveInput);
    row::expand(&input)
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// Makes a function the pipeline that the component exports.
///
/// The function takes [`Params`](https://docs.rs/lance-host-sdk) or nothing and
/// returns a `Result<(), E>`, where `E` is `anyhow::Error`, `String` or any
/// error. A component has one pipeline.
#[proc_macro_attribute]
pub fn pipeline(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let function = parse_macro_input!(item as syn::ItemFn);
    pipeline::expand(&arguments.into(), &function)
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}
