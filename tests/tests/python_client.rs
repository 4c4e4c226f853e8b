//! What a run wrote, read by the official `lancedb` package for Python.

use lance_host_tests::{Declare, Table, World};
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

    let read: Value = serde_json::from_str(&world.python(READ)).unwrap();
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

/// Prints the indexes, and what each of them finds, as JSON.
const SEARCH: &str = r#"
import json, sys
import lancedb

table = lancedb.connect(sys.argv[1]).open_table("documents")
ids = lambda query: sorted(row["id"] for row in query.to_list())
print(json.dumps({
    "indexes": sorted([index.index_type, index.columns] for index in table.list_indices()),
    "near": ids(table.search([1.0, 0.0]).metric("cosine").limit(1)),
    "words": ids(table.search("foxes", query_type="fts")),
    "phrase": ids(table.search('"lazy dog"', query_type="fts")),
    "plan": table.search([1.0, 0.0]).metric("cosine").limit(1).explain_plan(),
    "filter": ids(table.search().where("position = 2")),
}))
table.optimize()
"#;

#[test]
fn finds_rows_through_the_indexes_of_a_run() {
    let world = World::new();
    let documents = |texts: &[&str]| {
        let table = Table::new("documents")
            .required("id", "utf8")
            .required("position", "int64")
            .required("text", "utf8")
            .required("embedding", "vector(float32, 2)")
            .key(&["id"])
            .index("embedding", "ivf-flat", &[("metric", "cosine")])
            .index("text", "fts", &[("with-position", "true")])
            .index("position", "btree", &[]);
        let rows = texts.iter().enumerate();
        let table = rows.fold(table, |table, (row, text)| {
            let angle = row as f32;
            table.row(json!([
                format!("d{row}"),
                row,
                text,
                [angle.cos(), angle.sin()]
            ]))
        });
        Declare::table(table)
    };
    world
        .declare("docs", &documents(&["a fox runs", "the lazy dog"]))
        .exits(0);
    let more = documents(&["a fox runs", "a lazy brown dog", "dog, lazy dog", "no fox"]);
    world.declare("docs", &more).exits(0);

    let found: Value = serde_json::from_str(&world.python(SEARCH)).unwrap();
    // This client is older than the format of the third index, and filters without it.
    assert_eq!(
        found["indexes"],
        json!([["FTS", ["text"]], ["IvfFlat", ["embedding"]],])
    );
    assert_eq!(found["near"], json!(["d0"]));
    assert_eq!(found["words"], json!(["d0", "d3"]));
    assert_eq!(found["phrase"], json!(["d2"]));
    assert_eq!(found["filter"], json!(["d2"]));
    let plan = found["plan"].as_str().unwrap();
    assert!(plan.contains("ANN"), "the index is not used: {plan}");

    // The client has folded new rows into the indexes, and they are still those declared.
    let report = world.declare("docs", &more).exits(0);
    assert_eq!(report.json()["status"], "unchanged");
}

/// Creates a table with indexes, as most programs do: in several fragments, some rows deleted,
/// and no stable ids of rows.
const CREATE: &str = r#"
import math, sys
import lancedb

def rows(numbers):
    return [{
        "id": f"p{number}",
        "position": number,
        "text": f"word{number} of theirs",
        "embedding": [math.cos(number), math.sin(number)],
    } for number in numbers]

import pyarrow
schema = pyarrow.schema([
    ("id", pyarrow.string()),
    ("position", pyarrow.int64()),
    ("text", pyarrow.string()),
    ("embedding", pyarrow.list_(pyarrow.float32(), 2)),
])
table = lancedb.connect(sys.argv[1]).create_table("documents", rows(range(200)), schema=schema)
table.add(rows(range(200, 400)))
table.delete("position < 50 or position = 210")
table.create_index(metric="cosine", vector_column_name="embedding", index_type="IVF_FLAT", num_partitions=2)
table.create_fts_index("text")
table.create_scalar_index("position")
table.add(rows(range(400, 410)))
"#;

/// Prints which rows the indexes find.
const FIND: &str = r#"
import json, math, sys
import lancedb

table = lancedb.connect(sys.argv[1]).open_table("documents")
def found(number):
    near = table.search([math.cos(number), math.sin(number)]).metric("cosine").nprobes(2).limit(1)
    word = table.search(f"word{number}", query_type="fts")
    where = table.search().where(f"position = {number}")
    return [[row["id"] for row in query.to_list()] for query in (near, word, where)]
plan = table.search().where("position = 7").explain_plan()
print(json.dumps({
    "indexed": "ScalarIndexQuery" in plan,
    "indexes": sorted(index.name for index in table.list_indices()),
    "found": {str(number): found(number) for number in (60, 211, 300, 405, 600, 601)},
}))
"#;

#[test]
fn indexes_of_a_table_without_stable_row_ids_find_the_right_rows_ever_after() {
    let world = World::new();
    world.python(CREATE);
    let declare = |rows: &[(&str, i64)]| {
        let table = Table::new("documents")
            .nullable("id", "utf8")
            .nullable("position", "int64")
            .nullable("text", "utf8")
            .nullable("embedding", "vector(float32, 2)")
            .key(&["id"])
            .managed_by("user");
        let row = |(id, number): &(&str, i64)| {
            let angle = *number as f32;
            let text = format!("word{number} of ours");
            json!([id, number, text, [angle.cos(), angle.sin()]])
        };
        Declare::table(rows.iter().map(row).fold(table, Table::row))
    };
    let check = |ours: &[(&str, i64)], theirs: &[i64]| {
        let read: Value = serde_json::from_str(&world.python(FIND)).unwrap();
        assert_eq!(read["indexed"], true, "{read}");
        let names = ["embedding_idx", "position_idx", "text_idx"];
        assert_eq!(read["indexes"], json!(names));
        let ours = ours.iter().map(|(id, number)| ((*id).to_owned(), *number));
        let theirs = theirs.iter().map(|number| (format!("p{number}"), *number));
        for (id, number) in ours.chain(theirs) {
            let found = json!([[id], [id], [id]]);
            assert_eq!(read["found"][number.to_string()], found, "{number}");
        }
    };
    let before = [60, 211, 300, 405];
    check(&[], &before);

    // New rows, and one of theirs taken over and changed.
    let first = [("a", 600), ("p300", 601)];
    world
        .declare("docs", &declare(&first))
        .arg("--adopt")
        .exits(0);
    check(&first, &[60, 211, 405]);

    // The same once indexes and fragments were brought up to date by their owner.
    world.python(
        "import lancedb, sys\nlancedb.connect(sys.argv[1]).open_table('documents').optimize()",
    );
    check(&first, &[60, 211, 405]);
    let report = world.declare("docs", &declare(&first)).exits(0);
    assert_eq!(report.json()["status"], "unchanged");

    let second = [("a", 601)];
    let report = world.declare("docs", &declare(&second)).exits(0);
    let counts = report.counts("documents");
    assert_eq!((counts.updated, counts.deleted), (1, 1));
    check(&second, &[60, 211, 405]);
    assert_eq!(world.table("documents").count("true"), 359);
}
