//! Names that need care: any name that LanceDB takes is stored and found again.

use lance_host_tests::{Counts, Declare, ForeignTable, Table, World, shown};
use serde_json::json;

/// Names of columns that somebody has, or may have.
const NAMES: &[&str] = &[
    "my id",
    "a-b",
    "1st",
    "User-Id",
    "Group",
    "order",
    "select",
    "Table",
    "it's",
    "\"quoted\"",
    "back\\slash",
    "ünïcödé",
    "名前",
    "\u{1f980}",
    "a,b",
    "a(b)",
    "a[0]",
    "$1",
    "@x",
    "#",
    "%",
    "?",
    " ",
    " leading",
    "trailing ",
    "tab\tline\n",
    "a/b",
    "a:b",
    "a;b--",
    "true",
    "null",
    "**",
];

fn name(number: usize) -> String {
    format!("t{number}")
}

/// For each name a table that has it as its key, and one that has it as its value.
fn declared(value: &str) -> Declare {
    let mut declare = Declare::nothing();
    for (number, column) in NAMES.iter().enumerate() {
        let key = Table::new(&format!("k{number}"))
            .required(column, "utf8")
            .nullable("other", "utf8")
            .key(&[column])
            .row(json!(["one", value]))
            .row(json!(["two", "same"]));
        let plain = Table::new(&format!("v{number}"))
            .required("key", "utf8")
            .nullable(column, "utf8")
            .key(&["key"])
            .row(json!(["one", value]))
            .row(json!(["two", "same"]));
        declare = declare.and(key).and(plain);
    }
    declare
}

fn contents(table: &ForeignTable, key: &str, value: &str) -> Vec<(String, String)> {
    let rows = table.rows();
    let mut rows: Vec<_> = shown(&rows[key])
        .into_iter()
        .zip(shown(&rows[value]))
        .collect();
    rows.sort();
    rows
}

fn check(world: &World, value: &str) {
    let expected =
        [("one", value), ("two", "same")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    for (number, column) in NAMES.iter().enumerate() {
        let key = contents(&world.table(&format!("k{number}")), column, "other");
        assert_eq!(key, expected, "{column:?} as a key");
        let plain = contents(&world.table(&format!("v{number}")), "key", column);
        assert_eq!(plain, expected, "{column:?} as a value");
    }
}

fn check_counts(world: &World, value: &str, counts: Counts) {
    let outcome = world.declare("p", &declared(value)).exits(0);
    for (number, column) in NAMES.iter().enumerate() {
        assert_eq!(
            outcome.counts(&format!("k{number}")),
            counts,
            "{column:?} as a key"
        );
        assert_eq!(
            outcome.counts(&format!("v{number}")),
            counts,
            "{column:?} as a value"
        );
    }
    check(world, value);
}

fn counts(inserted: u64, updated: u64, unchanged: u64) -> Counts {
    Counts {
        inserted,
        updated,
        deleted: 0,
        unchanged,
    }
}

#[test]
fn any_column_name_is_stored_compared_and_changed_exactly() {
    let world = World::new();
    check_counts(&world, "first", counts(2, 0, 0));
    check_counts(&world, "first", counts(0, 0, 2));
    check_counts(&world, "second", counts(0, 1, 1));
}

#[test]
fn any_column_name_is_read_again_after_a_foreign_writer() {
    let world = World::new();
    check_counts(&world, "first", counts(2, 0, 0));
    for number in 0..NAMES.len() {
        // By row, because a filter would need the names quoted.
        for table in [format!("k{number}"), format!("v{number}")] {
            world.table(&table).delete("_rowid = 0");
        }
    }
    check_counts(&world, "first", counts(1, 0, 1));
    std::fs::remove_dir_all(world.database().join("_lance_host")).unwrap();
    let outcome = world
        .declare("p", &declared("first"))
        .arg("--adopt")
        .exits(0);
    for number in 0..NAMES.len() {
        assert_eq!(outcome.counts(&format!("k{number}")), counts(0, 0, 2));
        assert_eq!(outcome.counts(&format!("v{number}")), counts(0, 0, 2));
    }
    check(&world, "first");
}

#[test]
fn column_name_that_lancedb_cannot_store_is_refused() {
    let world = World::new();
    let refused = |column: &str| {
        let table = Table::new("t").required(column, "utf8").key(&[column]);
        world.declare("p", &Declare::table(table)).exits(1).told()
    };
    insta::assert_snapshot!(refused("a.b"), @r#"error: pipeline p failed: invalid-schema: column "a.b" has a dot or a backtick in its name, which LanceDB cannot store (table default/t, column a.b)"#);
    insta::assert_snapshot!(refused("`"), @r#"error: pipeline p failed: invalid-schema: column "`" has a dot or a backtick in its name, which LanceDB cannot store (table default/t, column `)"#);
    insta::assert_snapshot!(refused("*"), @r#"error: pipeline p failed: invalid-schema: column "*" has the name by which LanceDB reads all columns (table default/t, column *)"#);
    insta::assert_snapshot!(refused(""), @r#"error: pipeline p failed: invalid-schema: column "" has no name (table default/t, column )"#);
    insta::assert_snapshot!(refused("_rowid"), @r#"error: pipeline p failed: invalid-schema: column "_rowid" has a name that LanceDB computes itself (table default/t, column _rowid)"#);
    assert!(world.find_table("t").is_none());
}

#[test]
fn names_that_differ_only_in_case_are_two_columns() {
    let world = World::new();
    let declare = |upper: &str| {
        let table = Table::new("t")
            .required("a", "utf8")
            .nullable("A", "utf8")
            .key(&["a"])
            .row(json!(["one", upper]))
            .row(json!(["two", "same"]));
        world
            .declare("p", &Declare::table(table))
            .exits(0)
            .counts("t")
    };
    assert_eq!(declare("first"), counts(2, 0, 0));
    assert_eq!(declare("first"), counts(0, 0, 2));
    assert_eq!(declare("second"), counts(0, 1, 1));
    world.table("t").delete("_rowid = 1");
    assert_eq!(declare("second"), counts(1, 0, 1));
    let found = contents(&world.table("t"), "a", "A");
    assert_eq!(
        found,
        [("one", "second"), ("two", "same")].map(|(a, b)| (a.to_owned(), b.to_owned()))
    );
}

#[test]
fn table_names_are_those_of_lancedb() {
    let world = World::new();
    let declare = |name: &str| {
        let table = Table::new(name)
            .required("id", "utf8")
            .key(&["id"])
            .row(json!(["x"]));
        world.declare(
            "p",
            &Declare::table(table).and(
                Table::new(&self::name(0))
                    .required("id", "utf8")
                    .key(&["id"])
                    .row(json!(["x"])),
            ),
        )
    };
    for name in [
        "Group", "order", "1st", "a-b", "a.b", "_x", "UPPER", "upper",
    ] {
        declare(name).arg("--allow-destructive").exits(0);
        assert!(world.has_table(name), "{name}");
        assert_eq!(world.table(name).rows().num_rows(), 1);
    }
    insta::assert_snapshot!(declare("my table").exits(1).told(), @r#"error: pipeline p failed: invalid-schema: "my table" is not a name for a table; use letters, digits, '_', '-' and '.' (table default/my table)"#);
    insta::assert_snapshot!(declare("a/b").exits(1).told(), @r#"error: pipeline p failed: invalid-schema: "a/b" is not a name for a table; use letters, digits, '_', '-' and '.' (table default/a/b)"#);
    insta::assert_snapshot!(declare("").exits(1).told(), @r#"error: pipeline p failed: invalid-schema: "" is not a name for a table; use letters, digits, '_', '-' and '.' (table default/)"#);
    insta::assert_snapshot!(declare("../up").exits(1).told(), @r#"error: pipeline p failed: invalid-schema: "../up" is not a name for a table; use letters, digits, '_', '-' and '.' (table default/../up)"#);
}
