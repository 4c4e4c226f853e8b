//! Structs in their variety, and tables in theirs.

use std::borrow::Cow;
use std::collections::HashMap;

use lance_host_sdk::prelude::*;

#[derive(Row)]
pub struct Numbered {
    #[row(key)]
    pub id: i64,
}

#[derive(Row)]
struct Borrowed<'a, T> {
    #[row(key)]
    id: &'a str,
    text: Cow<'a, str>,
    #[row(dimension = 2)]
    vector: T,
}

pub fn borrowed() -> anyhow::Result<()> {
    let mut table = Table::<Borrowed<&[f32]>>::declare("default", "borrowed")?;
    for (id, vector) in [("a", [1.0_f32, 2.0]), ("b", [3.0, 4.0])] {
        let text = format!("text of {id}");
        table.declare_row(&Borrowed {
            id,
            text: Cow::Borrowed(&text),
            vector: vector.as_slice(),
        })?;
    }
    Ok(())
}

#[derive(Row)]
struct Renamed {
    #[row(key, rename = "Id")]
    id: &'static str,
    r#type: i64,
    #[row(skip)]
    seen: usize,
}

pub fn renamed() -> anyhow::Result<()> {
    let mut table = Table::<Renamed>::declare("default", "renamed")?;
    let row = Renamed {
        id: "x",
        r#type: 7,
        seen: 1,
    };
    table.declare_row(&row)?;
    println!("rows seen: {}", row.seen);
    Ok(())
}

pub fn dropped() -> anyhow::Result<()> {
    let mut table = Table::<Numbered>::declare("default", "dropped")?;
    table.declare_row(&Numbered { id: 1 })?;
    drop(table);
    Ok(())
}

#[derive(Row)]
struct Described {
    #[row(key, metadata("unit" = "m"))]
    id: i64,
}

pub fn metadata() -> anyhow::Result<()> {
    let mut table = Table::<Described>::declare("default", "metadata")?;
    table.declare_row(&Described { id: 1 })?;
    Ok(())
}

#[derive(Row)]
struct Counted {
    #[row(key)]
    id: i64,
    counts: HashMap<u32, u32>,
}

pub fn hash_map() -> anyhow::Result<()> {
    let mut table = Table::<Counted>::declare("default", "hash-map")?;
    let counts: HashMap<u32, u32> = (0..100).map(|n| (n, n)).collect();
    table.declare_row(&Counted { id: 1, counts })?;
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
