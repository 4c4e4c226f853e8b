//! The guest in Rust of the suite that all SDKs share, `tests/tests/sdk_suite.rs`, where the cases
//! are described. What the Rust SDK has beside them is in `tests/guests/sdk`.

mod failures;
mod tables;
mod types;

use anyhow::bail;
use lance_host_sdk::prelude::*;

#[lance_host_sdk::pipeline]
fn run(params: Params) -> anyhow::Result<()> {
    match params.require("case")? {
        "types" => types::types(),
        "nulls" => types::nulls(),
        "wide" => types::wide(),
        "nested" => types::nested(),
        "composite" => tables::composite(),
        "batches" => tables::batches(),
        "large" => tables::large(),
        "empty" => tables::empty(),
        "two-tables" => tables::two_tables(),
        "user" => tables::user(),
        "params" => tables::params(&params),
        "explicit" => tables::explicit(),
        "indexes" => tables::indexes(),
        "wrong-dimension" => failures::wrong_dimension(),
        "wrong-type" => failures::wrong_type(),
        "missing-column" => failures::missing_column(),
        "duplicate-table" => failures::duplicate_table(),
        "duplicate-key" => failures::duplicate_key(),
        "unknown-database" => failures::unknown_database(),
        "unknown-setting" => failures::unknown_setting(),
        "unknown-index" => failures::unknown_index(),
        "error" => failures::error(),
        "panic" => failures::panic(),
        other => bail!("no such case: {other}"),
    }
}
