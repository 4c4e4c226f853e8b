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
        insta::assert_snapshot!(refused(&declare, 1).told(), @"");
    }

    #[test]
    fn it_panics() {
        let declare = Declare::table(items("t", [("x", 1)])).then(Ending::Panic);
        insta::assert_snapshot!(refused(&declare, 1).told(), @"");
    }

    #[test]
    fn it_has_no_declaration() {
        let world = World::new();
        let outcome = world.run(Guest::Rows).exits(1);
        insta::assert_snapshot!(outcome.told(), @"");
        assert!(!world.database().exists());
    }
}

mod tables_that_cannot_stand {
    use super::*;

    #[test]
    fn unknown_database() {
        let declare = Declare::table(items("t", [("x", 1)])).in_database("defualt");
        insta::assert_snapshot!(refused(&declare, 2).told(), @"");
    }

    #[test]
    fn unknown_type() {
        insta::assert_snapshot!(refused(&Declare::table(with_column("varchar(20)")), 1).told(), @"");
    }

    #[test]
    fn type_of_a_later_host() {
        insta::assert_snapshot!(refused(&Declare::table(with_column("list(utf8)")), 1).told(), @"");
    }

    #[test]
    fn unknown_setting() {
        let declare = Declare::table(items("t", [("x", 1)]).managed_by("nobody"));
        insta::assert_snapshot!(refused(&declare, 1).told(), @"");
    }

    #[test]
    fn no_columns() {
        insta::assert_snapshot!(refused(&Declare::table(Table::new("t")), 1).told(), @"");
    }

    #[test]
    fn no_key() {
        let declare = Declare::table(Table::new("t").required("id", "utf8"));
        insta::assert_snapshot!(refused(&declare, 1).told(), @"");
    }

    #[test]
    fn key_column_that_does_not_exist() {
        let declare = Declare::table(with_column("int64").key(&["uid"]));
        insta::assert_snapshot!(refused(&declare, 1).told(), @"");
    }

    #[test]
    fn key_column_that_may_be_null() {
        let declare = Declare::table(with_column("int64").key(&["v"]));
        insta::assert_snapshot!(refused(&declare, 1).told(), @"");
    }

    #[test]
    fn two_columns_of_one_name() {
        let declare = Declare::table(with_column("int64").nullable("v", "utf8"));
        insta::assert_snapshot!(refused(&declare, 1).told(), @"");
    }

    #[test]
    fn one_table_declared_in_two_ways() {
        let declare = Declare::table(items("t", [("x", 1)])).and(with_column("utf8"));
        insta::assert_snapshot!(refused(&declare, 1).told(), @"");
    }

    #[test]
    fn name_that_is_no_name() {
        insta::assert_snapshot!(refused(&Declare::table(items("../t", [("x", 1)])), 1).told(), @"");
    }

    #[test]
    fn column_name_that_lance_cannot_take() {
        let declare = Declare::table(with_column("int64").nullable("a.b", "utf8"));
        insta::assert_snapshot!(refused(&declare, 1).told(), @"");
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
        insta::assert_snapshot!(refused(&Declare::table(table.clone()), 1).told(), @"");
        insta::assert_snapshot!(refused(&Declare::table(table.how(How::Row)), 1).told(), @"");
    }

    #[test]
    fn too_few_values_in_a_row() {
        let table = with_column("int64")
            .row(json!(["a", 1]))
            .row(json!(["b"]))
            .how(How::Row);
        insta::assert_snapshot!(refused(&Declare::table(table), 1).told(), @"");
    }

    #[test]
    fn value_of_another_type() {
        let table = with_column("int64")
            .row(json!(["a", {"$text": "1"}]))
            .how(How::Row);
        insta::assert_snapshot!(refused(&Declare::table(table), 1).told(), @"");
    }

    #[test]
    fn text_that_is_not_json() {
        let table = with_column("json")
            .row(json!(["a", {"x": 1}]))
            .row(json!(["b", {"$text": "{\"x\":"}]))
            .how(How::Row);
        insta::assert_snapshot!(refused(&Declare::table(table), 1).told(), @"");
    }

    #[test]
    fn vector_with_an_item_too_few() {
        let table = with_column("vector(float32, 3)")
            .row(json!(["a", [1, 2, 3]]))
            .row(json!(["b", [1, 2]]))
            .how(How::Row);
        insta::assert_snapshot!(refused(&Declare::table(table), 1).told(), @"");
    }

    #[test]
    fn column_of_another_length() {
        let table = with_column("bool").batch(json!([
            {"length": 2, "buffers": [[0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0], [97, 98]]},
            {"length": 1, "buffers": [[0]]},
        ]));
        insta::assert_snapshot!(refused(&Declare::table(table), 1).told(), @"");
    }

    #[test]
    fn buffer_that_is_too_short() {
        let table = with_column("int64").batch(json!([
            {"length": 1, "buffers": [[0, 0, 0, 0, 1, 0, 0, 0], [97]]},
            {"length": 1, "buffers": [[1, 2, 3, 4]]},
        ]));
        insta::assert_snapshot!(refused(&Declare::table(table), 1).told(), @"");
    }

    #[test]
    fn text_that_is_not_utf_8() {
        let table = with_column("bool")
            .row(json!(["first", true]))
            .batch(json!([
                {"length": 2, "buffers": [[0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0], [97, 255]]},
                {"length": 2, "buffers": [[0]]},
            ]));
        insta::assert_snapshot!(refused(&Declare::table(table), 1).told(), @"");
    }

    #[test]
    fn one_key_with_two_values() {
        let declare = Declare::table(items("t", [("x", 1), ("y", 2), ("x", 3)]));
        insta::assert_snapshot!(refused(&declare, 1).told(), @"");
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
        insta::assert_snapshot!(world.host(["run", "missing.wasm"]).exits(2).told(), @"");
    }

    #[test]
    fn a_file_that_is_something_else() {
        insta::assert_snapshot!(run_bytes("notes.wasm", "# Notes\n", 2), @"");
    }

    #[test]
    fn a_core_module() {
        let module = wat::parse_str("(module)").unwrap();
        insta::assert_snapshot!(run_bytes("module.wasm", module, 2), @"");
    }

    #[test]
    fn a_component_that_was_cut_short() {
        let mut component = std::fs::read(Guest::Rows.file()).unwrap();
        component.truncate(component.len() / 2);
        insta::assert_snapshot!(run_bytes("cut.wasm", component, 2), @"");
    }

    #[test]
    fn a_component_that_exports_no_run() {
        let component = wat::parse_str("(component)").unwrap();
        insta::assert_snapshot!(run_bytes("empty.wasm", component, 1), @"");
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
                    (canon lift (core func $i "run") (memory $i "memory") (realloc (func $i "realloc")))))"#,
        )
        .unwrap();
        insta::assert_snapshot!(run_bytes("wanting.wasm", component, 1), @"");
    }
}

mod grants {
    use super::*;

    #[test]
    fn missing_directory() {
        let world = World::new();
        let run = world.run(Guest::Rows).args(["--dir", "missing::/docs"]);
        insta::assert_snapshot!(run.exits(2).told(), @"");
    }

    #[test]
    fn two_directories_at_one_place() {
        let world = World::new();
        std::fs::create_dir(world.path("docs")).unwrap();
        let run = world
            .run(Guest::Rows)
            .args(["--dir", "docs::/docs", "--dir-rw", "docs::/docs"]);
        insta::assert_snapshot!(run.exits(2).told(), @"");
    }

    #[test]
    fn what_is_not_granted_is_not_there() {
        let world = World::new();
        world.write("declaration.json", "{}");
        let run = world
            .run(Guest::Rows)
            .param("declare_file", "/declaration.json");
        insta::assert_snapshot!(run.exits(1).told(), @"");
    }
}
