//! Indexes.
//!
//! `indexes` has 300 rows `(n, text, group, tags, vector)`: the text is `number n`, the group n mod
//! 3, the tags are n mod 2, and the vector is n and 1. The vector has an index of the kind IVF_FLAT
//! by cosine, the text one for words, `n`, `group` and `tags` each a scalar one of another kind.

use lance_host_sdk::prelude::*;

#[derive(Row)]
struct Searched {
    #[row(key)]
    n: i64,
    text: String,
    group: u8,
    #[row(type = "list(int64)")]
    tags: [i64; 1],
    vector: [f32; 2],
}

pub fn indexes() -> anyhow::Result<()> {
    let mut table = Table::<Searched>::declare("default", "indexes")?;
    let vector = VectorIndex::ivf_flat()
        .metric(Metric::Cosine)
        .num_partitions(2);
    table.declare_vector_index("vector", vector)?;
    let words = FtsIndex::default()
        .tokenizer(Tokenizer::Whitespace)
        .stop_words(["the"])
        .stem(false)
        .with_position(true);
    table.declare_fts_index("text", words)?;
    table.declare_scalar_index("n", ScalarIndex::BTree)?;
    table.declare_scalar_index("group", ScalarIndex::Bitmap)?;
    table.declare_scalar_index("tags", ScalarIndex::LabelList)?;
    for n in 0..300_u16 {
        table.declare_row(&Searched {
            n: n.into(),
            text: format!("number {n}"),
            group: u8::try_from(n % 3)?,
            tags: [i64::from(n % 2)],
            vector: [n.into(), 1.0],
        })?;
    }
    Ok(())
}

pub fn unknown_column() -> anyhow::Result<()> {
    let table = Table::<Searched>::declare("default", "index-column")?;
    table.declare_fts_index("txt", FtsIndex::default())?;
    Ok(())
}

pub fn wrong_setting() -> anyhow::Result<()> {
    let table = Table::<Searched>::declare("default", "index-setting")?;
    table.declare_vector_index("vector", VectorIndex::ivf_flat().num_partitions(0))?;
    Ok(())
}
