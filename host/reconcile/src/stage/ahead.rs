//! Writes the rows of a table that does not exist yet while the pipeline still runs.
//!
//! The files go into a directory of the run's own beside the tables, and are moved to their table
//! right before it is created, so a run that ends in any other way leaves nothing in sight.
//! It is an optimisation and no more: whatever goes wrong here, the rows are kept as well, and
//! are written from there.

use std::{io, sync::Arc};

use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};
use futures::{TryStreamExt, stream};
use lance::{
    dataset::{WriteDestination, WriteMode, transaction::Operation},
    io::ObjectStore,
};
use object_store::path::Path;
use tokio::{runtime::Handle, sync::mpsc, task::JoinHandle};

use super::select::stored;
use crate::{
    database::Database,
    declare::{DeclaredTable, RunContext},
    error::{Error, StorageContext},
    intents::{IntentLog, Intents, Scratch, Writer},
    progress::Progress,
    schema,
    table::ManagedBy,
    write,
};

/// How many batches may wait to be written.
const WAITING: usize = 4;
/// How many files are moved at once.
const MOVES: usize = 8;
const ACTION: &str = "write rows ahead";

/// What it takes to write a table ahead.
#[derive(Debug)]
pub(crate) struct Start {
    database: Arc<Database>,
    table: String,
    declared: SchemaRef,
    schema: SchemaRef,
    intents: Arc<Intents>,
    progress: Arc<Progress>,
    runtime: Handle,
}

impl Start {
    /// Bytes of rows from which on it is worth while.
    pub(super) const WORTH_WHILE: usize = 8 << 20;

    /// None if the table's rows cannot be written ahead.
    pub(crate) async fn new(
        run: &RunContext,
        database: &Arc<Database>,
        table: &DeclaredTable,
    ) -> Option<Self> {
        if !run.commits || table.managed_by == ManagedBy::User {
            return None;
        }
        let exists = database.has_files_of(&table.name).await;
        // What fails here fails again when the table is opened.
        if exists.unwrap_or(true) {
            return None;
        }
        Some(Self {
            database: database.clone(),
            table: table.name.clone(),
            declared: table.schema.clone(),
            schema: schema::created(table),
            intents: run.intents.clone(),
            progress: run.progress.clone(),
            runtime: Handle::try_current().ok()?,
        })
    }

    /// Begins to write; none if the run is ending.
    pub(super) fn start(self) -> Option<Ahead> {
        let writer = self.intents.writer()?;
        let (sender, mut waiting) = mpsc::channel::<RecordBatch>(WAITING);
        let progress = self.progress;
        let batches = std::iter::from_fn(move || {
            let batch = waiting.blocking_recv()?;
            progress.add_written(u64::try_from(batch.num_rows()).unwrap_or(u64::MAX));
            Some(Ok(batch))
        });
        let (database, schema) = (self.database.clone(), self.schema.clone());
        let task = self.runtime.spawn(async move {
            let log = self.intents.of(&database).await?;
            let scratch = log.scratch().await.map_err(lance::Error::from);
            let scratch = scratch.storage(log.subject(), ACTION)?;
            let uri = WriteDestination::Uri(&scratch.uri);
            let params = write::params(database.session(), WriteMode::Create, None);
            let operation = write::write(uri, params, batches, schema)
                .await
                .storage(log.subject(), ACTION)?;
            Ok(Written {
                scratch,
                operation,
                _writer: writer,
            })
        });
        Some(Ahead {
            sender: Some(sender),
            task,
            database: self.database,
            table: self.table,
            declared: self.declared,
            schema: self.schema,
        })
    }
}

/// Rows that are being written. Nobody has to wait for the end if they are not wanted: the run does
/// before it removes them.
#[derive(Debug)]
pub(crate) struct Ahead {
    /// None once something went wrong.
    sender: Option<mpsc::Sender<RecordBatch>>,
    task: JoinHandle<Result<Written, Error>>,
    database: Arc<Database>,
    table: String,
    declared: SchemaRef,
    schema: SchemaRef,
}

/// Files in a directory of the run's own.
#[derive(Debug)]
struct Written {
    scratch: Scratch,
    /// What would create the table if they were there.
    operation: Operation,
    _writer: Writer,
}

impl Ahead {
    pub(super) fn push(&mut self, batch: RecordBatch) {
        let sent = match (
            &self.sender,
            stored(&batch, &self.declared, &self.schema, &[], None),
        ) {
            (Some(sender), Ok(batch)) => sender.blocking_send(batch).is_ok(),
            _ => false,
        };
        if !sent {
            self.sender = None;
        }
    }

    /// Waits for the last row, and moves everything to the table, as the log says before. Returns what
    /// would create the table; none if that did not work out.
    pub(crate) async fn finish(mut self, log: &Arc<IntentLog>) -> Option<Operation> {
        self.sender.take()?;
        let placed = async {
            let written = (&mut self.task).await.map_err(io::Error::from);
            let written = written.map_err(Error::Staging)??;
            written.place(&self.database, &self.table, log).await?;
            Ok::<_, Error>(written.operation)
        };
        match placed.await {
            Ok(operation) => Some(operation),
            Err(error) => {
                tracing::debug!("rows that were written ahead cannot be used: {error}");
                // What was moved already.
                log.set_in_vain();
                None
            }
        }
    }
}

impl Written {
    async fn place(
        &self,
        database: &Database,
        table: &str,
        log: &Arc<IntentLog>,
    ) -> Result<(), Error> {
        let Operation::Overwrite { fragments, .. } = &self.operation else {
            return Err(Error::Staging(io::Error::other("not a new table")));
        };
        let registry = database.session().store_registry();
        let table = ObjectStore::extract_path_from_uri(registry, &database.table_uri(table))
            .storage(log.subject(), ACTION)?;
        let data = |path: &Path| path.clone().join("data");
        let (from, to) = (data(&self.scratch.path), data(&table));
        let mut moves = Vec::new();
        for file in fragments.iter().flat_map(|fragment| &fragment.files) {
            let name = file.path.as_str();
            moves.push(Ok((from.clone().join(name), to.clone().join(name))));
        }
        stream::iter(moves)
            .try_for_each_concurrent(MOVES, |(from, to)| {
                let log = log.clone();
                async move { log.move_file(&from, &to).await }
            })
            .await
            .map_err(lance::Error::from)
            .storage(log.subject(), ACTION)
    }
}
