//! `run`: declare, plan, pass the guards, commit, report.

use lance_host_reconcile::{ApprovedPlan, Plan, Report};

use crate::{
    args::pipeline::PipelineArgs,
    commands::refused,
    display::Display,
    exit::Exit,
    failure::Failure,
    output,
    pipeline::{Purpose, declare},
    secrets,
    session::Session,
};

/// Runs the pipeline and makes the databases match.
pub async fn run(args: &PipelineArgs, session: &Session) -> Result<Exit, Failure> {
    let name = args.name()?;
    let report = reconcile(args, &name, session)
        .await
        .map_err(|failure| failure.of_pipeline(&name))?;
    finish(&report, session)
}

async fn reconcile(args: &PipelineArgs, name: &str, session: &Session) -> Result<Report, Failure> {
    let plan = declare(args, name, Purpose::Run, session).await?;
    let approved = approve(plan, args.allow_destructive, session).await?;
    commit(approved, name, session).await
}

/// Passes the guards: by the flag, by an answer on a terminal, or not at all.
async fn approve(plan: Plan, flag: bool, session: &Session) -> Result<ApprovedPlan, Failure> {
    let allowed = if flag || plan.guards().is_empty() || !session.can_ask() {
        flag
    } else {
        eprint!("{}", output::report::tables(&plan.report()));
        for guard in plan.guards() {
            eprintln!("{guard}");
        }
        session.ask("Apply these changes?").await?
    };
    plan.approve(allowed).await.map_err(|refusal| {
        refused(
            *refusal,
            session,
            "look at the changes, then allow them with --allow-destructive",
        )
    })
}

/// Commits with the progress shown.
pub async fn commit(
    approved: ApprovedPlan,
    name: &str,
    session: &Session,
) -> Result<Report, Failure> {
    let display = Display::new(session);
    display.running(name, session.progress.clone())?;
    let outcome = approved.commit().await;
    display.clear();
    let mut report = outcome?;
    secrets::redact(&mut report.warnings);
    Ok(report)
}

/// Prints the report of changes that are done.
pub fn finish(report: &Report, session: &Session) -> Result<Exit, Failure> {
    if session.json() {
        session.print_json(&output::report::Json::new(report, &[], session.elapsed()))?;
    } else if !session.quiet() {
        session.print(&output::report::text(report, session.elapsed()))?;
        for warning in &report.warnings {
            eprintln!("warning: {}", output::words::harmless(warning));
        }
    }
    Ok(Exit::Done)
}
