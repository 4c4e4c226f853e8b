//! Declares whatever a test states, through the bare contract.
//!
//! Parameters:
//!
//! | parameter | meaning |
//! | --- | --- |
//! | `declare` | the declaration, as JSON |
//! | `declare_file` | instead of it: a file in a granted folder that holds it |
//!
//! The declaration:
//!
//! ```json
//! {
//!   "database": "default",
//!   "tables": [
//!     {
//!       "name": "t",
//!       "columns": [["id", "utf8", false], ["v", "int64", true]],
//!       "key": ["id"],
//!       "rows": [["a", 1], ["b", null]]
//!     }
//!   ],
//!   "then": "ok"
//! }
//! ```
//!
//! Of the declaration:
//!
//! - `database`: where the tables are; `default` if nothing is said.
//! - `tables`: declared in this order, each with its rows before the next.
//! - `then`: how `run` ends after all tables: `ok` (if nothing is said), `error`
//!   (returns "the guest was told to fail"), `panic` (panics with the same text)
//!   or `loop` (never ends).
//!
//! Of a table:
//!
//! - `name`, and `columns` as triples of name, type and whether it is nullable.
//!   The type is passed on as it is, and may be nonsense.
//! - `metadata`: of columns, as triples of column, name and value; none if nothing is
//!   said.
//! - `key`: names of columns; none if nothing is said.
//! - `database`: overrides that of the declaration.
//! - `managed_by`: `system`, `user`, or nonsense. `settings`: further settings as
//!   pairs.
//! - `rows`: arrays of cells, see below.
//! - `how`: `row` (if nothing is said) sends each row by `declare-row`, however
//!   many cells it has; `rows` sends all rows by one `declare-rows`, which needs
//!   rows that fit the columns.
//! - `batches`: sent by `declare-rows` after the rows, exactly as stated. A batch
//!   is an array of columns, and a column
//!   `{"length": 2, "validity": [3], "buffers": [[0, 1, 2], [7, 8]]}`, in bytes,
//!   where `validity` may be left out.
//! - `indexes`: declared after all rows, each an object of `column`, `kind`, and
//!   `settings` as pairs, which may be left out.
//! - `catch`: if true, a refused call does not end the run; its text is printed
//!   to standard output, and the guest goes on with the next call.
//!
//! A cell is JSON in the form of its column's type:
//!
//! | type | cell |
//! | --- | --- |
//! | any | `null` |
//! | `bool` | `true` |
//! | `float…` | `1.5`, or `"NaN"`, `"inf"`, `"-inf"` |
//! | `int…`, `uint…`, dates, times, timestamps, durations | `1` |
//! | `binary`, `large-binary`, `fixed-size-binary…` | `[0, 255]`, or `"00ff"` |
//! | `decimal…` | `"1.50"` |
//! | `vector…` | `[1.5, 2]`, items as for floats |
//! | `json` | any JSON value: its text is sent |
//! | `list…`, `large-list…`, `fixed-size-list…` | an array of such cells |
//! | `struct…` | an object of such cells |
//! | `map…` | an array of pairs, such as `[["key", 1]]` |
//! | `dictionary…` | a cell of its values |
//! | anything else | `"text"` |
//!
//! By `declare-row`, any of these can be `"text"` too, and is sent as text.
//!
//! An object with one of the names `$boolean`, `$int64`, `$float64`, `$text`,
//! `$bytes`, `$vector` is a cell of that kind whatever the column's type:
//! `{"$text": "{"}` is JSON that is broken.
//!
//! A refused call ends the run with the text
//! `CODE: MESSAGE (table T, column C, row R)`, where what is unknown is left out.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "tests may panic"
    )
)]

mod batch;
mod cell;
mod declaration;
mod number;

mod bindings {
    #![allow(
        unsafe_code,
        clippy::all,
        clippy::allow_attributes_without_reason,
        reason = "generated code, which crosses the component boundary"
    )]

    wit_bindgen::generate!({
        path: "../../../wit",
        world: "pipeline",
        generate_all,
    });
}

use bindings::lance_host::pipeline::target;
use bindings::lance_host::pipeline::types::{Column, Field, TargetError};
use declaration::{Declaration, How, Table, Then};

struct Rows;

impl bindings::Guest for Rows {
    fn run(params: Vec<(String, String)>) -> Result<(), String> {
        let declaration = declaration(&params)?;
        for table in &declaration.tables {
            declare(&declaration.database, table)?;
        }
        match declaration.then {
            Then::Ok => Ok(()),
            Then::Error => Err(TOLD.to_owned()),
            Then::Panic => panics(),
            Then::Loop => never_ends(),
        }
    }
}

const TOLD: &str = "the guest was told to fail";

/// Under its own name in a backtrace, however much the compiler inlines.
#[inline(never)]
#[expect(clippy::panic, reason = "a test asked for it")]
fn panics() -> ! {
    panic!("{TOLD}")
}

/// As [`panics`].
#[inline(never)]
fn never_ends() -> ! {
    loop {
        std::hint::spin_loop();
    }
}

#[allow(unsafe_code, reason = "exports cross the component boundary")]
const _: () = {
    bindings::export!(Rows with_types_in bindings);
};

/// Reads the declaration from the parameters.
fn declaration(params: &[(String, String)]) -> Result<Declaration, String> {
    let param = |wanted| {
        let found = params.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.as_str())
    };
    let text = match (param("declare"), param("declare_file")) {
        (Some(text), _) => text.to_owned(),
        (None, Some(file)) => std::fs::read_to_string(file)
            .map_err(|error| format!("cannot read declare_file {file}: {error}"))?,
        (None, None) => return Err("parameter declare or declare_file is missing".to_owned()),
    };
    serde_json::from_str(&text).map_err(|error| format!("cannot read the declaration: {error}"))
}

/// Declares a table and all it has.
fn declare(database: &str, table: &Table) -> Result<(), String> {
    let fields: Vec<_> = (table.columns.iter())
        .map(|(name, data_type, nullable)| Field {
            name: name.clone(),
            data_type: data_type.clone(),
            nullable: *nullable,
            metadata: (table.metadata.iter())
                .filter(|(column, ..)| column == name)
                .map(|(_, name, value)| (name.clone(), value.clone()))
                .collect(),
        })
        .collect();
    let mut settings = table.settings.clone();
    settings.extend(
        table
            .managed_by
            .clone()
            .map(|by| ("managed-by".to_owned(), by)),
    );
    let database = table.database.as_deref().unwrap_or(database);
    let declared = target::declare_table(database, &table.name, &fields, &table.key, &settings);
    let handle = match declared {
        Ok(handle) => handle,
        Err(error) => return refused(table, &error),
    };
    let or_refused = |result: Result<(), TargetError>| match result {
        Ok(()) => Ok(()),
        Err(error) => refused(table, &error),
    };
    let types: Vec<_> = fields
        .iter()
        .map(|field| field.data_type.as_str())
        .collect();
    match table.how {
        How::Row => {
            for row in &cell::rows(&types, &table.rows)? {
                or_refused(handle.declare_row(row))?;
            }
        }
        How::Rows => or_refused(handle.declare_rows(&batch::columns(&types, &table.rows)?))?,
    }
    for batch in &table.batches {
        let columns: Vec<_> = batch.iter().cloned().map(Column::from).collect();
        or_refused(handle.declare_rows(&columns))?;
    }
    for index in &table.indexes {
        or_refused(handle.declare_index(&index.column, &index.kind, &index.settings))?;
    }
    Ok(())
}

/// Ends the run, unless the test wants to see what comes after.
fn refused(table: &Table, error: &TargetError) -> Result<(), String> {
    let text = text(error);
    if table.catch {
        println!("{text}");
        return Ok(());
    }
    Err(text)
}

fn text(error: &TargetError) -> String {
    let mut place = Vec::new();
    place.extend(error.table.as_ref().map(|table| format!("table {table}")));
    place.extend((error.column.as_ref()).map(|column| format!("column {column}")));
    place.extend(error.row.map(|row| format!("row {row}")));
    let place = match place.is_empty() {
        true => String::new(),
        false => format!(" ({})", place.join(", ")),
    };
    format!("{}: {}{place}", error.code, error.message)
}
