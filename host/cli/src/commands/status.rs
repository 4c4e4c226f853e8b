//! `status`: tables, owners, rows, versions and the last run.

use lance_host_reconcile::TableStatus;
use serde::Serialize;

use crate::{
    args::databases::DatabaseArgs, exit::Exit, failure::Failure, output::status::text,
    session::Session,
};

#[derive(Serialize)]
struct Json {
    tables: Vec<TableStatus>,
}

/// Shows every table of the databases.
pub async fn status(databases: &DatabaseArgs, session: &Session) -> Result<Exit, Failure> {
    let tables = lance_host_reconcile::status(&databases.databases()?).await?;
    if session.json() {
        session.print_json(&Json { tables })?;
    } else {
        session.print(&text(&tables))?;
    }
    Ok(Exit::Done)
}
