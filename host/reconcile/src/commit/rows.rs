//! Writes rows and marks rows as deleted, without making either visible.

use std::{collections::BTreeSet, sync::Arc};

use arrow::{
    datatypes::SchemaRef,
    error::ArrowError,
    record_batch::{RecordBatch, RecordBatchIterator},
};
use futures::{StreamExt, TryStreamExt};
use lance::{
    dataset::{
        WriteDestination, WriteMode, fragment::write::FragmentCreateBuilder, transaction::Operation,
    },
    io::ObjectStoreParams,
    session::Session,
};
use lance_table::format::Fragment;
use roaring::RoaringTreemap;

use super::places;
use crate::{
    declare::RunContext,
    diff::{Change, Changes},
    error::{Error, StorageContext},
    progress::Phase,
    schema,
    stage::{Kept, Selection, Staged},
    table::StoredTable,
    write::{params, write},
};

/// How many fragments are read and written at the same time.
pub(super) const FRAGMENTS_AT_ONCE: usize = 8;

/// Fragments that were written for declared rows and are part of no version yet.
pub(super) struct Written {
    positions: RoaringTreemap,
    schema: SchemaRef,
    pub(super) fragments: Vec<Fragment>,
}

/// Fragments that lose rows.
#[derive(Default)]
pub(super) struct Deletions {
    pub(super) updated: Vec<Fragment>,
    pub(super) emptied: Vec<u64>,
}

/// Where rows go, and the columns that they have there.
pub(super) struct Target {
    /// As the table stores them.
    pub(super) schema: SchemaRef,
    /// The same with Lance's ids of columns; none if the table has them already.
    pub(super) evolved: Option<lance::datatypes::Schema>,
    /// Columns that some pipeline declares. In those that it does not declare itself, a
    /// pipeline's rows are null; in all others they keep what is stored.
    pub(super) declared: BTreeSet<String>,
}

/// Writes the rows that a change of a stored table needs. What an earlier attempt wrote is used
/// again if it was the same.
pub(super) async fn append(
    run: &RunContext,
    table: &StoredTable,
    target: &Target,
    staged: &Staged,
    changes: &Changes,
    earlier: Option<Written>,
) -> Result<Written, Error> {
    let kept = kept(table, target, changes).await?;
    if let Some(written) = earlier
        && kept.is_none()
        && target.evolved.is_none()
        && written.positions == changes.writes
        && written.schema == target.schema
    {
        return Ok(written);
    }
    let mut fragments = Vec::new();
    if !changes.writes.is_empty() {
        let selection = Selection::Only(changes.writes.clone());
        let rows = rows(run, staged, selection, &target.schema, kept)?;
        let action = "write its rows";
        fragments = match &target.evolved {
            Some(schema) => {
                let uri = table.dataset.uri();
                let log = run.intents.of(&table.database).await?;
                let files = log.creates(uri, table.version()).await?;
                let mut params = params(files.session, WriteMode::Append, Some(table));
                params.store_params = Some(files.params);
                FragmentCreateBuilder::new(uri)
                    .schema(schema)
                    .write_params(&params)
                    .write_fragments(RecordBatchIterator::new(rows, target.schema.clone()))
                    .await
                    .storage(table.subject(), action)?
            }
            None => {
                let operation = write(
                    WriteDestination::Dataset(table.dataset.clone()),
                    params(table.database.session(), WriteMode::Append, Some(table)),
                    rows,
                    target.schema.clone(),
                )
                .await
                .storage(table.subject(), action)?;
                match operation {
                    Operation::Append { fragments } => fragments,
                    _ => Vec::new(),
                }
            }
        };
    }
    Ok(Written {
        positions: changes.writes.clone(),
        schema: target.schema.clone(),
        fragments,
    })
}

/// Writes all declared rows, in the order of declaration, and returns the operation that would
/// make them the table's only content, in columns as declared.
pub(super) async fn overwrite(
    run: &RunContext,
    destination: WriteDestination<'_>,
    session: Arc<Session>,
    store_params: Option<ObjectStoreParams>,
    staged: &Staged,
) -> Result<Operation, Error> {
    let everything = Selection::AllBut(staged.unique().await?.repeated.clone());
    let schema = schema::created(&staged.declared);
    let rows = rows(run, staged, everything, &schema, None)?;
    // `Create` would fail where another run was first; the commit finds that out.
    let mut params = params(session, WriteMode::Overwrite, None);
    params.store_params = store_params;
    write(destination, params, rows, schema).await.storage(
        format!("table {}", staged.declared.label()),
        "write its rows",
    )
}

/// The selected rows in the columns of `schema`.
fn rows(
    run: &RunContext,
    staged: &Staged,
    selection: Selection,
    schema: &SchemaRef,
    kept: Option<Kept>,
) -> Result<impl Iterator<Item = Result<RecordBatch, ArrowError>> + Send + use<>, Error> {
    run.progress.enter(Phase::Writing);
    let progress = run.progress.clone();
    let batches = staged.select(selection, schema, kept)?;
    Ok(batches.inspect(move |batch| {
        if let Ok(batch) = batch {
            progress.add_written(u64::try_from(batch.num_rows()).unwrap_or(u64::MAX));
        }
    }))
}

/// The stored values of columns that no pipeline declares, for rows that are updated.
async fn kept(
    table: &StoredTable,
    target: &Target,
    changes: &Changes,
) -> Result<Option<Kept>, Error> {
    let action = "read the columns that stay";
    let stored = table.dataset.schema();
    let columns: Vec<&str> = target
        .schema
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .filter(|name| !target.declared.contains(*name))
        .filter(|name| stored.fields.iter().any(|field| field.name == *name))
        .collect();
    if columns.is_empty() || changes.updated == 0 {
        return Ok(None);
    }
    let projection = stored.project(&columns).storage(table.subject(), action)?;
    let (positions, row_ids) = replaced(changes).await?;
    let values = table
        .dataset
        .take_rows(&row_ids, projection)
        .await
        .storage(table.subject(), action)?;
    Ok(Some(Kept { positions, values }))
}

/// Positions of the declared rows that update stored ones, and the ids of those, by position.
async fn replaced(changes: &Changes) -> Result<(Vec<u64>, Vec<u64>), Error> {
    let mut replaced = Vec::new();
    let mut log = changes.log()?;
    let mut former = None;
    while let Some(chunk) = log.try_next().await? {
        for change in chunk {
            match (change, former) {
                (Change::Replace(entry), _) => former = Some(entry),
                (Change::Write(row), Some(entry)) if entry.key == row.key => {
                    replaced.push((row.position, entry.row_id));
                }
                _ => {}
            }
        }
    }
    replaced.sort_unstable();
    Ok(replaced.into_iter().unzip())
}

/// Marks the stored rows that go as deleted.
pub(super) async fn delete(table: &StoredTable, changes: &Changes) -> Result<Deletions, Error> {
    let mut deletions = Deletions::default();
    if changes.removed == 0 {
        return Ok(deletions);
    }
    let action = "mark rows as deleted";
    let places = places::find(table, removed(changes).await?).await?;
    let extended = places.into_iter().map(async |(fragment, offsets)| {
        let id = fragment.id() as u64;
        let extended = fragment.extend_deletions(offsets).await;
        Ok::<_, Error>((id, extended.storage(table.subject(), action)?))
    });
    let mut extended = futures::stream::iter(extended).buffered(FRAGMENTS_AT_ONCE);
    while let Some((id, fragment)) = extended.try_next().await? {
        match fragment {
            Some(fragment) => deletions.updated.push(fragment.metadata().clone()),
            None => deletions.emptied.push(id),
        }
    }
    Ok(deletions)
}

/// The ids of the stored rows that go.
async fn removed(changes: &Changes) -> Result<RoaringTreemap, Error> {
    let mut row_ids = RoaringTreemap::new();
    let mut log = changes.log()?;
    while let Some(chunk) = log.try_next().await? {
        row_ids.extend(chunk.into_iter().filter_map(|change| match change {
            Change::Remove(entry) | Change::Replace(entry) => Some(entry.row_id),
            Change::Claim(_) | Change::Write(_) => None,
        }));
    }
    Ok(row_ids)
}

/// All fields of a stored schema, by the ids that Lance gives them. Those inside of others are
/// among them: an index may be on one, and would otherwise be taken to cover rewritten rows.
pub(super) fn field_ids(schema: &lance::datatypes::Schema) -> Vec<u32> {
    let fields = schema.fields_pre_order();
    let ids = fields.map(|field| u32::try_from(field.id));
    ids.filter_map(Result::ok).collect()
}
