//! What a run wrote, read by the official `lancedb` package for Python.

use std::process::Command;

use lance_host_tests::{Declare, Table, World, python};
use serde_json::{Value, json};

/// Prints the schema, the rows by key, and the result of a vector query as JSON.
const READ: &str = r#"
import json, sys
import lancedb

table = lancedb.connect(sys.argv[1]).open_table("documents")
rows = sorted(table.to_arrow().to_pylist(), key=lambda row: row["id"])
for row in rows:
    row["raw"] = row["raw"].hex() if row["raw"] is not None else None
near = table.search([1.0, 0.0]).limit(1).to_list()
print(json.dumps({
    "tables": lancedb.connect(sys.argv[1]).table_names(),
    "schema": [[f.name, str(f.type), f.nullable] for f in table.schema],
    "rows": rows,
    "nearest": near[0]["id"],
    "version": table.version,
}))
"#;

#[test]
fn reads_schema_and_rows_that_a_run_wrote() {
    let world = World::new();
    let documents = Table::new("documents")
        .required("id", "utf8")
        .required("position", "int64")
        .nullable("score", "float64")
        .nullable("draft", "bool")
        .nullable("raw", "binary")
        .nullable("meta", "json")
        .required("embedding", "vector(float32, 2)")
        .key(&["id"])
        .row(json!(["a#0", 0, 0.25, true, null, {"tags": ["x"]}, [0.0, 1.0]]))
        .row(json!(["a#1", 1, null, false, null, null, [1.0, 0.0]]))
        .row(json!(["b#0", -5, 1e300, null, null, {"tags": []}, [-1.0, 0.0]]));
    world.declare("docs", &Declare::table(documents)).exits(0);

    let output = Command::new(python())
        .arg("-c")
        .arg(READ)
        .arg(world.database())
        .output()
        .expect("the interpreter can be started");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        read["tables"],
        json!(["documents"]),
        "the host's state is no table"
    );
    assert_eq!(
        read["schema"],
        json!([
            ["id", "string", false],
            ["position", "int64", false],
            ["score", "double", true],
            ["draft", "bool", true],
            ["raw", "binary", true],
            ["meta", "string", true],
            ["embedding", "fixed_size_list<item: float>[2]", false],
        ])
    );
    let rows = read["rows"].as_array().unwrap();
    let column = |name: &str| rows.iter().map(|row| row[name].clone()).collect::<Vec<_>>();
    assert_eq!(column("id"), ["a#0", "a#1", "b#0"]);
    assert_eq!(column("position"), [0, 1, -5]);
    assert_eq!(column("score"), [json!(0.25), json!(null), json!(1e300)]);
    assert_eq!(column("draft"), [json!(true), json!(false), json!(null)]);
    assert_eq!(
        column("embedding"),
        [json!([0.0, 1.0]), json!([1.0, 0.0]), json!([-1.0, 0.0])]
    );
    assert_eq!(read["nearest"], "a#1");
    assert_eq!(read["version"], 1);
}
