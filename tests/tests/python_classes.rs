//! Pipelines in Python with packages of others: classes of attrs and Pydantic, vectors in buffers, and
//! what a project does about packages.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use lance_host_tests::{Guest, World, python};

fn run(case: &str) -> World {
    let world = World::new();
    world.run(Guest::SdkPython).param("case", case).exits(0);
    world
}

#[test]
fn a_class_of_attrs_is_a_table() {
    let world = run("classes");
    let table = world.table("attrs");
    insta::assert_snapshot!(table.columns().join("\n"), @r"
    id: Int64
    place: Utf8 or null
    values: FixedSizeList(2 x Float32)
    checked: Boolean
    ");
    insta::assert_snapshot!(table.printed(), @r"
    +----+-------+------------+---------+
    | id | place | values     | checked |
    +----+-------+------------+---------+
    | 1  |       | [1.0, 2.0] | false   |
    | 2  | Bern  | [3.0, 4.0] | true    |
    +----+-------+------------+---------+
    ");
}

#[test]
fn a_model_of_pydantic_1_is_a_table_and_validates_rows() {
    let world = run("classes");
    let table = world.table("pydantic");
    insta::assert_snapshot!(table.columns().join("\n"), @r#"
    id: Int64
    title: Utf8
    at: Timestamp(µs, "UTC")
    tags: Utf8
    values: FixedSizeList(2 x Float32)
    place: Utf8 or null
    "#);
    insta::assert_snapshot!(table.printed(), @r#"
    +----+----------+----------------------+-----------+------------+-------+
    | id | title    | at                   | tags      | values     | place |
    +----+----------+----------------------+-----------+------------+-------+
    | 1  | Leap day | 2024-02-29T12:00:00Z | []        | [1.5, 2.0] |       |
    | 2  | New year | 2024-12-31T23:00:00Z | ["a","b"] | [0.0, 1.0] | Bern  |
    +----+----------+----------------------+-----------+------------+-------+
    "#);
}

#[test]
fn a_vector_is_whatever_has_the_buffer_protocol() {
    let world = run("buffers");
    insta::assert_snapshot!(world.table("buffers").printed(), @r"
    +----+------------------+-------------+
    | id | floats           | bytes       |
    +----+------------------+-------------+
    | 0  | [1.0, 2.5, -3.0] | [0, 1, 255] |
    | 1  | [1.0, 2.5, -3.0] | [0, 1, 255] |
    | 2  | [1.0, 2.5, -3.0] | [0, 1, 255] |
    | 3  | [1.0, 2.5, -3.0] | [0, 1, 255] |
    | 4  | [1.0, 2.5, -3.0] | [0, 1, 255] |
    +----+------------------+-------------+
    ");
}

/// A project whose environment has what all tests share, and a package folder of its own.
fn project(world: &World) {
    world
        .host(["new", "greetings", "--lang", "python"])
        .exits(0);
    let environment = world.path("greetings/.venv");
    let made = Command::new(python())
        .args(["-m", "venv"])
        .arg(&environment)
        .status()
        .unwrap();
    assert!(made.success());
    let shared = python().ancestors().nth(2).unwrap().to_owned();
    let tool = "bin/componentize-py";
    symlink(shared.join(tool), environment.join(tool)).unwrap();
    let link = site_packages(&environment).join("shared.pth");
    fs::write(link, site_packages(&shared).to_str().unwrap()).unwrap();
}

fn site_packages(environment: &Path) -> PathBuf {
    let mut versions = fs::read_dir(environment.join("lib")).unwrap();
    let version = versions.next().unwrap().unwrap();
    version.path().join("site-packages")
}

/// Writes a package that has the module `words`, as pip installs it.
const WHEEL: &str = r#"
import zipfile

with zipfile.ZipFile("words-1.0-py3-none-any.whl", "w") as wheel:
    wheel.writestr("words.py", "HELLO = 'Hello'\n")
    info = "words-1.0.dist-info"
    wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: words\nVersion: 1.0\n")
    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    wheel.writestr(f"{info}/RECORD", "")
"#;

#[test]
fn packages_that_a_project_requires_are_installed_when_they_are_added() {
    let world = World::new();
    project(&world);
    world.host(["build", "greetings"]).exits(0);

    let folder = world.path("greetings");
    let wrapped = Command::new(python())
        .args(["-c", WHEEL])
        .current_dir(&folder)
        .status()
        .unwrap();
    assert!(wrapped.success());
    let pipeline = folder.join("pipeline.py");
    let program = fs::read_to_string(&pipeline).unwrap();
    let program = program
        .replacen(
            "from lance_host",
            "from words import HELLO\nfrom lance_host",
            1,
        )
        .replacen("\"Hello\"", "HELLO", 1);
    fs::write(&pipeline, program).unwrap();
    let failed = world.host(["build", "greetings"]).exits(1);
    for told in [
        "ModuleNotFoundError: No module named 'words'",
        "as far as they are pure Python",
    ] {
        assert!(failed.stderr.contains(told), "{}", failed.stderr);
    }
    assert!(!failed.stderr.contains("anyhow"), "{}", failed.stderr);

    let requirements = folder.join("requirements.txt");
    let required = fs::read_to_string(&requirements).unwrap();
    fs::write(
        &requirements,
        format!("{required}./words-1.0-py3-none-any.whl\n"),
    )
    .unwrap();
    world.host(["build", "greetings"]).exits(0);
}
