//! A pipeline that takes too much is stopped, the message names the flag that allows more,
//! and nothing was written.

use std::time::{Duration, Instant};

use lance_host_tests::{Declare, Ending, World, items};

#[test]
fn a_pipeline_that_never_ends_is_stopped() {
    let world = World::new();
    let declare = Declare::table(items("t", [("x", 1)])).then(Ending::Loop);
    let started = Instant::now();
    let outcome = world
        .declaring("run", "p", &declare)
        .args(["--timeout", "300ms"])
        .exits(4);
    assert!(started.elapsed() < Duration::from_secs(10));
    insta::assert_snapshot!(outcome.told(), @"");
    assert!(!world.database().exists());

    let json = world
        .declare("p", &declare)
        .args(["--timeout", "300ms"])
        .exits(4)
        .json();
    assert_eq!(json["status"], "failed");
    assert_eq!(json["error"]["kind"], "limit");
}
