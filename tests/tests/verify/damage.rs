//! Files of the state that are damaged or lost.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::*;

#[test]
fn damage_of_the_sidecar_is_told_and_repaired() {
    for suffix in [".manifest", ".lance"] {
        let world = world();
        world
            .declare("q", &Declare::table(items("t", [("d", 4)])))
            .exits(0);
        world.table("t").append(&[("theirs", 7)]);
        // What the first fold wrote stays as it is: its delta file is not there any more.
        let mut files = host_files(&world, "state", suffix);
        files.sort_by_key(|file| fs::metadata(file).unwrap().modified().unwrap());
        for file in &files[1..] {
            garble(file);
        }
        world.declare("p", &declare(&OURS)).exits(5);
        let verified = world.host(["verify", "--json"]).exits(10).json();
        let damage = verified["tables"][0]["damage"].as_array().unwrap();
        assert!(
            damage[0].as_str().unwrap().contains("of the sidecar"),
            "{verified}"
        );

        repair(&world);
        let version = world.table("t").version();
        let report = world.declare("p", &declare(&OURS)).exits(0).json();
        assert_eq!(report["status"], "unchanged", "{suffix}: {report}");
        assert_eq!(world.table("t").version(), version);
        let report = world
            .declare("q", &Declare::table(items("t", [("d", 40)])))
            .exits(0);
        assert_eq!(report.counts("t").updated, 1);
        assert_eq!(world.table("t").items().len(), 5);
        verify(&world, 0);
    }
}

#[test]
fn no_flipped_byte_of_the_sidecar_costs_a_row() {
    let sound = world();
    sound
        .declare("q", &Declare::table(items("t", [("d", 4)])))
        .exits(0);
    sound.table("t").append(&[("theirs", 7)]);
    let all = [("a", 1), ("b", 2), ("c", 3), ("d", 4), ("theirs", 7)];
    let all = all.map(|(id, value)| item(id, value));
    sound.declare("p", &declare(&OURS)).exits(0);
    // The newest fold holds all entries or what changed; every file is tried at several places.
    let files = host_files(&sound, "state", ".lance");
    assert!(!files.is_empty());
    let mut refused = 0;
    for file in &files {
        let bytes = fs::read(file).unwrap();
        for place in (0..bytes.len()).step_by(bytes.len() / 24 + 1) {
            let mut flipped = bytes.clone();
            flipped[place] ^= 0x10;
            fs::write(file, flipped).unwrap();
            // Something has to be decided, so that entries are read.
            let code = sound.plan("p", &declare(&OURS[..2])).outcome().code;
            match code {
                Some(5) => refused += 1,
                _ => {
                    let plan = sound.plan("p", &declare(&OURS[..2])).exits(10);
                    let counts = plan.counts("t");
                    assert_eq!((counts.deleted, counts.unchanged), (1, 2), "byte {place}");
                }
            }
        }
        fs::write(file, bytes).unwrap();
    }
    assert!(refused > 0);
    assert_eq!(sound.table("t").items(), all);
    verify(&sound, 0);
}

#[test]
fn damage_is_told_in_words() {
    let world = world();
    for file in host_files(&world, "state", ".manifest") {
        garble(&file);
    }
    insta::assert_snapshot!(verify(&world, 10).printed(), @r#"
    table      owners     version  state
    default/t  others: 3        1  drifted
    default/t: 3 rows of others are not remembered (id = "a"; id = "b"; id = "c"): what was remembered is damaged
    default/t: version 1 of the sidecar cannot be read
    default/t: there is neither a sidecar nor a delta file
    default/t: `lance-host verify default/t --repair` makes the state tell the truth; then the next run of each pipeline puts its rows right
    default/t: rows that are not remembered belong to nobody; `lance-host run --adopt` takes over those that a pipeline declares
    "#);
    let repaired = world.host(["verify", "default/t", "--repair"]).exits(0);
    insta::assert_snapshot!(repaired.printed(), @r#"
    table      owners     version  state
    default/t  others: 3        1  repaired
    default/t: 3 rows of others are not remembered (id = "a"; id = "b"; id = "c"): what was remembered is damaged
    default/t: version 1 of the sidecar cannot be read
    default/t: there is neither a sidecar nor a delta file
    default/t: the state tells the truth now; the next run of each pipeline puts its rows right
    default/t: rows that are not remembered belong to nobody; `lance-host run --adopt` takes over those that a pipeline declares
    "#);
}

#[test]
fn a_state_that_is_gone_is_told() {
    let world = world();
    fs::remove_dir_all(world.database().join("_lance_host")).unwrap();
    insta::assert_snapshot!(verify(&world, 10).printed(), @r#"
    table      owners     version  state
    default/t  others: 3        1  drifted
    default/t: 3 rows of others are not remembered (id = "a"; id = "b"; id = "c"): what was remembered is damaged
    default/t: there is neither a sidecar nor a delta file
    default/t: `lance-host verify default/t --repair` makes the state tell the truth; then the next run of each pipeline puts its rows right
    default/t: rows that are not remembered belong to nobody; `lance-host run --adopt` takes over those that a pipeline declares
    "#);
}

#[test]
fn rows_of_a_lost_delta_file_become_foreign_and_can_be_taken_over() {
    let world = world();
    let later = [("a", 1), ("b", 20), ("d", 4)];
    world.declare("p", &declare(&later)).exits(0);
    // The fold of the second run and its delta file are gone.
    let newest = host_files(&world, "state", ".manifest")[0].clone();
    fs::remove_file(newest).unwrap();
    let delta = host_files(&world, "wal", ".arrow").pop().unwrap();
    fs::remove_file(delta).unwrap();

    let verified = world.host(["verify", "--json"]).exits(10).json();
    assert_eq!(
        verified["tables"][0]["damage"],
        json!(["the delta file of version 2 is missing"])
    );
    repair(&world);
    world.declare("p", &declare(&later)).exits(6);
    world.declare("p", &declare(&later)).arg("--adopt").exits(0);
    assert_eq!(
        world.table("t").items(),
        [item("a", 1), item("b", 20), item("d", 4)]
    );
    let report = world.declare("p", &declare(&later)).exits(0).json();
    assert_eq!(report["status"], "unchanged");
    verify(&world, 0);
}

#[test]
fn a_damaged_delta_file_that_nothing_needs_is_a_note() {
    let world = world();
    world.declare("p", &declare(&OURS[..2])).exits(0);
    garble(&host_files(&world, "wal", ".arrow")[0]);
    let verified = verify(&world, 0);
    insta::assert_snapshot!(verified.printed(), @r"
    table      owners  version  state
    default/t  p: 2          2  sound
    default/t: the delta file of version 2 cannot be read; it matters only if the table goes back to an earlier version
    ");
}

#[test]
fn a_repair_that_is_killed_at_any_moment_can_be_repeated() {
    const KILLS: u32 = 10;
    let mut length = Duration::from_millis(100);
    for kill in 0..KILLS {
        let world = world();
        world
            .declare("q", &Declare::table(items("t", [("d", 4)])))
            .exits(0);
        world.table("t").append(&[("theirs", 7)]);
        garble(&host_files(&world, "state", ".manifest")[0]);
        let mut child = world.host(["verify", "--repair"]).start();
        thread::sleep(length * (kill + 1) / KILLS);
        child.kill().unwrap();
        child.wait().unwrap();

        let started = Instant::now();
        world.host(["verify", "--repair"]).exits(0);
        length = length.max(started.elapsed());
        verify(&world, 0);
        let report = world.declare("p", &declare(&OURS)).exits(0).json();
        assert_eq!(report["status"], "unchanged", "{report}");
        let of_q = Declare::table(items("t", [("d", 40)]));
        let counts = world.declare("q", &of_q).exits(0).counts("t");
        assert_eq!((counts.updated, counts.inserted), (1, 0));
        assert_eq!(world.table("t").items().len(), 5);
    }
}
