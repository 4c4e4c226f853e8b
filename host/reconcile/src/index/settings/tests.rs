//! What settings mean, and what is said of those that cannot stand.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field};

use super::*;
use crate::index::kind::Kind;

fn vector(item: DataType, size: i32) -> DataType {
    DataType::FixedSizeList(Arc::new(Field::new("item", item, false)), size)
}

fn list(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("item", item, true)))
}

fn settings(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
    pairs.iter().map(owned).collect()
}

fn read(kind: &str, pairs: &[(&str, &str)]) -> Result<(Parameters, Canonical), Problem> {
    let data_type = match kind {
        "fts" => DataType::Utf8,
        "btree" => DataType::Int64,
        _ => vector(DataType::Float32, 48),
    };
    parse(Kind::named(kind).unwrap(), &data_type, &settings(pairs))
}

fn vector_parameters(kind: &str, pairs: &[(&str, &str)]) -> VectorParameters {
    match read(kind, pairs).unwrap().0 {
        Parameters::Vector(parameters) => parameters,
        other => panic!("{other:?}"),
    }
}

fn problem(kind: &str, pairs: &[(&str, &str)]) -> String {
    let problem = read(kind, pairs).unwrap_err();
    format!("{:?}: {}", problem.code, problem.message)
}

#[test]
fn defaults_are_those_of_lancedb_but_for_the_metric_and_positions() {
    let parameters = vector_parameters("ivf-hnsw-pq", &[]);
    assert_eq!(
        parameters,
        VectorParameters {
            metric: Metric::Cosine,
            num_partitions: None,
            target_partition_size: None,
            sample_rate: 256,
            max_iterations: 50,
            quantization: Quantization::Product {
                sub_vectors: 3,
                bits: 8,
            },
            hnsw: Some(Hnsw {
                m: 20,
                ef_construction: 300,
            }),
        }
    );
    let Parameters::Fts(fts) = read("fts", &[]).unwrap().0 else {
        panic!("a full-text index has other parameters");
    };
    assert_eq!(*fts, FtsIndexBuilder::default().with_position(true));
}

#[test]
fn only_what_differs_from_a_default_is_kept_in_one_spelling() {
    let (_, canonical) = read(
        "ivf-pq",
        &[
            ("metric", "DOT"),
            ("num-partitions", "004"),
            ("sample-rate", "256"),
        ],
    )
    .unwrap();
    let expected = [("metric", "dot"), ("num-partitions", "4")];
    assert_eq!(canonical, settings(&expected).into_iter().collect());
    let (_, canonical) = read(
        "fts",
        &[
            ("language", "french"),
            ("stop-words", r#"[ "le",  "la" ]"#),
            ("stem", "true"),
        ],
    )
    .unwrap();
    let expected = [("language", "French"), ("stop-words", r#"["le","la"]"#)];
    assert_eq!(canonical, settings(&expected).into_iter().collect());
}

#[test]
fn the_form_that_is_kept_reads_back_as_the_same() {
    let cases: [(&str, &[(&str, &str)]); 4] = [
        (
            "ivf-rq",
            &[("num-bits", "1"), ("target-partition-size", "9")],
        ),
        (
            "ivf-hnsw-sq",
            &[("m", "8"), ("ef-construction", "50"), ("metric", "dot")],
        ),
        ("fts", &[("max-token-length", "none"), ("tokenizer", "icu")]),
        (
            "fts",
            &[("tokenizer", "ngram"), ("ngram-min", "5"), ("stem", "true")],
        ),
    ];
    for (kind, pairs) in cases {
        let (parameters, canonical) = read(kind, pairs).unwrap();
        let kept: Vec<_> = canonical.clone().into_iter().collect();
        let kept: Vec<_> = kept.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(read(kind, &kept).unwrap(), (parameters, canonical));
    }
}

#[test]
fn every_tokenizer_and_language_is_taken() {
    for tokenizer in [
        "simple",
        "whitespace",
        "raw",
        "ngram",
        "icu",
        "icu/split",
        "code",
    ] {
        read("fts", &[("tokenizer", tokenizer)]).unwrap();
    }
    for language in ["Arabic", "Danish", "German", "Tamil", "Turkish"] {
        let without = [("language", language), ("remove-stop-words", "false")];
        read("fts", &without).unwrap();
    }
}

#[test]
fn an_index_needs_as_many_vectors_as_its_parameters_ask_for() {
    let needs = |kind, pairs: &[_]| vector_parameters(kind, pairs).min_vectors();
    assert_eq!(needs("ivf-flat", &[]), 1);
    assert_eq!(needs("ivf-sq", &[("num-partitions", "7")]), 7);
    assert_eq!(needs("ivf-pq", &[]), 256);
    assert_eq!(needs("ivf-pq", &[("num-bits", "4")]), 16);
    assert_eq!(needs("ivf-pq", &[("num-partitions", "4")]), 1024);
    let pairs = [("num-partitions", "4"), ("sample-rate", "10")];
    assert_eq!(needs("ivf-hnsw-pq", &pairs), 256);
}

#[test]
fn four_bits_choose_an_even_number_of_sub_vectors() {
    for (size, expected) in [(48, 6), (64, 4), (40, 10), (6, 2)] {
        let data_type = vector(DataType::Float32, size);
        let pairs = settings(&[("num-bits", "4")]);
        let parsed = parse(Kind::named("ivf-pq").unwrap(), &data_type, &pairs).unwrap();
        let Parameters::Vector(parameters) = parsed.0 else {
            panic!("a vector index has other parameters");
        };
        let expected = Quantization::Product {
            sub_vectors: expected,
            bits: 4,
        };
        assert_eq!(parameters.quantization, expected);
    }
}

#[test]
fn lists_of_vectors_and_bytes_have_their_only_metric() {
    let metric = |data_type: &DataType, pairs: &[(&str, &str)]| {
        let kind = Kind::named("ivf-flat").unwrap();
        match parse(kind, data_type, &settings(pairs)) {
            Ok((Parameters::Vector(parameters), _)) => parameters.metric.to_string(),
            Ok(other) => panic!("{other:?}"),
            Err(problem) => problem.message,
        }
    };
    let lists = list(vector(DataType::Float16, 8));
    let bytes = vector(DataType::UInt8, 8);
    assert_eq!(metric(&lists, &[]), "cosine");
    assert_eq!(metric(&bytes, &[]), "hamming");
    insta::assert_snapshot!(metric(&lists, &[("metric", "l2")]), @r#"setting metric has no value "l2" for a list of vectors; known: cosine"#);
    insta::assert_snapshot!(metric(&bytes, &[("metric", "dot")]), @r#"setting metric has no value "dot" for a vector of uint8; known: hamming"#);
}

#[test]
fn settings_that_cannot_stand_are_told() {
    let problems = [
        problem("btree", &[("stem", "true")]),
        problem("ivf-flat", &[("m", "20")]),
        problem("ivf-flat", &[("metric", "l2"), ("metric", "l2")]),
        problem("ivf-flat", &[("metric", "hamming")]),
        problem("ivf-flat", &[("num-partitions", "0")]),
        problem("ivf-flat", &[("num-partitions", "many")]),
        problem(
            "ivf-flat",
            &[("num-partitions", "2"), ("target-partition-size", "9")],
        ),
        problem("ivf-pq", &[("num-bits", "6")]),
        problem("ivf-pq", &[("num-sub-vectors", "5")]),
        problem("ivf-pq", &[("num-sub-vectors", "3"), ("num-bits", "4")]),
        problem("ivf-rq", &[("num-bits", "10")]),
        problem("fts", &[("tokenizer", "jieba/default")]),
        problem("fts", &[("language", "Klingon")]),
        problem("fts", &[("stem", "yes")]),
        problem("fts", &[("max-token-length", "0")]),
        problem("fts", &[("stop-words", "a, b")]),
        problem("fts", &[("ngram-min", "2")]),
        problem(
            "fts",
            &[
                ("tokenizer", "ngram"),
                ("ngram-min", "4"),
                ("ngram-max", "2"),
            ],
        ),
        problem("fts", &[("document", "item")]),
    ];
    insta::assert_snapshot!(problems.join("\n"), @r#"
    Unsupported: an index of kind btree has no settings, and "stem" is given
    Unsupported: an index of kind ivf-flat has no setting "m"; known: metric, num-partitions, target-partition-size, sample-rate, max-iterations
    InvalidValue: setting metric is given twice
    Unsupported: setting metric has no value "hamming" for a vector of floating-point numbers; known: l2, cosine, dot
    InvalidValue: setting num-partitions is "0"; give a whole number from 1 to 8192
    InvalidValue: setting num-partitions is "many"; give a whole number from 1 to 8192
    InvalidValue: settings num-partitions and target-partition-size exclude each other; give one
    InvalidValue: setting num-bits is 6; give 4 or 8
    InvalidValue: setting num-sub-vectors is 5, which does not divide the 48 items of a vector
    InvalidValue: setting num-bits is 4, which needs an even number of sub-vectors, and vectors of 48 items have 3; give num-bits 8, or another num-sub-vectors
    InvalidValue: setting num-bits is "10"; give a whole number from 1 to 9
    Unsupported: setting tokenizer has no value "jieba/default"; known: simple, whitespace, raw, ngram, icu, icu/split, code
    Unsupported: setting language has no value "Klingon"; known: Arabic, Danish, Dutch, English, Finnish, French, German, Greek, Hungarian, Italian, Norwegian, Portuguese, Romanian, Russian, Spanish, Swedish, Tamil, Turkish
    InvalidValue: setting stem is "yes"; give true or false
    InvalidValue: setting max-token-length is "0"; give a whole number from 1, or none
    InvalidValue: setting stop-words is not a JSON list of text
    Unsupported: an index of kind fts has no setting "ngram-min"; known: tokenizer, language, max-token-length, lower-case, stem, remove-stop-words, stop-words, ascii-folding, with-position
    InvalidValue: setting ngram-min is 4, which is more than ngram-max, 2
    Unsupported: an index of kind fts has no setting "document"; known: tokenizer, language, max-token-length, lower-case, stem, remove-stop-words, stop-words, ascii-folding, with-position
    "#);
}
