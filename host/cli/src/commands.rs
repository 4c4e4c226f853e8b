//! What each command does, a module for each.

mod build;
pub mod compile;
mod drop;
mod inspect;
mod new;
mod optimize;
mod plan;
mod query;
mod rollback;
mod run;
mod show;
mod state;
mod status;
mod verify;

use std::sync::Arc;

use lance_host_reconcile::{Databases, Refusal};

use crate::{
    args::{
        State, Work,
        databases::{DatabaseArgs, unknown_database},
    },
    exit::Exit,
    failure::{Failure, Kind},
    output,
    session::Session,
};

/// Does what was asked.
pub async fn execute(work: Work, session: Session) -> Result<Exit, Failure> {
    let session = &session;
    match work {
        Work::Run(args) => run::run(&args, session).await,
        Work::Plan(args) => plan::plan(&args, session).await,
        Work::Inspect { file } => inspect::inspect(&file, session),
        Work::Status { databases } => status::status(&databases, session).await,
        Work::Show {
            table,
            limit,
            databases,
        } => show::show(&table, limit, &databases, session).await,
        Work::Query(args) => query::query(args, session).await,
        Work::Optimize { place, databases } => {
            optimize::optimize(place.as_ref(), &databases, session).await
        }
        Work::Verify {
            places,
            repair,
            databases,
        } => verify::verify(&places, repair, &databases, session).await,
        Work::State(State::Rebuild {
            table,
            owner,
            yes,
            databases,
        }) => state::rebuild(&table, owner.as_deref(), yes, &databases, session).await,
        Work::Rollback {
            table,
            to,
            yes,
            databases,
        } => rollback::rollback(&table, to.as_deref(), yes, &databases, session).await,
        Work::New { name, lang } => new::new(name, lang, session),
        Work::Build { folder } => build::build(&folder, session).await,
        Work::Drop {
            pipeline,
            yes,
            databases,
        } => drop::drop(&pipeline, yes, &databases, session).await,
    }
}

/// The databases, if one of them has this name.
fn databases_with(name: &str, databases: &DatabaseArgs) -> Result<Arc<Databases>, Failure> {
    let databases = databases.databases()?;
    if databases.names().any(|known| known == name) {
        Ok(Arc::new(databases))
    } else {
        Err(unknown_database(name, &databases))
    }
}

/// Shows a plan that was refused, and turns the refusal into a failure that says what to do.
fn refused(refusal: Refusal, session: &Session, advice: &str) -> Failure {
    if !session.json() && !session.quiet() {
        eprint!("{}", output::report::tables(&refusal.report));
    }
    let Refusal { guards, report } = refusal;
    let reasons: Vec<String> = guards.iter().map(ToString::to_string).collect();
    let message = format!(
        "nothing was written, because {}; {advice}",
        reasons.join(", and ")
    );
    Failure::message(Kind::Guard, message).with_report(report)
}
