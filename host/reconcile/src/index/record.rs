//! What the state remembers of declared indexes.

use super::declared::IndexSpec;
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
            let mut ours = declared.indexes.iter().map(|index| &index.spec);
            if let Some(ours) = ours.find(|ours| ours.excludes(theirs)) {
                return Err(Error::IndexConflict {
                    table: declared.label(),
                    pipeline: other.pipeline.clone(),
                    column: ours.column.clone(),
                    class: ours
                        .class()
                        .map_or_else(String::new, |class| class.to_string()),
                    theirs: theirs.to_string(),
                    ours: ours.to_string(),
                });
            }
        }
    }
    Ok(())
}
