//! The example that is written against the bare contract, on a folder that changes.

use std::fs;

use lance_host_tests::{Counts, Guest, World};
use serde_json::json;

fn run(world: &World) -> Counts {
    let run = world.run(Guest::ContractOnly);
    run.args(["--dir", "files::/data", "--json"])
        .exits(0)
        .counts("files")
}

#[test]
fn the_table_follows_the_folder() {
    let world = World::new();
    fs::create_dir_all(world.path("files/more")).unwrap();
    world.write("files/a.txt", "one\ntwo\n");
    world.write("files/more/b.txt", "three\n");
    world.write("files/image", [0xff, 0x00, 0xfe]);
    assert_eq!(run(&world).inserted, 3);
    let shown = world.host(["show", "default/files", "--json"]).exits(0);
    let mut rows = shown.json()["rows"].as_array().unwrap().clone();
    rows.sort_by_key(|row| row["path"].to_string());
    assert_eq!(
        rows,
        [
            json!({"path": "a.txt", "bytes": 8, "lines": 2}),
            json!({"path": "image", "bytes": 3, "lines": null}),
            json!({"path": "more/b.txt", "bytes": 6, "lines": 1}),
        ]
    );

    assert_eq!(run(&world).unchanged, 3);

    world.write("files/a.txt", "one\n");
    fs::remove_file(world.path("files/image")).unwrap();
    let changed = run(&world);
    assert_eq!((changed.updated, changed.deleted), (1, 1));
}

#[test]
fn a_folder_that_is_not_granted_is_told() {
    let world = World::new();
    let failed = world.run(Guest::ContractOnly).exits(1);
    insta::assert_snapshot!(failed.told(), @"error: pipeline contract-only failed: cannot read /data: No such file or directory (os error 44)");
}
