#![doc = include_str!("../README.md")]
#![warn(missing_docs)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "tests may panic"
    )
)]

// The derive names this crate as its users do, also in the tests here.
extern crate self as lance_host_sdk;

mod batch;
#[doc(hidden)]
pub mod bindings;
mod cell;
mod choose;
#[doc(hidden)]
pub mod column;
mod dates;
mod decimal;
mod declared;
mod error;
mod float16;
mod index;
mod json;
mod nested;
mod number;
mod options;
mod params;
mod pipeline;
mod row;
mod schema;
mod store;
mod table;
mod temporal;
#[cfg(feature = "uuid")]
mod uuid;
mod value;

pub use cell::Value;
pub use error::Error;
pub use index::{FtsIndex, Metric, ScalarIndex, Tokenizer, VectorIndex};
/// ```
/// use lance_host_sdk::Row;
///
/// #[derive(Row)]
/// struct Page<'a> {
///     #[row(key)]
///     site: &'a str,
///     #[row(key)]
///     number: u32,
///     text: Option<String>,
///     links: Vec<String>,
/// }
/// ```
///
/// A type that neither has a column nor can be JSON is an error at its field:
///
/// ```compile_fail,E0277
/// # use lance_host_sdk::Row;
/// #[derive(Row)]
/// struct Page<'a> {
///     #[row(key)]
///     site: &'a str,
///     links: Vec<Link>,
/// }
///
/// struct Link(String);
/// ```
pub use lance_host_sdk_macros::Row;
/// ```
/// #[lance_host_sdk::pipeline]
/// fn nothing() -> Result<(), String> {
///     Ok(())
/// }
/// ```
pub use lance_host_sdk_macros::pipeline;
pub use options::{ManagedBy, OnSchemaChange, TableBuilder};
pub use params::{ParamError, Params};
pub use row::Row;
pub use schema::{Column, DynamicTable, TableSchema};
pub use table::Table;
pub use value::{Bytes, ColumnValue, FieldValue, Vector};

/// What most pipelines need.
pub mod prelude {
    pub use crate::{
        FtsIndex, ManagedBy, Metric, OnSchemaChange, Params, Row, ScalarIndex, Table, Tokenizer,
        VectorIndex, pipeline,
    };
}

/// For the code that the macros generate; not for use by hand.
#[doc(hidden)]
pub mod __private {
    pub use crate::bindings;
    pub use crate::bindings::lance_host::pipeline::types::{Column, Field};
    pub use crate::choose::{Choose, Chosen, Otherwise, Probe, Way};
    pub use crate::column;
    pub use crate::column::ColumnBuilder;
    pub use crate::float16::F16;
    pub use crate::pipeline::{SDK, run};
    pub use crate::row::{Columns, field};
    pub use crate::store::{InZone, Serialized, Slot, Store};
    pub use crate::value::Items;
    pub use serde::Serialize;
    pub use wit_bindgen::rt as wit_bindgen_rt;
}
