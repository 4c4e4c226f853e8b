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
mod column;
mod declared;
mod error;
mod params;
mod pipeline;
mod row;
mod table;
mod value;

pub use error::Error;
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
///     #[row(json)]
///     links: Vec<String>,
/// }
/// ```
///
/// A type that has no column is an error at its field:
///
/// ```compile_fail,E0277
/// # use lance_host_sdk::Row;
/// #[derive(Row)]
/// struct Page<'a> {
///     #[row(key)]
///     site: &'a str,
///     links: Vec<String>,
/// }
/// ```
pub use lance_host_sdk_macros::Row;
/// ```
/// #[lance_host_sdk::pipeline]
/// fn nothing() -> Result<(), String> {
///     Ok(())
/// }
/// ```
pub use lance_host_sdk_macros::pipeline;
pub use params::{ParamError, Params};
pub use row::Row;
pub use table::{ManagedBy, Table, TableBuilder};
pub use value::{FieldValue, Value};

/// What most pipelines need.
pub mod prelude {
    pub use crate::{ManagedBy, Params, Row, Table, pipeline};
}

/// For the code that the macros generate; not for use by hand.
#[doc(hidden)]
pub mod __private {
    pub use crate::bindings;
    pub use crate::bindings::lance_host::pipeline::types::{Column, Field};
    pub use crate::column::{ColumnBuilder, JsonColumn, Nullable, VectorColumn};
    pub use crate::pipeline::{SDK, run};
    pub use crate::row::{Columns, field};
    pub use crate::value::{Items, Json, Vector};
    pub use serde::Serialize;
    pub use wit_bindgen::rt as wit_bindgen_rt;
}
