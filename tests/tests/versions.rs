//! How many versions of a table a run makes: one if something changed, none if not.

use lance_host_tests::{Declare, World, items};

fn numbered(range: std::ops::Range<i64>) -> Vec<(String, i64)> {
    range
        .map(|number| (format!("row {number}"), number))
        .collect()
}

#[test]
fn unchanged_run_makes_no_version() {
    let world = World::new();
    let declare = Declare::table(items("t", numbered(0..50)));
    let first = world.declare("a", &declare).exits(0);
    assert_eq!(first.table("t")["version"], 1);
    for _ in 0..3 {
        let report = world.declare("a", &declare).exits(0);
        assert_eq!(report.table("t")["version"], 1);
    }
    assert_eq!(world.table("t").version(), 1);
}

#[test]
fn creating_a_table_with_its_rows_makes_one_version() {
    let world = World::new();
    world
        .declare("a", &Declare::table(items("t", numbered(0..5000))))
        .exits(0);
    assert_eq!(world.table("t").version(), 1);
}

#[test]
fn deleting_a_thousand_rows_makes_one_version() {
    let world = World::new();
    world
        .declare("a", &Declare::table(items("t", numbered(0..3000))))
        .exits(0);
    let report = world
        .declare("a", &Declare::table(items("t", numbered(1000..3000))))
        .exits(0);
    assert_eq!(report.counts("t").deleted, 1000);
    assert_eq!(world.table("t").version(), 2);
    assert_eq!(world.table("t").items().len(), 2000);
}

#[test]
fn inserts_updates_and_deletes_of_one_run_make_one_version() {
    let world = World::new();
    world
        .declare("a", &Declare::table(items("t", numbered(0..100))))
        .exits(0);
    let mut rows = numbered(10..120);
    for (_, value) in &mut rows[..20] {
        *value += 1000;
    }
    let report = world
        .declare("a", &Declare::table(items("t", rows)))
        .exits(0);
    let counts = report.counts("t");
    assert_eq!(
        (counts.inserted, counts.updated, counts.deleted),
        (20, 20, 10)
    );
    assert_eq!(world.table("t").version(), 2);
}

#[test]
fn only_tables_that_change_get_a_version() {
    let world = World::new();
    let declare =
        |value| Declare::table(items("changing", [("x", value)])).and(items("resting", [("x", 1)]));
    world.declare("a", &declare(1)).exits(0);
    world.declare("a", &declare(2)).exits(0);
    assert_eq!(world.table("changing").version(), 2);
    assert_eq!(world.table("resting").version(), 1);
}

#[test]
fn a_failed_run_makes_no_version_and_no_table() {
    use lance_host_tests::Ending;

    let world = World::new();
    world
        .declare("a", &Declare::table(items("t", [("x", 1)])))
        .exits(0);
    for ending in [Ending::Error, Ending::Panic] {
        let declare = Declare::table(items("t", [("x", 2)]))
            .and(items("new", [("y", 1)]))
            .then(ending);
        world.declare("a", &declare).exits(1);
    }
    assert_eq!(world.table("t").version(), 1);
    assert!(!world.has_table("new"));
    let status = world.host(["status", "--json"]).exits(0).json();
    assert_eq!(status["tables"].as_array().unwrap().len(), 1);
}
