//! What a pipeline prints, passed on to standard error line by line.
//!
//! Standard output belongs to the command's own result. Each line says whose
//! words it is: a pipeline is not trusted, and its text could look like ours.

use std::{
    io::Write,
    sync::{Mutex, PoisonError},
};

use lance_host_sandbox::Stream;

use crate::{display::Display, output::words::harmless};

/// A line longer than this is passed on in pieces.
const LINE: usize = 64 * 1024;

/// Collects the two streams of one pipeline into lines.
pub struct GuestOutput {
    pipeline: String,
    display: Display,
    begun: Mutex<Begun>,
}

/// The beginnings of lines that have no end yet.
#[derive(Debug, Default)]
struct Begun {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl GuestOutput {
    /// Output of `pipeline`, printed around `display`.
    pub fn new(pipeline: &str, display: Display) -> Self {
        Self {
            pipeline: pipeline.to_owned(),
            display,
            begun: Mutex::default(),
        }
    }

    /// Takes what the pipeline wrote and prints the lines that are complete.
    pub fn write(&self, stream: Stream, bytes: &[u8]) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let line = match stream {
            Stream::Stdout => &mut begun.stdout,
            Stream::Stderr => &mut begun.stderr,
        };
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            line.extend_from_slice(piece);
            if piece.ends_with(b"\n") || line.len() >= LINE {
                self.print(line);
                line.clear();
            }
        }
    }

    fn print(&self, line: &[u8]) {
        if line.is_empty() {
            return;
        }
        let line = harmless(String::from_utf8_lossy(line).trim_end());
        self.display.suspend(|| {
            // Nobody can be told that standard error is gone.
            let mut stderr = std::io::stderr().lock();
            let _ = writeln!(
                stderr,
                "{}",
                format!("{} | {line}", self.pipeline).trim_end()
            );
        });
    }
}

impl Drop for GuestOutput {
    /// Prints what had no line end.
    fn drop(&mut self) {
        let begun = std::mem::take(self.begun.get_mut().unwrap_or_else(PoisonError::into_inner));
        self.print(&begun.stdout);
        self.print(&begun.stderr);
    }
}
