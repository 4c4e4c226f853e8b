//! Indexes that pipelines declare.
//!
//! [`declared`] checks a declaration against its table, with [`kind`] and [`settings`] for its
//! parts, and gives it a name that follows from what it is. So a table alone tells whether it has
//! an index as declared: it has one of that name.

mod declared;
mod kind;
mod settings;

pub use declared::IndexDeclaration;
pub(crate) use declared::{DeclaredIndex, IndexSpec};
