//! The examples in Python.

use std::fs;

use lance_host_tests::{Counts, Guest, Outcome, World, data};
use serde_json::{Value, json};

fn rows(world: &World, arguments: &[&str]) -> Vec<Value> {
    let found = world.host(arguments).arg("--json").exits(0).json();
    found["rows"].as_array().unwrap().clone()
}

fn counts(outcome: &Outcome, table: &str) -> (u64, u64, u64, u64) {
    let Counts {
        inserted,
        updated,
        deleted,
        unchanged,
    } = outcome.counts(table);
    (inserted, updated, deleted, unchanged)
}

#[test]
fn car_models_follow_the_dump_that_they_come_from() {
    let world = World::new();
    fs::create_dir(world.path("data")).unwrap();
    let dump = data().join("vega_datasets/_data/cars.json");
    fs::copy(dump, world.path("data/cars.json")).unwrap();
    let run = || {
        world
            .run(Guest::CarModels)
            .args(["--dir", "data::/data", "--json"])
    };
    assert_eq!(counts(&run().exits(0), "car_models"), (406, 0, 0, 0));
    assert_eq!(run().exits(0).json()["status"], "unchanged");

    insta::assert_snapshot!(world.table("car_models").columns().join("\n"), @r"
    name: Utf8
    year: Int16
    weight_kg: Int16
    maker: Utf8
    origin: Utf8
    cylinders: Int8
    displacement_l: Float32
    horsepower: Int16 or null
    litres_per_100_km: Float32 or null
    released: Date32
    source: Utf8
    ");
    let mut civics = rows(
        &world,
        &[
            "query",
            "default/car_models",
            "--text",
            "civic",
            "--where",
            "year < 1976",
        ],
    );
    civics.sort_by_key(|row| row["year"].to_string());
    let shown: Vec<_> = civics
        .iter()
        .map(|row| {
            json!([
                row["name"],
                row["released"],
                row["horsepower"],
                row["origin"]
            ])
        })
        .collect();
    assert_eq!(
        shown,
        [
            json!(["honda civic", "1974-01-01", 97, "Japan"]),
            json!(["honda civic cvcc", "1975-01-01", 53, "Japan"]),
        ]
    );

    // One model is corrected, one is withdrawn.
    let mut dump: Vec<Value> =
        serde_json::from_slice(&fs::read(world.path("data/cars.json")).unwrap()).unwrap();
    dump[0]["Horsepower"] = json!(131);
    dump.pop();
    world.write("data/cars.json", json!(dump).to_string());
    assert_eq!(counts(&run().exits(0), "car_models"), (0, 1, 1, 404));

    // A record that does not fit changes nothing.
    dump[7]["Origin"] = json!("Atlantis");
    world.write("data/cars.json", json!(dump).to_string());
    let failed = run().exits(1);
    assert!(
        failed
            .stderr
            .contains("model 7 of /data/cars.json: ValueError: 'Atlantis' is not a valid Origin"),
        "{}",
        failed.stderr
    );
    assert_eq!(world.table("car_models").rows().num_rows(), 405);
}

#[test]
fn the_port_of_a_cocoindex_program_keeps_its_documents() {
    let world = World::new();
    fs::create_dir_all(world.path("docs/guide")).unwrap();
    world.write("docs/a.md", "# Apples\n\nApples grow on trees.\n");
    world.write("docs/guide/b.md", "# Bread\n\nBread is baked.\n");
    let run = || {
        let run = world.run(Guest::CocoindexPort);
        run.args(["--dir", "docs::/docs", "--json"]).exits(0)
    };
    assert_eq!(counts(&run(), "documents"), (2, 0, 0, 0));
    assert_eq!(run().json()["status"], "unchanged");
    insta::assert_snapshot!(world.table("documents").columns().join("\n"), @r"
    doc_id: Utf8
    title: Utf8
    content: Utf8
    embedding: FixedSizeList(16 x Float32)
    ");

    fs::remove_file(world.path("docs/a.md")).unwrap();
    assert_eq!(counts(&run(), "documents"), (0, 0, 1, 1));
    let left = rows(&world, &["show", "default/documents"]);
    assert_eq!(left[0]["doc_id"], "guide/b.md");
    assert_eq!(left[0]["title"], "Bread");
}
