//! Indexes that pipelines declare: created, replaced and dropped with the declaration.

use std::{fs, thread, time::Duration};

use lance_host_tests::{Declare, Outcome, Table, World};
use lancedb::index::{Index, scalar::BTreeIndexBuilder};
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
fn every_kind_is_built_and_finds_rows() {
    const VECTORS: [&str; 7] = [
        "ivf-flat",
        "ivf-sq",
        "ivf-pq",
        "ivf-rq",
        "ivf-hnsw-flat",
        "ivf-hnsw-sq",
        "ivf-hnsw-pq",
    ];
    const ROWS: usize = 260;
    let world = World::new();
    let mut table = Table::new("docs")
        .required("id", "utf8")
        .nullable("number", "int64")
        .nullable("even", "bool")
        .nullable("text", "utf8")
        .key(&["id"])
        .index("number", "btree", &[])
        .index("even", "bitmap", &[])
        .index("text", "fts", &[]);
    for kind in VECTORS {
        table = table
            .nullable(kind, "vector(float32, 8)")
            .index(kind, kind, &[]);
    }
    for number in 0..ROWS {
        let mut row = vec![
            json!(id(number)),
            json!(number),
            json!(number % 2 == 0),
            json!(format!("number{number} runs")),
        ];
        row.extend(VECTORS.map(|_| json!(vector(number))));
        table = table.row(Value::Array(row));
    }
    let report = world.declare("p", &Declare::table(table)).exits(0);
    for index in report.table("docs")["indexes"].as_array().unwrap() {
        assert_eq!(index["action"], "create", "{index}");
    }
    let table = world.table("docs");
    assert_eq!(report.table("docs")["version"], table.version());
    let expected = [
        ("even", "BITMAP"),
        ("ivf-flat", "IVF_FLAT"),
        ("ivf-hnsw-flat", "IVF_HNSW_FLAT"),
        ("ivf-hnsw-pq", "IVF_HNSW_PQ"),
        ("ivf-hnsw-sq", "IVF_HNSW_SQ"),
        ("ivf-pq", "IVF_PQ"),
        ("ivf-rq", "IVF_RQ"),
        ("ivf-sq", "IVF_SQ"),
        ("number", "BTREE"),
        ("text", "FTS"),
    ];
    let expected = expected.map(|(column, kind)| (column.to_owned(), kind.to_owned()));
    assert_eq!(table.index_types(), expected);
    for index in table.indexes() {
        assert_eq!(index.num_unindexed_rows, Some(0), "{}", index.name);
    }
    for kind in VECTORS {
        let near = table.nearest(kind, &vector(7), 5);
        assert!(near.contains(&id(7)), "{kind}: {near:?}");
    }
    assert_eq!(table.matching("number42"), [id(42)]);
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

#[test]
fn an_empty_table_has_indexes_of_text_and_values_at_once() {
    let world = World::new();
    let declare = |rows| {
        let table = docs(rows).index("text", "fts", &[]);
        Declare::table(table.index("number", "btree", &[]))
    };
    let report = world.declare("p", &declare(0)).exits(0);
    assert_eq!(
        actions(&report),
        json!([["text", "fts", "create"], ["number", "btree", "create"]])
    );
    world.declare("p", &declare(5)).exits(0);
    let table = world.table("docs");
    assert_eq!(table.matching("number3"), [id(3)]);
    assert_eq!(table.filtered("number = 4"), [id(4)]);
}

#[test]
fn rows_of_a_later_run_are_found_and_stale_ones_are_not() {
    let world = World::new();
    let indexed = |table: Table| {
        let table = table.index("embedding", "ivf-hnsw-sq", &[]);
        let table = table.index("text", "fts", &[("with-position", "true")]);
        Declare::table(table.index("number", "btree", &[]))
    };
    world.declare("p", &indexed(docs(50))).exits(0);
    // Row 7 goes, row 8 gets other values, row 60 comes.
    let table = docs_of(
        (0..50)
            .filter(|number| *number != 7 && *number != 8)
            .chain([60]),
    );
    let table = table.row(json!([id(8), 800, "a slow snail", vector(800)]));
    let report = world.declare("p", &indexed(table)).exits(0);
    assert_eq!(report.counts("docs").updated, 1);
    assert_eq!(status(&report), "applied");

    for optimized in [false, true] {
        let table = world.table("docs");
        if optimized {
            table.optimize();
        }
        assert_eq!(table.nearest("embedding", &vector(60), 1), [id(60)]);
        assert_eq!(table.nearest("embedding", &vector(800), 1), [id(8)]);
        for gone in [7, 8] {
            let near = table.nearest("embedding", &vector(gone), 50);
            assert_eq!(
                near.iter().filter(|found| **found == id(gone)).count(),
                gone - 7
            );
        }
        assert_eq!(table.matching("number60"), [id(60)]);
        assert_eq!(table.matching("snail"), [id(8)]);
        assert!(table.matching("number7").is_empty());
        assert!(table.matching("number8").is_empty());
        assert_eq!(table.filtered("number = 60"), [id(60)]);
        assert_eq!(table.filtered("number = 800"), [id(8)]);
        assert!(table.filtered("number = 7 or number = 8").is_empty());
    }
    // What somebody else's optimize made of an index is still the index as declared.
    let table = docs_of(
        (0..50)
            .filter(|number| *number != 7 && *number != 8)
            .chain([60]),
    );
    let table = table.row(json!([id(8), 800, "a slow snail", vector(800)]));
    let report = world.declare("p", &indexed(table)).exits(0);
    assert_eq!(status(&report), "unchanged");
}

#[test]
fn indexes_survive_a_change_of_columns_and_a_rebuild() {
    let world = World::new();
    let indexed = |table: Table| {
        let table = table.index("embedding", "ivf-flat", &[]);
        Declare::table(table.index("number", "btree", &[]))
    };
    world.declare("p", &indexed(docs(5))).exits(0);
    let types = world.table("docs").index_types();

    // A column comes.
    let evolved = |dimension: usize| {
        let table = Table::new("docs")
            .required("id", "utf8")
            .nullable("number", "int64")
            .nullable("note", "utf8")
            .nullable("embedding", &format!("vector(float32, {dimension})"))
            .key(&["id"]);
        let row = |table: Table, row| {
            let vector = &vector(row)[..dimension];
            table.row(json!([id(row), row, "n", vector]))
        };
        indexed((0..5).fold(table, row))
    };
    let report = world.declare("p", &evolved(ITEMS)).exits(0);
    assert_eq!(report.table("docs")["action"], "evolve");
    assert_eq!(
        actions(&report),
        json!([
            ["embedding", "ivf-flat", "none"],
            ["number", "btree", "none"]
        ])
    );
    assert_eq!(world.table("docs").index_types(), types);
    assert_eq!(world.table("docs").filtered("number = 4"), [id(4)]);

    // Vectors of another dimension: everything is written anew, and so are the indexes.
    let rebuilt = evolved(4);
    let report = world.declare("p", &rebuilt).arg("--allow-destructive");
    let report = report.exits(0);
    assert_eq!(report.table("docs")["action"], "rebuild");
    assert_eq!(world.table("docs").index_types(), types);
    assert_eq!(
        world.table("docs").nearest("embedding", &vector(3)[..4], 1),
        [id(3)]
    );
    assert_eq!(status(&world.declare("p", &rebuilt).exits(0)), "unchanged");
}

#[test]
fn a_dropped_column_takes_its_index_along() {
    let world = World::new();
    let declare = Declare::table(docs(3).index("number", "btree", &[]));
    world.declare("p", &declare).exits(0);
    let without = (0..3).fold(
        Table::new("docs").required("id", "utf8").key(&["id"]),
        |table, number| table.row(json!([id(number)])),
    );
    let report = world.declare("p", &Declare::table(without)).exits(0);
    assert_eq!(report.table("docs")["action"], "evolve");
    assert!(world.table("docs").indexes().is_empty());
}

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

#[test]
fn any_column_name_can_be_indexed() {
    let world = World::new();
    let columns = [
        "my id", "User-Id", "order", "1st", "ünï", "a/b", "x_y", "it's", "\"q\"",
    ];
    let mut table = Table::new("docs").required("id", "utf8").key(&["id"]);
    let mut row = vec![json!("a")];
    for column in columns {
        table = table.nullable(column, "int64").index(column, "btree", &[]);
        let (text, vector) = (format!("{column} text"), format!("{column} vector"));
        table = table.nullable(&text, "utf8").index(&text, "fts", &[]);
        table = table.nullable(&vector, "vector(float32, 8)");
        table = table.index(&vector, "ivf-flat", &[]);
        row.extend([json!(1), json!("fox"), json!(self::vector(1))]);
    }
    let declare = Declare::table(table.row(Value::Array(row)));
    let report = world.declare("p", &declare).exits(0);
    for index in report.table("docs")["indexes"].as_array().unwrap() {
        assert_eq!(index["action"], "create", "{index}");
    }
    assert_eq!(world.table("docs").indexes().len(), 3 * columns.len());
    assert_eq!(status(&world.declare("p", &declare).exits(0)), "unchanged");
}

/// Text, numbers and vectors in lists and structs, and vectors of every item.
#[test]
fn nested_columns_and_all_vectors_have_indexes() {
    const ROWS: usize = 20;
    let world = World::new();
    let declare = |rows: std::ops::Range<usize>| {
        let table = Table::new("docs")
            .required("id", "utf8")
            .nullable("tags", "list(utf8)")
            .nullable("numbers", "large-list(int32)")
            .nullable("texts", "list(utf8)")
            .nullable(
                "place",
                "struct(city: utf8, size: int64, at: vector(float32, 8))",
            )
            .nullable("many", "list(vector(float32, 8))")
            .nullable("half", "vector(float16, 8)")
            .nullable("double", "vector(float64, 8)")
            .nullable("bits", "vector(uint8, 8)")
            .key(&["id"])
            .index("tags", "label-list", &[])
            .index("numbers", "label-list", &[])
            .index("texts", "fts", &[("document", "row")])
            .index("place.city", "fts", &[])
            .index("place.size", "btree", &[])
            .index("place.at", "ivf-flat", &[])
            .index("many", "ivf-flat", &[])
            .index("half", "ivf-hnsw-flat", &[("metric", "dot")])
            .index("double", "ivf-sq", &[])
            .index("bits", "ivf-flat", &[("metric", "hamming")]);
        let row = |table: Table, number| {
            let vector = vector(number);
            table.row(json!([
                id(number),
                ["all", format!("tag{number}")],
                [number],
                [format!("words{number}"), "more"],
                {"city": format!("city{number}"), "size": number, "at": vector},
                [vector, self::vector(number + 100)],
                vector,
                vector,
                [number, 1, 2, 3, 4, 5, 6, 7],
            ]))
        };
        Declare::table(rows.fold(table, row))
    };
    let report = world.declare("p", &declare(0..ROWS)).exits(0);
    for index in report.table("docs")["indexes"].as_array().unwrap() {
        assert_eq!(index["action"], "create", "{index}");
    }
    let report = world.declare("p", &declare(0..ROWS)).exits(0);
    assert_eq!(status(&report), "unchanged");

    // Rows of a later run are found beside those in the index, and updated ones are not stale.
    world.declare("p", &declare(5..ROWS + 5)).exits(0);
    for optimized in [false, true] {
        let table = world.table("docs");
        if optimized {
            table.optimize();
        }
        for number in [7, ROWS + 2] {
            let found = [id(number)];
            let tag = format!("array_has(tags, 'tag{number}')");
            assert_eq!(table.filtered(&tag), found);
            assert_eq!(
                table.filtered(&format!("array_has(numbers, {number})")),
                found
            );
            assert_eq!(table.filtered(&format!("place.size = {number}")), found);
            assert_eq!(table.matching_in("texts", &format!("words{number}")), found);
            assert_eq!(
                table.matching_in("place.city", &format!("city{number}")),
                found
            );
            let vector = vector(number);
            for column in ["place.at", "half", "double", "many"] {
                let near = table.nearest(column, &vector, 1);
                // The greatest product need not be that of a vector with itself.
                if column != "half" {
                    assert_eq!(near, found, "{column}");
                }
            }
        }
        assert!(table.filtered("place.size = 2").is_empty());
        assert!(table.matching_in("texts", "words2").is_empty());
        assert!(table.matching_in("place.city", "city2").is_empty());
    }
    let report = world.declare("p", &declare(5..ROWS + 5)).exits(0);
    assert_eq!(status(&report), "unchanged");
}

#[test]
fn an_index_survives_a_cast_of_its_column() {
    let world = World::new();
    let declare = |data_type: &str| {
        let table = Table::new("docs")
            .required("id", "utf8")
            .nullable("number", data_type)
            .key(&["id"])
            .index("number", "btree", &[]);
        let row = |table: Table, number: usize| table.row(json!([id(number), number]));
        Declare::table((0..5).fold(table, row))
    };
    world.declare("p", &declare("int32")).exits(0);
    let report = world.declare("p", &declare("int64")).exits(0);
    assert_eq!(report.table("docs")["action"], "evolve");
    assert_eq!(actions(&report), json!([["number", "btree", "create"]]));
    assert_eq!(world.table("docs").filtered("number = 4"), [id(4)]);
    let report = world.declare("p", &declare("int64")).exits(0);
    assert_eq!(status(&report), "unchanged");
}

#[test]
fn an_index_of_another_pipeline_survives_a_rebuild() {
    let world = World::new();
    let declare = |rows: std::ops::Range<usize>, key: &str| {
        let table = Table::new("docs")
            .required("id", "utf8")
            .required("number", "int64")
            .key(&[key]);
        rows.fold(table, |table, number| {
            table.row(json!([id(number), number]))
        })
    };
    let first = Declare::table(declare(0..5, "id"));
    world.declare("a", &first).exits(0);
    let indexed = Declare::table(declare(0..0, "id").index("number", "btree", &[]));
    world.declare("b", &indexed).exits(0);
    let rebuilt = Declare::table(declare(0..5, "number"));
    let report = world.declare("a", &rebuilt).arg("--allow-destructive");
    let report = report.exits(0);
    assert_eq!(report.table("docs")["action"], "rebuild");
    assert_eq!(actions(&report), json!([["number", "btree", "create"]]));
    assert_eq!(world.table("docs").filtered("number = 4"), [id(4)]);
    assert_eq!(status(&world.declare("a", &rebuilt).exits(0)), "unchanged");
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
