//! Ctrl-C, or a polite request to end: the command says so, and nothing was written.
#![cfg(unix)]

use std::{
    process::{Child, Output},
    thread,
    time::Duration,
};

use lance_host_tests::{Declare, Ending, World, items, signal};

fn interrupted(name: &str, child: Child) -> Output {
    // Long enough to be in the pipeline's loop, which never ends.
    thread::sleep(Duration::from_millis(500));
    signal(name, child)
}

#[test]
fn an_interrupted_run_says_that_nothing_was_written() {
    let world = World::new();
    world
        .declare("p", &Declare::table(items("t", [("x", 1)])))
        .exits(0);
    let endless = Declare::table(items("t", [("x", 2)])).then(Ending::Loop);
    for signal in ["-INT", "-TERM"] {
        let output = interrupted(signal, world.declaring("run", "p", &endless).start());
        assert_eq!(output.status.code(), Some(130));
        assert_eq!(output.stdout, b"");
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(told, "error: interrupted; nothing was written\n");
        assert_eq!(world.table("t").version(), 1);
    }
    let output = interrupted("-INT", world.declare("p", &endless).start());
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["status"], "failed");
    assert_eq!(json["error"]["kind"], "interrupted");
}
