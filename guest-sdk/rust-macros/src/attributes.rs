//! `#[row(…)]` on a field.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, Expr, LitStr, Path, Token, parenthesized};

/// What an author says about a field.
#[derive(Default)]
pub struct Attributes {
    /// Where `key` stands.
    pub key: Option<Path>,
    /// Where `json` stands.
    pub json: Option<Path>,
    /// Where `skip` stands.
    pub skip: Option<Path>,
    pub data_type: Option<LitStr>,
    pub dimension: Option<Expr>,
    pub item: Option<LitStr>,
    pub encode: Option<LitStr>,
    pub rename: Option<LitStr>,
    pub metadata: Option<Vec<(LitStr, LitStr)>>,
}

/// All that is known, for whoever writes something else.
const KNOWN: &str = "unknown attribute: use key, type = \"…\", dimension = N, item = \"…\", \
                     json, encode = \"function\", rename = \"…\", metadata(\"name\" = \"value\") \
                     or skip";

impl Attributes {
    pub fn parse(attributes: &[Attribute]) -> syn::Result<Self> {
        let mut parsed = Self::default();
        let rows = attributes.iter().filter(|a| a.path().is_ident("row"));
        for attribute in rows {
            attribute.parse_nested_meta(|meta| parsed.add(&meta))?;
        }
        Ok(parsed)
    }

    fn add(&mut self, meta: &ParseNestedMeta) -> syn::Result<()> {
        let path = meta.path.clone();
        let Some(name) = path.get_ident().map(ToString::to_string) else {
            return Err(meta.error(KNOWN));
        };
        let repeated = match name.as_str() {
            "key" => self.key.replace(path).is_some(),
            "json" => self.json.replace(path).is_some(),
            "skip" => self.skip.replace(path).is_some(),
            "type" => self.data_type.replace(meta.value()?.parse()?).is_some(),
            "dimension" => self.dimension.replace(meta.value()?.parse()?).is_some(),
            "item" => self.item.replace(meta.value()?.parse()?).is_some(),
            "encode" => self.encode.replace(meta.value()?.parse()?).is_some(),
            "rename" => self.rename.replace(meta.value()?.parse()?).is_some(),
            "metadata" => self.metadata.replace(metadata(meta)?).is_some(),
            _ => return Err(meta.error(KNOWN)),
        };
        match repeated {
            true => Err(meta.error("given twice")),
            false => Ok(()),
        }
    }

    /// Whether a field that is skipped has no other attribute.
    pub fn is_only_skip(&self) -> bool {
        let Self {
            key,
            json,
            skip: _,
            data_type,
            dimension,
            item,
            encode,
            rename,
            metadata,
        } = self;
        key.is_none()
            && json.is_none()
            && data_type.is_none()
            && dimension.is_none()
            && item.is_none()
            && encode.is_none()
            && rename.is_none()
            && metadata.is_none()
    }
}

/// `("name" = "value", …)`.
fn metadata(meta: &ParseNestedMeta) -> syn::Result<Vec<(LitStr, LitStr)>> {
    let content;
    parenthesized!(content in meta.input);
    let pair = |input: syn::parse::ParseStream| {
        let name = input.parse()?;
        input.parse::<Token![=]>()?;
        Ok((name, input.parse()?))
    };
    let pairs = content.parse_terminated(pair, Token![,])?;
    Ok(pairs.into_iter().collect())
}
