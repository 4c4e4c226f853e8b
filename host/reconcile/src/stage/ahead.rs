//! Writes the rows of a table that does not exist yet while the pipeline still runs.
//!
//! The files go into a directory of the run's own beside the tables, and are moved to their table
//! right before it is created, so a run that ends in any other way leaves nothing in sight.
//! It is an optimisation and no more: whatever goes wrong here, the rows are kept as well, and
//! are written from there. Only for databases on a local disk, where moving a file costs nothing.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};
use lance::dataset::{WriteDestination, WriteMode, transaction::Operation};
use tokio::{runtime::Handle, sync::mpsc, task::JoinHandle};
use uuid::Uuid;

use super::select::stored;
use crate::{
    database::Database,
    declare::{DeclaredTable, RunContext},
    fault,
    intents::IntentLog,
    progress::Progress,
    schema,
    table::ManagedBy,
    write,
};

/// How many batches may wait to be written.
const WAITING: usize = 4;
/// The name of the file that a living run keeps locked in its directory.
const LOCK: &str = "lock";

/// What it takes to write a table ahead.
#[derive(Debug)]
pub(crate) struct Start {
    database: Arc<Database>,
    table: PathBuf,
    declared: SchemaRef,
    schema: SchemaRef,
    progress: Arc<Progress>,
    runtime: Handle,
}

impl Start {
    /// Bytes of rows from which on it is worth while.
    pub(super) const WORTH_WHILE: usize = 8 << 20;

    /// None if the table's rows cannot be written ahead.
    pub(crate) fn new(
        run: &RunContext,
        database: &Arc<Database>,
        table: &DeclaredTable,
    ) -> Option<Self> {
        database.local_path()?;
        let path = PathBuf::from(database.table_uri(&table.name));
        if !run.commits || table.managed_by == ManagedBy::User || path.exists() {
            return None;
        }
        Some(Self {
            database: database.clone(),
            table: path,
            declared: table.schema.clone(),
            schema: schema::created(table),
            progress: run.progress.clone(),
            runtime: Handle::try_current().ok()?,
        })
    }

    /// Begins to write; none if that is not possible.
    pub(super) fn start(self) -> Option<Ahead> {
        let directory = match Directory::create(&self.database) {
            Ok(directory) => directory?,
            Err(error) => {
                tracing::debug!("cannot write rows ahead: {error}");
                return None;
            }
        };
        let (sender, mut waiting) = mpsc::channel::<RecordBatch>(WAITING);
        let progress = self.progress;
        let batches = std::iter::from_fn(move || {
            let batch = waiting.blocking_recv()?;
            progress.add_written(u64::try_from(batch.num_rows()).unwrap_or(u64::MAX));
            Some(Ok(batch))
        });
        let uri = directory.path.to_string_lossy().into_owned();
        let params = write::params(self.database.session(), WriteMode::Create, None);
        let schema = self.schema.clone();
        let task = self.runtime.spawn(async move {
            write::write(WriteDestination::Uri(&uri), params, batches, schema).await
        });
        Some(Ahead {
            sender: Some(sender),
            task,
            directory,
            table: self.table,
            declared: self.declared,
            schema: self.schema,
        })
    }
}

/// Rows that are being written.
#[derive(Debug)]
pub(crate) struct Ahead {
    /// None once something went wrong.
    sender: Option<mpsc::Sender<RecordBatch>>,
    task: JoinHandle<Result<Operation, lance::Error>>,
    directory: Directory,
    table: PathBuf,
    declared: SchemaRef,
    schema: SchemaRef,
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
            self.task.abort();
        }
    }

    /// Ends the writing, and removes what was written. Waits until nobody writes any more: a late
    /// file would make the directory anew.
    pub(crate) async fn abandon(mut self) {
        self.sender = None;
        if let Err(error) = (&mut self.task).await {
            tracing::debug!("could not write rows ahead: {error}");
        }
    }

    /// Waits for the last row, and moves everything to the table, as the log says before. None if
    /// that did not work out.
    pub(crate) async fn finish(mut self, log: &IntentLog) -> Option<WrittenAhead> {
        self.sender.take()?;
        let operation = match (&mut self.task).await {
            Ok(Ok(operation)) => operation,
            Ok(Err(error)) => {
                tracing::debug!("could not write rows ahead: {error}");
                return None;
            }
            Err(error) => {
                tracing::debug!("could not write rows ahead: {error}");
                return None;
            }
        };
        let mut written = WrittenAhead {
            operation,
            files: Vec::new(),
        };
        match written.place(&self.directory.path, &self.table, log).await {
            Ok(()) => Some(written),
            Err(error) => {
                tracing::debug!("could not move rows that were written ahead: {error}");
                written.remove();
                None
            }
        }
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        // Before the directory goes.
        self.task.abort();
    }
}

/// Rows that lie in their table, and in no version of it yet.
#[derive(Debug)]
pub(crate) struct WrittenAhead {
    /// What would create the table.
    pub(crate) operation: Operation,
    files: Vec<PathBuf>,
}

impl WrittenAhead {
    async fn place(&mut self, from: &Path, table: &Path, log: &IntentLog) -> io::Result<()> {
        let Operation::Overwrite { fragments, .. } = &self.operation else {
            return Err(io::Error::other("not a new table"));
        };
        let (from, to) = (from.join("data"), table.join("data"));
        fs::create_dir_all(&to)?;
        for file in fragments.iter().flat_map(|fragment| &fragment.files) {
            let target = to.join(&file.path);
            log.move_local(&from.join(&file.path), &target).await?;
            fault::point("create: moved");
            self.files.push(target);
        }
        Ok(())
    }

    /// Removes the rows; no version holds them.
    pub(crate) fn remove(&self) {
        for file in &self.files {
            if let Err(error) = fs::remove_file(file) {
                tracing::debug!("cannot remove {}: {error}", file.display());
            }
        }
    }
}

/// A directory of a living run.
#[derive(Debug)]
struct Directory {
    path: PathBuf,
    /// Locked for as long as the process lives.
    _lock: File,
}

impl Directory {
    fn create(database: &Database) -> io::Result<Option<Self>> {
        let Some(parent) = parent(database) else {
            return Ok(None);
        };
        let path = parent.join(Uuid::now_v7().simple().to_string());
        fs::create_dir_all(&path)?;
        let lock = File::create_new(path.join(LOCK))?;
        lock.lock()?;
        Ok(Some(Self { path, _lock: lock }))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            tracing::debug!("cannot remove {}: {error}", self.path.display());
        }
        if let Some(parent) = self.path.parent() {
            // Only if it is empty.
            let _ = fs::remove_dir(parent);
        }
    }
}

/// Where the directories of runs are.
fn parent(database: &Database) -> Option<PathBuf> {
    database.local_path()?;
    Some(PathBuf::from(database.host_uri()).join("staging"))
}

/// Removes what runs that were killed have left.
pub(crate) fn sweep(database: &Database) {
    let Some(parent) = parent(database) else {
        return;
    };
    let Ok(directories) = fs::read_dir(&parent) else {
        return;
    };
    for directory in directories.flatten() {
        let path = directory.path();
        let is_dead = match File::open(path.join(LOCK)) {
            Ok(lock) => lock.try_lock().is_ok(),
            // Killed before it locked anything.
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        if is_dead {
            let _ = fs::remove_dir_all(&path);
        }
    }
    let _ = fs::remove_dir(&parent);
}
