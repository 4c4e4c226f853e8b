//! Every type comes back from its text, and no text makes the parser panic.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use lance_host_data_type::{DataType, DictionaryKey, Field, Item, TimeUnit, VectorItem};
use proptest::{collection::vec, option, prelude::*, sample::select};

fn unit() -> impl Strategy<Value = TimeUnit> {
    select(vec![
        TimeUnit::Second,
        TimeUnit::Millisecond,
        TimeUnit::Microsecond,
        TimeUnit::Nanosecond,
    ])
}

fn decimal(max_precision: u8) -> impl Strategy<Value = (u8, i8)> {
    (1..=max_precision).prop_flat_map(|precision| {
        let bound = i8::try_from(precision).unwrap();
        (Just(precision), -bound..=bound)
    })
}

/// A type without others in it.
fn leaf() -> BoxedStrategy<DataType> {
    prop_oneof![
        select(vec![
            DataType::Bool,
            DataType::Int8,
            DataType::Int16,
            DataType::Int32,
            DataType::Int64,
            DataType::UInt8,
            DataType::UInt16,
            DataType::UInt32,
            DataType::UInt64,
            DataType::Float16,
            DataType::Float32,
            DataType::Float64,
            DataType::Utf8,
            DataType::LargeUtf8,
            DataType::Binary,
            DataType::LargeBinary,
            DataType::Date32,
            DataType::Date64,
        ]),
        (1..=64u32).prop_map(DataType::FixedSizeBinary),
        unit().prop_map(DataType::Time),
        unit().prop_map(DataType::Duration),
        (unit(), option::of("[A-Za-z0-9_+/:][A-Za-z0-9_+/:-]{0,20}"))
            .prop_map(|(unit, zone)| DataType::Timestamp { unit, zone }),
        decimal(38).prop_map(|(precision, scale)| DataType::Decimal128 { precision, scale }),
        decimal(76).prop_map(|(precision, scale)| DataType::Decimal256 { precision, scale }),
    ]
    .boxed()
}

fn field(inner: impl Strategy<Value = DataType>) -> impl Strategy<Value = Field> {
    (any::<String>(), inner, any::<bool>()).prop_map(|(name, data_type, nullable)| Field {
        name: format!("{name}_"),
        data_type,
        nullable,
    })
}

fn any_type() -> impl Strategy<Value = DataType> {
    let key = select(vec![
        DictionaryKey::Int8,
        DictionaryKey::Int16,
        DictionaryKey::Int32,
        DictionaryKey::Int64,
        DictionaryKey::UInt8,
        DictionaryKey::UInt16,
        DictionaryKey::UInt32,
        DictionaryKey::UInt64,
    ]);
    let number = select(vec![
        VectorItem::Float16,
        VectorItem::Float32,
        VectorItem::Float64,
        VectorItem::UInt8,
        VectorItem::Int8,
    ]);
    let base = prop_oneof![
        6 => leaf(),
        1 => Just(DataType::Json),
        1 => (number, 1..=64u32).prop_map(|(item, size)| DataType::Vector { item, size }),
        1 => (key, leaf()).prop_map(|(key, value)| DataType::Dictionary {
            key,
            value: Box::new(value),
        }),
    ];
    base.prop_recursive(4, 24, 4, |inner| {
        let item = (inner.clone(), any::<bool>()).prop_map(|(data_type, nullable)| {
            Box::new(Item {
                data_type,
                nullable,
            })
        });
        prop_oneof![
            item.clone().prop_map(DataType::List),
            item.clone().prop_map(DataType::LargeList),
            (item.clone(), 1..=4u32)
                .prop_map(|(item, size)| DataType::FixedSizeList { item, size }),
            (inner.clone(), item).prop_map(|(key, value)| DataType::Map {
                key: Box::new(key),
                value,
            }),
            vec(field(inner), 1..4).prop_map(|mut fields| {
                fields.sort_by(|one, two| one.name.cmp(&two.name));
                fields.dedup_by(|one, two| one.name == two.name);
                DataType::Struct(fields)
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn a_type_comes_back_from_its_text(data_type in any_type()) {
        prop_assert_eq!(DataType::parse(&data_type.to_string()), Ok(data_type));
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _ = DataType::parse(&text);
    }

    #[test]
    fn what_is_read_is_written_so_that_it_is_read_again(
        text in "(struct|list|map|vector|timestamp|dictionary|[a-z0-9ö]{1,7}|[(),:!\" -]){0,12}",
    ) {
        if let Ok(data_type) = DataType::parse(&text) {
            prop_assert_eq!(DataType::parse(&data_type.to_string()), Ok(data_type));
        }
    }

    /// One character of a good text is lost, doubled or replaced.
    #[test]
    fn nearly_good_texts_are_read_or_refused(
        data_type in any_type(),
        place: prop::sample::Index,
        other in select(vec!["", "(", ")", ",", ":", "!", "\"", "\"\"", " ", "ö", "0", "-"]),
    ) {
        let text = data_type.to_string();
        let place = place.index(text.chars().count());
        let text: String = text
            .chars()
            .enumerate()
            .map(|(at, character)| if at == place { other.to_owned() } else { character.to_string() })
            .collect();
        if let Ok(data_type) = DataType::parse(&text) {
            prop_assert_eq!(DataType::parse(&data_type.to_string()), Ok(data_type));
        }
    }
}
