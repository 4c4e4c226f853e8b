//! Writes rows and marks rows as deleted, without making either visible.

use std::{collections::BTreeMap, sync::Arc};

use arrow::{
    datatypes::{Schema, SchemaRef},
    record_batch::RecordBatchIterator,
};
use lance::{
    dataset::{
        InsertBuilder, WriteDestination, WriteMode, WriteParams, rowids::get_row_id_index,
        transaction::Operation,
    },
    session::Session,
};
use lance_table::format::Fragment;

use crate::{
    declare::RunContext,
    error::{Error, StorageContext},
    progress::Phase,
    stage::{Staged, StagedRow},
    state::Entry,
    table::StoredTable,
};

/// Fragments that were written for declared rows and are part of no version yet.
pub(super) struct Written {
    positions: Arc<Vec<u64>>,
    schema: SchemaRef,
    pub(super) fragments: Vec<Fragment>,
}

/// Fragments that lose rows.
#[derive(Default)]
pub(super) struct Deletions {
    pub(super) updated: Vec<Fragment>,
    pub(super) emptied: Vec<u64>,
}

/// Writes the declared `rows` beside a stored table. What an earlier attempt wrote is used
/// again if it was the same.
pub(super) async fn append(
    run: &RunContext,
    table: &StoredTable,
    staged: &Staged,
    rows: &[StagedRow],
    earlier: Option<Written>,
) -> Result<Written, Error> {
    let schema = Arc::new(table.schema());
    let positions: Vec<u64> = rows.iter().map(|row| row.position).collect();
    if let Some(written) = earlier
        && *written.positions == positions
        && written.schema == schema
    {
        return Ok(written);
    }
    let positions = Arc::new(positions);
    let mut fragments = Vec::new();
    if !positions.is_empty() {
        let operation = write(
            run,
            WriteDestination::Dataset(table.dataset.clone()),
            WriteMode::Append,
            table.database.session(),
            staged,
            positions.clone(),
            schema.clone(),
        )
        .await?;
        if let Operation::Append { fragments: written } = operation {
            fragments = written;
        }
    }
    Ok(Written {
        positions,
        schema,
        fragments,
    })
}

/// Writes the declared rows at `positions` and returns the operation that would make them visible.
pub(super) async fn write(
    run: &RunContext,
    destination: WriteDestination<'_>,
    mode: WriteMode,
    session: Arc<Session>,
    staged: &Staged,
    positions: Arc<Vec<u64>>,
    schema: SchemaRef,
) -> Result<Operation, Error> {
    run.progress.enter(Phase::Writing);
    let progress = run.progress.clone();
    let batches = staged.select(positions, &schema)?.inspect(move |batch| {
        if let Ok(batch) = batch {
            progress.add_written(u64::try_from(batch.num_rows()).unwrap_or(u64::MAX));
        }
    });
    let params = WriteParams {
        mode,
        session: Some(session),
        enable_stable_row_ids: true,
        skip_auto_cleanup: true,
        ..WriteParams::default()
    };
    let transaction = InsertBuilder::new(destination)
        .with_params(&params)
        .execute_uncommitted_stream(RecordBatchIterator::new(batches, schema))
        .await
        .storage(
            format!("table {}", staged.declared.label()),
            "write its rows",
        )?;
    Ok(transaction.operation)
}

/// Marks the rows of `entries` as deleted.
pub(super) async fn delete(table: &StoredTable, entries: &[Entry]) -> Result<Deletions, Error> {
    let mut deletions = Deletions::default();
    if entries.is_empty() {
        return Ok(deletions);
    }
    let action = "mark rows as deleted";
    let damaged = |problem: String| Error::DamagedState {
        table: table.label(),
        problem,
    };
    let index = get_row_id_index(&table.dataset)
        .await
        .storage(table.subject(), action)?
        .ok_or_else(|| damaged("the table has no stable row ids any more".to_owned()))?;
    let row_ids: Vec<u64> = entries.iter().map(|entry| entry.row_id).collect();
    let addresses = index.get_many(&row_ids).storage(table.subject(), action)?;
    let mut by_fragment: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (row_id, address) in row_ids.iter().zip(addresses) {
        let address =
            address.ok_or_else(|| damaged(format!("row id {row_id} is not in the table")))?;
        by_fragment
            .entry(address.fragment_id())
            .or_default()
            .push(address.row_offset());
    }
    for (fragment_id, offsets) in by_fragment {
        let fragment = usize::try_from(fragment_id)
            .ok()
            .and_then(|id| table.dataset.get_fragment(id))
            .ok_or_else(|| damaged(format!("fragment {fragment_id} is not in the table")))?;
        match fragment
            .extend_deletions(offsets)
            .await
            .storage(table.subject(), action)?
        {
            Some(fragment) => deletions.updated.push(fragment.metadata().clone()),
            None => deletions.emptied.push(u64::from(fragment_id)),
        }
    }
    Ok(deletions)
}

/// All fields of a stored schema, by the ids that Lance gives them.
pub(super) fn field_ids(schema: &lance::datatypes::Schema) -> Vec<u32> {
    let ids = schema.fields.iter().map(|field| u32::try_from(field.id));
    ids.filter_map(Result::ok).collect()
}

/// The declared schema of a table that does not exist yet, with the key marked.
pub(super) fn created_schema(staged: &Staged) -> Arc<Schema> {
    crate::schema::created(&staged.declared)
}
