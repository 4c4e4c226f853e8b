//! `cargo xtask torture`: kills runs by the thousand, and looks for anything lost or left behind.
//!
//! The behaviour tests do the same with a few kills; this only builds what they need and says how
//! many.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::guests;
use crate::process::{self, say};
use crate::setup;
use crate::workspace::{self, Half, Workspace};

/// The guest that declares what the test states.
const ROWS: &str = "guest-rows";

/// The test.
const TEST: &str = "torture::nothing_is_lost_and_nothing_left_behind_whatever_is_killed";

/// Arguments of `cargo xtask torture`.
#[derive(clap::Args)]
pub struct Args {
    /// How many runs are killed.
    #[arg(long, default_value_t = 1000)]
    kills: u32,
    /// Repeats the sequence of an earlier time. Places are the same then, moments nearly.
    #[arg(long)]
    seed: Option<u64>,
}

/// `cargo xtask torture`.
pub fn run(workspace: &Workspace, args: &Args) -> anyhow::Result<()> {
    let cargo = setup::rust(workspace)?;
    guests::build_rust(workspace, &cargo, &[ROWS])?;

    say("building the host and the tests");
    let mut build = cargo.command();
    build
        .arg("build")
        .args(workspace.select(Half::Host))
        .args(["--bins", "--tests"]);
    let host = workspace::binary(&workspace::build(&mut build)?, "lance-host")?;

    let seed = match args.seed {
        Some(seed) => seed,
        None => SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs(),
    };
    say(format!("killing {} runs, with seed {seed}", args.kills));
    let mut test = cargo.command();
    test.arg("test")
        .args(workspace.select(Half::Host))
        .args(["--test", "behaviour", "--", "--exact", "--nocapture", TEST])
        .env("LANCE_HOST_TORTURE", format!("{}:{seed}", args.kills))
        .env("LANCE_HOST_BIN", &host)
        .env("LANCE_HOST_GUESTS", workspace.component_folder());
    process::run(&mut test).map_err(|error| {
        error.context(format!(
            "something was lost or left behind; repeat it with --kills {} --seed {seed}",
            args.kills
        ))
    })
}
