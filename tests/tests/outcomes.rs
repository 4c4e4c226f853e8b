//! What becomes of a row, by whether it is declared and what is stored.

use lance_host_tests::{Counts, Declare, How, World, item, items};

fn counts(inserted: u64, updated: u64, deleted: u64, unchanged: u64) -> Counts {
    Counts {
        inserted,
        updated,
        deleted,
        unchanged,
    }
}

#[test]
fn declared_row_that_is_not_stored_is_inserted() {
    let world = World::new();
    let report = world
        .declare("a", &Declare::table(items("t", [("x", 1), ("y", 2)])))
        .exits(0);
    assert_eq!(report.json()["status"], "applied");
    assert_eq!(report.table("t")["action"], "create");
    assert_eq!(report.counts("t"), counts(2, 0, 0, 0));
    assert_eq!(world.table("t").items(), [item("x", 1), item("y", 2)]);

    let report = world
        .declare(
            "a",
            &Declare::table(items("t", [("x", 1), ("y", 2), ("z", 3)])),
        )
        .exits(0);
    assert_eq!(report.table("t")["action"], "none");
    assert_eq!(report.counts("t"), counts(1, 0, 0, 2));
    assert_eq!(
        world.table("t").items(),
        [item("x", 1), item("y", 2), item("z", 3)]
    );
}

#[test]
fn declared_row_that_differs_is_updated() {
    let world = World::new();
    world
        .declare("a", &Declare::table(items("t", [("x", 1), ("y", 2)])))
        .exits(0);
    let report = world
        .declare("a", &Declare::table(items("t", [("x", 1), ("y", 20)])))
        .exits(0);
    assert_eq!(report.counts("t"), counts(0, 1, 0, 1));
    assert_eq!(world.table("t").items(), [item("x", 1), item("y", 20)]);
}

#[test]
fn declared_row_that_is_the_same_is_left_alone() {
    let world = World::new();
    let declare = Declare::table(items("t", [("x", 1), ("y", 2)]));
    world.declare("a", &declare).exits(0);
    let report = world.declare("a", &declare).exits(0);
    assert_eq!(report.json()["status"], "unchanged");
    assert_eq!(report.counts("t"), counts(0, 0, 0, 2));
}

#[test]
fn declared_row_that_is_foreign_is_a_conflict_that_names_the_key() {
    let world = World::new();
    world
        .declare("a", &Declare::table(items("t", [("x", 1)])))
        .exits(0);
    world.table("t").append(&[("theirs", 7)]);
    let declare = Declare::table(items("t", [("x", 2), ("theirs", 8)]));
    let refused = world.declare("a", &declare).exits(6);
    assert_eq!(refused.json()["status"], "failed");
    assert_eq!(refused.json()["error"]["kind"], "conflict");
    assert!(refused.stderr.contains("theirs"), "{}", refused.stderr);
    assert_eq!(world.table("t").items(), [item("theirs", 7), item("x", 1)]);
}

#[test]
fn declared_row_of_another_pipeline_is_a_conflict_that_names_the_pipeline() {
    let world = World::new();
    world
        .declare("first", &Declare::table(items("t", [("x", 1)])))
        .exits(0);
    let refused = world
        .declare("second", &Declare::table(items("t", [("x", 2)])))
        .exits(6);
    assert!(refused.stderr.contains("first"), "{}", refused.stderr);
    assert_eq!(world.table("t").items(), [item("x", 1)]);
}

#[test]
fn undeclared_row_of_ours_is_deleted() {
    let world = World::new();
    world
        .declare(
            "a",
            &Declare::table(items("t", [("x", 1), ("y", 2), ("z", 3)])),
        )
        .exits(0);
    let report = world
        .declare("a", &Declare::table(items("t", [("x", 1), ("z", 3)])))
        .exits(0);
    assert_eq!(report.counts("t"), counts(0, 0, 1, 2));
    assert_eq!(world.table("t").items(), [item("x", 1), item("z", 3)]);
}

#[test]
fn undeclared_row_of_others_is_untouched() {
    let world = World::new();
    world
        .declare("a", &Declare::table(items("t", [("x", 1)])))
        .exits(0);
    world
        .declare("b", &Declare::table(items("t", [("y", 2)])))
        .exits(0);
    world.table("t").append(&[("theirs", 7)]);
    let report = world
        .declare("a", &Declare::table(items("t", [("x", 10)])))
        .exits(0);
    assert_eq!(report.counts("t"), counts(0, 1, 0, 0));
    assert_eq!(
        world.table("t").items(),
        [item("theirs", 7), item("x", 10), item("y", 2)]
    );
}

#[test]
fn row_declared_twice_with_the_same_value_counts_once() {
    let world = World::new();
    let declare = Declare::table(items("t", [("x", 1), ("y", 2), ("x", 1)]));
    let report = world.declare("a", &declare).exits(0);
    assert_eq!(report.counts("t"), counts(2, 0, 0, 0));
    assert_eq!(world.table("t").items(), [item("x", 1), item("y", 2)]);
}

#[test]
fn row_declared_twice_with_different_values_names_the_key_and_both_rows() {
    let world = World::new();
    let declare = Declare::table(items("t", [("x", 1), ("y", 2), ("x", 3)]));
    let refused = world.declare("a", &declare).exits(1);
    insta::assert_snapshot!(refused.told(), @r#"error: table default/t: key id = "x" is declared twice with different values, in row 0 of scope / and row 2 of scope /; declare each key once"#);
    assert!(!world.has_table("t"));
}

#[test]
fn a_table_declared_twice_in_the_same_way_is_one_table() {
    let world = World::new();
    let declare = Declare::table(items("t", [("x", 1)])).and(items("t", [("y", 2)]));
    let report = world.declare("a", &declare).exits(0);
    assert_eq!(report.counts("t"), counts(2, 0, 0, 0));
}

#[test]
fn one_row_at_a_time_is_the_same_as_many_at_once() {
    let world = World::new();
    let rows = [("x", 1), ("y", 2)];
    world
        .declare("a", &Declare::table(items("t", rows).how(How::Row)))
        .exits(0);
    let report = world
        .declare("a", &Declare::table(items("t", rows)))
        .exits(0);
    assert_eq!(report.json()["status"], "unchanged");
}

#[test]
fn every_kind_of_value_comes_back_as_declared() {
    use arrow::{
        array::{Array, AsArray},
        datatypes::{DataType, Float32Type, Float64Type},
    };
    use lance_host_tests::Table;
    use serde_json::json;

    let world = World::new();
    let table = Table::new("t")
        .required("id", "int64")
        .nullable("flag", "bool")
        .nullable("number", "float64")
        .nullable("text", "utf8")
        .nullable("data", "json")
        .nullable("vector", "vector(float32, 3)")
        .key(&["id"])
        .row(json!([1, true, 0.1, "ä\n", {"a": [1, null]}, [0.5, -1.0, 3.25]]))
        .row(json!([2, null, null, null, null, null]));
    world.declare("a", &Declare::table(table)).exits(0);

    let rows = world.table("t").rows();
    assert_eq!(rows.num_rows(), 2);
    assert_eq!(
        rows["flag"].as_boolean().iter().collect::<Vec<_>>(),
        [Some(true), None]
    );
    let numbers = rows["number"].as_primitive::<Float64Type>();
    assert_eq!(numbers.iter().collect::<Vec<_>>(), [Some(0.1), None]);
    assert_eq!(
        rows["text"].as_string::<i32>().iter().collect::<Vec<_>>(),
        [Some("ä\n"), None]
    );
    let data = rows["data"].as_string::<i32>();
    let stored: serde_json::Value = serde_json::from_str(data.value(0)).unwrap();
    assert_eq!(stored, json!({"a": [1, null]}));
    let vectors = rows["vector"].as_fixed_size_list();
    assert!(matches!(vectors.data_type(), DataType::FixedSizeList(_, 3)));
    let first = vectors.value(0);
    assert_eq!(
        first.as_primitive::<Float32Type>().values(),
        &[0.5, -1.0, 3.25]
    );
}

#[test]
fn a_composite_key_identifies_a_row_by_all_its_parts() {
    use lance_host_tests::Table;
    use serde_json::json;

    let world = World::new();
    let table = |rows: &[(&str, i64, i64)]| {
        rows.iter().fold(
            Table::new("t")
                .required("path", "utf8")
                .required("position", "int64")
                .nullable("value", "int64")
                .key(&["path", "position"]),
            |table, (path, position, value)| table.row(json!([path, position, value])),
        )
    };
    world
        .declare(
            "a",
            &Declare::table(table(&[("p", 0, 1), ("p", 1, 2), ("q", 0, 3)])),
        )
        .exits(0);
    let report = world
        .declare(
            "a",
            &Declare::table(table(&[("p", 0, 1), ("p", 1, 20), ("q", 1, 3)])),
        )
        .exits(0);
    assert_eq!(report.counts("t"), counts(1, 1, 1, 1));
}

#[test]
fn a_null_in_the_key_identifies_a_row_as_any_value_does() {
    use lance_host_tests::Table;
    use serde_json::json;

    let world = World::new();
    let table = |rows: serde_json::Value| {
        let table = Table::new("t")
            .nullable("id", "int64")
            .nullable("value", "int64")
            .key(&["id"]);
        rows.as_array()
            .unwrap()
            .iter()
            .cloned()
            .fold(table, Table::row)
    };
    world
        .declare("a", &Declare::table(table(json!([[null, 1], [0, 2]]))))
        .exits(0);
    let report = world
        .declare("a", &Declare::table(table(json!([[null, 10], [0, 2]]))))
        .exits(0);
    assert_eq!(report.counts("t"), counts(0, 1, 0, 1));
    let report = world
        .declare("a", &Declare::table(table(json!([[0, 2]]))))
        .exits(0);
    assert_eq!(report.counts("t"), counts(0, 0, 1, 1));
    assert_eq!(world.table("t").rows().num_rows(), 1);
}
