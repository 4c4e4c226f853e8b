//! Makes a pipeline of a core WebAssembly module.
//!
//! The tools of Go, C and Zig make core modules that import WASI preview 1 and follow the canonical
//! ABI for the contract of lance-host. This crate checks that they do, joins them with an adapter for
//! preview 1, and returns a component. It knows the contract and no language.
//!
//! The SDKs of these languages write the canonical ABI by hand. Bindings that a generator makes would
//! copy every buffer of a batch once more, and need a tool and a runtime of their own; the contract has
//! three functions to import, and a release keeps the shape of every type. Three things hold what is
//! written by hand to the contract: the types of functions are checked here, whenever a component is
//! made; the layouts of types by a test here, and in each language by its compiler, against the same
//! numbers; and what the values mean by the suite that all SDKs pass.

#![cfg_attr(
    test,
    allow(
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used,
        reason = "tests may panic"
    )
)]

use anyhow::Context;
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wasm_encoder::{CustomSection, Encode, Section};
use wasmparser::{Parser, Payload};
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
///
/// What only a debugger reads is left out: nobody debugs the component, and Zig's tools cannot leave
/// it out without the names of functions, which a backtrace needs.
pub fn componentize(module: &[u8], sdk: Option<&str>) -> anyhow::Result<Vec<u8>> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("pipeline.wit", CONTRACT)?;
    let world = resolve.select_world(&[package], Some(WORLD))?;
    let mut module = without_debug_sections(module)?;
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

/// The module without the sections that the debuggers' format DWARF has in it.
fn without_debug_sections(module: &[u8]) -> anyhow::Result<Vec<u8>> {
    const NO_MODULE: &str = "it is no core WebAssembly module";
    let mut rest = module.get(8..).context(NO_MODULE)?;
    let mut kept = module.get(..8).context(NO_MODULE)?.to_vec();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.context(NO_MODULE)?;
        let Some((_, content)) = payload.as_section() else {
            continue;
        };
        // A section is its id and its size, and then its content.
        let end = content.end - (module.len() - rest.len());
        let (section, behind) = rest.split_at_checked(end).context(NO_MODULE)?;
        rest = behind;
        if !matches!(&payload, Payload::CustomSection(custom) if custom.name().starts_with(".debug_"))
        {
            kept.extend_from_slice(section);
        }
    }
    Ok(kept)
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
    use wit_parser::{Function, Int, SizeAlign, Type, TypeDefKind, TypeId, WorldId, WorldItem};

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

    /// How many bytes the types have that cross the boundary in memory, and where their parts begin.
    /// `lance_host.c`, `host_wasip1.go` and `abi.zig` do not compile unless theirs are the same.
    const LAYOUTS: &[(&str, usize, &[usize])] = &[
        ("setting", 16, &[0, 8]),
        ("field", 28, &[0, 8, 16, 20]),
        ("column", 24, &[0, 4, 16]),
        ("target-error", 64, &[0, 8, 16, 28, 40, 56]),
        ("declare-table", 72, &[8]),
        ("declare-rows", 72, &[8]),
        ("declare-index", 72, &[8]),
        ("run", 12, &[4]),
    ];

    #[test]
    fn layouts_of_the_contract_are_those_that_sdks_write_by_hand() {
        let mut resolve = Resolve::default();
        let package = resolve.push_str("pipeline.wit", CONTRACT).unwrap();
        let world = resolve.select_world(&[package], Some(WORLD)).unwrap();
        let mut sizes = SizeAlign::default();
        sizes.fill(&resolve);
        let found: Vec<_> = LAYOUTS
            .iter()
            .map(|(name, ..)| {
                let id = type_of(&resolve, world, name);
                let parts = match &resolve.types[id].kind {
                    TypeDefKind::Record(record) => {
                        offsets(&sizes, record.fields.iter().map(|f| &f.ty))
                    }
                    TypeDefKind::Tuple(tuple) => offsets(&sizes, &tuple.types),
                    TypeDefKind::Result(result) => {
                        let cases = [result.ok.as_ref(), result.err.as_ref()];
                        vec![sizes.payload_offset(Int::U8, cases).size_wasm32()]
                    }
                    other => panic!("{name} is {other:?}"),
                };
                (*name, sizes.size(&Type::Id(id)).size_wasm32(), parts)
            })
            .collect();
        let known: Vec<_> = LAYOUTS
            .iter()
            .map(|(name, size, parts)| (*name, *size, parts.to_vec()))
            .collect();
        assert_eq!(found, known);
    }

    /// A type of the contract, or what one of its functions returns.
    fn type_of(resolve: &Resolve, world: WorldId, name: &str) -> TypeId {
        let exports = resolve.worlds[world].exports.values();
        let exported = exports.filter_map(|item| match item {
            WorldItem::Function(function) => Some(function),
            _ => None,
        });
        let interfaces = || resolve.interfaces.iter().map(|(_, interface)| interface);
        let imported = interfaces().flat_map(|interface| interface.functions.values());
        let mut functions = imported.chain(exported);
        let called = |function: &&Function| function.item_name() == name;
        if let Some(function) = functions.find(called) {
            let Some(Type::Id(id)) = function.result else {
                panic!("{name} returns nothing");
            };
            return id;
        }
        let mut types = interfaces().flat_map(|interface| &interface.types);
        types
            .find(|(known, _)| known.as_str() == name)
            .map(|(_, id)| *id)
            .unwrap()
    }

    fn offsets<'a>(sizes: &SizeAlign, parts: impl IntoIterator<Item = &'a Type>) -> Vec<usize> {
        let offsets = sizes.field_offsets(parts);
        offsets.iter().map(|(at, _)| at.size_wasm32()).collect()
    }

    #[test]
    fn debuggers_sections_are_left_out_and_names_stay() {
        let mut module = pipeline("(param i32 i32)");
        for name in [".debug_info", "name-like", ".debug_line"] {
            let section = CustomSection {
                name: name.into(),
                data: b"content of a section".into(),
            };
            module.push(section.id());
            section.encode(&mut module);
        }
        let component = componentize(&module, None).unwrap();
        let has = |name: &str| {
            component
                .windows(name.len())
                .any(|bytes| bytes == name.as_bytes())
        };
        assert!(has("name-like"));
        assert!(!has(".debug_"));
    }

    #[test]
    fn module_of_another_shape_is_refused_with_the_function_that_is_wrong() {
        let error = componentize(&pipeline("(param i64)"), None).unwrap_err();
        let told = format!("{error:#}");
        assert!(told.contains("run"), "{told}");
        assert!(componentize(b"no module", None).is_err());
    }
}
