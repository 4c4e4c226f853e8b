//! The only way this crate commits: a true compare-and-swap on the next version.
//!
//! By default Lance rebases a transaction onto whatever was committed meanwhile. For a plan made
//! against one exact version that is wrong: two runs that insert the same key would both land.
//! [`ExactVersion`] refuses any version but the one expected, at no cost in requests.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use futures::stream::BoxStream;
use lance::{
    Dataset,
    dataset::{CommitBuilder, WriteDestination, transaction::Transaction},
    io::ObjectStore,
    session::Session,
};
use lance_table::{
    feature_flags::FLAG_STABLE_ROW_IDS,
    format::{IndexMetadata, Manifest},
    io::commit::{
        CommitError, CommitHandler, ManifestLocation, ManifestNamingScheme, ManifestWriter,
        commit_handler_from_url,
    },
};
use object_store::{ObjectStore as RawStore, path::Path};

/// How an attempt to commit ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The version is visible.
    Landed(Box<Dataset>),
    /// Another writer committed first; nothing changed.
    Lost,
    /// The storage gave no clear answer; the version may or may not be visible, now or later.
    Unknown(lance::Error),
}

/// Commits `transaction` as version `transaction.read_version + 1`, or not at all. `store` is what
/// a new dataset is written to; an existing one has its own.
///
/// # Errors
/// What the storage reports when the commit certainly did not happen.
pub(crate) async fn commit(
    destination: WriteDestination<'_>,
    session: Arc<Session>,
    store: Option<Arc<ObjectStore>>,
    transaction: Transaction,
) -> Result<Outcome, lance::Error> {
    send(destination, session, store, transaction, None).await
}

/// The same for a transaction that gives all rows of a table stable ids, which they had none of
/// before. Ids from `next_row_id` on are free.
pub(crate) async fn commit_row_ids(
    destination: WriteDestination<'_>,
    session: Arc<Session>,
    transaction: Transaction,
    next_row_id: u64,
) -> Result<Outcome, lance::Error> {
    send(destination, session, None, transaction, Some(next_row_id)).await
}

async fn send(
    destination: WriteDestination<'_>,
    session: Arc<Session>,
    store: Option<Arc<ObjectStore>>,
    transaction: Transaction,
    next_row_id: Option<u64>,
) -> Result<Outcome, lance::Error> {
    let uri = match &destination {
        WriteDestination::Dataset(dataset) => dataset.uri().to_owned(),
        WriteDestination::Uri(uri) => (*uri).to_owned(),
    };
    // Buckets are committed to as directories are, by a put that must find nothing, for which the
    // handler needs no options.
    let handler = Arc::new(ExactVersion {
        inner: commit_handler_from_url(&uri, &None).await?,
        version: transaction.read_version + 1,
        next_row_id,
        sent: AtomicBool::new(false),
    });
    let mut builder = CommitBuilder::new(destination);
    if let Some(store) = store {
        builder = builder.with_object_store(store);
    }
    let committed = builder
        .use_stable_row_ids(true)
        .with_session(session)
        .with_commit_handler(handler.clone())
        .with_max_retries(1)
        .with_skip_auto_cleanup(true)
        .execute(transaction)
        .await;
    match committed {
        Ok(dataset) => Ok(Outcome::Landed(Box::new(dataset))),
        Err(error) if error.is_commit_status_unknown() => Ok(Outcome::Unknown(error)),
        Err(error) if lost(&error) => Ok(Outcome::Lost),
        // Not there when Lance looked, but a request that got no answer may still be carried out.
        Err(error) if handler.sent.load(Relaxed) => Ok(Outcome::Unknown(error)),
        Err(error) => Err(error),
    }
}

/// Whether an error says that another writer was first.
pub(crate) fn lost(error: &lance::Error) -> bool {
    matches!(
        error.find_root(),
        lance::Error::PrerequisiteFailed { .. }
            | lance::Error::CommitConflict { .. }
            | lance::Error::RetryableCommitConflict { .. }
            | lance::Error::IncompatibleTransaction { .. }
            | lance::Error::TooMuchWriteContention { .. }
            | lance::Error::DatasetAlreadyExists { .. }
    )
}

/// Passes everything on to the storage's own handler, except a commit of another version.
#[derive(Debug)]
struct ExactVersion {
    inner: Arc<dyn CommitHandler>,
    version: u64,
    /// For a version that activates stable row ids.
    next_row_id: Option<u64>,
    /// Whether the version was sent to a store that may carry it out later than it answers.
    sent: AtomicBool,
}

#[async_trait::async_trait]
impl CommitHandler for ExactVersion {
    fn is_version_not_found_definitive(&self) -> bool {
        self.inner.is_version_not_found_definitive()
    }

    fn propagate_commit_error_after_success(&self) -> bool {
        self.inner.propagate_commit_error_after_success()
    }

    async fn resolve_latest_location(
        &self,
        base: &Path,
        store: &ObjectStore,
    ) -> lance::Result<ManifestLocation> {
        self.inner.resolve_latest_location(base, store).await
    }

    async fn resolve_version_location(
        &self,
        base: &Path,
        version: u64,
        store: &dyn RawStore,
    ) -> lance::Result<ManifestLocation> {
        self.inner
            .resolve_version_location(base, version, store)
            .await
    }

    async fn version_exists(
        &self,
        base: &Path,
        version: u64,
        store: &dyn RawStore,
        naming: ManifestNamingScheme,
    ) -> lance::Result<bool> {
        self.inner
            .version_exists(base, version, store, naming)
            .await
    }

    fn list_manifest_locations<'a>(
        &self,
        base: &Path,
        store: &'a ObjectStore,
        sorted_descending: bool,
    ) -> BoxStream<'a, lance::Result<ManifestLocation>> {
        self.inner
            .list_manifest_locations(base, store, sorted_descending)
    }

    async fn commit(
        &self,
        manifest: &mut Manifest,
        indices: Option<Vec<IndexMetadata>>,
        base: &Path,
        store: &ObjectStore,
        writer: ManifestWriter,
        naming: ManifestNamingScheme,
        transaction: Option<lance_table::format::Transaction>,
    ) -> Result<ManifestLocation, CommitError> {
        if manifest.version != self.version {
            return Err(CommitError::OtherError(lance::Error::prerequisite_failed(
                format!(
                    "expected to commit version {}, the next one is {}",
                    self.version, manifest.version
                ),
            )));
        }
        // A directory that was removed meanwhile would come back with nothing but this version.
        let base_version = self.version - 1;
        if base_version > 0
            && !self
                .inner
                .version_exists(base, base_version, store.inner.as_ref(), naming)
                .await
                .map_err(CommitError::OtherError)?
        {
            return Err(CommitError::OtherError(lance::Error::not_found(format!(
                "version {base_version} of {base}, on which the new one is built: it was removed meanwhile"
            ))));
        }
        if let Some(next_row_id) = self.next_row_id {
            manifest.next_row_id = next_row_id;
            // Lance sets these if a fragment has ids; there may be none.
            manifest.reader_feature_flags |= FLAG_STABLE_ROW_IDS;
            manifest.writer_feature_flags |= FLAG_STABLE_ROW_IDS;
        }
        if !store.is_local() {
            self.sent.store(true, Relaxed);
        }
        self.inner
            .commit(manifest, indices, base, store, writer, naming, transaction)
            .await
    }
}
