//! The first five minutes with each language: `new`, `build`, `run`, change a row, `run` again.

use std::{ffi::OsString, fs, process::Command};

use lance_host_tests::{Counts, World, guest_target};

/// What differs from language to language.
struct Language<'a> {
    /// Its word for `--lang`.
    word: &'a str,
    /// The file that declares the rows.
    source: &'a str,
    /// How the project's own test is run.
    test: &'a [&'a str],
    /// Variables that share with other tests what takes long to build.
    env: Vec<(&'static str, OsString)>,
    /// What is done to a fresh project for the same reason.
    prepare: fn(&World),
}

fn five_minutes(language: &Language<'_>) {
    let world = World::new();
    let created = world
        .host(["new", "greetings", "--lang", language.word])
        .exits(0);
    assert!(created.stdout.contains("lance-host build"), "{created:?}");
    (language.prepare)(&world);

    assert_eq!(build_and_run(&world, language), counts(3, 0, 0));
    let text = "Hello, world!";
    let shown = world.host(["show", "default/greetings"]).exits(0).stdout;
    assert!(shown.contains(text), "{shown}");

    assert!(own_test_passes(&world, language));

    let source = world.path(format!("greetings/{}", language.source));
    let program = fs::read_to_string(&source).unwrap();
    fs::write(&source, program.replacen("Hello", "Good day", 1)).unwrap();
    assert_eq!(build_and_run(&world, language), counts(0, 1, 2));
    let shown = world.host(["show", "default/greetings"]).exits(0).stdout;
    assert!(shown.contains("Good day, world!"), "{shown}");

    let inspected = world
        .host(["inspect", "greetings/greetings.wasm", "--json"])
        .exits(0)
        .json();
    assert_eq!(inspected["sdk"]["language"], language.word);
    assert_eq!(inspected["runnable"], true);

    assert!(
        !own_test_passes(&world, language),
        "it expects the old text"
    );
}

fn build_and_run(world: &World, language: &Language<'_>) -> Counts {
    let mut build = world.host(["build", "greetings", "--json"]);
    for (name, value) in &language.env {
        build = build.env(name, value);
    }
    let built = build.exits(0).json();
    assert_eq!(built["component"], "greetings/greetings.wasm");
    world
        .host(["run", "greetings/greetings.wasm", "--json"])
        .exits(0)
        .counts("greetings")
}

/// Whether the project's own test passes.
fn own_test_passes(world: &World, language: &Language<'_>) -> bool {
    let (program, arguments) = language.test.split_first().unwrap();
    let output = Command::new(program)
        .args(arguments)
        .current_dir(world.path("greetings"))
        .envs(language.env.iter().cloned())
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    print!("{}", String::from_utf8_lossy(&output.stdout));
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    output.status.success()
}

fn counts(inserted: u64, updated: u64, unchanged: u64) -> Counts {
    Counts {
        inserted,
        updated,
        deleted: 0,
        unchanged,
    }
}

mod rust {
    use super::*;

    #[test]
    fn a_new_user_has_a_table_that_follows_the_program() {
        five_minutes(&Language {
            word: "rust",
            source: "src/lib.rs",
            // The same profile: what the SDK's macros are made of is built once.
            test: &["cargo", "test", "--release"],
            env: vec![("CARGO_TARGET_DIR", guest_target().into())],
            // The versions that are on this machine anyway.
            prepare: |world| {
                let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");
                fs::copy(lock, world.path("greetings/Cargo.lock")).unwrap();
            },
        });
    }

    #[test]
    fn a_program_that_does_not_compile_is_the_pipelines_failure() {
        let world = World::new();
        world.host(["new", "broken", "--lang", "rust"]).exits(0);
        world.write("broken/Cargo.toml", "[package]\n");
        let failed = world.host(["build", "broken"]).exits(1);
        let told = failed.told();
        insta::assert_snapshot!(told.lines().last().unwrap(), @"error: the project does not build: `cargo build --release --lib --target wasm32-wasip2 --message-format=json-render-diagnostics` failed with exit status: 101");
    }
}

mod new {
    use super::*;

    #[test]
    fn a_language_without_a_template_is_refused_with_a_list() {
        let world = World::new();
        let refused = world.host(["new", "greetings", "--lang", "cobol"]).exits(2);
        insta::assert_snapshot!(refused.told(), @r"
        error: invalid value 'cobol' for '--lang <LANGUAGE>'
          [possible values: rust]

        For more information, try '--help'.
        ");
        assert!(!world.path("greetings").exists());
    }

    #[test]
    fn a_name_that_is_none_is_refused() {
        let world = World::new();
        let refused = world.host(["new", "My Project", "--lang", "rust"]).exits(2);
        insta::assert_snapshot!(refused.told(), @r"
        error: invalid value 'My Project' for '<NAME>': it has to consist of lowercase letters, digits and single hyphens between them, and to begin with a letter, as in `my-pipeline`

        For more information, try '--help'.
        ");
    }

    #[test]
    fn what_is_there_is_not_written_over() {
        let world = World::new();
        world.write("greetings", "mine");
        let refused = world.host(["new", "greetings", "--lang", "rust"]).exits(2);
        insta::assert_snapshot!(refused.told(), @"error: greetings exists, and a project is never written over what is there; take another name");
        assert_eq!(fs::read_to_string(world.path("greetings")).unwrap(), "mine");
    }

    #[test]
    fn programs_get_one_json_object() {
        let world = World::new();
        let created = world
            .host(["new", "greetings", "--lang", "rust", "--json"])
            .exits(0);
        insta::assert_snapshot!(created.printed(), @r#"{"name":"greetings","language":"rust"}"#);
    }
}

mod build {
    use super::*;

    #[test]
    fn a_folder_that_is_no_project_is_refused() {
        let world = World::new();
        insta::assert_snapshot!(world.host(["build"]).exits(2).told(), @"error: this folder is no project, since it has no pipeline.toml; `lance-host new` makes a project, and `lance-host build DIR` builds one in another folder");
        insta::assert_snapshot!(world.host(["build", "elsewhere"]).exits(2).told(), @"error: elsewhere is no project, since it has no pipeline.toml; `lance-host new` makes a project, and `lance-host build DIR` builds one in another folder");
    }

    #[test]
    fn a_tool_that_is_missing_is_named_with_how_to_get_it() {
        let world = World::new();
        for (language, expected) in MISSING {
            let name = format!("a-{language}");
            world.host(["new", &name, "--lang", language]).exits(0);
            let told = world.host(["build", &name]).env("PATH", "").exits(2).told();
            assert_eq!(told.trim_end(), *expected, "{language}");
        }
    }

    /// What is said on a machine that has nothing.
    const MISSING: &[(&str, &str)] = &[(
        "rust",
        "error: there is no `rustc`; install Rust as https://rustup.rs says, then `rustup target add wasm32-wasip2`",
    )];
}
