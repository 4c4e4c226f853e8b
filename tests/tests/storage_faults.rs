//! A storage that fails under any call of a run: the table is as before or as declared, the run
//! says so, and the next one converges.
//!
//! Development builds of the command let the Nth call to the storage fail when they are asked to
//! by `LANCE_HOST_STORAGE_FAULT`. The tests walk N over every call of a run.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use lance_host_tests::{Bucket, Declare, ForeignTable, Run, Table, World, item, items};
use serde_json::json;

/// A run, and the one before it that made what it finds.
struct Scenario {
    before: Option<Declare>,
    run: Declare,
}

/// The table of all scenarios.
const TABLE: &str = "t";

/// How many faults a walk tries at the same time.
const WORKERS: usize = 3;

/// Columns and rows of a table.
type Content = (Vec<String>, String);

fn creation() -> Scenario {
    Scenario {
        before: None,
        run: Declare::table(items(TABLE, numbered(0..20, 0))),
    }
}

fn change_of_rows() -> Scenario {
    Scenario {
        before: Some(Declare::table(items(TABLE, numbered(0..20, 0)))),
        run: Declare::table(items(
            TABLE,
            [numbered(5..15, 0), numbered(15..30, 1)].concat(),
        )),
    }
}

fn evolution_of_columns() -> Scenario {
    let key = || Table::new(TABLE).required("id", "utf8").key(&["id"]);
    let before = key().nullable("size", "int32").nullable("gone", "utf8");
    let run = key().nullable("size", "int64").nullable("note", "utf8");
    Scenario {
        before: Some(Declare::table(
            before
                .row(json!(["a", 1, "x"]))
                .row(json!(["b", 2, "y"]))
                .row(json!(["c", 3, null])),
        )),
        run: Declare::table(
            run.row(json!(["a", 1, null]))
                .row(json!(["b", 2, "note"]))
                .row(json!(["d", 5_000_000_000_i64, "large"])),
        ),
    }
}

fn numbered(numbers: std::ops::Range<u32>, value: i64) -> Vec<(String, i64)> {
    numbers
        .map(|number| (format!("row {number:02}"), value))
        .collect()
}

/// A database in which a scenario is to happen.
struct Place {
    world: World,
    bucket: Option<Bucket>,
}

impl Place {
    fn on_disk() -> Self {
        Self {
            world: World::new(),
            bucket: None,
        }
    }

    fn in_bucket() -> Self {
        let (world, bucket) = (World::new(), Bucket::new());
        world.write("lance-host.toml", bucket.config("default"));
        Self {
            world,
            bucket: Some(bucket),
        }
    }

    fn table(&self) -> Option<ForeignTable> {
        match &self.bucket {
            None => self.world.find_table(TABLE),
            Some(bucket) => bucket.find_table(TABLE),
        }
    }

    /// What is in the table; none if there is no table.
    fn content(&self) -> Option<Content> {
        self.table().map(|table| (table.columns(), table.printed()))
    }

    fn run<'a>(&'a self, declare: &Declare) -> Run<'a> {
        self.world.declare("p", declare)
    }

    /// What a run did: number, operation and path of each call to the storage.
    fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(self.world.path("calls")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// A run of which the calls are noted, and one of which may fail.
    fn watched<'a>(&'a self, declare: &Declare, fault: Option<&str>) -> Run<'a> {
        let calls = self.world.path("calls");
        let _ = fs::remove_file(&calls);
        let run = self.run(declare).env("LANCE_HOST_STORAGE_CALLS", calls);
        match fault {
            Some(fault) => run.env("LANCE_HOST_STORAGE_FAULT", fault),
            None => run,
        }
    }

    /// Brings the database to what a scenario finds.
    fn prepare(&self, scenario: &Scenario, template: &Path) {
        match &self.bucket {
            None => {
                let _ = fs::remove_dir_all(self.world.database());
                if template.is_dir() {
                    copy(template, &self.world.database());
                }
            }
            Some(_) => {
                if let Some(before) = &scenario.before {
                    self.run(before).exits(0);
                }
            }
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Lets every `stride`th call of a run fail, each in a run of its own.
fn walk(scenario: &Scenario, place: impl Fn() -> Place + Sync, kind: &str, stride: usize) {
    let first = place();
    let template = first.world.path("template");
    if let Some(before) = &scenario.before {
        first.run(before).exits(0);
        if first.bucket.is_none() {
            copy(&first.world.database(), &template);
        }
    }
    let before = first.content();
    first.watched(&scenario.run, None).exits(0);
    let calls = first.calls();
    let after = first.content();
    assert_ne!(before, after);
    assert!(
        calls.len() > 10,
        "the calls of a run are watched: {calls:?}"
    );

    let (tried, failed) = (AtomicU32::new(0), AtomicU32::new(0));
    // Most of the time is spent on waiting, in attempts to get by.
    thread::scope(|scope| {
        for worker in 0..WORKERS {
            let numbers = (1 + worker * stride..).step_by(WORKERS * stride);
            let (place, template, before, after, calls) =
                (&place, &template, &before, &after, &calls);
            let (tried, failed) = (&tried, &failed);
            scope.spawn(move || {
                let on_disk = place();
                for number in numbers {
                    let reads =
                        |call: &String| [" get", " list"].iter().any(|read| call.contains(read));
                    if ["ambiguous", "lost"].contains(&kind)
                        && calls.get(number - 1).is_some_and(reads)
                    {
                        // A lost answer to a question is an error like any other.
                        continue;
                    }
                    let in_bucket;
                    let place = if on_disk.bucket.is_none() {
                        &on_disk
                    } else {
                        in_bucket = place();
                        &in_bucket
                    };
                    place.prepare(scenario, template);
                    let fault = format!("{kind}@{number}");
                    let (reached, code) = try_fault(place, scenario, &fault, before, after);
                    tried.fetch_add(1, Relaxed);
                    failed.fetch_add(u32::from(code != Some(0)), Relaxed);
                    // Some calls are made at the same time, or depend on what an answer was, so
                    // their number differs a little from run to run. The walk ends with the first
                    // run that has not so many.
                    if reached < number {
                        break;
                    }
                }
            });
        }
    });
    let (tried, failed) = (tried.into_inner(), failed.into_inner());
    println!(
        "{kind}: {tried} of {} calls, {failed} runs failed",
        calls.len()
    );
    // A lost answer alone may always be made up for.
    assert!(kind == "ambiguous" || failed > 0, "no run has failed");
}

/// One run with a fault, and those after it. Returns how many calls it made, and its exit code.
fn try_fault(
    place: &Place,
    scenario: &Scenario,
    fault: &str,
    before: &Option<Content>,
    after: &Option<Content>,
) -> (usize, Option<i32>) {
    let outcome = place.watched(&scenario.run, Some(fault)).outcome();
    let reached = place.calls();
    let context = || {
        format!(
            "{fault}: exit code {:?}\n{}{}\ncalls:\n{}",
            outcome.code,
            outcome.stdout,
            outcome.stderr,
            reached.join("\n")
        )
    };
    let content = place.content();
    match outcome.code {
        Some(0) => assert!(content == *after, "not as declared: {}", context()),
        Some(5 | 6) => {
            assert!(
                content == *before || content == *after,
                "neither old nor new: {content:?} {}",
                context()
            );
            let first = outcome.stderr.lines().next().unwrap_or_default();
            let names = [
                "error: table default/t: ",
                "error: the state of table default/t: ",
                "error: database default",
            ];
            assert!(
                names.iter().any(|name| first.starts_with(name)),
                "the message names what failed: {}",
                context()
            );
        }
        _ => panic!("wrong exit code: {}", context()),
    }
    let next = place.run(&scenario.run).outcome();
    assert_eq!(
        next.code,
        Some(0),
        "the next run fails: {}{}\nafter {}",
        next.stdout,
        next.stderr,
        context()
    );
    assert!(
        place.content() == *after,
        "the next run does not converge: {:?}\nafter {}",
        place.content(),
        context()
    );
    let plan = place.world.plan("p", &scenario.run).outcome();
    assert_eq!(
        plan.code,
        Some(0),
        "the state is not that of the table: {}\nafter {}",
        plan.stdout,
        context()
    );
    (reached.len(), outcome.code)
}

#[test]
fn an_error_under_any_call_of_a_creation_loses_nothing() {
    walk(&creation(), Place::on_disk, "error", 1);
}

#[test]
fn a_storage_that_goes_away_at_any_call_of_a_creation_loses_nothing() {
    walk(&creation(), Place::on_disk, "gone", 1);
}

#[test]
fn a_lost_answer_to_any_call_of_a_creation_loses_nothing() {
    walk(&creation(), Place::on_disk, "ambiguous", 1);
}

#[test]
fn a_storage_that_goes_away_with_the_answer_to_any_write_loses_nothing() {
    walk(&creation(), Place::on_disk, "lost", 1);
    walk(&change_of_rows(), Place::on_disk, "lost", 1);
    walk(&evolution_of_columns(), Place::on_disk, "lost", 1);
}

#[test]
fn an_error_under_any_call_of_a_change_of_rows_loses_nothing() {
    walk(&change_of_rows(), Place::on_disk, "error", 1);
}

#[test]
fn a_storage_that_goes_away_at_any_call_of_a_change_of_rows_loses_nothing() {
    walk(&change_of_rows(), Place::on_disk, "gone", 1);
}

#[test]
fn a_lost_answer_to_any_call_of_a_change_of_rows_loses_nothing() {
    walk(&change_of_rows(), Place::on_disk, "ambiguous", 1);
}

#[test]
fn an_error_under_any_call_of_an_evolution_of_columns_loses_nothing() {
    walk(&evolution_of_columns(), Place::on_disk, "error", 1);
}

#[test]
fn a_storage_that_goes_away_at_any_call_of_an_evolution_of_columns_loses_nothing() {
    walk(&evolution_of_columns(), Place::on_disk, "gone", 1);
}

#[test]
fn a_lost_answer_to_any_call_of_an_evolution_of_columns_loses_nothing() {
    walk(&evolution_of_columns(), Place::on_disk, "ambiguous", 1);
}

/// The call with which a drop of everything begins to remove files.
fn first_removal(place: &Place) -> usize {
    let calls = place.world.path("calls");
    let run = place.world.host(["drop", "p", "--yes"]);
    run.env("LANCE_HOST_STORAGE_CALLS", calls).exits(0);
    let calls = place.calls();
    let removes = |call: &String| call.contains(" delete ");
    calls
        .iter()
        .position(removes)
        .expect("a drop removes files")
}

/// A drop is many calls. At each of them there is the whole table or none.
#[test]
fn a_storage_that_fails_during_a_drop_leaves_the_whole_table_or_none() {
    let place = Place::on_disk();
    let scenario = change_of_rows();
    let template = place.world.path("template");
    place.run(scenario.before.as_ref().unwrap()).exits(0);
    copy(&place.world.database(), &template);
    let before = place.table().map(|table| table.items());
    // Only with the listing of its files it begins to remove any.
    let first = first_removal(&place);
    for kind in ["error", "gone", "ambiguous"] {
        for number in first.. {
            place.prepare(&scenario, &template);
            let calls = place.world.path("calls");
            let _ = fs::remove_file(&calls);
            let outcome = place
                .world
                .host(["drop", "p", "--yes"])
                .env("LANCE_HOST_STORAGE_CALLS", calls)
                .env("LANCE_HOST_STORAGE_FAULT", format!("{kind}@{number}"))
                .outcome();
            assert!(
                matches!(outcome.code, Some(0 | 5)),
                "{kind}@{number}: {:?} {}",
                outcome.code,
                outcome.stderr
            );
            let found = place.table().map(|table| table.items());
            assert!(
                found.is_none() || found == before,
                "a table without its rows after {kind}@{number}"
            );
            // Dropped again, or declared again.
            let again = number % 2 == 0;
            let next = match again {
                false => place.world.host(["drop", "p", "--yes"]).outcome(),
                true => place.run(scenario.before.as_ref().unwrap()).outcome(),
            };
            // Of a table that is gone already, the pipeline owns nothing more.
            let is_done = !again && found.is_none();
            assert!(
                next.code == Some(0) || (is_done && next.code == Some(2)),
                "after {kind}@{number}: {}",
                next.stderr
            );
            let found = place.table().map(|table| table.items());
            let expected = if again { before.clone() } else { None };
            assert_eq!(found, expected, "after {kind}@{number}");
            if place.calls().len() < number {
                break;
            }
        }
    }
}

/// A time-out is an error that comes late: some calls stand for all.
#[test]
fn a_timeout_under_a_call_loses_nothing() {
    walk(&change_of_rows(), Place::on_disk, "timeout", 7);
}

#[test]
fn a_slow_storage_changes_nothing_but_the_time() {
    let place = Place::on_disk();
    let scenario = change_of_rows();
    place.run(scenario.before.as_ref().unwrap()).exits(0);
    let started = Instant::now();
    place.watched(&scenario.run, Some("slow@12")).exits(0);
    assert!(started.elapsed() > Duration::from_millis(500));
    let rows: Vec<_> = [numbered(5..15, 0), numbered(15..30, 1)]
        .concat()
        .iter()
        .map(|(id, value)| item(id, *value))
        .collect();
    assert_eq!(place.table().unwrap().items(), rows);
}

/// Buckets: every so many calls, since the server of the tests takes its time.
mod s3 {
    use super::*;

    #[test]
    fn an_error_under_a_call_loses_nothing() {
        walk(&creation(), Place::in_bucket, "error", 9);
        walk(&change_of_rows(), Place::in_bucket, "error", 9);
    }

    #[test]
    fn a_bucket_that_goes_away_at_a_call_loses_nothing() {
        walk(&change_of_rows(), Place::in_bucket, "gone", 7);
        walk(&evolution_of_columns(), Place::in_bucket, "gone", 9);
    }

    #[test]
    fn a_lost_answer_to_a_call_loses_nothing() {
        walk(&creation(), Place::in_bucket, "ambiguous", 1);
        walk(&change_of_rows(), Place::in_bucket, "lost", 1);
    }
}
