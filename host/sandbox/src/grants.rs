//! What a run may reach outside of itself. Nothing is inherited: what is not here, is not there.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use wasmtime_wasi::{FsPerms, WasiCtx};

use crate::{error::SandboxError, limits::Limits, output::Output};

/// Receives what a guest prints, as it prints it.
///
/// It is called in the midst of the run and must not block for long.
pub type OutputHook = Arc<dyn Fn(Stream, &[u8]) + Send + Sync>;

/// A guest's output stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Everything that a run is granted; nothing by default.
#[derive(Clone, Default)]
pub struct Grants {
    /// Directories that the guest can open.
    pub dirs: Vec<DirGrant>,
    /// The guest's environment, complete.
    pub env: Vec<(String, String)>,
    /// Who sees what the guest prints; nobody by default.
    pub output: Option<OutputHook>,
}

/// A directory of the host that a guest can open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirGrant {
    /// Where it is on the host.
    pub host: PathBuf,
    /// What the guest calls it.
    pub guest: String,
    /// Whether the guest may change it.
    pub writable: bool,
}

impl DirGrant {
    /// The grant as it is written on the command line.
    fn flag(&self) -> String {
        let flag = if self.writable { "--dir-rw" } else { "--dir" };
        format!("{flag} {}::{}", self.host.display(), self.guest)
    }

    /// The guest's path in the one form that two names of the same directory share.
    fn guest_path(&self) -> String {
        let parts = self
            .guest
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".");
        let path = parts.collect::<Vec<_>>().join("/");
        // A relative path is looked up in the guest's root.
        format!("/{path}")
    }

    fn error(&self, reason: impl Into<String>) -> SandboxError {
        SandboxError::Directory {
            flag: self.flag(),
            reason: reason.into(),
        }
    }

    fn check(&self) -> Result<(), SandboxError> {
        if self.guest.is_empty() {
            return Err(self.error("the path for the guest is empty; write HOST::GUEST"));
        }
        if self.guest.split('/').any(|part| part == "..") {
            return Err(self.error("the path for the guest cannot contain `..`"));
        }
        match std::fs::metadata(&self.host) {
            Ok(found) if found.is_dir() => Ok(()),
            Ok(_) => Err(self.error(format!("{} is not a directory", self.host.display()))),
            Err(error) => Err(self.error(format!(
                "cannot open the directory {}: {error}",
                self.host.display()
            ))),
        }
    }
}

impl fmt::Debug for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values of the environment are often secrets.
        f.debug_struct("Grants")
            .field("dirs", &self.dirs)
            .field(
                "env",
                &self.env.iter().map(|(name, _)| name).collect::<Vec<_>>(),
            )
            .field("output", &self.output.is_some())
            .finish()
    }
}

impl Grants {
    /// Checks what can be granted at all: directories that exist, and paths that do not overlap.
    /// A run does the same; this is for those who want to know before they compile.
    pub fn check(&self) -> Result<(), SandboxError> {
        self.check_overlaps()?;
        self.dirs.iter().try_for_each(DirGrant::check)
    }

    /// The WASI context that grants this and nothing else.
    pub(crate) fn wasi(&self, limits: &Limits, output: &Output) -> Result<WasiCtx, SandboxError> {
        self.check()?;
        let mut wasi = WasiCtx::builder();
        wasi.stdout(output.stream(Stream::Stdout))
            .stderr(output.stream(Stream::Stderr))
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .max_random_size(limits.host_call_bytes as u64);
        for (name, value) in &self.env {
            wasi.env(name, value);
        }
        for dir in &self.dirs {
            let permissions = if dir.writable {
                FsPerms::ReadWrite
            } else {
                FsPerms::ReadOnly
            };
            wasi.preopened_dir(&dir.host, &dir.guest, permissions)
                .map_err(|error| dir.error(format!("cannot open the directory: {error}")))?;
        }
        Ok(wasi.build())
    }

    /// Refuses to let a guest write where compiled code lies: it could put native code there, which
    /// the host would run.
    pub(crate) fn check_apart_from(&self, code: &Path) -> Result<(), SandboxError> {
        let Ok(code) = code.canonicalize() else {
            // No such directory, no code in it.
            return Ok(());
        };
        for dir in self.dirs.iter().filter(|dir| dir.writable) {
            dir.check()?;
            let host = dir
                .host
                .canonicalize()
                .map_err(|error| dir.error(error.to_string()))?;
            if code.starts_with(&host) {
                return Err(dir.error(format!(
                    "the pipeline could change compiled code in {}; grant another directory, or make it read-only with --dir",
                    code.display()
                )));
            }
        }
        Ok(())
    }

    /// One guest path inside another would hide part of it, and which one a guest's library
    /// picks is up to that library.
    fn check_overlaps(&self) -> Result<(), SandboxError> {
        for (index, dir) in self.dirs.iter().enumerate() {
            let path = dir.guest_path();
            for other in self.dirs.iter().take(index) {
                let other_path = other.guest_path();
                if path == other_path {
                    return Err(dir.error(format!(
                        "the guest's path {path} is already taken by {}",
                        other.flag()
                    )));
                }
                if inside(&path, &other_path) || inside(&other_path, &path) {
                    return Err(dir.error(format!(
                        "the guest's path {path} overlaps with {other_path} of {}",
                        other.flag()
                    )));
                }
            }
        }
        Ok(())
    }
}

/// Whether `path` lies below `dir`; both begin with a slash.
fn inside(path: &str, dir: &str) -> bool {
    dir == "/"
        || path
            .strip_prefix(dir)
            .is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dir(host: &str, guest: &str) -> DirGrant {
        DirGrant {
            host: host.into(),
            guest: guest.into(),
            writable: false,
        }
    }

    fn message(dirs: Vec<DirGrant>) -> String {
        let grants = Grants {
            dirs,
            ..Grants::default()
        };
        let output = Output::new(0, None);
        match grants.wasi(&Limits::default(), &output) {
            Ok(_) => "granted".into(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_missing_directory_is_named_with_its_flag() {
        insta::assert_snapshot!(
            message(vec![dir("no/such/place", "/data")]),
            @"--dir no/such/place::/data: cannot open the directory no/such/place: No such file or directory (os error 2)"
        );
    }

    #[test]
    fn a_file_is_not_a_directory() {
        insta::assert_snapshot!(
            message(vec![dir("Cargo.toml", "/data")]),
            @"--dir Cargo.toml::/data: Cargo.toml is not a directory"
        );
    }

    #[test]
    fn guest_paths_do_not_overlap() {
        insta::assert_snapshot!(
            message(vec![dir("src", "/data"), dir("src", "data/./")]),
            @"--dir src::data/./: the guest's path /data is already taken by --dir src::/data"
        );
        insta::assert_snapshot!(
            message(vec![dir("src", "/data/a"), DirGrant { writable: true, ..dir("src", "/data") }]),
            @"--dir-rw src::/data: the guest's path /data overlaps with /data/a of --dir src::/data/a"
        );
        insta::assert_snapshot!(message(vec![dir("src", "/data"), dir("src", "/database")]), @"granted");
    }

    #[test]
    fn guest_paths_are_well_formed() {
        insta::assert_snapshot!(
            message(vec![dir("src", "")]),
            @"--dir src::: the path for the guest is empty; write HOST::GUEST"
        );
        insta::assert_snapshot!(
            message(vec![dir("src", "/a/../b")]),
            @"--dir src::/a/../b: the path for the guest cannot contain `..`"
        );
    }

    #[test]
    fn compiled_code_cannot_be_overwritten() {
        let apart = |guest: DirGrant| {
            let grants = Grants {
                dirs: vec![guest],
                ..Grants::default()
            };
            grants.check_apart_from(Path::new("src/convert"))
        };
        let writable = |host| DirGrant {
            writable: true,
            ..dir(host, "/data")
        };
        apart(dir("src", "/data")).unwrap();
        apart(writable("src/tests")).unwrap();
        apart(writable("src/convert")).unwrap_err();
        let message = apart(writable("src/../src")).unwrap_err().to_string();
        let message = message.replace(env!("CARGO_MANIFEST_DIR"), "CRATE");
        insta::assert_snapshot!(message, @"--dir-rw src/../src::/data: the pipeline could change compiled code in CRATE/src/convert; grant another directory, or make it read-only with --dir");
    }

    #[test]
    fn values_of_the_environment_are_not_shown() {
        let grants = Grants {
            env: vec![("TOKEN".into(), "secret".into())],
            ..Grants::default()
        };
        let shown = format!("{grants:?}");
        assert!(shown.contains("TOKEN") && !shown.contains("secret"));
    }
}
