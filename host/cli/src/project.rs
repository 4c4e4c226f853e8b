//! A pipeline's project: a folder with a manifest, which `new` makes and `build` compiles.

mod language;
mod manifest;
mod name;

pub use self::{language::Language, manifest::Manifest, name::ProjectName};
