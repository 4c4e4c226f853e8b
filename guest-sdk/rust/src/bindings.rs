//! The contract in `wit/`, as generated code.
//!
//! Nothing is added here: whatever an author meets is written by hand in the
//! other modules.

#![allow(
    unsafe_code,
    missing_docs,
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::allow_attributes_without_reason,
    reason = "generated code, which crosses the component boundary"
)]

wit_bindgen::generate!({
    path: "wit",
    world: "pipeline",
    pub_export_macro: true,
    default_bindings_module: "lance_host_sdk::__private::bindings",
    runtime_path: "lance_host_sdk::__private::wit_bindgen_rt",
    generate_all,
});
