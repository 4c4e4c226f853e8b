//! Compiled code, kept between runs in a directory that only this user can reach.
//!
//! An entry is named for the content it was compiled from and for the engine it was compiled
//! for, so that it never needs to be invalidated: code for another engine is another entry, and
//! the least recently used entries go when the directory grows too large. Compiled code is
//! trusted. What protects it from others is the directory; a checksum protects it from accidents.

use std::{
    fs::{self, DirBuilder, File},
    hash::{Hash, Hasher},
    io,
    os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use tempfile::TempDir;
use wasmtime::Engine;
use xxhash_rust::xxh3::{Xxh3Default, xxh3_128};

use crate::{component::map_compiled, error::SandboxError};

/// How large the directory may grow, in bytes.
const MAX_SIZE: u64 = 2 << 30;

/// When the remains of a process that died while compiling are removed.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// How many bytes of a file are read at a time.
const READ: usize = 256 << 10;

const CODE: &str = "cwasm";
const CHECKSUM: &str = "xxh3";
const SCRATCH: &str = "compiling-";

/// The directory.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    dir: PathBuf,
    max_size: u64,
}

/// Names an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key(String);

impl Key {
    /// The name for a component's bytes.
    ///
    /// The content's hash is cryptographic: with a weaker one, somebody could build a component
    /// that is taken for another's.
    pub(crate) fn new(component: &[u8], engine: &Engine) -> Self {
        let mut hasher = Xxh3Default::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Self(format!(
            "{}-{:016x}",
            blake3::hash(component).to_hex(),
            hasher.finish()
        ))
    }
}

impl Cache {
    /// Opens the directory, and makes it if it is not there.
    pub(crate) fn open(dir: PathBuf) -> Result<Self, SandboxError> {
        let error = |reason: String| SandboxError::Cache {
            dir: dir.clone(),
            reason,
        };
        let create = || {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&dir)
                .and_then(|()| fs::metadata(&dir))
        };
        let found = create().map_err(|source| error(source.to_string()))?;
        if found.uid() != rustix::process::geteuid().as_raw() {
            return Err(error("the directory belongs to somebody else".into()));
        }
        if found.mode() & 0o077 != 0 {
            fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).map_err(|source| {
                error(format!(
                    "others can reach the directory, and that cannot be changed: {source}"
                ))
            })?;
        }
        Ok(Self {
            dir,
            max_size: MAX_SIZE,
        })
    }

    /// Where it is.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The compiled code of a component, if it is there and whole.
    pub(crate) fn load(
        &self,
        engine: &Engine,
        key: &Key,
    ) -> Option<wasmtime::component::Component> {
        let code = self.path(key, CODE);
        let expected = fs::read(self.path(key, CHECKSUM)).ok()?;
        if checksum(&code).ok()? != expected {
            return None;
        }
        let component = map_compiled(engine, &code).ok()?;
        // Marks the entry as used. Should that fail, it only goes earlier than it might.
        let _ = File::open(&code).and_then(|file| file.set_modified(SystemTime::now()));
        Some(component)
    }

    /// A directory to compile in, on the same file system as the entries.
    pub(crate) fn scratch(&self) -> io::Result<TempDir> {
        tempfile::Builder::new()
            .prefix(SCRATCH)
            .tempdir_in(&self.dir)
    }

    /// Makes a file in [`scratch`](Self::scratch) an entry, in place of what was there.
    pub(crate) fn store(
        &self,
        key: &Key,
        scratch: &TempDir,
        code: &Path,
    ) -> Result<PathBuf, SandboxError> {
        let stored = self.path(key, CODE);
        let store = || {
            let sum = scratch.path().join(CHECKSUM);
            fs::write(&sum, checksum(code)?)?;
            // The checksum first: code without one is not used, and neither is code with that of
            // another process, which is compiled again.
            fs::rename(sum, self.path(key, CHECKSUM))?;
            fs::rename(code, &stored)?;
            self.shrink(&stored)
        };
        match store() {
            Ok(()) => Ok(stored),
            Err(error) => Err(SandboxError::Cache {
                dir: self.dir.clone(),
                reason: error.to_string(),
            }),
        }
    }

    /// Removes the least recently used entries until the rest is small enough, but for `keep`.
    fn shrink(&self, keep: &Path) -> io::Result<()> {
        let mut entries = Vec::new();
        let mut total = 0u64;
        for entry in fs::read_dir(&self.dir)? {
            let path = entry?.path();
            // Another process may remove it meanwhile.
            let Ok(found) = fs::symlink_metadata(&path) else {
                continue;
            };
            let used = found.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            if found.is_dir() {
                let ours = path
                    .file_name()
                    .is_some_and(|name| name.to_string_lossy().starts_with(SCRATCH));
                if ours && used.elapsed().is_ok_and(|age| age > ABANDONED) {
                    let _ = fs::remove_dir_all(&path);
                }
            } else if path.extension().is_some_and(|extension| extension == CODE) {
                total = total.saturating_add(found.len());
                entries.push((used, found.len(), path));
            }
        }
        entries.sort();
        for (_, size, path) in entries {
            if total <= self.max_size {
                break;
            }
            if path != keep {
                let _ = fs::remove_file(path.with_extension(CHECKSUM));
                let _ = fs::remove_file(&path);
                total = total.saturating_sub(size);
            }
        }
        Ok(())
    }

    fn path(&self, key: &Key, extension: &str) -> PathBuf {
        self.dir.join(&key.0).with_extension(extension)
    }
}

/// A file's checksum, as it is written beside it. The file may be large: it is not kept, and its parts
/// are read side by side.
fn checksum(file: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(file)?;
    let size = file.metadata()?.len();
    let starts: Vec<u64> = (0..size).step_by(READ).collect();
    let sums = starts.into_par_iter().map_init(
        || vec![0; READ],
        |buffer, start| {
            let length = usize::try_from(size - start).map_or(READ, |rest| rest.min(READ));
            let part = buffer.get_mut(..length).unwrap_or_default();
            file.read_exact_at(part, start)?;
            Ok(xxh3_128(part))
        },
    );
    let sums: io::Result<Vec<u128>> = sums.collect();
    let mut whole = Xxh3Default::new();
    for sum in sums? {
        whole.update(&sum.to_le_bytes());
    }
    Ok(format!("{:032x}\n", whole.digest128()).into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine;

    struct World {
        engine: Engine,
        cache: Cache,
        _root: TempDir,
    }

    impl World {
        fn new() -> Self {
            let root = tempfile::tempdir().unwrap();
            let cache = Cache::open(root.path().join("nested/cache")).unwrap();
            Self {
                engine: engine::new_engine().unwrap(),
                cache,
                _root: root,
            }
        }

        fn key(&self, wat: &str) -> Key {
            Key::new(&wat::parse_str(wat).unwrap(), &self.engine)
        }

        fn store(&self, wat: &str) -> Key {
            let key = self.key(wat);
            let scratch = self.cache.scratch().unwrap();
            let code = scratch.path().join("code");
            let component = wat::parse_str(wat).unwrap();
            fs::write(&code, self.engine.precompile_component(&component).unwrap()).unwrap();
            self.cache.store(&key, &scratch, &code).unwrap();
            key
        }

        fn has(&self, key: &Key) -> bool {
            self.cache.load(&self.engine, key).is_some()
        }
    }

    const A: &str = "(component (core module (func)))";
    const B: &str = "(component (core module (func) (func)))";

    #[test]
    fn what_was_stored_is_loaded() {
        let world = World::new();
        assert!(!world.has(&world.key(A)));
        let key = world.store(A);
        assert!(world.has(&key));
        assert!(!world.has(&world.key(B)));
    }

    #[test]
    fn damaged_code_is_not_loaded() {
        let world = World::new();
        let key = world.store(A);
        let path = world.cache.path(&key, CODE);
        let mut code = fs::read(&path).unwrap();
        let middle = code.len() / 2;
        code[middle] ^= 1;
        fs::write(&path, &code).unwrap();
        assert!(!world.has(&key));
        fs::write(&path, b"").unwrap();
        assert!(!world.has(&key));
        world.store(A);
        assert!(world.has(&key));
    }

    #[test]
    fn code_of_another_engine_is_not_loaded() {
        let world = World::new();
        let other = Engine::new(wasmtime::Config::new().epoch_interruption(false)).unwrap();
        let component = wat::parse_str(A).unwrap();
        assert_ne!(Key::new(&component, &other), world.key(A));
        // Even under the right name.
        let scratch = world.cache.scratch().unwrap();
        let code = scratch.path().join("code");
        fs::write(&code, other.precompile_component(&component).unwrap()).unwrap();
        world.cache.store(&world.key(A), &scratch, &code).unwrap();
        assert!(!world.has(&world.key(A)));
    }

    #[test]
    fn others_cannot_reach_the_directory() {
        let root = tempfile::tempdir().unwrap();
        let mode = |dir: &Path| fs::metadata(dir).unwrap().mode() & 0o777;
        let made = Cache::open(root.path().join("made")).unwrap();
        assert_eq!(mode(&made.dir), 0o700);
        let found = root.path().join("found");
        fs::create_dir(&found).unwrap();
        fs::set_permissions(&found, fs::Permissions::from_mode(0o777)).unwrap();
        Cache::open(found.clone()).unwrap();
        assert_eq!(mode(&found), 0o700);
    }

    #[test]
    fn the_least_recently_used_entry_goes_first() {
        let mut world = World::new();
        let (a, b) = (world.store(A), world.store(B));
        let hour_ago = SystemTime::now() - Duration::from_secs(3600);
        for key in [&a, &b] {
            File::open(world.cache.path(key, CODE))
                .unwrap()
                .set_modified(hour_ago)
                .unwrap();
        }
        assert!(world.has(&a), "loading marks it as used");
        let size = fs::metadata(world.cache.path(&a, CODE)).unwrap().len();
        world.cache.max_size = size * 5 / 2;
        let c = world.store("(component (core module (func) (func) (func)))");
        assert!(world.has(&a) && world.has(&c));
        assert!(!world.has(&b));
        assert!(!world.cache.path(&b, CHECKSUM).exists());
    }

    #[test]
    fn a_file_in_the_way_says_what_to_do() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        let message = Cache::open(file).unwrap_err().to_string();
        assert!(message.ends_with("--no-cache does without"), "{message}");
    }
}
