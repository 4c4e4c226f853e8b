//! `verify`: whether tables are as the host remembers them.

use std::sync::Arc;

use crate::{
    args::{
        databases::{DatabaseArgs, unknown_database},
        values::Place,
    },
    exit::Exit,
    failure::Failure,
    output::verification::{Json, text},
    session::Session,
};

/// Compares the tables at `places`, or all of them.
pub async fn verify(
    places: &[Place],
    repair: bool,
    databases: &DatabaseArgs,
    session: &Session,
) -> Result<Exit, Failure> {
    let databases = databases.databases()?;
    for place in places {
        if !databases.names().any(|name| name == place.database) {
            return Err(unknown_database(&place.database, &databases));
        }
    }
    let places: Vec<(String, Option<String>)> = places
        .iter()
        .map(|place| (place.database.clone(), place.table.clone()))
        .collect();
    let progress = session.progress.clone();
    let done = lance_host_reconcile::verify(Arc::new(databases), &places, repair, progress).await?;
    if session.json() {
        session.print_json(&Json::new(&done, session.elapsed()))?;
    } else {
        session.print(&text(&done))?;
    }
    Ok(if done.failed.iter().any(|failed| failed.is_storage) {
        Exit::Storage
    } else if !done.failed.is_empty() {
        Exit::Conflict
    } else if done.tables.iter().any(|table| table.is_wrong()) {
        Exit::Changes
    } else {
        Exit::Done
    })
}
