//! `state`: what the host remembers of a table's rows.

use lance_host_reconcile::{RebuiltState, StateRebuild};

use crate::{
    args::{databases::DatabaseArgs, values::TablePath},
    exit::Exit,
    failure::{Failure, Kind},
    output::state::{Json, done, planned},
    session::Session,
};

/// Makes the state of a table anew. Rows may only be given away after asking.
pub async fn rebuild(
    path: &TablePath,
    owner: Option<&str>,
    yes: bool,
    databases: &DatabaseArgs,
    session: &Session,
) -> Result<Exit, Failure> {
    let TablePath { database, table } = path;
    let databases = super::databases_with(database, databases)?;
    let progress = session.progress.clone();
    let rebuild = StateRebuild::plan(databases, database, table, owner, progress).await?;
    let report = rebuild.report();
    if let Some(owner) = owner
        && report.claimed > 0
        && !yes
        && !confirmed(report, owner, session).await?
    {
        let message =
            format!("nothing was written; to give these rows to {owner}, answer yes or give --yes");
        return Err(Failure::message(Kind::Guard, message));
    }
    let report = rebuild.commit().await?;
    if session.json() {
        session.print_json(&Json::new(&report, session.elapsed()))?;
    } else if !session.quiet() {
        session.print(&done(&report))?;
    }
    Ok(Exit::Done)
}

/// Shows what would be given away, and asks whether it may.
async fn confirmed(report: &RebuiltState, owner: &str, session: &Session) -> Result<bool, Failure> {
    if !session.json() {
        eprint!("{}", planned(report, owner));
    }
    if session.can_ask() {
        session.ask(&format!("Give these rows to {owner}?")).await
    } else {
        Ok(false)
    }
}
