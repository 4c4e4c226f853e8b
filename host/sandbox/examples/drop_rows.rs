//! Runs a pipeline and drops its rows: what it costs to make them, convert them and pass them on.
//!
//! ```text
//! drop_rows COMPONENT [NAME=VALUE]...
//! ```
//!
//! Compiled code is kept in the directory `$LANCE_HOST_CACHE`, if it is set. Prints how many rows and
//! batches came, as JSON.

use std::{
    env,
    ffi::OsString,
    path::Path,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use lance_host_sandbox::{
    CompileCommand, Grants, IndexDeclaration, Limits, Sandbox, TableDeclaration, TableHandle,
    Target, TargetError, compile_child,
};

/// Where rows end.
#[derive(Clone, Default)]
struct Nowhere(Arc<Counts>);

#[derive(Default)]
struct Counts {
    tables: AtomicU64,
    batches: AtomicU64,
    rows: AtomicU64,
}

#[async_trait]
impl Target for Nowhere {
    async fn declare_table(&mut self, _: TableDeclaration) -> Result<TableHandle, TargetError> {
        let table = self.0.tables.fetch_add(1, Relaxed);
        Ok(TableHandle(u32::try_from(table).unwrap_or(u32::MAX)))
    }

    async fn declare_rows(&mut self, _: TableHandle, rows: RecordBatch) -> Result<(), TargetError> {
        self.0.batches.fetch_add(1, Relaxed);
        self.0.rows.fetch_add(rows.num_rows() as u64, Relaxed);
        Ok(())
    }

    async fn declare_index(
        &mut self,
        _: TableHandle,
        _: IndexDeclaration,
    ) -> Result<(), TargetError> {
        Ok(())
    }
}

/// The first argument with which the program compiles in a process of its own.
const COMPILE: &str = "--compile";

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let done = match arguments.as_slice() {
        [first, component, output, memory, seconds] if first == COMPILE => {
            compile(component, output, memory, seconds)
        }
        [component, params @ ..] => drop_rows(Path::new(component), params),
        [] => Err("usage: drop_rows COMPONENT [NAME=VALUE]...".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprint!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn compile(
    component: &OsString,
    output: &OsString,
    memory: &OsString,
    seconds: &OsString,
) -> Result<(), String> {
    let number = |text: &OsString| {
        let number = text.to_str().and_then(|text| text.parse().ok());
        number.ok_or_else(|| format!("{} is no number", text.display()))
    };
    compile_child(
        Path::new(component),
        Path::new(output),
        number(memory)?,
        Duration::from_secs(number(seconds)?),
    )
    .map_err(|error| error.to_string())
}

#[tokio::main]
async fn drop_rows(component: &Path, params: &[OsString]) -> Result<(), String> {
    let params = params
        .iter()
        .map(|param| {
            let param = param.to_str().and_then(|param| param.split_once('='));
            let (name, value) = param.ok_or("a parameter is NAME=VALUE")?;
            Ok((name.to_owned(), value.to_owned()))
        })
        .collect::<Result<Vec<_>, String>>()?;
    let command = CompileCommand {
        program: env::current_exe().map_err(|error| error.to_string())?,
        args: vec![COMPILE.into()],
    };
    let cache = env::var_os("LANCE_HOST_CACHE").map(Into::into);
    let (limits, grants) = (Limits::default(), Grants::default());
    let nowhere = Nowhere::default();
    let run = async {
        let sandbox = Sandbox::new(command, cache)?;
        let component = sandbox.load(component, &limits).await?;
        let target = Box::new(nowhere.clone());
        sandbox
            .run(&component, "drop_rows", &params, &grants, &limits, target)
            .await
    };
    run.await.map_err(|error| error.to_string())?;
    let counts = &nowhere.0;
    println!(
        r#"{{"tables": {}, "batches": {}, "rows": {}}}"#,
        counts.tables.load(Relaxed),
        counts.batches.load(Relaxed),
        counts.rows.load(Relaxed)
    );
    Ok(())
}
