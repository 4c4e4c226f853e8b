//! The first five minutes with each language: `new`, `build`, `run`, change a row, `run` again.

use std::{
    env,
    ffi::OsString,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use lance_host_tests::{Counts, World, guest_target};

/// What differs from language to language.
struct Language<'a> {
    /// Its word for `--lang`.
    word: &'a str,
    /// What its SDK calls it in a component.
    sdk: &'a str,
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
    assert_eq!(inspected["sdk"]["language"], language.sdk);
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
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
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
            sdk: "rust",
            source: "src/lib.rs",
            // The same profile: what the SDK's macros are made of is built once.
            test: &["cargo", "test", "--release"],
            env: vec![("CARGO_TARGET_DIR", guest_target().into())],
            // The versions that are on this machine anyway.
            prepare: |world| {
                let lock = repository().join("Cargo.lock");
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

mod python {
    use super::*;

    #[test]
    fn a_new_user_has_a_table_that_follows_the_program() {
        five_minutes(&Language {
            word: "python",
            sdk: "python",
            source: "pipeline.py",
            test: &["python3", "-m", "unittest"],
            env: Vec::new(),
            // An environment in which the tool is installed.
            prepare: |world| {
                let interpreter = lance_host_tests::python();
                let environment = interpreter.ancestors().nth(2).unwrap();
                symlink(environment, world.path("greetings/.venv")).unwrap();
            },
        });
    }
}

mod javascript {
    use super::*;

    #[test]
    fn a_new_user_has_a_table_that_follows_the_program() {
        five_minutes(&Language {
            word: "typescript",
            sdk: "javascript",
            source: "src/pipeline.ts",
            test: &["npm", "test"],
            env: Vec::new(),
            // The packages that the SDK was built with, and the project's own SDK among them.
            prepare: |world| {
                let packages = world.path("greetings/node_modules");
                let installed = repository().join("guest-sdk/javascript/node_modules");
                link_all(&installed, &packages);
                fs::create_dir(packages.join("@lance-host")).unwrap();
                symlink("../../sdk/javascript", packages.join("@lance-host/sdk")).unwrap();
            },
        });
    }
}

mod go {
    use super::*;

    #[test]
    fn a_new_user_has_a_table_that_follows_the_program() {
        let tools = guest_target().with_file_name("go");
        five_minutes(&Language {
            word: "go",
            sdk: "go",
            source: "main.go",
            test: &["go", "test"],
            env: vec![
                ("PATH", with_path(tools.join("venv/bin"))),
                ("GOCACHE", tools.join("cache").into()),
                ("GOTOOLCHAIN", "local".into()),
                ("GOPROXY", "off".into()),
            ],
            prepare: |_| {},
        });
    }
}

mod c {
    use super::*;

    #[test]
    fn a_new_user_has_a_table_that_follows_the_program() {
        let tools = guest_target().with_file_name("zig");
        five_minutes(&Language {
            word: "c",
            sdk: "c",
            source: "src/greetings.c",
            test: &["sh", "test.sh"],
            env: vec![
                ("PATH", with_path(tools.join("venv/bin"))),
                ("ZIG_GLOBAL_CACHE_DIR", tools.join("cache").into()),
                ("ZIG_LOCAL_CACHE_DIR", tools.join("cache").into()),
            ],
            prepare: |_| {},
        });
    }
}

mod zig {
    use super::*;

    #[test]
    fn a_new_user_has_a_table_that_follows_the_program() {
        let tools = guest_target().with_file_name("zig");
        five_minutes(&Language {
            word: "zig",
            sdk: "zig",
            source: "src/main.zig",
            test: &["python-zig", "build", "test"],
            env: vec![
                ("PATH", with_path(tools.join("venv/bin"))),
                ("ZIG_GLOBAL_CACHE_DIR", tools.join("cache").into()),
                ("ZIG_LOCAL_CACHE_DIR", tools.join("cache").into()),
                // As where the guests are built: Zig's build system is compiled there.
                ("ZIG_DEBUG_CMD", "1".into()),
            ],
            prepare: |_| {},
        });
    }
}

/// The top of the checkout.
fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// `PATH` with one more folder before all others.
fn with_path(folder: PathBuf) -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = [folder].into_iter().chain(env::split_paths(&path));
    env::join_paths(folders).unwrap()
}

/// Makes a folder in which there is a link to everything that another one has.
fn link_all(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        symlink(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

mod new {
    use super::*;

    #[test]
    fn a_language_without_a_template_is_refused_with_a_list() {
        let world = World::new();
        let refused = world.host(["new", "greetings", "--lang", "ruby"]).exits(2);
        insta::assert_snapshot!(refused.told(), @r"
        error: invalid value 'ruby' for '--lang <LANGUAGE>'
          [possible values: rust, python, typescript, go, c, zig]

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
    const MISSING: &[(&str, &str)] = &[
        (
            "rust",
            "error: there is no `rustc`; install Rust as https://rustup.rs says, then `rustup target add wasm32-wasip2`",
        ),
        (
            "python",
            "error: there is no `python3`; install Python 3.11 or newer with its module venv (Debian and Ubuntu: `apt-get install python3 python3-venv`)",
        ),
        (
            "typescript",
            "error: there is no `npm`; install Node.js 20.6 or newer with npm from https://nodejs.org (Debian and Ubuntu: `apt-get install nodejs npm`)",
        ),
        (
            "go",
            "error: there is no `go`; install Go 1.24 or newer from https://go.dev/dl",
        ),
        (
            "c",
            "error: there is no `zig`; install Zig, which brings a compiler of C for WebAssembly, from https://ziglang.org/download, or with `pip install ziglang`",
        ),
        (
            "zig",
            "error: there is no `zig`; install Zig 0.17 from https://ziglang.org/download, or with `pip install ziglang`",
        ),
    ];
}
