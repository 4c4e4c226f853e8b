//! What the tests of lance-host are made of.
//!
//! A test makes a [`World`], declares something in it through the real command
//! and a real component, and looks at what a user could see: standard output
//! and error, the exit code, and the tables as LanceDB's own client reads them.

mod built;
mod declare;
mod dice;
mod foreign;
pub mod in_process;
mod indexes;
mod outcome;
mod remains;
mod s3;
mod shown;
mod signal;
#[cfg(unix)]
mod terminal;
mod world;

pub use built::{Guest, data, guest_target, python};
pub use declare::{Declare, Ending, How, Table, item, items};
pub use dice::Dice;
pub use foreign::{ForeignTable, connect};
pub use in_process::InProcess;
pub use outcome::{Counts, Outcome};
pub use remains::{needed_files, remains};
pub use s3::Bucket;
pub use shown::shown;
pub use signal::signal;
pub use world::{Run, World};
