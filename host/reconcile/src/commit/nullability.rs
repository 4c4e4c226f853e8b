//! Makes columns nullable before rows change, and required after.
//!
//! Lance changes nullability in a version of its own, in which neither rows nor other columns
//! change. A run that ends between such a version and the next leaves a table that the next run
//! completes.

use lance::{dataset::transaction::Operation, datatypes::Schema};

use super::{
    land::{Version, land},
    words,
};
use crate::{
    declare::RunContext,
    error::{Error, StorageContext},
    fault,
    schema::KEY_POSITION,
    sequence::Sequence,
    state::Owners,
    table::{Identity, StoredTable},
};

/// How often to try when other writers commit first.
const ATTEMPTS: u32 = 10;

/// Makes columns nullable. None if another writer was first.
pub(super) async fn relax(
    run: &RunContext,
    table: &StoredTable,
    identity: &Identity,
    owners: &Owners,
    columns: &[String],
) -> Result<Option<StoredTable>, Error> {
    let mut schema = table.dataset.schema().clone();
    set_nullable(&mut schema, columns, true);
    if columns
        .iter()
        .any(|column| identity.primary_key.contains(column))
    {
        // Lance refuses nullable columns in a marked key.
        for field in &mut schema.fields {
            field.unenforced_primary_key_position = None;
            field.metadata.remove(KEY_POSITION);
        }
    }
    let landed = project(run, table, identity, owners, schema).await?;
    fault::point("relax: committed");
    Ok(landed)
}

/// Makes columns required, on a table whose state is `owners`. Returns the version that results.
///
/// # Errors
/// [`Error::ColumnConflict`] if another writer has stored a null meanwhile.
pub(super) async fn tighten(
    run: &RunContext,
    table: &StoredTable,
    identity: &Identity,
    owners: &Owners,
    columns: &[String],
) -> Result<StoredTable, Error> {
    if columns.is_empty() {
        return Ok(table.clone());
    }
    let mut table = table.clone();
    for _ in 0..ATTEMPTS {
        for column in columns {
            if has_null(&table, column).await? {
                return Err(Error::ColumnConflict {
                    table: table.label(),
                    problem: format!(
                        "column {column:?} cannot become required: another writer stored rows without a value while the run was being applied"
                    ),
                    advice: "give those rows a value or delete them, and run again",
                });
            }
        }
        let mut schema = table.dataset.schema().clone();
        set_nullable(&mut schema, columns, false);
        if let Some(landed) = project(run, &table, identity, owners, schema).await? {
            fault::point("tighten: committed");
            return Ok(landed);
        }
        match StoredTable::open(&table.database, &table.name).await? {
            Some(newest) => table = newest,
            None => break,
        }
    }
    Err(Error::Contention {
        table: table.label(),
        attempts: ATTEMPTS,
        written: format!(
            "its rows are as declared, and {} not required yet",
            words::named(columns, "is", "are")
        ),
    })
}

fn set_nullable(schema: &mut Schema, columns: &[String], nullable: bool) {
    for field in &mut schema.fields {
        if columns.contains(&field.name) {
            field.nullable = nullable;
        }
    }
}

async fn has_null(table: &StoredTable, column: &str) -> Result<bool, Error> {
    use futures::TryStreamExt;
    let action = "look for rows without a value";
    let mut scan = table.dataset.scan();
    scan.project(&[column]).storage(table.subject(), action)?;
    let mut batches = scan
        .try_into_stream()
        .await
        .storage(table.subject(), action)?;
    while let Some(batch) = batches.try_next().await.storage(table.subject(), action)? {
        if batch
            .columns()
            .iter()
            .any(|values| values.logical_null_count() > 0)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn project(
    run: &RunContext,
    table: &StoredTable,
    identity: &Identity,
    owners: &Owners,
    schema: Schema,
) -> Result<Option<StoredTable>, Error> {
    let version = Version {
        operation: Operation::Project {
            schema,
            preserves_nullability: false,
        },
        delta: &Sequence::default(),
        owners,
        destructive: false,
    };
    land(run, table, identity, version).await
}
