//! Asks a command to end.

use std::{
    process::{Child, Command, Output},
    time::{Duration, Instant},
};

/// Sends a signal to a command, `-INT` for example, and waits for its end, which may not take long.
pub fn signal(name: &str, child: Child) -> Output {
    let sent = Command::new("kill")
        .arg(name)
        .arg(child.id().to_string())
        .status()
        .unwrap();
    assert!(sent.success());
    let started = Instant::now();
    let output = child.wait_with_output().unwrap();
    assert!(started.elapsed() < Duration::from_secs(5));
    output
}
