//! Vector indexes that wait for enough vectors to be trained as asked for.

use lance_host_tests::{Declare, Table, World};
use serde_json::{Value, json};

use super::{ITEMS, actions, docs, id, status, vector};

#[test]
fn a_vector_index_waits_for_enough_vectors_and_is_then_trained_as_asked_for() {
    let world = World::new();
    let settings = [("num-partitions", "2"), ("sample-rate", "140")];
    let declare = |rows| Declare::table(docs(rows).index("embedding", "ivf-pq", &settings));
    let report = world.declare("p", &declare(260)).exits(0);
    assert_eq!(status(&report), "applied");
    let index = report.table("docs")["indexes"][0].clone();
    assert_eq!(index["action"], "wait");
    assert_eq!((&index["needs"], &index["has"]), (&json!(280), &json!(260)));
    assert!(world.table("docs").indexes().is_empty());

    // Waiting changes nothing.
    let version = world.table("docs").version();
    let report = world.declare("p", &declare(260)).exits(0);
    assert_eq!(status(&report), "unchanged");
    assert_eq!(world.table("docs").version(), version);
    world.plan("p", &declare(260)).exits(0);

    let report = world.declare("p", &declare(280)).exits(0);
    assert_eq!(actions(&report), json!([["embedding", "ivf-pq", "create"]]));
    let name = world.table("docs").indexes()[0].name.clone();
    let statistics = world.table("docs").index_statistics(&name);
    assert_eq!(statistics["indices"][0]["num_partitions"], 2);
    assert_eq!(statistics["num_unindexed_rows"], 0);
}

#[test]
fn vectors_that_are_missing_do_not_count() {
    let world = World::new();
    let table = docs(3).row(json!(["null", 0, null, null]));
    let table = table.index("embedding", "ivf-flat", &[("num-partitions", "4")]);
    let report = world.declare("p", &Declare::table(table)).exits(0);
    let index = report.table("docs")["indexes"][0].clone();
    assert_eq!((&index["needs"], &index["has"]), (&json!(4), &json!(3)));
}

#[test]
fn vectors_that_teach_nothing_are_waited_out_and_do_no_harm() {
    let world = World::new();
    let declare = |more: &[Value]| {
        let table = docs(0).index("embedding", "ivf-flat", &[("metric", "cosine")]);
        let rows = more.iter().enumerate();
        let add = |table: Table, (row, vector): (usize, &Value)| {
            table.row(json!([id(row), row, "x", vector]))
        };
        Declare::table(rows.fold(table, add))
    };
    let (zero, nan) = (json!(vec![0.0; ITEMS]), json!(vec!["NaN"; ITEMS]));
    let report = world
        .declare("p", &declare(&[zero.clone(), nan.clone()]))
        .exits(0);
    let index = report.table("docs")["indexes"][0].clone();
    assert_eq!((&index["needs"], &index["has"]), (&json!(1), &json!(0)));

    let report = world
        .declare("p", &declare(&[zero, nan, json!(vector(2))]))
        .exits(0);
    assert_eq!(
        actions(&report),
        json!([["embedding", "ivf-flat", "create"]])
    );
    assert_eq!(
        world.table("docs").nearest("embedding", &vector(2), 1),
        [id(2)]
    );
}

#[test]
fn the_report_tells_that_an_index_waits() {
    let world = World::new();
    let table = docs(3)
        .index("embedding", "ivf-pq", &[])
        .index("text", "fts", &[]);
    let report = world.declaring("run", "p", &Declare::table(table)).exits(0);
    insta::assert_snapshot!(report.printed(), @r"
    table         action  inserted  updated  deleted  unchanged  version
    default/docs  create         3        0        0          0        2
    default/docs: index ivf-pq on embedding: waits for 256 vectors, and has 3
    default/docs: index fts on text: create
    p: applied in [time]: 3 inserted, 0 updated, 0 deleted, 0 unchanged
    ");
}
