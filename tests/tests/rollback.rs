//! `rollback` brings an earlier version of a table back, and what is remembered of its rows with
//! it. The next run of a pipeline makes true again what it declares.

use std::{fs, thread, time::Instant};

use lance_host_tests::{Counts, Declare, ForeignTable, Table, World, item, items};
use serde_json::json;

const OURS: [(&str, i64); 3] = [("a", 1), ("b", 2), ("c", 3)];
const LATER: [(&str, i64); 3] = [("b", 20), ("c", 3), ("d", 4)];

fn declare(rows: &[(&str, i64)]) -> Declare {
    Declare::table(items("t", rows.iter().copied()))
}

fn stored(rows: &[(&str, i64)]) -> Vec<(String, Option<i64>)> {
    let mut rows: Vec<_> = rows.iter().map(|(id, value)| item(id, *value)).collect();
    rows.sort();
    rows
}

/// A table that two runs of `p` have made what it is: [`OURS`], then [`LATER`].
fn world() -> World {
    let world = World::new();
    world.declare("p", &declare(&OURS)).exits(0);
    world.declare("p", &declare(&LATER)).exits(0);
    world
}

/// Runs what is declared, which has to do this, and once more, which has to do nothing.
#[track_caller]
fn runs_again(world: &World, pipeline: &str, declared: &Declare, expected: (u64, u64, u64)) {
    let Counts {
        inserted,
        updated,
        deleted,
        ..
    } = world.declare(pipeline, declared).exits(0).counts("t");
    assert_eq!((inserted, updated, deleted), expected);
    let version = world.table("t").version();
    let report = world.declare(pipeline, declared).exits(0).json();
    assert_eq!(report["status"], "unchanged");
    assert_eq!(world.table("t").version(), version);
    world.host(["verify"]).exits(0);
}

#[test]
fn the_version_before_the_last_run_comes_back_and_the_next_run_applies_it_again() {
    let world = world();
    let back = world.host(["rollback", "default/t", "--yes"]).exits(0);
    insta::assert_snapshot!(back.printed(), @r"
    default/t: went back to version 1, the one before the last run, [id] of p, as version 3
    rows of  back  changed  gone
    p           1        1     1
    default/t: version 2 has the tag lance-host-before-[id] for six days; `lance-host rollback default/t` takes this back
    default/t: the next run makes true again what the pipeline declares: p
    ");
    assert_eq!(world.table("t").items(), stored(&OURS));
    assert_eq!(world.table("t").version(), 3);
    world.host(["verify"]).exits(0);
    runs_again(&world, "p", &declare(&LATER), (1, 1, 1));
    assert_eq!(world.table("t").items(), stored(&LATER));
}

#[test]
fn after_going_back_the_earlier_declaration_needs_no_change() {
    let world = world();
    world
        .host(["rollback", "default/t", "--to", "1", "--yes"])
        .exits(0);
    let report = world.declare("p", &declare(&OURS)).exits(0).json();
    assert_eq!(report["status"], "unchanged");
    assert_eq!(world.table("t").version(), 3);
}

#[test]
fn the_version_before_a_destructive_change_is_preferred() {
    let world = World::new();
    let many = |count: i64| {
        let rows = (0..count).map(|n| (format!("row {n:03}"), n));
        Declare::table(items("t", rows))
    };
    world.declare("p", &many(150)).exits(0);
    let destroyed = world
        .declare("p", &many(10))
        .arg("--allow-destructive")
        .exits(0)
        .json();
    world.declare("p", &many(11)).exits(0);
    let status = world.host(["status"]).exits(0);
    insta::assert_snapshot!(status.printed(), @r"
    table      managed by  rows  owners  version  versions  last run
    default/t  system        11  p: 11         3         3  [instant] by p
    default/t: version 1 has the tag lance-host-before-[id]
    ");

    let refused = world.host(["rollback", "default/t"]).exits(3);
    insta::assert_snapshot!(refused.told(), @r"
    default/t: back from version 3 to version 1, which has the tag lance-host-before-[id]
    rows of  back  changed  gone
    p         139        0     0
    error: nothing was written; to bring version 1 of table default/t back, answer yes or give --yes
    ");
    assert_eq!(world.table("t").version(), 3);
    let back = world
        .host(["rollback", "default/t", "--yes", "--json"])
        .exits(0)
        .json();
    assert_eq!(back["status"], "applied");
    assert_eq!((&back["from"], &back["to"]), (&json!(3), &json!(1)));
    assert_eq!(back["version"], 4);
    let tag = format!(
        "lance-host-before-{}",
        destroyed["run_id"].as_str().unwrap()
    );
    assert_eq!(back["chosen"], json!({"by": "tag", "name": tag}));
    assert_eq!(
        back["rows"],
        json!([{"pipeline": "p", "gone": 0, "back": 139, "changed": 0}])
    );
    assert_eq!(world.table("t").items().len(), 150);
    let refused = world.declare("p", &many(11)).exits(3).json();
    assert_eq!(refused["tables"][0]["deleted"], 139);
    runs_again(&world, "p", &many(150), (0, 0, 0));
}

#[test]
fn going_back_can_be_taken_back() {
    let world = world();
    world.host(["rollback", "default/t", "--yes"]).exits(0);
    let again = world
        .host(["rollback", "default/t", "--yes", "--json"])
        .exits(0)
        .json();
    assert_eq!(again["to"], 2);
    assert_eq!(world.table("t").items(), stored(&LATER));
    runs_again(&world, "p", &declare(&LATER), (0, 0, 0));
}

#[test]
fn everything_comes_back_rows_of_others_included() {
    let world = World::new();
    world.declare("p", &declare(&OURS)).exits(0);
    let of_q = |value| Declare::table(items("t", [("q", value), ("r", 1)]));
    world.declare("q", &of_q(1)).exits(0);
    world.table("t").append(&[("theirs", 7), ("gone soon", 8)]);
    let earlier = world.table("t").version();
    world.table("t").tag("good", earlier);

    world.declare("p", &declare(&LATER)).exits(0);
    world.declare("q", &of_q(2)).exits(0);
    world.table("t").delete("id = 'gone soon'");
    world.table("t").append(&[("too late", 9)]);

    let rollback = ["rollback", "default/t", "--to", "good"];
    let refused = world.host(rollback).exits(3);
    insta::assert_snapshot!(refused.told(), @r"
    default/t: back from version 7 to version 3, which has the tag good
    rows of  back  changed  gone
    p           1        1     1
    q           0        1     0
    others      1        0     1
    error: nothing was written; to bring version 3 of table default/t back, answer yes or give --yes
    ");
    let back = world.host(rollback).arg("--yes").exits(0);
    insta::assert_snapshot!(back.printed(), @r"
    default/t: went back to version 3, which has the tag good, as version 8
    rows of  back  changed  gone
    p           1        1     1
    q           0        1     0
    others      1        0     1
    default/t: version 7 has the tag lance-host-before-[id] for six days; `lance-host rollback default/t` takes this back
    default/t: the next run makes true again what the pipeline declares: p, q
    ");
    let mut expected = OURS.to_vec();
    expected.extend([("q", 1), ("r", 1), ("theirs", 7), ("gone soon", 8)]);
    assert_eq!(world.table("t").items(), stored(&expected));
    world.host(["verify"]).exits(0);

    runs_again(&world, "p", &declare(&LATER), (1, 1, 1));
    runs_again(&world, "q", &of_q(2), (0, 1, 0));
    let mut expected = LATER.to_vec();
    expected.extend([("q", 2), ("r", 1), ("theirs", 7), ("gone soon", 8)]);
    assert_eq!(world.table("t").items(), stored(&expected));
}

#[test]
fn a_pipeline_that_came_later_owns_nothing_and_inserts_everything_again() {
    let world = World::new();
    world.declare("p", &declare(&OURS)).exits(0);
    let of_q = Declare::table(items("t", [("q", 1)]));
    world.declare("q", &of_q).exits(0);
    world
        .host(["rollback", "default/t", "--to", "1", "--yes"])
        .exits(0);
    let status = world.host(["status", "--json"]).exits(0).json();
    assert_eq!(status["tables"][0]["owners"].as_array().unwrap().len(), 1);
    runs_again(&world, "q", &of_q, (1, 0, 0));
}

#[test]
fn columns_and_keys_come_back_too() {
    let world = World::new();
    world.declare("p", &declare(&OURS)).exits(0);
    let wider = Declare::table(
        Table::new("t")
            .required("id", "utf8")
            .nullable("note", "utf8")
            .key(&["id"])
            .row(json!(["a", "x"]))
            .row(json!(["b", null])),
    );
    world.declare("p", &wider).exits(0);
    let back = world
        .host(["rollback", "default/t", "--to", "1", "--yes"])
        .exits(0);
    insta::assert_snapshot!(back.printed(), @r#"
    default/t: went back to version 1, as version 3
    rows of  back  changed  gone
    p           1        2     0
    column "note" goes
    column "value" comes back
    default/t: version 2 has the tag lance-host-before-[id] for six days; `lance-host rollback default/t` takes this back
    default/t: the next run makes true again what the pipeline declares: p
    "#);
    assert_eq!(world.table("t").items(), stored(&OURS));
    runs_again(&world, "p", &wider, (0, 1, 1));

    let other_key = Declare::table(
        Table::new("t")
            .required("id", "utf8")
            .required("lang", "utf8")
            .key(&["id", "lang"])
            .row(json!(["a", "en"])),
    );
    world
        .declare("p", &other_key)
        .arg("--allow-destructive")
        .exits(0);
    world.host(["rollback", "default/t", "--yes"]).exits(0);
    runs_again(&world, "p", &wider, (0, 0, 0));
}

#[test]
fn a_run_that_made_several_versions_is_undone_as_a_whole() {
    let world = World::new();
    world.declare("p", &declare(&OURS)).exits(0);
    // One version for the column and its values, one in which it becomes required.
    let required = Declare::table(
        Table::new("t")
            .required("id", "utf8")
            .nullable("value", "int64")
            .required("note", "utf8")
            .key(&["id"])
            .row(json!(["a", 1, "x"])),
    );
    world.declare("p", &required).exits(0);
    assert_eq!(world.table("t").version(), 3);
    let back = world
        .host(["rollback", "default/t", "--yes", "--json"])
        .exits(0)
        .json();
    assert_eq!(back["to"], 1);
    assert_eq!(world.table("t").items(), stored(&OURS));
}

#[test]
fn the_state_follows_although_it_was_not_folded() {
    let world = world();
    world.table("t").append(&[("theirs", 7)]);
    world
        .host(["rollback", "default/t", "--to", "1", "--yes"])
        .exits(0);
    // As if the command had been killed right after its commit: the newest version of the
    // sidecar, the first by name, is not there, and neither is what the commit's delta says.
    let state = fs::read_dir(world.database().join("_lance_host/state")).unwrap();
    let folder = state.last().unwrap().unwrap().path().join("_versions");
    let mut versions: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "manifest")
        })
        .collect();
    versions.sort();
    fs::remove_file(&versions[0]).unwrap();
    let wal = fs::read_dir(world.database().join("_lance_host/wal")).unwrap();
    let wal = wal.last().unwrap().unwrap().path();
    for entry in fs::read_dir(wal).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().contains("/00000000000000000004-") {
            fs::remove_file(path).unwrap();
        }
    }
    world.host(["verify"]).exits(0);
    runs_again(&world, "p", &declare(&LATER), (1, 1, 1));
    assert_eq!(world.table("t").items(), stored(&LATER));
}

#[test]
fn the_version_that_others_went_back_to_may_be_gone() {
    let world = World::new();
    world.declare("p", &declare(&OURS)).exits(0);
    world.table("t").append(&[("theirs", 7)]);
    let earlier = world.table("t").version();
    world.declare("p", &declare(&LATER)).exits(0);
    world.table("t").restore(earlier);
    world.table("t").prune();
    runs_again(&world, "p", &declare(&LATER), (1, 1, 1));
    let mut expected = LATER.to_vec();
    expected.push(("theirs", 7));
    assert_eq!(world.table("t").items(), stored(&expected));
}

#[test]
fn versions_that_cannot_come_back_are_refused_with_those_that_can() {
    let world = World::new();
    world.declare("p", &declare(&OURS)).exits(0);
    world.table("t").append(&[("theirs", 7)]);
    world.declare("p", &declare(&LATER)).exits(0);
    world.table("t").prune();
    world.declare("p", &declare(&OURS)).exits(0);
    world.table("t").tag("good", 3);
    let refused = |to: &str| {
        let rollback = ["rollback", "default/t", "--yes", "--to", to];
        world.host(rollback).exits(2).told()
    };
    insta::assert_snapshot!(refused("9"), @"error: table default/t: there is no version 9 yet; it has versions 3, 4 and the tag good (version 3)");
    insta::assert_snapshot!(refused("1"), @"error: table default/t: version 1 was removed, as old versions are; it has versions 3, 4 and the tag good (version 3)");
    insta::assert_snapshot!(refused("godo"), @r#"error: table default/t: it has no tag "godo"; it has versions 3, 4 and the tag good (version 3)"#);
    insta::assert_snapshot!(refused("0"), @"error: table default/t: versions begin with 1; it has versions 3, 4 and the tag good (version 3)");
    assert_eq!(world.table("t").version(), 4);
}

#[test]
fn versions_from_before_the_host_knew_the_table_are_refused() {
    let world = World::new();
    ForeignTable::create(&world.database(), "t", &[("theirs", 7)]);
    world.declare("p", &declare(&OURS)).arg("--adopt").exits(0);
    let told = world
        .host(["rollback", "default/t", "--to", "1", "--yes"])
        .exits(2);
    insta::assert_snapshot!(told.told(), @"error: table default/t: version 1 is from before lance-host knew the table, so it cannot tell whose rows are in it; choose a later one (it has versions 1 to 4 and no tags), or restore it with LanceDB's own client");
    ForeignTable::create(&world.database(), "theirs", &[("x", 1)]);
    let told = world.host(["rollback", "default/theirs", "--yes"]).exits(2);
    insta::assert_snapshot!(told.told(), @"error: table default/theirs: no pipeline created or adopted it, so lance-host remembers nothing of it; `lance-host run --adopt` takes a table over");
}

#[test]
fn there_may_be_nothing_to_go_back_to() {
    let world = World::new();
    world.declare("p", &declare(&OURS)).exits(0);
    let told = world.host(["rollback", "default/t", "--yes"]).exits(2);
    insta::assert_snapshot!(told.told(), @"error: table default/t: the version before the last run, which was of p, is not there; it has version 1 and no tags");
    let same = world
        .host(["rollback", "default/t", "--to", "1", "--json"])
        .exits(0)
        .json();
    assert_eq!(same["status"], "unchanged");
    assert_eq!(world.table("t").version(), 1);
}

#[test]
fn that_nothing_is_remembered_of_a_version_is_told() {
    let world = world();
    fs::remove_dir_all(world.database().join("_lance_host")).unwrap();
    world.host(["state", "rebuild", "default/t"]).exits(0);
    let rollback = ["rollback", "default/t", "--to", "1"];
    insta::assert_snapshot!(world.host(rollback).exits(3).told(), @r"
    default/t: back from version 3 to version 1
    rows of  back  changed  gone
    others      1        1     1
    warning: as of version 1, the delta file of version 1 is missing: rows that nothing proves to be a pipeline's belong to nobody there
    error: nothing was written; to bring version 1 of table default/t back, answer yes or give --yes
    ");
    world.host(rollback).arg("--yes").exits(0);
    assert_eq!(world.table("t").items(), stored(&OURS));
    world.host(["verify"]).exits(0);
    world.declare("p", &declare(&OURS)).exits(6);
    world.declare("p", &declare(&OURS)).arg("--adopt").exits(0);
    runs_again(&world, "p", &declare(&LATER), (1, 1, 1));
}

#[test]
fn on_a_terminal_it_is_asked_for() {
    let world = world();
    let no = world.host(["rollback", "default/t"]).on_terminal("n\n");
    no.exits(3);
    assert_eq!(world.table("t").version(), 2);
    world
        .host(["rollback", "default/t"])
        .on_terminal("y\n")
        .exits(0);
    assert_eq!(world.table("t").items(), stored(&OURS));
}

#[test]
fn killed_at_any_moment_it_has_gone_back_or_not() {
    const KILLS: u32 = 12;
    let world = world();
    let (back, forth) = (1, 2);
    let started = Instant::now();
    world
        .host(["rollback", "default/t", "--to", "1", "--yes"])
        .exits(0);
    let length = started.elapsed();
    for kill in 0..KILLS {
        let (to, then) = match kill % 2 {
            0 => (forth, LATER),
            _ => (back, OURS),
        };
        let before = world.table("t").items();
        let to = to.to_string();
        let mut child = world
            .host(["rollback", "default/t", "--yes", "--to", to.as_str()])
            .start();
        thread::sleep(length * (kill + 1) / KILLS);
        child.kill().unwrap();
        child.wait().unwrap();
        let after = world.table("t").items();
        assert!(after == before || after == stored(&then), "{after:?}");
        world.host(["verify"]).exits(0);
        world
            .host(["rollback", "default/t", "--yes", "--to", to.as_str()])
            .exits(0);
        assert_eq!(world.table("t").items(), stored(&then));
        let report = world.declare("p", &declare(&then)).exits(0).json();
        assert_eq!(report["status"], "unchanged");
    }
}

#[test]
fn two_at_once_and_a_run_lose_nothing() {
    let world = world();
    for round in 0..5 {
        let to = world.table("t").version().to_string();
        world.declare("p", &declare(&[("a", round)])).exits(0);
        let rollback = ["rollback", "default/t", "--yes", "--to", to.as_str()];
        let outcomes = [
            world.host(rollback).start(),
            world.host(rollback).start(),
            world.declare("p", &declare(&LATER)).start(),
        ]
        .map(|child| child.wait_with_output().unwrap());
        for outcome in outcomes {
            let code = outcome.status.code();
            assert!(
                [Some(0), Some(6)].contains(&code),
                "{code:?}: {}",
                String::from_utf8_lossy(&outcome.stderr)
            );
        }
        world.host(["verify"]).exits(0);
        world.declare("p", &declare(&LATER)).exits(0);
        assert_eq!(world.table("t").items(), stored(&LATER));
        world.host(["verify"]).exits(0);
    }
}
