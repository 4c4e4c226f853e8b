//! What happens to a table when the columns that a pipeline declares change.

mod added_and_dropped;
mod metadata;
mod nullability;
mod of_others;
mod rebuild;
mod rules;
mod types;

use arrow::datatypes::DataType;
use lance_host_tests::{Counts, Declare, Outcome, Table, World, items};
use lancedb::index::Index;
use serde_json::{Value, json};

/// A table with the key `id` and whatever columns and rows a test adds.
fn keyed() -> Table {
    Table::new("t").required("id", "utf8").key(&["id"])
}

fn rows(table: Table, rows: impl IntoIterator<Item = Value>) -> Declare {
    Declare::table(rows.into_iter().fold(table, Table::row))
}

/// `id` and `value`, as [`items`] declares them, for the rows a, b and c.
fn three() -> Declare {
    Declare::table(items("t", [("a", 1), ("b", 2), ("c", 3)]))
}

fn counts(inserted: u64, updated: u64, deleted: u64, unchanged: u64) -> Counts {
    Counts {
        inserted,
        updated,
        deleted,
        unchanged,
    }
}

/// Runs and expects this action, these changes of columns and these counts.
#[track_caller]
fn changes(world: &World, declare: &Declare, action: &str, columns: &[&str], rows: Counts) {
    let plan = world.plan("p", declare).exits(10);
    let report = world.declare("p", declare).exits(0);
    for outcome in [plan, report] {
        let table = outcome.table("t");
        assert_eq!(table["action"], action, "{table}");
        assert_eq!(table["schema_changes"], json!(columns), "{table}");
        assert_eq!(outcome.counts("t"), rows);
    }
    settled(world, declare);
}

/// Runs again and expects that nothing changes.
#[track_caller]
fn settled(world: &World, declare: &Declare) {
    let version = world.table("t").version();
    let again = world.declare("p", declare).exits(0);
    assert_eq!(again.json()["status"], "unchanged", "{}", again.stdout);
    assert_eq!(world.table("t").version(), version);
}

/// Runs, expects a refusal with this exit code, and that nothing was written.
#[track_caller]
fn refused(world: &World, pipeline: &str, declare: &Declare, code: i32) -> Outcome {
    let (version, before) = (world.table("t").version(), world.table("t").printed());
    let outcome = world.declaring("run", pipeline, declare).exits(code);
    assert_eq!(world.table("t").version(), version);
    assert_eq!(world.table("t").printed(), before);
    outcome
}
