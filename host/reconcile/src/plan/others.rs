//! What others have in a table, and which changes of columns it rules out.

use lance::index::DatasetIndexExt;
use lance_index::is_system_index;
use lance_table::system_index::frag_reuse::FRAG_REUSE_INDEX_NAME;

use crate::{
    error::{Error, StorageContext},
    schema::SchemaChange,
    state::{Owners, State},
    table::StoredTable,
};

/// Refuses a table whose rows have no stable ids and cannot be given any: an index is waiting to
/// be told of rows that a compaction has moved.
pub(super) async fn spare_row_ids(table: &StoredTable) -> Result<(), Error> {
    if table.dataset.manifest().uses_stable_row_ids() {
        return Ok(());
    }
    let indexes = table.dataset.load_indices().await;
    let indexes = indexes.storage(table.subject(), "list its indexes")?;
    let is_waiting = indexes
        .iter()
        .any(|index| index.name == FRAG_REUSE_INDEX_NAME);
    if is_waiting && !indexes.iter().all(is_system_index) {
        return Err(Error::UnstableRowIds {
            table: table.label(),
        });
    }
    Ok(())
}

/// Refuses a change of columns that would cost others what they have.
pub(super) async fn spare(
    table: &StoredTable,
    state: &State,
    owner: u32,
    schema: &SchemaChange,
) -> Result<(), Error> {
    spare_indexes(table, &state.owners, schema).await?;
    if schema.rebuild.is_some() {
        spare_from_rebuild(table, state, owner, schema)
    } else {
        spare_nulls(table, state, owner, schema).await
    }
}

/// A column that goes or changes its type takes its indexes along, and a rebuild takes all.
async fn spare_indexes(
    table: &StoredTable,
    owners: &Owners,
    schema: &SchemaChange,
) -> Result<(), Error> {
    let casts = schema.casts.iter().map(|cast| &cast.column);
    let concerned: Vec<&String> = schema.drops.iter().chain(casts).collect();
    if concerned.is_empty() && schema.rebuild.is_none() {
        return Ok(());
    }
    let indexes = table.dataset.load_indices().await;
    let indexes = indexes.storage(table.subject(), "list its indexes")?;
    for index in indexes.iter() {
        if owners.index_names.contains(&index.name) {
            // Built again after the change, if it is still declared.
            continue;
        }
        let stored = table.dataset.schema();
        let mut columns = index
            .fields
            .iter()
            .filter_map(|field| stored.field_ancestry_by_id(*field))
            .filter_map(|ancestry| ancestry.first().map(|field| field.name.clone()));
        let lost = match &schema.rebuild {
            Some(_) => columns.next(),
            None => columns.find(|column| concerned.contains(&column)),
        };
        if let Some(column) = lost {
            let change = schema.described().into_iter().next().unwrap_or_default();
            return Err(Error::ColumnConflict {
                table: table.label(),
                problem: format!(
                    "{change}, and index {:?} on column {column:?}, which no pipeline declares, would be lost",
                    index.name
                ),
                advice: "drop that index or declare it, and run again",
            });
        }
    }
    Ok(())
}

/// Only rows that the pipeline declares can be written anew.
fn spare_from_rebuild(
    table: &StoredTable,
    state: &State,
    owner: u32,
    schema: &SchemaChange,
) -> Result<(), Error> {
    let reason = schema.rebuild.clone().unwrap_or_default();
    if let Some(column) = schema.kept.first() {
        return Err(Error::ColumnConflict {
            table: table.label(),
            problem: format!(
                "{reason}, so the table has to be written anew, and column {column:?}, which the pipeline does not declare, would be lost"
            ),
            advice: "drop that column or declare it, and run again",
        });
    }
    let Some(other) = state.owners.other_than(owner) else {
        return Ok(());
    };
    Err(Error::ColumnConflict {
        table: table.label(),
        problem: format!(
            "{reason}, so the table has to be written anew, and it holds rows of {}",
            owner_name(&state.owners, other)
        ),
        advice: "keep the column and the key as they are stored, or remove those rows first",
    })
}

/// A column becomes required only if rows of others have a value in it.
async fn spare_nulls(
    table: &StoredTable,
    state: &State,
    owner: u32,
    schema: &SchemaChange,
) -> Result<(), Error> {
    let Some(other) = state.owners.other_than(owner) else {
        return Ok(());
    };
    for column in &schema.tightens {
        let is_new = schema.adds.iter().any(|field| field.name() == column);
        let without_value = if is_new {
            Some(other)
        } else {
            state.owner_of_null(table, column, owner).await?
        };
        if let Some(other) = without_value {
            return Err(Error::ColumnConflict {
                table: table.label(),
                problem: format!(
                    "column {column:?} is declared as required, and rows of {} have no value in it",
                    owner_name(&state.owners, other)
                ),
                advice: "declare the column as nullable, or give those rows a value first",
            });
        }
    }
    Ok(())
}

fn owner_name(owners: &Owners, owner: u32) -> String {
    match owners.get(owner) {
        Some(owner) => format!("pipeline {}", owner.pipeline),
        None => "another writer".to_owned(),
    }
}
