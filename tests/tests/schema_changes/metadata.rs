//! Metadata of columns follows the declaration.

use std::collections::BTreeMap;

use super::*;

fn with(metadata: &[(&str, &str)]) -> Declare {
    let table = items("t", [("a", 1), ("b", 2)]);
    Declare::table(metadata.iter().fold(table, |table, (name, value)| {
        table.metadata("value", name, value)
    }))
}

fn metadata(world: &World, column: &str) -> BTreeMap<String, String> {
    let schema = world.table("t").schema();
    let field = schema.field_with_name(column).unwrap();
    field.metadata().clone().into_iter().collect()
}

fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
    pairs.iter().map(owned).collect()
}

const CHANGED: &[&str] = &["column \"value\" gets other metadata"];

#[test]
fn it_is_set_changed_and_taken_away_and_no_row_is_touched() {
    let world = World::new();
    world.declare("p", &with(&[])).exits(0);
    for declared in [
        &[("unit", "m"), ("source", "sensor")][..],
        &[("unit", "km"), ("source", "sensor")],
        &[("unit", "km")],
        &[],
    ] {
        let fragments = world.table("t").fragments();
        changes(
            &world,
            &with(declared),
            "evolve",
            CHANGED,
            counts(0, 0, 0, 2),
        );
        assert_eq!(metadata(&world, "value"), pairs(declared));
        assert_eq!(world.table("t").fragments(), fragments);
        world.host(["verify"]).exits(0);
    }
}

#[test]
fn it_changes_with_rows_and_columns_in_one_version() {
    let world = World::new();
    world.declare("p", &with(&[("unit", "m")])).exits(0);
    let later = rows(
        keyed()
            .nullable("value", "int64")
            .nullable("note", "utf8")
            .metadata("value", "unit", "km")
            .metadata("note", "lang", "en"),
        [json!(["a", 10, null]), json!(["c", 3, "x"])],
    );
    let report = world.declare("p", &later).exits(0);
    assert_eq!(report.counts("t"), counts(1, 1, 1, 0));
    assert_eq!(world.table("t").version(), 2);
    assert_eq!(metadata(&world, "value"), pairs(&[("unit", "km")]));
    assert_eq!(metadata(&world, "note"), pairs(&[("lang", "en")]));
    settled(&world, &later);
}

#[test]
fn the_mark_of_the_key_stays() {
    let world = World::new();
    world.declare("p", &three()).exits(0);
    let marked = metadata(&world, "id");
    assert!(!marked.is_empty());
    let annotated =
        Declare::table(items("t", [("a", 1), ("b", 2), ("c", 3)]).metadata("id", "unit", "m"));
    world.declare("p", &annotated).exits(0);
    let mut expected = marked;
    expected.insert("unit".to_owned(), "m".to_owned());
    assert_eq!(metadata(&world, "id"), expected);
    settled(&world, &annotated);
}

#[test]
fn what_another_pipeline_declares_stays_and_may_not_differ() {
    let world = World::new();
    let of = |key: &str, unit: &str| {
        Declare::table(items("t", [(key, 1)]).metadata("value", "unit", unit))
    };
    world.declare("p", &of("a", "m")).exits(0);
    world.declare("q", &of("b", "m")).exits(0);
    let refused = world.declaring("run", "q", &of("b", "km")).exits(6);
    insta::assert_snapshot!(refused.told(), @r#"error: table default/t: column "value" is declared with "km" as its metadata "unit", and pipeline p declares "m"; let both pipelines declare the same, or one of them none"#);
    world
        .declare("q", &Declare::table(items("t", [("b", 1)])))
        .exits(0);
    assert_eq!(metadata(&world, "value"), pairs(&[("unit", "m")]));
    world.declare("p", &of("a", "km")).exits(0);
    assert_eq!(metadata(&world, "value"), pairs(&[("unit", "km")]));
}

#[test]
fn a_table_that_may_not_change_refuses_it() {
    let world = World::new();
    for policy in ["append-only", "fail"] {
        let declare = |name: &str| {
            let table = items("t", [("a", 1)]).metadata("value", name, "m");
            Declare::table(table.setting("on-schema-change", policy))
        };
        world.declare("p", &declare("unit")).exits(0);
        world.declare("p", &declare("other")).exits(1);
    }
}
