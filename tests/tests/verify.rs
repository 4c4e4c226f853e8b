//! `verify` compares tables with what is remembered of their rows, and `--repair` puts right what
//! is remembered. It finds what no history tells, too.

mod damage;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use lance_host_tests::{Declare, ForeignTable, Outcome, World, item, items};
use serde_json::{Value, json};

const OURS: [(&str, i64); 3] = [("a", 1), ("b", 2), ("c", 3)];

fn declare(rows: &[(&str, i64)]) -> Declare {
    Declare::table(items("t", rows.iter().copied()))
}

/// A table with three rows of pipeline `p`.
fn world() -> World {
    let world = World::new();
    world.declare("p", &declare(&OURS)).exits(0);
    world
}

#[track_caller]
fn verify(world: &World, code: i32) -> Outcome {
    world.host(["verify"]).exits(code)
}

#[track_caller]
fn repair(world: &World) {
    let repaired = world.host(["verify", "--repair", "--json"]).exits(0).json();
    assert_eq!(repaired["status"], "repaired", "{repaired}");
    let after = world.host(["verify", "--json"]).exits(0).json();
    assert_eq!(after["status"], "sound", "{after}");
}

/// The drift of the only table, as kind, pipeline, rows, and whether the history tells of it.
fn drift(outcome: &Outcome) -> Value {
    let found = outcome.json()["tables"][0]["drift"].clone();
    let drift = found.as_array().expect("drift is a list").iter();
    drift
        .map(|d| {
            json!([
                d["kind"],
                d["pipeline"],
                d["rows"],
                d["in_history"],
                d["sample"]
            ])
        })
        .collect()
}

/// Every file below a folder, with its length and the time of its last change.
fn files(folder: &Path) -> BTreeMap<PathBuf, (u64, SystemTime)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let metadata = fs::metadata(&path).unwrap();
            found.insert(path, (metadata.len(), metadata.modified().unwrap()));
        }
    }
    found
}

/// The files of a part of the host's own folder, `state` or `wal`, in alphabetical order.
fn host_files(world: &World, part: &str, suffix: &str) -> Vec<PathBuf> {
    let folder = world.database().join("_lance_host").join(part);
    let files = files(&folder).into_keys();
    files
        .filter(|path| path.to_string_lossy().ends_with(suffix))
        .collect()
}

/// Turns every byte of a file around.
fn garble(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    bytes.iter_mut().for_each(|byte| *byte = !*byte);
    fs::write(path, bytes).unwrap();
}

/// Replaces the only data file of table `t` by that of a table with other rows.
fn swap_data(world: &World, rows: &[(&str, i64)]) {
    let other = World::new();
    other.declare("p", &declare(rows)).exits(0);
    let data = |world: &World| {
        let files: Vec<_> = files(&world.database().join("t.lance/data"))
            .into_keys()
            .collect();
        assert_eq!(files.len(), 1);
        files[0].clone()
    };
    fs::copy(data(&other), data(world)).unwrap();
}

#[test]
fn a_table_as_remembered_is_sound() {
    let world = world();
    world
        .declare("q", &Declare::table(items("t", [("d", 4)])))
        .exits(0);
    world.table("t").append(&[("theirs", 7)]);
    world.declare("p", &declare(&OURS)).exits(0);
    let verified = verify(&world, 0);
    insta::assert_snapshot!(verified.printed(), @r"
    table      owners     version  state
    default/t  p: 3             3  sound
               q: 1
               others: 1
    ");
    let verified = world
        .host(["verify", "default/t", "--json"])
        .exits(0)
        .json();
    assert_eq!(verified["status"], "sound");
    let table = &verified["tables"][0];
    assert_eq!(table["owners"][0]["pipeline"], "p");
    assert_eq!(table["owners"][0]["rows"], 3);
    assert_eq!(table["owners"][1]["rows"], 1);
    assert_eq!(table["foreign_rows"], 1);
    assert_eq!(table["drift"], json!([]));
    assert_eq!(table["damage"], json!([]));
}

#[test]
fn rows_that_others_removed_or_changed_are_told_and_the_next_run_puts_them_right() {
    let world = world();
    world.table("t").delete("id = 'b'");
    world.table("t").update("id = 'a'", 10);
    world.table("t").append(&[("theirs", 7)]);
    let before = files(&world.database());

    let verified = verify(&world, 10);
    insta::assert_snapshot!(verified.printed(), @r#"
    table      owners     version  state
    default/t  p: 2             4  drifted
               others: 1
    default/t: 1 row of p is missing (id = "b"): another writer removed it, and the next run of p inserts it
    default/t: 1 row of p has other values than remembered (id = "a"): another writer changed it, and the next run of p updates it
    default/t: 1 row of others is not remembered (id = "theirs"): another writer added it
    "#);
    let verified = world.host(["verify", "--json"]).exits(10);
    assert_eq!(verified.json()["status"], "drifted");
    assert_eq!(
        drift(&verified),
        json!([
            ["missing", "p", 1, true, [r#"id = "b""#]],
            ["changed", "p", 1, true, [r#"id = "a""#]],
            ["new", null, 1, true, [r#"id = "theirs""#]],
        ])
    );
    assert_eq!(files(&world.database()), before, "verify writes nothing");

    let counts = world.declare("p", &declare(&OURS)).exits(0).counts("t");
    assert_eq!((counts.inserted, counts.updated), (1, 1));
    verify(&world, 0);
}

#[test]
fn what_others_do_with_their_own_rows_is_no_drift() {
    let world = world();
    world.table("t").append(&[("theirs", 7), ("more", 8)]);
    world.declare("p", &declare(&OURS)).exits(0);
    world.table("t").update("id = 'theirs'", 70);
    world.table("t").delete("id = 'more'");
    world.table("t").append(&[("new", 9)]);
    let verified = verify(&world, 0);
    insta::assert_snapshot!(verified.printed(), @r#"
    table      owners     version  state
    default/t  p: 3             5  sound
               others: 2
    default/t: 1 row of others is missing (id = "more"): another writer removed it
    default/t: 1 row of others has other values than remembered (id = "theirs"): another writer changed it
    default/t: 1 row of others is not remembered (id = "new"): another writer added it
    "#);
}

#[test]
fn values_that_changed_behind_the_history_are_found_and_repaired() {
    let world = world();
    swap_data(&world, &[("a", 1), ("b", 99), ("c", 3)]);
    // The digests say that nothing has to be done, and nobody looks.
    let blind = world.declare("p", &declare(&OURS)).exits(0).json();
    assert_eq!(blind["status"], "unchanged");

    let verified = verify(&world, 10);
    insta::assert_snapshot!(verified.printed(), @r#"
    table      owners  version  state
    default/t  p: 3          1  drifted
    default/t: 1 row of p has other values than remembered (id = "b"): the history of the table does not tell why
    default/t: `lance-host verify default/t --repair` makes the state tell the truth; then the next run of each pipeline puts its rows right
    "#);
    let repaired = world.host(["verify", "--repair"]).exits(0);
    insta::assert_snapshot!(repaired.printed(), @r#"
    table      owners  version  state
    default/t  p: 3          1  repaired
    default/t: 1 row of p has other values than remembered (id = "b"): the history of the table does not tell why
    default/t: the state tells the truth now; the next run of each pipeline puts its rows right
    "#);
    verify(&world, 0);
    assert_eq!(
        world.table("t").items(),
        [item("a", 1), item("b", 99), item("c", 3)],
        "no row is changed"
    );
    let counts = world.declare("p", &declare(&OURS)).exits(0).counts("t");
    assert_eq!((counts.updated, counts.unchanged), (1, 2));
    assert_eq!(
        world.table("t").items(),
        [item("a", 1), item("b", 2), item("c", 3)]
    );
    verify(&world, 0);
}

#[test]
fn rows_that_were_exchanged_behind_the_history_are_missing_and_foreign() {
    let world = world();
    swap_data(&world, &[("a", 1), ("x", 2), ("c", 3)]);
    let verified = world.host(["verify", "--json"]).exits(10);
    assert_eq!(
        drift(&verified),
        json!([
            ["missing", "p", 1, false, ["row id 1"]],
            ["new", null, 1, false, [r#"id = "x""#]],
        ])
    );
    repair(&world);
    let counts = world.declare("p", &declare(&OURS)).exits(0).counts("t");
    assert_eq!((counts.inserted, counts.unchanged), (1, 2));
    assert_eq!(
        world.table("t").items(),
        [item("a", 1), item("b", 2), item("c", 3), item("x", 2)]
    );
}

#[test]
fn a_table_from_a_backup_whose_versions_were_used_again_is_found_and_repaired() {
    let world = world();
    let table = world.database().join("t.lance");
    let backup = world.path("backup");
    copy(&table, &backup);
    world
        .declare("p", &declare(&[("a", 1), ("b", 20), ("d", 4)]))
        .exits(0);
    fs::remove_dir_all(&table).unwrap();
    copy(&backup, &table);
    // Version 2 again, and another one than the state knows.
    world.table("t").append(&[("theirs", 7)]);
    assert_eq!(world.table("t").version(), 2);

    let verified = world.host(["verify", "--json"]).exits(10);
    assert_eq!(verified.json()["status"], "drifted");
    repair(&world);
    world.declare("p", &declare(&OURS)).arg("--adopt").exits(0);
    assert_eq!(
        world.table("t").items(),
        [item("a", 1), item("b", 2), item("c", 3), item("theirs", 7)]
    );
    verify(&world, 0);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_key_of_ours_that_somebody_stored_again_is_told() {
    let world = world();
    world.table("t").append(&[("a", 5)]);
    let verified = verify(&world, 10);
    insta::assert_snapshot!(verified.printed(), @r#"
    table      owners     version  state
    default/t  p: 3             2  drifted
               others: 1
    default/t: 1 row of p has a key that another row has too (id = "a"): delete what is too much, or let `lance-host run --adopt` keep one of each
    default/t: 1 row of others is not remembered (id = "a"): another writer added it
    "#);
    world.declare("p", &declare(&OURS)).exits(6);
    // No state can mend that.
    world.host(["verify", "--repair"]).exits(10);
    world.declare("p", &declare(&OURS)).arg("--adopt").exits(0);
    verify(&world, 0);
    assert_eq!(
        world.table("t").items(),
        [item("a", 1), item("b", 2), item("c", 3)]
    );
}

#[test]
fn drift_is_told_by_pipeline() {
    let world = world();
    let of_q = Declare::table(items("t", [("d", 4), ("e", 5)]));
    world.declare("q", &of_q).exits(0);
    world.table("t").delete("id IN ('a', 'd', 'e')");
    let verified = world.host(["verify", "--json"]).exits(10);
    assert_eq!(
        drift(&verified),
        json!([
            ["missing", "p", 1, true, [r#"id = "a""#]],
            ["missing", "q", 2, true, [r#"id = "d""#, r#"id = "e""#]],
        ])
    );
    world.declare("p", &declare(&OURS)).exits(0);
    world.declare("q", &of_q).exits(0);
    verify(&world, 0);
}

#[test]
fn some_keys_stand_for_many_rows() {
    let world = World::new();
    let rows: Vec<_> = (0..40).map(|n| (format!("row {n:02}"), n)).collect();
    world
        .declare("p", &Declare::table(items("t", rows)))
        .exits(0);
    world.table("t").delete("value < 30");
    let verified = world.host(["verify", "--json"]).exits(10);
    let found = &verified.json()["tables"][0]["drift"][0];
    assert_eq!(found["rows"], 30);
    assert_eq!(found["sample"].as_array().unwrap().len(), 5);
    assert!(verify(&world, 10).stdout.contains("; …)"));
}

#[test]
fn a_repair_and_runs_at_the_same_time_lose_nothing() {
    let world = world();
    let rows = |round: i64| [("a", round), ("b", 2), ("c", 3)];
    for round in 0..6 {
        world.table("t").delete("id = 'b'");
        let runs: Vec<_> = [
            world.host(["verify", "--repair"]).start(),
            world.declare("p", &declare(&rows(round))).start(),
            world.host(["verify", "--repair"]).start(),
        ]
        .into_iter()
        .map(|child| child.wait_with_output().unwrap())
        .collect();
        for run in runs {
            let code = run.status.code();
            assert!(
                [Some(0), Some(6)].contains(&code),
                "{code:?}: {}",
                String::from_utf8_lossy(&run.stderr)
            );
        }
        world.host(["verify", "--repair"]).exits(0);
        world.declare("p", &declare(&rows(round))).exits(0);
        verify(&world, 0);
        let expected = rows(round).map(|(id, value)| item(id, value));
        assert_eq!(world.table("t").items(), expected);
    }
}

#[test]
fn a_table_that_cannot_be_read_does_not_keep_others_from_being_verified() {
    let world = world();
    world
        .declare("q", &Declare::table(items("u", [("x", 1)])))
        .exits(0);
    for file in files(&world.database().join("t.lance/data")).into_keys() {
        fs::remove_file(file).unwrap();
    }
    let verified = world.host(["verify", "--json"]).exits(5).json();
    assert_eq!(verified["status"], "failed");
    assert_eq!(verified["tables"][0]["table"], "u");
    assert_eq!(verified["failed"][0]["table"], "t");
    let told = verify(&world, 5);
    assert!(
        told.stdout.contains("default/t: cannot be verified: "),
        "{}",
        told.stdout
    );
}

#[test]
fn an_index_without_files_is_told() {
    let world = World::new();
    let table = || items("t", OURS).index("id", "btree", &[]);
    world.declare("p", &Declare::table(table())).exits(0);
    verify(&world, 0);
    fs::remove_dir_all(world.database().join("t.lance/_indices")).unwrap();
    let verified = world.host(["verify", "--json"]).exits(10).json();
    let broken = verified["tables"][0]["broken_indexes"].as_array().unwrap();
    assert_eq!(broken.len(), 1);
}

#[test]
fn tables_that_nothing_is_remembered_of_are_left_alone() {
    let world = world();
    ForeignTable::create(&world.database(), "theirs", &[("x", 1)]);
    insta::assert_snapshot!(verify(&world, 0).printed(), @r"
    table      owners  version  state
    default/t  p: 3          1  sound
    default/theirs: left alone, since lance-host remembers nothing of it
    ");
    insta::assert_snapshot!(world.host(["verify", "default/theirs"]).exits(0).printed(), @"default/theirs: left alone, since lance-host remembers nothing of it");
}

#[test]
fn names_that_do_not_exist_are_refused() {
    let world = world();
    insta::assert_snapshot!(world.host(["verify", "default/nope"]).exits(2).told(), @r#"error: there is no table "nope" in database "default"; known: t"#);
    insta::assert_snapshot!(world.host(["verify", "defualt"]).exits(2).told(), @r#"error: there is no database "defualt"; did you mean "default"? If not, add it with --db defualt=URI"#);
}

#[test]
fn a_table_of_the_users_is_verified_too() {
    let world = World::new();
    ForeignTable::create(&world.database(), "t", &[("theirs", 1)]);
    let ours = Declare::table(items("t", [("x", 1)]).managed_by("user"));
    world.declare("p", &ours).exits(0);
    verify(&world, 0);
    world.table("t").delete("id = 'x'");
    let verified = world.host(["verify", "default/t", "--json"]).exits(10);
    assert_eq!(
        drift(&verified),
        json!([["missing", "p", 1, true, [r#"id = "x""#]]])
    );
}
