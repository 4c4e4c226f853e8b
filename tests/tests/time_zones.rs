//! The example in Zig, on the real time zone database.

use std::{fs, path::Path};

use arrow::{
    array::AsArray,
    datatypes::{DurationSecondType, UInt32Type},
};
use lance_host_tests::{Guest, Outcome, Run, World, data};

/// How many zones the database has, and how often their clocks were ever changed.
const ZONES: u64 = 312;
const CHANGES: u64 = 16_737;

/// A world with a copy of the database.
fn clocks() -> World {
    let world = World::new();
    copy(&data().join("tzdata/zoneinfo"), &world.path("zoneinfo"));
    world
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
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

fn run(world: &World) -> Run<'_> {
    world
        .run(Guest::TimeZones)
        .args(["--dir", "zoneinfo::/zoneinfo", "--json"])
}

fn unchanged(outcome: &Outcome) -> (u64, u64) {
    let counts = |table| outcome.counts(table).unchanged;
    (counts("zones"), counts("changes"))
}

#[test]
fn zones_and_changes_are_as_published_and_a_second_run_changes_nothing() {
    let world = clocks();
    let first = run(&world).exits(0);
    assert_eq!(first.counts("zones").inserted, ZONES);
    assert_eq!(first.counts("changes").inserted, CHANGES);
    insta::assert_snapshot!(world.table("zones").columns().join("\n"), @r"
    name: Utf8
    countries: List(non-null Utf8)
    comment: Utf8 or null
    latitude: Float64
    longitude: Float64
    position: FixedSizeList(3 x Float32)
    rule: Utf8 or null
    changes: UInt32
    seasonal: Boolean
    ");
    insta::assert_snapshot!(world.table("changes").columns().join("\n"), @r#"
    zone: Utf8
    at: Timestamp(s, "UTC")
    abbreviation: Utf8
    offset: Duration(s)
    summer: Boolean
    "#);

    let zones = world.table("zones").rows();
    let counted = zones["changes"].as_primitive::<UInt32Type>();
    assert_eq!(u64::from(counted.iter().flatten().sum::<u32>()), CHANGES);
    assert_eq!(zones["seasonal"].as_boolean().true_count(), 101);
    let changes = world.table("changes").rows();
    let offsets = changes["offset"].as_primitive::<DurationSecondType>();
    // No clock was ever further from UTC than the day is long.
    assert!(offsets.iter().flatten().all(|offset| offset.abs() < 86_400));

    let again = run(&world).exits(0);
    assert_eq!(again.json()["status"], "unchanged");
    assert_eq!(unchanged(&again), (ZONES, CHANGES));
}

#[test]
fn nearest_vectors_are_the_nearest_places() {
    let world = clocks();
    run(&world).exits(0);
    let found = world
        .host(["query", "default/zones", "--near-key", "Europe/Paris"])
        .args(["--metric", "l2", "--limit", "3", "--json"])
        .exits(0)
        .json();
    let names: Vec<_> = found["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Europe/Paris", "Europe/Brussels", "Europe/London"]);
}

#[test]
fn another_release_writes_what_it_changes() {
    let world = clocks();
    run(&world).exits(0);
    // Paris goes by the clocks of Tokyo, which were changed nine times.
    let zoneinfo = world.path("zoneinfo");
    fs::copy(zoneinfo.join("Asia/Tokyo"), zoneinfo.join("Europe/Paris")).unwrap();
    let next = run(&world).exits(0);
    let (zones, changes) = (next.counts("zones"), next.counts("changes"));
    assert_eq!((zones.updated, zones.unchanged), (1, ZONES - 1));
    assert_eq!((changes.inserted, changes.deleted), (9, 101));
}

#[test]
fn damaged_file_is_named_and_nothing_goes() {
    let world = clocks();
    run(&world).exits(0);
    world.write("zoneinfo/Europe/Paris", "TZif2");
    let told = run(&world).exits(1).stderr;
    assert!(
        told.contains("the file of the zone Europe/Paris is damaged"),
        "{told}"
    );
    assert_eq!(world.table("zones").rows().num_rows() as u64, ZONES);
}

#[test]
fn folder_that_is_not_granted_is_named_with_the_flag() {
    let told = World::new().run(Guest::TimeZones).exits(1).told();
    assert!(
        told.contains("cannot open /zoneinfo: FileNotFound; grant it with --dir HOST::/zoneinfo"),
        "{told}"
    );
}
