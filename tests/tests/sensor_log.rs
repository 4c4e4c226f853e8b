//! The example in C, on the log that the weather of a city makes.

use std::{fs, path::Path, process::Command};

use arrow::{
    array::AsArray,
    datatypes::{Float32Type, Float64Type, UInt32Type},
};
use lance_host_tests::{Guest, Run, World, data, python};

/// The days of the data set.
const DAYS: u64 = 1461;

/// A world with the log of those days.
fn station() -> World {
    let world = World::new();
    fs::create_dir(world.path("data")).unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("examples/sensor-log");
    let status = Command::new(python())
        .arg(example.join("record.py"))
        .arg(data().join("vega_datasets/_data/seattle-weather.csv"))
        .arg(world.path("data/weather.log"))
        .status()
        .expect("the interpreter can be started");
    assert!(status.success());
    world
}

fn run(world: &World) -> Run<'_> {
    world
        .run(Guest::SensorLog)
        .args(["--dir", "data::/data", "--json"])
}

#[test]
fn readings_are_as_logged_and_a_second_run_changes_nothing() {
    let world = station();
    let first = run(&world).exits(0);
    assert_eq!(first.counts("readings").inserted, 4 * DAYS);
    assert_eq!(first.counts("sensors").inserted, 4);
    insta::assert_snapshot!(world.table("readings").columns().join("\n"), @r#"
    sensor: Utf8
    time: Timestamp(s, "UTC")
    value: Float32
    "#);

    let sensors = world.table("sensors").rows();
    let names = sensors["sensor"].as_string::<i32>();
    let warmest = names
        .iter()
        .position(|name| name == Some("temp_max"))
        .unwrap();
    let of = |column: &str| sensors[column].as_primitive::<Float32Type>().value(warmest);
    assert_eq!((of("smallest"), of("largest")), (-1.6, 35.6));
    let mean = sensors["mean"].as_primitive::<Float64Type>().value(warmest);
    assert!((mean - 16.439).abs() < 0.001, "{mean}");
    let readings = sensors["readings"].as_primitive::<UInt32Type>();
    assert!(
        readings
            .iter()
            .flatten()
            .all(|count| u64::from(count) == DAYS)
    );

    assert_eq!(run(&world).exits(0).json()["status"], "unchanged");
}

#[test]
fn damaged_frame_costs_its_own_reading_and_a_damaged_log_nothing() {
    let world = station();
    run(&world).exits(0);
    let mut log = fs::read(world.path("data/weather.log")).unwrap();
    log[12 * 100 + 8] ^= 1;
    world.write("data/weather.log", &log);
    let damaged = run(&world).exits(0);
    assert!(
        damaged.stderr.contains("12 of 70128 bytes are damaged"),
        "{}",
        damaged.stderr
    );
    assert_eq!(damaged.counts("readings").deleted, 1);
    assert_eq!(damaged.counts("sensors").updated, 1);

    log[..12_000].fill(0);
    world.write("data/weather.log", &log);
    let told = run(&world).exits(1);
    assert!(
        told.stderr.contains("one in a hundred bytes"),
        "{}",
        told.stderr
    );
    assert_eq!(
        world.table("readings").rows().num_rows() as u64,
        4 * DAYS - 1
    );
}

#[test]
fn log_that_is_missing_is_named() {
    let told = World::new().run(Guest::SensorLog).exits(1).told();
    assert!(told.contains("cannot open /data/weather.log"), "{told}");
}
