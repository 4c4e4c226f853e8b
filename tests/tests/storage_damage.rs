//! Disks that are full or read-only, files that are gone or garbled: nothing is lost by it that
//! was there, and the message says what to do.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use lance_host_tests::{Declare, Outcome, Table, World, item, items};
use serde_json::json;

fn rows(count: usize, value: i64) -> Vec<(String, i64)> {
    (0..count)
        .map(|number| (format!("row {number:05}"), value))
        .collect()
}

fn declare(rows: &[(String, i64)]) -> Declare {
    Declare::table(items("t", rows.to_vec()))
}

fn stored(rows: &[(String, i64)]) -> Vec<(String, Option<i64>)> {
    rows.iter().map(|(id, value)| item(id, *value)).collect()
}

/// A small file system at the place of a world's database.
struct Disk(PathBuf);

impl Disk {
    fn mount(world: &World, size: &str) -> Self {
        let path = world.database();
        fs::create_dir_all(&path).unwrap();
        Self::call("mount", &["-t", "tmpfs", "-o", size, "tmpfs"], &path);
        Self(path)
    }

    fn remount(&self, option: &str) {
        Self::call("mount", &["-o", &format!("remount,{option}")], &self.0);
    }

    /// Not being able to is a failure: these tests must not pass without having tried anything.
    fn call(program: &str, arguments: &[&str], path: &Path) {
        let output = Command::new(program)
            .args(arguments)
            .arg(path)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{program} {arguments:?} {}: {}this test has to run as root, and may mount file systems",
            path.display(),
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// Leaves so many KiB free.
    fn fill(&self, free: usize) -> PathBuf {
        let ballast = self.0.join("ballast");
        let output = Command::new("df")
            .args(["--output=avail", "-k"])
            .arg(&self.0)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let available: usize = text.lines().nth(1).unwrap().trim().parse().unwrap();
        fs::write(&ballast, vec![0; available.saturating_sub(free) << 10]).unwrap();
        ballast
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_the_table_old_or_new_and_space_lets_the_next_run_converge() {
    let world = World::new();
    let disk = Disk::mount(&world, "size=4m");
    let mut before = rows(300, 0);
    world.declare("p", &declare(&before)).exits(0);
    let mut failed = 0;
    for (round, free) in [0, 4, 8, 12, 16, 20, 24, 32, 40, 48, 64]
        .into_iter()
        .enumerate()
    {
        let after = rows(300 + round, 1 + i64::try_from(round).unwrap());
        let ballast = disk.fill(free);
        let outcome = world.declare("p", &declare(&after)).outcome();
        let found = world.table("t").items();
        match outcome.code {
            Some(0) => assert_eq!(found, stored(&after), "with {free} KiB"),
            Some(5) => {
                failed += 1;
                assert!(
                    found == stored(&before) || found == stored(&after),
                    "with {free} KiB: neither old nor new"
                );
                assert!(
                    outcome.stderr.contains("table default/t")
                        && outcome.stderr.contains("No space left on device"),
                    "with {free} KiB: {}",
                    outcome.stderr
                );
            }
            code => panic!("with {free} KiB: {code:?} {}", outcome.stderr),
        }
        fs::remove_file(ballast).unwrap();
        world.declare("p", &declare(&after)).exits(0);
        assert_eq!(world.table("t").items(), stored(&after));
        world.plan("p", &declare(&after)).exits(0);
        before = after;
    }
    assert!(failed > 2, "the disk was full {failed} times only");
}

#[cfg(target_os = "linux")]
#[test]
fn a_table_is_not_created_on_a_full_disk_and_leaves_no_trace() {
    let world = World::new();
    let disk = Disk::mount(&world, "size=1m");
    let ballast = disk.fill(0);
    let declared = rows(300, 0);
    let outcome = world.declare("p", &declare(&declared)).exits(5);
    assert!(
        outcome.stderr.contains("No space left on device"),
        "{}",
        outcome.stderr
    );
    assert!(world.find_table("t").is_none());
    fs::remove_file(ballast).unwrap();
    world.declare("p", &declare(&declared)).exits(0);
    assert_eq!(world.table("t").items(), stored(&declared));
}

#[cfg(target_os = "linux")]
#[test]
fn a_read_only_disk_can_be_looked_at_and_refuses_changes_with_a_clear_message() {
    let world = World::new();
    let disk = Disk::mount(&world, "size=4m");
    let before = rows(20, 0);
    world.declare("p", &declare(&before)).exits(0);
    disk.remount("ro");

    let unchanged = world.declare("p", &declare(&before)).exits(0);
    assert_eq!(unchanged.json()["status"], "unchanged");
    world.host(["status"]).exits(0);
    world.host(["show", "default/t"]).exits(0);
    let after = rows(20, 1);
    world.plan("p", &declare(&after)).exits(10);
    for declared in [
        declare(&after),
        declare(&before).and(items("new", [("a", 1)])),
    ] {
        let outcome = world.declare("p", &declared).exits(5);
        let first = outcome.stderr.lines().next().unwrap();
        // Of a new table, its rows and its state are written side by side.
        let subjects = [
            "error: table default/",
            "error: the state of table default/",
        ];
        assert!(
            subjects.iter().any(|subject| first.starts_with(subject)),
            "{first}"
        );
        assert!(
            outcome.stderr.contains("Read-only file system"),
            "{}",
            outcome.stderr
        );
    }
    let dropped = world.host(["drop", "p", "--yes"]).exits(5);
    assert!(
        dropped.stderr.contains("Read-only file system"),
        "{}",
        dropped.stderr
    );
    assert_eq!(world.table("t").items(), stored(&before));

    disk.remount("rw");
    world.declare("p", &declare(&after)).exits(0);
    assert_eq!(world.table("t").items(), stored(&after));
}

#[test]
fn a_database_that_was_removed_is_made_again() {
    let world = World::new();
    let declared = rows(20, 0);
    world.declare("p", &declare(&declared)).exits(0);
    fs::remove_dir_all(world.database()).unwrap();
    assert_eq!(
        world.host(["status", "--json"]).exits(0).json()["tables"],
        json!([])
    );
    let report = world.declare("p", &declare(&declared)).exits(0);
    assert_eq!(report.table("t")["action"], "create");
    assert_eq!(world.table("t").items(), stored(&declared));
}

/// The run waits under one of its calls, and then everything is gone.
#[test]
fn a_database_that_is_removed_during_a_run_fails_it_and_the_next_run_makes_it_again() {
    let (before, after) = (rows(20, 0), rows(25, 1));
    let mut tried = 0;
    for number in (1..).step_by(3) {
        let world = World::new();
        let calls = world.path("calls");
        world.declare("p", &declare(&before)).exits(0);
        let mut child = world
            .declare("p", &declare(&after))
            .env("LANCE_HOST_STORAGE_CALLS", &calls)
            .env("LANCE_HOST_STORAGE_FAULT", format!("slow@{number}"))
            .start();
        let started = Instant::now();
        let made = || {
            let text = fs::read_to_string(&calls).unwrap_or_default();
            text.lines().map(str::to_owned).collect::<Vec<_>>()
        };
        while made().len() < number && child.try_wait().unwrap().is_none() {
            assert!(started.elapsed() < Duration::from_secs(60));
            thread::sleep(Duration::from_millis(2));
        }
        let Some(call) = made().get(number - 1).cloned() else {
            assert!(child.wait().unwrap().success());
            break;
        };
        fs::remove_dir_all(world.database()).unwrap();
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        let context = format!("removed under {call}: {:?}\n{told}", output.status);
        // Right under the commit nobody can tell.
        if !call.contains(".manifest") {
            match output.status.code() {
                Some(0) => {}
                Some(5) => assert!(told.starts_with("error: "), "{context}"),
                _ => panic!("{context}"),
            }
            let next = world.declare("p", &declare(&after)).outcome();
            assert_eq!(next.code, Some(0), "{}\nafter {context}", next.stderr);
            assert_eq!(world.table("t").items(), stored(&after), "{context}");
            tried += 1;
        }
    }
    assert!(tried > 5, "{tried} moments only");
}

/// The only directory of a directory.
fn only(path: &Path) -> PathBuf {
    let mut entries = fs::read_dir(path).unwrap();
    let only = entries.next().unwrap().unwrap().path();
    assert!(entries.next().is_none(), "{} has several", path.display());
    only
}

fn files(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in files(from) {
        let to = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            copy(&entry, &to);
        } else {
            fs::copy(entry, to).unwrap();
        }
    }
}

/// A world whose last run was as if killed before it folded its delta file.
fn unfolded() -> (World, Vec<PathBuf>) {
    let world = World::new();
    world.declare("p", &declare(&rows(20, 0))).exits(0);
    let (state, kept) = (
        world.database().join("_lance_host/state"),
        world.path("kept"),
    );
    copy(&state, &kept);
    world.declare("p", &declare(&rows(25, 1))).exits(0);
    fs::remove_dir_all(&state).unwrap();
    copy(&kept, &state);
    let deltas = files(&only(&world.database().join("_lance_host/wal")));
    (world, deltas)
}

/// The line with the error; before it may stand that Lance had panicked.
fn error(outcome: &Outcome) -> &str {
    let mut lines = outcome.stderr.lines();
    lines
        .find(|line| line.starts_with("error: "))
        .unwrap_or_else(|| panic!("no error in {}", outcome.stderr))
}

/// Runs are refused because of the state; the table stays as it is.
#[track_caller]
fn refused(world: &World) -> String {
    let (version, before) = (world.table("t").version(), world.table("t").items());
    let run = world.declare("p", &declare(&rows(30, 2))).exits(5);
    let plan = world.plan("p", &declare(&rows(30, 2))).exits(5);
    assert_eq!(error(&plan), error(&run));
    assert_eq!(world.table("t").version(), version);
    assert_eq!(world.table("t").items(), before);
    let first = error(&run).to_owned();
    assert!(
        first.starts_with("error: table default/t: the host's state is damaged: ")
            && first.ends_with("; nothing was written. `lance-host state rebuild default/t` makes it anew from the table"),
        "{}",
        run.stderr
    );
    first
}

#[test]
fn a_delta_file_that_is_cut_off_or_garbled_is_noticed() {
    let (world, deltas) = unfolded();
    let newest = deltas.last().unwrap();
    let whole = fs::read(newest).unwrap();
    let damages = [
        Vec::new(),
        whole[..whole.len() / 2].to_vec(),
        whole[..whole.len() - 1].to_vec(),
        b"garbage".repeat(100),
        whole.iter().map(|byte| byte ^ 1).collect(),
    ];
    for damage in damages {
        fs::write(newest, damage).unwrap();
        let told = refused(&world);
        assert!(told.contains("is not as it was written"), "{told}");
    }
    fs::write(newest, whole).unwrap();
    world.declare("p", &declare(&rows(30, 2))).exits(0);
    assert_eq!(world.table("t").items(), stored(&rows(30, 2)));
}

/// What a delta file held is then found out from the table; whose the rows are cannot be.
#[test]
fn a_delta_file_that_is_gone_makes_rows_foreign_and_changes_none() {
    let (world, deltas) = unfolded();
    fs::remove_file(deltas.last().unwrap()).unwrap();
    let before = world.table("t").items();
    let outcome = world.declare("p", &declare(&rows(30, 2))).exits(6);
    assert!(outcome.stderr.contains("--adopt"), "{}", outcome.stderr);
    assert_eq!(world.table("t").items(), before);
}

#[test]
fn a_sidecar_with_garbled_files_is_noticed() {
    for part in ["_versions", "data"] {
        let world = World::new();
        world.declare("p", &declare(&rows(20, 0))).exits(0);
        world.declare("p", &declare(&rows(20, 1))).exits(0);
        let sidecar = only(&world.database().join("_lance_host/state"));
        let manifests = files(&sidecar.join(part));
        for damage in [&b""[..], &b"garbage".repeat(200)] {
            let whole: Vec<_> = manifests
                .iter()
                .map(|file| fs::read(file).unwrap())
                .collect();
            for file in &manifests {
                fs::write(file, damage).unwrap();
            }
            refused(&world);
            for (file, content) in manifests.iter().zip(whole) {
                fs::write(file, content).unwrap();
            }
        }
        world.declare("p", &declare(&rows(30, 2))).exits(0);
        assert_eq!(world.table("t").items(), stored(&rows(30, 2)));
    }
}

#[test]
fn a_sidecar_without_its_data_files_is_noticed() {
    let world = World::new();
    world.declare("p", &declare(&rows(20, 0))).exits(0);
    let sidecar = only(&world.database().join("_lance_host/state"));
    fs::remove_dir_all(sidecar.join("data")).unwrap();
    let told = refused(&world);
    assert!(told.contains("a file of it is missing"), "{told}");
}

#[test]
fn a_sidecar_that_lost_its_newest_version_is_caught_up() {
    let world = World::new();
    world.declare("p", &declare(&rows(20, 0))).exits(0);
    world.declare("p", &declare(&rows(20, 1))).exits(0);
    let sidecar = only(&world.database().join("_lance_host/state"));
    // The names count down, so that the newest is listed first.
    let newest = files(&sidecar.join("_versions"))
        .into_iter()
        .next()
        .unwrap();
    fs::remove_file(newest).unwrap();
    let _ = fs::remove_file(sidecar.join("_versions/latest_version_hint.json"));
    world.declare("p", &declare(&rows(30, 2))).exits(0);
    assert_eq!(world.table("t").items(), stored(&rows(30, 2)));
    let again = world.declare("p", &declare(&rows(30, 2))).exits(0);
    assert_eq!(again.json()["status"], "unchanged");
}

#[test]
fn a_config_that_is_garbled_is_named() {
    for (name, value) in [
        ("lance_host.table_id", "../../elsewhere"),
        ("lance_host.primary_key", "[\"id\""),
        ("lance_host.managed_by", "somebody"),
    ] {
        let world = World::new();
        world.declare("p", &declare(&rows(20, 0))).exits(0);
        let before = world.table("t").config()[name].clone();
        world.table("t").set_config(name, value);
        let told = refused(&world);
        assert!(
            told.contains(&format!("its config has no usable {name}")),
            "{told}"
        );
        world.table("t").set_config(name, &before);
        world.declare("p", &declare(&rows(30, 2))).exits(0);
    }
}

#[test]
fn a_table_whose_data_is_gone_is_named_and_not_made_worse() {
    let world = World::new();
    let table = Table::new("t").required("id", "utf8").key(&["id"]);
    world
        .declare("p", &Declare::table(table.row(json!(["a"]))))
        .exits(0);
    for file in files(&world.database().join("t.lance/_versions")) {
        fs::write(file, b"garbage".repeat(100)).unwrap();
    }
    let outcome = world.declare("p", &declare(&rows(3, 0))).exits(5);
    let first = error(&outcome);
    assert_eq!(first, "error: table default/t: cannot open it");
}
