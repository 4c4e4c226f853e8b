//! Creates a table together with all its rows, in its first version.
//!
//! The state is written before the table, under an id that was drawn for this attempt: nobody looks
//! for it until the table is there and names it. So it needs neither a delta file nor a fold.

use std::sync::Arc;

use futures::StreamExt;
use lance::{
    dataset::{
        WriteDestination,
        transaction::{Operation, TransactionBuilder},
    },
    io::ObjectStore,
};
use uuid::Uuid;

use super::{Attempt, Landed, landed_after_all, properties, rows};
use crate::{
    cas,
    database::Database,
    declare::RunContext,
    error::{Error, StorageContext},
    fault, index,
    intents::{IntentLog, NewFiles},
    merge::{Chunks, Run},
    progress::Phase,
    stage::Staged,
    state::{self, Content, Entry, OwnedColumn, Owners, ROOT_SCOPE, Version},
    table::{Identity, Origin, StoredTable},
};

pub(super) async fn create(
    run: &RunContext,
    database: &Arc<Database>,
    staged: &Staged,
) -> Result<Attempt, Error> {
    let name = &staged.declared.name;
    let identity = Identity {
        table_id: Uuid::new_v4().simple().to_string(),
        primary_key: staged.declared.primary_key.clone(),
        managed_by: staged.declared.managed_by,
        origin: Origin::Created,
    };
    let mut owners = Owners::default();
    let owner = owners.id_of(&run.pipeline, ROOT_SCOPE);
    owners.set_digest(owner, staged.unique().await?.digest);
    owners.set_columns(owner, OwnedColumn::all(&staged.declared.schema));
    owners.hashed = owners.declared_columns();
    owners.set_indexes(owner, index::specs(&staged.declared));

    let log = run.intents.of(database).await?;
    log.note_table(name, &identity.table_id);
    let files = log.creates(&database.table_uri(name), 0).await?;
    let written = write(run, &log, &files, database, staged, &identity, &owners);
    let landed = match written.await {
        Ok(operation) => {
            fault::point("create: staged");
            run.progress.enter(Phase::Committing);
            commit(run, &log, files.store, database, name, operation).await
        }
        Err(error) => Err(error),
    };
    match landed {
        Ok(Some(landed)) => Ok(Attempt::Landed(Landed {
            version: Some(landed.version()),
            warning: None,
        })),
        // What was written stays: the next run finds out.
        Err(unknown @ Error::CommitUnknown { .. }) => Err(unknown),
        lost => {
            log.set_in_vain();
            // The id was drawn for this attempt; nobody else files anything under it.
            state::forget(database, &identity.table_id).await?;
            lost.map(|_| Attempt::Again(None))
        }
    }
}

/// What was written while the pipeline ran, if it is exactly what the table is to hold.
async fn written_ahead(log: &Arc<IntentLog>, staged: &Staged) -> Result<Option<Operation>, Error> {
    let is_exact = staged.unique().await?.repeated.is_empty();
    match staged.take_ahead().filter(|_| is_exact) {
        Some(ahead) => Ok(ahead.finish(log).await),
        None => Ok(None),
    }
}

/// Writes the rows and the state of a table, and returns the operation that creates it.
async fn write(
    run: &RunContext,
    log: &Arc<IntentLog>,
    files: &NewFiles,
    database: &Arc<Database>,
    staged: &Staged,
    identity: &Identity,
    owners: &Owners,
) -> Result<Operation, Error> {
    let name = &staged.declared.name;
    let uri = database.table_uri(name);
    let rows = async {
        let operation = match written_ahead(log, staged).await? {
            Some(ahead) => ahead,
            None => {
                let uri = WriteDestination::Uri(&uri);
                let (session, params) = (files.session.clone(), files.params.clone());
                rows::overwrite(run, uri, session, Some(params), staged).await?
            }
        };
        // While the state is being written.
        log.sync_early().await?;
        Ok(operation)
    };
    let version = Version {
        base: None,
        content: Content::Anew(entries(staged, owners, &run.pipeline).await?),
        applied_through: 1,
        owners,
    };
    let state = state::write(log, database, name, &identity.table_id, version);
    let (mut operation, _) = futures::try_join!(rows, state)?;
    if let Operation::Overwrite {
        config_upsert_values,
        ..
    } = &mut operation
    {
        config_upsert_values
            .get_or_insert_default()
            .extend(identity.config());
    }
    Ok(operation)
}

/// The entries of the rows: those of a first version are numbered from 0.
async fn entries(staged: &Staged, owners: &Owners, pipeline: &str) -> Result<Run<Entry>, Error> {
    let owner = owners
        .find(pipeline, ROOT_SCOPE)
        .map_or(state::FOREIGN, |(id, _)| id);
    let repeated = staged.unique().await?.repeated.clone();
    let entries = futures::stream::try_unfold(staged.chunks().await?, move |mut chunks| {
        let repeated = repeated.clone();
        async move {
            let Some(chunk) = chunks.next_chunk().await? else {
                return Ok(None);
            };
            let entries = chunk.into_iter().map(|row| {
                // Rows that were declared before are not written again.
                let left_out = match repeated.is_empty() {
                    true => 0,
                    false => repeated.rank(row.position),
                };
                Entry {
                    key: row.key,
                    fingerprint: row.fingerprint,
                    row_id: row.position - left_out,
                    owner,
                }
            });
            Ok(Some((entries.collect(), chunks)))
        }
    });
    Ok(entries.boxed())
}

/// Commits the first version. None if another writer was first.
async fn commit(
    run: &RunContext,
    log: &IntentLog,
    store: Arc<ObjectStore>,
    database: &Arc<Database>,
    name: &str,
    operation: Operation,
) -> Result<Option<StoredTable>, Error> {
    let subject = format!("table {}", database.label(name));
    let uri = database.table_uri(name);
    let transaction = TransactionBuilder::new(0, operation)
        .transaction_properties(Some(properties(run)))
        .build();
    let outcome = cas::commit(
        WriteDestination::Uri(&uri),
        database.session(),
        Some(store),
        transaction,
    )
    .await;
    fault::point("create: committed");
    match outcome {
        Ok(cas::Outcome::Landed(dataset)) => Ok(Some(StoredTable {
            database: database.clone(),
            name: name.to_owned(),
            dataset: Arc::new(log.reads(*dataset)),
        })),
        Ok(cas::Outcome::Lost) => Ok(None),
        // What was written stays: the commit may yet turn out to have happened.
        Ok(cas::Outcome::Unknown(error)) => match created_after_all(run, database, name).await {
            Ok(Some(table)) => Ok(Some(table)),
            Ok(None) | Err(_) => {
                log.set_in_doubt();
                Err(Error::CommitUnknown {
                    table: database.label(name),
                    source: Box::new(error),
                })
            }
        },
        Err(error) => Err(error).storage(subject, "create it"),
    }
}

/// Whether the first version of a table was committed by this run: the storage did not say.
async fn created_after_all(
    run: &RunContext,
    database: &Arc<Database>,
    name: &str,
) -> Result<Option<StoredTable>, Error> {
    match StoredTable::open(database, name).await? {
        Some(table) => landed_after_all(run, &table, 0).await,
        None => Ok(None),
    }
}
