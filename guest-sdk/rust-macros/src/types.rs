//! What can be said of a type from its syntax alone.
//!
//! Only what improves a message, and `Option`: which type goes to which column is
//! for the traits of the SDK, which see through aliases.

use syn::{GenericArgument, PathArguments, Type};

/// What to write instead of a type that authors are likely to try. All other
/// types are left to the traits, which see through aliases.
pub fn advice(ty: &Type) -> Option<&'static str> {
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
