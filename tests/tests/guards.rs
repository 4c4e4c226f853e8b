//! Destructive outcomes are refused with the plan shown, unless they are allowed.

use lance_host_tests::{Declare, World, items};

fn numbered(count: i64) -> Vec<(String, i64)> {
    (0..count)
        .map(|number| (format!("row {number:04}"), number))
        .collect()
}

#[test]
fn deleting_more_than_half_of_a_table_is_refused() {
    let world = World::new();
    world
        .declare("a", &Declare::table(items("t", numbered(100))))
        .exits(0);
    let most_gone = Declare::table(items("t", numbered(49)));

    let refused = world.declaring("run", "a", &most_gone).exits(3);
    insta::assert_snapshot!(refused.told(), @r"
    table      action  inserted  updated  deleted  unchanged  version
    default/t  -              0        0       51         49        1
    error: nothing was written, because 51 of the 100 rows of table default/t would be deleted; look at the changes, then allow them with --allow-destructive
    ");
    assert_eq!(refused.stdout, "");
    assert_eq!(world.table("t").items().len(), 100);
    assert_eq!(world.table("t").version(), 1);

    let refused = world.declare("a", &most_gone).exits(3).json();
    assert_eq!(refused["status"], "refused");
    assert_eq!(refused["error"]["kind"], "guard");
    assert_eq!(refused["tables"][0]["deleted"], 51);

    let allowed = world
        .declare("a", &most_gone)
        .arg("--allow-destructive")
        .exits(0);
    assert_eq!(allowed.counts("t").deleted, 51);
    assert_eq!(world.table("t").items().len(), 49);
}

#[test]
fn the_version_before_a_destructive_change_is_tagged() {
    let world = World::new();
    let declare = |rows| Declare::table(items("t", numbered(rows)));
    world.declare("a", &declare(100)).exits(0);
    world.declare("a", &declare(90)).exits(0);
    assert!(world.table("t").tags().is_empty());

    world.declare("a", &declare(1)).exits(0);
    let report = world.declare("a", &declare(100)).exits(0);
    assert_eq!(report.counts("t").inserted, 99);
    let refused = world.declare("a", &declare(9)).exits(3);
    assert_eq!(refused.json()["status"], "refused");
    assert!(world.table("t").tags().is_empty());

    let allowed = world
        .declare("a", &declare(9))
        .arg("--allow-destructive")
        .exits(0);
    let run_id = allowed.json()["run_id"].as_str().unwrap().to_owned();
    let tags = world.table("t").tags();
    assert_eq!(tags, [(format!("lance-host-before-{run_id}"), 4)].into());
    world.table("t").restore(4);
    assert_eq!(world.table("t").items().len(), 100);
}

#[test]
fn deleting_half_of_a_table_is_not_refused() {
    let world = World::new();
    world
        .declare("a", &Declare::table(items("t", numbered(100))))
        .exits(0);
    world
        .declare("a", &Declare::table(items("t", numbered(50))))
        .exits(0);
}

#[test]
fn deleting_most_of_a_small_table_is_not_refused() {
    let world = World::new();
    world
        .declare("a", &Declare::table(items("t", numbered(99))))
        .exits(0);
    world
        .declare("a", &Declare::table(items("t", numbered(1))))
        .exits(0);
}

#[test]
fn dropping_a_table_is_refused() {
    let world = World::new();
    let kept = items("kept", [("x", 1)]);
    world
        .declare(
            "a",
            &Declare::table(kept.clone()).and(items("given-up", [("x", 1)])),
        )
        .exits(0);
    let refused = world
        .declaring("run", "a", &Declare::table(kept.clone()))
        .exits(3);
    insta::assert_snapshot!(refused.told(), @r"
    table             action  inserted  updated  deleted  unchanged  version
    default/kept      -              0        0        0          1        1
    default/given-up  drop           0        0        1          0        1
    error: nothing was written, because table default/given-up would be dropped with its 1 row; look at the changes, then allow them with --allow-destructive
    ");
    assert!(world.has_table("given-up"));

    let allowed = world
        .declare("a", &Declare::table(kept))
        .arg("--allow-destructive")
        .exits(0);
    assert_eq!(allowed.table("given-up")["action"], "drop");
    assert!(!world.has_table("given-up"));
    assert!(world.has_table("kept"));
}

#[test]
fn declaring_nothing_at_all_is_refused() {
    let world = World::new();
    world
        .declare("a", &Declare::table(items("t", [("x", 1)])))
        .exits(0);
    let refused = world.declaring("run", "a", &Declare::nothing()).exits(3);
    insta::assert_snapshot!(refused.told(), @r"
    table      action  inserted  updated  deleted  unchanged  version
    default/t  drop           0        0        1          0        1
    error: nothing was written, because table default/t would be dropped with its 1 row, and the pipeline declares no rows and would lose the 1 row that it owns; look at the changes, then allow them with --allow-destructive
    ");
    assert!(world.has_table("t"));
}

#[test]
fn a_plan_tells_what_a_guard_would_refuse() {
    let world = World::new();
    world
        .declare("a", &Declare::table(items("t", [("x", 1)])))
        .exits(0);
    let plan = world.plan("a", &Declare::nothing()).exits(10).json();
    assert_eq!(plan["status"], "planned");
    assert!(!plan["guards"].as_array().unwrap().is_empty());
    let plan = world.declaring("plan", "a", &Declare::nothing()).exits(10);
    insta::assert_snapshot!(plan.told(), @r"
    note: run will refuse this without --allow-destructive: table default/t would be dropped with its 1 row
    note: run will refuse this without --allow-destructive: the pipeline declares no rows and would lose the 1 row that it owns
    ");
}
