//! The example, on a folder that changes.

use std::fs;

use lance_host_tests::{Guest, Outcome, World};

fn run(world: &World) -> Outcome {
    world
        .run(Guest::MarkdownSearch)
        .args(["--dir", "docs::/docs", "--json"])
        .exits(0)
}

/// Paths of the passages, each once.
fn paths(world: &World) -> Vec<String> {
    let shown = world
        .host(["show", "default/documents", "--limit", "1000", "--json"])
        .exits(0)
        .json();
    let rows = shown["rows"].as_array().unwrap();
    let mut paths: Vec<_> = rows
        .iter()
        .map(|row| row["path"].as_str().unwrap().to_owned())
        .collect();
    paths.sort();
    paths.dedup();
    paths
}

#[test]
fn exactly_the_passages_of_changed_files_change() {
    let world = World::new();
    fs::create_dir_all(world.path("docs/guide")).unwrap();
    world.write("docs/a.md", "# Apples\n\nApples grow on trees.\n");
    world.write("docs/guide/b.md", "# Bread\n\nBread is baked.\n");
    world.write("docs/c.md", "# Cheese\n\nCheese ripens in a cellar.\n");
    world.write("docs/notes.txt", "not Markdown");
    let first = run(&world);
    assert_eq!(first.table("documents")["action"], "create");
    assert_eq!(paths(&world), ["a.md", "c.md", "guide/b.md"]);

    assert_eq!(run(&world).json()["status"], "unchanged");

    world.write("docs/a.md", "# Apples\n\nApples grow in orchards.\n");
    fs::remove_file(world.path("docs/c.md")).unwrap();
    world.write("docs/d.md", "# Dates\n\nDates are sweet.\n");
    let changed = run(&world).counts("documents");
    assert_eq!(
        (
            changed.inserted,
            changed.updated,
            changed.deleted,
            changed.unchanged
        ),
        (1, 1, 1, 1)
    );
    assert_eq!(paths(&world), ["a.md", "d.md", "guide/b.md"]);
}
