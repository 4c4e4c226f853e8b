//! Counts what a component would consist of when instantiated.
//!
//! Components nest, and one may instantiate another many times, so that a few bytes can stand
//! for millions of instances. The counts follow the index spaces of the component model and
//! never the instances themselves.

use wasmparser::{
    BinaryReaderError, ComponentAlias, ComponentExternalKind, ComponentInstance,
    ComponentOuterAliasKind, Encoding, Instance, Payload,
};

/// How many core instances, memories and tables there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) instances: u64,
    pub(crate) memories: u64,
    pub(crate) tables: u64,
}

impl Parts {
    fn add(&mut self, other: Self) {
        self.instances = self.instances.saturating_add(other.instances);
        self.memories = self.memories.saturating_add(other.memories);
        self.tables = self.tables.saturating_add(other.tables);
    }
}

/// Follows the payloads of a component, nested ones included.
#[derive(Default)]
pub(super) struct PartsCounter {
    /// What is being read, the outermost first.
    open: Vec<Scope>,
    total: Parts,
    uncountable: Option<&'static str>,
}

/// A component or module that is being read.
struct Scope {
    encoding: Encoding,
    /// What one instantiation adds.
    parts: Parts,
    /// Index spaces: what an instantiation of each adds.
    modules: Vec<Parts>,
    components: Vec<Parts>,
}

impl PartsCounter {
    /// The parts of the outermost component, once it was read to its end.
    pub(super) fn total(&self) -> Parts {
        self.total
    }

    /// Why the parts could not be counted, if so.
    pub(super) fn uncountable(&self) -> Option<&'static str> {
        self.uncountable
    }

    pub(super) fn see(&mut self, payload: &Payload<'_>) -> Result<(), BinaryReaderError> {
        match payload {
            Payload::Version { encoding, .. } => self.open.push(Scope::new(*encoding)),
            Payload::End(_) => self.close(),
            Payload::MemorySection(memories) => self.add(|scope| scope.memories(memories.count())),
            Payload::TableSection(tables) => self.add(|scope| scope.tables(tables.count())),
            Payload::InstanceSection(instances) => {
                for instance in instances.clone() {
                    if let Instance::Instantiate { module_index, .. } = instance? {
                        self.add(|scope| scope.instantiate_module(module_index));
                    }
                }
            }
            Payload::ComponentInstanceSection(instances) => {
                for instance in instances.clone() {
                    if let ComponentInstance::Instantiate {
                        component_index, ..
                    } = instance?
                    {
                        self.add(|scope| scope.instantiate_component(component_index));
                    }
                }
            }
            Payload::ComponentAliasSection(aliases) => {
                for alias in aliases.clone() {
                    self.alias(&alias?);
                }
            }
            Payload::ComponentImportSection(imports) => {
                for import in imports.clone() {
                    self.foreign(import?.ty.kind());
                }
            }
            Payload::ComponentExportSection(exports) => {
                // An exported module or component gets a second index.
                for export in exports.clone() {
                    let export = export?;
                    self.add(|scope| scope.copy(export.kind, export.index));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, change: impl FnOnce(&mut Scope)) {
        if let Some(scope) = self.open.last_mut() {
            change(scope);
        }
    }

    fn close(&mut self) {
        let Some(closed) = self.open.pop() else {
            return;
        };
        match (self.open.last_mut(), closed.encoding) {
            (Some(parent), Encoding::Module) => parent.modules.push(closed.parts),
            (Some(parent), Encoding::Component) => parent.components.push(closed.parts),
            (None, _) => self.total = closed.parts,
        }
    }

    fn alias(&mut self, alias: &ComponentAlias<'_>) {
        match alias {
            ComponentAlias::InstanceExport { kind, .. } => self.foreign(*kind),
            ComponentAlias::Outer { kind, count, index } => {
                let (count, index) = (*count as usize, *index as usize);
                let outer = self
                    .open
                    .len()
                    .checked_sub(count + 1)
                    .and_then(|at| self.open.get(at));
                match kind {
                    ComponentOuterAliasKind::CoreModule => {
                        let parts = outer
                            .and_then(|scope| scope.modules.get(index))
                            .copied()
                            .unwrap_or_default();
                        self.add(|scope| scope.modules.push(parts));
                    }
                    ComponentOuterAliasKind::Component => {
                        let parts = outer
                            .and_then(|scope| scope.components.get(index))
                            .copied()
                            .unwrap_or_default();
                        self.add(|scope| scope.components.push(parts));
                    }
                    ComponentOuterAliasKind::CoreType | ComponentOuterAliasKind::Type => {}
                }
            }
            ComponentAlias::CoreInstanceExport { .. } => {}
        }
    }

    /// A module or component that comes from elsewhere: nothing here says what is in it.
    fn foreign(&mut self, kind: ComponentExternalKind) {
        match kind {
            ComponentExternalKind::Module => self.add(|scope| scope.modules.push(Parts::default())),
            ComponentExternalKind::Component => {
                self.add(|scope| scope.components.push(Parts::default()))
            }
            _ => return,
        }
        self.uncountable = Some(
            "it takes modules or components out of its imports or instances, which this host does not support; build it as one self-contained component",
        );
    }
}

impl Scope {
    fn new(encoding: Encoding) -> Self {
        Self {
            encoding,
            parts: Parts::default(),
            modules: Vec::new(),
            components: Vec::new(),
        }
    }

    fn memories(&mut self, count: u32) {
        self.parts.add(Parts {
            memories: count.into(),
            ..Parts::default()
        });
    }

    fn tables(&mut self, count: u32) {
        self.parts.add(Parts {
            tables: count.into(),
            ..Parts::default()
        });
    }

    fn instantiate_module(&mut self, index: u32) {
        let module = self
            .modules
            .get(index as usize)
            .copied()
            .unwrap_or_default();
        self.parts.add(Parts {
            instances: 1,
            ..Parts::default()
        });
        self.parts.add(module);
    }

    fn instantiate_component(&mut self, index: u32) {
        let component = self
            .components
            .get(index as usize)
            .copied()
            .unwrap_or_default();
        self.parts.add(component);
    }

    fn copy(&mut self, kind: ComponentExternalKind, index: u32) {
        let space = match kind {
            ComponentExternalKind::Module => &mut self.modules,
            ComponentExternalKind::Component => &mut self.components,
            _ => return,
        };
        let parts = space.get(index as usize).copied().unwrap_or_default();
        space.push(parts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect;

    fn parts(wat: &str) -> Parts {
        inspect(&wat::parse_str(wat).unwrap()).unwrap().parts
    }

    #[test]
    fn instances_bring_their_memories_and_tables() {
        let counted = parts(
            "(component
                (core module $m (memory 1) (table 1 funcref) (table 2 funcref))
                (core instance (instantiate $m))
                (core instance (instantiate $m)))",
        );
        assert_eq!(
            counted,
            Parts {
                instances: 2,
                memories: 2,
                tables: 4
            }
        );
    }

    #[test]
    fn a_module_that_is_not_instantiated_counts_nothing() {
        assert_eq!(
            parts("(component (core module (memory 1)))"),
            Parts::default()
        );
    }

    #[test]
    fn nested_components_multiply() {
        // Ten levels, each of which instantiates the level below twice.
        let mut component = String::from(
            "(component $c (core module $m (memory 1)) (core instance (instantiate $m)))",
        );
        for _ in 0..10 {
            component = format!(
                "(component $c {component} (instance (instantiate $c)) (instance (instantiate $c)))"
            );
        }
        assert_eq!(
            parts(&component),
            Parts {
                instances: 1024,
                memories: 1024,
                tables: 0
            }
        );
    }

    #[test]
    fn aliases_of_outer_modules_and_components_are_followed() {
        let counted = parts(
            "(component
                (core module $m (memory 1))
                (component $c (core instance (instantiate $m)))
                (component $d (instance (instantiate $c)) (instance (instantiate $c)))
                (instance (instantiate $d)))",
        );
        assert_eq!(
            counted,
            Parts {
                instances: 2,
                memories: 2,
                tables: 0
            }
        );
    }

    #[test]
    fn exported_modules_have_a_second_index() {
        let counted = parts(
            r#"(component
                (core module $m (memory 1))
                (export $e "m" (core module $m))
                (core instance (instantiate $e)))"#,
        );
        assert_eq!(
            counted,
            Parts {
                instances: 1,
                memories: 1,
                tables: 0
            }
        );
    }

    #[test]
    fn what_comes_from_elsewhere_cannot_be_counted() {
        let wat = r#"(component (import "m" (core module $m)) (core instance (instantiate $m)))"#;
        let inspection = inspect(&wat::parse_str(wat).unwrap()).unwrap();
        assert!(inspection.runnable.unwrap_err().contains("self-contained"));
    }
}
