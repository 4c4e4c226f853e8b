//! `kill -9` at any moment: every table is as before the run or as declared, and the next
//! run brings it in step.

use std::{
    thread,
    time::{Duration, Instant},
};

use lance_host_tests::{Declare, Dice, Table, World, item, items, remains};
use serde_json::json;

/// How often a run is killed.
const KILLS: u32 = 60;
/// Rows of each of the two tables.
const ROWS: i64 = 2000;

type Rows = Vec<(String, i64)>;

/// About a third of the rows is changed, a few go and a few come.
fn rows(dice: &mut Dice, round: i64) -> Rows {
    (0..ROWS)
        .filter_map(|number| match dice.roll(12) {
            0 => None,
            1..=4 => Some((format!("row {number:05}"), number * 1000 + round)),
            _ => Some((format!("row {number:05}"), number)),
        })
        .collect()
}

fn declare(left: &Rows, right: &Rows) -> Declare {
    Declare::table(items(
        "left",
        left.iter().map(|(id, value)| (id.as_str(), *value)),
    ))
    .and(items(
        "right",
        right.iter().map(|(id, value)| (id.as_str(), *value)),
    ))
}

fn stored(rows: &Rows) -> Vec<(String, Option<i64>)> {
    rows.iter().map(|(id, value)| item(id, *value)).collect()
}

#[test]
fn a_killed_run_leaves_each_table_old_or_new_and_the_next_run_converges() {
    let world = World::new();
    let mut dice = Dice::new(20_261_124);
    let mut change = |round| (rows(&mut dice, round), rows(&mut dice, round));
    let mut before = change(0);
    let mut length = converge(&world, &before);

    // The moments are spread over the whole of a run. A run that was done before its moment
    // proves nothing and is repeated, but not for ever.
    let (mut killed, mut landed) = (0, 0);
    for round in 1.. {
        assert!(
            round < 4 * KILLS,
            "only {killed} of {round} runs were still alive"
        );
        let moment = length * (killed + 1) / KILLS;
        let after = change(i64::from(round));
        let mut child = world.declare("p", &declare(&after.0, &after.1)).start();
        thread::sleep(moment);
        child.kill().unwrap();
        let alive = !child.wait().unwrap().success();

        let is_new = |name, old, new| {
            let found = world.table(name).items();
            let is_new = found == stored(new);
            assert!(
                is_new || found == stored(old),
                "killed after {moment:?}: table {name} is neither old nor new"
            );
            is_new
        };
        let left = is_new("left", &before.0, &after.0);
        let right = is_new("right", &before.1, &after.1);
        if alive {
            killed += 1;
            landed += u32::from(left || right);
        }

        // Every second time the interrupted run is repeated. Otherwise the next change meets
        // whatever the kill has left.
        before = if round % 2 == 0 {
            after
        } else {
            change(-i64::from(round))
        };
        length = (3 * length + converge(&world, &before)) / 4;
        if killed == KILLS {
            break;
        }
    }
    let report = world.declare("p", &declare(&before.0, &before.1)).exits(0);
    assert_eq!(report.json()["status"], "unchanged");
    assert_eq!(remains(&world.database()), [""; 0]);
    assert!(landed > 0, "no killed run had committed anything");
}

/// Runs to the end and checks everything; returns how long the run took.
fn converge(world: &World, rows: &(Rows, Rows)) -> Duration {
    let run = world.declare("p", &declare(&rows.0, &rows.1));
    let started = Instant::now();
    run.exits(0);
    let length = started.elapsed();
    assert_eq!(world.table("left").items(), stored(&rows.0));
    assert_eq!(world.table("right").items(), stored(&rows.1));
    assert_status(world, rows);
    length
}

/// The host's own account of the tables agrees with their content.
fn assert_status(world: &World, rows: &(Rows, Rows)) {
    let status = world.host(["status", "--json"]).exits(0).json();
    let tables = status["tables"].as_array().unwrap();
    assert_eq!(tables.len(), 2);
    for (table, rows) in tables.iter().zip([&rows.0, &rows.1]) {
        assert_eq!(table["rows"], rows.len());
        assert_eq!(table["foreign_rows"], 0);
        assert_eq!(table["owners"].as_array().unwrap().len(), 1);
        assert_eq!(table["owners"][0]["pipeline"], "p");
        assert_eq!(table["owners"][0]["rows"], rows.len());
        assert_eq!(table["last_run"]["pipeline"], "p");
    }
}

#[test]
fn a_killed_first_run_leaves_no_table_or_a_whole_one() {
    let world = World::new();
    let mut dice = Dice::new(7);
    let declared = (rows(&mut dice, 0), rows(&mut dice, 0));
    let declare = declare(&declared.0, &declared.1);
    let started = Instant::now();
    world.declare("p", &declare).exits(0);
    let length = started.elapsed();
    for step in 1..=12 {
        let world = World::new();
        let mut child = world.declare("p", &declare).start();
        thread::sleep(length * step / 12);
        child.kill().unwrap();
        child.wait().unwrap();
        for (name, rows) in [("left", &declared.0), ("right", &declared.1)] {
            if let Some(table) = world.find_table(name) {
                assert_eq!(table.items(), stored(rows));
            }
        }
        world.declare("p", &declare).exits(0);
        assert_eq!(world.table("left").items(), stored(&declared.0));
        assert_eq!(world.table("right").items(), stored(&declared.1));
        assert_eq!(remains(&world.database()), [""; 0]);
    }
}

#[test]
fn a_killed_change_of_columns_is_completed_by_the_next_run() {
    const KILLS: u32 = 24;
    let keyed = || Table::new("t").required("id", "utf8").key(&["id"]);
    // From each to the other columns come, go, become required and become nullable.
    let narrow = (0..ROWS).fold(keyed().nullable("value", "int64"), |table, number| {
        table.row(json!([format!("row {number:05}"), number]))
    });
    let wide = (0..ROWS).fold(
        keyed()
            .required("value", "int64")
            .required("size", "float64")
            .nullable("note", "utf8"),
        |table, number| table.row(json!([format!("row {number:05}"), number % 7, 0.5, null])),
    );
    let shapes = [Declare::table(narrow), Declare::table(wide)];
    let world = World::new();
    let mut expected = Vec::new();
    let mut length = Duration::ZERO;
    for shape in shapes.iter().chain(&shapes) {
        let started = Instant::now();
        world.declare("p", shape).exits(0);
        length = started.elapsed();
        expected.push(world.table("t").printed());
    }
    let (mut killed, mut began) = (0, 0);
    for (round, index) in [0, 1].into_iter().cycle().enumerate() {
        assert!(round < 6 * KILLS as usize, "only {killed} runs were killed");
        let version = world.table("t").version();
        let mut child = world.declare("p", &shapes[index]).start();
        thread::sleep(length * (killed + 1) / KILLS);
        child.kill().unwrap();
        if !child.wait().unwrap().success() {
            killed += 1;
            began += u32::from(world.table("t").version() > version);
        }
        let started = Instant::now();
        world.declare("p", &shapes[index]).exits(0);
        length = (3 * length + started.elapsed()) / 4;
        assert_eq!(world.table("t").printed(), expected[index]);
        let again = world.declare("p", &shapes[index]).exits(0);
        assert_eq!(again.json()["status"], "unchanged");
        if killed == KILLS {
            break;
        }
    }
    assert_eq!(remains(&world.database()), [""; 0]);
    assert!(began > 0, "no killed run had committed anything");
}
