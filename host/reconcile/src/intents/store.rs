//! Stands in for the storage: every file that is created through it is written down before.
//!
//! Lance has a shorter way to files on a local disk, which no wrapper of its storage sees. It is
//! taken only if the store is named after its scheme, so the stores here have another name.

use std::{fmt, ops::Range, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use lance::io::{ObjectStore, ObjectStoreParams, ObjectStoreRegistry, WrappingObjectStore};
use lance_io::object_store::ObjectStoreProvider;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore as RawStore, ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, RenameOptions, RenameTargetMode, Result, UploadPart, list::PaginatedListStore,
    path::Path,
};
use url::Url;
use uuid::Uuid;

use super::IntentLog;
use crate::fault;

/// Where new versions become visible.
const VERSIONS: &str = "_versions";
/// Names the newest version for those who cannot list quickly. Its file is everybody's.
const HINT: &str = "latest_version_hint.json";

/// What kind of file makes a version visible.
const MANIFEST: &str = "manifest";

/// The name of local stores that take no shorter way.
const LOCAL: &str = "file$intents";

/// `plain`, with everything that is written to it going through the log.
pub(super) fn recorded(log: &Arc<IntentLog>, plain: &ObjectStore) -> ObjectStore {
    let mut store = plain.clone();
    store.inner = wrap(log, plain.inner.clone());
    take_no_shortcut(&mut store);
    store
}

pub(super) fn take_no_shortcut(store: &mut ObjectStore) {
    if store.is_local() {
        LOCAL.clone_into(&mut store.store_prefix);
    }
}

fn wrap(log: &Arc<IntentLog>, inner: Arc<dyn RawStore>) -> Arc<dyn RawStore> {
    Arc::new(Recorded {
        inner,
        log: log.clone(),
    })
}

/// Makes the stores of datasets that are created.
#[derive(Debug)]
pub(super) struct Recorder(pub(super) Arc<IntentLog>);

impl WrappingObjectStore for Recorder {
    fn wrap(&self, _prefix: &str, original: Arc<dyn RawStore>) -> Arc<dyn RawStore> {
        wrap(&self.0, original)
    }

    fn wrap_paginated(
        &self,
        _prefix: &str,
        original: Arc<dyn PaginatedListStore>,
    ) -> Option<Arc<dyn PaginatedListStore>> {
        // Listing creates nothing.
        Some(original)
    }
}

/// The stores of `registry`, of which those on local disks take no shorter way.
pub(super) fn indirect(registry: ObjectStoreRegistry) -> Arc<ObjectStoreRegistry> {
    if let Some(inner) = registry.get_provider(FILE) {
        registry.insert(FILE, Arc::new(NoShortcut { inner }));
    }
    Arc::new(registry)
}

/// The scheme of local disks.
const FILE: &str = "file";

#[derive(Debug)]
struct NoShortcut {
    inner: Arc<dyn ObjectStoreProvider>,
}

#[async_trait]
impl ObjectStoreProvider for NoShortcut {
    async fn new_store(
        &self,
        base_path: Url,
        params: &ObjectStoreParams,
    ) -> lance::Result<ObjectStore> {
        let mut store = self.inner.new_store(base_path, params).await?;
        take_no_shortcut(&mut store);
        Ok(store)
    }

    fn extract_path(&self, url: &Url) -> lance::Result<Path> {
        self.inner.extract_path(url)
    }

    fn calculate_object_store_prefix(
        &self,
        _url: &Url,
        _options: Option<&std::collections::HashMap<String, String>>,
    ) -> lance::Result<String> {
        Ok(LOCAL.to_owned())
    }
}

#[derive(Debug)]
struct Recorded {
    inner: Arc<dyn RawStore>,
    log: Arc<IntentLog>,
}

impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with an intent log", self.inner)
    }
}

impl Recorded {
    async fn record(&self, path: &Path) -> Result<()> {
        if path.filename() == Some(HINT) {
            return Ok(());
        }
        self.log.record(path).await
    }

    fn written(&self, path: &Path) {
        if path.filename() != Some(HINT) {
            self.log.written(path);
        }
    }

    /// Writes a manifest, which makes its version visible. On a local disk it is a draft first,
    /// so that it can be synced before it has its name.
    async fn put_version(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        fault::write(MANIFEST, "before");
        if !self.log.is_local() || options.mode != PutMode::Create {
            let written = self.inner.put_opts(location, payload, options).await?;
            fault::write(MANIFEST, "after");
            return Ok(written);
        }
        let draft = Path::parse(format!("{location}-{}", Uuid::new_v4()))?;
        self.record(&draft).await?;
        let written = self.inner.put(&draft, payload).await?;
        self.written(&draft);
        fault::write(MANIFEST, "after");
        let named = self.name_version(&draft, location, create()).await;
        if named.is_err() {
            // Also when another writer was first; otherwise the next run removes it.
            let _ = self.inner.delete(&draft).await;
        }
        named.map(|()| written)
    }

    /// Makes a version visible: all that it consists of comes first.
    async fn name_version(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.log.sync().await.map_err(failed)?;
        fault::write(MANIFEST, "synced");
        self.inner.rename_opts(from, to, options).await?;
        fault::write(MANIFEST, "named");
        // It has landed, so it is no failure of the commit any more.
        if let Err(error) = self.log.sync_name(to).await {
            self.log.set_at_risk(&error);
        }
        fault::write(MANIFEST, "durable");
        Ok(())
    }
}

/// Fails if there is a file of that name.
fn create() -> RenameOptions {
    RenameOptions::new().with_target_mode(RenameTargetMode::Create)
}

/// Whether this is the name of a version, and not of a draft of one.
fn is_version(name: &str) -> bool {
    name.ends_with(".manifest")
}

#[async_trait]
impl RawStore for Recorded {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        let kind = kind(location);
        if kind == MANIFEST && location.filename().is_some_and(is_version) {
            return self.put_version(location, payload, options).await;
        }
        self.record(location).await?;
        fault::write(kind, "before");
        let written = self.inner.put_opts(location, payload, options).await?;
        self.written(location);
        fault::write(kind, "after");
        Ok(written)
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.record(location).await?;
        let kind = kind(location);
        fault::write(kind, "before");
        let inner = self.inner.put_multipart_opts(location, options).await?;
        Ok(Box::new(Upload {
            inner,
            kind,
            location: location.clone(),
            log: self.log.clone(),
        }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        if location.filename() == Some(HINT) {
            // It is right only if no version after it is missing, which other writers' clients
            // do not guarantee. Without it, Lance lists the versions.
            return Err(object_store::Error::NotFound {
                path: location.to_string(),
                source: "the hint is not asked for".into(),
            });
        }
        self.inner.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.record(to).await?;
        self.inner.copy_opts(from, to, options).await?;
        self.written(to);
        Ok(())
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        let kind = kind(to);
        if kind == MANIFEST {
            return self.name_version(from, to, options).await;
        }
        self.record(to).await?;
        self.inner.rename_opts(from, to, options).await?;
        self.log.renamed(from, to);
        fault::write(kind, "named");
        Ok(())
    }
}

fn failed(source: std::io::Error) -> object_store::Error {
    object_store::Error::Generic {
        store: "local disk",
        source: Box::new(source),
    }
}

#[derive(Debug)]
struct Upload {
    inner: Box<dyn MultipartUpload>,
    kind: &'static str,
    location: Path,
    log: Arc<IntentLog>,
}

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.inner.put_part(data)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        fault::write(self.kind, "within");
        let written = self.inner.complete().await?;
        self.log.written(&self.location);
        fault::write(self.kind, "after");
        Ok(written)
    }

    async fn abort(&mut self) -> Result<()> {
        self.inner.abort().await
    }
}

/// What kind of file it is, for tests and for what makes a version visible.
fn kind(path: &Path) -> &'static str {
    let name = path.filename().unwrap_or_default();
    let mut directories = path.parts().collect::<Vec<_>>().into_iter().rev().skip(1);
    let directory = directories.next();
    let directory = directory.as_ref().map_or("", |part| part.as_ref());
    match directory {
        VERSIONS if name == HINT => "version hint",
        VERSIONS => MANIFEST,
        "data" => "data file",
        "_deletions" => "deletion file",
        "_transactions" => "transaction file",
        _ if path.as_ref().contains("/_indices/") => "index file",
        _ if path.as_ref().contains("/wal/") => "delta file",
        _ => "other file",
    }
}
