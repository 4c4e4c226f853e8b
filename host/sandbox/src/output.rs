//! What a guest prints: bounded, passed on to whoever wants it, the end of it kept for messages.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::{
    cli::{IsTerminal, StdoutStream},
    p2::{OutputStream, Pollable, StreamError, StreamResult},
};

use crate::{
    grants::{OutputHook, Stream},
    limits::{Exceeded, Limits},
};

/// Bytes that a guest may hand over in one write.
const WRITE: usize = 64 << 10;

/// Both output streams of one run.
#[derive(Clone)]
pub(crate) struct Output {
    hook: Option<OutputHook>,
    limit: usize,
    written: Arc<Mutex<Written>>,
}

#[derive(Default)]
struct Written {
    total: usize,
    stderr_tail: VecDeque<u8>,
}

impl Output {
    pub(crate) fn new(limit: usize, hook: Option<OutputHook>) -> Self {
        Self {
            hook,
            limit,
            written: Arc::default(),
        }
    }

    /// One of the two streams.
    pub(crate) fn stream(&self, stream: Stream) -> Pipe {
        Pipe {
            stream,
            output: self.clone(),
        }
    }

    /// The end of what the guest wrote to standard error.
    pub(crate) fn stderr_tail(&self) -> String {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes: Vec<u8> = written.stderr_tail.iter().copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn write(&self, stream: Stream, bytes: &[u8]) -> Result<(), Exceeded> {
        {
            let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
            written.total = written.total.saturating_add(bytes.len());
            if written.total > self.limit {
                return Err(Exceeded::Output { limit: self.limit });
            }
            if stream == Stream::Stderr {
                written.stderr_tail.extend(bytes);
                let surplus = written
                    .stderr_tail
                    .len()
                    .saturating_sub(Limits::STDERR_TAIL);
                written.stderr_tail.drain(..surplus);
            }
        }
        if let Some(hook) = &self.hook {
            hook(stream, bytes);
        }
        Ok(())
    }
}

/// One output stream of a guest.
#[derive(Clone)]
pub(crate) struct Pipe {
    stream: Stream,
    output: Output,
}

impl IsTerminal for Pipe {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Pipe {
    // Only WASI 0.3 asks for this one, which is not linked.
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[async_trait::async_trait]
impl Pollable for Pipe {
    async fn ready(&mut self) {}
}

impl OutputStream for Pipe {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.output
            .write(self.stream, &bytes)
            .map_err(|exceeded| StreamError::Trap(exceeded.into()))
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_streams_count_against_one_limit() {
        let output = Output::new(10, None);
        output.write(Stream::Stdout, b"123456").unwrap();
        let error = output.write(Stream::Stderr, b"12345").unwrap_err();
        assert_eq!(error, Exceeded::Output { limit: 10 });
    }

    #[test]
    fn the_end_of_stderr_is_kept() {
        let output = Output::new(1 << 20, None);
        output.write(Stream::Stdout, b"not this").unwrap();
        output
            .write(Stream::Stderr, &[b'a'; 2 * Limits::STDERR_TAIL])
            .unwrap();
        output.write(Stream::Stderr, b"end").unwrap();
        let tail = output.stderr_tail();
        assert_eq!(tail.len(), Limits::STDERR_TAIL);
        assert!(tail.ends_with("aend"));
    }

    #[test]
    fn output_is_passed_on() {
        let (sender, receiver) = std::sync::mpsc::channel();
        let hook: OutputHook = Arc::new(move |stream, bytes: &[u8]| {
            sender.send((stream, bytes.to_vec())).unwrap();
        });
        let output = Output::new(1 << 20, Some(hook));
        output.write(Stream::Stdout, b"out").unwrap();
        output.write(Stream::Stderr, b"err").unwrap();
        let seen: Vec<_> = receiver.try_iter().collect();
        assert_eq!(
            seen,
            [
                (Stream::Stdout, b"out".to_vec()),
                (Stream::Stderr, b"err".to_vec())
            ]
        );
    }
}
