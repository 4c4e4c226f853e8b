//! A directory of its own for each test, and the command in it.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

use tempfile::TempDir;

use crate::{Declare, ForeignTable, Guest, Outcome, built};

/// The database `default` of a world, as the command finds it without a flag.
const DATABASE: &str = "lance_data";

/// A directory in which the command runs; its database is `lance_data`.
pub struct World {
    home: TempDir,
    declarations: AtomicU32,
}

/// An invocation that is still to be started.
pub struct Run<'a> {
    world: &'a World,
    command: Command,
}

impl World {
    /// An empty one.
    #[expect(
        clippy::new_without_default,
        reason = "a directory on disk is no default value"
    )]
    pub fn new() -> Self {
        let home = TempDir::with_prefix("lance-host-").expect("a temporary directory can be made");
        Self {
            home,
            declarations: AtomicU32::new(0),
        }
    }

    /// Another one with the same files.
    pub fn copy(&self) -> Self {
        let copy = Self::new();
        copy_directory(self.home.path(), copy.home.path());
        let number = self.declarations.load(Relaxed);
        copy.declarations.store(number, Relaxed);
        copy
    }

    /// A path in it.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.home.path().join(name)
    }

    /// What a program for Python prints that is given the database, and has the official `lancedb`
    /// package.
    pub fn python(&self, program: &str) -> String {
        let output = Command::new(built::python())
            .arg("-c")
            .arg(program)
            .arg(self.database())
            .output()
            .expect("the interpreter can be started");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        String::from_utf8(output.stdout).expect("the program prints text")
    }

    /// The directory of database `default`.
    pub fn database(&self) -> PathBuf {
        self.path(DATABASE)
    }

    /// Writes a file into it.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).expect("files can be written");
        path
    }

    /// A table of database `default`, as everybody else sees it.
    #[track_caller]
    pub fn table(&self, name: &str) -> ForeignTable {
        self.find_table(name)
            .unwrap_or_else(|| panic!("there is no table {name}"))
    }

    /// The same, if there is one.
    pub fn find_table(&self, name: &str) -> Option<ForeignTable> {
        ForeignTable::open(&self.database(), name)
    }

    /// Whether database `default` lists a table of this name.
    pub fn has_table(&self, name: &str) -> bool {
        self.tables().iter().any(|table| table == name)
    }

    /// The tables that database `default` lists.
    pub fn tables(&self) -> Vec<String> {
        let (runtime, connection) = crate::connect(&self.database());
        runtime
            .block_on(connection.table_names().execute())
            .expect("tables can be listed")
    }

    /// The command with these arguments.
    pub fn host<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Run<'_> {
        let mut command = Command::new(built::host());
        command
            .args(arguments)
            .current_dir(self.home.path())
            .env("LANCE_HOST_CACHE", built::cache())
            .env_remove("RUST_BACKTRACE")
            // What these tests were linted with, a user's project is not.
            .env_remove("RUSTC_WORKSPACE_WRAPPER")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Run {
            world: self,
            command,
        }
    }

    /// `run` of a component.
    pub fn run(&self, guest: Guest) -> Run<'_> {
        self.host([OsStr::new("run"), guest.compiled().as_os_str()])
    }

    /// `run --json` of a pipeline that declares this.
    pub fn declare(&self, pipeline: &str, declare: &Declare) -> Run<'_> {
        self.declaring("run", pipeline, declare).arg("--json")
    }

    /// `plan --json` of a pipeline that declares this.
    pub fn plan(&self, pipeline: &str, declare: &Declare) -> Run<'_> {
        self.declaring("plan", pipeline, declare).arg("--json")
    }

    /// `run` or `plan` of a pipeline that declares this.
    pub fn declaring(&self, command: &str, pipeline: &str, declare: &Declare) -> Run<'_> {
        // A file, because the declaration may be too long for an argument; a new one each
        // time, because two processes may run at once.
        let number = self.declarations.fetch_add(1, Relaxed);
        let folder = self.path("declarations");
        fs::create_dir_all(&folder).expect("directories can be made");
        let name = format!("{number}.json");
        let text = serde_json::to_vec(declare).expect("a declaration is JSON");
        fs::write(folder.join(&name), text).expect("files can be written");
        self.host([OsStr::new(command), Guest::Rows.file().as_os_str()])
            .arg("--name")
            .arg(pipeline)
            .arg("--dir")
            .arg("declarations::/declarations")
            .arg("--param")
            .arg(format!("declare_file=/declarations/{name}"))
    }
}

fn copy_directory(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("directories can be made");
    for entry in fs::read_dir(from).expect("directories can be read") {
        let path = entry.expect("directories can be read").path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy_directory(&path, &target);
        } else {
            fs::copy(&path, &target).expect("files can be copied");
        }
    }
}

impl Run<'_> {
    /// One more argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// More arguments.
    pub fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.command.args(arguments);
        self
    }

    /// A parameter for the pipeline.
    pub fn param(self, name: &str, value: &str) -> Self {
        self.arg("--param").arg(format!("{name}={value}"))
    }

    /// A variable in the command's own environment.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// The same, started by another program, which takes the command after its own arguments.
    pub fn under<S: AsRef<OsStr>>(
        mut self,
        program: &str,
        arguments: impl IntoIterator<Item = S>,
    ) -> Self {
        let mut outer = Command::new(program);
        outer
            .args(arguments)
            .arg(self.command.get_program())
            .args(self.command.get_args())
            .current_dir(self.world.home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, value) in self.command.get_envs() {
            match value {
                Some(value) => outer.env(name, value),
                None => outer.env_remove(name),
            };
        }
        self.command = outer;
        self
    }

    /// What the command reads from standard input.
    pub fn input(mut self, text: &str) -> Self {
        let file = self.world.write("standard-input", text);
        let file = fs::File::open(file).expect("files can be read");
        self.command.stdin(file);
        self
    }

    /// Runs to the end.
    pub fn outcome(mut self) -> Outcome {
        let output = self.command.output().expect("the command can be started");
        Outcome::new(output, self.world.home.path())
    }

    /// Runs to the end and expects this exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Outcome {
        self.outcome().exits(code)
    }

    /// Runs to the end with a terminal as standard input and error, on which somebody types
    /// this; standard error is what the terminal shows.
    #[cfg(unix)]
    pub fn on_terminal(self, typed: &str) -> Outcome {
        let output = crate::terminal::run(self.command, typed);
        Outcome::new(output, self.world.home.path())
    }

    /// Starts and does not wait.
    pub fn start(mut self) -> Child {
        self.command.spawn().expect("the command can be started")
    }
}
