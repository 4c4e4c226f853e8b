//! Writes rows and marks rows as deleted, without making either visible.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use arrow::{
    datatypes::SchemaRef,
    record_batch::{RecordBatchIterator, RecordBatchReader},
};
use lance::{
    dataset::{
        InsertBuilder, WriteDestination, WriteMode, WriteParams,
        fragment::write::FragmentCreateBuilder, rowids::get_row_id_index, transaction::Operation,
    },
    session::Session,
};
use lance_table::format::Fragment;

use crate::{
    declare::RunContext,
    diff::Changes,
    error::{Error, StorageContext},
    progress::Phase,
    schema,
    stage::{Kept, Staged, StagedRow},
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
    let positions: Vec<u64> = changes.writes.iter().map(|row| row.position).collect();
    let kept = kept(table, target, changes).await?;
    if let Some(written) = earlier
        && kept.is_none()
        && target.evolved.is_none()
        && *written.positions == positions
        && written.schema == target.schema
    {
        return Ok(written);
    }
    let positions = Arc::new(positions);
    let mut fragments = Vec::new();
    if !positions.is_empty() {
        let rows = rows(run, staged, positions.clone(), &target.schema, kept)?;
        let action = "write its rows";
        fragments = match &target.evolved {
            Some(schema) => FragmentCreateBuilder::new(table.dataset.uri())
                .schema(schema)
                .write_params(&params(
                    table.database.session(),
                    WriteMode::Append,
                    Some(table),
                ))
                .write_fragments(rows)
                .await
                .storage(table.subject(), action)?,
            None => {
                let operation = write(
                    WriteDestination::Dataset(table.dataset.clone()),
                    params(table.database.session(), WriteMode::Append, Some(table)),
                    rows,
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
        positions,
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
    staged: &Staged,
) -> Result<Operation, Error> {
    let mut positions: Vec<u64> = staged.rows.iter().map(|row| row.position).collect();
    positions.sort_unstable();
    let schema = schema::created(&staged.declared);
    let rows = rows(run, staged, Arc::new(positions), &schema, None)?;
    // `Create` would fail where another run was first; the commit finds that out.
    write(
        destination,
        params(session, WriteMode::Overwrite, None),
        rows,
    )
    .await
    .storage(
        format!("table {}", staged.declared.label()),
        "write its rows",
    )
}

/// The declared rows at `positions` in the columns of `schema`.
fn rows(
    run: &RunContext,
    staged: &Staged,
    positions: Arc<Vec<u64>>,
    schema: &SchemaRef,
    kept: Option<Kept>,
) -> Result<Box<dyn RecordBatchReader + Send>, Error> {
    run.progress.enter(Phase::Writing);
    let progress = run.progress.clone();
    let batches = staged
        .select(positions, schema, kept)?
        .inspect(move |batch| {
            if let Ok(batch) = batch {
                progress.add_written(u64::try_from(batch.num_rows()).unwrap_or(u64::MAX));
            }
        });
    Ok(Box::new(RecordBatchIterator::new(batches, schema.clone())))
}

async fn write(
    destination: WriteDestination<'_>,
    params: WriteParams,
    rows: Box<dyn RecordBatchReader + Send>,
) -> Result<Operation, lance::Error> {
    let transaction = InsertBuilder::new(destination)
        .with_params(&params)
        .execute_uncommitted_stream(rows)
        .await?;
    Ok(transaction.operation)
}

/// How rows are written, in the file format of `table` if there is one.
fn params(session: Arc<Session>, mode: WriteMode, table: Option<&StoredTable>) -> WriteParams {
    let format = table.map(|table| {
        let manifest = table.dataset.manifest();
        manifest.data_storage_format.lance_file_format().to_string()
    });
    WriteParams {
        mode,
        session: Some(session),
        data_storage_version: format.and_then(|format| format.parse().ok()),
        enable_stable_row_ids: true,
        skip_auto_cleanup: true,
        ..WriteParams::default()
    }
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
    if columns.is_empty() || changes.replaced.is_empty() {
        return Ok(None);
    }
    let projection = stored.project(&columns).storage(table.subject(), action)?;
    let (positions, row_ids): (Vec<u64>, Vec<u64>) = changes.replaced.iter().copied().unzip();
    let values = table
        .dataset
        .take_rows(&row_ids, projection)
        .await
        .storage(table.subject(), action)?;
    Ok(Some(Kept { positions, values }))
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

/// The entries of rows that the next version of the table will have: their ids follow from it.
pub(super) fn entries<'a>(
    table: &StoredTable,
    rows: &'a [StagedRow],
    owner: u32,
) -> impl Iterator<Item = Entry> + use<'a> {
    let first_row_id = table.dataset.manifest().next_row_id;
    rows.iter()
        .zip(first_row_id..)
        .map(move |(row, row_id)| Entry {
            key: row.key,
            fingerprint: row.fingerprint,
            row_id,
            owner,
        })
}

/// All fields of a stored schema, by the ids that Lance gives them. Those inside of others are
/// among them: an index may be on one, and would otherwise be taken to cover rewritten rows.
pub(super) fn field_ids(schema: &lance::datatypes::Schema) -> Vec<u32> {
    let fields = schema.fields_pre_order();
    let ids = fields.map(|field| u32::try_from(field.id));
    ids.filter_map(Result::ok).collect()
}
