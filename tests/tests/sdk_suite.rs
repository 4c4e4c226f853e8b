//! What every SDK does, whatever its language: one suite, and one guest for each language.
//!
//! A guest of the suite is the component `sdk-LANGUAGE`, from `tests/guests/LANGUAGE-sdk`. Its
//! parameter `case` chooses what it declares, with its SDK and in the manner of its language. All
//! tables are in the database `default` and named after their case; `id` is their key, an `int64`
//! unless the table below says otherwise. Everything is required unless it is said to be nullable.
//!
//! # Cases
//!
//! | case | what it declares |
//! | --- | --- |
//! | `types` | what the language's own types become: two rows, below |
//! | `nulls` | the same columns, nullable but for `id`: two rows, below |
//! | `wide` | the other types of the contract: two rows, below |
//! | `nested` | lists and structs: two rows, below |
//! | `composite` | key `tenant` utf8, `number` int64; `text` utf8: `("a", 1, "a1")`, `("a", 2, "a2")`, `("b", 1, "b1")` |
//! | `batches` | `id`, `text` utf8: 30,000 rows from 0 on, the text 100 letters `x`, so that several batches are sent |
//! | `large` | the same columns: `(0, 3 MiB of "a")`, `(1, "b")`, `(2, 3 MiB of "c")` |
//! | `empty` | `id`: no rows |
//! | `two-tables` | tables `even` and `odd` of `id`: 0 to 9, each where it belongs, in turn |
//! | `user` | managed by its user, `id`: `(1)` |
//! | `params` | key `position` int64; `name`, `value` utf8: each parameter, in the order given, from 0 |
//! | `explicit` | columns named one by one instead of read from a type: `id`, `name` nullable utf8, `small` int32, `vector` vector(float32, 2). Rows as dictionaries or maps: `(1, "one", 10, [1, 2])`, and `(2, null, 20, [3, 4])` in another order and without `name` |
//! | `indexes` | `id` with a `btree` index, `kind` utf8 with `bitmap`, `text` utf8 with `fts` (language `French`), `vector` vector(float32, 2) with `ivf-flat` (metric `cosine`, one partition): `(1, "a", "un chat noir", [1, 0])`, `(2, "b", "des chiens blancs", [0, 1])` |
//!
//! Cases that fail. What they have declared before does not land.
//!
//! | case | how it fails |
//! | --- | --- |
//! | `wrong-dimension` | `id`, `vector` vector(float32, 2): row 1 has 3 items |
//! | `wrong-type` | columns and rows as in `explicit`: `id`, `number` int64: `(0, 1)`, and `(1, "many")`, which is no number |
//! | `missing-column` | the same, `id`, `name` utf8: `(0, "a")`, and `(1)` without its name |
//! | `duplicate-table` | `id`, then the same table as `id`, `name` utf8 |
//! | `duplicate-key` | `id`, `name` utf8: `(1, "a")` and `(1, "b")` |
//! | `unknown-database` | `id`, in the database `nowhere` |
//! | `unknown-setting` | `id`, with the setting `colour` of `blue` |
//! | `unknown-index` | `id`, with a `btree` index on `nowhere` |
//! | `error` | after `(1)`, with an error `outer` that was caused by `middle`, caused by `inner` |
//! | `panic` | after `(1)`, with what nobody expects in that language (an exception, a panic, an assertion that fails), and the message `the guest panicked on purpose` |
//!
//! # Rows
//!
//! `types` and `nulls`; `json` is written without spaces:
//!
//! | column | type | `types` `min` | `types` `max` | `nulls` `present` |
//! | --- | --- | --- | --- | --- |
//! | `id` | utf8 | `min` | `max` | `present` |
//! | `yes` | bool | false | true | true |
//! | `number` | int64 | the smallest | the largest | 1 |
//! | `float` | float64 | the smallest | not a number | 1.5 |
//! | `text` | utf8 | empty | `Grüße, 世界 🌍` | `t` |
//! | `bytes` | binary | empty | 0, 255 | 1 |
//! | `value` | json | `[]` | `{"a":[1,2.5,"x"]}` | `{}` |
//! | `vector` | vector(float32, 3) | 0, 0, 0 | 1, 2.5, -3 | 1, 2, 3 |
//!
//! The other row of `nulls` is `absent`, where all are null.
//!
//! `wide`:
//!
//! | column | type | `min` | `max` |
//! | --- | --- | --- | --- |
//! | `id` | utf8 | `min` | `max` |
//! | `i8` to `i32`, `u8` to `u64` | int8, int16, int32, uint8, uint16, uint32, uint64 | the smallest | the largest |
//! | `f16` | float16 | -1.5 | 65504 |
//! | `f32` | float32 | -1.5 | 0.5 |
//! | `text` | large-utf8 | empty | `ä` |
//! | `bytes` | large-binary | empty | 0, 255 |
//! | `hash` | fixed-size-binary(4) | four times 0 | four times 255 |
//! | `day` | date32 | 1970-01-01 | 2024-02-29 |
//! | `time` | time64(us) | 00:00:00 | 23:59:59.999999 |
//! | `moment` | timestamp(us) | 1970-01-01T00:00:00 | 2024-02-29T12:34:56.789012 |
//! | `zoned` | timestamp(us, UTC) | the same | the same |
//! | `span` | duration(us) | 0 | 90 seconds and 1 microsecond |
//! | `price` | decimal128(10, 2) | -0.01 | 12345678.90 |
//! | `halves` | vector(float16, 2) | 0, 0 | 1, -0.5 |
//! | `doubles` | vector(float64, 2) | 0, 0 | 1, -0.1 |
//! | `levels` | vector(uint8, 2) | 0, 0 | 1, 255 |
//! | `signed` | vector(int8, 2) | 0, 0 | 127, -128 |
//!
//! `nested`, where `id` is utf8 and the others are nullable:
//!
//! | column | type | `empty` | `full` |
//! | --- | --- | --- | --- |
//! | `tags` | list(utf8) | no item | `a`, null, `ä` |
//! | `counts` | list(int32!) | null | 1, 2 |
//! | `place` | struct(x: float64!, y: float64) | null | 1.5, null |
//!
//! # Messages
//!
//! What an SDK refuses or passes on from the host ends with the place, as far as it is known:
//! `(table DATABASE/TABLE, column COLUMN, row ROW)`; rows are counted from 0. A chain of causes is
//! told from the outside in, with colons. Where the language can say where in the source it
//! happened, that goes to standard error before it.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, AsArray, Int64Array, RecordBatch},
    datatypes::DataType,
};
use lance_host_tests::{ForeignTable, Guest, Outcome, Run, World};
use serde_json::{Value, json};

/// An SDK under test.
struct Sdk {
    guest: Guest,
    /// How the place of a panic is told: a file, or a function.
    place: &'static str,
}

macro_rules! tests {
    ($($case:ident)*) => {
        $(
            #[test]
            fn $case() {
                super::$case(&SDK);
            }
        )*
    };
}

/// The cases of every language.
macro_rules! every_language {
    () => {
        tests! {
            types nulls wide nested composite batches large empty two_tables user params indexes
            wrong_dimension duplicate_table duplicate_key unknown_database unknown_setting
            unknown_index error panic
        }
    };
}

/// The cases of a language in which a row may be a dictionary, so that the compiler does not
/// prevent wrong ones.
macro_rules! dynamic_rows {
    () => {
        tests! { explicit wrong_type missing_column }
    };
}

mod rust {
    use super::*;

    const SDK: Sdk = Sdk {
        guest: Guest::SdkRust,
        place: "failures.rs:",
    };
    every_language!();
    dynamic_rows!();
}

mod python {
    use super::*;

    const SDK: Sdk = Sdk {
        guest: Guest::SdkPython,
        place: "failures.py\", line ",
    };
    every_language!();
    dynamic_rows!();
}

mod c {
    use super::*;

    const SDK: Sdk = Sdk {
        guest: Guest::SdkC,
        place: "guest.c",
    };
    every_language!();
}

mod go {
    use super::*;

    const SDK: Sdk = Sdk {
        guest: Guest::SdkGo,
        place: "failures.go:",
    };
    every_language!();
    dynamic_rows!();
}

mod zig {
    use super::*;

    const SDK: Sdk = Sdk {
        guest: Guest::SdkZig,
        place: "failures.panics",
    };
    every_language!();
    dynamic_rows!();
}

mod javascript {
    use super::*;

    const SDK: Sdk = Sdk {
        guest: Guest::SdkJavaScript,
        place: "panic (src/failures.ts:",
    };
    every_language!();
    dynamic_rows!();
}

/// The invocation of a case, under a name that is the same for all languages.
fn run<'a>(world: &'a World, sdk: &Sdk, case: &str) -> Run<'a> {
    world
        .run(sdk.guest)
        .args(["--name", "suite"])
        .param("case", case)
}

/// Runs a case that succeeds, twice, and returns the world that it leaves.
fn world_after(sdk: &Sdk, case: &str) -> World {
    let world = World::new();
    run(&world, sdk, case).exits(0);
    let again = run(&world, sdk, case).arg("--json").exits(0);
    assert_eq!(again.json()["status"], "unchanged");
    world
}

/// The rows of a table as `show --json` prints them, in the order of a column.
fn shown(world: &World, table: &str, by: &str) -> Vec<Value> {
    let path = format!("default/{table}");
    let shown = world
        .host(["show", &path, "--limit", "100", "--json"])
        .exits(0)
        .json();
    let mut rows = shown["rows"].as_array().unwrap().clone();
    rows.sort_by_key(|row| row[by].to_string());
    rows
}

/// Runs a case that fails, when nothing may be written.
fn failed(sdk: &Sdk, case: &str, code: i32) -> Outcome {
    let world = World::new();
    let outcome = run(&world, sdk, case).exits(code);
    assert!(!world.database().exists());
    outcome
}

/// The error of a case that fails, without what the guest printed before.
fn error_of(sdk: &Sdk, case: &str, code: i32) -> String {
    let told = failed(sdk, case, code).told();
    let at = told.find("error: ").unwrap_or_else(|| panic!("{told}"));
    told[at..].trim_end().to_owned()
}

fn types(sdk: &Sdk) {
    let world = world_after(sdk, "types");
    insta::allow_duplicates! {
        insta::assert_snapshot!(world.table("types").columns().join("\n"), @r"
        id: Utf8
        yes: Boolean
        number: Int64
        float: Float64
        text: Utf8
        bytes: Binary
        value: Utf8
        vector: FixedSizeList(3 x Float32)
        ");
    }
    assert_eq!(
        shown(&world, "types", "id"),
        [
            json!({
                "id": "max", "yes": true, "number": i64::MAX, "float": "NaN",
                "text": "Grüße, 世界 🌍", "bytes": "00ff", "value": r#"{"a":[1,2.5,"x"]}"#,
                "vector": [1.0, 2.5, -3.0],
            }),
            json!({
                "id": "min", "yes": false, "number": i64::MIN, "float": f64::MIN,
                "text": "", "bytes": "", "value": "[]", "vector": [0.0, 0.0, 0.0],
            }),
        ]
    );
}

fn nulls(sdk: &Sdk) {
    let world = world_after(sdk, "nulls");
    for field in world.table("nulls").schema().fields() {
        let name = field.name();
        assert_eq!(field.is_nullable(), name != "id", "{name}");
    }
    assert_eq!(
        shown(&world, "nulls", "id"),
        [
            json!({
                "id": "absent", "yes": null, "number": null, "float": null, "text": null,
                "bytes": null, "value": null, "vector": null,
            }),
            json!({
                "id": "present", "yes": true, "number": 1, "float": 1.5, "text": "t",
                "bytes": "01", "value": "{}", "vector": [1.0, 2.0, 3.0],
            }),
        ]
    );
}

fn wide(sdk: &Sdk) {
    let world = world_after(sdk, "wide");
    insta::allow_duplicates! {
        insta::assert_snapshot!(world.table("wide").columns().join("\n"), @r#"
        id: Utf8
        i8: Int8
        i16: Int16
        i32: Int32
        u8: UInt8
        u16: UInt16
        u32: UInt32
        u64: UInt64
        f16: Float16
        f32: Float32
        text: LargeUtf8
        bytes: LargeBinary
        hash: FixedSizeBinary(4)
        day: Date32
        time: Time64(µs)
        moment: Timestamp(µs)
        zoned: Timestamp(µs, "UTC")
        span: Duration(µs)
        price: Decimal128(10, 2)
        halves: FixedSizeList(2 x Float16)
        doubles: FixedSizeList(2 x Float64)
        levels: FixedSizeList(2 x UInt8)
        signed: FixedSizeList(2 x Int8)
        "#);
    }
    assert_eq!(
        shown(&world, "wide", "id"),
        [
            json!({
                "id": "max", "i8": i8::MAX, "i16": i16::MAX, "i32": i32::MAX,
                "u8": u8::MAX, "u16": u16::MAX, "u32": u32::MAX, "u64": u64::MAX,
                "f16": 65504.0, "f32": 0.5, "text": "ä", "bytes": "00ff", "hash": "ffffffff",
                "day": "2024-02-29", "time": "23:59:59.999999",
                "moment": "2024-02-29T12:34:56.789012", "zoned": "2024-02-29T12:34:56.789012Z",
                "span": "PT90.000001S", "price": "12345678.90", "halves": [1.0, -0.5],
                "doubles": [1.0, -0.1], "levels": [1, 255], "signed": [127, -128],
            }),
            json!({
                "id": "min", "i8": i8::MIN, "i16": i16::MIN, "i32": i32::MIN,
                "u8": 0, "u16": 0, "u32": 0, "u64": 0,
                "f16": -1.5, "f32": -1.5, "text": "", "bytes": "", "hash": "00000000",
                "day": "1970-01-01", "time": "00:00:00",
                "moment": "1970-01-01T00:00:00", "zoned": "1970-01-01T00:00:00Z",
                "span": "PT0S", "price": "-0.01", "halves": [0.0, 0.0],
                "doubles": [0.0, 0.0], "levels": [0, 0], "signed": [0, 0],
            }),
        ]
    );
}

fn nested(sdk: &Sdk) {
    let world = world_after(sdk, "nested");
    let schema = world.table("nested").schema();
    let DataType::List(count) = schema.field(2).data_type() else {
        panic!("{schema}");
    };
    assert!(!count.is_nullable());
    assert_eq!(
        shown(&world, "nested", "id"),
        [
            json!({"id": "empty", "tags": [], "counts": null, "place": null}),
            json!({
                "id": "full", "tags": ["a", null, "ä"], "counts": [1, 2],
                "place": {"x": 1.5, "y": null},
            }),
        ]
    );
}

fn composite(sdk: &Sdk) {
    assert_eq!(
        shown(&world_after(sdk, "composite"), "composite", "text"),
        [
            json!({"tenant": "a", "number": 1, "text": "a1"}),
            json!({"tenant": "a", "number": 2, "text": "a2"}),
            json!({"tenant": "b", "number": 1, "text": "b1"}),
        ]
    );
}

fn batches(sdk: &Sdk) {
    texts_arrive(sdk, "batches", 30_000, 3_000_000);
}

fn large(sdk: &Sdk) {
    texts_arrive(sdk, "large", 3, (6 << 20) + 1);
}

fn texts_arrive(sdk: &Sdk, case: &str, count: usize, bytes: usize) {
    let rows = world_after(sdk, case).table(case).rows();
    assert_eq!(rows.num_rows(), count);
    let texts = rows["text"].as_string::<i32>();
    assert_eq!(texts.iter().flatten().map(str::len).sum::<usize>(), bytes);
}

fn empty(sdk: &Sdk) {
    assert!(shown(&world_after(sdk, "empty"), "empty", "id").is_empty());
}

fn two_tables(sdk: &Sdk) {
    let world = world_after(sdk, "two-tables");
    for (table, first) in [("even", 0), ("odd", 1)] {
        let ids = (first..10).step_by(2).map(|id| json!({"id": id}));
        assert_eq!(shown(&world, table, "id"), ids.collect::<Vec<_>>());
    }
}

fn user(sdk: &Sdk) {
    let world = World::new();
    // The host does not create the table, ...
    run(&world, sdk, "user").exits(1);
    // ... its user does.
    let id: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let theirs = RecordBatch::try_from_iter_with_nullable([("id", id, false)]).unwrap();
    ForeignTable::create_from(&world.database(), "user", theirs);
    // One of its rows is declared.
    let refused = run(&world, sdk, "user").exits(6);
    assert!(refused.stderr.contains("--adopt"), "{}", refused.stderr);
    run(&world, sdk, "user").arg("--adopt").exits(0);
    assert_eq!(
        shown(&world, "user", "id"),
        [json!({"id": 1}), json!({"id": 2})]
    );
}

fn params(sdk: &Sdk) {
    let world = World::new();
    run(&world, sdk, "params")
        .param("b", "x=y")
        .param("a", "")
        .exits(0);
    assert_eq!(
        shown(&world, "params", "position"),
        [
            json!({"position": 0, "name": "case", "value": "params"}),
            json!({"position": 1, "name": "b", "value": "x=y"}),
            json!({"position": 2, "name": "a", "value": ""}),
        ]
    );
}

fn explicit(sdk: &Sdk) {
    let world = world_after(sdk, "explicit");
    insta::allow_duplicates! {
        insta::assert_snapshot!(world.table("explicit").columns().join("\n"), @r"
        id: Int64
        name: Utf8 or null
        small: Int32
        vector: FixedSizeList(2 x Float32)
        ");
    }
    assert_eq!(
        shown(&world, "explicit", "id"),
        [
            json!({"id": 1, "name": "one", "small": 10, "vector": [1.0, 2.0]}),
            json!({"id": 2, "name": null, "small": 20, "vector": [3.0, 4.0]}),
        ]
    );
}

fn indexes(sdk: &Sdk) {
    let world = world_after(sdk, "indexes");
    // Only an index of French words knows that this is the singular of `chiens`.
    let found = world
        .host(["query", "default/indexes", "--text", "chien", "--json"])
        .exits(0)
        .json();
    assert_eq!(found["rows"].as_array().unwrap().len(), 1, "{found}");
    assert_eq!(found["rows"][0]["id"], 2, "{found}");
}

/// The place at the end of a message, and what comes before it.
fn place(error: &str) -> (&str, &str) {
    let at = error.rfind(" (").unwrap_or_else(|| panic!("{error}"));
    error.split_at(at + 1)
}

fn wrong_dimension(sdk: &Sdk) {
    assert_eq!(
        error_of(sdk, "wrong-dimension", 1),
        "error: pipeline suite failed: the vector has 3 items instead of 2 \
         (table default/wrong-dimension, column vector, row 1)"
    );
}

fn wrong_type(sdk: &Sdk) {
    let error = error_of(sdk, "wrong-type", 1);
    let (message, place) = place(&error);
    assert_eq!(
        place, "(table default/wrong-type, column number, row 1)",
        "{error}"
    );
    assert!(message.contains("int64"), "{error}");
    assert!(message.contains("many"), "{error}");
}

fn missing_column(sdk: &Sdk) {
    let error = error_of(sdk, "missing-column", 1);
    assert_eq!(
        place(&error).1,
        "(table default/missing-column, column name, row 1)",
        "{error}"
    );
}

fn duplicate_table(sdk: &Sdk) {
    assert_eq!(
        error_of(sdk, "duplicate-table", 1),
        "error: pipeline suite failed: the table was declared before with other columns, another \
         primary key or other settings (table default/duplicate-table)"
    );
}

fn duplicate_key(sdk: &Sdk) {
    let error = error_of(sdk, "duplicate-key", 1);
    assert!(
        error.starts_with("error: table default/duplicate-key: key id = "),
        "{error}"
    );
}

fn unknown_database(sdk: &Sdk) {
    assert_eq!(
        error_of(sdk, "unknown-database", 2),
        r#"error: pipeline suite failed: there is no database "nowhere", only default; add it with --db nowhere=URI (table nowhere/unknown-database)"#
    );
}

fn unknown_setting(sdk: &Sdk) {
    assert_eq!(
        error_of(sdk, "unknown-setting", 1),
        r#"error: pipeline suite failed: there is no setting "colour"; known: managed-by, on-schema-change (table default/unknown-setting)"#
    );
}

fn unknown_index(sdk: &Sdk) {
    let error = error_of(sdk, "unknown-index", 1);
    assert_eq!(
        place(&error).1,
        "(table default/unknown-index, column nowhere)",
        "{error}"
    );
}

fn error(sdk: &Sdk) {
    assert_eq!(
        error_of(sdk, "error", 1),
        "error: pipeline suite failed: outer: middle: inner"
    );
}

fn panic(sdk: &Sdk) {
    let told = failed(sdk, "panic", 1).told();
    assert!(told.contains("the guest panicked on purpose"), "{told}");
    assert!(told.contains(sdk.place), "{told}");
}
