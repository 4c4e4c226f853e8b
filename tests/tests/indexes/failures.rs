//! Declarations that are refused, and runs that end before their indexes are built.

use std::{fs, thread, time::Duration};

use lance_host_tests::{Declare, Table, World};
use serde_json::json;

use super::{actions, docs, status};

#[test]
fn a_run_killed_before_its_index_is_built_leaves_it_to_the_next_run() {
    const ROWS: usize = 3000;
    let mut missing = 0;
    for _ in 0..10 {
        let world = World::new();
        let table = docs(ROWS).index("embedding", "ivf-hnsw-flat", &[]);
        let declare = Declare::table(table);
        let mut child = world.declare("p", &declare).start();
        // From the table's first version on, the index is all that the run has to do.
        while world.find_table("docs").is_none() {
            thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let table = world.table("docs");
        assert_eq!(table.rows().num_rows(), ROWS);
        missing += u32::from(table.indexes().is_empty());
        let report = world.declare("p", &declare).exits(0);
        assert_eq!(report.counts("docs").unchanged, ROWS as u64);
        assert_eq!(world.table("docs").indexes().len(), 1);
        assert_eq!(status(&world.declare("p", &declare).exits(0)), "unchanged");
        if missing > 0 {
            return;
        }
    }
    panic!("no run was killed before its index was built");
}

#[test]
fn an_index_that_cannot_be_built_fails_the_run_and_leaves_the_rows() {
    let world = World::new();
    world.declare("p", &Declare::table(docs(3))).exits(0);
    // A file where Lance wants a directory.
    let obstacle = world.database().join("docs.lance/_indices");
    fs::write(&obstacle, "").unwrap();
    let table = docs(5)
        .index("number", "btree", &[])
        .index("embedding", "ivf-flat", &[]);
    let declare = Declare::table(table);
    let failed = world.declaring("run", "p", &declare).exits(5);
    let first = failed.told().lines().next().map(str::to_owned);
    insta::assert_snapshot!(first.unwrap(), @"error: table default/docs: cannot build the index of kind btree on column number; the rows have landed. The next run tries again");
    assert_eq!(world.table("docs").rows().num_rows(), 5);
    let failed = world.declare("p", &declare).exits(5);
    assert_eq!(status(&failed), "failed");
    assert_eq!(failed.counts("docs").unchanged, 5);
    // The other index is told apart.
    let warning = failed.json()["warnings"][0].to_string();
    assert!(
        warning.contains("ivf-flat on column embedding"),
        "{warning}"
    );
    assert_eq!(failed.json()["error"]["kind"], "storage");

    fs::remove_file(&obstacle).unwrap();
    let report = world.declare("p", &declare).exits(0);
    assert_eq!(
        actions(&report),
        json!([
            ["number", "btree", "create"],
            ["embedding", "ivf-flat", "create"]
        ])
    );
}

#[test]
fn declarations_that_cannot_stand_are_refused() {
    let world = World::new();
    let refused = |table: Table| {
        let refused = world.declaring("run", "p", &Declare::table(table)).exits(1);
        refused.told().trim().to_owned()
    };
    let cases = [
        ("nothing", "btree", None),
        ("number", "magic", None),
        ("text", "ivf-pq", None),
        ("embedding", "fts", None),
        ("number", "btree", Some(("metric", "l2"))),
        ("embedding", "ivf-pq", Some(("num-sub-vectors", "3"))),
    ];
    let messages = cases.map(|(column, kind, setting)| {
        let settings: Vec<_> = setting.into_iter().collect();
        refused(docs(1).index(column, kind, &settings))
    });
    insta::assert_snapshot!(messages.join("\n"), @r#"
    error: pipeline p failed: unknown-column: there is no column "nothing" to index; columns: id, number, text, embedding (table default/docs, column nothing)
    error: pipeline p failed: unsupported: there is no index of kind "magic"; known: ivf-flat, ivf-sq, ivf-pq, ivf-rq, ivf-hnsw-flat, ivf-hnsw-sq, ivf-hnsw-pq, fts, btree, bitmap, label-list (table default/docs, column number)
    error: pipeline p failed: unsupported: an index of kind ivf-pq needs a vector of float16, float32 or float64, and the column is Utf8 (table default/docs, column text)
    error: pipeline p failed: unsupported: an index of kind fts needs text, or a list of text, and the column is FixedSizeList(8 x Float32) (table default/docs, column embedding)
    error: pipeline p failed: unsupported: an index of kind btree has no settings, and "metric" is given (table default/docs, column number)
    error: pipeline p failed: invalid-value: setting num-sub-vectors is 3, which does not divide the 8 items of a vector (table default/docs, column embedding)
    "#);
    let managed = docs(1).managed_by("user").index("number", "btree", &[]);
    insta::assert_snapshot!(refused(managed), @"error: pipeline p failed: unsupported: the table is managed by the user, and its indexes are too; create the index yourself, or declare the table as managed by the system (table default/docs, column number)");
    assert!(!world.has_table("docs"));
}
