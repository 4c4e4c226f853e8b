//! Indexes that pipelines declare: created, replaced and dropped with the declaration.

mod columns;
mod failures;
mod owners;
mod search;
mod waiting;

use lance_host_tests::{Declare, Outcome, Table, World};
use serde_json::{Value, json};

/// How many items a vector has.
const ITEMS: usize = 8;

/// A vector that differs from all others and is nearest to itself.
fn vector(number: usize) -> Vec<f32> {
    let angle = number as f32 * 0.61803;
    let item = |item: usize| (angle * (item + 1) as f32).sin() + 0.01 * item as f32;
    (0..ITEMS).map(item).collect()
}

/// The table of most tests, with rows `row 000` and on.
fn docs(rows: usize) -> Table {
    docs_of(0..rows)
}

fn docs_of(rows: impl IntoIterator<Item = usize>) -> Table {
    let table = Table::new("docs")
        .required("id", "utf8")
        .nullable("number", "int64")
        .nullable("text", "utf8")
        .nullable("embedding", "vector(float32, 8)")
        .key(&["id"]);
    rows.into_iter().fold(table, |table, number| {
        let text = format!("the quick fox number{number} jumps");
        table.row(json!([id(number), number, text, vector(number)]))
    })
}

fn id(number: usize) -> String {
    format!("row {number:03}")
}

/// Column, kind and action of each index in a report.
fn actions(report: &Outcome) -> Value {
    let indexes = report.table("docs")["indexes"].clone();
    let Value::Array(indexes) = indexes else {
        return json!([]);
    };
    indexes
        .iter()
        .map(|index| json!([index["column"], index["kind"], index["action"]]))
        .collect()
}

fn status(report: &Outcome) -> Value {
    report.json()["status"].clone()
}

#[test]
fn an_index_is_created_once_and_then_left_alone() {
    let world = World::new();
    let declare = Declare::table(docs(3).index("number", "btree", &[]));
    let report = world.declare("p", &declare).exits(0);
    assert_eq!(actions(&report), json!([["number", "btree", "create"]]));
    let indexes = world.table("docs").indexes();
    let name = report.table("docs")["indexes"][0]["name"].clone();
    assert_eq!(name, indexes[0].name);

    let version = world.table("docs").version();
    let report = world.declare("p", &declare).exits(0);
    assert_eq!(actions(&report), json!([["number", "btree", "none"]]));
    assert_eq!(status(&report), "unchanged");
    assert_eq!(world.table("docs").version(), version);
    assert_eq!(report.table("docs")["version"], version);
    assert_eq!(
        world.table("docs").indexes()[0].index_uuid,
        indexes[0].index_uuid
    );
}

#[test]
fn a_default_that_is_spelled_out_is_the_same_index() {
    let world = World::new();
    let plain = docs(3).index("text", "fts", &[]);
    world.declare("p", &Declare::table(plain)).exits(0);
    let spelled = docs(3)
        .index("text", "fts", &[("tokenizer", "simple"), ("stem", "true")])
        .index("text", "fts", &[("language", "english")]);
    let report = world.declare("p", &Declare::table(spelled)).exits(0);
    assert_eq!(status(&report), "unchanged");
}

#[test]
fn a_changed_declaration_replaces_the_index_without_touching_rows() {
    let world = World::new();
    let first = docs(3).index("embedding", "ivf-flat", &[]);
    world.declare("p", &Declare::table(first)).exits(0);
    let second = Declare::table(docs(3).index("embedding", "ivf-flat", &[("metric", "dot")]));
    let report = world.plan("p", &second).exits(10);
    assert_eq!(
        actions(&report),
        json!([["embedding", "ivf-flat", "replace"]])
    );
    let report = world.declare("p", &second).exits(0);
    assert_eq!(
        actions(&report),
        json!([["embedding", "ivf-flat", "replace"]])
    );
    assert_eq!(status(&report), "applied");
    assert_eq!(report.counts("docs").unchanged, 3);
    let indexes = world.table("docs").indexes();
    assert_eq!(indexes.len(), 1);
    let statistics = world.table("docs").index_statistics(&indexes[0].name);
    assert_eq!(statistics["indices"][0]["metric_type"], "dot");

    let third = Declare::table(docs(3).index("embedding", "ivf-sq", &[]));
    let report = world.declare("p", &third).exits(0);
    assert_eq!(
        actions(&report),
        json!([["embedding", "ivf-sq", "replace"]])
    );
    assert_eq!(
        world.table("docs").index_types(),
        [("embedding".to_owned(), "IVF_SQ".to_owned())]
    );
    assert_eq!(status(&world.declare("p", &third).exits(0)), "unchanged");
}

#[test]
fn an_index_that_is_no_longer_declared_is_dropped() {
    let world = World::new();
    let with = docs(3)
        .index("number", "btree", &[])
        .index("text", "fts", &[]);
    world.declare("p", &Declare::table(with)).exits(0);
    let without = Declare::table(docs(3).index("text", "fts", &[]));
    let report = world.declare("p", &without).exits(0);
    assert_eq!(
        actions(&report),
        json!([["text", "fts", "none"], ["number", "btree", "drop"]])
    );
    assert_eq!(
        world.table("docs").index_types(),
        [("text".to_owned(), "FTS".to_owned())]
    );
    assert_eq!(status(&world.declare("p", &without).exits(0)), "unchanged");
}

#[test]
fn an_index_that_somebody_dropped_is_built_again() {
    let world = World::new();
    let declare = Declare::table(docs(3).index("number", "btree", &[]));
    world.declare("p", &declare).exits(0);
    let name = world.table("docs").indexes()[0].name.clone();
    world.table("docs").drop_index(&name);
    let report = world.plan("p", &declare).exits(10);
    assert_eq!(actions(&report), json!([["number", "btree", "create"]]));
    let report = world.declare("p", &declare).exits(0);
    assert_eq!(status(&report), "applied");
    assert_eq!(world.table("docs").indexes()[0].name, name);
    assert_eq!(status(&world.declare("p", &declare).exits(0)), "unchanged");
}
