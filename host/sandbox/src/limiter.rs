//! Bounds memory and table elements over a whole store, however many memories share it.

use wasmtime::ResourceLimiter;

use crate::limits::{Exceeded, Limits};

/// Decides each growth of a memory or table, and remembers the last refusal.
///
/// A refused growth at run time gives the guest -1, as the specification wants. Most guests
/// abort then, with a trap that says nothing about memory: the refusal is kept to explain it.
/// While instantiating there is no guest that could be told, and a refusal is an error.
pub(crate) struct Limiter {
    memory: u64,
    max_memory: u64,
    elements: usize,
    max_elements: usize,
    instances: u64,
    memories: u64,
    tables: u64,
    instantiating: bool,
    refused: Option<Exceeded>,
}

impl Limiter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            memory: 0,
            max_memory: limits.memory,
            elements: 0,
            max_elements: limits.table_elements,
            instances: limits.instances,
            memories: limits.memories,
            tables: limits.tables,
            instantiating: true,
            refused: None,
        }
    }

    /// From here on the guest runs, and is told of a refusal.
    pub(crate) fn instantiated(&mut self) {
        self.instantiating = false;
    }

    /// The last growth that was refused.
    pub(crate) fn refused(&self) -> Option<&Exceeded> {
        self.refused.as_ref()
    }

    fn refuse(&mut self, exceeded: Exceeded) -> wasmtime::Result<bool> {
        self.refused = Some(exceeded.clone());
        if self.instantiating {
            Err(exceeded.into())
        } else {
            Ok(false)
        }
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let wanted = self
            .memory
            .saturating_add(desired.saturating_sub(current) as u64);
        if wanted > self.max_memory {
            return self.refuse(Exceeded::Memory {
                wanted,
                limit: self.max_memory,
            });
        }
        self.memory = wanted;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let wanted = self
            .elements
            .saturating_add(desired.saturating_sub(current));
        if wanted > self.max_elements {
            return self.refuse(Exceeded::TableElements {
                wanted,
                limit: self.max_elements,
            });
        }
        self.elements = wanted;
        Ok(true)
    }

    // These three are checked before compiling, with a message of their own; wasmtime's
    // defaults would be in the way of a higher limit.
    fn instances(&self) -> usize {
        saturated(self.instances)
    }

    fn memories(&self) -> usize {
        saturated(self.memories)
    }

    fn tables(&self) -> usize {
        saturated(self.tables)
    }
}

fn saturated(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter() -> Limiter {
        let limits = Limits::default().with_memory(100).with_table_elements(10);
        Limiter::new(&limits)
    }

    #[test]
    fn memories_are_summed() {
        let mut limiter = limiter();
        limiter.instantiated();
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(!limiter.memory_growing(0, 60, None).unwrap());
        assert_eq!(
            limiter.refused(),
            Some(&Exceeded::Memory {
                wanted: 120,
                limit: 100
            })
        );
        assert!(limiter.memory_growing(0, 40, None).unwrap());
    }

    #[test]
    fn a_memorys_own_maximum_is_not_our_refusal() {
        let mut limiter = limiter();
        assert!(!limiter.memory_growing(0, 60, Some(50)).unwrap());
        assert_eq!(limiter.refused(), None);
    }

    #[test]
    fn a_refusal_while_instantiating_is_an_error() {
        let error = limiter().table_growing(0, 11, None).unwrap_err();
        assert_eq!(
            error.downcast_ref(),
            Some(&Exceeded::TableElements {
                wanted: 11,
                limit: 10
            })
        );
    }
}
