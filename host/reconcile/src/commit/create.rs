//! Creates a table together with all its rows, in its first version.

use std::sync::Arc;

use lance::dataset::{
    WriteDestination,
    transaction::{Operation, TransactionBuilder},
};
use uuid::Uuid;

use super::{Attempt, Landed, landed_after_all, properties, rows, settle};
use crate::{
    cas,
    database::Database,
    declare::RunContext,
    error::{Error, StorageContext},
    index,
    progress::Phase,
    stage::Staged,
    state::{Deltas, Entry, OwnedColumn, Owners, ROOT_SCOPE, State},
    table::{Identity, Origin, StoredTable},
};

pub(super) async fn create(
    run: &RunContext,
    database: &Arc<Database>,
    staged: &Staged,
) -> Result<Attempt, Error> {
    let name = &staged.declared.name;
    let subject = format!("table {}", staged.declared.label());
    let identity = Identity {
        table_id: Uuid::new_v4().simple().to_string(),
        primary_key: staged.declared.primary_key.clone(),
        managed_by: staged.declared.managed_by,
        origin: Origin::Created,
    };
    let mut owners = Owners::default();
    let owner = owners.id_of(&run.pipeline, ROOT_SCOPE);
    owners.set_digest(owner, staged.digest);
    owners.set_columns(owner, OwnedColumn::all(&staged.declared.schema));
    owners.hashed = owners.declared_columns();
    owners.set_indexes(owner, index::specs(&staged.declared));

    let mut in_order = staged.rows.clone();
    in_order.sort_unstable_by_key(|row| row.position);
    let uri = database.table_uri(name);
    let mut operation =
        rows::overwrite(run, WriteDestination::Uri(&uri), database.session(), staged).await?;
    if let Operation::Overwrite {
        config_upsert_values,
        ..
    } = &mut operation
    {
        config_upsert_values
            .get_or_insert_default()
            .extend(identity.config());
    }
    run.progress.enter(Phase::Committing);

    // Rows of a first version are numbered from 0.
    let mut entries: Vec<Entry> = in_order
        .iter()
        .zip(0..)
        .map(|(row, row_id)| Entry {
            key: row.key,
            fingerprint: row.fingerprint,
            row_id,
            owner,
        })
        .collect();
    drop(in_order);
    entries.sort_unstable_by_key(|entry| entry.key);
    let deltas = Deltas::open(database, name, &identity.table_id).await?;
    deltas.put(1, &run.run_id, &entries, &owners).await?;

    let transaction = TransactionBuilder::new(0, operation)
        .transaction_properties(Some(properties(run)))
        .build();
    let outcome = cas::commit(WriteDestination::Uri(&uri), database.session(), transaction).await;
    let landed = match outcome {
        Ok(cas::Outcome::Landed(dataset)) => Some(StoredTable {
            database: database.clone(),
            name: name.clone(),
            dataset: Arc::new(*dataset),
        }),
        Ok(cas::Outcome::Lost) => None,
        Ok(cas::Outcome::Unknown(error)) => match StoredTable::open(database, name).await? {
            Some(table) => landed_after_all(run, &table, 0).await?,
            None => return Err(error).storage(subject, "create it"),
        },
        Err(error) => {
            deltas.remove_all().await?;
            return Err(error).storage(subject, "create it");
        }
    };
    let Some(landed) = landed else {
        // The id was drawn for this attempt; nobody else files anything under it.
        deltas.remove_all().await?;
        return Ok(Attempt::Again(None));
    };
    let state = State {
        entries,
        ..State::default()
    };
    let warning = settle(&landed, &identity, &state, &owners).await;
    Ok(Attempt::Landed(Landed {
        version: Some(landed.version()),
        warning,
    }))
}
