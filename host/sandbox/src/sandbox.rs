//! Loading and running components: the way through all the other modules.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tempfile::TempDir;
use wasmtime::{
    Engine, Store,
    component::{HasSelf, Linker},
};

use crate::{
    bindings::{Pipeline, PipelinePre},
    cache::{Cache, Key},
    compile::{self, CompileCommand},
    component::{Component, map_compiled},
    engine::{self, Ticker},
    error::SandboxError,
    failure,
    grants::Grants,
    inspect::{Inspection, glance, inspect},
    limits::{Exceeded, Limits},
    offer,
    store::{self, State},
    target::Target,
};

/// How long a run may go on after its time is over.
///
/// Running code notices by itself, and can then say where it was; this is for guests that wait.
const GRACE: Duration = Duration::from_millis(100);

/// Loads and runs components. Cheap to clone: all clones share one engine.
#[derive(Clone)]
pub struct Sandbox {
    engine: Engine,
    linker: Arc<Linker<State>>,
    compile: Arc<CompileCommand>,
    cache: Option<Arc<Cache>>,
    _ticker: Ticker,
}

impl Sandbox {
    /// Prepares to load and run. Compiled code is kept in the directory `cache`, which is made if
    /// need be and must be this user's own; without one, each load compiles.
    pub fn new(compile: CompileCommand, cache: Option<PathBuf>) -> Result<Self, SandboxError> {
        let engine = engine::new_engine().map_err(SandboxError::Engine)?;
        let linker = new_linker(&engine).map_err(SandboxError::Engine)?;
        let ticker = Ticker::start(&engine).map_err(|error| SandboxError::Engine(error.into()))?;
        Ok(Self {
            engine,
            linker: Arc::new(linker),
            compile: Arc::new(compile),
            cache: cache.map(Cache::open).transpose()?.map(Arc::new),
            _ticker: ticker,
        })
    }

    /// Looks at a component, compiles it or takes its compiled code from the cache, and links it.
    pub async fn load(&self, file: &Path, limits: &Limits) -> Result<Component, SandboxError> {
        self.load_telling(file, limits, |_| {}).await
    }

    /// The same; if the component has to be compiled, which may take long, `compiling` is called
    /// before, with its size in bytes.
    pub async fn load_telling(
        &self,
        file: &Path,
        limits: &Limits,
        compiling: impl FnOnce(u64),
    ) -> Result<Component, SandboxError> {
        let (sandbox, path, bounds) = (self.clone(), file.to_owned(), limits.clone());
        let found = blocking(move || sandbox.find(&path, &bounds)).await?;
        let (compiled, inspection, cached) = match found {
            Found::Compiled(compiled, inspection) => (compiled, inspection, true),
            Found::ToCompile(job) => {
                compiling(job.inspection.size);
                compile::compile(&self.compile, file, &job.component, &job.code, limits).await?;
                let sandbox = self.clone();
                let (compiled, inspection) = blocking(move || sandbox.keep(job)).await?;
                (compiled, inspection, false)
            }
        };
        let pre = self
            .linker
            .instantiate_pre(&compiled)
            .and_then(PipelinePre::new);
        let pre = pre.map_err(|error| SandboxError::NotRunnable {
            file: file.to_owned(),
            reason: offer::misfit(&inspection.asked, inspection.contract.as_deref(), &error),
        })?;
        Ok(Component {
            pre,
            inspection,
            cached,
        })
    }

    /// Runs a pipeline in a fresh store. What it declares goes to `target`, and has reached it
    /// whole when this returns successfully.
    ///
    /// Dropping the future ends the run at once.
    pub async fn run(
        &self,
        component: &Component,
        pipeline: &str,
        params: &[(String, String)],
        grants: &Grants,
        limits: &Limits,
        target: Box<dyn Target>,
    ) -> Result<(), SandboxError> {
        grants.check_apart_from(&self.code_dir())?;
        let mut store = store::new_store(&self.engine, grants, limits, target)?;
        let time = limits.timeout.saturating_add(GRACE);
        match tokio::time::timeout(time, call(&mut store, component, pipeline, params)).await {
            Ok(result) => result,
            Err(_) => Err(failure::timed_out(pipeline, store.data())),
        }
    }

    /// Where compiled code lies, for however short a time.
    fn code_dir(&self) -> PathBuf {
        match &self.cache {
            Some(cache) => cache.dir().to_owned(),
            None => std::env::temp_dir(),
        }
    }

    /// Reads and inspects a component, and looks for it in the cache.
    fn find(&self, file: &Path, limits: &Limits) -> Result<Found, SandboxError> {
        let bytes = read(file, limits.component_size)?;
        let found = |inspection: Result<Inspection, SandboxError>| {
            let inspection = inspection.map_err(|error| match error {
                SandboxError::NotAComponent { reason, .. } => SandboxError::NotAComponent {
                    subject: file.display().to_string(),
                    reason,
                },
                other => other,
            })?;
            check_parts(file, &inspection, limits)?;
            match &inspection.runnable {
                Ok(()) => Ok(inspection),
                Err(reason) => Err(SandboxError::NotRunnable {
                    file: file.to_owned(),
                    reason: reason.clone(),
                }),
            }
        };
        let inspection = found(glance(&bytes))?;
        let key = self.cache.as_ref().map(|_| Key::new(&bytes, &self.engine));
        if let (Some(cache), Some(key)) = (&self.cache, &key)
            && let Some(compiled) = cache.load(&self.engine, key)
        {
            return Ok(Found::Compiled(compiled, inspection));
        }
        // What was compiled before was looked at then.
        let inspection = found(inspect(&bytes))?;
        let scratch = match &self.cache {
            Some(cache) => cache.scratch(),
            None => tempfile::tempdir_in(self.code_dir()),
        };
        let failed = |error: io::Error| SandboxError::Compile {
            file: file.to_owned(),
            reason: error.to_string(),
        };
        let scratch = scratch.map_err(failed)?;
        // The child gets the very bytes that were looked at, whatever becomes of the file.
        let component = scratch.path().join("component.wasm");
        std::fs::write(&component, bytes).map_err(failed)?;
        let code = scratch.path().join("code");
        Ok(Found::ToCompile(Job {
            scratch,
            component,
            code,
            key,
            inspection,
        }))
    }

    /// Puts fresh code into the cache, if there is one, and maps it.
    fn keep(&self, job: Job) -> Result<(wasmtime::component::Component, Inspection), SandboxError> {
        let code = match (&self.cache, &job.key) {
            (Some(cache), Some(key)) => cache.store(key, &job.scratch, &job.code)?,
            _ => job.code,
        };
        let compiled = map_compiled(&self.engine, &code).map_err(SandboxError::Engine)?;
        Ok((compiled, job.inspection))
    }
}

/// A component that was read.
enum Found {
    Compiled(wasmtime::component::Component, Inspection),
    ToCompile(Job),
}

/// A component that is to be compiled.
struct Job {
    scratch: TempDir,
    component: PathBuf,
    code: PathBuf,
    key: Option<Key>,
    inspection: Inspection,
}

/// What components are linked with.
fn new_linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    Pipeline::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
    Ok(linker)
}

/// Reads a file of at most `limit` bytes.
fn read(file: &Path, limit: u64) -> Result<Vec<u8>, SandboxError> {
    let failed = |source| SandboxError::Read {
        file: file.to_owned(),
        source,
    };
    let too_large = |size| SandboxError::TooLarge {
        file: file.to_owned(),
        exceeded: Exceeded::ComponentSize { size, limit },
    };
    let opened = File::open(file).map_err(failed)?;
    let size = opened.metadata().map_err(failed)?.len();
    if size > limit {
        return Err(too_large(size));
    }
    // Not every file knows its size. The others are read into the right room at once, which nothing
    // has to be moved out of.
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default().saturating_add(1));
    opened
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    let size = bytes.len() as u64;
    if size > limit {
        Err(too_large(size))
    } else {
        Ok(bytes)
    }
}

fn check_parts(file: &Path, inspection: &Inspection, limits: &Limits) -> Result<(), SandboxError> {
    let parts = inspection.parts;
    for (what, wanted, limit) in [
        ("core instances", parts.instances, limits.instances),
        ("memories", parts.memories, limits.memories),
        ("WebAssembly tables", parts.tables, limits.tables),
    ] {
        if wanted > limit {
            let exceeded = Exceeded::Parts {
                what,
                wanted,
                limit,
            };
            return Err(SandboxError::TooLarge {
                file: file.to_owned(),
                exceeded,
            });
        }
    }
    Ok(())
}

/// Instantiates the component, calls `run`, and passes on what is left.
async fn call(
    store: &mut Store<State>,
    component: &Component,
    pipeline: &str,
    params: &[(String, String)],
) -> Result<(), SandboxError> {
    let instance = match component.pre.instantiate_async(&mut *store).await {
        Ok(instance) => instance,
        Err(error) => return Err(failure::stopped(pipeline, &error, store.data())),
    };
    store.data_mut().limiter.instantiated();
    match instance.call_run(&mut *store, params).await {
        Ok(Ok(())) => {}
        Ok(Err(message)) => return Err(failure::failed(pipeline, &message, store.data())),
        Err(error) => return Err(failure::stopped(pipeline, &error, store.data())),
    }
    let finished = store.data_mut().declarations.finish().await;
    finished.map_err(|error| SandboxError::Rejected {
        pipeline: pipeline.to_owned(),
        error: Box::new(error),
    })
}

/// Runs what blocks on a thread that may.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SandboxError> + Send + 'static,
) -> Result<T, SandboxError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(SandboxError::Engine(error.into())),
    }
}
