//! What the declaration, or whoever manages the table, allows.

use super::*;

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
