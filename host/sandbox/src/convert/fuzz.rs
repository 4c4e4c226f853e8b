//! Arbitrary columns of arbitrary types never panic: they become arrays that hold what Arrow
//! promises, or an error.

use arrow::{
    array::{Array, RecordBatch},
    util::{display::FormatOptions, pretty::pretty_format_batches_with_options},
};
use lance_host_data_type::{DataType, DictionaryKey, Field, Item, TimeUnit, VectorItem};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{
    RowBuffer, TableShape,
    data_type::{self, Layout, Offsets},
    record_batch,
};
use crate::{
    bindings::lance_host::pipeline::types::{self, Column, Value},
    limits::Limits,
};

fn unit() -> impl Strategy<Value = TimeUnit> {
    select(vec![
        TimeUnit::Second,
        TimeUnit::Millisecond,
        TimeUnit::Microsecond,
        TimeUnit::Nanosecond,
    ])
}

fn plain_type() -> impl Strategy<Value = DataType> {
    let names = vec![
        "bool",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float16",
        "float32",
        "float64",
        "utf8",
        "large-utf8",
        "binary",
        "large-binary",
        "date32",
        "date64",
    ];
    prop_oneof![
        4 => select(names).prop_map(|name| DataType::parse(name).unwrap()),
        1 => (1..20u32).prop_map(DataType::FixedSizeBinary),
        1 => unit().prop_map(DataType::Time),
        1 => unit().prop_map(DataType::Duration),
        1 => (unit(), option::of(select(vec!["UTC", "+02:00", "Nowhere/Land"]))).prop_map(
            |(unit, zone)| DataType::Timestamp {
                unit,
                zone: zone.map(str::to_owned),
            }
        ),
        1 => (1..=38u8, -1..=1i8)
            .prop_map(|(precision, scale)| DataType::Decimal128 { precision, scale }),
        1 => (1..=76u8, -1..=1i8)
            .prop_map(|(precision, scale)| DataType::Decimal256 { precision, scale }),
    ]
}

fn any_type() -> impl Strategy<Value = DataType> {
    let keys = vec![
        DictionaryKey::Int8,
        DictionaryKey::UInt16,
        DictionaryKey::Int32,
        DictionaryKey::UInt64,
    ];
    let numbers = vec![
        VectorItem::Float16,
        VectorItem::Float32,
        VectorItem::Float64,
        VectorItem::UInt8,
        VectorItem::Int8,
    ];
    let leaf = prop_oneof![
        6 => plain_type(),
        1 => Just(DataType::Json),
        2 => (select(numbers), 1..5u32).prop_map(|(item, size)| DataType::Vector { item, size }),
        1 => (select(keys), plain_type()).prop_map(|(key, value)| DataType::Dictionary {
            key,
            value: Box::new(value),
        }),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let item = (inner.clone(), any::<bool>()).prop_map(|(data_type, nullable)| {
            Box::new(Item {
                data_type,
                nullable,
            })
        });
        let field = |name: &str, item: Box<Item>| Field {
            name: name.to_owned(),
            data_type: item.data_type,
            nullable: item.nullable,
        };
        prop_oneof![
            item.clone().prop_map(DataType::List),
            item.clone().prop_map(DataType::LargeList),
            (item.clone(), 1..4u32).prop_map(|(item, size)| DataType::FixedSizeList { item, size }),
            (inner, item.clone()).prop_map(|(key, value)| DataType::Map {
                key: Box::new(key),
                value,
            }),
            (item.clone(), item).prop_map(move |(one, two)| DataType::Struct(vec![
                field("one", one),
                field("two", two),
            ])),
        ]
    })
}

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

/// Bytes that decide what a column looks like; zeros when they run out.
struct Source(std::vec::IntoIter<u8>);

impl Source {
    fn byte(&mut self) -> u8 {
        self.0.next().unwrap_or(0)
    }

    /// A number up to `bound`.
    fn below(&mut self, bound: usize) -> usize {
        usize::from(self.byte()) % (bound + 1)
    }

    /// Whether to do what should be done seldom.
    fn seldom(&mut self) -> bool {
        self.byte() == 0xff
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.byte()).collect()
    }
}

/// Appends columns that have the right sizes for a type, mostly, so that what is in the buffers
/// gets its turn.
fn likely(source: &mut Source, data_type: &DataType, length: usize, columns: &mut Vec<Column>) {
    let place = columns.len();
    columns.push(Column {
        length: u32::try_from(length).unwrap(),
        validity: (source.byte().is_multiple_of(3)).then(|| source.bytes(length.div_ceil(8))),
        buffers: Vec::new(),
    });
    let buffers = match data_type::layout(data_type) {
        Layout::Bits => vec![source.bytes(length.div_ceil(8))],
        // Small numbers are allowed by more types than large ones.
        Layout::Fixed { width } => {
            let small = source.byte().is_multiple_of(2);
            let value = |source: &mut Source| {
                let mut value = source.bytes(width);
                if small && width > 1 {
                    value.iter_mut().skip(1).for_each(|byte| *byte = 0);
                }
                value
            };
            vec![(0..length).flat_map(|_| value(source)).collect()]
        }
        Layout::Vector { item, size } => {
            vec![source.bytes(length * size * data_type::item_width(item))]
        }
        Layout::Variable { offsets, .. } => {
            let (buffer, end) = likely_offsets(source, offsets, length);
            let text = b"{}[]1\" \xc3\xb6";
            let bytes = (0..end).map(|_| text[source.below(text.len() - 1)]);
            vec![buffer, bytes.collect()]
        }
        Layout::List { offsets, item } => {
            let (buffer, end) = likely_offsets(source, offsets, length);
            likely(source, &item.data_type, end, columns);
            vec![buffer]
        }
        Layout::FixedSizeList { item, size } => {
            likely(source, &item.data_type, length * size, columns);
            Vec::new()
        }
        Layout::Struct(fields) => {
            for field in fields {
                likely(source, &field.data_type, length, columns);
            }
            Vec::new()
        }
        Layout::Map { key, value } => {
            let (buffer, end) = likely_offsets(source, Offsets::Narrow, length);
            columns.push(Column {
                length: u32::try_from(end).unwrap(),
                validity: None,
                buffers: Vec::new(),
            });
            likely(source, key, end, columns);
            likely(source, &value.data_type, end, columns);
            vec![buffer]
        }
        Layout::Dictionary { key, value } => {
            let values = source.below(5);
            let width = data_type::key_width(key);
            let keys = (0..length).flat_map(|_| {
                let key = source.below(values.saturating_sub(1)) as u64;
                key.to_le_bytes().into_iter().take(width)
            });
            let keys = keys.collect();
            likely(source, value, values, columns);
            vec![keys]
        }
    };
    let column = &mut columns[place];
    column.buffers = buffers;
    if source.seldom() {
        column.length = column.length.wrapping_add(1);
    }
    if source.seldom() {
        column.buffers.push(Vec::new());
    }
    let damaged = column.buffers.iter_mut().flatten().next();
    if let (true, Some(byte)) = (source.seldom(), damaged) {
        *byte = source.byte();
    }
}

fn likely_offsets(source: &mut Source, offsets: Offsets, length: usize) -> (Vec<u8>, usize) {
    let mut ends = vec![0i64];
    for _ in 0..length {
        let step = if source.seldom() {
            -1
        } else {
            i64::from(source.byte() % 4)
        };
        ends.push(ends[ends.len() - 1] + step);
    }
    let end = usize::try_from(ends[ends.len() - 1]).unwrap_or_default();
    let buffer = ends.into_iter().flat_map(|end| match offsets {
        Offsets::Narrow => i32::try_from(end).unwrap().to_le_bytes().to_vec(),
        Offsets::Wide => end.to_le_bytes().to_vec(),
    });
    (buffer.collect(), end)
}

fn table(data_type: &DataType, nullable: bool) -> TableShape {
    let field = types::Field {
        name: "c".into(),
        data_type: data_type.to_string(),
        nullable,
        metadata: Vec::new(),
    };
    TableShape::new(vec![field], &Limits::default()).unwrap()
}

/// What Arrow promises to those who use the array.
fn assert_sound(batch: &RecordBatch, length: usize, nullable: bool) {
    let column = batch.column(0);
    column.to_data().validate_full().unwrap();
    assert_eq!(column.len(), length);
    assert!(nullable || column.logical_null_count() == 0);
    // Touches every value.
    assert_eq!(
        &arrow::compute::concat(&[column, column])
            .unwrap()
            .slice(0, column.len()),
        column
    );
    // Says of a moment that no calendar has that there is none.
    let options = FormatOptions::default();
    let _ = pretty_format_batches_with_options(std::slice::from_ref(batch), &options)
        .map(|table| table.to_string());
}

fn any_value() -> impl Strategy<Value = Value> {
    let texts = vec![
        "",
        "true",
        "-1",
        "12.50",
        "NaN",
        "2024-02-29",
        "2024-02-29T12:00:00Z",
        "23:59:59.5",
        "PT1H",
        "00ff",
        "[]",
        "{}",
        "[1, 2]",
        "[null]",
        "[[1], [2]]",
        "{\"one\": 1}",
        "{\"one\": null, \"two\": []}",
        "[[\"a\", 1]]",
        "{\"a\": {}}",
        "[\"a\", \"b\", \"c\"]",
        "[true",
        "[{\"one\": [1]}]",
    ];
    prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::Boolean),
        1 => prop_oneof![-2..300i64, any::<i64>()].prop_map(Value::Int64),
        1 => any::<f64>().prop_map(Value::Float64),
        4 => select(texts).prop_map(|text| Value::Text(text.into())),
        1 => any::<String>().prop_map(Value::Text),
        1 => "[\\[\\]{}:,\"0-9a. ]{0,20}".prop_map(Value::Text),
        1 => vec(any::<u8>(), 0..5).prop_map(Value::Bytes),
        1 => vec(any::<f32>(), 0..5).prop_map(Value::Vector),
        1 => vec((0..5u8).prop_map(f32::from), 0..5).prop_map(Value::Vector),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_columns_are_refused_or_sound(
        data_type in any_type(),
        nullable: bool,
        columns in vec(any_column(), 1..4),
    ) {
        let length = columns[0].length as usize;
        if let Ok(batch) = record_batch(&table(&data_type, nullable), 7, columns) {
            assert_sound(&batch, length, nullable);
        }
    }

    #[test]
    fn likely_columns_are_refused_or_sound(
        data_type in any_type(),
        length in 0..12usize,
        nullable: bool,
        source in vec(any::<u8>(), 0..600),
    ) {
        let mut columns = Vec::new();
        likely(&mut Source(source.into_iter()), &data_type, length, &mut columns);
        let length = columns[0].length as usize;
        if let Ok(batch) = record_batch(&table(&data_type, nullable), 7, columns) {
            assert_sound(&batch, length, nullable);
        }
    }

    /// A refused value leaves nothing behind, and a taken one is good.
    #[test]
    fn any_values_are_refused_or_sound(
        data_type in any_type(),
        nullable: bool,
        values in vec(any_value(), 0..12),
    ) {
        let table = table(&data_type, nullable);
        let mut rows = RowBuffer::default();
        let mut taken = 0;
        for value in values {
            taken += usize::from(rows.push(&table, 0, vec![value]).is_ok());
        }
        if taken > 0 {
            assert_sound(&rows.take(&table, 0).unwrap(), taken, nullable);
        }
    }

    #[test]
    fn any_type_is_refused_or_known(text in "[a-z0-9(),:! -]{0,40}|vector\\(float32, [0-9]{1,6}\\)") {
        let field = types::Field { name: "c".into(), data_type: text, nullable: true, metadata: Vec::new() };
        let _ = TableShape::new(vec![field], &Limits::default());
    }
}
