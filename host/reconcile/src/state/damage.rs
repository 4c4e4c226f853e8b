//! Tells a storage that fails from a state that is damaged: the next step differs.

use std::{error::Error as StdError, io};

use crate::error::Error;

/// The error of a read of the state.
pub(super) fn unreadable(table: &str, action: &'static str, error: lance::Error) -> Error {
    if error.is_not_found() {
        return Error::DamagedState {
            table: table.to_owned(),
            problem: format!("cannot {action}, because a file of it is missing: {error}"),
        };
    }
    if is_of_storage(&error) {
        return Error::Storage {
            subject: format!("the state of table {table}"),
            action,
            source: Box::new(error),
        };
    }
    Error::DamagedState {
        table: table.to_owned(),
        problem: format!("cannot {action}: {error}"),
    }
}

/// Whether the storage itself failed, and did not deliver something that cannot be read.
fn is_of_storage(error: &lance::Error) -> bool {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(current) = cause {
        if let Some(error) = current.downcast_ref::<object_store::Error>() {
            // Lance reads manifests from memory, once it has fetched them.
            return !matches!(
                error,
                object_store::Error::Generic {
                    store: "memory",
                    ..
                }
            );
        }
        if let Some(error) = current.downcast_ref::<io::Error>() {
            return !matches!(
                error.kind(),
                io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData
            );
        }
        cause = current.source();
    }
    false
}
