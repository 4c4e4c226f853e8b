//! Looks at a component without compiling it: what it asks for, what it offers, how large it
//! would grow, and whether this host can run it.
//!
//! The bytes are untrusted and not yet validated; compiling validates them later. Here every
//! index may be out of range and every count a lie.

mod parts;
mod types;

use std::collections::BTreeSet;

use wasmparser::{
    BinaryReaderError, CanonicalFunction, CanonicalOption, ComponentDefinedType,
    ComponentExternalKind, ComponentType, KnownCustom, Parser, Payload,
};
use wasmtime::Engine;

pub(crate) use self::parts::Parts;
use self::{parts::PartsCounter, types::TypesReader};
use crate::{
    error::SandboxError,
    offer::{self, Asked},
    text::printable,
};

/// The function that a pipeline exports.
const RUN: &str = "run";

/// Its type, for people.
const RUN_TYPE: &str = "func(params: list<tuple<string, string>>) -> result<_, string>";

/// The custom section in which an SDK of ours says what it is: its language and its version, with
/// a space between them.
const SDK_SECTION: &str = "lance-host:sdk";

/// How many tools are listed.
const MAX_PRODUCERS: usize = 64;

/// How much of a name from a component is shown, in bytes.
const NAME: usize = 200;

/// What can be known of a component by looking at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Bytes of the component.
    pub size: u64,
    /// Names of what it asks for, in its order.
    pub imports: Vec<String>,
    /// Names of what it offers, in its order.
    pub exports: Vec<String>,
    /// Version of the contract that it was built for; none if it uses nothing of the contract.
    pub contract: Option<String>,
    /// The SDK of ours that it was made with; none if it was written against the bare contract.
    pub sdk: Option<Sdk>,
    /// Languages and tools that made it, as far as they say so.
    pub producers: Vec<Producer>,
    /// Whether this host can run it, or the reason why not, with the next step.
    pub runnable: Result<(), String>,
    /// The imports, with what is asked for of each.
    pub(crate) asked: Vec<Asked>,
    /// How many instances, memories and tables it would have.
    pub(crate) parts: Parts,
}

/// An SDK of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sdk {
    /// The language that it is for, such as `rust`.
    pub language: String,
    /// Its version; may be empty.
    pub version: String,
}

/// Something that took part in making a component.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Producer {
    /// `language` or `processed-by`.
    pub role: String,
    /// Its name.
    pub name: String,
    /// Its version; may be empty.
    pub version: String,
}

/// Looks at the bytes of a component. Fails if they are not a component at all.
pub fn inspect(bytes: &[u8]) -> Result<Inspection, SandboxError> {
    let types = Some(TypesReader::default());
    look(
        bytes,
        Inspector {
            types,
            ..Inspector::default()
        },
    )
}

/// The same without a look at types, which takes as long as everything else: functions that are
/// missing, and a `run` that is not that of the contract, do not show.
pub(crate) fn glance(bytes: &[u8]) -> Result<Inspection, SandboxError> {
    look(bytes, Inspector::default())
}

fn look(bytes: &[u8], mut inspector: Inspector) -> Result<Inspection, SandboxError> {
    let not_a_component = |reason: String| SandboxError::NotAComponent {
        subject: "the input".into(),
        reason,
    };
    if let Some(reason) = something_else(bytes) {
        return Err(not_a_component(reason.to_owned()));
    }
    for payload in Parser::new(0).parse_all(bytes) {
        payload
            .and_then(|payload| inspector.see(&payload))
            .map_err(|error| not_a_component(format!("it is damaged: {error}")))?;
    }
    Ok(inspector.finish(bytes.len() as u64))
}

/// What the bytes are, if that can be told from their beginning and is not a component.
fn something_else(bytes: &[u8]) -> Option<&'static str> {
    if Parser::is_component(bytes) {
        return None;
    }
    Some(if bytes.is_empty() {
        "it is empty"
    } else if Parser::is_core_wasm(bytes) {
        "it is a core module; build it for the target wasm32-wasip2, or make a component of it with `wasm-tools component new`"
    } else if Engine::detect_precompiled(bytes).is_some() {
        "it is compiled code, which is never loaded from outside; give the component that it was compiled from"
    } else if bytes.trim_ascii_start().starts_with(b"(") {
        "it looks like the text format; translate it with `wasm-tools parse`"
    } else {
        "it does not begin like one"
    })
}

/// Gathers an [`Inspection`] while a component is read.
#[derive(Default)]
struct Inspector {
    /// How many components and modules are open; 1 within the outermost component.
    depth: usize,
    imports: Vec<String>,
    exports: Vec<String>,
    exports_run: bool,
    sdk: Option<Sdk>,
    producers: BTreeSet<Producer>,
    asynchronous: bool,
    parts: PartsCounter,
    types: Option<TypesReader>,
}

impl Inspector {
    fn see(&mut self, payload: &Payload<'_>) -> Result<(), BinaryReaderError> {
        self.parts.see(payload)?;
        if let Some(types) = &mut self.types {
            types.see(payload);
        }
        match payload {
            Payload::Version { .. } => self.depth += 1,
            Payload::End(_) => self.depth = self.depth.saturating_sub(1),
            Payload::ComponentImportSection(imports) if self.depth == 1 => {
                for import in imports.clone() {
                    let import = import?;
                    // A type that is imported by itself only gives another name to what an
                    // interface has.
                    if import.ty.kind() != ComponentExternalKind::Type {
                        self.imports.push(import.name.name.to_owned());
                    }
                }
            }
            Payload::ComponentExportSection(exports) if self.depth == 1 => {
                for export in exports.clone() {
                    let export = export?;
                    self.exports_run |=
                        export.name.name == RUN && export.kind == ComponentExternalKind::Func;
                    self.exports.push(printable(export.name.name, NAME));
                }
            }
            Payload::ComponentCanonicalSection(functions) => {
                for function in functions.clone() {
                    self.asynchronous |= is_async(&function?);
                }
            }
            Payload::ComponentTypeSection(types) => {
                for ty in types.clone() {
                    self.asynchronous |= match ty? {
                        ComponentType::Func(function) => function.async_,
                        ComponentType::Defined(defined) => {
                            matches!(
                                defined,
                                ComponentDefinedType::Stream(_) | ComponentDefinedType::Future(_)
                            )
                        }
                        _ => false,
                    };
                }
            }
            // What tools write about themselves is a courtesy; damage there does no harm.
            Payload::CustomSection(section) if section.name() == SDK_SECTION => {
                let text = String::from_utf8_lossy(section.data());
                let (language, version) = text.split_once(' ').unwrap_or((&text, ""));
                self.sdk = Some(Sdk {
                    language: printable(language, NAME),
                    version: printable(version, NAME),
                });
            }
            Payload::CustomSection(section) => {
                if let KnownCustom::Producers(producers) = section.as_known() {
                    for field in producers.into_iter().flatten() {
                        for value in field.values.into_iter().flatten() {
                            self.see_producer(field.name, value.name, value.version);
                        }
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn see_producer(&mut self, role: &str, name: &str, version: &str) {
        if self.producers.len() < MAX_PRODUCERS {
            self.producers.insert(Producer {
                role: role.to_owned(),
                name: printable(name, NAME),
                version: printable(version, NAME),
            });
        }
    }

    fn finish(self, size: u64) -> Inspection {
        let asked: Vec<Asked> = self.imports.iter().map(|name| self.asked(name)).collect();
        let runnable = self.runnable(&asked);
        let prefix = format!("{}/", offer::CONTRACT);
        let contract = self
            .imports
            .iter()
            .filter_map(|import| import.strip_prefix(&prefix)?.split_once('@'))
            .map(|(_, version)| printable(version, NAME))
            .next();
        Inspection {
            size,
            imports: asked.iter().map(|asked| asked.import.clone()).collect(),
            exports: self.exports,
            contract,
            sdk: self.sdk,
            producers: self.producers.into_iter().collect(),
            runnable,
            asked,
            parts: self.parts.total(),
        }
    }

    /// An import of this name, as it may be shown.
    fn asked(&self, import: &str) -> Asked {
        let functions = self.types.iter().flat_map(|types| types.functions(import));
        Asked {
            import: printable(import, NAME),
            functions: functions.map(|name| printable(&name, NAME)).collect(),
        }
    }

    /// The first reason why this host cannot run it.
    fn runnable(&self, asked: &[Asked]) -> Result<(), String> {
        if self.asynchronous {
            return Err(
                "it was built for the asynchronous ABI of components, and the contract is synchronous; build it for WASI 0.2 with bindings that are not async"
                    .into(),
            );
        }
        if let Some(reason) = self.parts.uncountable() {
            return Err(reason.into());
        }
        if let Some(reason) = offer::missing(asked) {
            return Err(reason);
        }
        if !self.exports_run {
            let exports = if self.exports.is_empty() {
                "nothing".into()
            } else {
                self.exports.join(", ")
            };
            return Err(format!(
                "it is not a pipeline: it does not export the function `{RUN}` of {}@{}\nit exports: {exports}",
                offer::CONTRACT,
                offer::CONTRACT_VERSION
            ));
        }
        let Some(types) = &self.types else {
            return Ok(());
        };
        if let Some(reason) = types.invalid() {
            return Err(format!("it is not valid: {reason}"));
        }
        if !types.runs(RUN) {
            return Err(format!(
                "it is not a pipeline: the function `{RUN}` that it exports is not that of {}@{}, {RUN_TYPE}",
                offer::CONTRACT,
                offer::CONTRACT_VERSION
            ));
        }
        Ok(())
    }
}

/// Whether a canonical function is of the asynchronous ABI. Everything is, but what the
/// synchronous one is made of.
fn is_async(function: &CanonicalFunction) -> bool {
    match function {
        CanonicalFunction::Lift { options, .. } | CanonicalFunction::Lower { options, .. } => {
            options.iter().any(|option| {
                matches!(
                    option,
                    CanonicalOption::Async | CanonicalOption::Callback(_)
                )
            })
        }
        CanonicalFunction::ResourceNew { .. }
        | CanonicalFunction::ResourceDrop { .. }
        | CanonicalFunction::ResourceRep { .. } => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(wat: &str) -> Inspection {
        inspect(&wat::parse_str(wat).unwrap()).unwrap()
    }

    fn message(bytes: &[u8]) -> String {
        inspect(bytes).unwrap_err().to_string()
    }

    #[test]
    fn imports_exports_and_contract_are_listed() {
        let inspection = seen(
            r#"(component
                (import "lance-host:pipeline/types@0.1.0" (instance $types
                    (type $pair (tuple string string))
                    (export "setting" (type $setting (eq $pair)))))
                (alias export $types "setting" (type $setting))
                (import "setting" (type (eq $setting)))
                (import "wasi:cli/environment@0.2.6" (instance))
                (core module $m
                    (memory (export "memory") 1)
                    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 0)
                    (func (export "run") (param i32 i32) (result i32) i32.const 0))
                (core instance $i (instantiate $m))
                (func (export "run")
                    (param "params" (list $setting)) (result (result (error string)))
                    (canon lift (core func $i "run")
                        (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))"#,
        );
        assert_eq!(
            inspection.imports,
            [
                "lance-host:pipeline/types@0.1.0",
                "wasi:cli/environment@0.2.6"
            ]
        );
        assert_eq!(inspection.exports, ["run"]);
        assert_eq!(inspection.contract.as_deref(), Some("0.1.0"));
        assert_eq!(inspection.runnable, Ok(()));
    }

    #[test]
    fn what_is_not_a_component_is_named() {
        insta::assert_snapshot!(message(b""), @"the input is not a WebAssembly component: it is empty");
        insta::assert_snapshot!(
            message(&wat::parse_str("(module)").unwrap()),
            @"the input is not a WebAssembly component: it is a core module; build it for the target wasm32-wasip2, or make a component of it with `wasm-tools component new`"
        );
        insta::assert_snapshot!(
            message(b"\n (component)"),
            @"the input is not a WebAssembly component: it looks like the text format; translate it with `wasm-tools parse`"
        );
        insta::assert_snapshot!(
            message(b"PK\x03\x04"),
            @"the input is not a WebAssembly component: it does not begin like one"
        );
        let component = wat::parse_str(r#"(component (core module (func)))"#).unwrap();
        insta::assert_snapshot!(
            message(&component[..component.len() - 1]),
            @"the input is not a WebAssembly component: it is damaged: unexpected end-of-file (at offset 0x20)"
        );
    }

    #[test]
    fn compiled_code_is_never_taken() {
        let engine = crate::engine::new_engine().unwrap();
        let compiled = engine
            .precompile_component(&wat::parse_str("(component)").unwrap())
            .unwrap();
        insta::assert_snapshot!(
            message(&compiled),
            @"the input is not a WebAssembly component: it is compiled code, which is never loaded from outside; give the component that it was compiled from"
        );
    }

    #[test]
    fn the_asynchronous_abi_is_named() {
        let inspection = seen(
            r#"(component
                (core module $m (func (export "run") (result i32) i32.const 0) (func (export "cb") (param i32 i32 i32) (result i32) i32.const 0))
                (core instance $i (instantiate $m))
                (func (export "run") async (canon lift (core func $i "run") async (callback (core func $i "cb")))))"#,
        );
        insta::assert_snapshot!(
            inspection.runnable.unwrap_err(),
            @"it was built for the asynchronous ABI of components, and the contract is synchronous; build it for WASI 0.2 with bindings that are not async"
        );
    }

    #[test]
    fn a_component_without_run_is_not_a_pipeline() {
        let inspection = seen(r#"(component (component $c) (export "other" (component $c)))"#);
        insta::assert_snapshot!(inspection.runnable.unwrap_err(), @r"
        it is not a pipeline: it does not export the function `run` of lance-host:pipeline@0.1.0
        it exports: other
        ");
    }

    #[test]
    fn a_run_of_another_type_is_not_that_of_the_contract() {
        let inspection = seen(
            r#"(component
                (core module $m (func (export "run")))
                (core instance $i (instantiate $m))
                (func (export "run") (canon lift (core func $i "run"))))"#,
        );
        insta::assert_snapshot!(inspection.runnable.unwrap_err(), @"it is not a pipeline: the function `run` that it exports is not that of lance-host:pipeline@0.1.0, func(params: list<tuple<string, string>>) -> result<_, string>");
    }

    #[test]
    fn functions_are_asked_for_one_by_one() {
        let inspection = seen(
            r#"(component
                (import "lance-host:pipeline/target@0.1.3" (instance
                    (export "table" (type $table (sub resource)))
                    (export "[method]table.declare-rows" (func (param "self" (borrow $table))))
                    (export "declare-scope" (func)))))"#,
        );
        let asked = Asked {
            import: "lance-host:pipeline/target@0.1.3".into(),
            functions: vec!["[method]table.declare-rows".into(), "declare-scope".into()],
        };
        assert_eq!(inspection.asked, [asked]);
        let reason = inspection.runnable.unwrap_err();
        assert!(reason.contains("\n  lance-host:pipeline/target@0.1.3: table.declare-rows, declare-scope (missing)\n"), "{reason}");
    }

    #[test]
    fn what_is_not_valid_cannot_run() {
        let inspection =
            seen(r#"(component (func $f (canon lift (core func 7))) (export "run" (func $f)))"#);
        let reason = inspection.runnable.unwrap_err();
        assert!(
            reason.starts_with("it is not valid: unknown core function 7"),
            "{reason}"
        );
    }

    #[test]
    fn producers_are_listed_once() {
        let module = r#"(core module (@producers (language "Rust" "1.95")))"#;
        let inspection = seen(&format!("(component {module} {module})"));
        let rust = Producer {
            role: "language".into(),
            name: "Rust".into(),
            version: "1.95".into(),
        };
        assert_eq!(inspection.producers, [rust]);
    }

    #[test]
    fn an_sdk_of_ours_is_named() {
        let inspection =
            seen(r#"(component (core module (@custom "lance-host:sdk" "rust 0.1.0")))"#);
        let sdk = Sdk {
            language: "rust".into(),
            version: "0.1.0".into(),
        };
        assert_eq!(inspection.sdk, Some(sdk));
    }
}
