//! `#[row(…)]` on a field.

use syn::{Attribute, Expr, LitStr, Path};

/// What an author says about a field.
#[derive(Default)]
pub struct Attributes {
    /// Where `key` stands.
    pub key: Option<Path>,
    /// Where `json` stands.
    pub json: Option<Path>,
    /// Where `skip` stands.
    pub skip: Option<Path>,
    pub dimension: Option<Expr>,
    pub rename: Option<LitStr>,
}

impl Attributes {
    pub fn parse(attributes: &[Attribute]) -> syn::Result<Self> {
        let mut parsed = Self::default();
        let rows = attributes.iter().filter(|a| a.path().is_ident("row"));
        for attribute in rows {
            attribute.parse_nested_meta(|meta| {
                let path = meta.path.clone();
                let repeated = if path.is_ident("key") {
                    parsed.key.replace(path).is_some()
                } else if path.is_ident("json") {
                    parsed.json.replace(path).is_some()
                } else if path.is_ident("skip") {
                    parsed.skip.replace(path).is_some()
                } else if path.is_ident("dimension") {
                    parsed.dimension.replace(meta.value()?.parse()?).is_some()
                } else if path.is_ident("rename") {
                    parsed.rename.replace(meta.value()?.parse()?).is_some()
                } else {
                    return Err(meta.error(
                        "unknown attribute: use key, dimension = N, json, rename = \"…\" or skip",
                    ));
                };
                match repeated {
                    true => Err(meta.error("given twice")),
                    false => Ok(()),
                }
            })?;
        }
        Ok(parsed)
    }

    /// Whether a field that is skipped has no other attribute.
    pub fn is_only_skip(&self) -> bool {
        let Self {
            key,
            json,
            skip: _,
            dimension,
            rename,
        } = self;
        key.is_none() && json.is_none() && dimension.is_none() && rename.is_none()
    }
}
