//! Files that the build script put into this program.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
