//! Other programs write to the same tables between runs. Afterwards the
//! pipeline's rows are as declared, and theirs are as they left them.

use lance_host_tests::{Declare, ForeignTable, World, item, items};

const OURS: [(&str, i64); 3] = [("a", 1), ("b", 2), ("c", 3)];

/// A table with three rows of a pipeline and one foreign one; `change` is done to it, and
/// then the pipeline runs as before.
fn after(change: impl FnOnce(&ForeignTable)) -> (World, Vec<(String, Option<i64>)>) {
    let world = World::new();
    let declare = Declare::table(items("t", OURS));
    world.declare("p", &declare).exits(0);
    world.table("t").append(&[("theirs", 7)]);
    change(&world.table("t"));
    world.declare("p", &declare).exits(0);
    let rows = world.table("t").items();
    // Nothing is left to do, and nothing is done.
    let version = world.table("t").version();
    let report = world.declare("p", &declare).exits(0);
    assert_eq!(report.json()["status"], "unchanged");
    assert_eq!(world.table("t").version(), version);
    (world, rows)
}

fn ours_and(theirs: &[(&str, i64)]) -> Vec<(String, Option<i64>)> {
    let mut rows: Vec<_> = OURS
        .iter()
        .chain(theirs)
        .map(|(id, value)| item(id, *value))
        .collect();
    rows.sort();
    rows
}

#[test]
fn appended_rows_stay() {
    let (_, rows) = after(|table| table.append(&[("more", 8), ("and more", 9)]));
    assert_eq!(
        rows,
        ours_and(&[("theirs", 7), ("more", 8), ("and more", 9)])
    );
}

#[test]
fn a_row_of_ours_that_was_deleted_comes_back() {
    let (_, rows) = after(|table| table.delete("id = 'b'"));
    assert_eq!(rows, ours_and(&[("theirs", 7)]));
}

#[test]
fn a_foreign_row_that_was_deleted_stays_away() {
    let (_, rows) = after(|table| table.delete("id = 'theirs'"));
    assert_eq!(rows, ours_and(&[]));
}

#[test]
fn a_row_of_ours_that_was_updated_is_set_right() {
    let (_, rows) = after(|table| table.update("id = 'b'", 99));
    assert_eq!(rows, ours_and(&[("theirs", 7)]));
}

#[test]
fn a_foreign_row_that_was_updated_stays_updated() {
    let (_, rows) = after(|table| table.update("id = 'theirs'", 70));
    assert_eq!(rows, ours_and(&[("theirs", 70)]));
}

#[test]
fn rows_that_were_merged_are_set_right_or_stay() {
    let (_, rows) = after(|table| table.merge(&[("a", 11), ("theirs", 77), ("merged", 5)]));
    assert_eq!(rows, ours_and(&[("theirs", 77), ("merged", 5)]));
}

#[test]
fn compaction_changes_nothing() {
    let (_, rows) = after(|table| {
        table.delete("id = 'c'");
        table.optimize();
    });
    assert_eq!(rows, ours_and(&[("theirs", 7)]));
}

#[test]
fn compaction_alone_needs_no_work() {
    let world = World::new();
    let declare = |value| Declare::table(items("t", [("a", 1), ("b", value)]));
    for value in 0..5 {
        world.declare("p", &declare(value)).exits(0);
    }
    world.table("t").optimize();
    let version = world.table("t").version();
    let report = world.declare("p", &declare(4)).exits(0);
    assert_eq!(report.json()["status"], "unchanged");
    assert_eq!(world.table("t").version(), version);
}

#[test]
fn many_changes_between_two_runs_are_all_seen() {
    let (_, rows) = after(|table| {
        table.append(&[("one", 1)]);
        table.update("id = 'a'", 50);
        table.delete("id = 'b' OR id = 'theirs'");
        table.optimize();
        table.append(&[("two", 2)]);
        table.merge(&[("one", 10), ("c", 33)]);
        table.optimize();
    });
    assert_eq!(rows, ours_and(&[("one", 10), ("two", 2)]));
}

#[test]
fn a_table_that_was_dropped_is_created_again() {
    let world = World::new();
    let declare = Declare::table(items("t", OURS));
    world.declare("p", &declare).exits(0);
    let (runtime, connection) = lance_host_tests::connect(&world.database());
    runtime.block_on(connection.drop_table("t", &[])).unwrap();
    let report = world.declare("p", &declare).exits(0);
    assert_eq!(report.table("t")["action"], "create");
    assert_eq!(world.table("t").items(), ours_and(&[]));
}

#[test]
fn a_lost_state_makes_rows_foreign_and_loses_none() {
    let world = World::new();
    let declare = Declare::table(items("t", OURS));
    world.declare("p", &declare).exits(0);
    std::fs::remove_dir_all(world.database().join("_lance_host")).unwrap();
    world.declare("p", &declare).exits(6);
    assert_eq!(world.table("t").items(), ours_and(&[]));
    world.declare("p", &declare).arg("--adopt").exits(0);
    assert_eq!(world.table("t").items(), ours_and(&[]));
    let report = world
        .declare("p", &Declare::table(items("t", [("a", 1), ("b", 2)])))
        .exits(0);
    assert_eq!(report.counts("t").deleted, 1);
}

#[test]
fn a_restored_table_is_brought_to_what_is_declared() {
    let world = World::new();
    let declare = |rows: &[(&'static str, i64)]| Declare::table(items("t", rows.to_vec()));
    world.declare("p", &declare(&OURS)).exits(0);
    world.table("t").append(&[("theirs", 7)]);
    let earlier = world.table("t").version();
    let later = [("b", 20), ("c", 3), ("d", 4)];
    world.declare("p", &declare(&later)).exits(0);
    world.table("t").append(&[("too late", 8)]);

    world.table("t").restore(earlier);
    assert_eq!(world.table("t").items(), ours_and(&[("theirs", 7)]));
    let counts = world.declare("p", &declare(&later)).exits(0).counts("t");
    assert_eq!((counts.inserted, counts.updated, counts.deleted), (1, 1, 1));
    assert_eq!(
        world.table("t").items(),
        [item("b", 20), item("c", 3), item("d", 4), item("theirs", 7)]
    );
}

#[test]
fn rows_keep_their_owners_when_all_history_is_pruned() {
    let (world, _) = after(|table| {
        table.append(&[("more", 8)]);
        table.prune();
    });
    world.table("t").append(&[("and more", 9)]);
    world.table("t").prune();
    let fewer = Declare::table(items("t", [("a", 1), ("b", 20)]));
    let counts = world.declare("p", &fewer).exits(0).counts("t");
    assert_eq!((counts.inserted, counts.updated, counts.deleted), (0, 1, 1));
    assert_eq!(
        world.table("t").items(),
        [
            item("a", 1),
            item("and more", 9),
            item("b", 20),
            item("more", 8),
            item("theirs", 7)
        ]
    );
}

#[test]
fn rows_of_a_replaced_table_are_foreign() {
    let world = World::new();
    let declare = Declare::table(items("t", OURS));
    world.declare("p", &declare).exits(0);
    ForeignTable::replace(&world.database(), "t", &[("a", 5), ("theirs", 7)]);
    world.declare("p", &declare).exits(6);
    assert_eq!(world.table("t").items(), [item("a", 5), item("theirs", 7)]);
    world.declare("p", &declare).arg("--adopt").exits(0);
    assert_eq!(world.table("t").items(), ours_and(&[("theirs", 7)]));
}
