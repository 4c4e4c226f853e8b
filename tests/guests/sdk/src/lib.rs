//! Exercises what the Rust SDK has beside what every SDK has, for which there is
//! `tests/guests/rust-sdk`. The parameter `case` chooses what is declared; all tables are in the
//! database `default` and named after their case.
//!
//! | case | rows, in the order of the struct's fields; how it ends if not well |
//! | --- | --- |
//! | `types` | every type of field: two rows, see [`types`] |
//! | `libraries` | types of optional libraries: one row, see [`types`] |
//! | `typed` | fields with a type: two rows, see [`typed`] |
//! | `dynamic` | a column of every type, without a struct: three rows, see [`dynamic`] |
//! | `hash-map` | `(1, …)`; the column `counts` is JSON of a hash table of 0 to 99, each its own count |
//! | `metadata` | `(1)`; the column `id` has the metadata `unit` = `m` |
//! | `nulls` | every nullable type: two rows, see [`types`] |
//! | `borrowed` | `("a", "text of a", [1, 2])`, `("b", "text of b", [3, 4])`, from a struct that borrows |
//! | `renamed` | columns `Id` and `type`, no third: `("x", 7)` |
//! | `flush` | `(1)`, `(2)`, each sent by itself |
//! | `dropped` | `(1)`; the table is dropped before the run ends |
//! | `indexes` | an index of every class on 300 rows, see [`indexes`] |
//! | `index-options` | an index of every kind and setting on 300 rows, see [`indexes`] |
//! | `skipped-row` | vectors of 2: `(0, [0, 0])`, `(2, [2, 2])`; row 1 was refused by the SDK and left out |
//! | `too-large` | fails: row 1 of 2 rows has 300 in an int8 |
//! | `empty-vector` | fails: row 0 has an empty vector |
//! | `encoder` | fails: the encoder of row 0 refuses it |
//! | `unknown-column` | fails: row 1 of a table without a struct names a column `titel` |
//! | `missing-value` | fails: row 0 of a table without a struct has no `title` |
//! | `no-type` | fails: a column without a struct has the type `strng` |
//! | `schema-change` | fails at a second run with `more`: the table has another column, and may not |
//! | `index-column` | fails: the index is on a column `txt` |
//! | `index-setting` | fails: the index has 0 partitions |
//! | `broken-json` | fails: the JSON of row 0 cannot be written |
//! | `panic` | panics after `(1)` with `the guest panicked on purpose` |
//! | `param-required` | fails unless `needed` is given |
//! | `param-number` | fails unless `number`, if given, is an unsigned number |

mod dynamic;
mod failures;
mod indexes;
mod rows;
mod typed;
mod types;

use anyhow::bail;
use lance_host_sdk::prelude::*;

#[lance_host_sdk::pipeline]
fn run(params: Params) -> anyhow::Result<()> {
    match params.require("case")? {
        "types" => types::types(),
        "libraries" => types::libraries(),
        "nulls" => types::nulls(),
        "typed" => typed::typed(),
        "dynamic" => dynamic::dynamic(),
        "hash-map" => rows::hash_map(),
        "metadata" => rows::metadata(),
        "indexes" => indexes::indexes(),
        "index-options" => indexes::options(),
        "borrowed" => rows::borrowed(),
        "renamed" => rows::renamed(),
        "flush" => rows::flush(),
        "dropped" => rows::dropped(),
        "skipped-row" => failures::skipped_row(),
        "too-large" => failures::too_large(),
        "empty-vector" => failures::empty_vector(),
        "encoder" => failures::encoder(),
        "unknown-column" => dynamic::unknown_column(),
        "missing-value" => dynamic::missing_value(),
        "no-type" => dynamic::no_type(),
        "schema-change" => failures::schema_change(&params),
        "index-column" => indexes::unknown_column(),
        "index-setting" => indexes::wrong_setting(),
        "broken-json" => failures::broken_json(),
        "panic" => failures::panic(),
        "param-required" => failures::param_required(&params),
        "param-number" => failures::param_number(&params),
        other => bail!("no such case: {other}"),
    }
}
