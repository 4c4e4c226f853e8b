//! The allocator of the command.

use libmimalloc_sys::{mi_option_set_default, mi_option_t};

/// Gives memory back once it is free, and does not mind that one thread frees what another one has
/// taken: batches of rows change threads all the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many milliseconds memory stays free before it is given back. Left alone it is a second, in which
/// the end of a run frees as much as it uses: one that changed 1% of ten million rows took 50 MiB more.
const DELAY: std::ffi::c_long = 100;

/// The option `mi_option_purge_delay`, which `libmimalloc_sys` leaves out; mimalloc keeps the numbers of
/// its options.
const PURGE_DELAY: mi_option_t = 15;

/// Has memory that is free given back after [`DELAY`] from now on, unless the environment says otherwise.
/// While a pipeline runs it would cost more than it saves: there, batches take what batches left.
pub(crate) fn give_back_soon() {
    // SAFETY: sets a number, and ignores an option that there is not.
    #[allow(unsafe_code, reason = "there is no other way to set an option")]
    unsafe {
        mi_option_set_default(PURGE_DELAY, DELAY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_is_the_one_that_is_a_second_by_itself() {
        // SAFETY: reads a number.
        #[allow(unsafe_code, reason = "there is no other way to read an option")]
        let get = || unsafe { libmimalloc_sys::mi_option_get(PURGE_DELAY) };
        assert_eq!(get(), 1000);
        give_back_soon();
        assert_eq!(get(), DELAY);
    }
}
