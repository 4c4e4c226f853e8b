//! From the text of a type to the builder of its column.

use lance_host_data_type::{DataType, Item, TimeUnit, VectorItem};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Error, LitStr};

/// Types that the generated code needs beside the builders, since the language has no
/// text in a type: the names of zones, and types that have no builder of their own.
#[derive(Default)]
pub struct Markers {
    items: Vec<TokenStream>,
}

impl Markers {
    pub fn items(&self) -> &[TokenStream] {
        &self.items
    }

    fn add(&mut self, item: impl FnOnce(&Ident) -> TokenStream) -> TokenStream {
        let name = format_ident!("__Marker{}", self.items.len());
        let item = item(&name);
        self.items.push(quote! {
            pub struct #name;
            #item
        });
        quote!(#name)
    }
}

/// The builder of a column, and how values get there.
pub struct Builder {
    pub ty: TokenStream,
    /// Whether values are written by serde, rather than by a trait of the SDK.
    pub serialized: bool,
}

/// Reads the text of a type.
pub fn parse(text: &LitStr) -> syn::Result<DataType> {
    DataType::parse(&text.value()).map_err(|error| Error::new(text.span(), error.to_string()))
}

/// The builder of a column of a type.
pub fn builder(data_type: &DataType, markers: &mut Markers) -> Builder {
    if matches!(data_type, DataType::Json) {
        return Builder {
            ty: quote!(::lance_host_sdk::__private::column::JsonColumn),
            serialized: true,
        };
    }
    let mut own = Markers {
        items: markers.items.clone(),
    };
    if let Some(ty) = typed(data_type, &mut own) {
        *markers = own;
        return Builder {
            ty,
            serialized: false,
        };
    }
    let text = data_type.to_string();
    let marker = markers.add(|name| {
        quote! {
            impl ::lance_host_sdk::__private::column::TypeText for #name {
                const TEXT: &'static str = #text;
            }
        }
    });
    Builder {
        ty: quote!(::lance_host_sdk::__private::column::NestedColumn<#marker>),
        serialized: true,
    }
}

/// A builder that knows its type when the pipeline is compiled, for types that have one.
fn typed(data_type: &DataType, markers: &mut Markers) -> Option<TokenStream> {
    let logical =
        |meaning: TokenStream| quote!(LogicalColumn<::lance_host_sdk::__private::column::#meaning>);
    let ty = match data_type {
        DataType::Bool => quote!(BoolColumn),
        DataType::Int8 => quote!(NumberColumn<i8>),
        DataType::Int16 => quote!(NumberColumn<i16>),
        DataType::Int32 => quote!(NumberColumn<i32>),
        DataType::Int64 => quote!(NumberColumn<i64>),
        DataType::UInt8 => quote!(NumberColumn<u8>),
        DataType::UInt16 => quote!(NumberColumn<u16>),
        DataType::UInt32 => quote!(NumberColumn<u32>),
        DataType::UInt64 => quote!(NumberColumn<u64>),
        DataType::Float16 => quote!(NumberColumn<::lance_host_sdk::__private::F16>),
        DataType::Float32 => quote!(NumberColumn<f32>),
        DataType::Float64 => quote!(NumberColumn<f64>),
        DataType::Utf8 => quote!(Utf8Column),
        DataType::LargeUtf8 => quote!(LargeUtf8Column),
        DataType::Binary => quote!(BinaryColumn),
        DataType::LargeBinary => quote!(LargeBinaryColumn),
        DataType::FixedSizeBinary(size) => {
            let size = *size as usize;
            quote!(FixedSizeBinaryColumn<#size>)
        }
        DataType::Date32 => logical(quote!(Date32)),
        DataType::Date64 => logical(quote!(Date64)),
        DataType::Time(unit) => {
            let width = match unit {
                TimeUnit::Second | TimeUnit::Millisecond => quote!(i32),
                TimeUnit::Microsecond | TimeUnit::Nanosecond => quote!(i64),
            };
            let unit = unit_type(*unit);
            logical(quote!(Time<#unit, #width>))
        }
        DataType::Timestamp { unit, zone } => {
            let zone = zone_type(zone.as_deref(), markers);
            let unit = unit_type(*unit);
            logical(quote!(Timestamp<#unit, #zone>))
        }
        DataType::Duration(unit) => {
            let unit = unit_type(*unit);
            logical(quote!(Duration<#unit>))
        }
        DataType::Vector { item, size } => {
            let item = item_type(*item);
            let size = *size as usize;
            quote!(VectorColumn<#item, #size>)
        }
        DataType::List(item) => {
            let item = part(item, markers)?;
            quote!(ListColumn<#item>)
        }
        DataType::LargeList(item) => {
            let item = part(item, markers)?;
            quote!(LargeListColumn<#item>)
        }
        DataType::FixedSizeList { item, size } => {
            let item = part(item, markers)?;
            let size = *size as usize;
            quote!(FixedSizeListColumn<#item, #size>)
        }
        DataType::Json
        | DataType::Decimal128 { .. }
        | DataType::Decimal256 { .. }
        | DataType::Struct(_)
        | DataType::Map { .. }
        | DataType::Dictionary { .. } => return None,
    };
    Some(quote!(::lance_host_sdk::__private::column::#ty))
}

/// The builder of a list's items.
fn part(item: &Item, markers: &mut Markers) -> Option<TokenStream> {
    let ty = typed(&item.data_type, markers)?;
    Some(match item.nullable {
        true => quote!(::lance_host_sdk::__private::column::Nullable<#ty>),
        false => ty,
    })
}

fn unit_type(unit: TimeUnit) -> TokenStream {
    let unit = match unit {
        TimeUnit::Second => quote!(Second),
        TimeUnit::Millisecond => quote!(Milli),
        TimeUnit::Microsecond => quote!(Micro),
        TimeUnit::Nanosecond => quote!(Nano),
    };
    quote!(::lance_host_sdk::__private::column::#unit)
}

fn zone_type(zone: Option<&str>, markers: &mut Markers) -> TokenStream {
    match zone {
        None => quote!(::lance_host_sdk::__private::column::NoZone),
        Some("UTC") => quote!(::lance_host_sdk::__private::column::Utc),
        Some(zone) => markers.add(|name| {
            quote! {
                impl ::lance_host_sdk::__private::column::Zone for #name {
                    const NAME: ::std::option::Option<&'static str> =
                        ::std::option::Option::Some(#zone);
                }
                impl ::lance_host_sdk::__private::InZone for #name {}
            }
        }),
    }
}

/// The items of a vector, as its column holds them.
pub fn item_type(item: VectorItem) -> TokenStream {
    match item {
        VectorItem::Float16 => quote!(::lance_host_sdk::__private::F16),
        VectorItem::Float32 => quote!(f32),
        VectorItem::Float64 => quote!(f64),
        VectorItem::UInt8 => quote!(u8),
        VectorItem::Int8 => quote!(i8),
    }
}

/// Reads the name of a vector's items.
pub fn parse_item(text: &LitStr) -> syn::Result<VectorItem> {
    match text.value().as_str() {
        "float16" => Ok(VectorItem::Float16),
        "float32" => Ok(VectorItem::Float32),
        "float64" => Ok(VectorItem::Float64),
        "uint8" => Ok(VectorItem::UInt8),
        "int8" => Ok(VectorItem::Int8),
        _ => {
            let message = "the items of a vector are float16, float32, float64, uint8 or int8";
            Err(Error::new(text.span(), message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(text: &str) -> (String, bool, usize) {
        let mut markers = Markers::default();
        let builder = builder(&DataType::parse(text).unwrap(), &mut markers);
        let ty = builder.ty.to_string().replace(' ', "");
        let ty = ty.replace("::lance_host_sdk::__private::", "");
        (
            ty.replace("column::", ""),
            builder.serialized,
            markers.items.len(),
        )
    }

    #[test]
    fn each_type_has_the_builder_that_knows_most_of_it() {
        for (text, ty, serialized, markers) in [
            ("int32", "NumberColumn<i32>", false, 0),
            ("time32(ms)", "LogicalColumn<Time<Milli,i32>>", false, 0),
            (
                "timestamp(us, UTC)",
                "LogicalColumn<Timestamp<Micro,Utc>>",
                false,
                0,
            ),
            (
                "timestamp(s, Asia/Tokyo)",
                "LogicalColumn<Timestamp<Second,__Marker0>>",
                false,
                1,
            ),
            ("vector(float16, 8)", "VectorColumn<F16,8usize>", false, 0),
            (
                "list(vector(float32, 2)!)",
                "ListColumn<VectorColumn<f32,2usize>>",
                false,
                0,
            ),
            ("list(utf8)", "ListColumn<Nullable<Utf8Column>>", false, 0),
            ("json", "JsonColumn", true, 0),
            ("decimal128(5, 2)", "NestedColumn<__Marker0>", true, 1),
            // The marker of the zone is not needed after all.
            (
                "list(struct(a: timestamp(s, Asia/Tokyo)))",
                "NestedColumn<__Marker0>",
                true,
                1,
            ),
        ] {
            assert_eq!(built(text), (ty.to_owned(), serialized, markers), "{text}");
        }
    }
}
