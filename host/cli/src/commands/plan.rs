//! `plan`: what `run` with the same flags would change. Writes nothing.

use crate::{
    args::pipeline::PipelineArgs,
    exit::Exit,
    failure::Failure,
    output::report::{Json, text},
    pipeline::{Purpose, declare},
    session::Session,
};

/// Runs the pipeline and shows what would change.
pub async fn plan(args: &PipelineArgs, session: &Session) -> Result<Exit, Failure> {
    let name = args.name()?;
    let plan = declare(args, &name, Purpose::Plan, session)
        .await
        .map_err(|failure| failure.of_pipeline(&name))?;
    let report = plan.report();
    if session.json() {
        session.print_json(&Json::new(&report, plan.guards(), session.elapsed()))?;
    } else if !session.quiet() {
        session.print(&text(&report, session.elapsed()))?;
        if !args.allow_destructive {
            for guard in plan.guards() {
                eprintln!("note: run will refuse this without --allow-destructive: {guard}");
            }
        }
    }
    Ok(if plan.has_changes() {
        Exit::Changes
    } else {
        Exit::Done
    })
}
