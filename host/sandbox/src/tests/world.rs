//! A sandbox with a target that remembers, and components as text.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use arrow::array::RecordBatch;
use async_trait::async_trait;
use tempfile::TempDir;

use crate::{
    CompileCommand, Component, Grants, IndexDeclaration, Limits, Sandbox, SandboxError,
    TableDeclaration, TableHandle, Target, TargetError, compile_child,
};

/// A sandbox with a cache of its own, and a directory for components.
pub(super) struct World {
    pub(super) sandbox: Sandbox,
    pub(super) limits: Limits,
    pub(super) declared: Declared,
    dir: TempDir,
}

/// What reached the target.
#[derive(Clone, Default)]
pub(super) struct Declared {
    pub(super) tables: Arc<Mutex<Vec<TableDeclaration>>>,
    pub(super) rows: Arc<Mutex<Vec<(TableHandle, RecordBatch)>>>,
    pub(super) indexes: Arc<Mutex<Vec<(TableHandle, IndexDeclaration)>>>,
}

#[async_trait]
impl Target for Declared {
    async fn declare_table(&mut self, table: TableDeclaration) -> Result<TableHandle, TargetError> {
        let mut tables = self.tables.lock().unwrap();
        tables.push(table);
        Ok(TableHandle(u32::try_from(tables.len() - 1).unwrap()))
    }

    async fn declare_rows(
        &mut self,
        table: TableHandle,
        rows: RecordBatch,
    ) -> Result<(), TargetError> {
        self.rows.lock().unwrap().push((table, rows));
        Ok(())
    }

    async fn declare_index(
        &mut self,
        table: TableHandle,
        index: IndexDeclaration,
    ) -> Result<(), TargetError> {
        self.indexes.lock().unwrap().push((table, index));
        Ok(())
    }
}

impl World {
    pub(super) fn new() -> Self {
        Self::build(compile_command(), true)
    }

    pub(super) fn without_cache() -> Self {
        Self::build(compile_command(), false)
    }

    pub(super) fn compiling_with(program: &str) -> Self {
        let compile = CompileCommand {
            program: program.into(),
            args: Vec::new(),
        };
        Self::build(compile, true)
    }

    fn build(compile: CompileCommand, cached: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let cache = cached.then(|| dir.path().join("cache"));
        Self {
            sandbox: Sandbox::new(compile, cache).unwrap(),
            limits: Limits::default().with_timeout(Duration::from_secs(20)),
            declared: Declared::default(),
            dir,
        }
    }

    pub(super) fn with_limits(limits: Limits) -> Self {
        Self {
            limits,
            ..Self::new()
        }
    }

    /// Writes a file into the directory of components.
    pub(super) fn file(&self, bytes: &[u8]) -> PathBuf {
        let file = self.dir.path().join("pipeline.wasm");
        std::fs::write(&file, bytes).unwrap();
        file
    }

    pub(super) async fn load(&self, wat: &str) -> Result<Component, SandboxError> {
        let file = self.file(&wat::parse_str(wat).unwrap());
        self.sandbox.load(&file, &self.limits).await
    }

    pub(super) async fn run(&self, wat: &str) -> Result<(), SandboxError> {
        self.run_with(&self.load(wat).await?, &[]).await
    }

    pub(super) async fn run_with(
        &self,
        component: &Component,
        params: &[(String, String)],
    ) -> Result<(), SandboxError> {
        let target = Box::new(self.declared.clone());
        let grants = Grants::default();
        self.sandbox
            .run(component, "docs", params, &grants, &self.limits, target)
            .await
    }

    /// The message of a load or run that fails, without what differs between machines.
    pub(super) async fn message(&self, wat: &str) -> String {
        let error = self.run(wat).await.unwrap_err();
        self.redacted(&error)
    }

    pub(super) fn redacted(&self, error: &SandboxError) -> String {
        let dir = self.dir.path().display().to_string();
        format!("{:?}: {error}", error.kind()).replace(&dir, "DIR")
    }
}

/// A component whose core module is `body` and exports `run`, `mem` and `realloc`.
pub(super) fn pipeline(body: &str) -> String {
    format!("(component (core module $m {body}) (core instance $i (instantiate $m)) {LIFT})")
}

/// Exports `run` of the core instance `$i` as the contract wants it.
pub(super) const LIFT: &str = r#"
    (func (export "run") (param "params" (list (tuple string string))) (result (result (error string)))
        (canon lift (core func $i "run") (memory (core memory $i "mem")) (realloc (core func $i "realloc"))))"#;

/// The parts that every core module needs: a memory, and an allocator that gives out one place.
pub(super) const MEMORY: &str = r#"
    (memory (export "mem") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)"#;

/// A component whose `run` does `body` and then succeeds: address 0 holds zeros, which is `ok`.
pub(super) fn doing(body: &str) -> String {
    with("", body)
}

/// The same, with more parts of the core module.
pub(super) fn with(parts: &str, body: &str) -> String {
    pipeline(&format!(
        r#"{MEMORY} {parts} (func (export "run") (param i32 i32) (result i32) {body} i32.const 0)"#
    ))
}

/// Starts this very test program as the child that compiles.
fn compile_command() -> CompileCommand {
    let args = [
        "--exact",
        "tests::world::compiling_child",
        "--ignored",
        "--nocapture",
    ];
    CompileCommand {
        program: std::env::current_exe().unwrap(),
        args: args.iter().map(OsString::from).collect(),
    }
}

/// The body of the child. The arguments that the sandbox appends are filters of tests to the test
/// program, and match none.
#[test]
#[ignore = "not a test: other tests start it as a child process"]
fn compiling_child() {
    let args: Vec<String> = std::env::args().collect();
    let [.., component, output, memory, cpu] = args.as_slice() else {
        panic!("{args:?}")
    };
    let (memory, cpu) = (memory.parse().unwrap(), cpu.parse().unwrap());
    let (component, output) = (Path::new(component), Path::new(output));
    if let Err(error) = compile_child(component, output, memory, Duration::from_secs(cpu)) {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
