//! Indexes.
//!
//! `indexes` has 300 rows `(n, text, group, tags, vector)`: the text is `number n`, the group n mod
//! 3, the tags are n mod 2, and the vector is n and 1. The vector has an index of the kind IVF_FLAT
//! by cosine, the text one for words, `n`, `group` and `tags` each a scalar one of another kind.
//!
//! `index-options` has 300 rows `(n, …)`: vectors `v0`, `v1` and so on of 8 numbers with an index of
//! each kind, `bits` of 8 bytes with one by Hamming distance, and texts `t0`, `t1` and so on with an
//! index of each tokenizer. Together they have every setting.

use lance_host_sdk::prelude::*;
use lance_host_sdk::{Column, DynamicTable, TableSchema};
use serde_json::json;

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

pub fn options() -> anyhow::Result<()> {
    let vectors = [
        VectorIndex::ivf_flat().metric(Metric::L2).num_partitions(2),
        VectorIndex::ivf_sq().target_partition_size(256),
        VectorIndex::ivf_pq()
            .metric(Metric::Dot)
            .num_sub_vectors(2)
            .num_bits(8),
        VectorIndex::ivf_rq().num_bits(1),
        VectorIndex::ivf_hnsw_flat().m(8).ef_construction(20),
        VectorIndex::ivf_hnsw_sq().sample_rate(128),
        VectorIndex::ivf_hnsw_pq()
            .metric(Metric::Cosine)
            .num_sub_vectors(4)
            .max_iterations(5),
    ];
    let texts = [
        FtsIndex::default()
            .tokenizer(Tokenizer::Simple)
            .language("German")
            .lower_case(true)
            .stem(true)
            .remove_stop_words(true)
            .ascii_folding(false)
            .with_position(true)
            .max_token_length(Some(20)),
        FtsIndex::default()
            .tokenizer(Tokenizer::Whitespace)
            .stop_words(["the"])
            .max_token_length(None),
        FtsIndex::default().tokenizer(Tokenizer::Raw),
        FtsIndex::default()
            .tokenizer(Tokenizer::Ngram)
            .ngram_min(2)
            .ngram_max(4)
            .ngram_prefix_only(true),
        FtsIndex::default().tokenizer(Tokenizer::Icu),
        FtsIndex::default().tokenizer(Tokenizer::IcuSplit),
        FtsIndex::default().tokenizer(Tokenizer::Code),
    ];
    let mut columns = vec![
        Column::new("n", "int64"),
        Column::new("bits", "vector(uint8, 8)"),
    ];
    let names = |letter: char, count: usize| (0..count).map(move |i| format!("{letter}{i}"));
    for name in names('v', vectors.len()) {
        columns.push(Column::new(name, "vector(float32, 8)"));
    }
    for name in names('t', texts.len()) {
        columns.push(Column::new(name, "utf8"));
    }
    let schema = TableSchema::new(columns).primary_key(["n"]);
    let mut table = DynamicTable::declare("default", "index-options", &schema)?;

    table.declare_vector_index("bits", VectorIndex::ivf_flat().metric(Metric::Hamming))?;
    let (vector_names, text_names) = (names('v', vectors.len()), names('t', texts.len()));
    for (name, index) in vector_names.zip(vectors.clone()) {
        table.declare_vector_index(&name, index)?;
    }
    for (name, index) in text_names.zip(texts.clone()) {
        table.declare_fts_index(&name, index)?;
    }
    for n in 0..300_i64 {
        let mut row = vec![json!(n), json!([n % 256, n % 7, 0, 0, 0, 0, 0, 1])];
        let vector = json!([n, n % 7, n % 11, n % 13, 1, 1, 1, 1]);
        row.extend(vectors.iter().map(|_| vector.clone()));
        row.extend(texts.iter().map(|_| json!(format!("number {n}"))));
        table.declare_row(&row)?;
    }
    Ok(())
}
