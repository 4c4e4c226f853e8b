//! How results look, for people and for programs. Nothing here does any work.

pub mod failure;
pub mod inspection;
pub mod optimization;
pub mod report;
pub mod rollback;
pub mod rows;
pub mod state;
pub mod status;
mod table;
pub mod verification;
pub mod words;
