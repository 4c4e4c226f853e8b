//! What happens to a table when the columns that a pipeline declares change.

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

mod added_column {
    use super::*;

    #[test]
    fn that_is_null_everywhere_updates_no_row() {
        let world = World::new();
        world.declare("p", &three()).exits(0);
        let declare = rows(
            keyed().nullable("value", "int64").nullable("note", "utf8"),
            [
                json!(["a", 1, null]),
                json!(["b", 2, null]),
                json!(["c", 3, null]),
            ],
        );
        let added = [r#"column "note" is added as Utf8"#];
        changes(&world, &declare, "evolve", &added, counts(0, 0, 0, 3));
        let table = world.table("t");
        assert_eq!(table.version(), 2);
        assert_eq!(
            table.columns(),
            ["id: Utf8", "value: Int64 or null", "note: Utf8 or null"]
        );
    }

    #[test]
    fn updates_only_rows_with_a_value_in_the_same_version() {
        let world = World::new();
        world.declare("p", &three()).exits(0);
        let declare = rows(
            keyed().nullable("value", "int64").nullable("note", "utf8"),
            [
                json!(["a", 1, null]),
                json!(["b", 2, "new"]),
                json!(["d", 4, "too"]),
            ],
        );
        let added = [r#"column "note" is added as Utf8"#];
        changes(&world, &declare, "evolve", &added, counts(1, 1, 1, 1));
        assert_eq!(world.table("t").version(), 2);
        insta::assert_snapshot!(world.table("t").printed(), @r"
        +----+-------+------+
        | id | value | note |
        +----+-------+------+
        | a  | 1     |      |
        | b  | 2     | new  |
        | d  | 4     | too  |
        +----+-------+------+
        ");
    }

    #[test]
    fn may_stand_anywhere_in_the_declaration() {
        let world = World::new();
        world.declare("p", &three()).exits(0);
        let declare = rows(
            Table::new("t")
                .nullable("first", "float64")
                .required("id", "utf8")
                .nullable("second", "bool")
                .nullable("value", "int64")
                .key(&["id"]),
            [
                json!([0.5, "a", true, 1]),
                json!([null, "b", null, 2]),
                json!([null, "c", false, 3]),
            ],
        );
        let added = [
            r#"column "first" is added as Float64"#,
            r#"column "second" is added as Boolean"#,
        ];
        changes(&world, &declare, "evolve", &added, counts(0, 2, 0, 1));
        insta::assert_snapshot!(world.table("t").printed(), @r"
        +----+-------+-------+--------+
        | id | value | first | second |
        +----+-------+-------+--------+
        | a  | 1     | 0.5   | true   |
        | b  | 2     |       |        |
        | c  | 3     |       | false  |
        +----+-------+-------+--------+
        ");
    }

    #[test]
    fn that_is_required_is_filled_and_then_tightened() {
        let world = World::new();
        world.declare("p", &three()).exits(0);
        let declare = rows(
            keyed().nullable("value", "int64").required("size", "int64"),
            [
                json!(["a", 1, 10]),
                json!(["b", 2, 20]),
                json!(["c", 3, 30]),
            ],
        );
        let added = [
            r#"column "size" is added as Int64"#,
            r#"column "size" becomes required"#,
        ];
        changes(&world, &declare, "evolve", &added, counts(0, 3, 0, 0));
        assert_eq!(
            world.table("t").columns(),
            ["id: Utf8", "value: Int64 or null", "size: Int64"]
        );
        insta::assert_snapshot!(world.table("t").printed(), @r"
        +----+-------+------+
        | id | value | size |
        +----+-------+------+
        | a  | 1     | 10   |
        | b  | 2     | 20   |
        | c  | 3     | 30   |
        +----+-------+------+
        ");
        world.table("t").optimize();
        settled(&world, &declare);
    }

    #[test]
    fn that_is_required_needs_a_value_in_rows_of_others() {
        let world = World::new();
        world.declare("p", &three()).exits(0);
        world.table("t").append(&[("theirs", 9)]);
        let declare = rows(
            keyed().nullable("value", "int64").required("size", "int64"),
            [json!(["a", 1, 10])],
        );
        insta::assert_snapshot!(refused(&world, "p", &declare, 6).told(), @r#"error: table default/t: column "size" is declared as required, and rows of another writer have no value in it; declare the column as nullable, or give those rows a value first"#);
    }

    #[test]
    fn keeps_rows_of_others() {
        let world = World::new();
        world.declare("p", &three()).exits(0);
        world.table("t").append(&[("theirs", 9)]);
        let declare = rows(
            keyed().nullable("value", "int64").nullable("note", "utf8"),
            [json!(["a", 1, "x"]), json!(["b", 2, null])],
        );
        let added = [r#"column "note" is added as Utf8"#];
        changes(&world, &declare, "evolve", &added, counts(0, 1, 1, 1));
        insta::assert_snapshot!(world.table("t").printed(), @r"
        +--------+-------+------+
        | id     | value | note |
        +--------+-------+------+
        | a      | 1     | x    |
        | b      | 2     |      |
        | theirs | 9     |      |
        +--------+-------+------+
        ");
    }
}

mod dropped_column {
    use super::*;

    #[test]
    fn goes_without_touching_rows() {
        let world = World::new();
        world.declare("p", &three()).exits(0);
        let declare = rows(keyed(), [json!(["a"]), json!(["b"]), json!(["c"])]);
        let dropped = [r#"column "value" is dropped"#];
        changes(&world, &declare, "evolve", &dropped, counts(0, 0, 0, 3));
        assert_eq!(world.table("t").version(), 2);
        assert_eq!(world.table("t").columns(), ["id: Utf8"]);
    }

    #[test]
    fn goes_while_rows_change_and_another_comes() {
        let world = World::new();
        world.declare("p", &three()).exits(0);
        let declare = rows(
            keyed().nullable("note", "utf8"),
            [json!(["a", "x"]), json!(["b", null]), json!(["d", null])],
        );
        let moved = [
            r#"column "note" is added as Utf8"#,
            r#"column "value" is dropped"#,
        ];
        changes(&world, &declare, "evolve", &moved, counts(1, 1, 1, 1));
        insta::assert_snapshot!(world.table("t").printed(), @r"
        +----+------+
        | id | note |
        +----+------+
        | a  | x    |
        | b  |      |
        | d  |      |
        +----+------+
        ");
    }

    #[test]
    fn comes_back_empty() {
        let world = World::new();
        world.declare("p", &three()).exits(0);
        world
            .declare("p", &rows(keyed(), [json!(["a"]), json!(["b"])]))
            .exits(0);
        let declare = rows(
            keyed().nullable("value", "int64"),
            [json!(["a", null]), json!(["b", 7])],
        );
        let added = [r#"column "value" is added as Int64"#];
        changes(&world, &declare, "evolve", &added, counts(0, 1, 0, 1));
        insta::assert_snapshot!(world.table("t").printed(), @r"
        +----+-------+
        | id | value |
        +----+-------+
        | a  |       |
        | b  | 7     |
        +----+-------+
        ");
    }

    #[test]
    fn stays_while_another_pipeline_declares_it() {
        let world = World::new();
        world
            .declare("p", &Declare::table(items("t", [("a", 1)])))
            .exits(0);
        world
            .declare("q", &Declare::table(items("t", [("b", 2)])))
            .exits(0);
        let declare = rows(keyed(), [json!(["a"])]);
        world.declare("p", &declare).exits(0);
        settled(&world, &declare);
        insta::assert_snapshot!(world.table("t").printed(), @r"
        +----+-------+
        | id | value |
        +----+-------+
        | a  |       |
        | b  | 2     |
        +----+-------+
        ");
        let q = world
            .declare("q", &Declare::table(items("t", [("b", 2)])))
            .exits(0);
        assert_eq!(q.json()["status"], "unchanged");
    }
}

mod column_of_another_writer {
    use super::*;

    #[test]
    fn stays_with_its_values_when_rows_are_updated() {
        let world = World::new();
        world.declare("p", &three()).exits(0);
        world
            .table("t")
            .add_column("theirs", "concat('note on ', id)");
        let declare = Declare::table(items("t", [("a", 1), ("b", 20), ("d", 4)]));
        let report = world.declare("p", &declare).exits(0);
        assert_eq!(report.counts("t"), counts(1, 1, 1, 1));
        insta::assert_snapshot!(world.table("t").printed(), @r"
        +----+-------+-----------+
        | id | value | theirs    |
        +----+-------+-----------+
        | a  | 1     | note on a |
        | b  | 20    | note on b |
        | d  | 4     |           |
        +----+-------+-----------+
        ");
        settled(&world, &declare);
    }

    #[test]
    fn becomes_ours_when_it_is_declared() {
        let world = World::new();
        world.declare("p", &three()).exits(0);
        world
            .table("t")
            .add_column("note", "concat('note on ', id)");
        world.declare("p", &three()).exits(0);
        let declare = rows(
            keyed().nullable("value", "int64").nullable("note", "utf8"),
            [
                json!(["a", 1, "note on a"]),
                json!(["b", 2, null]),
                json!(["c", 3, "note on c"]),
            ],
        );
        let report = world.declare("p", &declare).exits(0);
        assert_eq!(report.counts("t"), counts(0, 1, 0, 2));
        insta::assert_snapshot!(world.table("t").printed(), @r"
        +----+-------+-----------+
        | id | value | note      |
        +----+-------+-----------+
        | a  | 1     | note on a |
        | b  | 2     |           |
        | c  | 3     | note on c |
        +----+-------+-----------+
        ");
        settled(&world, &declare);
    }

    #[test]
    fn that_is_required_and_undeclared_is_refused() {
        let world = World::new();
        world.declare("p", &three()).exits(0);
        world
            .table("t")
            .add_column("theirs", "concat('note on ', id)");
        world.table("t").set_nullable("theirs", false);
        insta::assert_snapshot!(refused(&world, "p", &three(), 1).told(), @r#"
        error: table default/t: column "theirs" is stored as required and not declared; declare the column, or make it nullable in the table
          column    declared       stored
          "id"      Utf8           Utf8
          "value"   Int64 or null  Int64 or null
          "theirs"  -              Utf8           differs
        "#);
    }
}

mod column_that_another_writer_removed {
    use super::*;

    #[test]
    fn comes_back_with_its_values() {
        let world = World::new();
        world.declare("p", &three()).exits(0);
        world.table("t").drop_column("value");
        let added = [r#"column "value" is added as Int64"#];
        changes(&world, &three(), "evolve", &added, counts(0, 3, 0, 0));
        insta::assert_snapshot!(world.table("t").printed(), @r"
        +----+-------+
        | id | value |
        +----+-------+
        | a  | 1     |
        | b  | 2     |
        | c  | 3     |
        +----+-------+
        ");
    }
}

mod cast_column {
    use super::*;

    #[test]
    fn to_another_width_keeps_rows_that_fit() {
        let world = World::new();
        let of = |data_type, value| {
            rows(
                keyed().nullable("value", data_type),
                [json!(["a", 1]), json!(["b", value]), json!(["c", null])],
            )
        };
        world.declare("p", &of("int64", 2)).exits(0);
        let cast = [r#"column "value" changes from Int64 to Int16"#];
        changes(&world, &of("int16", 2), "evolve", &cast, counts(0, 0, 0, 3));
        let cast = [r#"column "value" changes from Int16 to UInt64"#];
        changes(
            &world,
            &of("uint64", 9),
            "evolve",
            &cast,
            counts(0, 1, 0, 2),
        );
        insta::assert_snapshot!(world.table("t").printed(), @r"
        +----+-------+
        | id | value |
        +----+-------+
        | a  | 1     |
        | b  | 9     |
        | c  |       |
        +----+-------+
        ");
    }

    #[test]
    fn that_stored_values_do_not_fit_writes_the_table_anew() {
        let world = World::new();
        let of = |data_type, value: i64| {
            rows(keyed().nullable("value", data_type), [json!(["a", value])])
        };
        world.declare("p", &of("int64", 1 << 40)).exits(0);
        insta::assert_snapshot!(refused(&world, "p", &of("int32", 7), 3).told(), @r#"
        table      action   inserted  updated  deleted  unchanged  version
        default/t  rebuild         0        1        0          0        1
        default/t: column "value" changes from Int64 to Int32, which not all stored values fit
        error: nothing was written, because table default/t would be written anew in place of its 1 row: column "value" changes from Int64 to Int32, which not all stored values fit; look at the changes, then allow them with --allow-destructive
        "#);
    }

    #[test]
    fn of_vectors_to_another_precision_is_done_in_place() {
        let world = World::new();
        let of = |data_type| {
            rows(
                keyed().nullable("value", data_type),
                [json!(["a", [0.5, 1.0]]), json!(["b", [2.0, -1.5]])],
            )
        };
        world.declare("p", &of("vector(float32, 2)")).exits(0);
        world.declare("p", &of("vector(float16, 2)")).exits(0);
        settled(&world, &of("vector(float16, 2)"));
        insta::assert_snapshot!(world.table("t").printed(), @r"
        +----+-----------+
        | id | value     |
        +----+-----------+
        | a  | [0.5, 1]  |
        | b  | [2, -1.5] |
        +----+-----------+
        ");
        let report = world.declare("p", &of("vector(float64, 2)")).exits(0);
        assert_eq!(report.counts("t"), counts(0, 0, 0, 2));
    }

    #[test]
    fn of_the_key_keeps_the_rows() {
        let world = World::new();
        let of = |data_type| {
            rows(
                Table::new("t")
                    .required("id", data_type)
                    .nullable("v", "utf8")
                    .key(&["id"]),
                [json!([1, "one"]), json!([2, "two"])],
            )
        };
        world.declare("p", &of("int32")).exits(0);
        let cast = [r#"column "id" changes from Int32 to Int64"#];
        changes(&world, &of("int64"), "evolve", &cast, counts(0, 0, 0, 2));
        insta::assert_snapshot!(world.table("t").printed(), @r"
        +----+-----+
        | id | v   |
        +----+-----+
        | 1  | one |
        | 2  | two |
        +----+-----+
        ");
    }

    #[test]
    fn keeps_rows_whose_values_are_the_same() {
        let world = World::new();
        world.declare("p", &three()).exits(0);
        world.table("t").cast_column("value", DataType::Int16);
        let declare = Declare::table(items("t", [("a", 1), ("b", 2), ("c", 33)]));
        let cast = [r#"column "value" changes from Int16 to Int64"#];
        changes(&world, &declare, "evolve", &cast, counts(0, 1, 0, 2));
        insta::assert_snapshot!(world.table("t").printed(), @r"
        +----+-------+
        | id | value |
        +----+-------+
        | a  | 1     |
        | b  | 2     |
        | c  | 33    |
        +----+-------+
        ");
        assert_eq!(
            world.table("t").columns(),
            ["id: Utf8", "value: Int64 or null"]
        );
    }

    #[test]
    fn casts_rows_of_others_too() {
        let world = World::new();
        world.declare("p", &three()).exits(0);
        world.table("t").append(&[("theirs", 9)]);
        world.table("t").cast_column("value", DataType::Int16);
        let cast = [r#"column "value" changes from Int16 to Int64"#];
        changes(&world, &three(), "evolve", &cast, counts(0, 0, 0, 3));
        insta::assert_snapshot!(world.table("t").printed(), @r"
        +--------+-------+
        | id     | value |
        +--------+-------+
        | a      | 1     |
        | b      | 2     |
        | c      | 3     |
        | theirs | 9     |
        +--------+-------+
        ");
    }
}

mod index_of_another_writer {
    use super::*;

    #[test]
    fn stands_in_the_way_of_a_change_that_would_lose_it() {
        let world = World::new();
        world.declare("p", &three()).exits(0);
        world
            .table("t")
            .index("value", Index::BTree(Default::default()));
        let dropped = rows(keyed(), [json!(["a"]), json!(["b"]), json!(["c"])]);
        insta::assert_snapshot!(refused(&world, "p", &dropped, 6).told(), @r#"error: table default/t: column "value" is dropped, and index "value_idx" on column "value", which no pipeline declares, would be lost; drop that index or declare it, and run again"#);
        let narrower = rows(
            keyed().nullable("value", "int32"),
            [json!(["a", 1]), json!(["b", 2]), json!(["c", 3])],
        );
        insta::assert_snapshot!(refused(&world, "p", &narrower, 6).told(), @r#"error: table default/t: column "value" changes from Int64 to Int32, and index "value_idx" on column "value", which no pipeline declares, would be lost; drop that index or declare it, and run again"#);
        let text = rows(keyed().nullable("value", "utf8"), [json!(["a", "x"])]);
        insta::assert_snapshot!(refused(&world, "p", &text, 6).told(), @r#"error: table default/t: column "value" changes from Int64 to Utf8, and index "value_idx" on column "value", which no pipeline declares, would be lost; drop that index or declare it, and run again"#);
    }
}

mod nullability {
    use super::*;

    fn required(rows_of: impl IntoIterator<Item = (&'static str, i64)>) -> Declare {
        rows(
            keyed().required("value", "int64"),
            rows_of.into_iter().map(|(id, value)| json!([id, value])),
        )
    }

    #[test]
    fn is_relaxed_in_place() {
        let world = World::new();
        world.declare("p", &required([("a", 1), ("b", 2)])).exits(0);
        let declare = rows(
            keyed().nullable("value", "int64"),
            [json!(["a", 1]), json!(["b", null])],
        );
        let relaxed = [r#"column "value" becomes nullable"#];
        changes(&world, &declare, "evolve", &relaxed, counts(0, 1, 0, 1));
        insta::assert_snapshot!(world.table("t").printed(), @r"
        +----+-------+
        | id | value |
        +----+-------+
        | a  | 1     |
        | b  |       |
        +----+-------+
        ");
        assert_eq!(
            world.table("t").columns(),
            ["id: Utf8", "value: Int64 or null"]
        );
    }

    #[test]
    fn is_tightened_when_all_rows_have_a_value() {
        let world = World::new();
        let before = rows(
            keyed().nullable("value", "int64"),
            [json!(["a", 1]), json!(["b", null])],
        );
        world.declare("p", &before).exits(0);
        let tightened = [r#"column "value" becomes required"#];
        changes(
            &world,
            &required([("a", 1), ("b", 2)]),
            "evolve",
            &tightened,
            counts(0, 1, 0, 1),
        );
        assert_eq!(world.table("t").columns(), ["id: Utf8", "value: Int64"]);
        insta::assert_snapshot!(world.table("t").printed(), @r"
        +----+-------+
        | id | value |
        +----+-------+
        | a  | 1     |
        | b  | 2     |
        +----+-------+
        ");
    }

    #[test]
    fn is_tightened_without_a_change_of_rows() {
        let world = World::new();
        world.declare("p", &three()).exits(0);
        let tightened = [r#"column "value" becomes required"#];
        let declare = required([("a", 1), ("b", 2), ("c", 3)]);
        changes(&world, &declare, "evolve", &tightened, counts(0, 0, 0, 3));
        assert_eq!(world.table("t").columns(), ["id: Utf8", "value: Int64"]);
    }

    #[test]
    fn is_not_tightened_over_a_null_of_another_writer() {
        let world = World::new();
        world.declare("p", &three()).exits(0);
        world.table("t").append(&[("theirs", 9)]);
        world.table("t").set("id = 'theirs'", "value", "null");
        insta::assert_snapshot!(refused(&world, "p", &required([("a", 1)]), 6).told(), @r#"error: table default/t: column "value" is declared as required, and rows of another writer have no value in it; declare the column as nullable, or give those rows a value first"#);
    }

    #[test]
    fn of_a_key_may_be_relaxed() {
        let world = World::new();
        world.declare("p", &three()).exits(0);
        let declare = rows(
            Table::new("t")
                .nullable("id", "utf8")
                .nullable("value", "int64")
                .key(&["id"]),
            [
                json!(["a", 1]),
                json!(["b", 2]),
                json!(["c", 3]),
                json!([null, 4]),
            ],
        );
        let relaxed = [r#"column "id" becomes nullable"#];
        changes(&world, &declare, "evolve", &relaxed, counts(1, 0, 0, 3));
        insta::assert_snapshot!(world.table("t").printed(), @r"
        +----+-------+
        | id | value |
        +----+-------+
        |    | 4     |
        | a  | 1     |
        | b  | 2     |
        | c  | 3     |
        +----+-------+
        ");
    }
}

mod rebuild {
    use super::*;

    fn as_text() -> Declare {
        rows(
            keyed().nullable("value", "utf8"),
            [json!(["a", "one"]), json!(["b", "two"]), json!(["d", null])],
        )
    }

    #[test]
    fn is_refused_unless_it_is_allowed() {
        let world = World::new();
        world.declare("p", &three()).exits(0);
        insta::assert_snapshot!(refused(&world, "p", &as_text(), 3).told(), @r#"
        table      action   inserted  updated  deleted  unchanged  version
        default/t  rebuild         1        2        1          0        1
        default/t: column "value" changes from Int64 to Utf8
        error: nothing was written, because table default/t would be written anew in place of its 3 rows: column "value" changes from Int64 to Utf8; look at the changes, then allow them with --allow-destructive
        "#);
    }

    #[test]
    fn replaces_the_content_in_one_version_and_keeps_the_one_before() {
        let world = World::new();
        world.declare("p", &three()).exits(0);
        let report = world
            .declare("p", &as_text())
            .arg("--allow-destructive")
            .exits(0);
        let table = report.table("t");
        assert_eq!(table["action"], "rebuild");
        assert_eq!(table["version"], 2);
        assert_eq!(report.counts("t"), counts(1, 2, 1, 0));
        settled(&world, &as_text());
        let table = world.table("t");
        assert_eq!(table.columns(), ["id: Utf8", "value: Utf8 or null"]);
        insta::assert_snapshot!(table.printed(), @r"
        +----+-------+
        | id | value |
        +----+-------+
        | a  | one   |
        | b  | two   |
        | d  |       |
        +----+-------+
        ");
        assert_eq!(table.tags().into_values().collect::<Vec<_>>(), [1]);
        table.restore(1);
        assert_eq!(table.items().len(), 3);
    }

    #[test]
    fn follows_a_new_primary_key() {
        let world = World::new();
        let declare = |key: &[&str]| {
            rows(
                Table::new("t")
                    .required("id", "utf8")
                    .required("lang", "utf8")
                    .key(key),
                [json!(["a", "de"]), json!(["b", "en"])],
            )
        };
        world.declare("p", &declare(&["id"])).exits(0);
        let both = declare(&["id", "lang"]);
        let refused = refused(&world, "p", &both, 3);
        insta::assert_snapshot!(refused.told(), @r"
        table      action   inserted  updated  deleted  unchanged  version
        default/t  rebuild         2        0        2          0        1
        default/t: the primary key changes from (id) to (id, lang)
        error: nothing was written, because table default/t would be written anew in place of its 2 rows: the primary key changes from (id) to (id, lang); look at the changes, then allow them with --allow-destructive
        ");
        world
            .declare("p", &both)
            .arg("--allow-destructive")
            .exits(0);
        settled(&world, &both);
        settled(&world, &declare(&["lang", "id"]));
    }

    #[test]
    fn is_refused_while_others_have_rows() {
        let world = World::new();
        world.declare("p", &three()).exits(0);
        world
            .declare("q", &Declare::table(items("t", [("x", 9)])))
            .exits(0);
        world.declare("q", &rows(keyed(), [json!(["x"])])).exits(0);
        insta::assert_snapshot!(refused(&world, "p", &as_text(), 6).told(), @r#"error: table default/t: column "value" changes from Int64 to Utf8, so the table has to be written anew, and it holds rows of pipeline q; keep the column and the key as they are stored, or remove those rows first"#);
    }

    #[test]
    fn is_refused_while_another_pipeline_declares_the_column() {
        let world = World::new();
        world.declare("p", &three()).exits(0);
        world
            .declare("q", &Declare::table(items("t", [("x", 9)])))
            .exits(0);
        insta::assert_snapshot!(refused(&world, "p", &as_text(), 6).told(), @r#"error: table default/t: column "value" is declared as Utf8 and stored as Int64, as pipeline q declares it; let both pipelines declare the column with the same type"#);
    }

    #[test]
    fn converges_after_it_was_undone_by_a_restore() {
        let world = World::new();
        world.declare("p", &three()).exits(0);
        world
            .declare("p", &as_text())
            .arg("--allow-destructive")
            .exits(0);
        world.table("t").restore(1);
        world
            .declare("p", &as_text())
            .arg("--allow-destructive")
            .exits(0);
        settled(&world, &as_text());
        assert_eq!(
            world.table("t").columns(),
            ["id: Utf8", "value: Utf8 or null"]
        );
    }
}

mod policy {
    use super::*;

    fn with(policy: &str, table: Table, rows_of: impl IntoIterator<Item = Value>) -> Declare {
        rows(table.setting("on-schema-change", policy), rows_of)
    }

    #[test]
    fn fail_refuses_any_difference_and_shows_both_sides() {
        let world = World::new();
        world.declare("p", &three()).exits(0);
        let declare = with(
            "fail",
            keyed().nullable("value", "int64").nullable("note", "utf8"),
            [json!(["a", 1, null])],
        );
        insta::assert_snapshot!(refused(&world, "p", &declare, 1).told(), @r#"
        error: table default/t: column "note" is added as Utf8; the table is declared with on-schema-change = fail: declare the columns as they are stored, or allow the change with evolve
          column   declared       stored
          "id"     Utf8           Utf8
          "value"  Int64 or null  Int64 or null
          "note"   Utf8 or null   -              differs
        "#);
    }

    #[test]
    fn append_only_adds_columns_and_keeps_those_that_are_no_longer_declared() {
        let world = World::new();
        world.declare("p", &three()).exits(0);
        let declare = with(
            "append-only",
            keyed().nullable("note", "utf8"),
            [json!(["a", null]), json!(["b", "x"]), json!(["d", "y"])],
        );
        let added = [r#"column "note" is added as Utf8"#];
        changes(&world, &declare, "evolve", &added, counts(1, 1, 1, 1));
        insta::assert_snapshot!(world.table("t").printed(), @r"
        +----+-------+------+
        | id | value | note |
        +----+-------+------+
        | a  | 1     |      |
        | b  | 2     | x    |
        | d  |       | y    |
        +----+-------+------+
        ");
    }

    #[test]
    fn append_only_changes_no_type() {
        let world = World::new();
        world.declare("p", &three()).exits(0);
        let declare = with("append-only", keyed().nullable("value", "utf8"), []);
        insta::assert_snapshot!(refused(&world, "p", &declare, 1).told(), @r#"
        error: table default/t: column "value" changes from Int64 to Utf8; the table is declared with on-schema-change = append-only, which only adds columns: declare the column as it is stored, or allow the change with evolve
          column   declared      stored
          "id"     Utf8          Utf8
          "value"  Utf8 or null  Int64 or null  differs
        "#);
    }

    #[test]
    fn of_another_name_is_refused() {
        let world = World::new();
        let declare = with("evolv", keyed(), []);
        insta::assert_snapshot!(world.declaring("run", "p", &declare).exits(1).told(), @r#"error: pipeline p failed: unsupported: setting on-schema-change has no value "evolv"; use evolve, append-only or fail (table default/t)"#);
    }
}

mod users_table {
    use super::*;
    use lance_host_tests::ForeignTable;

    #[test]
    fn is_never_changed_and_the_error_shows_both_sides() {
        let world = World::new();
        ForeignTable::create(&world.database(), "t", &[("theirs", 1)]);
        let declare = rows(
            keyed()
                .nullable("value", "utf8")
                .nullable("note", "utf8")
                .managed_by("user"),
            [json!(["a", "x", null])],
        );
        insta::assert_snapshot!(refused(&world, "p", &declare, 1).told(), @r#"
        error: table default/t: column "value" changes from Int64 to Utf8; the table is managed by the user and is never changed: declare the columns as they are stored, or change the table
          column   declared      stored
          "id"     Utf8          Utf8
          "value"  Utf8 or null  Int64 or null  differs
          "note"   Utf8 or null  -              differs
        "#);
    }

    #[test]
    fn may_have_columns_that_the_pipeline_does_not_declare() {
        let world = World::new();
        ForeignTable::create(&world.database(), "t", &[("theirs", 1)]);
        let declare = rows(keyed().managed_by("user"), [json!(["a"]), json!(["b"])]);
        world.declare("p", &declare).exits(0);
        settled(&world, &declare);
        insta::assert_snapshot!(world.table("t").printed(), @r"
        +--------+-------+
        | id     | value |
        +--------+-------+
        | a      |       |
        | b      |       |
        | theirs | 1     |
        +--------+-------+
        ");
    }
}

mod adopted_table {
    use super::*;
    use lance_host_tests::ForeignTable;

    #[test]
    fn gets_the_columns_that_it_lacks() {
        let world = World::new();
        ForeignTable::create(&world.database(), "t", &[("a", 1), ("theirs", 2)]);
        let declare = rows(
            keyed().nullable("value", "int64").nullable("note", "utf8"),
            [json!(["a", 1, "ours now"])],
        );
        let report = world.declare("p", &declare).arg("--adopt").exits(0);
        assert_eq!(report.table("t")["action"], "adopt");
        assert_eq!(report.counts("t"), counts(0, 1, 0, 0));
        insta::assert_snapshot!(world.table("t").printed(), @r"
        +--------+-------+----------+
        | id     | value | note     |
        +--------+-------+----------+
        | a      | 1     | ours now |
        | theirs | 2     |          |
        +--------+-------+----------+
        ");
        settled(&world, &declare);
    }

    #[test]
    fn keeps_the_types_that_it_has() {
        let world = World::new();
        ForeignTable::create(&world.database(), "t", &[("a", 1)]);
        let declare = rows(keyed().nullable("value", "utf8"), []);
        let outcome = world
            .declaring("run", "p", &declare)
            .arg("--adopt")
            .exits(1);
        insta::assert_snapshot!(outcome.told(), @r#"
        error: table default/t: column "value" changes from Int64 to Utf8; a table is adopted with the types that it has: declare the columns as they are stored
          column   declared      stored
          "id"     Utf8          Utf8
          "value"  Utf8 or null  Int64 or null  differs
        "#);
        assert_eq!(world.table("t").version(), 1);
    }
}

mod table_that_is_no_longer_declared {
    use super::*;
    use lance_host_tests::ForeignTable;

    #[test]
    fn stays_without_our_rows_if_it_was_adopted() {
        let world = World::new();
        ForeignTable::create(&world.database(), "t", &[("a", 1), ("b", 2)]);
        let declare = Declare::table(items("t", [("a", 1), ("b", 2)]));
        world.declare("p", &declare).arg("--adopt").exits(0);
        world
            .declare("p", &Declare::table(items("u", [("x", 1)])))
            .arg("--allow-destructive")
            .exits(0);
        assert_eq!(world.tables(), ["t", "u"]);
        assert_eq!(world.table("t").items(), []);
    }

    #[test]
    fn in_a_renamed_database_is_dropped_and_the_guard_says_why() {
        let world = World::new();
        let databases = |command: lance_host_tests::Run<'_>| {
            command
                .args(["--db", "old=old", "--db", "new=new"])
                .outcome()
        };
        let declare = |database| three().in_database(database);
        databases(world.declare("p", &declare("old"))).exits(0);
        let refused = databases(world.declaring("run", "p", &declare("new"))).exits(3);
        insta::assert_snapshot!(refused.told(), @r"
        table  action  inserted  updated  deleted  unchanged  version
        new/t  create         3        0        0          0        -
        old/t  drop           0        0        3          0        1
        error: nothing was written, because table old/t would be dropped with its 3 rows (the pipeline declares new/t now: a database that is called by another name is another database); look at the changes, then allow them with --allow-destructive
        ");
    }
}
