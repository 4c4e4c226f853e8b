//! Indexes that pipelines declare.
//!
//! [`declared`] checks a declaration against its table, with [`kind`] and [`settings`] for its
//! parts, and gives it a name that follows from what it is. So a table alone tells whether it has
//! an index as declared: it has one of that name. [`wanted`] compares what a table has with what
//! pipelines declare, and [`settle`] builds and drops after the rows have landed, with [`build`]
//! for what Lance has to know. [`record`] is what the state remembers.
//!
//! Indexes that pipelines have not declared are never touched.

mod build;
mod declared;
mod kind;
mod record;
mod report;
mod settings;
mod settle;
mod status;
mod vectors;
mod wanted;

pub use declared::IndexDeclaration;
pub(crate) use declared::{DeclaredIndex, IndexSpec};
pub use kind::Class;
pub(crate) use record::{check_conflicts, specs};
pub use report::{IndexAction, IndexReport};
pub(crate) use settle::settle;
pub use status::IndexStatus;
pub(crate) use status::index_status;
pub(crate) use wanted::{Loses, Rows, Wanted};
