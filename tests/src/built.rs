//! Where the command, the components and the Python interpreter are.
//!
//! `cargo xtask test` builds them and tells. Without it, the places where it puts them are tried.

use std::{
    collections::HashMap,
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, LazyLock, Mutex, OnceLock},
};

/// A component to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Guest {
    /// Declares whatever a test states; see `tests/guests/rows`.
    Rows,
    /// Misbehaves in every way; see `tests/guests/evil`.
    Evil,
    /// Has what only the Rust SDK has; see `tests/guests/sdk`.
    Sdk,
    /// The Rust SDK in the suite of all SDKs; see `tests/guests/rust-sdk`.
    SdkRust,
    /// Uses the whole Python SDK; see `tests/guests/python-sdk`.
    SdkPython,
    /// Uses the whole C SDK; see `tests/guests/c-sdk`.
    SdkC,
    /// Uses the whole Go SDK; see `tests/guests/go-sdk`.
    SdkGo,
    /// Uses the whole Zig SDK; see `tests/guests/zig-sdk`.
    SdkZig,
    /// Uses the whole JavaScript SDK; see `tests/guests/javascript-sdk`.
    SdkJavaScript,
    /// Written in Python against the bare contract; see `tests/guests/python`.
    Python,
    /// Written in JavaScript against the bare contract; see `tests/guests/javascript`.
    JavaScript,
    /// Makes tables of a binary log, with the C SDK; see `examples/sensor-log`.
    SensorLog,
    /// Makes tables of flights, with the Go SDK; see `examples/flights`.
    Flights,
    /// Makes tables of the time zone database, with the Zig SDK; see `examples/time-zones`.
    TimeZones,
    /// Makes a catalogue of products, with the JavaScript SDK; see `examples/labware-catalogue`.
    LabwareCatalogue,
    /// Written in Rust against the bare contract; see `examples/contract-only`.
    ContractOnly,
    /// Makes a searchable table of a folder of Markdown; see `examples/markdown-search`.
    MarkdownSearch,
    /// Makes a typed table of the dump of an API; see `examples/car-models`.
    CarModels,
    /// Was a program for CocoIndex; see `examples/cocoindex-port`.
    CocoindexPort,
}

impl Guest {
    /// The component's file.
    pub fn file(self) -> PathBuf {
        let name = match self {
            Self::Rows => "guest-rows",
            Self::Evil => "guest-evil",
            Self::Sdk => "guest-sdk-behaviour",
            Self::SdkRust => "sdk-rust",
            Self::SdkPython => "sdk-python",
            Self::SdkC => "sdk-c",
            Self::SdkGo => "sdk-go",
            Self::SdkZig => "sdk-zig",
            Self::SdkJavaScript => "sdk-javascript",
            Self::Python => "python",
            Self::JavaScript => "javascript",
            Self::SensorLog => "sensor-log",
            Self::Flights => "flights",
            Self::TimeZones => "time-zones",
            Self::LabwareCatalogue => "labware-catalogue",
            Self::ContractOnly => "contract-only",
            Self::MarkdownSearch => "markdown-search",
            Self::CarModels => "car-models",
            Self::CocoindexPort => "cocoindex-port",
        };
        present(components().join(format!("{name}.wasm")), "component")
    }

    /// The component's file, whose compiled code is in the cache that all tests share.
    ///
    /// The tests of a guest start at the same time, and each would compile it: with the engine of
    /// Python or JavaScript in it, that takes ten seconds of two cores.
    pub(crate) fn compiled(self) -> PathBuf {
        static COMPILED: LazyLock<Mutex<HashMap<Guest, Arc<OnceLock<()>>>>> =
            LazyLock::new(Mutex::default);
        let file = self.file();
        let once = {
            let mut compiled = COMPILED.lock().expect("nothing panics that holds it");
            Arc::clone(compiled.entry(self).or_default())
        };
        // How it ends is for the tests to look at, which give it what it needs.
        once.get_or_init(|| {
            let home = tempfile::tempdir().expect("a temporary directory can be made");
            Command::new(host())
                .arg("plan")
                .arg(&file)
                .current_dir(home.path())
                .env("LANCE_HOST_CACHE", cache())
                .stdin(Stdio::null())
                .output()
                .expect("the command can be started");
        });
        file
    }
}

fn components() -> PathBuf {
    env::var_os("LANCE_HOST_GUESTS")
        .map_or_else(|| target().join("guests/components"), PathBuf::from)
}

/// Where guests are built: cargo's target folder for them, and the components in it.
pub fn guest_target() -> PathBuf {
    let mut folder = components();
    folder.pop();
    folder
}

/// The command under test.
pub(crate) fn host() -> PathBuf {
    let file = env::var_os("LANCE_HOST_BIN")
        .map_or_else(|| target().join("debug/lance-host"), PathBuf::from);
    present(file, "command")
}

/// The interpreter that has the official `lancedb` package.
pub fn python() -> PathBuf {
    let file = env::var_os("LANCE_HOST_PYTHON")
        .map_or_else(|| target().join("venv/bin/python"), PathBuf::from);
    present(file, "Python interpreter")
}

/// The folder of the data sets that examples use.
pub fn data() -> PathBuf {
    let folder = target().join("data");
    assert!(
        folder.is_dir(),
        "there is no {}; `cargo xtask test` installs it",
        folder.display()
    );
    folder
}

/// Compiled components that all tests share, so that each is compiled once.
pub(crate) fn cache() -> PathBuf {
    target().join("tests/cache")
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("target")
}

fn present(file: PathBuf, what: &str) -> PathBuf {
    assert!(
        file.is_file(),
        "there is no {what} at {}; `cargo xtask test` builds everything that the tests need",
        file.display()
    );
    file
}
