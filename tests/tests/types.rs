//! Every type, written through both functions of the contract and read by others.

mod python;
mod random;
mod samples;

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, Int64Array, ListArray, RecordBatch},
    buffer::OffsetBuffer,
    compute::{sort_to_indices, take},
    datatypes::{DataType, Field},
};
use lance_host_tests::{Counts, Declare, ForeignTable, How, Table, World, shown};
use serde_json::{Value, json};

use self::samples::{Sample, samples};

/// A table for each sample: its values one after the other and a null between them.
fn declared(samples: &[Sample], how: How, change: bool) -> Declare {
    let mut declare = Declare::nothing();
    for (number, sample) in samples.iter().enumerate() {
        let mut cells: Vec<Value> = sample.values.iter().map(|(cell, _)| cell.clone()).collect();
        cells.insert(1, Value::Null);
        if change {
            cells[0] = cells[2].clone();
        }
        let table = Table::new(&name(number))
            .required("id", "int64")
            .nullable("v", sample.data_type)
            .key(&["id"])
            .how(how);
        declare = declare.and(
            cells
                .into_iter()
                .enumerate()
                .fold(table, |table, (id, cell)| table.row(json!([id, cell]))),
        );
    }
    declare
}

fn name(number: usize) -> String {
    format!("t{number}")
}

/// The values by `id`.
fn values(rows: &RecordBatch) -> ArrayRef {
    let order = sort_to_indices(&rows["id"], None, None).unwrap();
    take(&rows["v"], &order, None).unwrap()
}

fn expected(sample: &Sample) -> Vec<String> {
    let mut values: Vec<_> = sample
        .values
        .iter()
        .map(|(_, shown)| (*shown).to_owned())
        .collect();
    values.insert(1, "(no value)".to_owned());
    values
}

fn check_every_type(how: How) {
    let world = World::new();
    let samples = samples();
    let run = |change| {
        world
            .declare("p", &declared(&samples, how, change))
            .exits(0)
    };
    run(false);
    for (number, sample) in samples.iter().enumerate() {
        let rows = world.table(&name(number)).rows();
        assert_eq!(
            shown(&values(&rows)),
            expected(sample),
            "{}",
            sample.data_type
        );
    }
    let again = run(false);
    assert_eq!(again.json()["status"], "unchanged");
    for (number, sample) in samples.iter().enumerate() {
        assert_eq!(
            world.table(&name(number)).version(),
            1,
            "{}",
            sample.data_type
        );
    }
    let changed = run(true);
    for (number, sample) in samples.iter().enumerate() {
        let one = Counts {
            inserted: 0,
            updated: 1,
            deleted: 0,
            unchanged: sample.values.len() as u64,
        };
        assert_eq!(changed.counts(&name(number)), one, "{}", sample.data_type);
        let mut expected = expected(sample);
        expected[0] = expected[2].clone();
        let rows = world.table(&name(number)).rows();
        assert_eq!(shown(&values(&rows)), expected, "{}", sample.data_type);
    }
}

/// The host forgets what it wrote, and hashes what is stored instead.
#[test]
fn every_type_is_recognised_as_it_is_stored() {
    let world = World::new();
    let samples = samples();
    let declare = declared(&samples, How::Rows, false);
    world.declare("p", &declare).exits(0);
    std::fs::remove_dir_all(world.database().join("_lance_host")).unwrap();
    let adopted = world.declare("p", &declare).arg("--adopt").exits(0);
    for (number, sample) in samples.iter().enumerate() {
        let all = Counts {
            inserted: 0,
            updated: 0,
            deleted: 0,
            unchanged: sample.values.len() as u64 + 1,
        };
        assert_eq!(adopted.counts(&name(number)), all, "{}", sample.data_type);
    }
}

/// What a declaration of one column of this type is told.
fn refused(data_type: &str) -> String {
    let world = World::new();
    let table = Table::new("t")
        .required("id", "int64")
        .nullable("v", data_type)
        .key(&["id"]);
    let outcome = world.declare("p", &Declare::table(table)).exits(1);
    assert!(world.find_table("t").is_none());
    outcome.json()["error"]["message"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_type_that_lancedb_cannot_store_is_refused_at_declaration() {
    insta::assert_snapshot!(refused("fixed-size-list(utf8, 2)"), @r#"pipeline p failed: unsupported: column "v" has a type that LanceDB cannot store: the items of lists of fixed size are booleans, numbers, times, bytes of fixed size or such lists, not Utf8; use a list (table default/t, column v)"#);
    insta::assert_snapshot!(refused("list(fixed-size-list(struct(a: bool), 2))"), @r#"pipeline p failed: unsupported: column "v" has a type that LanceDB cannot store: the items of lists of fixed size are booleans, numbers, times, bytes of fixed size or such lists, not Struct("a": Boolean); use a list (table default/t, column v)"#);
    insta::assert_snapshot!(refused("struct(a: dictionary(int8, date32))"), @r#"pipeline p failed: unsupported: column "v" has a type that LanceDB cannot store: the values of dictionaries are booleans, integers, floats, text or bytes, not Date32 (table default/t, column v)"#);
    insta::assert_snapshot!(refused("list(dictionary(int8, utf8))"), @r#"pipeline p failed: unsupported: column "v" has a type that LanceDB cannot store: the keys of dictionaries have 32 or 64 bits, and Int8 is smaller; use Int32 (table default/t, column v)"#);
    insta::assert_snapshot!(refused("struct(a: list(struct(\"b.c\": bool)))"), @r#"pipeline p failed: invalid-schema: column "v" has a field "b.c", and LanceDB does not find fields with a dot or a backtick in their name (table default/t, column v)"#);
    insta::assert_snapshot!(refused("map(utf8, struct(\"`\": bool))"), @r#"pipeline p failed: invalid-schema: column "v" has a field "`", and LanceDB does not find fields with a dot or a backtick in their name (table default/t, column v)"#);
    for data_type in [
        "fixed-size-list(binary, 2)",
        "fixed-size-list(list(int8), 2)",
        "fixed-size-list(map(utf8, int8), 2)",
        "fixed-size-list(dictionary(int8, utf8), 2)",
        "fixed-size-list(fixed-size-list(json, 2), 2)",
        "dictionary(int32, fixed-size-binary(2))",
        "dictionary(int32, decimal128(5, 2))",
        "dictionary(int32, timestamp(us))",
        "dictionary(uint8, utf8)",
        "dictionary(int16, utf8)",
        "dictionary(uint16, utf8)",
    ] {
        assert!(
            refused(data_type).contains("LanceDB cannot store"),
            "{data_type}"
        );
    }
}

#[test]
fn every_type_by_declare_rows_is_stored_compared_and_changed_exactly() {
    check_every_type(How::Rows);
}

#[test]
fn every_type_by_declare_row_is_stored_compared_and_changed_exactly() {
    check_every_type(How::Row);
}

#[test]
fn a_dictionary_has_as_many_values_in_all_as_it_likes() {
    for key in ["int32", "uint32", "int64", "uint64"] {
        let world = World::new();
        let declare = |how, ids: std::ops::Range<i64>| {
            let table = Table::new("t")
                .required("id", "int64")
                .required("v", &format!("dictionary({key}, utf8)"))
                .key(&["id"])
                .how(how);
            let rows = ids.map(|id| json!([id, format!("value {id}")]));
            Declare::table(rows.fold(table, Table::row))
        };
        let check = |count: i64| {
            let batches = world.table("t").batches();
            let mut found: Vec<_> = batches
                .iter()
                .flat_map(|batch| shown(&batch["v"]))
                .collect();
            found.sort();
            let mut expected: Vec<_> = (0..count).map(|id| format!("value {id}")).collect();
            expected.sort();
            assert_eq!(found, expected, "{key}");
        };
        world.declare("p", &declare(How::Rows, 0..100)).exits(0);
        world.declare("q", &declare(How::Rows, 100..200)).exits(0);
        check(200);
        let single = declare(How::Row, 200..500);
        world.declare("r", &single).exits(0);
        assert_eq!(
            world.declare("r", &single).exits(0).json()["status"],
            "unchanged"
        );
        check(500);
        world.table("t").optimize();
        check(500);
    }
}

/// Columns of two rows, the second of which is null and has values beneath all the same.
fn hidden() -> Vec<(&'static str, Vec<Value>)> {
    let part = |validity: Option<u8>, length: u32, buffers: &[&[u8]]| {
        let validity = validity.map(|byte| vec![byte]);
        json!({"length": length, "validity": validity, "buffers": buffers})
    };
    let null = Some(0b01);
    let offsets = [0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0];
    vec![
        ("int16", vec![part(null, 2, &[&[1, 0, 9, 9]])]),
        ("utf8", vec![part(null, 2, &[&offsets, b"abc"])]),
        ("json", vec![part(null, 2, &[&offsets, b"1xx"])]),
        (
            "time32(s)",
            vec![part(null, 2, &[&[1, 0, 0, 0, 9, 9, 9, 9]])],
        ),
        ("vector(uint8, 2)", vec![part(null, 2, &[&[1, 2, 9, 9]])]),
        (
            "list(int8)",
            vec![part(null, 2, &[&offsets]), part(None, 3, &[&[1, 9, 9]])],
        ),
        (
            "list(utf8)",
            vec![
                part(null, 2, &[&offsets]),
                part(
                    None,
                    3,
                    &[&[0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0], b"abc"],
                ),
            ],
        ),
        (
            "fixed-size-list(int8!, 2)",
            vec![part(null, 2, &[]), part(Some(0b1011), 4, &[&[1, 2, 9, 9]])],
        ),
        (
            "struct(a: int8!, b: utf8)",
            vec![
                part(null, 2, &[]),
                part(null, 2, &[&[1, 9]]),
                part(None, 2, &[&offsets, b"abc"]),
            ],
        ),
        (
            "map(int8, bool)",
            vec![
                part(null, 2, &[&offsets]),
                part(None, 3, &[]),
                part(None, 3, &[&[1, 9, 9]]),
                part(None, 3, &[&[0b110]]),
            ],
        ),
        (
            "dictionary(int32, utf8)",
            vec![
                part(null, 2, &[&[0, 0, 0, 0, 9, 9, 9, 9]]),
                part(None, 2, &[&offsets, b"abc"]),
            ],
        ),
    ]
}

#[test]
fn what_lies_under_a_null_is_nothing() {
    let world = World::new();
    let hidden = hidden();
    let declare = || {
        let mut declare = Declare::nothing();
        for (number, (data_type, parts)) in hidden.iter().enumerate() {
            let id = json!({"length": 2, "buffers": [[0, 1]]});
            let columns: Vec<_> = std::iter::once(&id).chain(parts).cloned().collect();
            let table = Table::new(&name(number)).required("id", "int8");
            let table = table.nullable("v", data_type).key(&["id"]);
            declare = declare.and(table.batch(Value::Array(columns)));
        }
        declare
    };
    world.declare("p", &declare()).exits(0);
    for (number, (data_type, _)) in hidden.iter().enumerate() {
        let values = shown(&values(&world.table(&name(number)).rows()));
        assert_eq!(values[1], "(no value)", "{data_type}");
        assert_ne!(values[0], "(no value)", "{data_type}");
    }
    std::fs::remove_dir_all(world.database().join("_lance_host")).unwrap();
    let adopted = world.declare("p", &declare()).arg("--adopt").exits(0);
    for (number, (data_type, _)) in hidden.iter().enumerate() {
        let counts = adopted.counts(&name(number));
        assert_eq!((counts.updated, counts.unchanged), (0, 2), "{data_type}");
    }
}

/// A table whose list was named by another client.
#[test]
fn a_list_may_name_its_items_as_it_likes() {
    let world = World::new();
    let items = Int64Array::from(vec![1, 2]);
    let item = Arc::new(Field::new("element", DataType::Int64, true));
    let lists = OffsetBuffer::from_lengths([2]);
    let lists = ListArray::new(item, lists, Arc::new(items), None);
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![0]));
    let lists: ArrayRef = Arc::new(lists);
    let rows = RecordBatch::try_from_iter_with_nullable([("id", ids, false), ("v", lists, true)]);
    ForeignTable::create_from(&world.database(), "t", rows.unwrap());
    let table = Table::new("t")
        .required("id", "int64")
        .nullable("v", "list(int64)")
        .key(&["id"])
        .managed_by("user")
        .row(json!([1, [3, null]]));
    world.declare("p", &Declare::table(table)).exits(0);
    let found = shown(&values(&world.table("t").rows()));
    assert_eq!(found, ["[1, 2]", "[3, null]"]);
}

#[test]
fn a_field_of_another_name_is_another_type() {
    let world = World::new();
    let declare = |field: &str| {
        let table = Table::new("t")
            .required("id", "int64")
            .nullable("v", &format!("struct({field}: int64)"))
            .key(&["id"])
            .row(json!([1, {field: 1}]));
        world.declare("p", &Declare::table(table))
    };
    declare("a").exits(0);
    declare("b").exits(3);
    declare("b").arg("--allow-destructive").exits(0);
    let found = shown(&values(&world.table("t").rows()));
    assert_eq!(found, ["{b: 1}"]);
}
