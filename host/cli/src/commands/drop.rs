//! `drop`: removes everything that a pipeline owns.
//!
//! The same as a run that declares nothing, so it takes the same way through plan and commit.

use std::{collections::BTreeSet, sync::Arc};

use lance_host_reconcile::{Databases, Declarations, Report, RunOptions};

use crate::{
    args::databases::{WritableArgs, nearest},
    commands::run::{commit, finish},
    exit::Exit,
    failure::{Failure, Kind},
    output,
    session::Session,
};

/// Removes what `pipeline` owns, after asking.
pub async fn drop(
    pipeline: &str,
    yes: bool,
    databases: &WritableArgs,
    session: &Session,
) -> Result<Exit, Failure> {
    let report = remove(pipeline, yes, databases, session)
        .await
        .map_err(|failure| failure.of_pipeline(pipeline))?;
    finish(&report, session)
}

async fn remove(
    pipeline: &str,
    yes: bool,
    databases: &WritableArgs,
    session: &Session,
) -> Result<Report, Failure> {
    let databases = Arc::new(databases.databases()?);
    let options = RunOptions::new(pipeline);
    let plan = Declarations::new(databases.clone(), options, session.progress.clone())?
        .plan()
        .await?;
    if plan.tables() == 0 {
        return Err(unknown(pipeline, &databases).await?);
    }
    if plan.has_changes() && !yes && !confirmed(&plan.report(), session).await? {
        let report = Report {
            status: lance_host_reconcile::Status::Refused,
            ..plan.report()
        };
        let message = format!(
            "nothing was removed; to remove what {pipeline} owns, answer yes or give --yes"
        );
        return Err(Failure::message(Kind::Guard, message).with_report(report));
    }
    let approved = plan
        .approve(true)
        .await
        .map_err(|refusal| super::refused(*refusal, session, "give --yes"))?;
    commit(approved, pipeline, session).await
}

/// Says that the pipeline owns nothing, and which one may have been meant.
async fn unknown(pipeline: &str, databases: &Databases) -> Result<Failure, Failure> {
    let tables = lance_host_reconcile::status(databases).await?;
    let owners = tables.iter().flat_map(|table| &table.owners);
    let known: BTreeSet<&str> = owners.map(|owner| owner.pipeline.as_str()).collect();
    let hint = match nearest(pipeline, known.iter().copied()) {
        Some(near) => format!("did you mean {near:?}?"),
        None if known.is_empty() => "there are no tables of any pipeline".to_owned(),
        None => format!("known: {}", Vec::from_iter(known).join(", ")),
    };
    let message = format!("no pipeline {pipeline:?} owns anything; {hint}");
    Ok(Failure::message(Kind::Usage, message))
}

/// Shows what would go, and asks whether it may.
async fn confirmed(report: &Report, session: &Session) -> Result<bool, Failure> {
    if !session.json() {
        eprint!("{}", output::report::tables(report));
    }
    if session.can_ask() {
        session
            .ask(&format!("Remove what {} owns?", report.pipeline))
            .await
    } else {
        Ok(false)
    }
}
