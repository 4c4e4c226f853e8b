//! Who owns a table and its rows: pipelines, the user, or nobody that the host knows.

use lance_host_tests::{Declare, ForeignTable, Table, World, item, items};

#[test]
fn a_table_that_the_host_did_not_create_is_not_replaced() {
    let world = World::new();
    let theirs = ForeignTable::create(&world.database(), "t", &[("x", 1)]);
    let refused = world
        .declaring("run", "a", &Declare::table(items("t", [("y", 2)])))
        .exits(6);
    insta::assert_snapshot!(refused.told(), @"error: table default/t exists, and lance-host did not create it; nothing in it was changed. Run again with --adopt to take it over, or choose another table name");
    assert_eq!(theirs.items(), [item("x", 1)]);
    assert_eq!(world.table("t").version(), 1);
}

#[test]
fn adopting_takes_declared_rows_over_and_leaves_the_others() {
    let world = World::new();
    ForeignTable::create(
        &world.database(),
        "t",
        &[("same", 1), ("other", 2), ("theirs", 3)],
    );
    let declare = Declare::table(items("t", [("same", 1), ("other", 20), ("new", 4)]));
    let report = world.declare("a", &declare).arg("--adopt").exits(0);
    assert_eq!(report.table("t")["action"], "adopt");
    let all = [
        item("new", 4),
        item("other", 20),
        item("same", 1),
        item("theirs", 3),
    ];
    assert_eq!(world.table("t").items(), all);

    // From now on the adopted rows are the pipeline's, and the rest is still not.
    let report = world
        .declare("a", &Declare::table(items("t", [("new", 4)])))
        .exits(0);
    assert_eq!(report.counts("t").deleted, 2);
    assert_eq!(
        world.table("t").items(),
        [item("new", 4), item("theirs", 3)]
    );
}

#[test]
fn adopting_takes_over_a_foreign_row_in_our_own_table() {
    let world = World::new();
    world
        .declare("a", &Declare::table(items("t", [("x", 1)])))
        .exits(0);
    world.table("t").append(&[("theirs", 7)]);
    let declare = Declare::table(items("t", [("x", 1), ("theirs", 8)]));
    world.declare("a", &declare).exits(6);
    world.declare("a", &declare).arg("--adopt").exits(0);
    assert_eq!(world.table("t").items(), [item("theirs", 8), item("x", 1)]);
    let report = world.declare("a", &declare).exits(0);
    assert_eq!(report.json()["status"], "unchanged");
}

#[test]
fn a_table_managed_by_the_user_must_exist() {
    let world = World::new();
    let declare = Declare::table(items("t", [("x", 1)]).managed_by("user"));
    let refused = world.declaring("run", "a", &declare).exits(1);
    insta::assert_snapshot!(refused.told(), @"error: table default/t is declared as managed by the user and does not exist; create it first, or declare it as managed by the system");
    assert!(!world.has_table("t"));
}

#[test]
fn in_a_table_managed_by_the_user_the_host_writes_its_own_rows_only() {
    let world = World::new();
    ForeignTable::create(&world.database(), "t", &[("theirs", 1)]);
    let schema = world.table("t").schema();
    world
        .declare(
            "a",
            &Declare::table(items("t", [("x", 1), ("y", 2)]).managed_by("user")),
        )
        .exits(0);
    assert_eq!(
        world.table("t").items(),
        [item("theirs", 1), item("x", 1), item("y", 2)]
    );
    world
        .declare(
            "a",
            &Declare::table(items("t", [("x", 10)]).managed_by("user")),
        )
        .exits(0);
    assert_eq!(world.table("t").items(), [item("theirs", 1), item("x", 10)]);
    assert_eq!(world.table("t").schema(), schema);
}

#[test]
fn a_table_managed_by_the_user_is_never_dropped() {
    let world = World::new();
    ForeignTable::create(&world.database(), "t", &[]);
    world
        .declare(
            "a",
            &Declare::table(items("t", [("x", 1)]).managed_by("user")),
        )
        .exits(0);
    world.host(["drop", "a", "--yes"]).exits(0);
    assert_eq!(world.table("t").items(), []);
}

#[test]
fn a_table_managed_by_the_user_must_have_the_declared_columns() {
    let world = World::new();
    ForeignTable::create(&world.database(), "t", &[("theirs", 1)]);
    let declare = Declare::table(
        Table::new("t")
            .required("id", "utf8")
            .nullable("value", "utf8")
            .key(&["id"])
            .managed_by("user"),
    );
    let refused = world.declaring("run", "a", &declare).exits(1);
    insta::assert_snapshot!(refused.told(), @r#"
    error: table default/t: column "value" changes from Int64 to Utf8; the table is managed by the user and is never changed: declare the columns as they are stored, or change the table
      column   declared      stored
      "id"     Utf8          Utf8
      "value"  Utf8 or null  Int64 or null  differs
    "#);
}

#[test]
fn the_last_pipeline_to_leave_drops_the_table() {
    let world = World::new();
    world
        .declare("a", &Declare::table(items("t", [("x", 1)])))
        .exits(0);
    world
        .declare("b", &Declare::table(items("t", [("y", 2)])))
        .exits(0);

    let report = world.host(["drop", "a", "--yes", "--json"]).exits(0);
    assert_eq!(report.table("t")["action"], "none");
    assert_eq!(report.counts("t").deleted, 1);
    assert_eq!(world.table("t").items(), [item("y", 2)]);

    let report = world.host(["drop", "b", "--yes", "--json"]).exits(0);
    assert_eq!(report.table("t")["action"], "drop");
    assert!(!world.has_table("t"));
}

#[test]
fn a_table_that_holds_foreign_rows_is_not_dropped() {
    let world = World::new();
    world
        .declare("a", &Declare::table(items("t", [("x", 1)])))
        .exits(0);
    world.table("t").append(&[("theirs", 7)]);
    world.host(["drop", "a", "--yes"]).exits(0);
    assert_eq!(world.table("t").items(), [item("theirs", 7)]);
}

#[test]
fn a_row_can_move_from_one_pipeline_to_another() {
    let world = World::new();
    world
        .declare(
            "a",
            &Declare::table(items("t", [("moving", 1), ("staying", 2)])),
        )
        .exits(0);
    world
        .declare("a", &Declare::table(items("t", [("staying", 2)])))
        .exits(0);
    world
        .declare("b", &Declare::table(items("t", [("moving", 1)])))
        .exits(0);
    assert_eq!(
        world.table("t").items(),
        [item("moving", 1), item("staying", 2)]
    );
}

#[test]
fn a_table_whose_indexes_were_not_told_of_a_compaction_is_refused() {
    let world = World::new();
    let table = ForeignTable::create(&world.database(), "t", &[("theirs", 1)]);
    table.append(&[("more", 2)]);
    table.index("value", lancedb::index::Index::BTree(Default::default()));
    table.compact_without_indexes();
    let version = table.version();
    let declare = Declare::table(items("t", [("a", 1)]).managed_by("user"));
    let refused = world.declaring("run", "p", &declare).exits(6);
    insta::assert_snapshot!(refused.told(), @"error: table default/t: its rows have no stable ids and cannot be given any, since a compaction moved rows and left it for later to tell the indexes; drop the indexes, run again, and create them anew");
    assert_eq!(world.table("t").version(), version);

    world.table("t").drop_index("value_idx");
    world.declaring("run", "p", &declare).exits(0);
    let all = [item("a", 1), item("more", 2), item("theirs", 1)];
    assert_eq!(world.table("t").items(), all);
}
