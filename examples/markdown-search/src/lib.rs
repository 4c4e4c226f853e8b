//! A folder of Markdown as a LanceDB table that can be searched.
//!
//! Every file below the parameter `root` (`/docs` if nothing is said) whose name
//! ends in `.md` is split into passages, and each passage becomes a row. What
//! the run no longer declares, because a file was changed or removed, the host
//! deletes.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "tests may panic"
    )
)]

mod files;
mod passages;

use std::path::Path;

use lance_host_sdk::prelude::*;
use markdown_search_embedding::{DIMENSIONS, embed};

use files::File;
use passages::Splitter;

/// A passage of a file. Borrows what the file already holds.
#[derive(Row)]
struct Document<'a> {
    /// `path#position`.
    #[row(key)]
    id: String,
    /// Below the root.
    path: &'a str,
    /// The nearest heading above, if there is one.
    heading: Option<&'a str>,
    text: &'a str,
    /// Counts the passages of a file from 0.
    position: i64,
    embedding: [f32; DIMENSIONS],
}

#[lance_host_sdk::pipeline]
fn run(params: Params) -> anyhow::Result<()> {
    let root = Path::new(params.get("root").unwrap_or("/docs"));
    let splitter = Splitter::new();
    let mut documents = Table::<Document>::declare("default", "documents")?;
    for file in files::markdown(root) {
        let File { path, text } = file?;
        for (position, passage) in (0..).zip(splitter.passages(&text)) {
            let heading = passage.heading.as_deref();
            // The heading tells what a passage is about, and may stand outside it.
            let topic = heading.unwrap_or_default();
            documents.declare_row(&Document {
                id: format!("{path}#{position}"),
                path: &path,
                heading,
                text: passage.text,
                position,
                embedding: embed(&format!("{topic}\n{}", passage.text)),
            })?;
        }
    }
    Ok(())
}
