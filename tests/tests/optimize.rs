//! Maintenance on demand: what `optimize` does, and to which tables.

use std::fs;

use lance_host_tests::{Declare, ForeignTable, World, items};
use lancedb::index::{Index, scalar::BTreeIndexBuilder};
use serde_json::json;

fn declare(count: i64) -> Declare {
    let rows = (0..count).map(|number| (format!("row {number}"), number));
    Declare::table(items("t", rows))
}

/// Each row becomes a fragment.
fn append_fragments(table: &ForeignTable) {
    for id in ["a", "b", "c"] {
        table.append(&[(id, 1), (&format!("{id} too"), 2)]);
    }
}

fn world() -> World {
    let world = World::new();
    for count in 1..=5 {
        world.declare("p", &declare(count)).exits(0);
    }
    world
        .table("t")
        .index("value", Index::BTree(BTreeIndexBuilder::default()));
    world.declare("p", &declare(6)).exits(0);
    world
}

#[test]
fn everything_is_done_and_told() {
    let world = world();
    insta::assert_snapshot!(world.host(["optimize"]).exits(0).printed(), @r"
    table      fragments  rows indexed  versions removed  freed  version
    default/t      6 → 1             1                 0    0 B       10
    ");
    assert_eq!(world.table("t").fragments(), 1);
    assert_eq!(world.table("t").indexed("value_idx"), (6, 0));
    let report = world.declare("p", &declare(6)).exits(0);
    assert_eq!(report.json()["status"], "unchanged");

    // Nothing is left to do, and no version is made.
    let version = world.table("t").version();
    let mut again = world.host(["optimize", "--json"]).exits(0).json();
    assert!(again["duration_ms"].is_u64());
    again["duration_ms"] = json!(null);
    assert_eq!(
        again,
        json!({
            "tables": [{
                "database": "default", "table": "t", "fragments_before": 1,
                "fragments_after": 1, "indexed_rows": 0, "versions_removed": 0,
                "bytes_removed": 0, "version": version,
            }],
            "left_alone": [],
            "duration_ms": null,
        })
    );
    assert_eq!(world.host(["optimize", "--quiet"]).exits(0).stdout, "");
}

#[test]
fn tables_of_others_are_left_alone_unless_they_are_named() {
    let world = world();
    let theirs = ForeignTable::create(&world.database(), "theirs", &[("x", 1)]);
    append_fragments(&theirs);
    let users = ForeignTable::create(&world.database(), "users", &[("x", 1)]);
    append_fragments(&users);
    let declare = Declare::table(items("users", [("y", 1)]).managed_by("user"));
    world.declare("q", &declare).exits(0);

    insta::assert_snapshot!(world.host(["optimize", "default"]).exits(0).printed(), @r"
    table      fragments  rows indexed  versions removed  freed  version
    default/t      6 → 1             1                 0    0 B       10
    default/theirs: left alone, since lance-host does not manage it; `lance-host optimize default/theirs` does it
    default/users: left alone, since lance-host does not manage it; `lance-host optimize default/users` does it
    ");
    assert_eq!(world.table("theirs").fragments(), 4);
    for (name, rows) in [("theirs", 7), ("users", 8)] {
        let named = format!("default/{name}");
        let done = world.host(["optimize", &named, "--json"]).exits(0).json();
        assert_eq!(done["tables"][0]["table"], name);
        assert_eq!(world.table(name).fragments(), 1);
        assert_eq!(world.table(name).items().len(), rows);
    }
    let report = world.declare("q", &declare).exits(0);
    assert_eq!(report.json()["status"], "unchanged");
}

#[test]
fn without_tables_there_is_nothing_to_do() {
    let world = World::new();
    insta::assert_snapshot!(world.host(["optimize"]).exits(0).printed(), @"nothing to optimize: lance-host manages no table here");
    assert!(!world.database().exists());
}

#[test]
fn names_that_do_not_exist_are_told() {
    let world = world();
    insta::assert_snapshot!(world.host(["optimize", "defualt"]).exits(2).told(), @r#"error: there is no database "defualt"; did you mean "default"? If not, add it with --db defualt=URI"#);
    insta::assert_snapshot!(world.host(["optimize", "default/u"]).exits(2).told(), @r#"error: there is no table "u" in database "default"; known: t"#);
    insta::assert_snapshot!(world.host(["optimize", "default/"]).exits(2).told(), @r"
    error: invalid value 'default/' for '[DATABASE[/TABLE]]': expected DATABASE/TABLE, such as default/documents

    For more information, try '--help'.
    ");
}

#[test]
fn a_failure_of_the_storage_has_its_exit_code() {
    let world = world();
    let data = world.database().join("t.lance/data");
    for file in fs::read_dir(data).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
    let failed = world.host(["optimize", "--json"]).exits(5).json();
    assert_eq!(failed["error"]["kind"], "storage");
    let message = failed["error"]["message"].as_str().unwrap();
    assert!(
        message.starts_with("table default/t: cannot bring its indexes up to date: "),
        "{message}"
    );
}
