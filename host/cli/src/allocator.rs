//! Where the memory of the process comes from.

use std::time::Duration;

/// Does not mind that one thread frees what another one has taken: batches of rows change threads all
/// the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// For how long memory that was freed is kept for the next who wants some. By default it is a second, in
/// which a run of millions of rows frees far more than it may have at once; much less takes as much time
/// as the work itself.
const KEPT: Duration = Duration::from_millis(100);

/// The number of the option `purge_delay`, which the bindings do not name.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// Says for how long freed memory is kept, unless `MIMALLOC_PURGE_DELAY` does.
pub fn tune() {
    let milliseconds = KEPT.as_millis().try_into().unwrap_or_default();
    // SAFETY: the option exists, and its value is a number that is read whenever it is wanted.
    #[allow(
        unsafe_code,
        reason = "options of the allocator are set by a C function"
    )]
    unsafe {
        libmimalloc_sys::mi_option_set_default(PURGE_DELAY, milliseconds);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the version of the allocator that is built, too.
    #[test]
    fn the_number_is_that_of_the_option() {
        let text = std::env::var("MIMALLOC_PURGE_DELAY");
        assert!(text.is_err(), "the environment decides: {text:?}");
        #[allow(unsafe_code, reason = "as above")]
        let get = || unsafe { libmimalloc_sys::mi_option_get(PURGE_DELAY) };
        // What it is by default, and no other option.
        assert_eq!(get(), 1000);
        tune();
        assert_eq!(get(), 100);
    }
}
