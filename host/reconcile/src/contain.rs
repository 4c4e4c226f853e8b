//! Turns a panic into an error: Lance trusts its files, and panics on some that are damaged.

use std::{any::Any, panic::AssertUnwindSafe};

use futures::FutureExt;

/// What `future` returns, or an error if it panics. Only for work that reads: what a write has
/// done before it panicked is not known.
pub(crate) async fn contained<T>(
    future: impl Future<Output = Result<T, lance::Error>>,
) -> Result<T, lance::Error> {
    let outcome = AssertUnwindSafe(future).catch_unwind().await;
    outcome.unwrap_or_else(|panic| {
        Err(lance::Error::internal(format!(
            "a file is damaged: {}",
            message(panic.as_ref())
        )))
    })
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("reading it panicked")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error() {
        let outcome = contained(async { panic!("no such byte") }).await;
        let error: lance::Error = Result::<(), _>::unwrap_err(outcome);
        assert!(
            error
                .to_string()
                .contains("a file is damaged: no such byte")
        );
        assert_eq!(contained(async { Ok(1) }).await.unwrap(), 1);
    }
}
