//! Columns whose type changes where they are.

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
    let of =
        |data_type, value: i64| rows(keyed().nullable("value", data_type), [json!(["a", value])]);
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
