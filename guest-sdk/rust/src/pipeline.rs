//! From the component's export to the author's function and back.

use std::error::Error as StdError;

use crate::{Params, declared};

/// The name and version of this SDK, as a component records them in its custom
/// section `lance-host:sdk`.
pub const SDK: [u8; TEXT.len()] = match TEXT.as_bytes().first_chunk() {
    Some(bytes) => *bytes,
    None => unreachable!(),
};

const TEXT: &str = concat!("rust ", env!("CARGO_PKG_VERSION"));

/// Records the SDK in the author's crate rather than in this one: what the linker
/// takes from a library depends on what is used of it.
#[doc(hidden)]
#[macro_export]
macro_rules! __record_sdk {
    () => {
        #[cfg(target_arch = "wasm32")]
        #[used]
        #[unsafe(link_section = "lance-host:sdk")]
        static SDK: [u8; $crate::__private::SDK.len()] = $crate::__private::SDK;
    };
}

/// Calls the author's function and, if it succeeds, sends what the tables have
/// collected last.
///
/// # Errors
/// The text of the error with all its causes.
pub fn run<E>(
    params: Vec<(String, String)>,
    pipeline: impl FnOnce(Params) -> Result<(), E>,
) -> Result<(), String>
where
    E: Into<Box<dyn StdError>>,
{
    pipeline(Params::from(params)).map_err(|error| with_causes(&*error.into()))?;
    declared::finish().map_err(|error| error.to_string())
}

/// The error and what caused it, as `anyhow` writes them with `{:#}`.
fn with_causes(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_is_told_with_all_its_causes() {
        let pipeline = |_| {
            let cause = anyhow::anyhow!("no such file").context("cannot read a.md");
            Err(cause.context("cannot index the documents"))
        };
        assert_eq!(
            run(Vec::new(), pipeline),
            Err("cannot index the documents: cannot read a.md: no such file".to_owned())
        );
    }

    #[test]
    fn parameters_reach_the_pipeline() {
        let pipeline = |params: Params| match params.get("root") {
            Some("/docs") => Ok(()),
            _ => Err("parameter lost"),
        };
        assert_eq!(run(vec![("root".into(), "/docs".into())], pipeline), Ok(()));
    }
}
