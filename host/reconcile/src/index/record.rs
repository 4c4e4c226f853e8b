//! What the state remembers of declared indexes.

use super::declared::{DeclaredIndex, IndexSpec};
use crate::{declare::DeclaredTable, error::Error, state::Owners};

/// The indexes of a declaration, in the order in which they are remembered.
pub(crate) fn specs(declared: &DeclaredTable) -> Vec<IndexSpec> {
    let specs = declared.indexes.iter().map(|index| index.spec.clone());
    let mut specs: Vec<_> = specs.collect();
    specs.sort_unstable();
    specs
}

/// Checks that no other owner declares what excludes an index of this declaration.
///
/// # Errors
/// [`Error::IndexConflict`] names the other one.
pub(crate) fn check_conflicts(
    owners: &Owners,
    owner: u32,
    declared: &DeclaredTable,
) -> Result<(), Error> {
    for (_, other) in owners.iter().filter(|(id, _)| *id != owner) {
        for theirs in &other.indexes {
            let excludes = |ours: &&DeclaredIndex| ours.spec.excludes(theirs);
            if let Some(ours) = declared.indexes.iter().find(excludes) {
                return Err(Error::IndexConflict {
                    table: declared.label(),
                    pipeline: other.pipeline.clone(),
                    column: ours.spec.column.clone(),
                    class: ours.kind.class(),
                    difference: format!("{theirs}, and this run declares {}", ours.spec),
                });
            }
        }
    }
    Ok(())
}
