//! A terminal for a command that shows progress and asks questions only on one.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::fd::{FromRawFd, OwnedFd},
    process::{Command, Output},
    ptr, thread,
};

/// Runs the command with a new terminal as standard input and error. `typed` waits in the
/// terminal from the beginning, as if somebody was quick.
pub(crate) fn run(mut command: Command, typed: &str) -> Output {
    let (mut keyboard, screen) = open().expect("a terminal can be opened");
    keyboard
        .write_all(typed.as_bytes())
        .expect("the terminal takes what is typed");
    let child = command
        .stdin(screen.try_clone().expect("a descriptor can be copied"))
        .stderr(screen)
        .spawn()
        .expect("the command can be started");
    // It holds the terminal too, and the terminal shows things until nobody holds it.
    drop(command);
    let shown = thread::spawn(move || {
        let mut shown = Vec::new();
        let mut buffer = [0; 4096];
        // When the last process is gone, reading fails on Linux and ends elsewhere.
        while let Ok(count @ 1..) = keyboard.read(&mut buffer) {
            shown.extend_from_slice(&buffer[..count]);
        }
        shown
    });
    let mut output = child
        .wait_with_output()
        .expect("the command can be waited for");
    output.stderr = shown.join().expect("reading does not panic");
    output
}

/// The two sides of a terminal of 100 columns: the one of the person, and the one of the program.
fn open() -> io::Result<(File, OwnedFd)> {
    let (mut person, mut program) = (-1, -1);
    let mut size = libc::winsize {
        ws_row: 30,
        ws_col: 100,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: the pointers are to live variables, and null where the function allows it.
    let outcome = unsafe {
        libc::openpty(
            &raw mut person,
            &raw mut program,
            ptr::null_mut(),
            ptr::null_mut(),
            &raw mut size,
        )
    };
    if outcome != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the function succeeded, so both are open, and nobody else has them.
    Ok(unsafe { (File::from_raw_fd(person), OwnedFd::from_raw_fd(program)) })
}
