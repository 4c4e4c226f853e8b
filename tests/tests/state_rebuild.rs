//! `state rebuild` makes anew what is remembered of a table's rows, from whatever is left.

use std::{
    fs,
    path::{Path, PathBuf},
};

use lance_host_tests::{Declare, ForeignTable, World, item, items};

const OURS: [(&str, i64); 3] = [("a", 1), ("b", 2), ("c", 3)];

fn declare(rows: &[(&str, i64)]) -> Declare {
    Declare::table(items("t", rows.iter().copied()))
}

fn of_q() -> Declare {
    Declare::table(items("t", [("q", 9)]))
}

/// A table with rows of two pipelines and of others, and a history of some versions.
fn world() -> World {
    let world = World::new();
    world
        .declare("p", &declare(&[("a", 1), ("b", 2), ("old", 0)]))
        .exits(0);
    world.declare("q", &of_q()).exits(0);
    world.table("t").append(&[("theirs", 7)]);
    world.declare("p", &declare(&OURS)).exits(0);
    world
}

fn everything() -> Vec<(String, Option<i64>)> {
    let mut rows: Vec<_> = OURS.iter().map(|(id, value)| item(id, *value)).collect();
    rows.extend([item("q", 9), item("theirs", 7)]);
    rows
}

fn host_folder(world: &World) -> PathBuf {
    world.database().join("_lance_host")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Both pipelines run as before, change nothing, and each can still change its own.
#[track_caller]
fn assert_all_is_well(world: &World) {
    world.host(["verify"]).exits(0);
    for (pipeline, declared) in [("p", declare(&OURS)), ("q", of_q())] {
        let report = world.declare(pipeline, &declared).exits(0).json();
        assert_eq!(report["status"], "unchanged", "{report}");
    }
    assert_eq!(world.table("t").items(), everything());
    let fewer = world.declare("p", &declare(&OURS[..2])).exits(0);
    assert_eq!(fewer.counts("t").deleted, 1);
    world.declare("p", &declare(&OURS)).exits(0);
    assert_eq!(world.table("t").items(), everything());
    world.host(["verify"]).exits(0);
}

#[test]
fn a_sound_state_is_rebuilt_as_it_was() {
    let world = world();
    let rebuilt = world.host(["state", "rebuild", "default/t"]).exits(0);
    insta::assert_snapshot!(rebuilt.printed(), @r"
    default/t: the state was made anew, as of version 5; rows by owner: p: 3, q: 1, others: 1
    default/t: nothing proves that the 1 row of others belongs to a pipeline; `lance-host run --adopt` takes over those that a pipeline declares, and `lance-host state rebuild default/t --owner PIPELINE` gives all of them to one
    ");
    assert_all_is_well(&world);
}

/// What each pipeline declares is taken over, as far as it belongs to nobody.
#[track_caller]
fn adopt(world: &World) {
    for (pipeline, declared) in [("p", declare(&OURS)), ("q", of_q())] {
        world.declare(pipeline, &declared).arg("--adopt").exits(0);
    }
    assert_eq!(world.table("t").items(), everything());
}

#[test]
fn owners_are_found_in_delta_files_when_the_sidecar_is_lost() {
    let world = world();
    fs::remove_dir_all(host_folder(&world).join("state")).unwrap();
    let rebuilt = world
        .host(["state", "rebuild", "default/t", "--json"])
        .exits(0)
        .json();
    // Delta files go once a fold has them, as far as older versions do not need them: the one
    // of the first version is not there any more.
    assert_eq!(
        rebuilt["damage"],
        serde_json::json!(["the delta file of version 1 is missing"])
    );
    assert_eq!(rebuilt["owners"][0]["rows"], 1);
    assert_eq!(rebuilt["owners"][1]["rows"], 1);
    assert_eq!(rebuilt["foreign_rows"], 3);
    adopt(&world);
    assert_all_is_well(&world);
}

#[test]
fn owners_are_found_in_the_sidecar_when_all_delta_files_are_lost() {
    let world = world();
    fs::remove_dir_all(host_folder(&world).join("wal")).unwrap();
    world.host(["state", "rebuild", "default/t"]).exits(0);
    assert_all_is_well(&world);
}

#[test]
fn any_single_damaged_file_of_the_state_is_survived() {
    let number = files(&host_folder(&world())).len();
    assert!(number > 6);
    let damages: [fn(&Path); 3] = [
        |path| fs::write(path, []).unwrap(),
        |path| {
            let mut bytes = fs::read(path).unwrap();
            bytes.iter_mut().for_each(|byte| *byte = !*byte);
            fs::write(path, bytes).unwrap();
        },
        |path| fs::remove_file(path).unwrap(),
    ];
    for file in 0..number {
        let world = world();
        let path = files(&host_folder(&world))[file].clone();
        // Another kind of damage for neighbours, and for the same file of the next version.
        damages[(file + file / damages.len()) % damages.len()](&path);
        world.host(["state", "rebuild", "default/t"]).exits(0);
        adopt(&world);
        assert_all_is_well(&world);
    }
}

#[test]
fn rows_that_nothing_proves_to_be_a_pipelines_become_foreign() {
    let world = world();
    fs::remove_dir_all(host_folder(&world)).unwrap();
    let rebuilt = world.host(["state", "rebuild", "default/t"]).exits(0);
    insta::assert_snapshot!(rebuilt.printed(), @r"
    default/t: there is neither a sidecar nor a delta file
    default/t: the state was made anew, as of version 5; rows by owner: others: 5
    default/t: nothing proves that the 5 rows of others belong to a pipeline; `lance-host run --adopt` takes over those that a pipeline declares, and `lance-host state rebuild default/t --owner PIPELINE` gives all of them to one
    ");
    world.host(["verify"]).exits(0);
    world.declare("p", &declare(&OURS)).exits(6);
    assert_eq!(world.table("t").items(), everything());

    adopt(&world);
    assert_all_is_well(&world);
}

#[test]
fn a_person_can_give_rows_to_a_pipeline() {
    let world = World::new();
    let rows = [("a", 1), ("b", 2), ("c", 3), ("no more declared", 4)];
    world.declare("p", &declare(&rows)).exits(0);
    fs::remove_dir_all(host_folder(&world)).unwrap();
    let rebuild = ["state", "rebuild", "default/t", "--owner", "p"];

    let version = world.table("t").version();
    let refused = world.host(rebuild).exits(3);
    insta::assert_snapshot!(refused.told(), @r"
    default/t: nothing proves whose 4 rows are; p would own them, and its next run deletes those that it does not declare
    error: nothing was written; to give these rows to p, answer yes or give --yes
    ");
    assert_eq!(world.table("t").version(), version);

    let rebuilt = world.host(rebuild).arg("--yes").exits(0);
    insta::assert_snapshot!(rebuilt.printed(), @r"
    default/t: there is neither a sidecar nor a delta file
    default/t: the state was made anew, as of version 2; rows by owner: p: 4
    default/t: 4 of them were given away as asked for
    ");
    let counts = world.declare("p", &declare(&OURS)).exits(0).counts("t");
    assert_eq!((counts.deleted, counts.unchanged), (1, 3));
    let report = world.declare("p", &declare(&OURS)).exits(0).json();
    assert_eq!(report["status"], "unchanged");
    world.host(["verify"]).exits(0);
}

#[test]
fn on_a_terminal_giving_rows_away_is_asked_for() {
    let world = world();
    let rebuild = ["state", "rebuild", "default/t", "--owner", "p"];
    world.host(rebuild).on_terminal("n\n").exits(3);
    world.host(rebuild).on_terminal("y\n").exits(0);
    let status = world.host(["status", "--json"]).exits(0).json();
    assert_eq!(status["tables"][0]["owners"][0]["rows"], 4);
    assert_eq!(status["tables"][0]["foreign_rows"], 0);
}

#[test]
fn a_primary_key_that_the_config_lost_is_found_in_the_schema() {
    let world = world();
    let uri = world.database().join("t.lance");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut dataset = lance::Dataset::open(uri.to_str().unwrap()).await.unwrap();
        dataset
            .update_config([("lance_host.primary_key", None::<&str>)])
            .await
            .unwrap();
    });
    world.declare("p", &declare(&OURS)).exits(5);
    world.host(["verify"]).exits(10);
    world.host(["state", "rebuild", "default/t"]).exits(0);
    assert_all_is_well(&world);
}

#[test]
fn tables_that_nothing_is_remembered_of_have_no_state() {
    let world = World::new();
    ForeignTable::create(&world.database(), "theirs", &[("x", 1)]);
    let refused = world.host(["state", "rebuild", "default/theirs"]).exits(2);
    insta::assert_snapshot!(refused.told(), @"error: table default/theirs: no pipeline created or adopted it, so lance-host remembers nothing of it; `lance-host run --adopt` takes a table over");
    let refused = world.host(["state", "rebuild", "default/nope"]).exits(2);
    insta::assert_snapshot!(refused.told(), @r#"error: there is no table "nope" in database "default"; known: theirs"#);
}
