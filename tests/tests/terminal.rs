//! What only a person at a terminal sees: questions and progress.
#![cfg(unix)]

use lance_host_tests::{Declare, Ending, World, items};

fn world_with_a_table() -> World {
    let world = World::new();
    world
        .declare("docs", &Declare::table(items("t", [("x", 1), ("y", 2)])))
        .exits(0);
    world
}

#[test]
fn a_guard_asks_and_takes_no_for_an_answer() {
    for answer in ["n\n", "\n", "what?\n"] {
        let world = world_with_a_table();
        let run = world.declaring("run", "docs", &Declare::nothing());
        let outcome = run.on_terminal(answer).exits(3);
        assert!(
            outcome.stderr.contains("Apply these changes? [y/N]"),
            "{}",
            outcome.stderr
        );
        assert!(outcome.stderr.contains("default/t"), "{}", outcome.stderr);
        assert!(
            outcome.stderr.contains("nothing was written"),
            "{}",
            outcome.stderr
        );
        assert!(world.has_table("t"));
    }
}

#[test]
fn a_guard_asks_and_takes_yes_for_an_answer() {
    let world = world_with_a_table();
    world
        .declaring("run", "docs", &Declare::nothing())
        .on_terminal("y\n")
        .exits(0);
    assert!(!world.has_table("t"));
}

#[test]
fn programs_are_not_asked() {
    let world = world_with_a_table();
    let outcome = world
        .declare("docs", &Declare::nothing())
        .on_terminal("y\n")
        .exits(3);
    assert!(!outcome.stderr.contains("[y/N]"), "{}", outcome.stderr);
    assert!(world.has_table("t"));
}

#[test]
fn drop_asks_before_it_removes() {
    let world = world_with_a_table();
    let outcome = world.host(["drop", "docs"]).on_terminal("n\n").exits(3);
    assert!(
        outcome.stderr.contains("Remove what docs owns? [y/N]"),
        "{}",
        outcome.stderr
    );
    assert!(world.has_table("t"));
    world.host(["drop", "docs"]).on_terminal("yes\n").exits(0);
    assert!(!world.has_table("t"));
}

#[test]
fn progress_is_shown_while_the_pipeline_runs() {
    let world = World::new();
    let declare = Declare::table(items("t", [("x", 1), ("y", 2)])).then(Ending::Loop);
    let run = world
        .declaring("run", "docs", &declare)
        .args(["--timeout", "500ms"]);
    let outcome = run.on_terminal("").exits(4);
    for line in ["docs: loading", "docs: 2 rows declared"] {
        assert!(outcome.stderr.contains(line), "{}", outcome.stderr);
    }
    assert_eq!(outcome.stdout, "");
}

#[test]
fn compiling_for_the_first_time_is_told_from_loading() {
    let world = World::new();
    let declare = Declare::table(items("t", [("x", 1)]));
    let start = || {
        let run = world
            .declaring("run", "docs", &declare)
            .env("LANCE_HOST_CACHE", world.path("cache"));
        run.on_terminal("").exits(0).stderr
    };
    let first = start();
    for part in [
        "docs: loading",
        "docs: compiling ",
        "iB; only the first time (",
    ] {
        assert!(first.contains(part), "{first}");
    }

    let second = start();
    assert!(second.contains("docs: loading"), "{second}");
    assert!(!second.contains("compiling"), "{second}");

    let run = world
        .declaring("run", "docs", &declare)
        .arg("--no-cache")
        .on_terminal("")
        .exits(0);
    assert!(run.stderr.contains("docs: compiling "), "{}", run.stderr);
    assert!(!run.stderr.contains("first time"), "{}", run.stderr);
}

#[test]
fn quiet_means_quiet_on_a_terminal_too() {
    let world = World::new();
    let declare = Declare::table(items("t", [("x", 1)]));
    let run = world.declaring("run", "docs", &declare).arg("--quiet");
    let outcome = run.on_terminal("").exits(0);
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("", ""));
}
