//! What is reported survives a power failure: the order in which files are synced to the disk,
//! as the system sees it.

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
};

use lance_host_tests::{Declare, Run, Table, World, items, needed_files};
use serde_json::json;

/// What a process asked the system to do, in the order in which it was done.
#[derive(Debug, PartialEq)]
enum Event {
    /// The content of a file, or the names in a directory, are on the disk.
    Synced(PathBuf),
    /// A file has another name, or one more.
    Named { from: PathBuf, to: PathBuf },
}

/// Runs the command and reads from `strace` what it did.
fn trace(world: &World, run: Run<'_>) -> Vec<Event> {
    let file = world.path("trace");
    let file_name = file.to_str().unwrap();
    let calls = "trace=fsync,fdatasync,rename,renameat,renameat2,link,linkat";
    run.under(
        "strace",
        ["-f", "-y", "-s", "4096", "-e", calls, "-o", file_name],
    )
    .exits(0);
    let text = fs::read_to_string(file).unwrap();
    let mut begun = HashMap::new();
    let mut events = Vec::new();
    for line in text.lines() {
        let (process, call) = line.split_once(' ').unwrap();
        let call = call.trim_start();
        if let Some(begin) = call.strip_suffix(" <unfinished ...>") {
            begun.insert(process, begin.to_owned());
            continue;
        }
        // It counts once it is done.
        let whole = match call.split_once(" resumed>") {
            Some((_, end)) => begun.remove(process).unwrap() + end,
            None => call.to_owned(),
        };
        if !whole.trim_end().ends_with("= 0") {
            continue;
        }
        if whole.starts_with("fsync(") || whole.starts_with("fdatasync(") {
            let path = whole.split_once('<').unwrap().1;
            let path = path.rsplit_once('>').unwrap().0;
            events.push(Event::Synced(PathBuf::from(path)));
        } else if whole.starts_with("link") || whole.starts_with("rename") {
            let mut names = whole.split('"').skip(1).step_by(2).map(PathBuf::from);
            let (from, to) = (names.next().unwrap(), names.next().unwrap());
            events.push(Event::Named { from, to });
        }
    }
    events
}

/// When a file got this name.
fn named(events: &[Event], name: &Path) -> (usize, PathBuf) {
    events
        .iter()
        .enumerate()
        .find_map(|(at, event)| match event {
            Event::Named { from, to } if to == name => Some((at, from.clone())),
            _ => None,
        })
        .unwrap_or_else(|| panic!("nothing was named {}: {events:#?}", name.display()))
}

/// The newest manifest of a dataset, and the files that its version needs and no earlier one.
fn newest(dataset: &Path) -> (PathBuf, BTreeSet<PathBuf>) {
    let by_version = needed_files(dataset);
    let (_, newest) = by_version.last_key_value().unwrap();
    let earlier: BTreeSet<_> = by_version.values().rev().skip(1).flatten().collect();
    let mut new: BTreeSet<_> = newest
        .iter()
        .filter(|file| !earlier.contains(file))
        .cloned()
        .collect();
    let manifest = new
        .iter()
        .find(|file| file.extension().is_some_and(|kind| kind == "manifest"))
        .unwrap()
        .clone();
    new.remove(&manifest);
    (manifest, new)
}

/// Everything that the newest version of a dataset consists of was on disk before it was
/// visible, and its own name is on disk now.
fn assert_durable(events: &[Event], database: &Path, dataset: &Path, more: &[PathBuf]) {
    let (manifest, files) = newest(dataset);
    assert!(
        files
            .iter()
            .any(|file| file.starts_with(dataset.join("data")))
    );
    let (visible, staged) = named(events, &manifest);
    let synced = |path: &Path, within: &[Event]| {
        assert!(
            within.contains(&Event::Synced(path.to_owned())),
            "{} was not synced: {events:#?}",
            path.display()
        );
    };
    let before = &events[..visible];
    synced(&staged, before);
    for file in files.iter().chain(more) {
        synced(file, before);
        // Those who know its name are on disk as well.
        for directory in file.ancestors().skip(1) {
            synced(directory, before);
            if directory == database {
                break;
            }
        }
        // A file that got its name after it was synced would have lost it.
        let last_named = before
            .iter()
            .rposition(|event| matches!(event, Event::Named { to, .. } if to == file));
        let parent = Event::Synced(file.parent().unwrap().to_owned());
        assert!(last_named < before.iter().rposition(|event| *event == parent));
    }
    synced(manifest.parent().unwrap(), &events[visible..]);
}

/// What is in a directory of the host's own.
fn files_below(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn rows(numbers: std::ops::Range<i64>, value: i64) -> Declare {
    let rows = numbers.map(|number| (format!("row {number:03}"), value * (number % 2)));
    Declare::table(items("t", rows))
}

#[test]
fn a_reported_version_is_on_disk_with_all_that_it_needs() {
    let world = World::new();
    let database = world.database();
    let created = trace(&world, world.declare("p", &rows(0..50, 1)));
    let table = database.join("t.lance");
    let id = world.table("t").config()["lance_host.table_id"].clone();
    let (wal, state) = (
        database.join("_lance_host/wal").join(&id),
        database.join("_lance_host/state").join(&id),
    );
    assert_durable(&created, &database, &table, &[]);
    assert_durable(&created, &database, &state, &[]);
    assert!(created.contains(&Event::Synced(database.parent().unwrap().to_owned())));

    let changed = trace(&world, world.declare("p", &rows(5..60, 2)));
    let deltas = files_below(&wal);
    assert_eq!(deltas.len(), 1);
    assert!(
        newest(&table)
            .1
            .iter()
            .any(|file| file.starts_with(table.join("_deletions")))
    );
    assert_durable(&changed, &database, &table, &deltas);
    assert_durable(&changed, &database, &state, &[]);
}

/// Its rows are written while the pipeline still runs, and moved to their place.
#[test]
fn a_large_new_table_is_on_disk_when_it_is_reported() {
    let world = World::new();
    let text = "x".repeat(100_000);
    let table = Table::new("t")
        .required("id", "int64")
        .nullable("text", "utf8")
        .key(&["id"]);
    let table = (0..90).fold(table, |table, id| table.row(json!([id, text])));
    let created = trace(&world, world.declare("p", &Declare::table(table)));
    let database = world.database();
    let moved = database.join("_lance_host/staging");
    assert!(created.iter().any(|event| {
        matches!(event, Event::Named { from, to }
            if from.starts_with(&moved) && to.starts_with(database.join("t.lance/data")))
    }));
    assert_durable(&created, &database, &database.join("t.lance"), &[]);
}

#[test]
fn an_unchanged_run_waits_for_nothing() {
    let world = World::new();
    world.declare("p", &rows(0..50, 1)).exits(0);
    let events = trace(&world, world.declare("p", &rows(0..50, 1)));
    assert_eq!(events, []);
}

#[test]
fn fast_commits_wait_for_nothing() {
    let world = World::new();
    let run = world
        .declare("p", &rows(0..50, 1))
        .args(["--durability", "fast"]);
    let events = trace(&world, run);
    assert!(
        !events.iter().any(
            |event| matches!(event, Event::Synced(path) if path.starts_with(world.database()))
        ),
        "{events:#?}"
    );
    assert_eq!(world.table("t").rows().num_rows(), 50);
}
