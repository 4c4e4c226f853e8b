//! A pipeline that declares as many rows as it is told, every one a pure function of a
//! seed, its index and its version: `xtask/bench/rows.py` makes the very same, and the
//! benchmark holds the tables against it.
//!
//! Parameters:
//!
//! | name | meaning | default |
//! | --- | --- | --- |
//! | `workload` | `docs`: narrow rows of text and numbers; `vectors`: text and an embedding | |
//! | `rows` | rows of the first state | |
//! | `state` | `base`, `c1`, `d1`, `e1` or `f1`, see [`state`] | `base` |
//! | `dim` | width of the embedding: 8, 64, 384 or 1024 | 384 |
//! | `seed` | a number that all rows depend on | 20240607 |
//! | `database` | where the table is | `default` |
//! | `table` | what it is called | the workload |
//! | `sink` | `table` to declare the rows, `none` to make them and forget them | `table` |
//!
//! With `sink=none` a run costs what the guest costs by itself.

mod documents;
mod job;
mod numbers;
mod passages;
mod state;
mod words;

use anyhow::bail;
use lance_host_sdk::Params;

use crate::job::Job;

#[lance_host_sdk::pipeline]
fn run(params: Params) -> anyhow::Result<()> {
    let job = Job::read(&params)?;
    match params.require("workload")? {
        "docs" => documents::declare(&job),
        "vectors" => match params.parse("dim")?.unwrap_or(384) {
            8 => passages::declare::<8>(&job),
            64 => passages::declare::<64>(&job),
            384 => passages::declare::<384>(&job),
            1024 => passages::declare::<1024>(&job),
            other => bail!("no embedding has {other} dimensions here, only 8, 64, 384 or 1024"),
        },
        other => bail!("no workload {other:?}: there are docs and vectors"),
    }
}
