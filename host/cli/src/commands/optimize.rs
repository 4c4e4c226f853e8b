//! `optimize`: maintenance of tables on demand.

use lance_host_reconcile::MaintenancePolicy;

use crate::{
    args::{
        databases::{WritableArgs, unknown_database},
        values::Place,
    },
    exit::Exit,
    failure::Failure,
    output::{
        optimization::{Json, text},
        words::harmless,
    },
    secrets,
    session::Session,
};

/// Maintains one table, those of one database, or all.
pub async fn optimize(
    place: Option<&Place>,
    databases: &WritableArgs,
    session: &Session,
) -> Result<Exit, Failure> {
    let databases = databases.databases()?;
    let (database, table) = match place {
        None => (None, None),
        Some(Place { database, table }) => {
            if !databases.names().any(|name| name == database) {
                return Err(unknown_database(database, &databases));
            }
            (Some(database.as_str()), table.as_deref())
        }
    };
    let policy = MaintenancePolicy::default();
    let progress = &session.progress;
    let mut done =
        lance_host_reconcile::optimize(&databases, database, table, &policy, progress).await?;
    secrets::redact(&mut done.warnings);
    if session.json() {
        session.print_json(&Json::new(&done, session.elapsed()))?;
    } else if !session.quiet() {
        session.print(&text(&done))?;
        for warning in &done.warnings {
            eprintln!("warning: {}", harmless(warning));
        }
    }
    Ok(Exit::Done)
}
