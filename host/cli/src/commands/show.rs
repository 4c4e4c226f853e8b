//! `show`: the first rows of a table.

use std::num::NonZeroUsize;

use crate::{
    args::{
        databases::{DatabaseArgs, unknown_database},
        values::TablePath,
    },
    exit::Exit,
    failure::Failure,
    output::rows::{Json, text},
    session::Session,
};

/// Shows at most `limit` rows.
pub async fn show(
    path: &TablePath,
    limit: NonZeroUsize,
    databases: &DatabaseArgs,
    session: &Session,
) -> Result<Exit, Failure> {
    let TablePath { database, table } = path;
    let databases = databases.databases()?;
    if !databases.names().any(|name| name == database) {
        return Err(unknown_database(database, &databases));
    }
    let rows = lance_host_reconcile::show(&databases, database, table, limit.get()).await?;
    if session.json() {
        session.print_json(&Json::new(database, table, &rows))?;
    } else {
        session.print(&text(&rows))?;
    }
    Ok(Exit::Done)
}
