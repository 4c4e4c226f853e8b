//! The example in TypeScript, on a copy of the makers' files that changes.

use std::{
    fs,
    path::{Path, PathBuf},
};

use lance_host_tests::{Counts, Guest, Outcome, World};
use serde_json::{Value, json};

/// The definitions in the package that the example's lock file names.
fn package() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests
        .with_file_name("examples")
        .join("labware-catalogue/node_modules/@opentrons/shared-data/labware/definitions/2")
}

/// A world with a copy of all definitions, so that it may be changed.
fn world() -> World {
    let world = World::new();
    for product in fs::read_dir(package()).unwrap() {
        let product = product.unwrap();
        let copy = world.path("labware").join(product.file_name());
        fs::create_dir_all(&copy).unwrap();
        for version in fs::read_dir(product.path()).unwrap() {
            let version = version.unwrap();
            fs::copy(version.path(), copy.join(version.file_name())).unwrap();
        }
    }
    world
}

fn run(world: &World) -> Outcome {
    world
        .run(Guest::LabwareCatalogue)
        .args(["--name", "labware", "--dir", "labware::/labware", "--json"])
        .exits(0)
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

fn found(world: &World, arguments: &[&str]) -> Vec<Value> {
    let query = world.host(["query", "default/products"]);
    let found = query.args(arguments).arg("--json").exits(0).json();
    found["rows"].as_array().unwrap().clone()
}

#[test]
fn a_catalogue_follows_the_files_of_its_products() {
    let world = world();
    let first = run(&world);
    assert_eq!(counts(&first, "products"), (113, 0, 0, 0));
    assert_eq!(counts(&first, "brands"), (14, 0, 0, 0));
    assert_eq!(run(&world).json()["status"], "unchanged");

    insta::assert_snapshot!(world.table("products").columns().join("\n"), @r#"
    id: Utf8
    name: Utf8
    brand: Utf8
    category: Utf8
    version: Int32
    orderNumbers: List(non-null Utf8)
    size: Struct("length": non-null Float64, "width": non-null Float64, "height": non-null Float64)
    wells: Int32
    volume: Float64 or null
    links: Utf8
    build: FixedSizeList(5 x Float32)
    "#);
    let plates = found(
        &world,
        &[
            "--text",
            "pcr plate",
            "--where",
            "brand = 'Bio-Rad'",
            "--select",
            "id,size,volume",
        ],
    );
    let size = json!({"length": 127.76, "width": 85.48, "height": 16.06});
    assert_eq!(plates.len(), 2);
    assert_eq!(plates[0]["size"], size);

    // A product in a new version, a new one of a new brand, and one that is gone.
    let plate = "biorad_96_wellplate_200ul_pcr";
    let mut definition: Value =
        serde_json::from_str(&fs::read_to_string(package().join(plate).join("4.json")).unwrap())
            .unwrap();
    definition["version"] = json!(9);
    definition["dimensions"]["zDimension"] = json!(17);
    world.write(&format!("labware/{plate}/9.json"), definition.to_string());
    definition["parameters"]["loadName"] = json!("new");
    definition["brand"] = json!({"brand": "New"});
    fs::create_dir(world.path("labware/new")).unwrap();
    world.write("labware/new/1.json", definition.to_string());
    fs::remove_dir_all(world.path("labware/nest_1_reservoir_290ml")).unwrap();
    let changed = run(&world);
    assert_eq!(counts(&changed, "products"), (1, 1, 1, 111));
    assert_eq!(counts(&changed, "brands"), (1, 1, 0, 13));
}

#[test]
fn a_file_that_is_no_definition_ends_the_run_and_is_named() {
    let world = World::new();
    fs::create_dir_all(world.path("labware/broken")).unwrap();
    world.write("labware/broken/1.json", "{\"version\": 1");
    let outcome = world
        .run(Guest::LabwareCatalogue)
        .args(["--name", "labware", "--dir", "labware::/labware"])
        .exits(1);
    let told = outcome.told();
    assert!(
        told.contains(
            "error: pipeline labware failed: /labware/broken/1.json cannot be read: SyntaxError: "
        ),
        "{told}"
    );
    assert!(told.contains("at parsed (src/definitions.ts:"), "{told}");
    assert!(!world.database().exists());
}
