//! Indexes of several pipelines and of other programs on one table.

use lance_host_tests::{Declare, Table, World};
use lancedb::index::{Index, scalar::BTreeIndexBuilder};
use serde_json::json;

use super::{actions, docs, docs_of, id, vector};

#[test]
fn indexes_of_others_are_left_alone() {
    let world = World::new();
    world.declare("p", &Declare::table(docs(3))).exits(0);
    let theirs = || Index::BTree(BTreeIndexBuilder::default());
    world
        .table("docs")
        .create_index("theirs", "number", theirs());
    let declare = Declare::table(docs(3).index("number", "bitmap", &[]));
    let report = world.declare("p", &declare).exits(0);
    assert_eq!(actions(&report), json!([["number", "bitmap", "create"]]));
    world.declare("p", &Declare::table(docs(4))).exits(0);
    assert_eq!(
        world.table("docs").index_types(),
        [("number".to_owned(), "BTREE".to_owned())]
    );
    assert_eq!(world.table("docs").indexes()[0].name, "theirs");
}

#[test]
fn runs_at_the_same_time_build_an_index_once() {
    let world = World::new();
    world.declare("c", &Declare::table(docs_of(0..2))).exits(0);
    let indexed = |rows: std::ops::Range<usize>| {
        let table = docs_of(rows).index("embedding", "ivf-hnsw-flat", &[]);
        Declare::table(table.index("text", "fts", &[]))
    };
    let declares = [indexed(10..200), indexed(200..400), indexed(400..600)];
    let children: Vec<_> = ["a", "b", "d"]
        .iter()
        .zip(&declares)
        .map(|(pipeline, declare)| world.declare(pipeline, declare).start())
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    let table = world.table("docs");
    assert_eq!(table.rows().num_rows(), 592);
    assert_eq!(table.indexes().len(), 2);
    for number in [0, 50, 250, 599] {
        assert_eq!(table.nearest("embedding", &vector(number), 1), [id(number)]);
        assert_eq!(table.matching(&format!("number{number}")), [id(number)]);
    }
}

#[test]
fn pipelines_that_declare_the_same_index_share_it() {
    let world = World::new();
    let index = |table: Table| Declare::table(table.index("text", "fts", &[]));
    world.declare("a", &index(docs_of(0..3))).exits(0);
    let report = world.declare("b", &index(docs_of(3..6))).exits(0);
    assert_eq!(actions(&report), json!([["text", "fts", "none"]]));
    // It stays as long as one of them declares it.
    let report = world.declare("a", &Declare::table(docs_of(0..3))).exits(0);
    assert_eq!(actions(&report), json!([]));
    assert_eq!(world.table("docs").indexes().len(), 1);
    // The rows of `a` remain, and the index goes with the pipeline that declared it.
    let report = world
        .declare("b", &Declare::nothing())
        .arg("--allow-destructive")
        .exits(0);
    assert_eq!(actions(&report), json!([["text", "fts", "drop"]]));
    assert!(world.table("docs").indexes().is_empty());
    assert_eq!(world.table("docs").rows().num_rows(), 3);
}

#[test]
fn pipelines_that_want_different_indexes_are_in_conflict() {
    let world = World::new();
    let table = docs_of(0..3).index("text", "fts", &[("stem", "false")]);
    world.declare("a", &Declare::table(table)).exits(0);
    let table = docs_of(3..6).index("text", "fts", &[("language", "French")]);
    let refused = world.declaring("run", "b", &Declare::table(table)).exits(6);
    insta::assert_snapshot!(refused.told(), @"error: table default/docs: on column text, pipeline a declares the index fts (stem = false), and this run declares fts (language = French); a column has one full-text index. Let both declare the same, or one of them none");
    assert_eq!(world.table("docs").rows().num_rows(), 3);
    // Another class on the same column is no conflict.
    let table = docs_of(3..6).index("text", "btree", &[]);
    world.declare("b", &Declare::table(table)).exits(0);
    assert_eq!(world.table("docs").indexes().len(), 2);
}

#[test]
fn status_shows_the_indexes_of_a_table() {
    let world = World::new();
    let indexed = |table: Table| {
        let table = table.index("embedding", "ivf-pq", &[]);
        Declare::table(table.index("text", "fts", &[]))
    };
    world.declare("a", &indexed(docs_of(0..3))).exits(0);
    world.declare("b", &indexed(docs_of(3..5))).exits(0);
    let theirs = Index::BTree(BTreeIndexBuilder::default());
    world.table("docs").create_index("theirs", "number", theirs);
    let status = world.host(["status"]).exits(0).printed();
    let lines: Vec<_> = status
        .lines()
        .filter(|line| line.contains("index"))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    default/docs: index ivf-pq on embedding of a, b, waits
    default/docs: index fts on text of a, b, 2 rows are not in it yet
    default/docs: index BTree on number of others
    ");
    let status = world.host(["status", "--json"]).exits(0).json();
    let indexes = &status["tables"][0]["indexes"];
    assert_eq!(indexes[0]["built"], false);
    assert_eq!(indexes[1]["pipelines"], json!(["a", "b"]));
    assert_eq!(indexes[2]["name"], "theirs");
}
