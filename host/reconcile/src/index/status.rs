//! Which indexes a table has or waits for, for people.

use lance::index::DatasetIndexExt;
use lance_index::is_system_index;
use serde::Serialize;

use super::declared::IndexSpec;
use crate::{
    error::{Error, StorageContext},
    state::Owners,
    table::StoredTable,
};

/// An index that a table has, or that pipelines declare for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IndexStatus {
    /// The name under which the table stores it.
    pub name: String,
    /// The indexed column.
    pub column: String,
    /// The kind as it is declared; Lance's own word for an index of others.
    pub kind: String,
    /// The pipelines that declare it; none for an index of others.
    pub pipelines: Vec<String>,
    /// Whether the table has it. If not, it waits for more rows or for the next run.
    pub built: bool,
    /// Rows that are stored, and not yet in the index. They are found all the same.
    pub unindexed_rows: u64,
}

/// The indexes of a table of `rows` rows, by name.
pub(crate) async fn index_status(
    table: &StoredTable,
    owners: &Owners,
    rows: u64,
) -> Result<Vec<IndexStatus>, Error> {
    let mut all: Vec<IndexStatus> = Vec::new();
    for (_, owner) in owners.iter() {
        for spec in &owner.indexes {
            let name = spec.name();
            match all.iter_mut().find(|index| index.name == name) {
                Some(index) => index.pipelines.push(owner.pipeline.clone()),
                None => all.push(declared(spec, name, &owner.pipeline)),
            }
        }
    }
    let described = table.dataset.describe_indices(None).await;
    for index in described.storage(table.subject(), "list its indexes")? {
        if index.metadata().iter().any(is_system_index) {
            continue;
        }
        let unindexed_rows = rows.saturating_sub(index.rows_indexed());
        if let Some(known) = all.iter_mut().find(|known| known.name == index.name()) {
            known.built = true;
            known.unindexed_rows = unindexed_rows;
            continue;
        }
        let fields = index.field_ids().iter().map(|id| {
            let field = i32::try_from(*id).ok();
            let path = field.and_then(|id| table.dataset.schema().field_path_minimal(id).ok());
            path.unwrap_or_else(|| id.to_string())
        });
        all.push(IndexStatus {
            name: index.name().to_owned(),
            column: fields.collect::<Vec<_>>().join(", "),
            kind: index.index_type().to_owned(),
            pipelines: Vec::new(),
            built: true,
            unindexed_rows,
        });
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

fn declared(spec: &IndexSpec, name: String, pipeline: &str) -> IndexStatus {
    IndexStatus {
        name,
        column: spec.column.clone(),
        kind: spec.kind.clone(),
        pipelines: vec![pipeline.to_owned()],
        built: false,
        unindexed_rows: 0,
    }
}
