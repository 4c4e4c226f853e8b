//! What users of a declarative LanceDB target rely on, one test for each behaviour.
//!
//! The list is that of the connector which they may come from: rows, keys, columns, tables that
//! the user manages, and indexes; that tables are maintained is a module of its own,
//! [`maintenance`](crate::maintenance). Others go deeper into each, and this one can be read from
//! top to bottom as the promise as a whole.

use lance_host_tests::{Counts, Declare, ForeignTable, Outcome, Table, World, item, items};
use serde_json::{Value, json};

/// Documents with a key, a text and whatever columns a test adds.
fn documents() -> Table {
    Table::new("docs")
        .required("id", "utf8")
        .nullable("text", "utf8")
        .key(&["id"])
}

fn declare(table: Table, rows: impl IntoIterator<Item = Value>) -> Declare {
    Declare::table(rows.into_iter().fold(table, Table::row))
}

fn run(world: &World, declare: &Declare) -> Outcome {
    world.declare("p", declare).exits(0)
}

fn changed(outcome: &Outcome, table: &str) -> (u64, u64, u64, u64) {
    let Counts {
        inserted,
        updated,
        deleted,
        unchanged,
    } = outcome.counts(table);
    (inserted, updated, deleted, unchanged)
}

mod rows {
    use super::*;

    #[test]
    fn declared_row_is_inserted() {
        let world = World::new();
        let outcome = run(&world, &Declare::table(items("t", [("a", 1)])));
        assert_eq!(changed(&outcome, "t"), (1, 0, 0, 0));
        assert_eq!(world.table("t").items(), [item("a", 1)]);
    }

    #[test]
    fn changed_row_is_updated() {
        let world = World::new();
        run(&world, &Declare::table(items("t", [("a", 1), ("b", 2)])));
        let outcome = run(&world, &Declare::table(items("t", [("a", 1), ("b", 3)])));
        assert_eq!(changed(&outcome, "t"), (0, 1, 0, 1));
        assert_eq!(world.table("t").items(), [item("a", 1), item("b", 3)]);
    }

    #[test]
    fn same_row_is_not_written() {
        let world = World::new();
        let declare = Declare::table(items("t", [("a", 1)]));
        run(&world, &declare);
        let outcome = run(&world, &declare);
        assert_eq!(changed(&outcome, "t"), (0, 0, 0, 1));
        assert_eq!(world.table("t").version(), 1);
    }

    #[test]
    fn undeclared_row_is_deleted() {
        let world = World::new();
        run(&world, &Declare::table(items("t", [("a", 1), ("b", 2)])));
        let outcome = run(&world, &Declare::table(items("t", [("b", 2)])));
        assert_eq!(changed(&outcome, "t"), (0, 0, 1, 1));
        assert_eq!(world.table("t").items(), [item("b", 2)]);
    }

    #[test]
    fn many_deletes_make_one_version() {
        let world = World::new();
        let rows = |range: std::ops::Range<i64>| {
            items("t", range.map(|number| (number.to_string(), number)))
        };
        run(&world, &Declare::table(rows(0..50)));
        run(&world, &Declare::table(rows(50..51)));
        assert_eq!(world.table("t").version(), 2);
    }
}

mod keys {
    use super::*;

    #[test]
    fn composite_key_identifies_a_row() {
        let world = World::new();
        let table = || {
            Table::new("t")
                .required("file", "utf8")
                .required("part", "int64")
                .nullable("text", "utf8")
                .key(&["file", "part"])
        };
        run(
            &world,
            &declare(table(), [json!(["a", 1, "x"]), json!(["a", 2, "y"])]),
        );
        let outcome = run(
            &world,
            &declare(table(), [json!(["a", 2, "z"]), json!(["b", 1, "x"])]),
        );
        assert_eq!(changed(&outcome, "t"), (1, 1, 1, 0));
        insta::assert_snapshot!(world.table("t").printed(), @r"
        +------+------+------+
        | file | part | text |
        +------+------+------+
        | a    | 2    | z    |
        | b    | 1    | x    |
        +------+------+------+
        ");
    }

    #[test]
    fn quotes_in_keys_are_only_characters() {
        let world = World::new();
        let keys = [
            "it's",
            "\"quoted\"",
            "back`tick",
            "semi; DROP",
            "per%cent",
            "\\",
        ];
        let of = |value| Declare::table(items("t", keys.map(|key| (key, value))));
        run(&world, &of(1));
        assert_eq!(changed(&run(&world, &of(2)), "t"), (0, 6, 0, 0));
        let outcome = run(&world, &Declare::table(items("t", [("it's", 2)])));
        assert_eq!(changed(&outcome, "t"), (0, 0, 5, 1));
        assert_eq!(world.table("t").items(), [item("it's", 2)]);
    }

    #[test]
    fn quotes_in_names_of_key_columns_are_only_characters() {
        for name in ["my id", "a-b", "1st", "User-Id", "order", "it's"] {
            let world = World::new();
            let table = || {
                Table::new("t")
                    .required(name, "utf8")
                    .nullable("value", "int64")
                    .key(&[name])
            };
            run(
                &world,
                &declare(table(), [json!(["a", 1]), json!(["b", 2])]),
            );
            let outcome = run(&world, &declare(table(), [json!(["a", 3])]));
            assert_eq!(changed(&outcome, "t"), (0, 1, 1, 0), "{name}");
        }
    }
}

mod columns {
    use super::*;

    fn two() -> [Value; 2] {
        [json!(["a", "x"]), json!(["b", "y"])]
    }

    #[test]
    fn added_column_keeps_old_rows() {
        let world = World::new();
        run(&world, &declare(documents(), two()));
        let outcome = run(
            &world,
            &declare(
                documents().nullable("lang", "utf8"),
                [json!(["a", "x", "en"]), json!(["b", "y", null])],
            ),
        );
        assert_eq!(outcome.table("docs")["action"], "evolve");
        insta::assert_snapshot!(world.table("docs").printed(), @r"
        +----+------+------+
        | id | text | lang |
        +----+------+------+
        | a  | x    | en   |
        | b  | y    |      |
        +----+------+------+
        ");
    }

    #[test]
    fn several_columns_are_added_at_once() {
        let world = World::new();
        run(&world, &declare(documents(), two()));
        run(
            &world,
            &declare(
                documents()
                    .nullable("lang", "utf8")
                    .nullable("words", "int64")
                    .nullable("score", "float64"),
                [
                    json!(["a", "x", "en", 1, 0.5]),
                    json!(["b", "y", null, null, null]),
                ],
            ),
        );
        insta::assert_snapshot!(world.table("docs").printed(), @r"
        +----+------+------+-------+-------+
        | id | text | lang | words | score |
        +----+------+------+-------+-------+
        | a  | x    | en   | 1     | 0.5   |
        | b  | y    |      |       |       |
        +----+------+------+-------+-------+
        ");
    }

    #[test]
    fn null_in_an_added_column_writes_no_row() {
        let world = World::new();
        run(&world, &declare(documents(), two()));
        let outcome = run(
            &world,
            &declare(
                documents().nullable("lang", "utf8"),
                [json!(["a", "x", null]), json!(["b", "y", null])],
            ),
        );
        assert_eq!(changed(&outcome, "docs"), (0, 0, 0, 2));
    }

    #[test]
    fn value_in_an_added_column_updates_its_row() {
        let world = World::new();
        run(&world, &declare(documents(), two()));
        let outcome = run(
            &world,
            &declare(
                documents().nullable("lang", "utf8"),
                [json!(["a", "x", "en"]), json!(["b", "y", null])],
            ),
        );
        assert_eq!(changed(&outcome, "docs"), (0, 1, 0, 1));
    }

    #[test]
    fn incompatible_change_replaces_the_table_and_replays_all_rows() {
        let world = World::new();
        run(&world, &declare(documents(), two()));
        let numbers = Table::new("docs")
            .required("id", "utf8")
            .nullable("text", "int64")
            .key(&["id"]);
        let replaced = declare(numbers, [json!(["a", 1]), json!(["b", 2])]);
        let outcome = world
            .declare("p", &replaced)
            .arg("--allow-destructive")
            .exits(0);
        assert_eq!(outcome.table("docs")["action"], "rebuild");
        insta::assert_snapshot!(world.table("docs").printed(), @r"
        +----+------+
        | id | text |
        +----+------+
        | a  | 1    |
        | b  | 2    |
        +----+------+
        ");
    }
}

mod indexes {
    use super::*;

    fn texts() -> [Value; 2] {
        [json!(["a", "the quick fox"]), json!(["b", "a lazy dog"])]
    }

    fn searchable(language: &str) -> Declare {
        declare(
            documents().index("text", "fts", &[("language", language)]),
            texts(),
        )
    }

    fn action(outcome: &Outcome) -> Value {
        outcome.table("docs")["indexes"][0]["action"].clone()
    }

    fn stored(world: &World) -> Vec<String> {
        let indexes = world.table("docs").indexes();
        indexes.into_iter().map(|index| index.name).collect()
    }

    #[test]
    fn declared_index_is_created() {
        let world = World::new();
        assert_eq!(action(&run(&world, &searchable("English"))), "create");
        assert_eq!(stored(&world).len(), 1);
    }

    #[test]
    fn same_index_is_left_alone() {
        let world = World::new();
        run(&world, &searchable("English"));
        let version = world.table("docs").version();
        let outcome = run(&world, &searchable("English"));
        assert_eq!(outcome.json()["status"], "unchanged");
        assert_eq!(action(&outcome), "none");
        assert_eq!(world.table("docs").version(), version);
    }

    #[test]
    fn changed_index_is_replaced() {
        let world = World::new();
        run(&world, &searchable("English"));
        let before = stored(&world);
        assert_eq!(action(&run(&world, &searchable("German"))), "replace");
        assert_eq!(stored(&world).len(), 1);
        assert_ne!(stored(&world), before);
    }

    #[test]
    fn undeclared_index_is_dropped() {
        let world = World::new();
        run(&world, &searchable("English"));
        let outcome = run(&world, &declare(documents(), texts()));
        assert_eq!(action(&outcome), "drop");
        assert!(stored(&world).is_empty());
    }

    #[test]
    fn index_of_a_column_that_does_not_exist_is_refused() {
        let world = World::new();
        let declare = declare(documents().index("body", "fts", &[]), texts());
        let outcome = world.declaring("run", "p", &declare).exits(1);
        insta::assert_snapshot!(outcome.told(), @r#"error: pipeline p failed: unknown-column: there is no column "body" to index; columns: id, text (table default/docs, column body)"#);
        assert!(!world.has_table("docs"));
    }

    #[test]
    fn full_text_finds_rows_of_every_run() {
        let world = World::new();
        run(&world, &searchable("English"));
        let more = declare(
            documents().index("text", "fts", &[("language", "English")]),
            [json!(["b", "a lazy dog"]), json!(["c", "foxes everywhere"])],
        );
        run(&world, &more);
        let found = world
            .host([
                "query",
                "default/docs",
                "--text",
                "fox",
                "--select",
                "id",
                "--json",
            ])
            .exits(0)
            .json();
        let rows = found["rows"].as_array().unwrap();
        let ids: Vec<_> = rows.iter().map(|row| &row["id"]).collect();
        assert_eq!(ids, ["c"]);
    }

    #[test]
    fn index_survives_a_change_of_columns() {
        let world = World::new();
        run(&world, &searchable("English"));
        let before = stored(&world);
        let wider = declare(
            documents()
                .nullable("lang", "utf8")
                .index("text", "fts", &[("language", "English")]),
            [json!(["a", "the quick fox", "en"])],
        );
        assert_eq!(action(&run(&world, &wider)), "none");
        assert_eq!(stored(&world), before);
    }

    #[test]
    fn index_survives_a_table_that_is_written_anew() {
        let world = World::new();
        run(&world, &searchable("English"));
        let other_key = Table::new("docs")
            .required("id", "utf8")
            .required("text", "utf8")
            .key(&["id", "text"])
            .index("text", "fts", &[("language", "English")]);
        world
            .declare("p", &declare(other_key, texts()))
            .arg("--allow-destructive")
            .exits(0);
        assert_eq!(stored(&world).len(), 1);
    }

    #[test]
    fn index_of_a_table_that_the_user_manages_is_theirs() {
        let world = World::new();
        ForeignTable::create(&world.database(), "t", &[("theirs", 9)]);
        let declare = |value| {
            let table = items("t", [("a", value)]).managed_by("user");
            Declare::table(table)
        };
        run(&world, &declare(1));
        world
            .table("t")
            .index("value", lancedb::index::Index::BTree(Default::default()));
        run(&world, &declare(2));
        run(&world, &Declare::table(items("u", [("x", 1)])));
        assert_eq!(world.table("t").indexes().len(), 1);
        let indexed = items("t", [("a", 1)])
            .managed_by("user")
            .index("id", "btree", &[]);
        let outcome = world
            .declaring("run", "p", &Declare::table(indexed))
            .exits(1);
        insta::assert_snapshot!(outcome.told(), @"error: pipeline p failed: unsupported: the table is managed by the user, and its indexes are too; create the index yourself, or declare the table as managed by the system (table default/t, column id)");
    }
}

mod tables {
    use super::*;

    #[test]
    fn undeclared_table_is_dropped() {
        let world = World::new();
        let both = Declare::table(items("t", [("a", 1)])).and(items("u", [("b", 1)]));
        run(&world, &both);
        world
            .declare("p", &Declare::table(items("u", [("b", 1)])))
            .arg("--allow-destructive")
            .exits(0);
        assert_eq!(world.tables(), ["u"]);
    }

    #[test]
    fn table_managed_by_the_user_is_not_created() {
        let world = World::new();
        let declare = Declare::table(items("t", [("a", 1)]).managed_by("user"));
        world.declare("p", &declare).exits(1);
        assert!(!world.has_table("t"));
    }

    #[test]
    fn table_managed_by_the_user_is_not_dropped() {
        let world = World::new();
        ForeignTable::create(&world.database(), "t", &[("theirs", 9)]);
        run(
            &world,
            &Declare::table(items("t", [("a", 1)]).managed_by("user")),
        );
        world
            .declare("p", &Declare::nothing())
            .arg("--allow-destructive")
            .exits(0);
        assert_eq!(world.table("t").items(), [item("theirs", 9)]);
    }

    #[test]
    fn table_that_was_lost_is_made_again() {
        let world = World::new();
        let declare = Declare::table(items("t", [("a", 1)]));
        run(&world, &declare);
        std::fs::remove_dir_all(world.database().join("t.lance")).unwrap();
        run(&world, &declare);
        assert_eq!(world.table("t").items(), [item("a", 1)]);
    }

    #[test]
    fn state_that_was_lost_drops_nothing() {
        let world = World::new();
        let declare = Declare::table(items("t", [("a", 1)]));
        run(&world, &declare);
        world.table("t").append(&[("theirs", 9)]);
        std::fs::remove_dir_all(world.database().join("_lance_host")).unwrap();
        world.declare("p", &declare).exits(6);
        world.declare("p", &declare).arg("--adopt").exits(0);
        assert_eq!(world.table("t").items(), [item("a", 1), item("theirs", 9)]);
    }
}
