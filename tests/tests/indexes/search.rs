//! What is found through indexes: rows of the run that built them and of later ones.

use lance_host_tests::{Declare, Table, World};
use serde_json::{Value, json};

use super::{actions, docs, docs_of, id, status, vector};

#[test]
fn every_kind_is_built_and_finds_rows() {
    const VECTORS: [&str; 7] = [
        "ivf-flat",
        "ivf-sq",
        "ivf-pq",
        "ivf-rq",
        "ivf-hnsw-flat",
        "ivf-hnsw-sq",
        "ivf-hnsw-pq",
    ];
    const ROWS: usize = 260;
    let world = World::new();
    let mut table = Table::new("docs")
        .required("id", "utf8")
        .nullable("number", "int64")
        .nullable("even", "bool")
        .nullable("text", "utf8")
        .key(&["id"])
        .index("number", "btree", &[])
        .index("even", "bitmap", &[])
        .index("text", "fts", &[]);
    for kind in VECTORS {
        table = table
            .nullable(kind, "vector(float32, 8)")
            .index(kind, kind, &[]);
    }
    for number in 0..ROWS {
        let mut row = vec![
            json!(id(number)),
            json!(number),
            json!(number % 2 == 0),
            json!(format!("number{number} runs")),
        ];
        row.extend(VECTORS.map(|_| json!(vector(number))));
        table = table.row(Value::Array(row));
    }
    let report = world.declare("p", &Declare::table(table)).exits(0);
    for index in report.table("docs")["indexes"].as_array().unwrap() {
        assert_eq!(index["action"], "create", "{index}");
    }
    let table = world.table("docs");
    assert_eq!(report.table("docs")["version"], table.version());
    let expected = [
        ("even", "BITMAP"),
        ("ivf-flat", "IVF_FLAT"),
        ("ivf-hnsw-flat", "IVF_HNSW_FLAT"),
        ("ivf-hnsw-pq", "IVF_HNSW_PQ"),
        ("ivf-hnsw-sq", "IVF_HNSW_SQ"),
        ("ivf-pq", "IVF_PQ"),
        ("ivf-rq", "IVF_RQ"),
        ("ivf-sq", "IVF_SQ"),
        ("number", "BTREE"),
        ("text", "FTS"),
    ];
    let expected = expected.map(|(column, kind)| (column.to_owned(), kind.to_owned()));
    assert_eq!(table.index_types(), expected);
    for index in table.indexes() {
        assert_eq!(index.num_unindexed_rows, Some(0), "{}", index.name);
    }
    for kind in VECTORS {
        let near = table.nearest(kind, &vector(7), 5);
        assert!(near.contains(&id(7)), "{kind}: {near:?}");
    }
    assert_eq!(table.matching("number42"), [id(42)]);
}

#[test]
fn an_empty_table_has_indexes_of_text_and_values_at_once() {
    let world = World::new();
    let declare = |rows| {
        let table = docs(rows).index("text", "fts", &[]);
        Declare::table(table.index("number", "btree", &[]))
    };
    let report = world.declare("p", &declare(0)).exits(0);
    assert_eq!(
        actions(&report),
        json!([["text", "fts", "create"], ["number", "btree", "create"]])
    );
    world.declare("p", &declare(5)).exits(0);
    let table = world.table("docs");
    assert_eq!(table.matching("number3"), [id(3)]);
    assert_eq!(table.filtered("number = 4"), [id(4)]);
}

#[test]
fn rows_of_a_later_run_are_found_and_stale_ones_are_not() {
    let world = World::new();
    let indexed = |table: Table| {
        let table = table.index("embedding", "ivf-hnsw-sq", &[]);
        let table = table.index("text", "fts", &[("with-position", "true")]);
        Declare::table(table.index("number", "btree", &[]))
    };
    world.declare("p", &indexed(docs(50))).exits(0);
    // Row 7 goes, row 8 gets other values, row 60 comes.
    let table = docs_of(
        (0..50)
            .filter(|number| *number != 7 && *number != 8)
            .chain([60]),
    );
    let table = table.row(json!([id(8), 800, "a slow snail", vector(800)]));
    let report = world.declare("p", &indexed(table)).exits(0);
    assert_eq!(report.counts("docs").updated, 1);
    assert_eq!(status(&report), "applied");

    for optimized in [false, true] {
        let table = world.table("docs");
        if optimized {
            table.optimize();
        }
        assert_eq!(table.nearest("embedding", &vector(60), 1), [id(60)]);
        assert_eq!(table.nearest("embedding", &vector(800), 1), [id(8)]);
        for gone in [7, 8] {
            let near = table.nearest("embedding", &vector(gone), 50);
            assert_eq!(
                near.iter().filter(|found| **found == id(gone)).count(),
                gone - 7
            );
        }
        assert_eq!(table.matching("number60"), [id(60)]);
        assert_eq!(table.matching("snail"), [id(8)]);
        assert!(table.matching("number7").is_empty());
        assert!(table.matching("number8").is_empty());
        assert_eq!(table.filtered("number = 60"), [id(60)]);
        assert_eq!(table.filtered("number = 800"), [id(8)]);
        assert!(table.filtered("number = 7 or number = 8").is_empty());
    }
    // What somebody else's optimize made of an index is still the index as declared.
    let table = docs_of(
        (0..50)
            .filter(|number| *number != 7 && *number != 8)
            .chain([60]),
    );
    let table = table.row(json!([id(8), 800, "a slow snail", vector(800)]));
    let report = world.declare("p", &indexed(table)).exits(0);
    assert_eq!(status(&report), "unchanged");
}

#[test]
fn any_column_name_can_be_indexed() {
    let world = World::new();
    let columns = [
        "my id", "User-Id", "order", "1st", "ünï", "a/b", "x_y", "it's", "\"q\"",
    ];
    let mut table = Table::new("docs").required("id", "utf8").key(&["id"]);
    let mut row = vec![json!("a")];
    for column in columns {
        table = table.nullable(column, "int64").index(column, "btree", &[]);
        let (text, vector) = (format!("{column} text"), format!("{column} vector"));
        table = table.nullable(&text, "utf8").index(&text, "fts", &[]);
        table = table.nullable(&vector, "vector(float32, 8)");
        table = table.index(&vector, "ivf-flat", &[]);
        row.extend([json!(1), json!("fox"), json!(self::vector(1))]);
    }
    let declare = Declare::table(table.row(Value::Array(row)));
    let report = world.declare("p", &declare).exits(0);
    for index in report.table("docs")["indexes"].as_array().unwrap() {
        assert_eq!(index["action"], "create", "{index}");
    }
    assert_eq!(world.table("docs").indexes().len(), 3 * columns.len());
    assert_eq!(status(&world.declare("p", &declare).exits(0)), "unchanged");
}

/// Text, numbers and vectors in lists and structs, and vectors of every item.
#[test]
fn nested_columns_and_all_vectors_have_indexes() {
    const ROWS: usize = 20;
    let world = World::new();
    let declare = |rows: std::ops::Range<usize>| {
        let table = Table::new("docs")
            .required("id", "utf8")
            .nullable("tags", "list(utf8)")
            .nullable("numbers", "large-list(int32)")
            .nullable("texts", "list(utf8)")
            .nullable(
                "place",
                "struct(city: utf8, size: int64, at: vector(float32, 8))",
            )
            .nullable("many", "list(vector(float32, 8))")
            .nullable("half", "vector(float16, 8)")
            .nullable("double", "vector(float64, 8)")
            .nullable("bits", "vector(uint8, 8)")
            .key(&["id"])
            .index("tags", "label-list", &[])
            .index("numbers", "label-list", &[])
            .index("texts", "fts", &[("document", "row")])
            .index("place.city", "fts", &[])
            .index("place.size", "btree", &[])
            .index("place.at", "ivf-flat", &[])
            .index("many", "ivf-flat", &[])
            .index("half", "ivf-hnsw-flat", &[("metric", "dot")])
            .index("double", "ivf-sq", &[])
            .index("bits", "ivf-flat", &[("metric", "hamming")]);
        let row = |table: Table, number| {
            let vector = vector(number);
            table.row(json!([
                id(number),
                ["all", format!("tag{number}")],
                [number],
                [format!("words{number}"), "more"],
                {"city": format!("city{number}"), "size": number, "at": vector},
                [vector, self::vector(number + 100)],
                vector,
                vector,
                [number, 1, 2, 3, 4, 5, 6, 7],
            ]))
        };
        Declare::table(rows.fold(table, row))
    };
    let report = world.declare("p", &declare(0..ROWS)).exits(0);
    for index in report.table("docs")["indexes"].as_array().unwrap() {
        assert_eq!(index["action"], "create", "{index}");
    }
    let report = world.declare("p", &declare(0..ROWS)).exits(0);
    assert_eq!(status(&report), "unchanged");

    // Rows of a later run are found beside those in the index, and updated ones are not stale.
    world.declare("p", &declare(5..ROWS + 5)).exits(0);
    for optimized in [false, true] {
        let table = world.table("docs");
        if optimized {
            table.optimize();
        }
        for number in [7, ROWS + 2] {
            let found = [id(number)];
            let tag = format!("array_has(tags, 'tag{number}')");
            assert_eq!(table.filtered(&tag), found);
            assert_eq!(
                table.filtered(&format!("array_has(numbers, {number})")),
                found
            );
            assert_eq!(table.filtered(&format!("place.size = {number}")), found);
            assert_eq!(table.matching_in("texts", &format!("words{number}")), found);
            assert_eq!(
                table.matching_in("place.city", &format!("city{number}")),
                found
            );
            let vector = vector(number);
            for column in ["place.at", "half", "double", "many"] {
                let near = table.nearest(column, &vector, 1);
                // The greatest product need not be that of a vector with itself.
                if column != "half" {
                    assert_eq!(near, found, "{column}");
                }
            }
        }
        assert!(table.filtered("place.size = 2").is_empty());
        assert!(table.matching_in("texts", "words2").is_empty());
        assert!(table.matching_in("place.city", "city2").is_empty());
    }
    let report = world.declare("p", &declare(5..ROWS + 5)).exits(0);
    assert_eq!(status(&report), "unchanged");
}
