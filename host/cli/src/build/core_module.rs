//! From the core module that a compiler makes to a component, for languages whose own tools stop
//! there.

use lance_host_componentize::componentize;

use crate::failure::{Failure, Kind};

/// The component of a core module. It records the SDK of `language`, if the module does not do so
/// by itself.
pub fn component(module: &[u8], language: Option<&str>) -> Result<Vec<u8>, Failure> {
    // The SDKs in this program have its own version.
    let sdk = language.map(|language| format!("{language} {}", env!("CARGO_PKG_VERSION")));
    componentize(module, sdk.as_deref()).map_err(|error| {
        let error = error.context("the project was compiled, but it is no pipeline");
        Failure::new(Kind::Pipeline, error)
    })
}
