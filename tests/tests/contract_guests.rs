//! Components in other languages, written against the bare contract: it favours nobody.

use arrow::{
    array::{Array, AsArray, RecordBatch},
    compute::{SortOptions, sort_to_indices, take_record_batch},
    datatypes::{Float32Type, Float64Type, Int64Type},
};
use lance_host_tests::{Guest, World};
use serde_json::json;

/// The rows that both components document, checked one by one.
fn assert_people(rows: &RecordBatch, count: i64) {
    let order = sort_to_indices(&rows["id"], Some(SortOptions::default()), None).unwrap();
    let rows = take_record_batch(rows, &order).unwrap();
    let ids = rows["id"].as_primitive::<Int64Type>();
    assert_eq!(ids.values().to_vec(), (0..count).collect::<Vec<_>>());
    let names = rows["name"].as_string::<i32>();
    let scores = rows["score"].as_primitive::<Float64Type>();
    let data = rows["data"].as_binary::<i32>();
    let active = rows["active"].as_boolean();
    let tags = rows["tags"].as_string::<i32>();
    let embeddings = rows["embedding"].as_fixed_size_list();
    for (row, i) in (0..count).enumerate() {
        let number = i as f64;
        assert_eq!(names.value(row), format!("person {i} ä"));
        let score = scores.is_valid(row).then(|| scores.value(row));
        assert_eq!(score, (i % 3 != 0).then_some(number / 4.0));
        assert_eq!(data.value(row), [(i % 256) as u8, 0, 255]);
        assert_eq!(active.value(row), i % 2 == 0);
        let tag: serde_json::Value = serde_json::from_str(tags.value(row)).unwrap();
        assert_eq!(tag, json!({"group": i % 5, "even": i % 2 == 0}));
        let embedding = embeddings.value(row);
        let number = number as f32;
        assert_eq!(
            embedding.as_primitive::<Float32Type>().values(),
            &[number, number / 2.0, -number]
        );
    }
}

fn declares_its_people(guest: Guest) {
    let world = World::new();
    let report = world.run(guest).param("rows", "300").arg("--json").exits(0);
    assert_eq!(report.counts("people").inserted, 300);
    assert_eq!(report.counts("people_by_columns").inserted, 300);
    assert_people(&world.table("people").rows(), 300);
    assert_people(&world.table("people_by_columns").rows(), 300);

    let again = world.run(guest).param("rows", "300").arg("--json").exits(0);
    assert_eq!(again.json()["status"], "unchanged");
    let fewer = world.run(guest).param("rows", "290").arg("--json").exits(0);
    assert_eq!(fewer.counts("people").deleted, 10);
    assert_people(&world.table("people").rows(), 290);
}

fn fails_with_its_own_words(guest: Guest) {
    let world = World::new();
    let failed = world
        .run(guest)
        .param("fail", "the source is not ready")
        .exits(1);
    assert!(
        failed.stderr.contains("the source is not ready"),
        "{}",
        failed.stderr
    );
    assert!(!world.has_table("people"));
}

mod python {
    use super::*;

    #[test]
    fn declares_rows_and_columns() {
        declares_its_people(Guest::Python);
    }

    #[test]
    fn an_error_reaches_the_user() {
        fails_with_its_own_words(Guest::Python);
    }
}

mod javascript {
    use super::*;

    #[test]
    fn declares_rows_and_columns() {
        declares_its_people(Guest::JavaScript);
    }

    #[test]
    fn an_error_reaches_the_user() {
        fails_with_its_own_words(Guest::JavaScript);
    }
}
