//! The files of a folder as a table, without an SDK.
//!
//! It uses [`wit/pipeline.wit`](../../../wit/pipeline.wit) and what the ordinary generator of the
//! language makes of it, and nothing else. Whoever writes pipelines in a language that has no SDK
//! does the same there.
//!
//! The parameter `root` is the folder, `/data` if nothing is said.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "tests may panic"
    )
)]

mod bindings;
mod columns;
mod files;

use bindings::lance_host::pipeline::{
    target::declare_table,
    types::{Column, Field, TargetError},
};
use files::Entry;

/// The export of the world.
struct Pipeline;

impl bindings::Guest for Pipeline {
    fn run(params: Vec<(String, String)>) -> Result<(), String> {
        // The last value of a name counts, as with most commands.
        let root = params.iter().rfind(|(name, _)| name == "root");
        let root = root.map_or("/data", |(_, value)| value);
        let files = files::list(root.as_ref())?;
        declare(&files)
    }
}

#[allow(unsafe_code, reason = "exports cross the component boundary")]
const _: () = {
    bindings::export!(Pipeline with_types_in bindings);
};

/// How many rows go in one call. Some of them should make about 1 MiB together.
const BATCH: usize = 8192;

/// Declares a table and its rows. The host makes the database match once `run` has returned.
fn declare(files: &[Entry]) -> Result<(), String> {
    let fields = [
        field("path", "utf8", false),
        field("bytes", "int64", false),
        field("lines", "int64", true),
    ];
    let key = ["path".to_owned()];
    let table =
        declare_table("default", "files", &fields, &key, &[]).map_err(|error| described(&error))?;
    for batch in files.chunks(BATCH) {
        table
            .declare_rows(&batch_columns(batch))
            .map_err(|error| described(&error))?;
    }
    Ok(())
}

/// One column a field, in their order.
fn batch_columns(files: &[Entry]) -> Vec<Column> {
    vec![
        columns::texts(files.iter().map(|file| file.path.as_str())),
        columns::integers(files.iter().map(|file| Some(file.bytes))),
        columns::integers(files.iter().map(|file| file.lines)),
    ]
}

fn field(name: &str, data_type: &str, nullable: bool) -> Field {
    Field {
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        nullable,
        metadata: Vec::new(),
    }
}

/// What the host refused, as the user reads it.
fn described(error: &TargetError) -> String {
    let mut text = String::new();
    if let Some(table) = &error.table {
        text.push_str(&format!("table {table}, "));
    }
    if let Some(column) = &error.column {
        text.push_str(&format!("column {column}, "));
    }
    if let Some(row) = error.row {
        text.push_str(&format!("row {row}, "));
    }
    format!("{text}{} ({})", error.message, error.code)
}
