//! Arbitrary columns never panic: they become arrays that hold what Arrow promises, or an error.

use arrow::array::{Array, RecordBatch};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{TableShape, record_batch};
use crate::{
    bindings::lance_host::pipeline::types::{Column, Field},
    limits::Limits,
};

const TYPES: [&str; 8] = [
    "bool",
    "int64",
    "float64",
    "utf8",
    "binary",
    "json",
    "vector(float32, 1)",
    "vector(float32, 3)",
];

/// Sizes near each other, so that many of them fit.
fn any_column() -> impl Strategy<Value = Column> {
    let length = prop_oneof![9 => 0..20u32, 1 => any::<u32>()];
    let buffers = vec(vec(any::<u8>(), 0..80), 0..3);
    (length, option::of(vec(any::<u8>(), 0..4)), buffers).prop_map(|(length, validity, buffers)| {
        Column {
            length,
            validity,
            buffers,
        }
    })
}

/// A column with the right sizes for its type, so that what is in the buffers gets its turn.
fn likely_column(data_type: &'static str) -> impl Strategy<Value = Column> {
    (0..12usize).prop_flat_map(move |length| {
        let validity = option::of(vec(any::<u8>(), length.div_ceil(8)));
        let fixed = |size| vec(any::<u8>(), size).prop_map(|bytes| vec![bytes]).boxed();
        let buffers = match data_type {
            "bool" => fixed(length.div_ceil(8)),
            "int64" | "float64" => fixed(length * 8),
            "vector(float32, 1)" => fixed(length * 4),
            "vector(float32, 3)" => fixed(length * 12),
            _ => (
                vec(-1..6i32, length),
                vec(select(b"{}[]1\" \xc3\xb6".as_slice()), 0..24),
            )
                .prop_map(|(steps, bytes)| {
                    let mut offsets = vec![0i32];
                    offsets.extend(steps.iter().scan(0, |end, step| {
                        *end += step;
                        Some(*end)
                    }));
                    let end = usize::try_from(offsets[offsets.len() - 1]).unwrap_or_default();
                    let bytes = bytes.into_iter().cycle().take(end).collect();
                    vec![
                        offsets
                            .iter()
                            .flat_map(|offset| offset.to_le_bytes())
                            .collect(),
                        bytes,
                    ]
                })
                .boxed(),
        };
        (validity, buffers).prop_map(move |(validity, buffers)| Column {
            length: u32::try_from(length).unwrap(),
            validity,
            buffers,
        })
    })
}

fn convert(data_type: &str, nullable: bool, column: Column) -> Option<RecordBatch> {
    let field = Field {
        name: "c".into(),
        data_type: data_type.into(),
        nullable,
        metadata: Vec::new(),
    };
    let table = TableShape::new(vec![field], &Limits::default()).unwrap();
    record_batch(&table, 7, vec![column]).ok()
}

/// What Arrow promises to those who use the array.
fn assert_sound(batch: &RecordBatch, length: u32, nullable: bool) {
    let column = batch.column(0);
    column.to_data().validate_full().unwrap();
    assert_eq!(column.len(), length as usize);
    assert!(nullable || column.null_count() == 0);
    // Touches every value.
    assert_eq!(
        &arrow::compute::concat(&[column, column])
            .unwrap()
            .slice(0, column.len()),
        column
    );
    let _ = arrow::util::pretty::pretty_format_batches(std::slice::from_ref(batch))
        .unwrap()
        .to_string();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_column_is_refused_or_sound(
        data_type in select(TYPES.as_slice()),
        nullable: bool,
        column in any_column(),
    ) {
        let length = column.length;
        if let Some(batch) = convert(data_type, nullable, column) {
            assert_sound(&batch, length, nullable);
        }
    }

    #[test]
    fn a_likely_column_is_refused_or_sound(
        (data_type, column) in select(TYPES.as_slice())
            .prop_flat_map(|data_type| (Just(data_type), likely_column(data_type))),
        nullable: bool,
    ) {
        let length = column.length;
        if let Some(batch) = convert(data_type, nullable, column) {
            assert_sound(&batch, length, nullable);
        }
    }

    #[test]
    fn any_type_is_refused_or_known(text in "[a-z0-9(),: -]{0,40}|vector\\(float32, [0-9]{1,6}\\)") {
        let field = Field { name: "c".into(), data_type: text, nullable: true, metadata: Vec::new() };
        let _ = TableShape::new(vec![field], &Limits::default());
    }
}
