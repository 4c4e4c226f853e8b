//! Runs a pipeline and compares what it declared with what is stored; writes nothing.
//!
//! The common part of `run` and `plan`.

use std::sync::Arc;

use lance_host_reconcile::{Declarations, Plan};
use lance_host_sandbox::Sandbox;

use crate::{
    adapter::Adapter,
    allocator,
    args::pipeline::PipelineArgs,
    cache,
    commands::compile::compile_command,
    display::Display,
    failure::{Failure, Kind},
    guest_output::GuestOutput,
    session::Session,
    told_once::told_once,
};

/// What a plan is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be looked at.
    Plan,
    /// To be committed.
    Run,
}

/// Runs the pipeline to its end and returns what would have to change.
pub async fn declare(
    args: &PipelineArgs,
    name: &str,
    purpose: Purpose,
    session: &Session,
) -> Result<Plan, Failure> {
    let display = Display::new(session);
    let plan = declared(args, name, purpose, session, &display).await;
    display.clear();
    plan
}

async fn declared(
    args: &PipelineArgs,
    name: &str,
    purpose: Purpose,
    session: &Session,
    display: &Display,
) -> Result<Plan, Failure> {
    // Everything that can be wrong with the command line comes first: compiling takes time.
    let databases = Arc::new(args.databases.databases()?);
    let options = args.run_options(name.to_owned(), purpose == Purpose::Run);
    let declarations = Declarations::new(databases.clone(), options, session.progress.clone())?;
    session.leftovers.get_or_init(|| declarations.leftovers());
    let limits = args.limits();
    let mut grants = args.grants();
    let prints = !session.quiet();
    if prints {
        let output = GuestOutput::new(name, display.clone());
        grants.output = Some(Arc::new(move |stream, bytes| output.write(stream, bytes)));
    }
    let cache = if args.no_cache {
        None
    } else {
        cache::directory()
    };

    display.loading(name)?;
    let kept = cache.is_some();
    let sandbox = Sandbox::new(compile_command()?, cache)?;
    let compiling = |size| {
        // The line is a courtesy.
        let _ = display.compiling(name, size, kept);
    };
    let component = sandbox.load_telling(&args.file, &limits, compiling).await?;

    display.running(name, session.progress.clone())?;
    let adapter = Adapter::new(declarations, databases);
    let ran = sandbox
        .run(
            &component,
            name,
            &args.params(),
            &grants,
            &limits,
            Box::new(adapter.clone()),
        )
        .await;
    let declarations = adapter.into_declarations();
    if let Err(error) = ran {
        if let Some(declarations) = declarations {
            declarations.discard().await;
        }
        let kind = Kind::from(&error);
        return Err(Failure::new(
            kind,
            told_once(error, prints && !session.json()),
        ));
    }
    let declarations = declarations.ok_or_else(|| {
        Failure::message(
            Kind::Internal,
            "the sandbox still holds the declarations of a run that has ended",
        )
    })?;
    // From here on other threads want memory, of other sizes.
    allocator::give_back_soon();
    Ok(declarations.plan().await?)
}
