//! Types and values that nobody has thought of: what is stored is what was declared.

use lance_host_data_type::{DataType, Field, Item};
use lance_host_tests::{Counts, Declare, How, Table, World};
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Value, json};

/// Types without parts.
const PLAIN: &[&str] = &[
    "bool",
    "int8",
    "uint64",
    "float16",
    "float32",
    "float64",
    "utf8",
    "large-utf8",
    "binary",
    "large-binary",
    "fixed-size-binary(3)",
    "json",
    "date32",
    "time64(us)",
    "timestamp(ns, UTC)",
    "duration(s)",
    "decimal128(10, 2)",
    "decimal256(40, 0)",
    "vector(float32, 2)",
    "vector(uint8, 3)",
    "dictionary(int32, utf8)",
    "dictionary(uint32, int64)",
    "fixed-size-list(int32, 2)",
    "fixed-size-list(bool, 3)",
    "fixed-size-list(fixed-size-list(float32, 2), 2)",
];

fn any_type() -> impl Strategy<Value = DataType> {
    let plain = select(PLAIN).prop_map(|text| DataType::parse(text).unwrap());
    plain.prop_recursive(3, 10, 3, |inner| {
        let item = (inner, any::<bool>()).prop_map(|(data_type, nullable)| Item {
            data_type,
            nullable,
        });
        let field = |name: &str, item: Item| Field {
            name: name.to_owned(),
            data_type: item.data_type,
            nullable: item.nullable,
        };
        prop_oneof![
            item.clone().prop_map(|item| DataType::List(Box::new(item))),
            item.clone()
                .prop_map(|item| DataType::LargeList(Box::new(item))),
            (item.clone(), item.clone()).prop_map(move |(one, two)| DataType::Struct(vec![
                field("one", one),
                field("two words", two),
            ])),
            item.prop_map(|item| DataType::Map {
                key: Box::new(DataType::Utf8),
                value: Box::new(item),
            }),
        ]
    })
}

/// A value as a guest states it in a batch.
fn any_value(data_type: &DataType) -> BoxedStrategy<Value> {
    let floats = |values: &'static [f64]| {
        let special = select(vec![json!("NaN"), json!("inf"), json!(-0.0)]);
        prop_oneof![select(values).prop_map(|value| json!(value)), special].boxed()
    };
    match data_type {
        DataType::Bool => any::<bool>().prop_map(Value::from).boxed(),
        DataType::Int8 => any::<i8>().prop_map(Value::from).boxed(),
        DataType::UInt8 => any::<u8>().prop_map(Value::from).boxed(),
        DataType::Int32 | DataType::Date32 => any::<i32>().prop_map(Value::from).boxed(),
        DataType::UInt64 => any::<u64>().prop_map(Value::from).boxed(),
        DataType::Time(_) => (0..86_400_000_000_i64).prop_map(Value::from).boxed(),
        DataType::Int64 | DataType::Timestamp { .. } | DataType::Duration(_) => {
            any::<i64>().prop_map(Value::from).boxed()
        }
        DataType::Float16 | DataType::Float32 | DataType::Float64 => floats(&[0.0, 1.5, -2.25]),
        DataType::Utf8 | DataType::LargeUtf8 => "[a-cö\u{0}\"]{0,5}".prop_map(Value::from).boxed(),
        DataType::Binary | DataType::LargeBinary => {
            "([0-9a-f]{2}){0,4}".prop_map(Value::from).boxed()
        }
        DataType::FixedSizeBinary(size) => vec("[0-9a-f]{2}", *size as usize)
            .prop_map(|bytes| json!(bytes.concat()))
            .boxed(),
        DataType::Json => select(vec![json!({"a": [1]}), json!(""), json!(0)]).boxed(),
        DataType::Decimal128 { .. } | DataType::Decimal256 { .. } => {
            select(vec![json!("0"), json!("-99999"), json!("12345678")]).boxed()
        }
        DataType::Vector { item, size } => vec(any_value(&item.data_type()), *size as usize)
            .prop_map(Value::from)
            .boxed(),
        DataType::List(item) | DataType::LargeList(item) => {
            vec(any_item(item), 0..4).prop_map(Value::from).boxed()
        }
        DataType::FixedSizeList { item, size } => vec(any_item(item), *size as usize)
            .prop_map(Value::from)
            .boxed(),
        DataType::Struct(fields) => {
            let fields: Vec<_> = fields
                .iter()
                .map(|field| {
                    let item = Item {
                        data_type: field.data_type.clone(),
                        nullable: field.nullable,
                    };
                    (Just(field.name.clone()), any_item(&item))
                })
                .collect();
            fields
                .prop_map(|fields| Value::Object(fields.into_iter().collect()))
                .boxed()
        }
        DataType::Map { key, value } => vec((any_value(key), any_item(value)), 0..3)
            .prop_map(|pairs| json!(pairs))
            .boxed(),
        DataType::Dictionary { value, .. } => any_value(value),
        other => unreachable!("no values of {other}"),
    }
}

fn any_item(item: &Item) -> BoxedStrategy<Value> {
    let value = any_value(&item.data_type);
    match item.nullable {
        true => option::weighted(0.7, value)
            .prop_map(|value| value.unwrap_or(Value::Null))
            .boxed(),
        false => value,
    }
}

/// A column and the values of its rows.
fn any_column() -> impl Strategy<Value = (Item, Vec<Value>)> {
    (any_type(), any::<bool>()).prop_flat_map(|(data_type, nullable)| {
        let item = Item {
            data_type,
            nullable,
        };
        let values = vec(any_item(&item), 1..12);
        (Just(item), values)
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 60,
        ..ProptestConfig::with_cases(4)
    })]

    #[test]
    fn what_is_stored_is_what_was_declared(columns in vec(any_column(), 25)) {
        let world = World::new();
        let mut declare = Declare::nothing();
        for (number, (item, values)) in columns.iter().enumerate() {
            let table = Table::new(&format!("t{number}")).required("id", "int64");
            let data_type = item.data_type.to_string();
            let table = match item.nullable {
                true => table.nullable("v", &data_type),
                false => table.required("v", &data_type),
            };
            let rows = values.iter().enumerate().map(|(id, value)| json!([id, value]));
            declare = declare.and(rows.fold(table.key(&["id"]).how(How::Rows), Table::row));
        }
        world.declare("p", &declare).exits(0);
        // The host forgets what it declared, and has to recognise what is stored.
        std::fs::remove_dir_all(world.database().join("_lance_host")).unwrap();
        let adopted = world.declare("p", &declare).arg("--adopt").exits(0);
        for (number, (item, values)) in columns.iter().enumerate() {
            let unchanged = Counts {
                inserted: 0,
                updated: 0,
                deleted: 0,
                unchanged: values.len() as u64,
            };
            prop_assert_eq!(
                adopted.counts(&format!("t{number}")),
                unchanged,
                "{} {:?}", item, values
            );
        }
    }
}
