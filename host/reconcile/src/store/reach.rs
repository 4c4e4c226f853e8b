//! Whether the store of a database answers: asked once in a run, before anything else.
//!
//! Lance tries each of its calls several times, and tells neither a bucket that does not exist
//! from a table that does not, nor whose endpoint stays silent.

use std::time::Duration;

use lance::{
    io::{ObjectStore, ObjectStoreParams},
    session::Session,
};
use lance_io::object_store::ReadDirOptions;
use object_store::ObjectStoreExt;

use super::{Location, StorageOptions};
use crate::error::Error;

/// How long to wait for the first answer, all attempts together.
const PATIENCE: Duration = Duration::from_secs(30);

/// Looks whether a bucket can be read. Directories need no such look.
pub(crate) async fn reach(
    database: &str,
    location: &Location,
    options: &StorageOptions,
    session: &Session,
) -> Result<(), Error> {
    let Location::Bucket { bucket, uri } = location else {
        return Ok(());
    };
    let endpoint = match options.endpoint() {
        Some(endpoint) => format!("the S3 endpoint {endpoint}"),
        None => "S3".to_owned(),
    };
    let failed = |problem: String, advice, source| {
        Err(Error::Unavailable {
            database: database.to_owned(),
            uri: uri.clone(),
            problem,
            advice,
            source,
        })
    };
    let Ok(looked) = tokio::time::timeout(PATIENCE, look(uri, session)).await else {
        return failed(
            format!("{endpoint} gave no answer within {} s", PATIENCE.as_secs()),
            CHECK_ENDPOINT,
            None,
        );
    };
    let Err((error, answer)) = looked else {
        return Ok(());
    };
    let (problem, advice) = match answer {
        Answer::None => (format!("{endpoint} cannot be reached"), CHECK_ENDPOINT),
        Answer::Denied => (
            format!("{endpoint} denies access"),
            "check the credentials in its storage-options, or the AWS_ variables, and what they may do",
        ),
        Answer::Other => (
            format!("there is no bucket {bucket:?} at {endpoint}, or it may not be listed"),
            "create it, or correct the location, and run again",
        ),
    };
    failed(problem, advice, Some(Box::new(error)))
}

const CHECK_ENDPOINT: &str = "check the endpoint in its storage-options, or AWS_ENDPOINT_URL, and the network, and run again";

/// What came from an endpoint that does not list a bucket.
enum Answer {
    None,
    Denied,
    Other,
}

/// Asks for one name at most.
async fn look(uri: &str, session: &Session) -> Result<(), (lance::Error, Answer)> {
    let params = ObjectStoreParams::default();
    let (store, path) = ObjectStore::from_uri_and_params(session.store_registry(), uri, &params)
        .await
        .map_err(|error| (error, Answer::None))?;
    let one = ReadDirOptions {
        limit: Some(1),
        ..ReadDirOptions::default()
    };
    let Err(error) = store.read_dir_page(path.clone(), one).await else {
        return Ok(());
    };
    // The errors of listings have no types, those of other requests do.
    let answer = match store.inner.head(&path.join("_lance_host")).await {
        Ok(_) | Err(object_store::Error::NotFound { .. }) => Answer::Other,
        Err(
            object_store::Error::PermissionDenied { .. }
            | object_store::Error::Unauthenticated { .. },
        ) => Answer::Denied,
        Err(_) => Answer::None,
    };
    Err((error, answer))
}
