//! A run dies between any two of its steps, and the next one puts everything right.
//!
//! Development builds of the host have a named place after each step, and before and after each
//! file that is written on the way. Each scenario is run once to learn which of them it passes,
//! and then killed at each. One run later every table is as it would be without the kill, rows of
//! others included, and no file is left that nothing needs.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Child,
    thread,
    time::{Duration, Instant},
};

use lance_host_tests::{Declare, ForeignTable, Outcome, Run, Table, World, item, items, remains};
use serde_json::json;

/// Something that is done to a database, and what was there before.
struct Scenario {
    before: World,
    /// Run again after a kill, it does what is left to do.
    action: fn(&World) -> Run<'_>,
}

/// All tables with all their rows.
fn content(world: &World) -> BTreeMap<String, String> {
    let tables = world.tables();
    tables
        .into_iter()
        .filter_map(|name| {
            let rows = world.find_table(&name)?.printed();
            Some((name, rows))
        })
        .collect()
}

impl Scenario {
    fn new(before: impl FnOnce(&World), action: fn(&World) -> Run<'_>) -> Self {
        let world = World::new();
        before(&world);
        Self {
            before: world,
            action,
        }
    }

    /// The places that are passed, each as often as it is, and the content at the end.
    fn passes(&self) -> (Vec<(String, usize)>, BTreeMap<String, String>) {
        let world = self.before.copy();
        let log = world.path("passed");
        (self.action)(&world)
            .env("LANCE_HOST_FAULT_LOG", &log)
            .exits(0);
        assert_eq!(remains(&world.database()), [""; 0]);
        let mut passed: Vec<(String, usize)> = Vec::new();
        for name in fs::read_to_string(log).unwrap().lines() {
            match passed.iter_mut().find(|(known, _)| known == name) {
                Some((_, times)) => *times += 1,
                None => passed.push((name.to_owned(), 1)),
            }
        }
        (passed, content(&world))
    }

    /// Kills at every place, the first and the last time it is passed; returns how often.
    fn survives(&self) -> usize {
        self.survives_where(|_| true)
    }

    fn survives_where(&self, chosen: impl Fn(&str) -> bool) -> usize {
        let (passed, expected) = self.passes();
        let mut kills = 0;
        for (name, times) in passed.into_iter().filter(|(name, _)| chosen(name)) {
            self.survives_at(&name, 1, &expected);
            kills += 1;
            if times > 1 {
                self.survives_at(&name, times, &expected);
                kills += 1;
            }
        }
        kills
    }

    fn survives_at(&self, name: &str, passing: usize, expected: &BTreeMap<String, String>) {
        let place = format!("{name}:{passing}");
        let world = self.before.copy();
        let killed = (self.action)(&world)
            .env("LANCE_HOST_FAULT", &place)
            .outcome();
        assert_eq!(killed.code, None, "{place} was not passed: {killed:?}");
        let again = (self.action)(&world).outcome();
        if nothing_to_drop(&again) {
            // The drop was done before the kill; whoever writes next cleans up.
            world.host(["optimize"]).exits(0);
        } else {
            assert_eq!(again.code, Some(0), "after {place}: {}", again.stderr);
        }
        assert_eq!(&content(&world), expected, "after {place}");
        assert_eq!(remains(&world.database()), [""; 0], "after {place}");
        let third = (self.action)(&world).outcome();
        assert_eq!(&content(&world), expected, "after {place}");
        if nothing_to_drop(&third) {
            return;
        }
        let third = third.exits(0);
        if let Some(status) = third.json()["status"].as_str() {
            assert_eq!(status, "unchanged", "after {place}");
        }
    }
}

/// Whether a pipeline could not be dropped because nothing belongs to it.
fn nothing_to_drop(outcome: &Outcome) -> bool {
    outcome.code == Some(2) && outcome.stderr.contains("owns anything")
}

fn numbered(prefix: &str, numbers: impl Iterator<Item = i64>, value: i64) -> Vec<(String, i64)> {
    numbers
        .map(|number| (format!("{prefix} {number:03}"), value))
        .collect()
}

/// Two tables, each with rows of two pipelines and of nobody.
fn shared(world: &World) {
    for (pipeline, value) in [("ours", 1), ("theirs", 2)] {
        let rows = numbered(pipeline, 0..40, value);
        let declare = Declare::table(items("one", rows.clone())).and(items("two", rows.clone()));
        world.declare(pipeline, &declare).exits(0);
    }
    for name in ["one", "two"] {
        world.table(name).append(&[("nobody's", 3)]);
    }
}

fn created() -> Scenario {
    Scenario::new(
        |_| {},
        |world| {
            let rows = numbered("ours", 0..40, 1);
            let declare =
                Declare::table(items("one", rows.clone())).and(items("two", rows.clone()));
            world.declare("ours", &declare)
        },
    )
}

/// So large that its rows are written while the pipeline still runs, and moved to their place.
fn created_large() -> Scenario {
    Scenario::new(
        |_| {},
        |world| {
            let text = "x".repeat(100_000);
            let table = Table::new("one")
                .required("id", "int64")
                .nullable("text", "utf8")
                .key(&["id"]);
            let table = (0..90).fold(table, |table, id| table.row(json!([id, text])));
            world.declare("ours", &Declare::table(table))
        },
    )
}

fn changed() -> Scenario {
    Scenario::new(shared, |world| {
        let mut rows = numbered("ours", 0..30, 1);
        rows.extend(numbered("ours", 30..35, 10));
        rows.extend(numbered("ours", 50..55, 1));
        let declare = Declare::table(items("one", rows.clone())).and(items("two", rows));
        world.declare("ours", &declare)
    })
}

/// Most rows go, and the version before is tagged.
fn emptied() -> Scenario {
    Scenario::new(
        |world| {
            let rows = numbered("ours", 0..200, 1);
            world
                .declare("ours", &Declare::table(items("one", rows)))
                .exits(0);
            world.table("one").append(&[("nobody's", 3)]);
        },
        |world| {
            let rows = numbered("ours", 0..10, 1);
            world
                .declare("ours", &Declare::table(items("one", rows)))
                .arg("--allow-destructive")
        },
    )
}

/// A column is cast, one made required, one made nullable, one dropped and one added.
fn evolved() -> Scenario {
    fn keyed() -> Table {
        Table::new("one").required("id", "utf8").key(&["id"])
    }
    Scenario::new(
        |world| {
            let table = (0..20).fold(
                keyed()
                    .nullable("a", "int32")
                    .required("b", "int64")
                    .nullable("c", "int32")
                    .nullable("d", "utf8"),
                |table, number| table.row(json!([format!("row {number}"), number, 1, number, "x"])),
            );
            world.declare("ours", &Declare::table(table)).exits(0);
        },
        |world| {
            let table = (0..20).fold(
                keyed()
                    .required("a", "int32")
                    .nullable("b", "int64")
                    .nullable("c", "int64")
                    .nullable("e", "utf8"),
                |table, number| {
                    table.row(json!([
                        format!("row {number}"),
                        number,
                        null,
                        number + 1,
                        "y"
                    ]))
                },
            );
            world.declare("ours", &Declare::table(table))
        },
    )
}

/// Another primary key.
fn rebuilt() -> Scenario {
    fn table(key: &str) -> Table {
        (0..20).fold(
            Table::new("one")
                .required("id", "utf8")
                .required("number", "int64")
                .key(&[key]),
            |table, number| table.row(json!([format!("row {number:02}"), number])),
        )
    }
    Scenario::new(
        |world| {
            let declare = Declare::table(table("id"));
            world.declare("ours", &declare).exits(0);
        },
        |world| {
            let declare = Declare::table(table("number"));
            world.declare("ours", &declare).arg("--allow-destructive")
        },
    )
}

fn adopted() -> Scenario {
    Scenario::new(
        |world| {
            fs::create_dir_all(world.database()).unwrap();
            let rows = [("a", 1), ("b", 2), ("nobody's", 3)];
            ForeignTable::create(&world.database(), "one", &rows);
        },
        |world| {
            let declare = Declare::table(items("one", [("a", 1), ("b", 20), ("c", 3)]));
            world.declare("ours", &declare).arg("--adopt")
        },
    )
}

fn indexed() -> Scenario {
    fn table(rows: i64) -> Table {
        (0..rows).fold(
            Table::new("one")
                .required("id", "utf8")
                .nullable("value", "int64")
                .nullable("text", "utf8")
                .key(&["id"]),
            |table, number| table.row(json!([format!("row {number}"), number, "some words"])),
        )
    }
    Scenario::new(
        |world| {
            let declare = Declare::table(table(20).index("value", "btree", &[]));
            world.declare("ours", &declare).exits(0);
        },
        |world| {
            let indexed = table(25)
                .index("value", "bitmap", &[])
                .index("text", "fts", &[]);
            world.declare("ours", &Declare::table(indexed))
        },
    )
}

/// One table has another owner, and the other has none.
fn dropped() -> Scenario {
    Scenario::new(
        |world| {
            let rows = numbered("ours", 0..40, 1);
            let declare =
                Declare::table(items("shared", rows.clone())).and(items("alone", rows.clone()));
            world.declare("ours", &declare).exits(0);
            let rows = numbered("theirs", 0..40, 2);
            let declare = Declare::table(items("shared", rows));
            world.declare("theirs", &declare).exits(0);
        },
        |world| world.host(["drop", "ours", "--yes", "--json"]),
    )
}

fn optimized() -> Scenario {
    Scenario::new(
        |world| {
            for round in 0..4 {
                let rows = numbered("ours", 0..10 + round, round);
                let table = items("one", rows).index("value", "btree", &[]);
                world.declare("ours", &Declare::table(table)).exits(0);
            }
            world.table("one").append(&[("nobody's", 3)]);
        },
        |world| world.host(["optimize", "--json"]),
    )
}

/// Everything that a run was killed in before is cleaned up by one that is killed as well.
fn killed_before() -> Scenario {
    Scenario::new(
        |world| {
            shared(world);
            let rows = numbered("ours", 0..30, 9);
            let declare = Declare::table(items("one", rows.clone())).and(items("new", rows));
            let killed = world
                .declare("ours", &declare)
                .env("LANCE_HOST_FAULT", "create: staged")
                .outcome();
            assert_eq!(killed.code, None, "{killed:?}");
            assert!(!remains(&world.database()).is_empty());
        },
        |world| {
            let rows = numbered("ours", 0..30, 4);
            let declare = Declare::table(items("one", rows.clone())).and(items("two", rows));
            world.declare("ours", &declare)
        },
    )
}

type Named = (&'static str, fn() -> Scenario);

const SCENARIOS: [Named; 11] = [
    ("created", created),
    ("created large", created_large),
    ("changed", changed),
    ("emptied", emptied),
    ("evolved", evolved),
    ("rebuilt", rebuilt),
    ("adopted", adopted),
    ("indexed", indexed),
    ("dropped", dropped),
    ("optimized", optimized),
    ("killed before", killed_before),
];

macro_rules! survives {
    ($($test:ident: $scenario:ident,)*) => {$(
        #[test]
        fn $test() {
            let kills = $scenario().survives();
            assert!(kills > 8, "only {kills} kills");
        }
    )*};
}

survives! {
    a_table_is_created_whole_whenever_its_run_is_killed: created,
    a_change_of_rows_survives_a_kill_at_every_step: changed,
    a_destructive_change_survives_a_kill_at_every_step: emptied,
    a_change_of_columns_survives_a_kill_at_every_step: evolved,
    a_rebuild_survives_a_kill_at_every_step: rebuilt,
    an_adoption_survives_a_kill_at_every_step: adopted,
    a_change_of_indexes_survives_a_kill_at_every_step: indexed,
    a_drop_survives_a_kill_at_every_step: dropped,
    maintenance_survives_a_kill_at_every_step: optimized,
    cleaning_up_after_a_kill_survives_a_kill_at_every_step: killed_before,
}

#[test]
fn a_large_table_is_created_whole_whenever_its_run_is_killed() {
    let moving = |name: &str| {
        name.starts_with("create: ") || ["intent logged", "named data file"].contains(&name)
    };
    let kills = created_large().survives_where(moving);
    assert!(kills > 3, "only {kills} kills");
}

/// What the commit changes takes more than a MiB, so it is written and read in parts.
#[test]
fn a_large_commit_that_was_killed_before_its_fold_is_known_to_the_next_run() {
    let world = World::new();
    let declare = |value| Declare::table(items("one", numbered("ours", 0..30_000, value)));
    world.declare("ours", &declare(1)).exits(0);
    let killed = world
        .declare("ours", &declare(2))
        .env("LANCE_HOST_FAULT", "version committed")
        .start()
        .wait();
    assert_eq!(killed.unwrap().code(), None);
    let version = world.table("one").version();
    let next = world.declare("ours", &declare(2)).exits(0);
    assert_eq!(next.json()["status"], "unchanged");
    assert_eq!(world.table("one").version(), version);
    assert_eq!(world.table("one").count("value = 2"), 30_000);
    world.host(["verify"]).exits(0);
    assert_eq!(remains(&world.database()), [""; 0]);
}

/// Starts a run that stops at a place, until the file that is returned exists.
fn held(world: &World, pipeline: &str, declare: &Declare, place: &str) -> (Child, PathBuf) {
    let (passed, release) = (world.path("passed"), world.path("release"));
    let run = world
        .declare(pipeline, declare)
        .env("LANCE_HOST_FAULT", place)
        .env("LANCE_HOST_FAULT_LOG", &passed)
        .env("LANCE_HOST_FAULT_HOLD", &release)
        .start();
    let place = format!("{place}\n");
    let begun = Instant::now();
    while !fs::read_to_string(&passed).is_ok_and(|passed| passed.ends_with(&place)) {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{place} was not passed"
        );
        thread::sleep(Duration::from_millis(5));
    }
    (run, release)
}

/// Lets it go on, and expects it to succeed.
fn released((run, release): (Child, PathBuf)) {
    fs::write(release, "").unwrap();
    let output = run.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
}

#[test]
fn two_runs_that_create_a_table_do_not_clean_up_after_each_other() {
    for place in ["create: staged", "fold committed", "before manifest"] {
        let world = World::new();
        let ours = Declare::table(items("t", [("ours", 1)]));
        let theirs = Declare::table(items("t", [("theirs", 2)]));
        let waiting = held(&world, "ours", &ours, place);
        world.declare("theirs", &theirs).exits(0);
        // What the other one has staged is still there.
        assert!(!remains(&world.database()).is_empty());
        released(waiting);
        let rows = [item("ours", 1), item("theirs", 2)];
        assert_eq!(world.table("t").items(), rows, "{place}");
        assert_eq!(remains(&world.database()), [""; 0], "{place}");
    }
}

#[test]
fn a_run_that_loses_to_another_keeps_its_rows_and_removes_what_it_wrote_in_vain() {
    for place in [
        "change: rows staged",
        "change: deletions staged",
        "delta written",
    ] {
        let world = World::new();
        shared(&world);
        let ours = Declare::table(items("one", numbered("ours", 5..45, 7)));
        let theirs = Declare::table(items("one", numbered("theirs", 5..45, 8)));
        let waiting = held(
            &world,
            "ours",
            &ours.and(items("two", [("ours", 1)])),
            place,
        );
        let two = items("two", [("theirs", 1)]);
        world.declare("theirs", &theirs.and(two)).exits(0);
        world.table("one").delete("id = 'nobody''s'");
        released(waiting);
        let rows = world.table("one").items();
        let mut expected = numbered("ours", 5..45, 7);
        expected.extend(numbered("theirs", 5..45, 8));
        let expected: Vec<_> = expected
            .iter()
            .map(|(id, value)| item(id, *value))
            .collect();
        assert_eq!(rows, expected, "{place}");
        assert_eq!(remains(&world.database()), [""; 0], "{place}");
    }
}

#[test]
fn files_that_somebody_else_is_writing_stay() {
    let world = World::new();
    shared(&world);
    let theirs = world.database().join("one.lance/data/theirs.lance");
    fs::write(&theirs, "is not part of a version yet").unwrap();
    let declare = |value| Declare::table(items("one", numbered("ours", 0..40, value)));
    let killed = world
        .declare("ours", &declare(5))
        .env("LANCE_HOST_FAULT", "delta written")
        .outcome();
    assert_eq!(killed.code, None);
    assert!(remains(&world.database()).len() > 1);
    world
        .declare("ours", &declare(6))
        .arg("--allow-destructive")
        .exits(0);
    assert_eq!(remains(&world.database()), ["one.lance/data/theirs.lance"]);
}

/// Where nobody can tell whether a run is alive, what it names goes once it cannot land any more.
#[test]
fn runs_of_other_machines_are_cleaned_up_after_when_their_version_is_taken() {
    let world = World::new();
    shared(&world);
    let declare = |value| Declare::table(items("one", numbered("ours", 0..40, value)));
    let killed = world
        .declare(
            "ours",
            &declare(5).and(items("two", numbered("ours", 0..40, 1))),
        )
        .env("LANCE_HOST_FAULT", "delta written")
        .outcome();
    assert_eq!(killed.code, None);
    let left = remains(&world.database());
    let log = left.iter().find(|file| file.contains("intents")).unwrap();
    let log = world.database().join(log);
    let text = fs::read_to_string(&log).unwrap();
    let (_, machine) = text.split_once("\"machine\":\"").unwrap();
    let (machine, _) = machine.split_once('"').unwrap();
    let elsewhere = text
        .replace(machine, "elsewhere")
        .replace("\"rewrites\":false", "\"rewrites\":true");
    assert_ne!(text, elsewhere);
    fs::write(&log, elsewhere).unwrap();

    // Its version is not there yet, so it may land still.
    let two = |value| Declare::table(items("two", numbered("theirs", 0..40, value)));
    let one = items("one", numbered("theirs", 0..40, 2));
    world.declare("theirs", &two(9).and(one)).exits(0);
    assert_eq!(remains(&world.database()), left);
    let one = items("one", numbered("theirs", 0..40, 9));
    world.declare("theirs", &two(9).and(one)).exits(0);
    assert_eq!(remains(&world.database()), [""; 0]);
}

/// The names of the places in the host's sources.
fn places() -> Vec<String> {
    fn search(directory: &Path, names: &mut Vec<String>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                search(&path, names);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = fs::read_to_string(&path).unwrap();
                let calls = source.split("fault::point(\"").skip(1);
                names.extend(calls.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
            }
        }
    }
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../host/reconcile/src");
    let mut names = Vec::new();
    search(&sources, &mut names);
    names.sort();
    names.dedup();
    names
}

#[test]
fn every_step_that_can_be_killed_is_killed_in_some_scenario() {
    // Passed by runs that meet another writer, or whose table has become large: the model of
    // random steps has both.
    // Versions are removed one by one only where nothing can be renamed.
    const ELSEWHERE: [&str; 7] = [
        "drop: versions removed",
        "maintenance: compacted",
        "maintenance: index updated",
        "maintenance: pruned",
        "tidy: folded delta removed",
        "tidy: lost delta removed",
        "tidy: sidecar pruned",
    ];
    let mut missing = places();
    assert!(missing.len() > 20, "{missing:?}");
    for (_, scenario) in SCENARIOS {
        let (passed, _) = scenario().passes();
        missing.retain(|place| passed.iter().all(|(name, _)| name != place));
    }
    missing.retain(|place| !ELSEWHERE.contains(&place.as_str()));
    assert_eq!(missing, [""; 0]);
}
