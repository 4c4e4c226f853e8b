//! Columns that become nullable or required.

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
