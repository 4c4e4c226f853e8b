//! `rollback`: back to an earlier version of a table.

use lance_host_reconcile::{Rollback, RollbackReport, RollbackStatus};

use crate::{
    args::{databases::DatabaseArgs, values::TablePath},
    exit::Exit,
    failure::{Failure, Kind},
    output::{
        rollback::{Json, done, planned},
        words::harmless,
    },
    session::Session,
};

/// Goes back to `to`, after asking.
pub async fn rollback(
    path: &TablePath,
    to: Option<&str>,
    yes: bool,
    databases: &DatabaseArgs,
    session: &Session,
) -> Result<Exit, Failure> {
    let TablePath { database, table } = path;
    let databases = super::databases_with(database, databases)?;
    let progress = session.progress.clone();
    let rollback = Rollback::plan(databases, database, table, to, progress).await?;
    let report = rollback.report();
    if report.status == RollbackStatus::Planned && !yes && !confirmed(report, session).await? {
        let to = report.to;
        return Err(Failure::message(
            Kind::Guard,
            format!(
                "nothing was written; to bring version {to} of table {database}/{table} back, answer yes or give --yes"
            ),
        ));
    }
    let report = rollback.commit().await?;
    if session.json() {
        session.print_json(&Json::new(&report, session.elapsed()))?;
    } else if !session.quiet() {
        session.print(&done(&report))?;
        for warning in &report.warnings {
            eprintln!("warning: {}", harmless(warning));
        }
    }
    Ok(Exit::Done)
}

/// Shows what would change, and asks whether it may.
async fn confirmed(report: &RollbackReport, session: &Session) -> Result<bool, Failure> {
    if !session.json() {
        eprint!("{}", planned(report));
    }
    if session.can_ask() {
        session.ask("Go back?").await
    } else {
        Ok(false)
    }
}
