//! Runs that fail, and one that goes on.

use std::fmt::Display;

use anyhow::ensure;
use lance_host_sdk::prelude::*;
use serde::{Serialize, Serializer, ser::Error as _};

use crate::rows::Numbered;

#[derive(Row)]
struct Vector {
    #[row(key)]
    id: i64,
    #[row(dimension = 2)]
    vector: Vec<f32>,
}

pub fn skipped_row() -> anyhow::Result<()> {
    let mut table = Table::<Vector>::declare("default", "skipped-row")?;
    for (id, items) in [(0, 2), (1, 3), (2, 2)] {
        let vector = vec![id as f32; items];
        if let Err(error) = table.declare_row(&Vector { id, vector }) {
            ensure!(error.code() == "dimension-mismatch", "{error}");
            ensure!(error.table() == Some("default/skipped-row"), "{error}");
            ensure!(error.column() == Some("vector"), "{error}");
            ensure!(error.row() == Some(1), "{error}");
        }
    }
    Ok(())
}

pub fn empty_vector() -> anyhow::Result<()> {
    let mut table = Table::<Vector>::declare("default", "empty-vector")?;
    let vector = Vec::new();
    table.declare_row(&Vector { id: 0, vector })?;
    Ok(())
}

#[derive(Row)]
struct Small {
    #[row(key)]
    id: i64,
    #[row(type = "int8")]
    number: i64,
}

pub fn too_large() -> anyhow::Result<()> {
    let mut table = Table::<Small>::declare("default", "too-large")?;
    for (id, number) in [(0, -128), (1, 300)] {
        table.declare_row(&Small { id, number })?;
    }
    Ok(())
}

#[derive(Row)]
struct Encoded {
    #[row(key)]
    id: i64,
    #[row(type = "int8", encode = "digit")]
    letter: char,
}

fn digit(letter: &char) -> Result<u32, String> {
    letter
        .to_digit(10)
        .ok_or_else(|| format!("{letter:?} is no digit"))
}

pub fn encoder() -> anyhow::Result<()> {
    let mut table = Table::<Encoded>::declare("default", "encoder")?;
    table.declare_row(&Encoded { id: 0, letter: 'x' })?;
    Ok(())
}

#[derive(Row)]
struct More {
    #[row(key)]
    id: i64,
    more: Option<i64>,
}

pub fn schema_change(params: &Params) -> anyhow::Result<()> {
    if params.get("more").is_some() {
        Table::<More>::builder("default", "schema-change")
            .on_schema_change(OnSchemaChange::Fail)
            .declare()?
            .declare_row(&More { id: 1, more: None })?;
    } else {
        one_row("schema-change")?;
    }
    Ok(())
}

#[derive(Row)]
struct Broken {
    #[row(key)]
    id: i64,
    #[row(json)]
    value: Unserializable,
}

struct Unserializable;

impl Serialize for Unserializable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("it is broken on purpose"))
    }
}

pub fn broken_json() -> anyhow::Result<()> {
    let mut table = Table::<Broken>::declare("default", "broken-json")?;
    table.declare_row(&Broken {
        id: 1,
        value: Unserializable,
    })?;
    Ok(())
}

#[expect(clippy::panic, reason = "a panic is what is tested")]
pub fn panic() -> anyhow::Result<()> {
    one_row("panic")?;
    panic!("the guest panicked on purpose");
}

fn one_row(table: &str) -> anyhow::Result<()> {
    let mut table = Table::<Numbered>::declare("default", table)?;
    table.declare_row(&Numbered { id: 1 })?;
    Ok(())
}

pub fn param_required(params: &Params) -> anyhow::Result<()> {
    say(params.require("needed")?)
}

pub fn param_number(params: &Params) -> anyhow::Result<()> {
    say(params.parse::<u32>("number")?.unwrap_or_default())
}

fn say(value: impl Display) -> anyhow::Result<()> {
    println!("{value}");
    Ok(())
}
