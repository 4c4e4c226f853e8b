//! Attacks on time, memory and the contract, and the message that each ends with.

use std::time::{Duration, Instant};

use super::world::{LIFT, MEMORY, World, doing, pipeline, with};
use crate::Limits;

const SHORT: Duration = Duration::from_millis(200);

fn hurried() -> World {
    World::with_limits(Limits::default().with_timeout(SHORT))
}

const TIMED_OUT: &str =
    "Limit: pipeline docs hit a limit: it ran longer than 200ms; --timeout allows more";

/// The message of a run that must end soon after its time is over.
async fn soon(wat: &str) -> String {
    let world = hurried();
    world.load(wat).await.unwrap();
    let start = Instant::now();
    let message = world.message(wat).await;
    assert!(start.elapsed() < SHORT * 25, "{:?}", start.elapsed());
    message
}

#[tokio::test]
async fn a_loop_in_run_ends_and_says_where() {
    let wat = doing("(loop $l (br $l))");
    insta::assert_snapshot!(soon(&wat).await, @r"
    Limit: pipeline docs hit a limit: it ran longer than 200ms; --timeout allows more
    in the pipeline, innermost first:
      function 1
    ");
}

#[tokio::test]
async fn a_loop_in_start_ends() {
    let wat = with("(func $s (loop $l (br $l))) (start $s)", "");
    assert!(soon(&wat).await.starts_with(TIMED_OUT));
}

#[tokio::test]
async fn a_loop_in_the_allocator_ends() {
    let wat = pipeline(
        r#"(memory (export "mem") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (loop $l (br $l)) i32.const 0)
        (func (export "run") (param i32 i32) (result i32) i32.const 0)"#,
    );
    let world = hurried();
    let component = world.load(&wat).await.unwrap();
    let params = [("a".to_owned(), "b".to_owned())];
    let error = world.run_with(&component, &params).await.unwrap_err();
    assert!(world.redacted(&error).starts_with(TIMED_OUT));
}

#[tokio::test]
async fn a_loop_after_the_return_ends() {
    let lift = LIFT.replace("(memory", r#"(post-return (core func $i "after")) (memory"#);
    let wat = with(
        r#"(func (export "after") (param i32) (loop $l (br $l)))"#,
        "",
    );
    assert!(soon(&wat.replace(LIFT, &lift)).await.starts_with(TIMED_OUT));
}

#[tokio::test]
async fn sleeping_ends() {
    let wat = format!(
        r#"(component
            (import "wasi:io/poll@0.2.0" (instance $poll
                (export "pollable" (type $p (sub resource)))
                (export "[method]pollable.block" (func (param "self" (borrow $p))))))
            (alias export $poll "pollable" (type $pollable))
            (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
                (alias outer 1 $pollable (type $outer))
                (export "pollable" (type $p (eq $outer)))
                (export "subscribe-duration" (func (param "when" u64) (result (own $p))))))
            (core func $subscribe (canon lower (func $clock "subscribe-duration")))
            (core func $block (canon lower (func $poll "[method]pollable.block")))
            (core module $m
                (import "" "subscribe" (func $subscribe (param i64) (result i32)))
                (import "" "block" (func $block (param i32)))
                {MEMORY}
                (func (export "run") (param i32 i32) (result i32)
                    (call $block (call $subscribe (i64.const 3600000000000)))
                    i32.const 0))
            (core instance $i (instantiate $m (with "" (instance
                (export "subscribe" (func $subscribe))
                (export "block" (func $block))))))
            {LIFT})"#
    );
    assert_eq!(soon(&wat).await, TIMED_OUT);
}

/// Grows a memory until it is refused, and then does `then`.
fn growing(then: &str) -> String {
    doing(&format!(
        "(loop $l (br_if $l (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) {then}"
    ))
}

#[tokio::test]
async fn a_guest_that_aborts_without_memory_hit_the_limit() {
    let world = World::with_limits(Limits::default().with_memory(64 << 20));
    insta::assert_snapshot!(world.message(&growing("unreachable")).await, @r"
    Limit: pipeline docs hit a limit: it needs 64.1MiB of memory, and can have 64MiB; --max-memory allows more
    in the pipeline, innermost first:
      function 1
    ");
}

#[tokio::test]
async fn a_guest_that_can_do_with_less_memory_succeeds() {
    let world = World::with_limits(Limits::default().with_memory(64 << 20));
    world.run(&growing("")).await.unwrap();
}

#[tokio::test]
async fn an_error_after_refused_memory_mentions_it() {
    // The result's case becomes 1, an error, with an empty text.
    let world = World::with_limits(Limits::default().with_memory(64 << 20));
    let failing = growing("(i32.store (i32.const 0) (i32.const 1))");
    insta::assert_snapshot!(world.message(&failing).await, @r"
    Pipeline: pipeline docs failed: it returned an error without a message
    a request of the pipeline was refused before:
      it needs 64.1MiB of memory, and can have 64MiB; --max-memory allows more
    ");
}

#[tokio::test]
async fn memories_are_counted_together() {
    let grow = r#"(func (export "grow") (loop $l (br_if $l (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))))"#;
    let wat = format!(
        r#"(component
            (core module $other (memory 1) {grow})
            (core instance $other (instantiate $other))
            (core module $m (import "other" "grow" (func $grow))
                (memory (export "mem") 500)
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
                (func (export "run") (param i32 i32) (result i32)
                    (call $grow)
                    (if (i32.ne (memory.grow (i32.const 200)) (i32.const -1)) (then unreachable))
                    i32.const 0))
            (core instance $i (instantiate $m (with "other" (instance $other))))
            {LIFT})"#
    );
    let world = World::with_limits(Limits::default().with_memory(64 << 20));
    world.run(&wat).await.unwrap();
}

#[tokio::test]
async fn a_memory_that_is_too_large_from_the_start_hits_the_limit() {
    let wat = doing("").replace(
        r#"(memory (export "mem") 1)"#,
        r#"(memory (export "mem") 65536)"#,
    );
    insta::assert_snapshot!(World::new().message(&wat).await, @"Limit: pipeline docs hit a limit: it needs 4GiB of memory, and can have 512MiB; --max-memory allows more");
}

#[tokio::test]
async fn a_table_that_grows_hits_the_limit() {
    let wat = with(
        "(table 1 funcref)",
        "(loop $l (br_if $l (i32.ne (table.grow (ref.null func) (i32.const 1000)) (i32.const -1))))
        unreachable",
    );
    insta::assert_snapshot!(World::new().message(&wat).await, @r"
    Limit: pipeline docs hit a limit: its WebAssembly tables need 100001 elements, and can have 100000
    in the pipeline, innermost first:
      function 1
    ");
}

#[tokio::test]
async fn a_table_that_is_too_large_from_the_start_hits_the_limit() {
    let wat = with("(table 10000000 funcref)", "");
    insta::assert_snapshot!(World::new().message(&wat).await, @"Limit: pipeline docs hit a limit: its WebAssembly tables need 10000000 elements, and can have 100000");
}

#[tokio::test]
async fn recursion_without_end_is_a_trap() {
    let wat = with(
        "(func $deeper (call $deeper) (call $deeper))",
        "(call $deeper)",
    );
    insta::assert_snapshot!(World::new().message(&wat).await, @r"
    Pipeline: pipeline docs stopped: it called functions too deeply, probably without end
    in the pipeline, innermost first:
      deeper (20 times)
    ");
}

#[tokio::test]
async fn an_abort_is_a_trap() {
    insta::assert_snapshot!(World::new().message(&doing("unreachable")).await, @r"
    Pipeline: pipeline docs stopped: it panicked or aborted
    in the pipeline, innermost first:
      function 1
    ");
}

#[tokio::test]
async fn other_traps_are_told_in_words() {
    let divided = doing("(drop (i32.div_s (i32.const 1) (i32.const 0)))");
    insta::assert_snapshot!(World::new().message(&divided).await, @r"
    Pipeline: pipeline docs stopped: it divided an integer by zero
    in the pipeline, innermost first:
      function 1
    ");
    let outside = doing("(drop (i32.load (i32.const -1)))");
    insta::assert_snapshot!(World::new().message(&outside).await, @r"
    Pipeline: pipeline docs stopped: it used memory that it does not have
    in the pipeline, innermost first:
      function 1
    ");
}

/// A component that exits with a status of success (0) or failure (1).
fn exiting(status: u32) -> String {
    format!(
        r#"(component
            (import "wasi:cli/exit@0.2.0" (instance $exit (export "exit" (func (param "status" (result))))))
            (core func $exit (canon lower (func $exit "exit")))
            (core module $m (import "" "exit" (func $exit (param i32))) {MEMORY}
                (func (export "run") (param i32 i32) (result i32) (call $exit (i32.const {status})) i32.const 0))
            (core instance $i (instantiate $m (with "" (instance (export "exit" (func $exit))))))
            {LIFT})"#
    )
}

#[tokio::test]
async fn exit_is_an_error_whatever_its_status() {
    insta::assert_snapshot!(World::new().message(&exiting(1)).await, @r"
    Pipeline: pipeline docs stopped: it called exit, with failure, instead of returning from `run`
    in the pipeline, innermost first:
      function 2
    ");
    insta::assert_snapshot!(World::new().message(&exiting(0)).await, @r"
    Pipeline: pipeline docs stopped: it called exit, with success, instead of returning from `run`
    in the pipeline, innermost first:
      function 2
    ");
}

/// A component that writes 4096 bytes to standard error `times` times, and then does `then`.
fn printing(times: u32, then: &str) -> String {
    format!(
        r#"(component
            (import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
            (alias export $error "error" (type $error))
            (import "wasi:io/streams@0.2.0" (instance $streams
                (alias outer 1 $error (type $outer))
                (export "error" (type $e (eq $outer)))
                (export "output-stream" (type $o (sub resource)))
                (type $failure (variant (case "last-operation-failed" (own $e)) (case "closed")))
                (export "stream-error" (type $f (eq $failure)))
                (export "[method]output-stream.blocking-write-and-flush" (func
                    (param "self" (borrow $o)) (param "contents" (list u8)) (result (result (error $f)))))))
            (alias export $streams "output-stream" (type $stream))
            (import "wasi:cli/stderr@0.2.0" (instance $stderr
                (alias outer 1 $stream (type $outer))
                (export "output-stream" (type $o (eq $outer)))
                (export "get-stderr" (func (result (own $o))))))
            (core module $memory (memory (export "mem") 1)
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
                (data (i32.const 8192) "so it ends here"))
            (core instance $memory (instantiate $memory))
            (core func $stderr (canon lower (func $stderr "get-stderr")))
            (core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush")
                (memory (core memory $memory "mem"))))
            (core module $m
                (import "" "stderr" (func $stderr (result i32)))
                (import "" "write" (func $write (param i32 i32 i32 i32)))
                (import "memory" "mem" (memory 1))
                (func (export "run") (param i32 i32) (result i32) (local $stream i32) (local $i i32)
                    (local.set $stream (call $stderr))
                    (loop $l
                        (call $write (local.get $stream) (i32.const 4111) (i32.const 4096) (i32.const 16384))
                        (local.set $i (i32.add (local.get $i) (i32.const 1)))
                        (br_if $l (i32.lt_u (local.get $i) (i32.const {times}))))
                    {then} i32.const 0))
            (core instance $run (instantiate $m
                (with "memory" (instance $memory))
                (with "" (instance (export "stderr" (func $stderr)) (export "write" (func $write))))))
            (core instance $i
                (export "mem" (memory $memory "mem"))
                (export "realloc" (func $memory "realloc"))
                (export "run" (func $run "run")))
            {LIFT})"#
    )
}

#[tokio::test]
async fn a_flood_of_output_hits_the_limit() {
    let world = World::with_limits(Limits::default().with_output(1 << 20));
    let message = world.message(&printing(1_000_000, "")).await;
    insta::assert_snapshot!(message.lines().next().unwrap(), @"Limit: pipeline docs hit a limit: it printed more than 1MiB");
}

#[tokio::test]
async fn the_end_of_standard_error_is_shown() {
    let message = World::new().message(&printing(1, "unreachable")).await;
    insta::assert_snapshot!(message.replace('\u{fffd}', ""), @r"
    Pipeline: pipeline docs stopped: it panicked or aborted
    in the pipeline, innermost first:
      function 2
    the end of its standard error:
      so it ends here
    ");
}

/// A component that declares tables with empty names, and `times` it.
fn declaring(body: &str) -> String {
    format!(
        r#"(component
            (import "lance-host:pipeline/types@0.1.0" (instance $types
                (type $setting' (tuple string string))
                (export "setting" (type $setting (eq $setting')))
                (type $data-type' string)
                (export "data-type" (type $data-type (eq $data-type')))
                (type $field' (record (field "name" string) (field "data-type" $data-type)
                    (field "nullable" bool) (field "metadata" (list $setting))))
                (export "field" (type $field (eq $field')))
                (type $column' (record (field "length" u32) (field "validity" (option (list u8)))
                    (field "buffers" (list (list u8)))))
                (export "column" (type $column (eq $column')))
                (type $error' (record (field "code" string) (field "message" string)
                    (field "table" (option string)) (field "column" (option string))
                    (field "row" (option u64)) (field "details" (list $setting))))
                (export "target-error" (type $error (eq $error')))))
            (alias export $types "setting" (type $setting))
            (alias export $types "field" (type $field))
            (alias export $types "column" (type $column))
            (alias export $types "target-error" (type $error))
            (import "lance-host:pipeline/target@0.1.0" (instance $target
                (alias outer 1 $setting (type $setting'))
                (export "setting" (type $setting (eq $setting')))
                (alias outer 1 $field (type $field'))
                (export "field" (type $field (eq $field')))
                (alias outer 1 $column (type $column'))
                (export "column" (type $column (eq $column')))
                (alias outer 1 $error (type $error'))
                (export "target-error" (type $error (eq $error')))
                (export "table" (type $table (sub resource)))
                (export "declare-table" (func (param "database" string) (param "name" string)
                    (param "fields" (list $field)) (param "primary-key" (list string))
                    (param "settings" (list $setting)) (result (result (own $table) (error $error)))))
                (export "[method]table.declare-rows" (func (param "self" (borrow $table))
                    (param "columns" (list $column)) (result (result (error $error)))))))
            (alias export $target "table" (type $table))
            (core module $memory (memory (export "mem") 32)
                (global $next (mut i32) (i32.const 1048576))
                (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                    (global.get $next) (global.set $next (i32.add (global.get $next) (i32.const 64)))))
            (core instance $memory (instantiate $memory))
            (core func $declare (canon lower (func $target "declare-table")
                (memory (core memory $memory "mem")) (realloc (core func $memory "realloc"))))
            (core func $rows (canon lower (func $target "[method]table.declare-rows")
                (memory (core memory $memory "mem")) (realloc (core func $memory "realloc"))))
            (core func $drop (canon resource.drop $table))
            (core module $m
                (import "" "declare" (func $declare (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
                (import "" "rows" (func $rows (param i32 i32 i32 i32)))
                (import "" "drop" (func $drop (param i32)))
                (import "memory" "mem" (memory 1))
                ;; Declares a table without columns; the result is at 4096.
                (func $table (call $declare (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
                    (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
                    (i32.const 4096)))
                (func (export "run") (param i32 i32) (result i32) (local $p i32) {body} i32.const 0))
            (core instance $run (instantiate $m
                (with "memory" (instance $memory))
                (with "" (instance (export "declare" (func $declare)) (export "rows" (func $rows))
                    (export "drop" (func $drop))))))
            (core instance $i
                (export "mem" (memory $memory "mem"))
                (export "realloc" (func $memory "realloc"))
                (export "run" (func $run "run")))
            {LIFT})"#
    )
}

#[tokio::test]
async fn a_table_can_be_declared_and_its_handle_dropped() {
    let world = World::new();
    world
        .run(&declaring(
            "(call $table) (call $drop (i32.load offset=8 (i32.const 4096)))",
        ))
        .await
        .unwrap();
    assert_eq!(world.declared.tables.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn handles_without_end_hit_the_limit() {
    let world = World::with_limits(Limits::default().with_handles(10));
    let message = world
        .message(&declaring("(loop $l (call $table) (br $l))"))
        .await;
    insta::assert_snapshot!(message, @r"
    Limit: pipeline docs hit a limit: it holds 10 handles (files, streams, tables) at the same time, which is all it can have; close them when done
    in the pipeline, innermost first:
      table
      function 4
    ");
}

#[tokio::test]
async fn tables_without_end_are_refused() {
    let world = World::with_limits(Limits {
        declared_tables: 3,
        ..Limits::default()
    });
    // Stops at the first error.
    let message = world
        .message(&declaring(
            "(loop $l (call $table) (br_if $l (i32.eqz (i32.load8_u (i32.const 4096))))) unreachable",
        ))
        .await;
    insta::assert_snapshot!(message, @r"
    Pipeline: pipeline docs stopped: it panicked or aborted
    the last declaration that was refused:
      table ``: the run has declared 3 tables, which is all it can (too-large)
    in the pipeline, innermost first:
      function 4
    ");
}

#[tokio::test]
async fn too_much_data_in_one_call_breaks_the_contract() {
    // 2,048 columns' worth of buffers that all are the same 64 KiB: 128 MiB.
    let body = "(call $table)
        (i32.store offset=16 (i32.const 8192) (i32.const 16384))
        (i32.store offset=20 (i32.const 8192) (i32.const 2048))
        (local.set $p (i32.const 16384))
        (loop $l
            (i32.store offset=4 (local.get $p) (i32.const 65536))
            (local.set $p (i32.add (local.get $p) (i32.const 8)))
            (br_if $l (i32.lt_u (local.get $p) (i32.const 32768))))
        (call $rows (i32.load offset=8 (i32.const 4096)) (i32.const 8192) (i32.const 1) (i32.const 4096))";
    insta::assert_snapshot!(World::new().message(&declaring(body)).await, @r"
    Pipeline: pipeline docs stopped: it broke the contract in a call to the host, which can pass 64MiB at once, and only memory and handles of its own: too much data is being copied between the host and the guest: fuel allocated for hostcalls has been exhausted
    in the pipeline, innermost first:
      function 4
    ");
}

#[tokio::test]
async fn a_list_outside_of_memory_breaks_the_contract() {
    let body = "(call $table)
        (call $rows (i32.load offset=8 (i32.const 4096)) (i32.const 8192) (i32.const 0x1000000) (i32.const 4096))";
    insta::assert_snapshot!(World::new().message(&declaring(body)).await, @r"
    Pipeline: pipeline docs stopped: it broke the contract in a call to the host, which can pass 64MiB at once, and only memory and handles of its own: list pointer/length out of bounds of memory
    in the pipeline, innermost first:
      function 4
    ");
}

#[tokio::test]
async fn a_handle_that_is_not_held_breaks_the_contract() {
    let body = "(call $rows (i32.const 77) (i32.const 0) (i32.const 0) (i32.const 4096))";
    insta::assert_snapshot!(World::new().message(&declaring(body)).await, @r"
    Pipeline: pipeline docs stopped: it broke the contract in a call to the host, which can pass 64MiB at once, and only memory and handles of its own: unknown handle index 77
    in the pipeline, innermost first:
      function 4
    ");
}

#[tokio::test]
async fn a_refusal_is_told_even_if_the_guest_keeps_it_to_itself() {
    // One column for a table without columns, and then an abort.
    let body = "(call $table)
        (call $rows (i32.load offset=8 (i32.const 4096)) (i32.const 8192) (i32.const 1) (i32.const 4096))
        unreachable";
    let world = World::new();
    let error = world.run(&declaring(body)).await.unwrap_err();
    insta::assert_snapshot!(world.redacted(&error), @r"
    Pipeline: pipeline docs stopped: it panicked or aborted
    the last declaration that was refused:
      table ``: the number of columns is 1 instead of 0 (wrong-column-count)
    in the pipeline, innermost first:
      function 4
    ");
    assert_eq!(error.refused().unwrap().code, crate::Code::WrongColumnCount);
}
