//! Columns and indexes that somebody else made.

use super::*;

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
