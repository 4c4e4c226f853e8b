//! The one engine configuration, and the thread that advances its epoch.

use std::{
    sync::{Arc, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use wasmtime::{Config, Engine, EngineWeak, WasmBacktraceDetails};

/// How often running code looks at its deadline.
const TICK: Duration = Duration::from_millis(10);

/// Stack of a guest. Deep recursion ends here as a trap, far from the host's own stack.
const GUEST_STACK: usize = 512 << 10;

/// Stack on which a guest and the host functions that it calls run, the target's work included.
const ASYNC_STACK: usize = 4 << 20;

/// An engine. The process that runs and the one that compiles use the same configuration: code
/// compiled under another would not load.
pub(crate) fn new_engine() -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    // The contract is synchronous. Without support for concurrency calls are cheaper, and the
    // least tried part of wasmtime is out of a guest's reach.
    config.concurrency_support(false);
    config.epoch_interruption(true);
    config.max_wasm_stack(GUEST_STACK);
    config.async_stack_size(ASYNC_STACK);
    // Reading a guest's debug information means parsing untrusted data at the worst moment;
    // function names are in the name section.
    config.wasm_backtrace_details(WasmBacktraceDetails::Disable);
    Engine::new(&config)
}

/// Advances an engine's epoch until the last clone is dropped.
#[derive(Clone)]
pub(crate) struct Ticker {
    _thread: Arc<TickerThread>,
}

/// The thread ends when it notices that the sender is gone, within one tick.
struct TickerThread {
    _stop: mpsc::Sender<()>,
    _thread: JoinHandle<()>,
}

impl Ticker {
    pub(crate) fn start(engine: &Engine) -> std::io::Result<Self> {
        let engine = engine.weak();
        let (stop, stopped) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("lance-host-epoch".into())
            .spawn(move || tick(&engine, &stopped))?;
        Ok(Self {
            _thread: Arc::new(TickerThread {
                _stop: stop,
                _thread: thread,
            }),
        })
    }
}

fn tick(engine: &EngineWeak, stopped: &mpsc::Receiver<()>) {
    while stopped.recv_timeout(TICK) == Err(mpsc::RecvTimeoutError::Timeout) {
        match engine.upgrade() {
            Some(engine) => engine.increment_epoch(),
            None => return,
        }
    }
}
