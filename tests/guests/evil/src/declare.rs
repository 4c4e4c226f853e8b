//! Declarations that the host must refuse.

use crate::{
    bindings::lance_host::pipeline::{
        target::{Table, declare_table},
        types::{Column, Field, Value},
    },
    limits, told,
};

const KEY: &[&str] = &["id"];

pub fn run(mode: &str) -> Option<Result<(), String>> {
    Some(match mode {
        "good" => good_rows().map(drop),
        "rows-then-panic" => good_rows().map(|_| limits::patience()),
        "swallow" => rows("bad-utf8").map_err(|_| "something went wrong".to_owned()),
        "ignore" => {
            let _ = rows("bad-utf8");
            Ok(())
        }
        "wrong-length" | "short-buffer" | "short-validity" | "bad-offsets" | "bad-utf8"
        | "bad-json" | "bad-dimension" | "missing-column" | "surplus-column" | "null" => rows(mode),
        "row-type" | "row-null" | "row-dimension" | "row-json" | "row-count" => row(mode),
        _ => return tables(mode),
    })
}

/// A good table.
pub fn table(name: &str) -> Result<Table, String> {
    declare("default", name, fields(), KEY, &[])
}

fn declare(
    database: &str,
    name: &str,
    fields: Vec<Field>,
    key: &[&str],
    settings: &[(&str, &str)],
) -> Result<Table, String> {
    let key: Vec<String> = key.iter().map(ToString::to_string).collect();
    let settings: Vec<_> = settings
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect();
    declare_table(database, name, &fields, &key, &settings).map_err(told)
}

fn fields() -> Vec<Field> {
    vec![
        field("id", "int64", false),
        field("text", "utf8", false),
        field("tags", "json", true),
        field("embedding", "vector(float32, 2)", true),
    ]
}

fn field(name: &str, data_type: &str, nullable: bool) -> Field {
    Field {
        name: name.into(),
        data_type: data_type.into(),
        nullable,
        metadata: Vec::new(),
    }
}

/// Tables that cannot be.
fn tables(mode: &str) -> Option<Result<(), String>> {
    let mut fields = fields();
    let mut database = "default";
    let mut key = KEY;
    let mut settings: &[(&str, &str)] = &[];
    match mode {
        "unknown-database" => database = "defualt",
        "unknown-type" => fields.push(field("score", "flaot64", true)),
        "unsupported-type" => fields.push(field("names", "fixed-size-list(utf8, 2)", true)),
        "unknown-setting" => settings = &[("color", "red")],
        "no-key" => key = &[],
        "unknown-key" => key = &["identity"],
        "duplicate-column" => fields.push(field("id", "int64", false)),
        "duplicate-metadata" => {
            fields[0].metadata = vec![("unit".into(), "m".into()), ("unit".into(), "cm".into())];
        }
        "duplicate-table" => {
            fields.push(field("more", "utf8", true));
            let again = |_| declare(database, "evil", fields, key, settings);
            return Some(table("evil").and_then(again).map(drop));
        }
        _ => return None,
    }
    Some(declare(database, "evil", fields, key, settings).map(drop))
}

/// Rows 0 and 1.
fn good_rows() -> Result<Table, String> {
    let table = table("evil")?;
    table.declare_rows(&columns([1, 2])).map_err(told)?;
    Ok(table)
}

/// Two good rows as columns.
fn columns(ids: [i64; 2]) -> Vec<Column> {
    vec![
        column(2, None, vec![bytes(ids.map(i64::to_le_bytes))]),
        texts(["one", "two"]),
        column(
            2,
            Some(vec![0b01]),
            vec![bytes([0, 2, 2].map(i32::to_le_bytes)), b"{}".to_vec()],
        ),
        column(
            2,
            None,
            vec![bytes([1.0, 0.5, 0.25, 0.125].map(f32::to_le_bytes))],
        ),
    ]
}

/// Good rows, then rows 2 and 3 with something wrong, as columns.
fn rows(mode: &str) -> Result<(), String> {
    let table = good_rows()?;
    let mut columns = columns([3, 4]);
    match mode {
        "wrong-length" => {
            let offsets = bytes([0, 1, 2, 3].map(i32::to_le_bytes));
            columns[1] = column(3, None, vec![offsets, b"abc".to_vec()]);
        }
        "short-buffer" => {
            columns[0].buffers[0].pop();
        }
        "short-validity" => columns[2].validity = Some(Vec::new()),
        "bad-offsets" => columns[1].buffers[0] = bytes([0, 6, 3].map(i32::to_le_bytes)),
        "bad-utf8" => columns[1].buffers[1][4] = 0xff,
        "bad-json" => {
            let offsets = bytes([0, 2, 7].map(i32::to_le_bytes));
            columns[2] = column(2, None, vec![offsets, b"{}{oops".to_vec()]);
        }
        "bad-dimension" => {
            columns[3].buffers[0] = bytes([0f32; 6].map(f32::to_le_bytes));
        }
        "missing-column" => {
            columns.pop();
        }
        "surplus-column" => columns.push(texts(["three", "four"])),
        _ => columns[1].validity = Some(vec![0b01]),
    }
    table.declare_rows(&columns).map_err(told)
}

/// Good rows, then row 2 with something wrong, as values.
fn row(mode: &str) -> Result<(), String> {
    let table = good_rows()?;
    let mut row = vec![
        Value::Int64(3),
        Value::Text("three".into()),
        Value::Text("[]".into()),
        Value::Vector(vec![1.0, 2.0]),
    ];
    match mode {
        "row-type" => row[0] = Value::Float64(3.0),
        "row-null" => row[1] = Value::Null,
        "row-json" => row[2] = Value::Text("{oops".into()),
        "row-dimension" => row[3] = Value::Vector(vec![1.0, 2.0, 3.0]),
        _ => row.truncate(3),
    }
    table.declare_row(&row).map_err(told)
}

fn column(length: u32, validity: Option<Vec<u8>>, buffers: Vec<Vec<u8>>) -> Column {
    Column {
        length,
        validity,
        buffers,
    }
}

fn texts(texts: [&str; 2]) -> Column {
    let first = i32::try_from(texts[0].len()).unwrap();
    let second = first + i32::try_from(texts[1].len()).unwrap();
    let offsets = bytes([0, first, second].map(i32::to_le_bytes));
    column(2, None, vec![offsets, texts.concat().into_bytes()])
}

fn bytes<const N: usize, const W: usize>(values: [[u8; W]; N]) -> Vec<u8> {
    values.concat()
}
