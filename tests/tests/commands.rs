//! Output and exit code of every command.

use lance_host_tests::{Declare, Guest, World, items};
use serde_json::{Value, json};

fn two_items() -> Declare {
    Declare::table(items("t", [("x", 1), ("y", 2)]))
}

mod run {
    use super::*;

    #[test]
    fn prints_a_table_and_a_summary() {
        let world = World::new();
        let first = world.declaring("run", "docs", &two_items()).exits(0);
        insta::assert_snapshot!(first.printed(), @r"
        table      action  inserted  updated  deleted  unchanged  version
        default/t  create         2        0        0          0        1
        docs: applied in [time]: 2 inserted, 0 updated, 0 deleted, 0 unchanged
        ");
        assert_eq!(first.stderr, "");
        let again = world.declaring("run", "docs", &two_items()).exits(0);
        insta::assert_snapshot!(again.printed(), @r"
        table      action  inserted  updated  deleted  unchanged  version
        default/t  -              0        0        0          2        1
        docs: nothing to change, in [time]: 2 rows are as declared
        ");
    }

    #[test]
    fn prints_one_json_object() {
        let world = World::new();
        let mut report = world.declare("docs", &two_items()).exits(0).json();
        assert!(report["run_id"].as_str().is_some_and(|id| id.len() == 32));
        assert!(report["duration_ms"].is_u64());
        report["run_id"] = Value::Null;
        report["duration_ms"] = Value::Null;
        assert_eq!(
            report,
            json!({
                "pipeline": "docs", "run_id": null, "status": "applied",
                "tables": [{"database": "default", "table": "t", "action": "create",
                    "inserted": 2, "updated": 0, "deleted": 0, "unchanged": 0, "version": 1}],
                "duration_ms": null,
            })
        );
    }

    #[test]
    fn prints_nothing_when_quiet() {
        let world = World::new();
        let outcome = world
            .declaring("run", "docs", &two_items())
            .arg("--quiet")
            .exits(0);
        assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("", ""));
    }

    #[test]
    fn takes_its_name_from_the_file() {
        let world = World::new();
        let declare = serde_json::to_string(&two_items()).unwrap();
        let report = world
            .run(Guest::Rows)
            .param("declare", &declare)
            .arg("--json")
            .exits(0);
        assert_eq!(report.json()["pipeline"], "guest-rows");
    }

    #[test]
    fn refuses_a_name_that_is_none() {
        let world = World::new();
        let refused = world.run(Guest::Rows).args(["--name", ""]).exits(2);
        insta::assert_snapshot!(refused.told(), @r#"error: "" is not a name for a pipeline: it is empty"#);
    }

    #[test]
    fn writes_to_the_database_that_is_named() {
        let world = World::new();
        let declare = two_items().in_database("archive");
        world
            .declare("docs", &declare)
            .args(["--db", "archive=elsewhere/lance"])
            .exits(0);
        assert!(!world.database().exists());
        let (runtime, connection) = lance_host_tests::connect(&world.path("elsewhere/lance"));
        assert_eq!(
            runtime
                .block_on(connection.table_names().execute())
                .unwrap(),
            ["t"]
        );
    }

    #[test]
    fn passes_on_what_the_pipeline_prints_and_keeps_it_apart() {
        let world = World::new();
        // A refused call that the pipeline survives is printed by it.
        let declare = json!({"tables": [
            {"name": "t", "columns": [["id", "utf8", false]], "key": ["id"], "rows": [["x"]]},
            {"name": "bad", "columns": [["id", "no-type", false]], "key": ["id"], "rows": [], "catch": true},
        ]});
        let run = || {
            world
                .run(Guest::Rows)
                .param("declare", &declare.to_string())
        };
        let outcome = run().exits(0);
        insta::assert_snapshot!(outcome.told(), @"guest-rows | invalid-schema: the data type `no-type` is wrong: there is no type `no-type`; known are bool, int8 to int64, uint8 to uint64, float16, float32, float64, utf8, large-utf8, binary, large-binary, fixed-size-binary(n), json, date32, date64, time32(unit), time64(unit), timestamp(unit), timestamp(unit, zone), duration(unit), decimal128(p, s), decimal256(p, s), vector(item, n), list(t), large-list(t), fixed-size-list(t, n), struct(name: t), map(k, t) and dictionary(k, v) (table bad, column id)");
        assert!(!outcome.stdout.contains("no-type"));
        assert_eq!(run().arg("--quiet").exits(0).stderr, "");
    }

    #[test]
    fn compiles_a_component_once_and_keeps_it() {
        let world = World::new();
        let cache = world.path("cache");
        let run = || {
            world
                .declare("docs", &two_items())
                .env("LANCE_HOST_CACHE", world.path("cache"))
        };
        let entries = || std::fs::read_dir(&cache).map_or(0, Iterator::count);
        run().arg("--no-cache").exits(0);
        assert_eq!(entries(), 0);
        run().exits(0);
        let kept = entries();
        assert!(kept > 0);
        run().exits(0);
        assert_eq!(entries(), kept);
    }
}

mod plan {
    use super::*;

    #[test]
    fn shows_changes_and_writes_nothing() {
        let world = World::new();
        let plan = world.declaring("plan", "docs", &two_items()).exits(10);
        insta::assert_snapshot!(plan.printed(), @r"
        table      action  inserted  updated  deleted  unchanged  version
        default/t  create         2        0        0          0        -
        docs: planned in [time]: 2 inserted, 0 updated, 0 deleted, 0 unchanged; nothing was written
        ");
        assert!(!world.database().exists());

        let plan = world.plan("docs", &two_items()).exits(10).json();
        assert_eq!(plan["status"], "planned");
        assert_eq!(plan["tables"][0]["action"], "create");
        assert_eq!(plan["tables"][0]["inserted"], 2);
        assert!(!world.database().exists());
    }

    #[test]
    fn without_changes_the_exit_code_is_zero() {
        let world = World::new();
        world.declare("docs", &two_items()).exits(0);
        let plan = world.declaring("plan", "docs", &two_items()).exits(0);
        insta::assert_snapshot!(plan.printed(), @r"
        table      action  inserted  updated  deleted  unchanged  version
        default/t  -              0        0        0          2        1
        docs: nothing to change, in [time]: 2 rows are as declared
        ");
        assert_eq!(
            world.plan("docs", &two_items()).exits(0).json()["status"],
            "unchanged"
        );
    }

    #[test]
    fn tells_what_the_run_then_does() {
        let world = World::new();
        world.declare("docs", &two_items()).exits(0);
        let next = Declare::table(items("t", [("y", 20), ("z", 3)]));
        let planned = world.plan("docs", &next).exits(10).counts("t");
        assert_eq!(world.table("t").version(), 1);
        assert_eq!(world.declare("docs", &next).exits(0).counts("t"), planned);
    }

    #[test]
    fn fails_as_the_run_would() {
        let world = World::new();
        let declare = two_items().then(lance_host_tests::Ending::Error);
        let failed = world.plan("docs", &declare).exits(1).json();
        assert_eq!(failed["error"]["kind"], "pipeline");
    }
}

mod inspect {
    use super::*;

    #[test]
    fn shows_what_a_component_needs_and_offers() {
        let world = World::new();
        let file = Guest::Rows.file();
        let outcome = world.host(["inspect"]).arg(&file).exits(0);
        assert!(
            outcome.stdout.contains("lance-host:pipeline/target@0.1.0"),
            "{}",
            outcome.stdout
        );
        let json = world.host(["inspect", "--json"]).arg(&file).exits(0).json();
        assert_eq!(json["contract"], "0.1.0");
        assert_eq!(json["runnable"], true);
        assert_eq!(json["size"], std::fs::metadata(&file).unwrap().len());
        let imports = json["imports"].as_array().unwrap();
        assert!(imports.contains(&json!("lance-host:pipeline/target@0.1.0")));
        assert!(json["exports"].as_array().unwrap().contains(&json!("run")));
    }

    #[test]
    fn says_why_a_component_cannot_run() {
        let world = World::new();
        world.write("empty.wasm", wat::parse_str("(component)").unwrap());
        let outcome = world.host(["inspect", "empty.wasm"]).exits(0);
        insta::assert_snapshot!(outcome.printed(), @r"
        size      8 bytes
        contract  none
        sdk       none
        runnable  no: it is not a pipeline: it does not export the function `run` of lance-host:pipeline@0.1.0
                  it exports: nothing
        ");
    }

    #[test]
    fn lists_what_a_component_for_another_contract_asks_for_and_what_there_is() {
        let world = World::new();
        let component = r#"(component
            (import "lance-host:pipeline/target@0.2.0" (instance))
            (import "wasi:cli/stderr@0.2.6" (instance))
            (core module $m (@custom "lance-host:sdk" "rust 0.9.1"))
            (core module $n (func (export "run")))
            (core instance $i (instantiate $n))
            (func (export "run") (canon lift (core func $i "run"))))"#;
        world.write("later.wasm", wat::parse_str(component).unwrap());
        let outcome = world.host(["inspect", "later.wasm"]).exits(0);
        insta::assert_snapshot!(outcome.printed(), @r"
        size      258 bytes
        contract  0.2.0
        sdk       rust 0.9.1
        runnable  no: it asks for what this host does not offer: it was built for lance-host:pipeline 0.2.0 and this host has 0.1.0; build it with an SDK for that version
                  it asks for:
                    lance-host:pipeline/target@0.2.0  (missing)
                    wasi:cli/stderr@0.2.6
                  this host offers:
                    lance-host:pipeline@0.1.0: target (declare-table, table.declare-index, table.declare-row, table.declare-rows), types
                    wasi:cli@0.2.12: environment, exit, stdin, stdout, stderr, terminal-input, terminal-output, terminal-stdin, terminal-stdout, terminal-stderr
                    wasi:clocks@0.2.12: monotonic-clock, wall-clock
                    wasi:filesystem@0.2.12: preopens, types
                    wasi:io@0.2.12: error, poll, streams
                    wasi:random@0.2.12: insecure, insecure-seed, random
                    wasi:sockets@0.2.12: instance-network, ip-name-lookup, network, tcp, tcp-create-socket, udp, udp-create-socket
        imports
          lance-host:pipeline/target@0.2.0
          wasi:cli/stderr@0.2.6
        exports
          run
        ");
        let refused = world.host(["run", "later.wasm"]).exits(1);
        insta::assert_snapshot!(refused.told().lines().next().unwrap(), @"error: later.wasm cannot run here: it asks for what this host does not offer: it was built for lance-host:pipeline 0.2.0 and this host has 0.1.0; build it with an SDK for that version");
    }

    #[test]
    fn names_the_function_that_only_a_later_host_has() {
        let world = World::new();
        let component = r#"(component
            (import "lance-host:pipeline/target@0.1.4" (instance
                (export "table" (type $table (sub resource)))
                (export "[method]table.declare-scope" (func (param "self" (borrow $table))))))
            (core module $module
                (memory (export "memory") 1)
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 0)
                (func (export "run") (param i32 i32) (result i32) i32.const 0))
            (core instance $instance (instantiate $module))
            (func (export "run")
                (param "params" (list (tuple string string)))
                (result (result (error string)))
                (canon lift (core func $instance "run")
                    (memory (core memory $instance "memory"))
                    (realloc (core func $instance "realloc")))))"#;
        world.write("later.wasm", wat::parse_str(component).unwrap());
        let json = world
            .host(["inspect", "later.wasm", "--json"])
            .exits(0)
            .json();
        assert_eq!(json["runnable"], false);
        let reason = json["reason"].as_str().unwrap();
        insta::assert_snapshot!(reason.lines().take(5).collect::<Vec<_>>().join("\n"), @r"
        it asks for what this host does not offer: it was built for lance-host:pipeline 0.1.4 and this host has 0.1.0; use a newer lance-host
        it asks for:
          lance-host:pipeline/target@0.1.4: table.declare-scope (missing)
        this host offers:
          lance-host:pipeline@0.1.0: target (declare-table, table.declare-index, table.declare-row, table.declare-rows), types
        ");
        let refused = world.host(["run", "later.wasm"]).exits(1);
        let first = reason.lines().next().unwrap();
        assert!(refused.told().contains(first), "{}", refused.told());
    }

    #[test]
    fn names_the_sdk() {
        let world = World::new();
        let file = Guest::Sdk.file();
        let json = world.host(["inspect", "--json"]).arg(&file).exits(0).json();
        assert_eq!(json["sdk"], json!({"language": "rust", "version": "0.1.0"}));
    }

    #[test]
    fn refuses_what_is_no_component() {
        let world = World::new();
        world.write("notes.wasm", "# Notes\n");
        insta::assert_snapshot!(world.host(["inspect", "notes.wasm"]).exits(2).told(), @"error: notes.wasm is not a WebAssembly component: it does not begin like one");
        insta::assert_snapshot!(world.host(["inspect", "missing.wasm"]).exits(2).told(), @r"
        error: cannot read the component missing.wasm
          caused by: No such file or directory (os error 2)
        ");
    }
}

mod status {
    use super::*;

    #[test]
    fn shows_owners_rows_versions_and_the_last_run() {
        let world = World::new();
        let empty = world.host(["status"]).exits(0);
        insta::assert_snapshot!(empty.printed(), @"no tables");
        assert!(!world.database().exists());

        world.declare("docs", &two_items()).exits(0);
        let run = world
            .declare("notes", &Declare::table(items("t", [("z", 3)])))
            .exits(0);
        world.table("t").append(&[("theirs", 7)]);
        insta::assert_snapshot!(world.host(["status"]).exits(0).printed(), @r"
        table      managed by  rows  owners     version  versions  last run
        default/t  system         4  docs: 2          3         3  [instant] by notes
                                     notes: 1
                                     others: 1
        ");

        let json = world.host(["status", "--json"]).exits(0).json();
        let table = &json["tables"][0];
        assert_eq!(table["database"], "default");
        assert_eq!(table["table"], "t");
        assert_eq!(table["managed_by"], "system");
        assert_eq!(table["rows"], 4);
        assert_eq!(table["foreign_rows"], 1);
        assert_eq!(table["version"], 3);
        assert_eq!(table["versions"], 3);
        assert_eq!(table["last_run"]["run_id"], run.json()["run_id"]);
        assert_eq!(table["last_run"]["pipeline"], "notes");
        let owners = table["owners"].as_array().unwrap();
        let rows: Vec<_> = owners
            .iter()
            .map(|owner| (&owner["pipeline"], &owner["rows"]))
            .collect();
        assert_eq!(
            rows,
            [(&json!("docs"), &json!(2)), (&json!("notes"), &json!(1))]
        );
    }

    #[test]
    fn a_table_without_a_pipeline_is_listed_too() {
        let world = World::new();
        lance_host_tests::ForeignTable::create(&world.database(), "theirs", &[("x", 1)]);
        insta::assert_snapshot!(world.host(["status"]).exits(0).printed(), @r"
        table           managed by  rows  owners     version  versions  last run
        default/theirs  nobody         1  others: 1        1         1  -
        ");
    }
}

mod show {
    use super::*;

    #[test]
    fn prints_the_first_rows() {
        let world = World::new();
        let rows = (0..20).map(|number| (format!("row {number:02}"), number));
        world
            .declare("docs", &Declare::table(items("t", rows)))
            .exits(0);
        insta::assert_snapshot!(world.host(["show", "default/t", "--limit", "3"]).exits(0).printed(), @r"
        id      value
        row 00  0
        row 01  1
        row 02  2
        ");
        let json = world.host(["show", "default/t", "--json"]).exits(0).json();
        assert_eq!(json["database"], "default");
        assert_eq!(json["table"], "t");
        assert_eq!(json["rows"].as_array().unwrap().len(), 10);
        assert_eq!(json["rows"][0], json!({"id": "row 00", "value": 0}));
    }

    #[test]
    fn names_the_nearest_database_and_the_known_tables() {
        let world = World::new();
        world.declare("docs", &two_items()).exits(0);
        insta::assert_snapshot!(world.host(["show", "defualt/t"]).exits(2).told(), @r#"error: there is no database "defualt"; did you mean "default"? If not, add it with --db defualt=URI"#);
        insta::assert_snapshot!(world.host(["show", "default/u"]).exits(2).told(), @r#"error: there is no table "u" in database "default"; known: t"#);
        insta::assert_snapshot!(world.host(["show", "t"]).exits(2).told(), @r"
        error: invalid value 't' for '<DATABASE/TABLE>': expected DATABASE/TABLE, such as default/documents

        For more information, try '--help'.
        ");
    }
}

mod drop {
    use super::*;

    #[test]
    fn without_an_answer_nothing_is_removed() {
        let world = World::new();
        world.declare("docs", &two_items()).exits(0);
        let refused = world.host(["drop", "docs"]).exits(3);
        insta::assert_snapshot!(refused.told(), @r"
        table      action  inserted  updated  deleted  unchanged  version
        default/t  drop           0        0        2          0        1
        error: nothing was removed; to remove what docs owns, answer yes or give --yes
        ");
        assert!(world.has_table("t"));
        let refused = world.host(["drop", "docs", "--json"]).exits(3).json();
        assert_eq!(refused["status"], "refused");
        assert_eq!(refused["tables"][0]["action"], "drop");
    }

    #[test]
    fn with_yes_everything_of_the_pipeline_goes() {
        let world = World::new();
        world.declare("docs", &two_items()).exits(0);
        insta::assert_snapshot!(world.host(["drop", "docs", "--yes"]).exits(0).printed(), @r"
        table      action  inserted  updated  deleted  unchanged  version
        default/t  drop           0        0        2          0        -
        docs: applied in [time]: 0 inserted, 0 updated, 2 deleted, 0 unchanged
        ");
        assert!(!world.has_table("t"));
        insta::assert_snapshot!(world.host(["status"]).exits(0).printed(), @"no tables");
    }

    #[test]
    fn a_pipeline_that_owns_nothing_is_refused_with_the_name_that_was_meant() {
        let world = World::new();
        let told = |pipeline| world.host(["drop", pipeline, "--yes"]).exits(2).told();
        insta::assert_snapshot!(told("docs"), @r#"error: no pipeline "docs" owns anything; there are no tables of any pipeline"#);
        world.declare("docs", &two_items()).exits(0);
        insta::assert_snapshot!(told("dcos"), @r#"error: no pipeline "dcos" owns anything; did you mean "docs"?"#);
        insta::assert_snapshot!(told("weather"), @r#"error: no pipeline "weather" owns anything; known: docs"#);
        assert!(world.has_table("t"));
    }
}

mod usage {
    use super::*;

    #[test]
    fn help_and_version_are_no_errors() {
        let world = World::new();
        for arguments in [["--help"], ["--version"]] {
            let outcome = world.host(arguments).exits(0);
            assert!(outcome.stdout.contains("lance-host") && outcome.stderr.is_empty());
        }
        insta::assert_snapshot!(world.host(["run", "--help"]).exits(0).printed(), @r"
        Run a pipeline and make the databases match what it declares

        Usage: lance-host run [OPTIONS] <FILE>

        Arguments:
          <FILE>  The pipeline: a WebAssembly component

        Options:
              --name <NAME>  The pipeline's name, under which it owns its rows [default: the file's stem]
              --param <K=V>  A parameter for the pipeline; may be repeated, the order is kept
              --no-cache     Compile the component again and keep no compiled code
          -h, --help         Print help

        Databases:
              --db <NAME=URI>       A database by its name and location, a directory or s3://BUCKET/PREFIX;
                                    may be repeated. Without any, here or configured, there is one:
                                    `default=./lance_data`
              --config <FILE>       The file that configures databases [default: lance-host.toml, if there
                                    is one]
              --durability <LEVEL>  What a commit on a local disk waits for: until everything is on the
                                    disk, or for nothing [default: safe] [possible values: safe, fast]

        Grants:
              --dir <HOST::GUEST>     A directory that the pipeline may read; may be repeated
              --dir-rw <HOST::GUEST>  A directory that the pipeline may read and write; may be repeated
              --env <K=V>             An environment variable for the pipeline; may be repeated

        Limits:
              --timeout <DURATION>    The longest time the pipeline may take [default: 10m]
              --max-memory <SIZE>     The most memory the pipeline may use [default: 512MiB]
              --memory-budget <SIZE>  Memory of which declared rows and their index take shares; more rows
                                      go to the temporary directory [default: 256MiB]

        Guards:
              --allow-destructive  Apply changes that a guard would refuse: dropping a table, deleting most
                                   of one, declaring nothing at all
              --adopt              Take over existing tables and rows that no pipeline owns

        Output:
              --json   Print one JSON object on standard output
              --quiet  Print results and errors only: no progress, no report, nothing that the pipeline
                       prints
        ");
    }

    #[test]
    fn an_unknown_flag_names_the_nearest() {
        let world = World::new();
        let outcome = world.host(["run", "x.wasm", "--time-out", "5s"]).exits(2);
        insta::assert_snapshot!(outcome.told(), @r"
        error: unexpected argument '--time-out' found

          tip: a similar argument exists: '--timeout'

        Usage: lance-host run --timeout <DURATION> <FILE>

        For more information, try '--help'.
        ");
        let json = world
            .host(["run", "x.wasm", "--time-out", "5s", "--json"])
            .exits(2)
            .json();
        assert_eq!(json["error"]["kind"], "usage");
    }

    #[test]
    fn values_that_cannot_be_read_say_what_is_expected() {
        let world = World::new();
        let told = |arguments: [&str; 4]| world.host(arguments).exits(2).told();
        insta::assert_snapshot!(told(["run", "x.wasm", "--timeout", "10"]), @r"
        error: invalid value '10' for '--timeout <DURATION>': expected a length of time with its unit, such as 90s, 10m or 1.5h

        For more information, try '--help'.
        ");
        insta::assert_snapshot!(told(["run", "x.wasm", "--max-memory", "much"]), @r"
        error: invalid value 'much' for '--max-memory <SIZE>': expected a size, such as 512MiB or 2GB

        For more information, try '--help'.
        ");
        insta::assert_snapshot!(told(["run", "x.wasm", "--dir", "docs"]), @r"
        error: invalid value 'docs' for '--dir <HOST::GUEST>': expected HOST::GUEST, such as ./docs::/docs

        For more information, try '--help'.
        ");
        insta::assert_snapshot!(told(["run", "x.wasm", "--param", "limit"]), @r"
        error: invalid value 'limit' for '--param <K=V>': expected a name, an equals sign and a value

        For more information, try '--help'.
        ");
        insta::assert_snapshot!(told(["run", "x.wasm", "--db", "lance_data"]), @r"
        error: invalid value 'lance_data' for '--db <NAME=URI>': expected a name, an equals sign and a value

        For more information, try '--help'.
        ");
    }

    #[test]
    fn a_location_that_cannot_be_used_is_named() {
        let world = World::new();
        let told = |location: &str| {
            let database = format!("default={location}");
            world.host(["status", "--db", &database]).exits(2).told()
        };
        insta::assert_snapshot!(told("memory://database"), @r#"error: database default: "memory://database" would be gone when the command ends; give a directory, file://DIRECTORY or s3://BUCKET/PREFIX"#);
        insta::assert_snapshot!(told("gs://bucket/path"), @r#"error: database default: "gs://bucket/path" has the scheme gs, in which lance-host keeps no databases; give a directory, file://DIRECTORY or s3://BUCKET/PREFIX"#);
        insta::assert_snapshot!(told("s3://me:password@bucket"), @r#"error: database default: "s3://[redacted]@bucket" is not s3://BUCKET/PREFIX; give credentials and the endpoint in storage-options"#);
    }
}
