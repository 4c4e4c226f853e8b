//! The contract as generated code.

#![allow(
    unsafe_code,
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::allow_attributes_without_reason,
    reason = "generated code, which crosses the component boundary"
)]

wit_bindgen::generate!({
    path: "../../wit",
    world: "pipeline",
    pub_export_macro: true,
    default_bindings_module: "crate::bindings",
});
