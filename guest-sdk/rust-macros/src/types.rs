//! What can be said of a type from its syntax alone.
//!
//! Only what improves a message, `Option`, and whether a type has parameters of the
//! struct: which type goes to which column is for the traits of the SDK, which see
//! through aliases.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, GenericParam, Generics, Ident, PathArguments, Type};

/// What to write instead of a type that authors are likely to try. All other
/// types are left to the traits, which see through aliases.
pub fn advice(ty: &Type) -> Option<&'static str> {
    let ty = pointee(ty);
    if let Some("u128" | "i128") = name(ty).as_deref() {
        return Some(
            "no column of integers is as wide: store it with `#[row(type = \"decimal128(38, 0)\")]`, \
             or as a `String`",
        );
    }
    let slice = match ty {
        Type::Slice(slice) => Some(&*slice.elem),
        _ => argument(ty, "Vec"),
    };
    if let Some("f32" | "f64" | "f16") = slice.and_then(name).as_deref() {
        return Some(
            "a vector needs its number of items: `#[row(dimension = N)]`; a list of any length is \
             `#[row(type = \"list(float32)\")]` or `#[row(json)]`",
        );
    }
    None
}

/// Whether a type is a collection of the standard library that has another order in each
/// run: a set, or a map where the order is stored.
pub fn is_unordered(ty: &Type, stores_order_of_maps: bool) -> bool {
    mentions(ty.to_token_stream(), &|ident| {
        ident == "HashSet" || (stores_order_of_maps && ident == "HashMap")
    })
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
pub fn option(ty: &Type) -> Option<&Type> {
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

/// Whether a type is one only once the struct's parameters are known. Lifetimes do not
/// count: no column depends on them.
pub fn is_generic(ty: &Type, generics: &Generics) -> bool {
    let parameters = generics
        .params
        .iter()
        .filter_map(|parameter| match parameter {
            GenericParam::Type(parameter) => Some(&parameter.ident),
            GenericParam::Const(parameter) => Some(&parameter.ident),
            GenericParam::Lifetime(_) => None,
        });
    let parameters: Vec<_> = parameters.collect();
    mentions(ty.to_token_stream(), &|ident| {
        ident == "Self" || parameters.contains(&ident)
    })
}

fn mentions(tokens: TokenStream, wanted: &dyn Fn(&Ident) -> bool) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => wanted(&ident),
        TokenTree::Group(group) => mentions(group.stream(), wanted),
        _ => false,
    })
}

/// Whether a type names a lifetime.
pub fn has_lifetime(ty: &Type) -> bool {
    with_static_lifetimes(ty).to_string().contains('\'')
}

/// The type with `'static` for each lifetime, as a constant has to name it.
pub fn with_static_lifetimes(ty: &Type) -> TokenStream {
    make_static(ty.to_token_stream())
}

fn make_static(tokens: TokenStream) -> TokenStream {
    let mut after_apostrophe = false;
    let tokens = tokens.into_iter().map(|token| {
        let is_lifetime = std::mem::replace(
            &mut after_apostrophe,
            matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '\''),
        );
        match token {
            TokenTree::Ident(ident) if is_lifetime => Ident::new("static", ident.span()).into(),
            TokenTree::Group(group) => {
                let mut inner =
                    proc_macro2::Group::new(group.delimiter(), make_static(group.stream()));
                inner.set_span(group.span());
                inner.into()
            }
            token => token,
        }
    });
    tokens.collect()
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn lifetimes_become_static_wherever_they_are() {
        let ty = syn::parse_str("Cow<'a, [&'b str]>").unwrap();
        let expected = quote!(Cow<'static, [&'static str]>);
        assert_eq!(with_static_lifetimes(&ty).to_string(), expected.to_string());
    }

    #[test]
    fn types_and_constants_of_the_struct_make_a_type_generic() {
        let input: syn::DeriveInput =
            syn::parse_str("struct Document<'a, T, const N: usize> { a: i64 }").unwrap();
        for (ty, generic) in [
            ("Cow<'a, str>", false),
            ("Vec<T>", true),
            ("[f32; N]", true),
            ("Option<Box<Self>>", true),
            ("[f32; M]", false),
        ] {
            let ty = syn::parse_str(ty).unwrap();
            assert_eq!(is_generic(&ty, &input.generics), generic);
        }
    }
}
