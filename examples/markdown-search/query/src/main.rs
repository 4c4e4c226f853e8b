//! Searches the table that the `markdown-search` pipeline keeps.
//!
//! An ordinary LanceDB program: it knows the table's name and columns, and
//! nothing of the host that keeps the table.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "tests may panic"
    )
)]

mod display;
mod search;

use clap::Parser;

/// Prints the passages that are nearest to a text.
#[derive(Parser)]
struct Args {
    /// The folder of the database, or its URI.
    #[arg(value_name = "DATABASE_DIR")]
    database: String,
    /// What to look for.
    text: String,
    /// How many passages to print at most.
    #[arg(long, value_name = "N", default_value_t = 5)]
    limit: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let passages = search::nearest(&args.database, &args.text, args.limit).await?;
    print!("{}", display::passages(&passages));
    Ok(())
}
