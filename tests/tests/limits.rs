//! A pipeline that takes too much is stopped, the message names the flag that allows more,
//! and nothing was written.

use std::time::{Duration, Instant};

use lance_host_tests::{Declare, Ending, Guest, World, items};

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
    insta::assert_snapshot!(outcome.told(), @r"
    error: pipeline p hit a limit: it ran longer than 300ms; --timeout allows more
    in the pipeline, innermost first:
      guest_rows::never_ends
      run
    ");
    assert!(!world.database().exists());

    let json = world
        .declare("p", &declare)
        .args(["--timeout", "300ms"])
        .exits(4)
        .json();
    assert_eq!(json["status"], "failed");
    assert_eq!(json["error"]["kind"], "limit");
}

/// What the user reads of a misbehaving pipeline, when nothing was written.
fn told(mode: &str, flags: &[&str], code: i32) -> String {
    let world = World::new();
    let outcome = world
        .run(Guest::Evil)
        .param("mode", mode)
        .args(flags)
        .arg("--quiet")
        .exits(code);
    assert_eq!(outcome.stdout, "");
    assert!(!world.database().exists());
    outcome.told()
}

#[test]
fn a_pipeline_that_sleeps_is_stopped() {
    insta::assert_snapshot!(told("sleep", &["--timeout", "300ms"], 4), @"error: pipeline guest-evil hit a limit: it ran longer than 300ms; --timeout allows more");
}

#[test]
fn a_pipeline_that_needs_more_memory_is_told_the_flag() {
    insta::assert_snapshot!(told("alloc", &["--max-memory", "32MiB"], 4), @r"
    error: pipeline guest-evil hit a limit: it needs 32.2MiB of memory, and can have 32MiB; --max-memory allows more
    in the pipeline, innermost first:
      guest_evil::limits::alloc
      guest_evil::limits::run
      run
    the end of its standard error:
      memory allocation of 1048576 bytes failed
    ");
    insta::assert_snapshot!(told("alloc-handled", &["--max-memory", "32MiB"], 1), @r"
    error: pipeline guest-evil failed: no memory left for me
    a request of the pipeline was refused before:
      it needs 32.2MiB of memory, and can have 32MiB; --max-memory allows more
    ");
}

#[test]
fn a_pipeline_that_prints_without_end_is_stopped() {
    insta::assert_snapshot!(told("stdout-flood", &[], 4), @r"
    error: pipeline guest-evil hit a limit: it printed more than 64MiB
    in the pipeline, innermost first:
      function 8
      streams_method_output_stream_write
      write
      <std::io::buffered::bufwriter::BufWriter<std::io::stdio::StdoutRaw>>::flush_buf
      <std::io::stdio::StdoutLock as std::io::Write>::write_all
      <std::io::default_write_fmt::Adapter<std::io::stdio::StdoutLock> as core::fmt::Write>::write_str
      core::fmt::write
      <&std::io::stdio::Stdout as std::io::Write>::write_fmt
      std::io::stdio::_print
      guest_evil::limits::run
      run
    ");
}

#[test]
fn a_pipeline_that_passes_too_much_in_one_call_is_stopped() {
    insta::assert_snapshot!(told("huge-call", &[], 1), @r"
    error: pipeline guest-evil stopped: it broke the contract in a call to the host, which can pass 64MiB at once, and only memory and handles of its own: too much data is being copied between the host and the guest: fuel allocated for hostcalls has been exhausted
    in the pipeline, innermost first:
      function 2
      guest_evil::bindings::lance_host::pipeline::target::Table::declare_rows
      guest_evil::limits::run
      run
    ");
}

#[test]
fn a_pipeline_that_recurses_without_end_is_stopped() {
    let text = told("recursion", &[], 1);
    // How deep it comes, and so what the backtrace holds, is the compiler's affair.
    insta::assert_snapshot!(text.lines().next().unwrap(), @"error: pipeline guest-evil stopped: it called functions too deeply, probably without end");
}

#[test]
fn a_pipeline_that_exits_has_failed_whatever_its_code() {
    insta::assert_snapshot!(told("exit", &[], 1), @r"
    error: pipeline guest-evil stopped: it called exit, with failure, instead of returning from `run`
    in the pipeline, innermost first:
      guest_evil::limits::run
      run
    ");
    insta::assert_snapshot!(told("exit-0", &[], 1), @r"
    error: pipeline guest-evil stopped: it called exit, with success, instead of returning from `run`
    in the pipeline, innermost first:
      guest_evil::limits::run
      run
    ");
}

#[test]
fn a_pipeline_cannot_speak_to_the_terminal() {
    let text = told("escape", &[], 1);
    assert!(!text.contains('\u{1b}'), "{text:?}");
}

#[test]
fn a_limit_that_is_large_enough_is_no_obstacle() {
    let world = World::new();
    let run = world.run(Guest::Evil).param("mode", "good");
    run.args(["--timeout", "1m", "--max-memory", "64MiB"])
        .exits(0);
    assert_eq!(world.table("evil").rows().num_rows(), 2);
}
