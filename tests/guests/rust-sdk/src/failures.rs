//! Cases that fail.

use anyhow::{Context, anyhow};
use lance_host_sdk::prelude::*;
use lance_host_sdk::{Column, DynamicTable, TableSchema};
use serde_json::json;

use crate::tables::Numbered;

#[derive(Row)]
struct Vector {
    #[row(key)]
    id: i64,
    #[row(dimension = 2)]
    vector: Vec<f32>,
}

pub fn wrong_dimension() -> anyhow::Result<()> {
    let mut table = Table::<Vector>::declare("default", "wrong-dimension")?;
    for (id, items) in [(0, 2), (1, 3)] {
        let vector = vec![0.0; items];
        table.declare_row(&Vector { id, vector })?;
    }
    Ok(())
}

/// A table of the columns `id` and another.
fn two_columns(name: &str, column: Column) -> anyhow::Result<DynamicTable> {
    let schema = TableSchema::new([Column::new("id", "int64"), column]).primary_key(["id"]);
    Ok(DynamicTable::declare("default", name, &schema)?)
}

pub fn wrong_type() -> anyhow::Result<()> {
    let mut table = two_columns("wrong-type", Column::new("number", "int64"))?;
    table.declare_row(&json!({"id": 0, "number": 1}))?;
    table.declare_row(&json!({"id": 1, "number": "many"}))?;
    Ok(())
}

pub fn missing_column() -> anyhow::Result<()> {
    let mut table = two_columns("missing-column", Column::new("name", "utf8"))?;
    table.declare_row(&json!({"id": 0, "name": "a"}))?;
    table.declare_row(&json!({"id": 1}))?;
    Ok(())
}

#[derive(Row)]
struct Named {
    #[row(key)]
    id: i64,
    name: &'static str,
}

pub fn duplicate_table() -> anyhow::Result<()> {
    Table::<Numbered>::declare("default", "duplicate-table")?;
    Table::<Named>::declare("default", "duplicate-table")?;
    Ok(())
}

pub fn duplicate_key() -> anyhow::Result<()> {
    let mut table = Table::<Named>::declare("default", "duplicate-key")?;
    for name in ["a", "b"] {
        table.declare_row(&Named { id: 1, name })?;
    }
    Ok(())
}

pub fn unknown_database() -> anyhow::Result<()> {
    Table::<Numbered>::declare("nowhere", "unknown-database")?;
    Ok(())
}

pub fn unknown_setting() -> anyhow::Result<()> {
    Table::<Numbered>::builder("default", "unknown-setting")
        .setting("colour", "blue")
        .declare()?;
    Ok(())
}

pub fn unknown_index() -> anyhow::Result<()> {
    let table = Table::<Numbered>::declare("default", "unknown-index")?;
    table.declare_scalar_index("nowhere", ScalarIndex::BTree)?;
    Ok(())
}

pub fn error() -> anyhow::Result<()> {
    one_row("error")?;
    Err(anyhow!("inner")).context("middle").context("outer")
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
