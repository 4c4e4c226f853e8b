//! The rows of `cargo xtask bench --guests` in Rust; `xtask/bench/guests.py` describes them.

use std::fmt::Write;
use std::hint::black_box;

use anyhow::bail;
use lance_host_sdk::{Params, Row, Table};

const CITIES: [&str; 8] = [
    "Aachen", "Bern", "Celle", "Dresden", "Erfurt", "Fulda", "Gera", "Hanau",
];
const DIMENSION: usize = 384;

#[derive(Row)]
struct Narrow<'a> {
    #[row(key)]
    id: i64,
    name: &'a str,
    city: &'a str,
    score: f64,
    visits: i64,
    active: bool,
    rating: Option<f64>,
    note: Option<&'a str>,
}

#[derive(Row)]
struct Vectors<'a> {
    #[row(key)]
    id: i64,
    embedding: &'a [f32; DIMENSION],
}

#[lance_host_sdk::pipeline]
fn run(params: Params) -> anyhow::Result<()> {
    let rows = params.parse("rows")?.unwrap_or(1000);
    let declared = match params.require("by")? {
        "none" => false,
        "sdk" => true,
        other => bail!("no way {other:?}: there are none and sdk"),
    };
    match params.require("shape")? {
        "narrow" => narrow(rows, declared),
        "vectors" => vectors(rows, declared),
        other => bail!("no shape {other:?}: there are narrow and vectors"),
    }
}

fn narrow(rows: i64, declared: bool) -> anyhow::Result<()> {
    let mut table = declared
        .then(|| Table::<Narrow>::declare("default", "narrow"))
        .transpose()?;
    let mut name = String::new();
    for id in 0..rows {
        name.clear();
        write!(name, "person {id}")?;
        let row = Narrow {
            id,
            name: &name,
            city: CITIES.get((id % 8) as usize).copied().unwrap_or_default(),
            score: id as f64 / 4.0,
            visits: id * 7 % 1000,
            active: id % 2 == 0,
            rating: (id % 3 != 0).then_some(id as f64 / 8.0),
            note: (id % 4 == 0).then_some("a note"),
        };
        match &mut table {
            Some(table) => table.declare_row(&row)?,
            None => {
                black_box(&row);
            }
        }
    }
    Ok(())
}

fn vectors(rows: i64, declared: bool) -> anyhow::Result<()> {
    let mut table = declared
        .then(|| Table::<Vectors>::declare("default", "vectors"))
        .transpose()?;
    let mut embedding = [0.0; DIMENSION];
    for (place, item) in embedding.iter_mut().enumerate() {
        *item = place as f32 / 7.0;
    }
    for id in 0..rows {
        embedding[0] = id as f32;
        let row = Vectors {
            id,
            embedding: &embedding,
        };
        match &mut table {
            Some(table) => table.declare_row(&row)?,
            None => {
                black_box(&row);
            }
        }
    }
    Ok(())
}
