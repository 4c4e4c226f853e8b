//! What a run writes before it is part of any version, so that nothing of it stays behind.
//!
//! Data files, deletion files and indexes are written before the commit that makes them part of
//! a table. If that commit is lost, or the run dies, nobody else knows of them. So the run writes
//! down the name of each file *before* it creates it, in a file of its own: the *intent log*
//! ([`log`]), in `<database>/_lance_host/intents`. To see every name, and those within Lance, it
//! stands in for the storage under everything that the run writes ([`store`]). That is also where
//! files are synced to disk ([`durable`]).
//!
//! The log goes when the run has ended well. When a run of this process lost a commit or failed,
//! it cleans up by its log; when it was killed, the next run does ([`sweep`]). Nobody cleans up
//! after a run that may be alive ([`liveness`]): a process holds a lock on its log, which the
//! system releases when the process ends.
//!
//! Whatever the log names and any version needs stays.

mod discard;
mod durable;
mod entry;
mod liveness;
mod log;
mod store;
mod sweep;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedRwLockReadGuard, RwLock};

use crate::{database::Database, error::Error};
pub use durable::Durability;
pub(crate) use entry::Commit;
pub(crate) use log::{IntentLog, NewFiles, Scratch};
pub(crate) use sweep::sweep;

/// The intent logs of one run, one for each database that it writes to.
#[derive(Debug)]
pub(crate) struct Intents {
    run_id: String,
    logs: Mutex<BTreeMap<String, Arc<IntentLog>>>,
    writers: Arc<RwLock<()>>,
}

/// Kept by somebody who writes beside the way of the run: the logs are needed until it is dropped.
#[derive(Debug)]
pub(crate) struct Writer {
    _held: OwnedRwLockReadGuard<()>,
}

impl Intents {
    /// Writes nothing yet.
    pub(crate) fn new(run_id: &str) -> Self {
        Self {
            run_id: run_id.to_owned(),
            logs: Mutex::default(),
            writers: Arc::default(),
        }
    }

    /// Registers somebody who writes beside the way of the run; none if the run is ending.
    pub(crate) fn writer(&self) -> Option<Writer> {
        let held = self.writers.clone().try_read_owned().ok()?;
        Some(Writer { _held: held })
    }

    /// The log for a database.
    pub(crate) async fn of(&self, database: &Arc<Database>) -> Result<Arc<IntentLog>, Error> {
        if let Some(log) = self.lock().get(&database.name) {
            return Ok(log.clone());
        }
        let log = Arc::new(IntentLog::new(database, &self.run_id).await?);
        let mut logs = self.lock();
        Ok(logs.entry(database.name.clone()).or_insert(log).clone())
    }

    /// Removes what the run wrote in vain, and the logs, once nobody writes any more. What fails is
    /// left for the next run. Returns warnings.
    pub(crate) async fn finish(&self, failed: bool) -> Vec<String> {
        let _nobody_writes = self.writers.write().await;
        let mut warnings = Vec::new();
        let logs = std::mem::take(&mut *self.lock());
        for log in logs.into_values() {
            if failed {
                log.set_in_vain();
            }
            if let Err(error) = log.finish().await {
                tracing::debug!("{error}");
            }
            warnings.extend(log.warning());
        }
        warnings
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<IntentLog>>> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
