//! Every way in which a run fails: what the user reads, the exit code, and that nothing was
//! written.

use lance_host_tests::{Declare, Ending, Guest, How, Outcome, Table, World, items};
use serde_json::json;

/// Runs the declaration beside a table that exists, and expects that nothing changes.
fn refused(declare: &Declare, code: i32) -> Outcome {
    let world = World::new();
    world
        .declare("other", &Declare::table(items("other", [("x", 1)])))
        .exits(0);
    let outcome = world.declaring("run", "p", declare).exits(code);
    assert_eq!(outcome.stdout, "");
    assert_eq!(world.tables(), ["other"]);
    assert_eq!(world.table("other").version(), 1);
    let programs = world.declare("p", declare).exits(code).json();
    assert_eq!(programs["status"], "failed");
    assert_eq!(programs["pipeline"], "p");
    assert!(programs["error"]["message"].is_string());
    assert!(programs["duration_ms"].is_u64());
    outcome
}

/// A table with a text key and one more column of this type.
fn with_column(data_type: &str) -> Table {
    Table::new("t")
        .required("id", "utf8")
        .nullable("v", data_type)
        .key(&["id"])
}

mod what_the_pipeline_does {
    use super::*;

    #[test]
    fn it_returns_an_error() {
        let declare = Declare::table(items("t", [("x", 1)])).then(Ending::Error);
        insta::assert_snapshot!(refused(&declare, 1).told(), @"error: pipeline p failed: the guest was told to fail");
    }

    #[test]
    fn it_panics() {
        let declare = Declare::table(items("t", [("x", 1)])).then(Ending::Panic);
        insta::assert_snapshot!(refused(&declare, 1).told(), @r"
        p |
        p | thread '<unnamed>' (1) panicked at tests/guests/rows/src/lib.rs:[line]:
        p | the guest was told to fail
        p | note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
        error: pipeline p stopped: it panicked or aborted
        in the pipeline, innermost first:
          guest_rows::panics
          run
        ");
    }

    #[test]
    fn it_has_no_declaration() {
        let world = World::new();
        let outcome = world.run(Guest::Rows).exits(1);
        insta::assert_snapshot!(outcome.told(), @"error: pipeline guest-rows failed: parameter declare or declare_file is missing");
        assert!(!world.database().exists());
    }
}

mod tables_that_cannot_stand {
    use super::*;

    #[test]
    fn unknown_database() {
        let declare = Declare::table(items("t", [("x", 1)])).in_database("defualt");
        insta::assert_snapshot!(refused(&declare, 2).told(), @r#"error: pipeline p failed: unknown-database: there is no database "defualt"; did you mean "default"? If not, add it with --db defualt=URI (table defualt/t)"#);
    }

    #[test]
    fn unknown_type() {
        insta::assert_snapshot!(refused(&Declare::table(with_column("varchar(20)")), 1).told(), @"error: pipeline p failed: invalid-schema: the data type `varchar(20)` is wrong: there is no type `varchar`; known are bool, int8 to int64, uint8 to uint64, float16, float32, float64, utf8, large-utf8, binary, large-binary, fixed-size-binary(n), json, date32, date64, time32(unit), time64(unit), timestamp(unit), timestamp(unit, zone), duration(unit), decimal128(p, s), decimal256(p, s), vector(item, n), list(t), large-list(t), fixed-size-list(t, n), struct(name: t), map(k, t) and dictionary(k, v) (table t, column v)");
    }

    #[test]
    fn type_that_lancedb_cannot_store() {
        insta::assert_snapshot!(refused(&Declare::table(with_column("fixed-size-list(utf8, 2)")), 1).told(), @r#"error: pipeline p failed: unsupported: column "v" has a type that LanceDB cannot store: the items of lists of fixed size are booleans, numbers, times, bytes of fixed size or such lists, not Utf8; use a list (table default/t, column v)"#);
    }

    #[test]
    fn unknown_setting() {
        let declare = Declare::table(items("t", [("x", 1)]).managed_by("nobody"));
        insta::assert_snapshot!(refused(&declare, 1).told(), @r#"error: pipeline p failed: unsupported: setting managed-by has no value "nobody"; use system or user (table default/t)"#);
    }

    #[test]
    fn no_columns() {
        insta::assert_snapshot!(refused(&Declare::table(Table::new("t")), 1).told(), @"error: pipeline p failed: invalid-schema: the table has no columns (table default/t)");
    }

    #[test]
    fn no_key() {
        let declare = Declare::table(Table::new("t").required("id", "utf8"));
        insta::assert_snapshot!(refused(&declare, 1).told(), @"error: pipeline p failed: invalid-schema: the table has no primary key; name the columns that identify a row (table default/t)");
    }

    #[test]
    fn key_column_that_does_not_exist() {
        let declare = Declare::table(with_column("int64").key(&["uid"]));
        insta::assert_snapshot!(refused(&declare, 1).told(), @r#"error: pipeline p failed: invalid-schema: key column "uid" is not a column; columns: id, v (table default/t, column uid)"#);
    }

    #[test]
    fn two_columns_of_one_name() {
        let declare = Declare::table(with_column("int64").nullable("v", "utf8"));
        insta::assert_snapshot!(refused(&declare, 1).told(), @r#"error: pipeline p failed: invalid-schema: column "v" occurs twice (table default/t, column v)"#);
    }

    #[test]
    fn one_table_declared_in_two_ways() {
        let declare = Declare::table(items("t", [("x", 1)])).and(with_column("utf8"));
        insta::assert_snapshot!(refused(&declare, 1).told(), @"error: pipeline p failed: duplicate-table: the table was declared before with other columns, another primary key or other settings (table default/t)");
    }

    #[test]
    fn name_that_is_no_name() {
        insta::assert_snapshot!(refused(&Declare::table(items("../t", [("x", 1)])), 1).told(), @r#"error: pipeline p failed: invalid-schema: "../t" is not a name for a table; use letters, digits, '_', '-' and '.' (table default/../t)"#);
    }

    #[test]
    fn column_name_that_lance_cannot_take() {
        let declare = Declare::table(with_column("int64").nullable("a.b", "utf8"));
        insta::assert_snapshot!(refused(&declare, 1).told(), @r#"error: pipeline p failed: invalid-schema: column "a.b" has a dot or a backtick in its name, which LanceDB cannot store (table default/t, column a.b)"#);
    }
}

mod rows_that_cannot_stand {
    use super::*;

    #[test]
    fn null_in_a_required_column() {
        let table = Table::new("t")
            .required("id", "utf8")
            .required("v", "int64")
            .key(&["id"])
            .row(json!(["a", 1]))
            .row(json!(["b", null]));
        insta::assert_snapshot!(refused(&Declare::table(table.clone()), 1).told(), @"error: pipeline p failed: null-in-required-column: the column is required and has no value here (table t, column v, row 1)");
        insta::assert_snapshot!(refused(&Declare::table(table.how(How::Row)), 1).told(), @"error: pipeline p failed: null-in-required-column: the column is required and has no value here (table t, column v, row 1)");
    }

    #[test]
    fn too_few_values_in_a_row() {
        let table = with_column("int64")
            .row(json!(["a", 1]))
            .row(json!(["b"]))
            .how(How::Row);
        insta::assert_snapshot!(refused(&Declare::table(table), 1).told(), @"error: pipeline p failed: wrong-column-count: the number of values is 1 instead of 2 (table t, row 1)");
    }

    #[test]
    fn value_of_another_type() {
        let table = with_column("int64")
            .row(json!(["a", {"$boolean": true}]))
            .how(How::Row);
        insta::assert_snapshot!(refused(&Declare::table(table), 1).told(), @"error: pipeline p failed: type-mismatch: the value is a boolean, and the column is `int64` (table t, column v, row 0)");
    }

    #[test]
    fn text_that_is_not_json() {
        let table = with_column("json")
            .row(json!(["a", {"x": 1}]))
            .row(json!(["b", {"$text": "{\"x\":"}]))
            .how(How::Row);
        insta::assert_snapshot!(refused(&Declare::table(table), 1).told(), @"error: pipeline p failed: invalid-value: the text is not JSON: EOF while parsing a value at line 1 column 5 (table t, column v, row 1)");
    }

    #[test]
    fn vector_with_an_item_too_few() {
        let table = with_column("vector(float32, 3)")
            .row(json!(["a", [1, 2, 3]]))
            .row(json!(["b", [1, 2]]))
            .how(How::Row);
        insta::assert_snapshot!(refused(&Declare::table(table), 1).told(), @"error: pipeline p failed: dimension-mismatch: the vector has 2 items instead of 3 (table t, column v, row 1)");
    }

    #[test]
    fn column_of_another_length() {
        let table = with_column("bool").batch(json!([
            {"length": 2, "buffers": [[0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0], [97, 98]]},
            {"length": 1, "buffers": [[0]]},
        ]));
        insta::assert_snapshot!(refused(&Declare::table(table), 1).told(), @"error: pipeline p failed: invalid-value: the length is 1, but that of the first column is 2 (table t, column v)");
    }

    #[test]
    fn buffer_that_is_too_short() {
        let table = with_column("int64").batch(json!([
            {"length": 1, "buffers": [[0, 0, 0, 0, 1, 0, 0, 0], [97]]},
            {"length": 1, "buffers": [[1, 2, 3, 4]]},
        ]));
        insta::assert_snapshot!(refused(&Declare::table(table), 1).told(), @"error: pipeline p failed: type-mismatch: the buffer has 4 bytes instead of 8 (table t, column v)");
    }

    #[test]
    fn text_that_is_not_utf_8() {
        let table = with_column("bool")
            .row(json!(["first", true]))
            .batch(json!([
                {"length": 2, "buffers": [[0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0], [97, 255]]},
                {"length": 2, "buffers": [[0]]},
            ]));
        insta::assert_snapshot!(refused(&Declare::table(table), 1).told(), @"error: pipeline p failed: invalid-utf8: the text is not UTF-8: invalid utf-8 sequence of 1 bytes from index 0 (table t, column id, row 2)");
    }

    #[test]
    fn one_key_with_two_values() {
        let declare = Declare::table(items("t", [("x", 1), ("y", 2), ("x", 3)]));
        insta::assert_snapshot!(refused(&declare, 1).told(), @r#"error: table default/t: key id = "x" is declared twice with different values, in row 0 of scope / and row 2 of scope /; declare each key once"#);
    }
}

mod components_that_cannot_run {
    use super::*;

    fn run_bytes(name: &str, bytes: impl AsRef<[u8]>, code: i32) -> String {
        let world = World::new();
        world.write(name, bytes);
        let outcome = world.host(["run", name]).exits(code);
        assert_eq!(outcome.stdout, "");
        assert!(!world.database().exists());
        outcome.told()
    }

    #[test]
    fn no_such_file() {
        let world = World::new();
        insta::assert_snapshot!(world.host(["run", "missing.wasm"]).exits(2).told(), @r"
        error: cannot read the component missing.wasm
          caused by: No such file or directory (os error 2)
        ");
    }

    #[test]
    fn a_file_that_is_something_else() {
        insta::assert_snapshot!(run_bytes("notes.wasm", "# Notes\n", 2), @"error: notes.wasm is not a WebAssembly component: it does not begin like one");
    }

    #[test]
    fn a_core_module() {
        let module = wat::parse_str("(module)").unwrap();
        insta::assert_snapshot!(run_bytes("module.wasm", module, 2), @"error: module.wasm is not a WebAssembly component: it is a core module; build it for the target wasm32-wasip2, or make a component of it with `wasm-tools component new`");
    }

    #[test]
    fn a_component_that_was_cut_short() {
        let mut component = std::fs::read(Guest::Rows.file()).unwrap();
        component.truncate(component.len() / 2);
        insta::assert_snapshot!(run_bytes("cut.wasm", component, 2), @"error: cut.wasm is not a WebAssembly component: it is damaged: unexpected end-of-file (at offset [address])");
    }

    #[test]
    fn a_component_that_exports_no_run() {
        let component = wat::parse_str("(component)").unwrap();
        insta::assert_snapshot!(run_bytes("empty.wasm", component, 1), @r"
        error: empty.wasm cannot run here: it is not a pipeline: it does not export the function `run` of lance-host:pipeline@0.1.0
        it exports: nothing
        ");
    }

    #[test]
    fn a_component_that_imports_what_nobody_offers() {
        let component = wat::parse_str(
            r#"(component
                (import "example:clock/now@2.0.0" (instance (export "now" (func (result u64)))))
                (core module $m (func (export "run") (param i32 i32) (result i32) unreachable)
                    (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
                    (memory (export "memory") 1))
                (core instance $i (instantiate $m))
                (func (export "run")
                    (param "params" (list (tuple string string))) (result (result (error string)))
                    (canon lift (core func $i "run") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))"#,
        )
        .unwrap();
        insta::assert_snapshot!(run_bytes("wanting.wasm", component, 1), @r"
        error: wanting.wasm cannot run here: it asks for what this host does not offer
        it asks for:
          example:clock/now@2.0.0  (missing)
        this host offers:
          lance-host:pipeline@0.1.0: target (declare-table, table.declare-index, table.declare-row, table.declare-rows), types
          wasi:cli@0.2.12: environment, exit, stdin, stdout, stderr, terminal-input, terminal-output, terminal-stdin, terminal-stdout, terminal-stderr
          wasi:clocks@0.2.12: monotonic-clock, wall-clock
          wasi:filesystem@0.2.12: preopens, types
          wasi:io@0.2.12: error, poll, streams
          wasi:random@0.2.12: insecure, insecure-seed, random
          wasi:sockets@0.2.12: instance-network, ip-name-lookup, network, tcp, tcp-create-socket, udp, udp-create-socket
        ");
    }
}

mod grants {
    use super::*;

    #[test]
    fn missing_directory() {
        let world = World::new();
        let run = world.run(Guest::Rows).args(["--dir", "missing::/docs"]);
        insta::assert_snapshot!(run.exits(2).told(), @"error: --dir missing::/docs: cannot open the directory missing: No such file or directory (os error 2)");
    }

    #[test]
    fn two_directories_at_one_place() {
        let world = World::new();
        std::fs::create_dir(world.path("docs")).unwrap();
        let run = world
            .run(Guest::Rows)
            .args(["--dir", "docs::/docs", "--dir-rw", "docs::/docs"]);
        insta::assert_snapshot!(run.exits(2).told(), @"error: --dir-rw docs::/docs: the guest's path /docs is already taken by --dir docs::/docs");
    }

    #[test]
    fn what_is_not_granted_is_not_there() {
        let world = World::new();
        world.write("declaration.json", "{}");
        let run = world
            .run(Guest::Rows)
            .param("declare_file", "/declaration.json");
        insta::assert_snapshot!(run.exits(1).told(), @"error: pipeline guest-rows failed: cannot read declare_file /declaration.json: No such file or directory (os error 44)");
    }
}
