//! `kill -9` at any moment: every table is as before the run or as declared, and the next
//! run brings it in step.

use std::{
    thread,
    time::{Duration, Instant},
};

use lance_host_tests::{Declare, World, item, items};

/// How often a run is killed.
const KILLS: u32 = 60;
/// Rows of each of the two tables.
const ROWS: i64 = 2000;

/// Numbers that look random and are the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

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
    let mut dice = Dice(20_261_124);
    let mut before = (rows(&mut dice, 0), rows(&mut dice, 0));
    world.declare("p", &declare(&before.0, &before.1)).exits(0);

    // The moments are spread over the whole of a run, so its length has to be known.
    let mut length = Duration::ZERO;
    for round in 1..=3 {
        before = (rows(&mut dice, round), rows(&mut dice, round));
        let run = world.declare("p", &declare(&before.0, &before.1));
        let started = Instant::now();
        run.exits(0);
        length = length.max(started.elapsed());
    }

    let (mut killed, mut landed) = (0, 0);
    for round in 0..KILLS {
        let after = (
            rows(&mut dice, 10 + i64::from(round)),
            rows(&mut dice, 10 + i64::from(round)),
        );
        let moment = length * (round + 1) / KILLS;
        let mut child = world.declare("p", &declare(&after.0, &after.1)).start();
        thread::sleep(moment);
        child.kill().unwrap();
        if !child.wait().unwrap().success() {
            killed += 1;
        }

        for (name, old, new) in [
            ("left", &before.0, &after.0),
            ("right", &before.1, &after.1),
        ] {
            let found = world.table(name).items();
            let is_new = found == stored(new);
            assert!(
                is_new || found == stored(old),
                "killed after {moment:?}: table {name} is neither old nor new"
            );
            landed += u32::from(is_new);
        }

        // Every second time the interrupted run is repeated, otherwise the next change
        // meets whatever the kill has left.
        if round % 2 == 0 {
            before = after;
        } else {
            before = (
                rows(&mut dice, 1000 + i64::from(round)),
                rows(&mut dice, 1000 + i64::from(round)),
            );
        }
        let next = world.declare("p", &declare(&before.0, &before.1)).exits(0);
        assert_eq!(
            world.table("left").items(),
            stored(&before.0),
            "killed after {moment:?}"
        );
        assert_eq!(
            world.table("right").items(),
            stored(&before.1),
            "killed after {moment:?}"
        );
        assert_status(&world, &next.json()["run_id"], &before);
    }
    let report = world.declare("p", &declare(&before.0, &before.1)).exits(0);
    assert_eq!(report.json()["status"], "unchanged");
    // Kills that all come too early or too late would prove nothing.
    assert!(
        killed >= KILLS / 2,
        "only {killed} of {KILLS} runs were still alive"
    );
    assert!(landed > 0, "no killed run had committed anything");
}

/// The host's own account of the tables agrees with their content.
fn assert_status(world: &World, run_id: &serde_json::Value, rows: &(Rows, Rows)) {
    let status = world.host(["status", "--json"]).exits(0).json();
    let tables = status["tables"].as_array().unwrap();
    assert_eq!(tables.len(), 2);
    for (table, rows) in tables.iter().zip([&rows.0, &rows.1]) {
        assert_eq!(table["rows"], rows.len());
        assert_eq!(table["foreign_rows"], 0);
        assert_eq!(table["owners"].as_array().unwrap().len(), 1);
        assert_eq!(table["owners"][0]["pipeline"], "p");
        assert_eq!(table["owners"][0]["rows"], rows.len());
        // If the killed run had written this table already, the next one found nothing to do.
        assert!(table["last_run"]["run_id"] == *run_id || table["last_run"]["pipeline"] == "p");
    }
}

#[test]
fn a_killed_first_run_leaves_no_table_or_a_whole_one() {
    let world = World::new();
    let mut dice = Dice(7);
    let declared = (rows(&mut dice, 0), rows(&mut dice, 0));
    let declare = declare(&declared.0, &declared.1);
    let started = Instant::now();
    world.declare("measure", &declare).exits(0);
    let length = started.elapsed();
    for step in 1..=12 {
        let world = World::new();
        let mut child = world.declare("p", &declare).start();
        thread::sleep(length * step / 12);
        child.kill().unwrap();
        child.wait().unwrap();
        if world.database().exists() {
            for (name, rows) in [("left", &declared.0), ("right", &declared.1)] {
                if world.has_table(name) {
                    assert_eq!(world.table(name).items(), stored(rows));
                }
            }
        }
        world.declare("p", &declare).exits(0);
        assert_eq!(world.table("left").items(), stored(&declared.0));
        assert_eq!(world.table("right").items(), stored(&declared.1));
    }
}
