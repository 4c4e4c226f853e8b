//! Tables of several kinds.

use lance_host_sdk::prelude::*;
use lance_host_sdk::{Column, DynamicTable, TableSchema};
use serde_json::json;

#[derive(Row)]
pub struct Numbered {
    #[row(key)]
    pub id: i64,
}

#[derive(Row)]
struct Composite {
    #[row(key)]
    tenant: &'static str,
    #[row(key)]
    number: i64,
    text: &'static str,
}

pub fn composite() -> anyhow::Result<()> {
    let mut table = Table::<Composite>::declare("default", "composite")?;
    for (tenant, number, text) in [("a", 1, "a1"), ("a", 2, "a2"), ("b", 1, "b1")] {
        table.declare_row(&Composite {
            tenant,
            number,
            text,
        })?;
    }
    Ok(())
}

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

pub fn empty() -> anyhow::Result<()> {
    Table::<Numbered>::declare("default", "empty")?;
    Ok(())
}

pub fn two_tables() -> anyhow::Result<()> {
    let mut even = Table::<Numbered>::declare("default", "even")?;
    let mut odd = Table::<Numbered>::declare("default", "odd")?;
    for id in 0..10 {
        let table = if id % 2 == 0 { &mut even } else { &mut odd };
        table.declare_row(&Numbered { id })?;
    }
    Ok(())
}

pub fn user() -> anyhow::Result<()> {
    let mut table = Table::<Numbered>::builder("default", "user")
        .managed_by(ManagedBy::User)
        .declare()?;
    table.declare_row(&Numbered { id: 1 })?;
    Ok(())
}

#[derive(Row)]
struct Param<'a> {
    #[row(key)]
    position: i64,
    name: &'a str,
    value: &'a str,
}

pub fn params(params: &Params) -> anyhow::Result<()> {
    let mut table = Table::<Param>::declare("default", "params")?;
    for (position, (name, value)) in (0..).zip(params.iter()) {
        table.declare_row(&Param {
            position,
            name,
            value,
        })?;
    }
    Ok(())
}

pub fn explicit() -> anyhow::Result<()> {
    let schema = TableSchema::new([
        Column::new("id", "int64"),
        Column::new("name", "utf8").nullable(),
        Column::new("small", "int32"),
        Column::new("vector", "vector(float32, 2)"),
    ])
    .primary_key(["id"]);
    let mut table = DynamicTable::declare("default", "explicit", &schema)?;
    table.declare_row(&json!({"id": 1, "name": "one", "small": 10, "vector": [1, 2]}))?;
    table.declare_row(&json!({"vector": [3, 4], "small": 20, "id": 2}))?;
    Ok(())
}

#[derive(Row)]
struct Searched {
    #[row(key)]
    id: i64,
    kind: &'static str,
    text: &'static str,
    vector: [f32; 2],
}

pub fn indexes() -> anyhow::Result<()> {
    let mut table = Table::<Searched>::declare("default", "indexes")?;
    table.declare_scalar_index("id", ScalarIndex::BTree)?;
    table.declare_scalar_index("kind", ScalarIndex::Bitmap)?;
    table.declare_fts_index("text", FtsIndex::default().language("French"))?;
    let vector = VectorIndex::ivf_flat()
        .metric(Metric::Cosine)
        .num_partitions(1);
    table.declare_vector_index("vector", vector)?;
    for (id, kind, text, vector) in [
        (1, "a", "un chat noir", [1.0, 0.0]),
        (2, "b", "des chiens blancs", [0.0, 1.0]),
    ] {
        table.declare_row(&Searched {
            id,
            kind,
            text,
            vector,
        })?;
    }
    Ok(())
}
