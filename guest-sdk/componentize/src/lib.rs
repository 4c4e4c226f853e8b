//! Makes a pipeline of a core WebAssembly module.
//!
//! The tools of Go, C and Zig make core modules that import WASI preview 1 and follow the canonical
//! ABI for the contract of lance-host. This crate checks that they do, joins them with an adapter for
//! preview 1, and returns a component. It knows the contract and no language.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "tests may panic"))]

use anyhow::Context;
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wasm_encoder::{CustomSection, Encode, Section};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const CONTRACT: &str = include_str!("../wit/pipeline.wit");
const WORLD: &str = "pipeline";

/// The custom section in which a component records the SDK it was made with.
const SDK_SECTION: &str = "lance-host:sdk";

/// Makes a component of `module`, which was compiled as a reactor. `sdk` is the name and version of
/// the SDK, such as `go 0.1.0`, if the module does not record it by itself.
///
/// # Errors
/// If `module` is no WebAssembly module, or does not fit the contract: its imports or exports have
/// other names or other types.
pub fn componentize(module: &[u8], sdk: Option<&str>) -> anyhow::Result<Vec<u8>> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("pipeline.wit", CONTRACT)?;
    let world = resolve.select_world(&[package], Some(WORLD))?;
    let mut module = module.to_vec();
    if let Some(sdk) = sdk {
        record(&mut module, sdk);
    }
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    ComponentEncoder::default()
        .module(&module)
        .context("it is no core WebAssembly module that fits the contract")?
        .adapter(
            WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME,
            WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
        )?
        .validate(true)
        .encode()
        .context("it does not fit the contract")
}

/// Appends the section that says what the module was made with.
fn record(module: &mut Vec<u8>, sdk: &str) {
    let section = CustomSection {
        name: SDK_SECTION.into(),
        data: sdk.as_bytes().into(),
    };
    module.push(section.id());
    section.encode(module);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pipeline that declares nothing, whose `run` takes these parameters.
    fn pipeline(params: &str) -> Vec<u8> {
        let text = format!(
            r#"(module
                (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
                (memory (export "memory") 1)
                (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 8)
                (func (export "run") {params} (result i32) i32.const 8))"#
        );
        wat::parse_str(text).unwrap()
    }

    #[test]
    fn module_that_fits_the_contract_becomes_a_component_that_names_its_sdk() {
        let component = componentize(&pipeline("(param i32 i32)"), Some("c 0.1.0")).unwrap();
        // The layer of a component, rather than of a module.
        assert_eq!(component.get(4..8), Some(&[0x0d, 0, 1, 0][..]));
        let recorded = b"lance-host:sdkc 0.1.0";
        assert!(
            component
                .windows(recorded.len())
                .any(|bytes| bytes == recorded)
        );
    }

    #[test]
    fn module_of_another_shape_is_refused_with_the_function_that_is_wrong() {
        let error = componentize(&pipeline("(param i64)"), None).unwrap_err();
        let told = format!("{error:#}");
        assert!(told.contains("run"), "{told}");
        assert!(componentize(b"no module", None).is_err());
    }
}
