//! Two hosts at once on one database.

use lance_host_tests::{Declare, World, item, items};

fn numbered(prefix: &str, count: i64, value: i64) -> Vec<(String, i64)> {
    (0..count)
        .map(|number| (format!("{prefix} {number:03}"), value))
        .collect()
}

fn stored(rows: &[(String, i64)]) -> Vec<(String, Option<i64>)> {
    rows.iter().map(|(id, value)| item(id, *value)).collect()
}

#[test]
fn two_pipelines_that_share_a_table_both_get_their_rows() {
    let world = World::new();
    world
        .declare("a", &Declare::table(items("t", numbered("a", 200, 0))))
        .exits(0);
    world
        .declare("b", &Declare::table(items("t", numbered("b", 200, 0))))
        .exits(0);
    for round in 1..=8 {
        let (ours, theirs) = (numbered("a", 200, round), numbered("b", 200, round));
        let declares = [("a", &ours), ("b", &theirs)]
            .map(|(name, rows)| (name, Declare::table(items("t", rows.clone()))));
        let children = declares
            .each_ref()
            .map(|(name, declare)| world.declare(name, declare).start());
        for (child, (name, declare)) in children.into_iter().zip(&declares) {
            let output = child.wait_with_output().unwrap();
            // The host tries again by itself. Should it give up, it must say so with its code.
            match output.status.code() {
                Some(0) => {}
                Some(6) => {
                    world.declare(name, declare).exits(0);
                }
                code => panic!("{code:?}: {}", String::from_utf8_lossy(&output.stderr)),
            }
        }
        let mut all = [stored(&ours), stored(&theirs)].concat();
        all.sort();
        assert_eq!(world.table("t").items(), all, "round {round}");
    }
}

#[test]
fn two_pipelines_that_create_the_same_table_both_get_their_rows() {
    for round in 0..6 {
        let world = World::new();
        let (ours, theirs) = (numbered("a", 50, round), numbered("b", 50, round));
        let declares = [("a", &ours), ("b", &theirs)]
            .map(|(name, rows)| (name, Declare::table(items("t", rows.clone()))));
        let children = declares
            .each_ref()
            .map(|(name, declare)| world.declare(name, declare).start());
        for (child, (name, declare)) in children.into_iter().zip(&declares) {
            let output = child.wait_with_output().unwrap();
            match output.status.code() {
                Some(0) => {}
                Some(6) => {
                    world.declare(name, declare).exits(0);
                }
                code => panic!("{code:?}: {}", String::from_utf8_lossy(&output.stderr)),
            }
        }
        let mut all = [stored(&ours), stored(&theirs)].concat();
        all.sort();
        assert_eq!(world.table("t").items(), all, "round {round}");
    }
}

#[test]
fn the_same_pipeline_twice_at_once_leaves_one_of_the_two_declarations() {
    let world = World::new();
    world
        .declare("p", &Declare::table(items("t", numbered("p", 200, 0))))
        .exits(0);
    for round in 1..=8 {
        let (one, two) = (numbered("p", 200, round), numbered("p", 190, -round));
        let declares = [&one, &two].map(|rows| Declare::table(items("t", rows.clone())));
        let children = declares
            .each_ref()
            .map(|declare| world.declare("p", declare).start());
        for child in children {
            let output = child.wait_with_output().unwrap();
            let code = output.status.code();
            assert!(
                matches!(code, Some(0 | 6)),
                "{code:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        let found = world.table("t").items();
        assert!(
            found == stored(&one) || found == stored(&two),
            "round {round}: {found:?}"
        );
    }
}

#[test]
fn a_pipeline_and_a_foreign_writer_do_not_disturb_each_other() {
    let world = World::new();
    world
        .declare("p", &Declare::table(items("t", numbered("p", 200, 0))))
        .exits(0);
    let mut expected_theirs = Vec::new();
    for round in 1..=6 {
        let rows = numbered("p", 200, round);
        let declare = Declare::table(items("t", rows.clone()));
        let child = world.declare("p", &declare).start();
        let table = world.table("t");
        for step in 0..5 {
            let id = format!("theirs {round} {step}");
            table.append(&[(&id, step)]);
            expected_theirs.push(item(&id, step));
        }
        let output = child.wait_with_output().unwrap();
        match output.status.code() {
            Some(0) => {}
            Some(6) => {
                world.declare("p", &declare).exits(0);
            }
            code => panic!("{code:?}: {}", String::from_utf8_lossy(&output.stderr)),
        }
        let all = [stored(&rows), expected_theirs.clone()].concat();
        assert_eq!(world.table("t").items(), all, "round {round}");
    }
}
