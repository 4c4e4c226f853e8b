//! Columns that come and go.

use super::*;

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
