//! Places at which a run can be made to die, so that tests can show that nothing is lost there.
//!
//! Each stands between two steps of a commit and is named after the step before it. The host's
//! own code has one by [`point`] after each of its steps; [`write`] puts one before and after each
//! file that is written or renamed on the way, Lance's included. In builds without debug
//! assertions all of them are nothing.
//!
//! - `LANCE_HOST_FAULT=NAME[:N]` ends the process at the N-th passing of the place (the first if
//!   N is left out), as `kill -9` would: nothing is flushed, dropped or taken back.
//! - With `LANCE_HOST_FAULT_HOLD=FILE` it does not end there, but waits until the file exists, so
//!   that others can do something meanwhile.
//! - `LANCE_HOST_FAULT_LOG=FILE` adds the name of each place that is passed to the file, a line
//!   for each.

/// A step is done.
pub(crate) fn point(name: &'static str) {
    if cfg!(debug_assertions) {
        pass(name);
    }
}

/// A file of this kind is about to be written (`before`), or was.
pub(crate) fn write(kind: &'static str, moment: &'static str) {
    if cfg!(debug_assertions) {
        pass(&format!("{moment} {kind}"));
    }
}

fn pass(name: &str) {
    use std::{
        io::Write,
        sync::{
            LazyLock,
            atomic::{AtomicU32, Ordering::Relaxed},
        },
    };

    static FATAL: LazyLock<Option<(String, u32)>> = LazyLock::new(|| {
        let wanted = std::env::var("LANCE_HOST_FAULT").ok()?;
        let numbered = wanted
            .rsplit_once(':')
            .and_then(|(name, passing)| Some((name.to_owned(), passing.parse().ok()?)));
        Some(numbered.unwrap_or((wanted, 1)))
    });
    static PASSED: AtomicU32 = AtomicU32::new(0);
    static LOG: LazyLock<Option<std::fs::File>> = LazyLock::new(|| {
        let path = std::env::var_os("LANCE_HOST_FAULT_LOG")?;
        std::fs::File::options()
            .create(true)
            .append(true)
            .open(path)
            .ok()
    });

    if let Some(mut log) = LOG.as_ref() {
        // A test that misses a line fails by itself.
        let _ = log.write_all(format!("{name}\n").as_bytes());
    }
    if let Some((fatal, passing)) = FATAL.as_ref()
        && fatal == name
        && PASSED.fetch_add(1, Relaxed) + 1 == *passing
    {
        let Some(release) = std::env::var_os("LANCE_HOST_FAULT_HOLD") else {
            std::process::abort();
        };
        while !std::path::Path::new(&release).exists() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}
