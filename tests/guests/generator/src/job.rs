//! What a run is asked for, and where its rows go.

use std::hint::black_box;

use anyhow::bail;
use lance_host_sdk::{Params, Row, Table};

use crate::numbers::{self, Numbers};
use crate::state::State;

/// The parameters that both workloads have.
pub struct Job {
    pub rows: u64,
    pub state: State,
    seed: u64,
    database: String,
    table: String,
    declared: bool,
}

impl Job {
    pub fn read(params: &Params) -> anyhow::Result<Self> {
        let workload = params.require("workload")?;
        params.require("rows")?;
        Ok(Self {
            rows: params.parse("rows")?.unwrap_or_default(),
            state: params.parse("state")?.unwrap_or(State::Base),
            seed: params.parse("seed")?.unwrap_or(20_240_607),
            database: params.get("database").unwrap_or("default").to_owned(),
            table: params.get("table").unwrap_or(workload).to_owned(),
            declared: match params.get("sink").unwrap_or("table") {
                "table" => true,
                "none" => false,
                other => bail!("no sink {other:?}: there are table and none"),
            },
        })
    }

    /// The rows of the state: what each one's key and values are made of.
    pub fn each(&self) -> impl Iterator<Item = (u64, Numbers)> + use<> {
        let (seed, rows, state) = (self.seed, self.rows, self.state);
        state.rows(rows).filter_map(move |row| {
            let version = state.version(row, rows)?;
            Some((numbers::key(seed, row), Numbers::new(seed, row, version)))
        })
    }

    /// Where the rows go.
    pub fn sink<R: Row>(&self) -> anyhow::Result<Sink<R>> {
        if !self.declared {
            return Ok(Sink(None));
        }
        Ok(Sink(Some(Table::declare(&self.database, &self.table)?)))
    }
}

/// A table, or nowhere.
pub struct Sink<R: Row>(Option<Table<R>>);

impl<R: Row> Sink<R> {
    /// Takes a row, which may borrow its values.
    pub fn take(&mut self, row: &impl Row<Columns = R::Columns>) -> anyhow::Result<()> {
        match &mut self.0 {
            Some(table) => table.declare_row(row)?,
            // Kept from being optimised away.
            None => {
                black_box(row);
            }
        }
        Ok(())
    }
}

/// Writes a key as text.
pub fn write_key(text: &mut String, key: u64) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    text.clear();
    text.push_str("doc-");
    for shift in (0..16).rev() {
        let digit = (key >> (shift * 4)) & 15;
        text.push(DIGITS.get(digit as usize).copied().map_or('?', char::from));
    }
}
