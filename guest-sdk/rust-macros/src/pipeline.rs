//! `#[pipeline]`: the function becomes the component's export.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, ItemFn, ReturnType};

pub fn expand(arguments: &TokenStream, function: &ItemFn) -> syn::Result<TokenStream> {
    check(arguments, function)?;
    let name = &function.sig.ident;
    let call = match function.sig.inputs.first() {
        // Spanned, so that a parameter of another type is reported where it is.
        Some(parameter) => quote_spanned!(parameter.span()=> #name),
        None => quote!(|_: ::lance_host_sdk::Params| #name()),
    };
    Ok(quote! {
        #function

        const _: () = {
            struct Pipeline;

            impl ::lance_host_sdk::__private::bindings::Guest for Pipeline {
                fn run(
                    params: ::std::vec::Vec<(::std::string::String, ::std::string::String)>,
                ) -> ::std::result::Result<(), ::std::string::String> {
                    ::lance_host_sdk::__private::run(params, #call)
                }
            }

            ::lance_host_sdk::__private::bindings::export!(
                Pipeline with_types_in ::lance_host_sdk::__private::bindings
            );

            ::lance_host_sdk::__record_sdk!();
        };
    })
}

fn check(arguments: &TokenStream, function: &ItemFn) -> syn::Result<()> {
    let signature = &function.sig;
    let refuse = |at: &dyn Spanned, message| Err(Error::new(at.span(), message));
    if !arguments.is_empty() {
        return refuse(arguments, "`#[pipeline]` takes no arguments");
    }
    if let Some(asyncness) = signature.asyncness {
        return refuse(&asyncness, "a pipeline is synchronous: remove `async`");
    }
    if !signature.generics.params.is_empty() {
        return refuse(&signature.generics, "a pipeline cannot be generic");
    }
    if let Some(second) = signature.inputs.iter().nth(1) {
        return refuse(second, "a pipeline takes `Params` or nothing");
    }
    if matches!(signature.output, ReturnType::Default) {
        let message = "a pipeline returns a result, such as `anyhow::Result<()>`";
        return refuse(&signature.ident, message);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(function: &str) -> (String, String) {
        let function = syn::parse_str(function).unwrap();
        let error = expand(&TokenStream::new(), &function).unwrap_err();
        (error.span().source_text().unwrap(), error.to_string())
    }

    #[test]
    fn functions_of_another_shape_are_refused() {
        for (function, at, message) in [
            (
                "async fn run() -> anyhow::Result<()> {}",
                "async",
                "a pipeline is synchronous: remove `async`",
            ),
            (
                "fn run<T>(params: T) -> anyhow::Result<()> {}",
                "<T>",
                "a pipeline cannot be generic",
            ),
            (
                "fn run(params: Params, more: i64) -> anyhow::Result<()> {}",
                "more: i64",
                "a pipeline takes `Params` or nothing",
            ),
            (
                "fn run(params: Params) {}",
                "run",
                "a pipeline returns a result, such as `anyhow::Result<()>`",
            ),
        ] {
            assert_eq!(refusal(function), (at.to_owned(), message.to_owned()));
        }
    }
}
