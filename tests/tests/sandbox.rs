//! What a pipeline can reach: what a flag grants, and nothing else.

use lance_host_tests::{Guest, World};

/// Looks for what the sandbox should hide, and finds nothing.
fn finds_nothing(mode: &str) {
    let world = World::new();
    world.write("secret.txt", "secret");
    world
        .run(Guest::Evil)
        .param("mode", mode)
        .env("LANCE_HOST_SECRET", "secret")
        .exits(0);
}

#[test]
fn there_is_no_environment() {
    finds_nothing("environment");
}

#[test]
fn there_are_no_arguments() {
    finds_nothing("arguments");
}

#[test]
fn there_are_no_files() {
    finds_nothing("files");
}

#[test]
fn there_is_no_network() {
    finds_nothing("network");
}

#[test]
fn a_variable_is_there_when_it_is_given() {
    let world = World::new();
    let run = world
        .run(Guest::Evil)
        .param("mode", "environment")
        .args(["--env", "GREETING=hello=you"]);
    let found = run.exits(1);
    assert!(found.stderr.contains("GREETING"), "{}", found.stderr);
}

#[test]
fn a_directory_is_read_only_unless_it_is_granted_for_writing() {
    let world = World::new();
    std::fs::create_dir(world.path("data")).unwrap();
    let write = || world.run(Guest::Evil).param("mode", "write");
    write().exits(0);
    write().args(["--dir", "data::/data"]).exits(0);
    assert!(!world.path("data/evil.txt").exists());
    write().args(["--dir-rw", "data::/data"]).exits(1);
    assert!(world.path("data/evil.txt").exists());
}

#[cfg(unix)]
#[test]
fn there_is_no_way_out_of_a_directory() {
    let world = World::new();
    world.write("secret.txt", "secret");
    std::fs::create_dir(world.path("data")).unwrap();
    std::os::unix::fs::symlink("../secret.txt", world.path("data/link")).unwrap();
    world
        .run(Guest::Evil)
        .param("mode", "escape-directory")
        .args(["--dir", "data::/data"])
        .exits(0);
}

#[test]
fn a_refusal_that_the_pipeline_hides_is_told_all_the_same() {
    let world = World::new();
    let outcome = world.run(Guest::Evil).param("mode", "swallow").exits(1);
    insta::assert_snapshot!(outcome.told(), @r"
    error: pipeline guest-evil failed: something went wrong
    the last declaration that was refused:
      table `evil`, column `text`, row 3: the text is not UTF-8: invalid utf-8 sequence of 1 bytes from index 1 (invalid-utf8)
    ");
}

#[test]
fn a_refused_call_leaves_what_was_declared_before() {
    let world = World::new();
    world.run(Guest::Evil).param("mode", "ignore").exits(0);
    assert_eq!(world.table("evil").rows().num_rows(), 2);
}
