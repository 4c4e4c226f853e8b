//! Changes for which the table is written anew.

use super::*;

fn as_text() -> Declare {
    rows(
        keyed().nullable("value", "utf8"),
        [json!(["a", "one"]), json!(["b", "two"]), json!(["d", null])],
    )
}

#[test]
fn is_refused_unless_it_is_allowed() {
    let world = World::new();
    world.declare("p", &three()).exits(0);
    insta::assert_snapshot!(refused(&world, "p", &as_text(), 3).told(), @r#"
    table      action   inserted  updated  deleted  unchanged  version
    default/t  rebuild         1        2        1          0        1
    default/t: column "value" changes from Int64 to Utf8
    error: nothing was written, because table default/t would be written anew in place of its 3 rows: column "value" changes from Int64 to Utf8; look at the changes, then allow them with --allow-destructive
    "#);
}

#[test]
fn replaces_the_content_in_one_version_and_keeps_the_one_before() {
    let world = World::new();
    world.declare("p", &three()).exits(0);
    let report = world
        .declare("p", &as_text())
        .arg("--allow-destructive")
        .exits(0);
    let table = report.table("t");
    assert_eq!(table["action"], "rebuild");
    assert_eq!(table["version"], 2);
    assert_eq!(report.counts("t"), counts(1, 2, 1, 0));
    settled(&world, &as_text());
    let table = world.table("t");
    assert_eq!(table.columns(), ["id: Utf8", "value: Utf8 or null"]);
    insta::assert_snapshot!(table.printed(), @r"
    +----+-------+
    | id | value |
    +----+-------+
    | a  | one   |
    | b  | two   |
    | d  |       |
    +----+-------+
    ");
    assert_eq!(table.tags().into_values().collect::<Vec<_>>(), [1]);
    table.restore(1);
    assert_eq!(table.items().len(), 3);
}

#[test]
fn follows_a_new_primary_key() {
    let world = World::new();
    let declare = |key: &[&str]| {
        rows(
            Table::new("t")
                .required("id", "utf8")
                .required("lang", "utf8")
                .key(key),
            [json!(["a", "de"]), json!(["b", "en"])],
        )
    };
    world.declare("p", &declare(&["id"])).exits(0);
    let both = declare(&["id", "lang"]);
    let refused = refused(&world, "p", &both, 3);
    insta::assert_snapshot!(refused.told(), @r"
    table      action   inserted  updated  deleted  unchanged  version
    default/t  rebuild         2        0        2          0        1
    default/t: the primary key changes from (id) to (id, lang)
    error: nothing was written, because table default/t would be written anew in place of its 2 rows: the primary key changes from (id) to (id, lang); look at the changes, then allow them with --allow-destructive
    ");
    world
        .declare("p", &both)
        .arg("--allow-destructive")
        .exits(0);
    settled(&world, &both);
    settled(&world, &declare(&["lang", "id"]));
}

#[test]
fn is_refused_while_others_have_rows() {
    let world = World::new();
    world.declare("p", &three()).exits(0);
    world
        .declare("q", &Declare::table(items("t", [("x", 9)])))
        .exits(0);
    world.declare("q", &rows(keyed(), [json!(["x"])])).exits(0);
    insta::assert_snapshot!(refused(&world, "p", &as_text(), 6).told(), @r#"error: table default/t: column "value" changes from Int64 to Utf8, so the table has to be written anew, and it holds rows of pipeline q; keep the column and the key as they are stored, or remove those rows first"#);
}

#[test]
fn is_refused_while_another_pipeline_declares_the_column() {
    let world = World::new();
    world.declare("p", &three()).exits(0);
    world
        .declare("q", &Declare::table(items("t", [("x", 9)])))
        .exits(0);
    insta::assert_snapshot!(refused(&world, "p", &as_text(), 6).told(), @r#"error: table default/t: column "value" is declared as Utf8 and stored as Int64, as pipeline q declares it; let both pipelines declare the column with the same type"#);
}

#[test]
fn converges_after_it_was_undone_by_a_restore() {
    let world = World::new();
    world.declare("p", &three()).exits(0);
    world
        .declare("p", &as_text())
        .arg("--allow-destructive")
        .exits(0);
    world.table("t").restore(1);
    world
        .declare("p", &as_text())
        .arg("--allow-destructive")
        .exits(0);
    settled(&world, &as_text());
    assert_eq!(
        world.table("t").columns(),
        ["id: Utf8", "value: Utf8 or null"]
    );
}
