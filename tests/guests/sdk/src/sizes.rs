//! What fits a batch, and what does not.

use lance_host_sdk::prelude::*;

use crate::rows::Numbered;

#[derive(Row)]
struct Text {
    #[row(key)]
    id: i64,
    text: String,
}

pub fn batches() -> anyhow::Result<()> {
    let mut table = Table::<Text>::declare("default", "batches")?;
    for id in 0..30_000 {
        let text = "x".repeat(100);
        table.declare_row(&Text { id, text })?;
    }
    Ok(())
}

pub fn large() -> anyhow::Result<()> {
    const LARGE: usize = 3 << 20;
    let mut table = Table::<Text>::declare("default", "large")?;
    for (id, letter, length) in [(0, "a", LARGE), (1, "b", 1), (2, "c", LARGE)] {
        let text = letter.repeat(length);
        table.declare_row(&Text { id, text })?;
    }
    Ok(())
}

pub fn flush() -> anyhow::Result<()> {
    let mut table = Table::<Numbered>::declare("default", "flush")?;
    for id in [1, 2] {
        table.declare_row(&Numbered { id })?;
        table.flush()?;
    }
    Ok(())
}

pub fn empty() -> anyhow::Result<()> {
    Table::<Numbered>::declare("default", "empty")?;
    Ok(())
}
