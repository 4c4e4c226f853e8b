//! Loading: what is refused before it runs, and the cache.

use std::time::Duration;

use super::world::{LIFT, MEMORY, World, doing};
use crate::{ErrorKind, Limits};

#[tokio::test]
async fn a_pipeline_that_declares_nothing_runs() {
    let world = World::new();
    world.run(&doing("")).await.unwrap();
}

#[tokio::test]
async fn a_component_runs_more_than_once() {
    let world = World::new();
    let component = world.load(&doing("")).await.unwrap();
    world.run_with(&component, &[]).await.unwrap();
    world.run_with(&component, &[]).await.unwrap();
}

#[tokio::test]
async fn a_run_can_move_between_threads() {
    let world = World::new();
    let component = world.load(&doing("")).await.unwrap();
    let run = async move { world.run_with(&component, &[]).await };
    tokio::spawn(run).await.unwrap().unwrap();
}

#[tokio::test]
async fn the_second_load_comes_from_the_cache() {
    let world = World::new();
    assert!(!world.load(&doing("")).await.unwrap().cached());
    assert!(world.load(&doing("")).await.unwrap().cached());
    assert!(!world.load(&doing("nop")).await.unwrap().cached());
}

#[tokio::test]
async fn without_a_cache_each_load_compiles() {
    let world = World::without_cache();
    assert!(!world.load(&doing("")).await.unwrap().cached());
    assert!(!world.load(&doing("")).await.unwrap().cached());
    world.run(&doing("")).await.unwrap();
}

#[tokio::test]
async fn a_missing_file_is_wrong_usage() {
    let world = World::new();
    let file = world.file(b"").with_file_name("missing.wasm");
    let error = world
        .sandbox
        .load(&file, &world.limits)
        .await
        .err()
        .unwrap();
    insta::assert_snapshot!(world.redacted(&error), @"Usage: cannot read the component DIR/missing.wasm");
    assert_eq!(error.kind(), ErrorKind::Usage);
}

#[tokio::test]
async fn a_file_that_is_not_a_component_is_wrong_usage() {
    let world = World::new();
    let file = world.file(b"#!/bin/sh");
    let error = world
        .sandbox
        .load(&file, &world.limits)
        .await
        .err()
        .unwrap();
    insta::assert_snapshot!(world.redacted(&error), @"Usage: DIR/pipeline.wasm is not a WebAssembly component: it does not begin like one");
}

#[tokio::test]
async fn a_large_file_hits_the_limit() {
    let world = World::with_limits(Limits::default().with_component_size(100));
    insta::assert_snapshot!(world.message(&doing("")).await, @"Limit: DIR/pipeline.wasm is over a limit: the file has 213B, and a component can have 100B");
}

#[tokio::test]
async fn a_component_that_is_not_valid_is_named() {
    let wat = doing("(drop (i32.add (i64.const 1) (i32.const 1)))");
    insta::assert_snapshot!(World::new().message(&wat).await, @"Pipeline: DIR/pipeline.wasm cannot run here: it cannot be compiled: failed to compile: wasm[0]::function[1]: WebAssembly translation error: Invalid input WebAssembly code at offset 85: type mismatch: expected i32, found i64");
}

#[tokio::test]
async fn too_many_instances_hit_the_limit_before_compiling() {
    let more = "(core instance (instantiate $m))".repeat(1000);
    let wat = doing("").replace(LIFT, &format!("{more}{LIFT}"));
    let world = World::with_limits(Limits {
        memories: 2000,
        ..Limits::default()
    });
    insta::assert_snapshot!(world.message(&wat).await, @"Limit: DIR/pipeline.wasm is over a limit: it would have 1001 core instances, and can have 1000");
    insta::assert_snapshot!(World::new().message(&wat).await, @"Limit: DIR/pipeline.wasm is over a limit: it would have 1001 core instances, and can have 1000");
}

/// A component with one function of a size that takes a compiler long.
fn large() -> String {
    let step = "(if (i32.load (local.get 0)) (then (i32.store (local.get 0) (i32.load (i32.load (local.get 1))))))";
    doing(&step.repeat(200_000))
}

#[tokio::test]
async fn too_little_memory_for_compiling_is_a_limit() {
    let world = World::with_limits(Limits::default().with_compile_memory(400 << 20));
    insta::assert_snapshot!(world.message(&large()).await, @"Limit: DIR/pipeline.wasm is over a limit: compiling it took more than 400MiB of memory");
}

#[tokio::test]
async fn too_little_time_for_compiling_is_a_limit() {
    let world = World::with_limits(Limits::default().with_compile_time(Duration::from_secs(1)));
    insta::assert_snapshot!(world.message(&large()).await, @"Limit: DIR/pipeline.wasm is over a limit: compiling it took more than 1s of processor time");
}

#[tokio::test]
async fn a_program_that_cannot_compile_is_an_internal_error() {
    let world = World::compiling_with("/no/such/program");
    let error = world.load(&doing("")).await.err().unwrap();
    insta::assert_snapshot!(world.redacted(&error), @"Internal: cannot compile DIR/pipeline.wasm: /no/such/program cannot be started: No such file or directory (os error 2)");
}

#[tokio::test]
async fn an_interface_that_is_not_offered_is_listed() {
    let import = r#"(import "wasi:http/types@0.2.0" (instance))"#;
    let wat = doing("").replacen("(component", &format!("(component {import}"), 1);
    let message = World::new().message(&wat).await;
    insta::assert_snapshot!(message.lines().next().unwrap(), @"Pipeline: DIR/pipeline.wasm cannot run here: it asks for what this host does not offer: HTTP is not available to pipelines; build it without");
}

#[tokio::test]
async fn a_function_of_another_type_is_listed() {
    let import = r#"(import "wasi:cli/exit@0.2.0" (instance (export "exit" (func (param "status" string)))))"#;
    let wat = doing("").replacen("(component", &format!("(component {import}"), 1);
    insta::assert_snapshot!(World::new().message(&wat).await, @r"
    Pipeline: DIR/pipeline.wasm cannot run here: it does not fit what this host offers; build it with the SDK or the contract of this host: component imports instance `wasi:cli/exit@0.2.0`, but a matching implementation was not found in the linker: instance export `exit` has the wrong type: type mismatch with parameters: expected `result` found `string`
    it asks for:
      wasi:cli/exit@0.2.0
    this host offers:
      lance-host:pipeline@0.1.0: target (declare-table, table.declare-index, table.declare-row, table.declare-rows), types
      wasi:cli@0.2.12: environment, exit, stdin, stdout, stderr, terminal-input, terminal-output, terminal-stdin, terminal-stdout, terminal-stderr
      wasi:clocks@0.2.12: monotonic-clock, wall-clock
      wasi:filesystem@0.2.12: preopens, types
      wasi:io@0.2.12: error, poll, streams
      wasi:random@0.2.12: insecure, insecure-seed, random
      wasi:sockets@0.2.12: instance-network, ip-name-lookup, network, tcp, tcp-create-socket, udp, udp-create-socket
    ");
}

#[tokio::test]
async fn run_of_another_type_is_said() {
    let wat = format!(
        r#"(component (core module $m {MEMORY} (func (export "run"))) (core instance $i (instantiate $m))
            (func (export "run") (canon lift (core func $i "run"))))"#
    );
    insta::assert_snapshot!(World::new().message(&wat).await, @"Pipeline: DIR/pipeline.wasm cannot run here: it is not a pipeline: the function `run` that it exports is not that of lance-host:pipeline@0.1.0, func(params: list<tuple<string, string>>) -> result<_, string>");
}

#[tokio::test]
async fn a_newer_contract_says_which_host_to_use() {
    let import =
        r#"(import "lance-host:pipeline/target@0.1.7" (instance (export "declare-scope" (func))))"#;
    let wat = doing("").replacen("(component", &format!("(component {import}"), 1);
    let message = World::new().message(&wat).await;
    let lines: Vec<&str> = message.lines().take(3).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    Pipeline: DIR/pipeline.wasm cannot run here: it asks for what this host does not offer: it was built for lance-host:pipeline 0.1.7 and this host has 0.1.0; use a newer lance-host
    it asks for:
      lance-host:pipeline/target@0.1.7: declare-scope (missing)
    ");
}

#[tokio::test]
async fn everything_that_is_said_to_be_offered_links() {
    let world = World::new();
    for name in crate::offer::wasi() {
        // Found, and refused only because it has no function `x`.
        let import = format!(r#"(import "{name}" (instance (export "x" (func))))"#);
        let wat = doing("").replacen("(component", &format!("(component {import}"), 1);
        let message = world.message(&wat).await;
        assert!(message.contains("it does not fit"), "{import}: {message}");
    }
}
