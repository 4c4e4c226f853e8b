//! What becomes of indexes when the columns of their table change.

use lance_host_tests::{Declare, Table, World};
use serde_json::json;

use super::{ITEMS, actions, docs, id, status, vector};

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
    let plan = world.plan("p", &declare("int64")).exits(10);
    assert_eq!(actions(&plan), json!([["number", "btree", "create"]]));
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
