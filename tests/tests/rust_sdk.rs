//! What the Rust SDK has beside what every SDK has (`sdk_suite`), through the component in
//! `tests/guests/sdk`, which documents its cases.

mod types;

use lance_host_tests::{Guest, World};
use serde_json::{Value, json};

/// Runs a case that succeeds, and returns the world that it leaves.
fn world_after(case: &str) -> World {
    let world = World::new();
    world.run(Guest::Sdk).param("case", case).exits(0);
    world
}

/// The rows of a table as `show --json` prints them, by the key column.
fn shown(world: &World, table: &str, key: &str) -> Vec<Value> {
    let path = format!("default/{table}");
    let shown = world
        .host(["show", &path, "--limit", "100", "--json"])
        .exits(0)
        .json();
    let mut rows = shown["rows"].as_array().unwrap().clone();
    rows.sort_by_key(|row| row[key].to_string());
    rows
}

/// Runs a case again: what it declares is there already.
fn assert_unchanged(world: &World, case: &str, rows: u64) {
    let again = world
        .run(Guest::Sdk)
        .param("case", case)
        .arg("--json")
        .exits(0);
    assert_eq!(again.table(case)["unchanged"], rows);
    assert_eq!(again.json()["status"], "unchanged");
}

/// What the user reads of a case that fails, when nothing was written.
fn told(case: &str, code: i32) -> String {
    let world = World::new();
    let outcome = world.run(Guest::Sdk).param("case", case).exits(code);
    assert!(!world.database().exists());
    outcome.told()
}

#[test]
fn structs_may_borrow_rename_and_skip() {
    let world = world_after("borrowed");
    assert_eq!(
        shown(&world, "borrowed", "id"),
        [
            json!({"id": "a", "text": "text of a", "vector": [1.0, 2.0]}),
            json!({"id": "b", "text": "text of b", "vector": [3.0, 4.0]}),
        ]
    );
    let world = world_after("renamed");
    assert_eq!(
        shown(&world, "renamed", "Id"),
        [json!({"Id": "x", "type": 7})]
    );
}

#[test]
fn a_declaration_stands_without_a_flush_and_without_its_table() {
    for (case, ids) in [("flush", vec![1, 2]), ("dropped", vec![1])] {
        let world = world_after(case);
        let expected: Vec<_> = ids.iter().map(|id| json!({"id": id})).collect();
        assert_eq!(shown(&world, case, "id"), expected);
    }
}

#[test]
fn a_refused_row_can_be_left_out() {
    let world = world_after("skipped-row");
    assert_eq!(
        shown(&world, "skipped-row", "id"),
        [
            json!({"id": 0, "vector": [0.0, 0.0]}),
            json!({"id": 2, "vector": [2.0, 2.0]})
        ]
    );
}

#[test]
fn what_cannot_stand_fails_with_table_column_and_row() {
    insta::assert_snapshot!(told("empty-vector", 1), @"error: pipeline guest-sdk-behaviour failed: the vector is empty and should have 2 items (table default/empty-vector, column vector, row 0)");
    insta::assert_snapshot!(told("too-large", 1), @"error: pipeline guest-sdk-behaviour failed: 300 does not fit int8 (table default/too-large, column number, row 1)");
    insta::assert_snapshot!(told("encoder", 1), @"error: pipeline guest-sdk-behaviour failed: 'x' is no digit (table default/encoder, column letter, row 0)");
    insta::assert_snapshot!(told("unknown-column", 1), @r#"error: pipeline guest-sdk-behaviour failed: the table has no column "titel"; it has id, title (table default/unknown-column, row 1)"#);
    insta::assert_snapshot!(told("missing-value", 1), @"error: pipeline guest-sdk-behaviour failed: the row has no value for a required column (table default/missing-value, column title, row 0)");
    insta::assert_snapshot!(told("no-type", 1), @r#"error: pipeline guest-sdk-behaviour failed: "strng" is not a type: there is no type `strng`; known are bool, int8 to int64, uint8 to uint64, float16, float32, float64, utf8, large-utf8, binary, large-binary, fixed-size-binary(n), json, date32, date64, time32(unit), time64(unit), timestamp(unit), timestamp(unit, zone), duration(unit), decimal128(p, s), decimal256(p, s), vector(item, n), list(t), large-list(t), fixed-size-list(t, n), struct(name: t), map(k, t) and dictionary(k, v) (table default/no-type, column id)"#);
    insta::assert_snapshot!(told("index-column", 1), @r#"error: pipeline guest-sdk-behaviour failed: there is no column "txt" to index; columns: n, text, group, tags, vector (table default/index-column, column txt)"#);
    insta::assert_snapshot!(told("index-setting", 1), @r#"error: pipeline guest-sdk-behaviour failed: setting num-partitions is "0"; give a whole number from 1 to 8192 (table default/index-setting, column vector)"#);
    insta::assert_snapshot!(told("broken-json", 1), @"error: pipeline guest-sdk-behaviour failed: no JSON text for it: it is broken on purpose (table default/broken-json, column value, row 0)");
}

#[test]
fn a_panic_shows_its_message_and_where_it_was() {
    insta::assert_snapshot!(told("panic", 1), @r"
    guest-sdk-behaviour |
    guest-sdk-behaviour | thread '<unnamed>' (1) panicked at tests/guests/sdk/src/failures.rs:[line]:
    guest-sdk-behaviour | the guest panicked on purpose
    guest-sdk-behaviour | note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
    error: pipeline guest-sdk-behaviour stopped: it panicked or aborted
    in the pipeline, innermost first:
      guest_sdk_behaviour::failures::panic
      guest_sdk_behaviour::run
      lance_host_sdk::pipeline::run
      lance_host_sdk::bindings::_export_run_cabi
      run
    ");
}

#[test]
fn a_parameter_that_is_missing_or_wrong_is_named() {
    insta::assert_snapshot!(told("param-required", 1), @"error: pipeline guest-sdk-behaviour failed: parameter needed is missing: give it with --param needed=VALUE");
    let world = World::new();
    let outcome = world
        .run(Guest::Sdk)
        .param("case", "param-number")
        .param("number", "-1")
        .exits(1);
    insta::assert_snapshot!(outcome.told(), @r#"error: pipeline guest-sdk-behaviour failed: parameter number cannot be "-1": invalid digit found in string"#);
}

#[test]
fn a_table_may_refuse_to_change() {
    let world = world_after("schema-change");
    let outcome = world
        .run(Guest::Sdk)
        .param("case", "schema-change")
        .param("more", "")
        .exits(1);
    insta::assert_snapshot!(outcome.told(), @r#"
    error: table default/schema-change: column "more" is added as Int64; the table is declared with on-schema-change = fail: declare the columns as they are stored, or allow the change with evolve
      column  declared       stored
      "id"    Int64          Int64
      "more"  Int64 or null  -       differs
    "#);
}

#[test]
fn indexes_of_every_class_are_built() {
    let world = world_after("indexes");
    let table = world.table("indexes");
    let indexes = table.index_types();
    let indexes: Vec<_> = indexes
        .iter()
        .map(|(column, kind)| (column.as_str(), kind.as_str()))
        .collect();
    assert_eq!(
        indexes,
        [
            ("group", "BITMAP"),
            ("n", "BTREE"),
            ("tags", "LABEL_LIST"),
            ("text", "FTS"),
            ("vector", "IVF_FLAT"),
        ]
    );
    let name = &table.indexes()[4].name;
    let vector = &table.index_statistics(name)["indices"][0];
    assert_eq!(vector["metric_type"], "cosine");
    assert_eq!(vector["num_partitions"], 2);
    assert_unchanged(&world, "indexes", 300);
}

#[test]
fn the_host_knows_every_kind_and_setting_of_an_index() {
    let world = world_after("index-options");
    let table = world.table("index-options");
    let types = table.index_types();
    let types: Vec<_> = types
        .iter()
        .map(|(column, kind)| format!("{column} {kind}"))
        .collect();
    assert_eq!(
        types,
        [
            "bits IVF_FLAT",
            "t0 FTS",
            "t1 FTS",
            "t2 FTS",
            "t3 FTS",
            "t4 FTS",
            "t5 FTS",
            "t6 FTS",
            "v0 IVF_FLAT",
            "v1 IVF_SQ",
            "v2 IVF_PQ",
            "v3 IVF_RQ",
            "v4 IVF_HNSW_FLAT",
            "v5 IVF_HNSW_SQ",
            "v6 IVF_HNSW_PQ",
        ]
    );
    assert_unchanged(&world, "index-options", 300);
}
