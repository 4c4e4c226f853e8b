//! Rows beyond the memory budget, and rows that are written while the pipeline still runs: where
//! they lie meanwhile changes nothing of what a user sees.

use std::{path::Path, process::Child, thread, time::Duration};

use lance_host_tests::{Counts, Declare, Ending, Table, World, items, signal};
use serde_json::json;

/// So little that rows, their index and what changes all go to disk.
const TINY: &str = "64KiB";

fn numbered(count: i64, value: impl Fn(i64) -> i64) -> Vec<(String, i64)> {
    let rows = (0..count).map(|number| (format!("row {number:05}"), value(number)));
    rows.collect()
}

fn table(rows: &[(String, i64)]) -> Declare {
    let rows = rows.iter().map(|(id, value)| (id.as_str(), *value));
    Declare::table(items("t", rows))
}

fn stored(rows: &[(String, i64)]) -> Vec<(String, Option<i64>)> {
    rows.iter()
        .map(|(id, value)| (id.clone(), Some(*value)))
        .collect()
}

fn inserted(rows: u64) -> Counts {
    Counts {
        inserted: rows,
        updated: 0,
        deleted: 0,
        unchanged: 0,
    }
}

fn unchanged(rows: u64) -> Counts {
    Counts {
        unchanged: rows,
        ..inserted(0)
    }
}

/// A table of rows that are so large that they are written while the pipeline runs.
fn large(rows: i64, fill: &str) -> Table {
    let empty = Table::new("t")
        .required("id", "int64")
        .nullable("text", "utf8")
        .key(&["id"]);
    (0..rows).fold(empty, |table, id| {
        table.row(json!([id, format!("{id} {}", fill.repeat(1 << 20))]))
    })
}

/// Everything below a directory, but for the directories themselves.
fn files(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(directory) else {
        return found;
    };
    for entry in entries.flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path().display().to_string());
        }
    }
    found
}

#[test]
fn a_tiny_memory_budget_changes_nothing_but_where_rows_wait() {
    let world = World::new();
    let run = |rows: &[(String, i64)]| {
        let outcome = world
            .declare("p", &table(rows))
            .arg("--memory-budget")
            .arg(TINY)
            .arg("--allow-destructive")
            .exits(0);
        assert_eq!(world.table("t").items(), stored(rows));
        outcome.counts("t")
    };
    let rows = numbered(20_000, |number| number);
    assert_eq!(run(&rows), inserted(20_000));
    assert_eq!(run(&rows), unchanged(20_000));
    let some = numbered(20_000, |number| number + i64::from(number % 100 == 7));
    assert_eq!(run(&some).updated, 200);
    let all = numbered(20_000, |number| -number - 1);
    assert_eq!(run(&all).updated, 20_000);
    assert_eq!(run(&all), unchanged(20_000));
    let half = &all[..10_000];
    assert_eq!(run(half).deleted, 10_000);
    assert_eq!(run(half), unchanged(10_000));
}

#[test]
fn a_key_that_is_declared_twice_is_found_however_far_apart_the_rows_are() {
    let world = World::new();
    let mut rows = numbered(20_000, |number| number);
    rows.push(rows[3].clone());
    let once = world
        .declare("p", &table(&rows))
        .arg("--memory-budget")
        .arg(TINY);
    assert_eq!(once.exits(0).counts("t"), inserted(20_000));
    assert_eq!(world.table("t").items(), stored(&rows[..20_000]));

    rows[20_000].1 = -1;
    let twice = world
        .declare("p", &table(&rows))
        .arg("--memory-budget")
        .arg(TINY);
    let told = twice.exits(1).told();
    assert!(told.contains("row 00003"), "{told}");
}

#[test]
fn rows_that_were_written_while_the_pipeline_ran_are_the_table_and_nothing_else_is_left() {
    let world = World::new();
    let declare = Declare::table(large(10, "x"));
    let first = world.declare("p", &declare).exits(0);
    assert_eq!(first.counts("t"), inserted(10));
    let table = world.table("t");
    assert_eq!(
        (table.version(), table.count("length(text) > 1000000")),
        (1, 10)
    );
    let data = files(&world.database().join("t.lance/data"));
    assert_eq!(data.len(), 1, "{data:?}");
    assert!(!world.database().join("_lance_host/staging").exists());
    let second = world.declare("p", &declare).exits(0);
    assert_eq!(second.counts("t"), unchanged(10));
}

#[test]
fn a_large_table_that_is_only_planned_or_fails_leaves_nothing() {
    let world = World::new();
    let declare = Declare::table(large(10, "x"));
    world.plan("p", &declare).exits(10);
    assert_eq!(files(&world.database()), Vec::<String>::new());
    for ending in [Ending::Error, Ending::Panic] {
        world.declare("p", &declare.clone().then(ending)).exits(1);
        assert_eq!(files(&world.database()), Vec::<String>::new());
        assert_eq!(world.tables(), Vec::<String>::new());
    }
}

#[test]
fn a_large_new_table_of_a_run_that_is_refused_leaves_nothing() {
    let world = World::new();
    let rows = numbered(400, |row| row);
    let small = |count| {
        let rows = rows.iter().take(count);
        items("small", rows.map(|(id, value)| (id.as_str(), *value)))
    };
    world.declare("p", &Declare::table(small(400))).exits(0);
    let before = files(&world.database());
    // Most of its rows would go.
    let refused = Declare::table(large(10, "x")).and(small(2));
    world.declare("p", &refused).exits(3);
    assert_eq!(files(&world.database()), before);
}

#[test]
fn a_large_row_that_is_declared_twice_is_stored_once() {
    let world = World::new();
    let row = |id| json!([id, format!("{id} {}", "x".repeat(1 << 20))]);
    let twice = (0..5).fold(large(10, "x"), |table, id| table.row(row(id)));
    let outcome = world.declare("p", &Declare::table(twice)).exits(0);
    assert_eq!(outcome.counts("t"), inserted(10));
    let table = world.table("t");
    assert_eq!((table.count("true"), table.count("id < 5")), (10, 5));
    let data = files(&world.database().join("t.lance/data"));
    assert_eq!(data.len(), 1, "{data:?}");
    let again = world.declare("p", &Declare::table(large(10, "x"))).exits(0);
    assert_eq!(again.counts("t"), unchanged(10));
}

/// A run that has written rows ahead, and never ends.
fn endless(world: &World) -> Child {
    let endless = Declare::table(large(10, "x")).then(Ending::Loop);
    let mut child = world.declare("p", &endless).start();
    let staging = world.database().join("_lance_host/staging");
    while files(&staging).is_empty() {
        assert!(
            child.try_wait().unwrap().is_none(),
            "the run ended by itself"
        );
        thread::sleep(Duration::from_millis(10));
    }
    child
}

#[test]
fn a_run_that_is_interrupted_removes_what_it_wrote_ahead() {
    let world = World::new();
    let child = endless(&world);
    let output = signal("-INT", child);
    assert_eq!(output.status.code(), Some(130));
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(told, "error: interrupted; nothing was written\n");
    assert_eq!(files(&world.database()), Vec::<String>::new());
}

#[test]
fn what_a_killed_run_wrote_ahead_is_removed_by_the_next_one() {
    let world = World::new();
    let staging = world.database().join("_lance_host/staging");
    let mut child = endless(&world);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(staging.exists());
    assert_eq!(world.tables(), Vec::<String>::new());

    let small = Declare::table(items("other", [("a", 1)]));
    world.declare("q", &small).exits(0);
    assert!(!staging.exists());
    assert_eq!(world.tables(), ["other"]);
}

#[test]
fn two_runs_that_write_the_same_new_table_ahead_end_with_one_table() {
    let world = World::new();
    let (one, two) = (
        Declare::table(large(10, "x")),
        Declare::table(large(10, "y")),
    );
    let (mut first, mut second) = (
        world.declare("p", &one).start(),
        world.declare("p", &two).start(),
    );
    let codes = [&mut first, &mut second].map(|child| child.wait().unwrap().code().unwrap());
    assert!(codes.contains(&0), "{codes:?}");
    assert!(codes.iter().all(|code| [0, 6].contains(code)), "{codes:?}");
    let table = world.table("t");
    let (x, y) = (
        table.count("text LIKE '% x%'"),
        table.count("text LIKE '% y%'"),
    );
    assert!([(10, 0), (0, 10)].contains(&(x, y)), "{x} and {y}");
    assert!(!world.database().join("_lance_host/staging").exists());
    let rows = if x > 0 { one } else { two };
    let again = world.declare("p", &rows).exits(0);
    assert_eq!(again.counts("t"), unchanged(10));
}
