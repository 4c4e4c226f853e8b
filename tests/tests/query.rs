//! What `query` finds, and what it says when it cannot.

use std::sync::Arc;

use arrow::{
    array::{
        Array, ArrayRef, FixedSizeListArray, Float32Array, ListArray, RecordBatch, StringArray,
    },
    buffer::OffsetBuffer,
    datatypes::{DataType, Field},
};
use lance_host_tests::{Declare, ForeignTable, Outcome, Table, World};
use lancedb::{
    DistanceType,
    index::{Index, scalar::FtsIndexBuilder, vector::IvfFlatIndexBuilder},
};
use serde_json::{Value, json};

/// Five notes with a vector each; `x` points to the right, and so on around the clock.
fn notes() -> Table {
    let rows = [
        ("right", 1, "the quick fox", [1.0, 0.0]),
        ("up", 2, "the lazy dog", [0.0, 1.0]),
        ("left", 3, "a quick dog", [-1.0, 0.0]),
        ("down", 4, "nothing at all", [0.0, -1.0]),
        ("far right", 5, "fox fox fox", [9.0, 1.0]),
    ];
    rows.into_iter().fold(
        Table::new("notes")
            .required("id", "utf8")
            .required("size", "int64")
            .required("body", "utf8")
            .required("embedding", "vector(float32, 2)")
            .key(&["id"]),
        |table, (id, size, body, vector)| table.row(json!([id, size, body, vector])),
    )
}

fn world() -> World {
    let world = World::new();
    world.declare("p", &Declare::table(notes())).exits(0);
    world
}

fn full_text() -> Index {
    Index::FTS(FtsIndexBuilder::default())
}

#[track_caller]
fn ask(world: &World, arguments: &[&str]) -> Outcome {
    world
        .host(["query", "default/notes"])
        .args(arguments)
        .exits(0)
}

/// The ids of what is found, in order.
#[track_caller]
fn ids(world: &World, arguments: &[&str]) -> Vec<String> {
    let found = ask(world, &[arguments, &["--json"]].concat()).json();
    let rows = found["rows"].as_array().unwrap();
    rows.iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

/// What is said about a question that cannot be asked.
#[track_caller]
fn refusal(world: &World, arguments: &[&str]) -> String {
    let outcome = world
        .host(["query", "default/notes"])
        .args(arguments)
        .exits(2);
    assert_eq!(outcome.stdout, "");
    outcome.told()
}

#[test]
fn rows_near_a_vector_come_nearest_first_with_their_distance() {
    let world = world();
    world.write("v.json", "[1.0, 0.25]");
    let outcome = ask(
        &world,
        &["--near", "v.json", "--limit", "3", "--select", "id,size"],
    );
    insta::assert_snapshot!(outcome.printed(), @r"
    id     size  _distance
    right  1     0.0625
    up     2     1.5625
    down   4     2.5625
    ");
    let found = ask(&world, &["--near", "v.json", "--limit", "1", "--json"]).json();
    assert_eq!(
        found,
        json!({"database": "default", "table": "notes", "rows": [
            {"id": "right", "size": 1, "body": "the quick fox", "embedding": [1.0, 0.0], "_distance": 0.0625}
        ]})
    );
}

#[test]
fn a_vector_may_come_from_standard_input() {
    let world = world();
    let outcome = world
        .host([
            "query",
            "default/notes",
            "--near",
            "-",
            "--limit",
            "1",
            "--select",
            "id",
        ])
        .input("[0, -1]\n")
        .exits(0);
    insta::assert_snapshot!(outcome.printed(), @r"
    id    _distance
    down  0.0
    ");
}

#[test]
fn rows_near_a_stored_row_are_found_by_its_key() {
    let world = world();
    assert_eq!(
        ids(&world, &["--near-key", "left", "--limit", "2"])[0],
        "left"
    );
    insta::assert_snapshot!(refusal(&world, &["--near-key", "nowhere"]), @"error: --near-key nowhere: table default/notes has no row with this key");
}

#[test]
fn a_key_of_several_columns_is_a_json_object() {
    let world = World::new();
    let table = Table::new("notes")
        .required("file", "utf8")
        .required("part", "int64")
        .nullable("v", "vector(float32, 2)")
        .key(&["file", "part"])
        .row(json!(["a", 1, [1.0, 0.0]]))
        .row(json!(["a", 2, [0.0, 1.0]]))
        .row(json!(["b", 1, null]));
    world.declare("p", &Declare::table(table)).exits(0);
    let key = |key| ["--near-key", key, "--limit", "1"];
    let found = ask(&world, &key(r#"{"part": 2, "file": "a"}"#));
    insta::assert_snapshot!(found.printed(), @r"
    file  part  v           _distance
    a     2     [0.0, 1.0]  0.0
    ");
    insta::assert_snapshot!(refusal(&world, &key("a")), @"error: --near-key a: the key has several columns; give a JSON object that names all of them: file, part");
    insta::assert_snapshot!(refusal(&world, &key(r#"{"file": "a", "part": "one"}"#)), @r#"error: --near-key {"file": "a", "part": "one"}: "one" is no value of column part, which holds Int64; write it as `lance-host show` does"#);
    insta::assert_snapshot!(refusal(&world, &key(r#"{"file": "b", "part": 1}"#)), @r#"error: --near-key {"file": "b", "part": 1}: the row has no vector in column v"#);
}

#[test]
fn rows_with_words_come_best_first_with_their_score() {
    let world = world();
    insta::assert_snapshot!(refusal(&world, &["--text", "quick"]), @"error: --text: table default/notes has no full-text index; let the pipeline declare one, or create one with any LanceDB client");
    world.table("notes").index("body", full_text());
    assert_eq!(ids(&world, &["--text", "fox"]), ["far right", "right"]);
    let found = ask(&world, &["--text", "fox", "--select", "id", "--json"]).json();
    let row = found["rows"][0].as_object().unwrap();
    assert_eq!(row.keys().collect::<Vec<_>>(), ["id", "_score"]);
    assert!(row["_score"].as_f64().unwrap() > 0.0);
    insta::assert_snapshot!(refusal(&world, &["--text", "quick", "--column", "id"]), @"error: --text: column id (others have one: body) has no full-text index; let the pipeline declare one, or create one with any LanceDB client");
    assert_eq!(ids(&world, &["--text", "lazy", "--column", "body"]), ["up"]);
    assert_eq!(ids(&world, &["--text", "absent"]), [""; 0]);
}

#[test]
fn words_and_a_vector_together_join_both_rankings() {
    let world = world();
    world.table("notes").index("body", full_text());
    world.write("v.json", "[-1, 0]");
    let arguments = ["--text", "quick", "--near", "v.json", "--limit", "2"];
    assert_eq!(ids(&world, &arguments), ["left", "right"]);
    let found = ask(&world, &[&arguments[..], &["--json"]].concat()).json();
    assert!(found["rows"][0]["_relevance_score"].as_f64().unwrap() > 0.0);
    let columns = ["--column", "embedding", "--column", "body"];
    assert_eq!(
        ids(&world, &[&arguments[..], &columns].concat()),
        ["left", "right"]
    );
}

#[test]
fn a_condition_selects_rows_alone_or_before_a_search() {
    let world = world();
    assert_eq!(
        ids(&world, &["--where", "size >= 2 AND size < 4"]),
        ["up", "left"]
    );
    world.write("v.json", "[1, 0]");
    assert_eq!(
        ids(
            &world,
            &[
                "--near",
                "v.json",
                "--where",
                "size IN (3, 4)",
                "--limit",
                "1"
            ]
        ),
        ["down"]
    );
    insta::assert_snapshot!(refusal(&world, &["--where", "size >"]), @r#"
    error: --where "size >" cannot be understood; write a condition in SQL, such as id = 'x' AND size > 3
      caused by: Invalid input, Error parsing statement: SELECT 1 FROM t WHERE size > (sql parser error: Expected: an expression, found: EOF)
    "#);
    insta::assert_snapshot!(refusal(&world, &["--where", "colour = 'red'"]), @r#"
    error: --where "colour = 'red'" cannot be understood; write a condition in SQL, such as id = 'x' AND size > 3
      caused by: Invalid input, Schema error: No field named colour. Valid fields are `id`, `size`, `body`, `embedding`.
    "#);
}

#[test]
fn without_a_question_the_first_rows_are_shown() {
    let world = world();
    assert_eq!(ids(&world, &["--limit", "2"]), ["right", "up"]);
    insta::assert_snapshot!(ask(&world, &["--where", "size > 99", "--select", "size,id"]).printed(), @"size  id");
}

#[test]
fn what_the_table_cannot_answer_is_said_with_the_next_step() {
    let world = world();
    world.write("short.json", "[1]");
    world.write("words.json", "{\"a\": 1}");
    world.write("broken.json", "[1,");
    world.write("nested.json", "[[1, 0], [0, 1]]");
    world.write("huge.json", "[1e300, 0]");
    world.write("v.json", "[1, 0]");
    let told = |arguments: &[&str]| refusal(&world, arguments);
    insta::assert_snapshot!(told(&["--near", "short.json"]), @"error: --near: the vector has dimension 1, and those of column embedding have 2; give one of 2 numbers");
    insta::assert_snapshot!(told(&["--near", "words.json"]), @"error: --near words.json: expected an array of numbers, such as [0.5, 1.0]");
    insta::assert_snapshot!(told(&["--near", "broken.json"]), @r"
    error: --near broken.json: this is not JSON; give an array of numbers, such as [0.5, 1.0]
      caused by: EOF while parsing a value at line 1 column 3
    ");
    insta::assert_snapshot!(told(&["--near", "nested.json"]), @"error: --near: the vector cannot be compared with those of column embedding: there are 2, and each row holds one; give one");
    insta::assert_snapshot!(told(&["--near", "huge.json"]), @"error: --near: the vector cannot be compared with those of column embedding: it has inf in it; give finite numbers");
    insta::assert_snapshot!(told(&["--near", "missing.json"]), @r"
    error: --near missing.json: cannot read it
      caused by: No such file or directory (os error 2)
    ");
    insta::assert_snapshot!(told(&["--near", "v.json", "--column", "colour"]), @"error: --column colour: table default/notes has no such column; its columns are id, size, body, embedding");
    insta::assert_snapshot!(told(&["--near", "v.json", "--column", "size"]), @"error: --column size: it does not hold vectors; name a column that does, or search words with --text");
    insta::assert_snapshot!(told(&["--near", "v.json", "--metric", "hamming"]), @"error: --metric: column embedding holds vectors of Float32; measure them by l2, cosine or dot");
    insta::assert_snapshot!(told(&["--near", "v.json", "--metric", "miles"]), @r"
    error: invalid value 'miles' for '--metric <METRIC>': expected l2, cosine, dot or hamming

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(told(&["--metric", "l2"]), @"error: --metric measures vectors; give one with --near or --near-key");
    insta::assert_snapshot!(told(&["--text", "x", "--column", "embedding"]), @"error: --column embedding: it holds vectors, and no vector is given; search it with --near or --near-key");
    insta::assert_snapshot!(told(&["--select", "id,colour"]), @"error: --select colour: table default/notes has no such column; its columns are id, size, body, embedding");
    insta::assert_snapshot!(told(&["--near", "v.json", "--near-key", "up"]), @r"
    error: the argument '--near <FILE>' cannot be used with '--near-key <KEY>'

    Usage: lance-host query --near <FILE> <DATABASE/TABLE>

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(world.host(["query", "default/nots"]).exits(2).told(), @r#"error: there is no table "nots" in database "default"; known: notes"#);
    insta::assert_snapshot!(world.host(["query", "defualt/notes"]).exits(2).told(), @r#"error: there is no database "defualt"; did you mean "default"? If not, add it with --db defualt=URI"#);
    let json = world
        .host(["query", "default/notes", "--near", "short.json", "--json"])
        .exits(2)
        .json();
    assert_eq!(json["error"]["kind"], "usage");
}

#[test]
fn a_table_without_vectors_or_with_several_says_so() {
    let world = World::new();
    let table = Table::new("notes").required("id", "utf8").key(&["id"]);
    let several = Table::new("several")
        .required("id", "utf8")
        .required("a", "vector(float32, 2)")
        .required("b", "vector(float32, 3)")
        .key(&["id"])
        .row(json!(["x", [1.0, 0.0], [0.0, 0.0, 1.0]]));
    world
        .declare("p", &Declare::table(table.row(json!(["x"]))).and(several))
        .exits(0);
    world.write("v.json", "[1, 0]");
    insta::assert_snapshot!(refusal(&world, &["--near", "v.json"]), @"error: table default/notes has no column of vectors that can be searched; leave out --near and --near-key, or search it by --text or --where");
    let several = [
        "query",
        "default/several",
        "--near",
        "v.json",
        "--select",
        "id",
    ];
    insta::assert_snapshot!(world.host(several).exits(2).told(), @"error: table default/several has several columns of vectors: a (2 x Float32), b (3 x Float32); name one with --column");
    insta::assert_snapshot!(world.host(several).args(["--column", "a"]).exits(0).printed(), @r"
    id  _distance
    x   0.0
    ");
    insta::assert_snapshot!(world.host(several).args(["--column", "b"]).exits(2).told(), @"error: --near: the vector has dimension 2, and those of column b have 3; give one of 3 numbers");
}

#[test]
fn distances_are_measured_as_the_index_does_unless_told_otherwise() {
    let world = world();
    world.write("v.json", "[9, 1]");
    let first = |arguments: &[&str]| {
        let arguments = [&["--near", "v.json", "--limit", "2"], arguments].concat();
        ids(&world, &arguments)[1].clone()
    };
    // By l2 the short vectors are all far away; by angle the one to the right is near.
    let distance = |arguments: &[&str]| {
        let arguments = [&["--near", "v.json", "--limit", "5", "--json"], arguments].concat();
        let found = ask(&world, &arguments).json();
        let rows = found["rows"].as_array().unwrap().clone();
        let is_left = |row: &&Value| row["id"] == "left";
        rows.iter().find(is_left).unwrap()["_distance"]
            .as_f64()
            .unwrap()
    };
    assert_eq!(first(&[]), "right");
    assert_eq!(distance(&[]), 101.0);
    let cosine = distance(&["--metric", "cosine"]);
    assert!((1.9..2.0).contains(&cosine), "{cosine}");
    let index = IvfFlatIndexBuilder::default().distance_type(DistanceType::Cosine);
    world
        .table("notes")
        .index("embedding", Index::IvfFlat(index));
    let by_index = distance(&[]);
    assert!((1.9..2.0).contains(&by_index), "{by_index}");
    assert_eq!(distance(&["--metric", "l2"]), 101.0);
}

#[test]
fn names_that_are_no_words_in_sql_are_found() {
    let world = World::new();
    let table = Table::new("notes")
        .required("User-Id", "utf8")
        .required("my size", "int64")
        .required("Group", "utf8")
        .required("1st Vector", "vector(float32, 2)")
        .key(&["my size", "User-Id"])
        .row(json!(["x", 1, "red fox", [1.0, 0.0]]))
        .row(json!(["y", 2, "blue dog", [0.0, 1.0]]));
    world.declare("p", &Declare::table(table)).exits(0);
    world.table("notes").index("Group", full_text());
    let key = r#"{"User-Id": "y", "my size": 2}"#;
    let select = ["--select", "Group,User-Id,my size", "--limit", "1"];
    let near = ["--near-key", key, "--column", "1st Vector"];
    let text = ["--text", "dog", "--column", "Group"];
    let condition = ["--where", r#""User-Id" = 'y' AND `my size` = 2"#];
    for search in [&near[..], &text, &condition] {
        let found = ask(&world, &[search, &select, &["--json"]].concat()).json();
        assert_eq!(found["rows"][0]["User-Id"], "y", "{search:?}");
        assert_eq!(found["rows"][0]["my size"], 2, "{search:?}");
    }
}

#[test]
fn vectors_of_bytes_are_compared_by_their_bits() {
    let world = World::new();
    let batch = |values: Vec<u8>| {
        let items = arrow::array::UInt8Array::from(values);
        let field = Arc::new(Field::new("item", DataType::UInt8, false));
        FixedSizeListArray::new(field, 2, Arc::new(items), None)
    };
    let rows = RecordBatch::try_from_iter([
        (
            "id",
            Arc::new(StringArray::from(vec!["a", "b"])) as ArrayRef,
        ),
        ("bits", Arc::new(batch(vec![0b1111, 0, 0b0001, 0]))),
    ]);
    ForeignTable::create_from(&world.database(), "notes", rows.unwrap());
    world.write("v.json", "[0, 0]");
    let found = ask(&world, &["--near", "v.json", "--select", "id"]);
    insta::assert_snapshot!(found.printed(), @r"
    id  _distance
    b   1.0
    a   4.0
    ");
    world.write("w.json", "[256, 0]");
    insta::assert_snapshot!(refusal(&world, &["--near", "w.json"]), @"error: --near: the vector cannot be compared with those of column bits: it has 256 in it, and the column holds bytes; give integers from 0 to 255");
    insta::assert_snapshot!(refusal(&world, &["--near", "v.json", "--metric", "l2"]), @"error: --metric: column bits holds vectors of UInt8; measure them by hamming");
    insta::assert_snapshot!(refusal(&world, &["--near-key", "a"]), @"error: --near-key a: no pipeline declared the table, so it has no known key; give a vector with --near");
}

#[test]
fn several_vectors_in_a_row_are_searched_by_several() {
    let world = World::new();
    let items = Float32Array::from(vec![1.0, 0.0, 0.0, 1.0, -1.0, 0.0]);
    let item = Arc::new(Field::new("item", DataType::Float32, true));
    let vectors = FixedSizeListArray::new(item, 2, Arc::new(items), None);
    let field = Arc::new(Field::new("item", vectors.data_type().clone(), true));
    let lists = ListArray::new(
        field,
        OffsetBuffer::from_lengths([2, 1]),
        Arc::new(vectors),
        None,
    );
    let rows = RecordBatch::try_from_iter([
        (
            "id",
            Arc::new(StringArray::from(vec!["two", "one"])) as ArrayRef,
        ),
        ("v", Arc::new(lists)),
    ]);
    ForeignTable::create_from(&world.database(), "notes", rows.unwrap());
    world.write("v.json", "[[-1, 0]]");
    let search = ["--near", "v.json", "--metric", "cosine"];
    assert_eq!(ids(&world, &search)[0], "one");
    world.write("v.json", "[[0, 1], [1, 0]]");
    assert_eq!(ids(&world, &search)[0], "two");
    assert_eq!(ids(&world, &search[..2])[0], "two");
}

#[test]
fn a_table_that_no_pipeline_knows_can_be_searched_too() {
    let world = World::new();
    ForeignTable::create(&world.database(), "notes", &[("x", 1), ("y", 2)]);
    assert_eq!(ids(&world, &["--where", "value = 2"]), ["y"]);
}

#[test]
fn help_tells_every_flag() {
    let world = World::new();
    insta::assert_snapshot!(world.host(["query", "--help"]).exits(0).printed(), @r"
    Show rows of a table that are near a vector, have some words or meet a condition

    Usage: lance-host query [OPTIONS] <DATABASE/TABLE>

    Arguments:
      <DATABASE/TABLE>  The table

    Options:
          --select <NAMES>  The columns to show, with commas between them [default: all]
          --limit <N>       How many rows [default: 10]
      -h, --help            Print help

    Search:
          --near <FILE>      Rows near the vector in this file, a JSON array of numbers; `-` is standard
                             input
          --near-key <KEY>   Rows near the stored row with this key: the value as `show` prints it, or,
                             for a key of several columns, a JSON object that names them
          --text <WORDS>     Rows with these words, by the full-text index; together with a vector, the
                             ranks of both searches are joined
          --column <NAME>    A column to search, where there is a choice: one of vectors, or any with a
                             full-text index; may be repeated
          --metric <METRIC>  How distances are measured: l2, cosine, dot or hamming [default: as the
                             index does, or else l2; hamming for vectors of bytes]
          --where <SQL>      Only rows that meet this condition, in SQL

    Databases:
          --db <NAME=URI>  A database by its name and location, a directory or s3://BUCKET/PREFIX; may
                           be repeated. Without any, here or configured, there is one:
                           `default=./lance_data`
          --config <FILE>  The file that configures databases [default: lance-host.toml, if there is
                           one]

    Output:
          --json   Print one JSON object on standard output
          --quiet  Print results and errors only: no progress, no report, nothing that the pipeline
                   prints
    ");
}
