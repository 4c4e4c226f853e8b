//! What the types of a component say: which functions of an interface it asks for, and whether its
//! `run` is that of the contract.
//!
//! wasmparser's validator follows them through all their aliases. Bodies of functions are not
//! looked at: that takes long, and the compiler does it.

use wasmparser::{
    Payload, PrimitiveValType, ValidPayload, Validator, WasmFeatures,
    component_types::{
        ComponentDefinedType, ComponentEntityType, ComponentFuncType, ComponentValType,
    },
    types::{Types, TypesRef},
};

/// Follows the payloads of a component, nested ones included.
pub(super) struct TypesReader {
    /// None once something was not valid.
    validator: Option<Validator>,
    invalid: Option<String>,
    /// Of what was read last; in the end of the outermost component.
    types: Option<Types>,
}

impl Default for TypesReader {
    fn default() -> Self {
        Self {
            // Which features this host has is for the compiler to say.
            validator: Some(Validator::new_with_features(WasmFeatures::all())),
            invalid: None,
            types: None,
        }
    }
}

impl TypesReader {
    pub(super) fn see(&mut self, payload: &Payload<'_>) {
        let Some(validator) = &mut self.validator else {
            return;
        };
        match validator.payload(payload) {
            Ok(ValidPayload::End(types)) => self.types = Some(types),
            Ok(_) => {}
            Err(error) => {
                self.invalid = Some(error.to_string());
                self.validator = None;
                self.types = None;
            }
        }
    }

    /// Why the component is not valid, if so.
    pub(super) fn invalid(&self) -> Option<&str> {
        self.invalid.as_deref()
    }

    /// The functions that are asked for of an imported interface, by their names in the component
    /// model.
    pub(super) fn functions(&self, import: &str) -> Vec<String> {
        let functions = || {
            let types = self.types.as_ref()?.as_ref();
            let ComponentEntityType::Instance(instance) =
                types.component_item_for_import(import)?.ty
            else {
                return None;
            };
            let exports = types.get(instance)?.exports.iter();
            let functions = exports
                .filter(|(_, item)| matches!(item.ty, ComponentEntityType::Func(_)))
                .map(|(name, _)| name.clone());
            Some(functions.collect())
        };
        functions().unwrap_or_default()
    }

    /// Whether an export is a function of the type that `run` has in the contract:
    /// `func(params: list<tuple<string, string>>) -> result<_, string>`.
    pub(super) fn runs(&self, export: &str) -> bool {
        let runs = || {
            let types = self.types.as_ref()?.as_ref();
            let ComponentEntityType::Func(function) = types.component_item_for_export(export)?.ty
            else {
                return None;
            };
            Some(is_run(types, types.get(function)?))
        };
        runs().unwrap_or(false)
    }
}

fn is_run(types: TypesRef<'_>, function: &ComponentFuncType) -> bool {
    let defined = |value: ComponentValType| match value {
        ComponentValType::Type(id) => types.get(id),
        ComponentValType::Primitive(_) => None,
    };
    let is_text = |value: ComponentValType| match value {
        ComponentValType::Primitive(primitive) => primitive == PrimitiveValType::String,
        ComponentValType::Type(_) => matches!(
            defined(value),
            Some(ComponentDefinedType::Primitive(PrimitiveValType::String))
        ),
    };
    let is_setting = |value: ComponentValType| match defined(value) {
        Some(ComponentDefinedType::Tuple(tuple)) => {
            tuple.types.len() == 2 && tuple.types.iter().all(|part| is_text(*part))
        }
        _ => false,
    };
    let takes = match &*function.params {
        [(_, params)] => match defined(*params) {
            Some(ComponentDefinedType::List { element, .. }) => is_setting(*element),
            _ => false,
        },
        _ => false,
    };
    let returns = match function.result.and_then(defined) {
        Some(ComponentDefinedType::Result {
            ok: None,
            err: Some(error),
            ..
        }) => is_text(*error),
        _ => false,
    };
    takes && returns && !function.async_
}
