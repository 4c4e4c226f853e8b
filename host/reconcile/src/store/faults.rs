//! Faults of the storage on purpose, for tests; in development builds only.
//!
//! `LANCE_HOST_STORAGE_FAULT=KIND@N` makes the Nth call to any store of the process fail, and
//! `LANCE_HOST_STORAGE_CALLS=FILE` notes each call on a line of its own: number, operation, path.
//! Kinds are those of [`Kind`]. Files on a disk are reached by the same calls as objects then,
//! since Lance's shortcuts for local files could not be watched.

use std::{
    collections::HashMap,
    fmt,
    fs::File,
    future::Future,
    io::Write,
    ops::Range,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{
    StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use lance::io::{ObjectStore, ObjectStoreParams, ObjectStoreRegistry, WrappingObjectStore};
use lance_io::object_store::ObjectStoreProvider;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore as RawStore, ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, RenameOptions, list::PaginatedListStore, path::Path,
};
use url::Url;

/// The variable that asks for a fault.
const FAULT: &str = "LANCE_HOST_STORAGE_FAULT";
/// The variable that names a file for the calls.
const CALLS: &str = "LANCE_HOST_STORAGE_CALLS";

/// How long a slow call takes at least.
const DELAY: Duration = Duration::from_millis(500);

/// What becomes of the call that is to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It fails, and nothing is done.
    Error,
    /// It and all calls after it fail: the storage is gone.
    Gone,
    /// It fails after a while, and nothing is done.
    Timeout,
    /// It succeeds after a while.
    Slow,
    /// It is carried out, and fails: the answer was lost.
    Ambiguous,
    /// The same, and all calls after it fail: nobody can find out what became of it.
    Lost,
}

#[derive(Debug)]
struct Faults {
    calls: AtomicU64,
    fault: Option<(Kind, u64)>,
    log: Option<Mutex<File>>,
}

/// One count for all stores of the process.
static FAULTS: LazyLock<Option<Arc<Faults>>> = LazyLock::new(Faults::from_environment);

/// Puts the faults, if any are asked for, between the registry and its providers.
pub(super) fn install(registry: &ObjectStoreRegistry) {
    let Some(faults) = FAULTS.as_ref() else {
        return;
    };
    for scheme in ["file", "s3"] {
        if let Some(inner) = registry.get_provider(scheme) {
            let faults = faults.clone();
            registry.insert(scheme, Arc::new(FaultyProvider { inner, faults }));
        }
    }
}

impl Faults {
    fn from_environment() -> Option<Arc<Self>> {
        let (fault, log) = (std::env::var(FAULT), std::env::var_os(CALLS));
        if fault.is_err() && log.is_none() {
            return None;
        }
        let fault = fault.ok().and_then(|text| {
            let (kind, number) = text.split_once('@')?;
            let kind = match kind {
                "error" => Kind::Error,
                "gone" => Kind::Gone,
                "timeout" => Kind::Timeout,
                "slow" => Kind::Slow,
                "ambiguous" => Kind::Ambiguous,
                "lost" => Kind::Lost,
                _ => return None,
            };
            Some((kind, number.parse().ok()?))
        });
        let log = log.and_then(|file| File::options().create(true).append(true).open(file).ok());
        Some(Arc::new(Self {
            calls: AtomicU64::new(0),
            fault,
            log: log.map(Mutex::new),
        }))
    }

    /// Counts a call, and tells what is to become of it.
    fn next(&self, operation: &str, path: &str) -> Option<Kind> {
        let number = self.calls.fetch_add(1, Relaxed) + 1;
        if let Some(mut log) = self.log.as_ref().and_then(|log| log.lock().ok()) {
            // In one piece, so that a process that is killed leaves whole lines.
            let _ = log.write_all(format!("{number} {operation} {path}\n").as_bytes());
        }
        let (kind, at) = self.fault?;
        match kind {
            _ if number == at => Some(kind),
            Kind::Gone | Kind::Lost if number > at => Some(Kind::Gone),
            _ => None,
        }
    }

    /// Carries out a call, or lets it fail.
    async fn call<T>(
        &self,
        operation: &'static str,
        path: &str,
        work: impl Future<Output = object_store::Result<T>>,
    ) -> object_store::Result<T> {
        match self.next(operation, path) {
            None => work.await,
            Some(Kind::Error | Kind::Gone) => Err(failed("a fault on purpose", operation, path)),
            Some(Kind::Timeout) => {
                tokio::time::sleep(DELAY).await;
                Err(failed("no answer in time, on purpose", operation, path))
            }
            Some(Kind::Slow) => {
                tokio::time::sleep(DELAY).await;
                work.await
            }
            Some(Kind::Ambiguous | Kind::Lost) => {
                work.await?;
                Err(failed("the answer was lost on purpose", operation, path))
            }
        }
    }

    /// The same for a call that answers with a stream.
    fn stream<T: Send + 'static>(
        self: &Arc<Self>,
        operation: &'static str,
        path: String,
        inner: BoxStream<'static, object_store::Result<T>>,
    ) -> BoxStream<'static, object_store::Result<T>> {
        let faults = self.clone();
        stream::once(async move { faults.call(operation, &path, async { Ok(inner) }).await })
            .try_flatten()
            .boxed()
    }
}

fn failed(what: &str, operation: &str, path: &str) -> object_store::Error {
    object_store::Error::Generic {
        store: "faulty",
        source: format!("{what}: {operation} {path}").into(),
    }
}

#[derive(Debug)]
struct FaultyProvider {
    inner: Arc<dyn ObjectStoreProvider>,
    faults: Arc<Faults>,
}

#[async_trait]
impl ObjectStoreProvider for FaultyProvider {
    async fn new_store(&self, url: Url, params: &ObjectStoreParams) -> lance::Result<ObjectStore> {
        let url = match url.scheme() {
            "file" => Url::parse(&format!("file-object-store://{}", url.path())).unwrap_or(url),
            _ => url,
        };
        let mut store = self.inner.new_store(url, params).await?;
        store.apply_wrapper(&Wrapper(self.faults.clone()));
        Ok(store)
    }

    fn extract_path(&self, url: &Url) -> lance::Result<Path> {
        self.inner.extract_path(url)
    }

    fn calculate_object_store_prefix(
        &self,
        url: &Url,
        options: Option<&HashMap<String, String>>,
    ) -> lance::Result<String> {
        self.inner.calculate_object_store_prefix(url, options)
    }
}

#[derive(Debug)]
struct Wrapper(Arc<Faults>);

impl WrappingObjectStore for Wrapper {
    fn wrap(&self, _: &str, inner: Arc<dyn RawStore>) -> Arc<dyn RawStore> {
        let faults = self.0.clone();
        Arc::new(FaultyStore { inner, faults })
    }

    /// Pages are listed through the store instead.
    fn wrap_paginated(
        &self,
        _: &str,
        _: Arc<dyn PaginatedListStore>,
    ) -> Option<Arc<dyn PaginatedListStore>> {
        None
    }
}

#[derive(Debug)]
struct FaultyStore {
    inner: Arc<dyn RawStore>,
    faults: Arc<Faults>,
}

impl fmt::Display for FaultyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with faults", self.inner)
    }
}

#[async_trait]
impl RawStore for FaultyStore {
    async fn put_opts(
        &self,
        path: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> object_store::Result<PutResult> {
        let work = self.inner.put_opts(path, payload, options);
        self.faults.call("put", path.as_ref(), work).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        let work = self.inner.put_multipart_opts(path, options);
        self.faults.call("put-parts", path.as_ref(), work).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        let work = self.inner.get_opts(path, options);
        self.faults.call("get", path.as_ref(), work).await
    }

    async fn get_ranges(
        &self,
        path: &Path,
        ranges: &[Range<u64>],
    ) -> object_store::Result<Vec<Bytes>> {
        let work = self.inner.get_ranges(path, ranges);
        self.faults.call("get-ranges", path.as_ref(), work).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        let (inner, faults) = (self.inner.clone(), self.faults.clone());
        paths
            .and_then(move |path| {
                let (inner, faults) = (inner.clone(), faults.clone());
                async move {
                    let work = inner.delete(&path);
                    faults.call("delete", path.as_ref(), work).await?;
                    Ok(path)
                }
            })
            .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.faults
            .stream("list", shown(prefix), self.inner.list(prefix))
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        let inner = self.inner.list_with_offset(prefix, offset);
        self.faults.stream("list", shown(prefix), inner)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        let work = self.inner.list_with_delimiter(prefix);
        self.faults.call("list", &shown(prefix), work).await
    }

    async fn copy_opts(
        &self,
        from: &Path,
        to: &Path,
        options: CopyOptions,
    ) -> object_store::Result<()> {
        let work = self.inner.copy_opts(from, to, options);
        self.faults.call("copy", to.as_ref(), work).await
    }

    async fn rename_opts(
        &self,
        from: &Path,
        to: &Path,
        options: RenameOptions,
    ) -> object_store::Result<()> {
        let work = self.inner.rename_opts(from, to, options);
        self.faults.call("rename", to.as_ref(), work).await
    }
}

fn shown(prefix: Option<&Path>) -> String {
    prefix.map(Path::to_string).unwrap_or_default()
}
