//! Keys of every type: each row is found again by its key, whatever the key is.

use lance_host_tests::{Counts, Declare, How, Table, World, shown};
use serde_json::{Value, json};

/// A type, and distinct keys of it: as a guest states them, and as they are read back.
type Keys = (&'static str, Vec<(Value, String)>);

fn keys() -> Vec<Keys> {
    let ints = |data_type, min: i64, max: i64| -> Keys {
        let mut keys = vec![min, -1, 0, 1, max];
        keys.retain(|key| *key >= min);
        keys.dedup();
        let keys = keys.into_iter().map(|key| (json!(key), key.to_string()));
        (data_type, keys.collect())
    };
    let floats = |data_type, zero: &str| -> Keys {
        let keys = [
            (json!("NaN"), "NaN"),
            (json!("inf"), "inf"),
            (json!("-inf"), "-inf"),
            (json!(-0.0), zero),
            (json!(1.5), "1.5"),
            (json!(-1.5), "-1.5"),
        ];
        (
            data_type,
            keys.map(|(key, shown)| (key, shown.to_owned())).into(),
        )
    };
    let texts = |data_type| -> Keys {
        let long = "ö".repeat(1 << 15);
        let keys = [
            "",
            "it's",
            "\"",
            "`",
            "\\",
            "a\u{0}b",
            "a\u{0}",
            "\u{1f980}",
            "null",
            "NULL",
            "%_",
        ];
        let keys = keys.into_iter().chain([long.as_str()]);
        (
            data_type,
            keys.map(|key| (json!(key), key.to_owned())).collect(),
        )
    };
    let bytes = |data_type| -> Keys {
        let keys = [
            (json!([]), ""),
            (json!([0]), "00"),
            (json!([0, 0]), "0000"),
            (json!([39, 255]), "27ff"),
        ];
        (
            data_type,
            keys.map(|(key, shown)| (key, shown.to_owned())).into(),
        )
    };
    let written = |data_type, keys: &[&str]| -> Keys {
        let keys = keys.iter().map(|key| (json!(key), (*key).to_owned()));
        (data_type, keys.collect())
    };
    vec![
        (
            "bool",
            vec![(json!(true), "true".into()), (json!(false), "false".into())],
        ),
        ints("int8", i64::from(i8::MIN), i64::from(i8::MAX)),
        ints("int16", i64::from(i16::MIN), i64::from(i16::MAX)),
        ints("int32", i64::from(i32::MIN), i64::from(i32::MAX)),
        ints("int64", i64::MIN, i64::MAX),
        ints("uint8", 0, i64::from(u8::MAX)),
        ints("uint16", 0, i64::from(u16::MAX)),
        ints("uint32", 0, i64::from(u32::MAX)),
        (
            "uint64",
            [0, 1, u64::MAX]
                .map(|key| (json!(key), key.to_string()))
                .into(),
        ),
        floats("float16", "-0"),
        floats("float32", "-0.0"),
        floats("float64", "-0.0"),
        texts("utf8"),
        texts("large-utf8"),
        texts("dictionary(int32, utf8)"),
        bytes("binary"),
        bytes("large-binary"),
        (
            "fixed-size-binary(2)",
            vec![
                (json!([0, 0]), "0000".into()),
                (json!([0, 255]), "00ff".into()),
            ],
        ),
        ints("date32", i64::from(i32::MIN), i64::from(i32::MAX)),
        (
            "date64",
            [-86_400_000_i64, 0, 86_400_000]
                .map(|key| (json!(key), key.to_string()))
                .into(),
        ),
        ints("time32(ms)", 0, 86_399_999),
        ints("time64(ns)", 0, 86_399_999_999_999),
        ints("timestamp(us)", i64::MIN, i64::MAX),
        ints("timestamp(ns, Europe/Berlin)", i64::MIN, i64::MAX),
        ints("duration(s)", i64::MIN, i64::MAX),
        written(
            "decimal128(38, 2)",
            &["0.00", "-0.01", "999999999999999999999999999999999999.99"],
        ),
        written(
            "decimal256(40, 0)",
            &["0", "-1", "9999999999999999999999999999999999999999"],
        ),
    ]
}

/// A table for each type, whose rows have the number of their key as value, plus `more` for the
/// first; the last `without` keys are not declared.
fn declared(keys: &[Keys], how: How, more: i64, without: usize) -> Declare {
    let mut declare = Declare::nothing();
    for (number, (data_type, keys)) in keys.iter().enumerate() {
        let table = Table::new(&format!("t{number}"))
            .nullable("value", "int64")
            .required("key", data_type)
            .key(&["key"])
            .how(how);
        let kept = keys.len() - without;
        let rows = keys.iter().take(kept).enumerate().map(|(index, (key, _))| {
            let more = if index == 0 { more } else { 0 };
            json!([index as i64 + more, key])
        });
        declare = declare.and(rows.fold(table, Table::row));
    }
    declare
}

fn check_contents(world: &World, keys: &[Keys], more: i64, without: usize) {
    for (number, (data_type, keys)) in keys.iter().enumerate() {
        let rows = world.table(&format!("t{number}")).rows();
        let found = shown(&rows["key"]).into_iter().zip(shown(&rows["value"]));
        let mut found: Vec<_> = found.collect();
        found.sort();
        let kept = keys.len() - without;
        let mut expected: Vec<_> = keys
            .iter()
            .take(kept)
            .enumerate()
            .map(|(index, (_, key))| {
                let more = if index == 0 { more } else { 0 };
                (key.clone(), (index as i64 + more).to_string())
            })
            .collect();
        expected.sort();
        assert_eq!(found, expected, "{data_type}");
    }
}

fn check_every_key(how: How) {
    let world = World::new();
    let keys = keys();
    let run = |more, without, [inserted, updated, deleted]: [u64; 3]| {
        let outcome = world.declare("p", &declared(&keys, how, more, without));
        let outcome = outcome.arg("--allow-destructive").exits(0);
        for (number, (data_type, keys)) in keys.iter().enumerate() {
            let all = keys.len() as u64;
            let inserted = if inserted == u64::MAX { all } else { inserted };
            let counts = Counts {
                inserted,
                updated,
                deleted,
                unchanged: all - without as u64 - inserted - updated,
            };
            assert_eq!(outcome.counts(&format!("t{number}")), counts, "{data_type}");
        }
        check_contents(&world, &keys, more, without);
    };
    run(0, 0, [u64::MAX, 0, 0]);
    run(0, 0, [0, 0, 0]);
    run(7, 0, [0, 1, 0]);
    run(7, 1, [0, 0, 1]);
    run(7, 0, [1, 0, 0]);
}

#[test]
fn rows_with_keys_of_every_type_are_inserted_updated_and_deleted_exactly() {
    check_every_key(How::Rows);
}

#[test]
fn single_rows_with_keys_of_every_type_are_inserted_updated_and_deleted_exactly() {
    check_every_key(How::Row);
}

fn floats(data_type: &str, rows: &[(Value, i64)]) -> Declare {
    let table = Table::new("t")
        .required("key", data_type)
        .required("value", "int64")
        .key(&["key"]);
    let rows = rows.iter().map(|(key, value)| json!([key, value]));
    Declare::table(rows.fold(table, Table::row))
}

#[test]
fn zero_is_one_key_whatever_its_sign() {
    for data_type in [
        "float16",
        "float32",
        "float64",
        "dictionary(int32, float64)",
    ] {
        let world = World::new();
        let float = |value: f64| json!({"$float64": value});
        world
            .declare("p", &floats(data_type, &[(float(0.0), 1)]))
            .exits(0);
        let outcome = world
            .declare("p", &floats(data_type, &[(float(-0.0), 1)]))
            .exits(0);
        let counts = outcome.counts("t");
        assert_eq!(
            (counts.inserted, counts.updated, counts.deleted),
            (0, 1, 0),
            "{data_type}"
        );
        let rows = world.table("t").rows();
        let key = &shown(&rows["key"])[0];
        assert!(["-0", "-0.0"].contains(&key.as_str()), "{data_type}: {key}");
    }
    let world = World::new();
    let both = floats("float64", &[(json!(0.0), 1), (json!(-0.0), 2)]);
    insta::assert_snapshot!(world.declare("p", &both).exits(1).told(), @r#"error: table default/t: key key = "0.0" is declared twice with different values, in row 0 of scope / and row 1 of scope /; declare each key once"#);
}

fn composite(columns: &[&str], key: &[&str], rows: &[(Value, Value, i64)]) -> Declare {
    let table = columns
        .iter()
        .fold(Table::new("t"), |table, name| match *name {
            "a" => table.nullable("a", "utf8"),
            "b" => table.nullable("b", "int64"),
            _ => table.required("value", "int64"),
        });
    let rows = rows.iter().map(|(a, b, value)| {
        let cell = |name: &&str| match *name {
            "a" => a.clone(),
            "b" => b.clone(),
            _ => json!(value),
        };
        Value::Array(columns.iter().map(cell).collect())
    });
    Declare::table(rows.fold(table.key(key), Table::row))
}

fn composite_rows(world: &World) -> Vec<String> {
    let rows = world.table("t").rows();
    let columns = ["a", "b", "value"].map(|name| shown(&rows[name]));
    let [a, b, value] = columns;
    let rows = a.into_iter().zip(b).zip(value);
    let mut rows: Vec<_> = rows
        .map(|((a, b), value)| format!("{a} {b} {value}"))
        .collect();
    rows.sort();
    rows
}

#[test]
fn null_is_a_part_of_a_key_like_any_other() {
    let world = World::new();
    let columns = ["a", "b", "value"];
    let mut rows = vec![
        (json!(null), json!(1), 1),
        (json!(null), json!(2), 2),
        (json!("x"), json!(null), 3),
        (json!(null), json!(null), 4),
        (json!(""), json!(0), 5),
    ];
    let run = |rows: &[(Value, Value, i64)]| {
        world
            .declare("p", &composite(&columns, &["a", "b"], rows))
            .exits(0)
            .counts("t")
    };
    let counts = |inserted, updated, deleted, unchanged| Counts {
        inserted,
        updated,
        deleted,
        unchanged,
    };
    assert_eq!(run(&rows), counts(5, 0, 0, 0));
    assert_eq!(run(&rows), counts(0, 0, 0, 5));
    rows[0].2 = 10;
    rows[3].2 = 40;
    assert_eq!(run(&rows), counts(0, 2, 0, 3));
    rows.remove(1);
    assert_eq!(run(&rows), counts(0, 0, 1, 4));
    rows.remove(2);
    assert_eq!(run(&rows), counts(0, 0, 1, 3));
    assert_eq!(
        composite_rows(&world),
        [" 0 5", "(no value) 1 10", "x (no value) 3"]
    );
}

#[test]
fn order_of_columns_and_of_the_key_may_change() {
    let world = World::new();
    let rows = [
        (json!("x"), json!(1), 1),
        (json!("x"), json!(2), 2),
        (json!("1"), json!(1), 3),
    ];
    let first = composite(&["a", "b", "value"], &["a", "b"], &rows);
    world.declare("p", &first).exits(0);
    let other = composite(&["value", "b", "a"], &["b", "a"], &rows);
    let outcome = world.declare("p", &other).exits(0);
    assert_eq!(outcome.json()["status"], "unchanged", "{}", outcome.stdout);
    assert_eq!(world.table("t").version(), 1);
    let changed = composite(&["b", "value", "a"], &["b", "a"], &rows[..2]);
    let outcome = world
        .declare("p", &changed)
        .arg("--allow-destructive")
        .exits(0);
    assert_eq!(outcome.counts("t").deleted, 1);
    assert_eq!(composite_rows(&world), ["x 1 1", "x 2 2"]);
}

#[test]
fn equal_parts_in_other_columns_are_another_key() {
    let world = World::new();
    let table = Table::new("t")
        .required("a", "utf8")
        .required("b", "utf8")
        .key(&["a", "b"])
        .row(json!(["x", "y"]))
        .row(json!(["y", "x"]))
        .row(json!(["xy", ""]))
        .row(json!(["", "xy"]));
    let counts = world
        .declare("p", &Declare::table(table))
        .exits(0)
        .counts("t");
    assert_eq!(counts.inserted, 4);
}

#[test]
fn nested_key_is_refused() {
    let world = World::new();
    let refused = |data_type: &str| {
        let table = Table::new("t").required("key", data_type).key(&["key"]);
        world.declare("p", &Declare::table(table)).exits(1).told()
    };
    insta::assert_snapshot!(refused("vector(float32, 2)"), @r#"error: pipeline p failed: invalid-schema: key column "key" is a vector, which cannot be a key (table default/t, column key)"#);
    insta::assert_snapshot!(refused("struct(a: int64)"), @r#"error: pipeline p failed: invalid-schema: key column "key" is a nested column, which cannot be a key (table default/t, column key)"#);
}
