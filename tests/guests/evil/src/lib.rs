//! A pipeline that misbehaves in the way that its parameter `mode` names.
//!
//! Against the host's limits and the contract (the run ends, whatever the guest does):
//!
//! | mode | what it does |
//! | --- | --- |
//! | `panic` | panics with the message `out of patience`, inside the function `patience` |
//! | `abort` | aborts without a word |
//! | `hang` | loops without end |
//! | `sleep` | sleeps for an hour |
//! | `alloc` | allocates until the allocator gives up, as a program does that needs the memory |
//! | `alloc-handled` | the same, but returns an error when memory is refused |
//! | `recursion` | recurses without end |
//! | `stdout-flood` | prints to standard output without end |
//! | `stderr-flood` | prints to standard error without end |
//! | `huge-call` | passes a column of 1 GiB, the same 1 MiB many times over |
//! | `exit` | calls `exit(3)` |
//! | `exit-0` | calls `exit(0)` |
//! | `error` | prints `about to fail` to standard error and returns the error `no more coffee` |
//! | `escape` | returns an error with terminal control sequences |
//!
//! What the sandbox hides (each returns the error `found`, followed by what it found, if it
//! finds anything, and otherwise succeeds):
//!
//! | mode | what it looks for |
//! | --- | --- |
//! | `environment` | any environment variable |
//! | `arguments` | any command-line argument |
//! | `files` | `/`, `.`, `/etc/passwd` and `/proc/self/environ` |
//! | `network` | a TCP connection to 127.0.0.1 port 80, and a lookup of `localhost` |
//! | `write` | writes the file `/data/evil.txt`, for which a test grants `/data` or does not |
//! | `escape-directory` | reads `/data/../secret.txt` and `/data/link` |
//!
//! Against declarations. Each declares a table `evil` with the columns `id` (`int64`, the key),
//! `text` (`utf8`), `tags` (`json`, nullable) and `embedding` (`vector(float32, 2)`, nullable),
//! then two good rows, then the bad one at row 2 or 3. The host refuses, and the guest returns
//! the error `code: message`:
//!
//! | mode | what is wrong | code |
//! | --- | --- | --- |
//! | `wrong-length` | `text` has 3 rows, the other columns 2 | `invalid-value` |
//! | `short-buffer` | `id` has 15 bytes for 2 values | `type-mismatch` |
//! | `short-validity` | the bitmap of `tags` is empty | `type-mismatch` |
//! | `bad-offsets` | the offsets of `text` fall | `type-mismatch` |
//! | `bad-utf8` | `text` in row 3 is not UTF-8 | `invalid-utf8` |
//! | `bad-json` | `tags` in row 3 is `{oops` | `invalid-value` |
//! | `bad-dimension` | `embedding` has 3 items a row | `dimension-mismatch` |
//! | `missing-column` | 3 columns | `wrong-column-count` |
//! | `surplus-column` | 5 columns | `wrong-column-count` |
//! | `null` | `text` in row 3 is null | `null-in-required-column` |
//! | `row-type` | by `declare-row`: `id` is a float | `type-mismatch` |
//! | `row-null` | by `declare-row`: `text` is null | `null-in-required-column` |
//! | `row-dimension` | by `declare-row`: `embedding` has 3 items | `dimension-mismatch` |
//! | `row-json` | by `declare-row`: `tags` is `{oops` | `invalid-value` |
//! | `row-count` | by `declare-row`: 3 values | `wrong-column-count` |
//!
//! And declarations of tables:
//!
//! | mode | what is wrong | code |
//! | --- | --- | --- |
//! | `unknown-database` | the database is `defualt` | `unknown-database` |
//! | `unknown-type` | a column is a `flaot64` | `invalid-schema` |
//! | `unsupported-type` | a column is a `fixed-size-list(utf8, 2)` | `unsupported` |
//! | `unknown-setting` | the setting `color` is `red` | `unsupported` |
//! | `no-key` | the primary key is empty | `invalid-schema` |
//! | `unknown-key` | the primary key is `identity` | `invalid-schema` |
//! | `duplicate-column` | `id` is there twice | `invalid-schema` |
//! | `duplicate-metadata` | the metadata `unit` of `id` is there twice | `invalid-schema` |
//! | `duplicate-table` | the table is declared again, with one more column | `duplicate-table` |
//! | `tables` | table after table is declared, until the host refuses | `too-large` |
//!
//! Modes that end a run differently from what was said to the guest:
//!
//! | mode | what it does |
//! | --- | --- |
//! | `swallow` | as `bad-utf8`, but returns the error `something went wrong` |
//! | `ignore` | as `bad-utf8`, but returns success: the two good rows stand |
//! | `rows-then-panic` | declares two good rows, then panics as `panic` |
//! | `good` | declares two good rows and returns success |

// The guest exists to do what the host's lints forbid.
#![allow(
    unsafe_code,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::allow_attributes_without_reason,
    reason = "misbehaving is its purpose"
)]

mod bindings {
    wit_bindgen::generate!({ path: "../../../wit", world: "pipeline" });
}

mod declare;
mod hidden;
mod limits;

use bindings::{Guest, export, lance_host::pipeline::types::TargetError};

struct Evil;

export!(Evil with_types_in bindings);

impl Guest for Evil {
    fn run(params: Vec<(String, String)>) -> Result<(), String> {
        let mode = params
            .iter()
            .find(|(name, _)| name == "mode")
            .map(|(_, mode)| mode.as_str());
        let mode = mode.ok_or("the parameter `mode` is missing")?;
        let known = limits::run(mode)
            .or_else(|| hidden::run(mode))
            .or_else(|| declare::run(mode));
        known.unwrap_or_else(|| Err(format!("there is no mode `{mode}`")))
    }
}

/// The error as the guest returns it.
fn told(error: TargetError) -> String {
    format!("{}: {}", error.code, error.message)
}
