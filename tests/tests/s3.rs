//! Databases in a bucket: all that is true of a directory is true of them.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use lance_host_tests::{Bucket, Declare, Ending, Table, World, item, items, python, signal};
use serde_json::{Value, json};

/// A world whose database `default` is in a bucket.
fn world() -> (World, Bucket) {
    let (world, bucket) = (World::new(), Bucket::new());
    world.write("lance-host.toml", bucket.config("default"));
    (world, bucket)
}

fn numbered(prefix: &str, value: i64) -> Vec<(String, i64)> {
    (0..30)
        .map(|number| (format!("{prefix} {number:02}"), value))
        .collect()
}

fn stored(rows: &[(String, i64)]) -> Vec<(String, Option<i64>)> {
    rows.iter().map(|(id, value)| item(id, *value)).collect()
}

#[test]
fn rows_in_a_bucket_become_as_declared() {
    let (world, bucket) = world();
    let first = Declare::table(items("t", [("a", 1), ("b", 2), ("c", 3)]));
    let plan = world.plan("p", &first).exits(10);
    assert_eq!(plan.counts("t").inserted, 3);
    assert!(bucket.objects().is_empty(), "a plan writes nothing");
    world.declare("p", &first).exits(0);
    assert_eq!(
        bucket.table("t").items(),
        [item("a", 1), item("b", 2), item("c", 3)]
    );

    let before = bucket.objects();
    let again = world.declare("p", &first).exits(0);
    assert_eq!(again.json()["status"], "unchanged");
    assert_eq!(bucket.objects(), before, "an unchanged run writes nothing");

    let second = Declare::table(items("t", [("a", 1), ("b", 20), ("d", 4)]));
    let counts = world.declare("p", &second).exits(0).counts("t");
    assert_eq!((counts.inserted, counts.updated, counts.deleted), (1, 1, 1));
    world
        .declare("other", &Declare::table(items("t", [("x", 9)])))
        .exits(0);
    bucket.table("t").append(&[("foreign", 7)]);
    world.declare("p", &first).exits(0);
    assert_eq!(
        bucket.table("t").items(),
        [
            item("a", 1),
            item("b", 2),
            item("c", 3),
            item("foreign", 7),
            item("x", 9)
        ]
    );
    let taken = Declare::table(items("t", [("foreign", 1)]));
    world.declare("third", &taken).exits(6);

    let status = world.host(["status", "--json"]).exits(0).json();
    assert_eq!(status["tables"][0]["foreign_rows"], 1);
    assert_eq!(status["tables"][0]["owners"].as_array().unwrap().len(), 2);
    let shown = world.host(["show", "default/t", "--json"]).exits(0).json();
    assert_eq!(shown["rows"].as_array().unwrap().len(), 5);
    assert!(
        !world.database().exists(),
        "nothing of it is on the local disk"
    );
}

#[test]
fn columns_and_indexes_in_a_bucket_follow_and_a_drop_leaves_nothing() {
    let (world, bucket) = world();
    let documents = |wide: bool| {
        let table = Table::new("documents")
            .required("id", "utf8")
            .required("text", "utf8")
            .key(&["id"])
            .index("text", "fts", &[])
            .index("id", "btree", &[]);
        match wide {
            false => table
                .row(json!(["a", "exact copies"]))
                .row(json!(["b", "something else"])),
            true => table
                .required("size", "int64")
                .row(json!(["a", "exact copies", 1]))
                .row(json!(["b", "something else", 2])),
        }
    };
    world
        .declare("docs", &Declare::table(documents(false)))
        .exits(0);
    assert_eq!(bucket.table("documents").indexes().len(), 2);
    world
        .declare("docs", &Declare::table(documents(true)))
        .exits(0);
    assert_eq!(
        bucket.table("documents").columns(),
        ["id: Utf8", "text: Utf8", "size: Int64"]
    );
    let found = world
        .host(["query", "default/documents", "--text", "copies", "--json"])
        .exits(0)
        .json();
    assert_eq!(found["rows"][0]["id"], "a");

    world.host(["optimize", "default"]).exits(0);
    let again = world
        .declare("docs", &Declare::table(documents(true)))
        .exits(0);
    assert_eq!(again.json()["status"], "unchanged");

    world.host(["drop", "docs", "--yes"]).exits(0);
    assert_eq!(bucket.objects().keys().collect::<Vec<_>>(), [""; 0]);
}

/// What is larger than one part of an upload is sent in several.
#[test]
fn large_rows_reach_a_bucket_whole() {
    let (world, bucket) = world();
    let text = |number: usize| format!("{number:03} ").repeat(100_000);
    let table = |count: usize| {
        (0..count).fold(
            Table::new("t")
                .required("id", "int64")
                .required("text", "utf8")
                .key(&["id"]),
            |table, number| table.row(json!([number, text(number)])),
        )
    };
    world.declare("p", &Declare::table(table(20))).exits(0);
    world.declare("p", &Declare::table(table(21))).exits(0);
    let again = world.declare("p", &Declare::table(table(21))).exits(0);
    assert_eq!(again.json()["status"], "unchanged");
    let large = bucket.table("t").count("length(text) = 400000");
    assert_eq!(large, 21);
}

/// Ten rows of a MiB each: so many that a new table is written while the pipeline still runs.
fn large() -> Declare {
    let table = Table::new("t")
        .required("id", "int64")
        .required("text", "utf8")
        .key(&["id"]);
    let text = "x".repeat(1 << 20);
    Declare::table((0..10).fold(table, |table, id| table.row(json!([id, text]))))
}

/// Where runs say what they are about to write.
fn logs(bucket: &Bucket) -> Vec<String> {
    let objects = bucket.objects().into_keys();
    objects.filter(|key| key.contains("/intents/")).collect()
}

/// A run that writes rows ahead to a bucket, and never ends.
fn endless(world: &World, bucket: &Bucket) -> Child {
    let mut endless = world.declare("p", &large().then(Ending::Loop)).start();
    let started = Instant::now();
    while logs(bucket).is_empty() {
        assert!(started.elapsed() < Duration::from_secs(60));
        assert!(endless.try_wait().unwrap().is_none(), "it ended by itself");
        thread::sleep(Duration::from_millis(20));
    }
    endless
}

#[test]
fn a_run_that_is_interrupted_leaves_nothing_in_a_bucket() {
    let (world, bucket) = world();
    let output = signal("-TERM", endless(&world, &bucket));
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(bucket.objects().len(), 0);
}

#[test]
fn a_large_new_table_is_sent_to_a_bucket_while_the_pipeline_runs() {
    let (world, bucket) = world();
    let mut endless = endless(&world, &bucket);
    let theirs = |key: &String| key.contains("/staging/") || key.contains("/intents/");
    assert!(bucket.objects().keys().all(theirs), "nothing is in sight");

    let report = world.declare("p", &large()).exits(0);
    assert_eq!(report.counts("t").inserted, 10);
    let whole = bucket.table("t").count("length(text) = 1048576");
    assert_eq!(whole, 10);
    assert_eq!(logs(&bucket).len(), 1, "that of the run that goes on");
    endless.kill().unwrap();
    endless.wait().unwrap();
    let again = world.declare("p", &large()).exits(0);
    assert_eq!(again.json()["status"], "unchanged");
}

#[test]
fn a_large_new_table_leaves_nothing_but_itself_in_a_bucket() {
    let (world, bucket) = world();
    for ending in [Ending::Error, Ending::Panic] {
        world.declare("p", &large().then(ending)).exits(1);
        assert_eq!(bucket.objects().len(), 0);
    }
    world.declare("p", &large()).exits(0);
    let keys: Vec<String> = bucket.objects().into_keys().collect();
    let known = |key: &String| key.contains("/t.lance/") || key.contains("/state/");
    assert!(keys.iter().all(known), "{keys:?}");
    let data = keys.iter().filter(|key| key.contains("/t.lance/data/"));
    assert_eq!(data.count(), 1, "{keys:?}");
}

#[test]
fn a_drop_in_a_bucket_that_was_killed_is_finished_by_the_next_run() {
    for creates_again in [false, true] {
        let (world, bucket) = world();
        for value in 0..3 {
            let rows = numbered("p", value);
            world
                .declare("p", &Declare::table(items("t", rows)))
                .exits(0);
        }
        let mut dropping = world
            .host(["drop", "p", "--yes"])
            .env("LANCE_HOST_FAULT", "drop: versions removed")
            .start();
        assert_eq!(dropping.wait().unwrap().code(), None, "it is killed");
        assert!(bucket.find_table("t").is_none());
        let left: Vec<String> = bucket.objects().into_keys().collect();
        assert!(left.iter().any(|key| key.contains("/t.lance/data/")));

        let name = if creates_again { "t" } else { "other" };
        let next = Declare::table(items(name, [("a", 1)]));
        world.declare("q", &next).exits(0);
        let objects = bucket.objects();
        let still: Vec<&String> = left
            .iter()
            .filter(|key| objects.contains_key(*key))
            .collect();
        assert_eq!(still, [""; 0]);
        assert_eq!(bucket.table(name).items(), [item("a", 1)]);
        let again = world.declare("q", &next).exits(0);
        assert_eq!(again.json()["status"], "unchanged");
    }
}

#[test]
fn two_hosts_that_race_on_a_table_in_a_bucket_both_get_their_rows() {
    let (world, bucket) = world();
    for round in 0..4 {
        let (ours, theirs) = (numbered("a", round), numbered("b", round));
        let declares = [("a", &ours), ("b", &theirs)]
            .map(|(name, rows)| (name, Declare::table(items("t", rows.clone()))));
        let children = declares
            .each_ref()
            .map(|(name, declare)| world.declare(name, declare).start());
        for (child, (name, declare)) in children.into_iter().zip(&declares) {
            let output = child.wait_with_output().unwrap();
            match output.status.code() {
                Some(0) => {}
                // It gave up, and says so.
                Some(6) => {
                    world.declare(name, declare).exits(0);
                }
                code => panic!("{code:?}: {}", String::from_utf8_lossy(&output.stderr)),
            }
        }
        let mut all = [stored(&ours), stored(&theirs)].concat();
        all.sort();
        assert_eq!(bucket.table("t").items(), all, "round {round}");
    }
}

#[test]
fn a_killed_run_leaves_a_table_in_a_bucket_old_or_new_and_the_next_run_converges() {
    const KILLS: i64 = 10;
    let (world, bucket) = world();
    let mut before = numbered("p", 0);
    let declare = |rows: &[(String, i64)]| Declare::table(items("t", rows.to_vec()));
    world.declare("p", &declare(&before)).exits(0);
    let started = Instant::now();
    before = numbered("p", 1);
    world.declare("p", &declare(&before)).exits(0);
    let length = started.elapsed();
    for kill in 1..=KILLS {
        let after = numbered("p", 10 * kill);
        let mut child = world.declare("p", &declare(&after)).start();
        thread::sleep(length * u32::try_from(kill).unwrap() / u32::try_from(KILLS).unwrap());
        child.kill().unwrap();
        child.wait().unwrap();
        let found = bucket.table("t").items();
        assert!(
            found == stored(&before) || found == stored(&after),
            "kill {kill}: the table is neither old nor new"
        );
        // Every second time the interrupted run is repeated.
        before = if kill % 2 == 0 {
            after
        } else {
            numbered("p", -kill)
        };
        world.declare("p", &declare(&before)).exits(0);
        assert_eq!(bucket.table("t").items(), stored(&before));
    }
    let report = world.declare("p", &declare(&before)).exits(0);
    assert_eq!(report.json()["status"], "unchanged");
}

#[test]
fn the_official_client_reads_what_a_run_wrote_to_a_bucket() {
    const READ: &str = r#"
import json, sys
import lancedb

database = lancedb.connect(sys.argv[1], storage_options=json.loads(sys.argv[2]))
rows = database.open_table("t").to_arrow().to_pylist()
print(json.dumps([database.list_tables().tables, sorted(rows, key=lambda row: row["id"])]))
"#;
    let (world, bucket) = world();
    world
        .declare("p", &Declare::table(items("t", [("a", 1), ("b", 2)])))
        .exits(0);
    let output = Command::new(python())
        .args(["-c", READ, &bucket.uri()])
        .arg(serde_json::to_string(&bucket.options()).unwrap())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(
        serde_json::from_slice::<Value>(&output.stdout).unwrap(),
        json!([
            ["t"],
            [{"id": "a", "value": 1}, {"id": "b", "value": 2}]
        ]),
        "the host's own files are no table"
    );
}

/// What a user is told of a database that cannot be used, without the server's port.
fn told(world: &World, arguments: &[&str]) -> String {
    let outcome = world.host(arguments).exits(5);
    let port = regex::Regex::new(r"127\.0\.0\.1:\d+").unwrap();
    port.replace_all(&outcome.told(), "[server]").into_owned()
}

#[test]
fn an_endpoint_that_cannot_be_reached_is_named_within_a_bounded_time() {
    let world = World::new();
    // Nobody listens on a port that was just given back.
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    world.write(
        "lance-host.toml",
        format!(
            "[databases.archive]\nuri = \"s3://bucket/prefix\"\n[databases.archive.storage-options]\n\
             endpoint = \"http://127.0.0.1:{port}\"\nallow_http = true\nregion = \"us-east-1\"\n\
             access_key_id = \"nobody\"\nsecret_access_key = \"nobody's secret\"\n"
        ),
    );
    let started = Instant::now();
    let told = told(&world, &["status"]);
    assert!(
        started.elapsed() < Duration::from_secs(60),
        "{:?}",
        started.elapsed()
    );
    let first = told.lines().next().unwrap();
    insta::assert_snapshot!(first, @"error: database archive at s3://bucket/prefix: the S3 endpoint http://[server] cannot be reached; check the endpoint in its storage-options, or AWS_ENDPOINT_URL, and the network, and run again");
    assert!(!told.contains("nobody"), "{told}");

    let declare = Declare::table(items("t", [("a", 1)])).in_database("archive");
    let failed = world.declare("p", &declare).exits(5);
    assert_eq!(failed.json()["error"]["kind"], "storage");
}

#[test]
fn an_endpoint_that_stays_silent_is_given_up() {
    let world = World::new();
    // Connections are accepted by the system, and nobody ever answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let started = Instant::now();
    let outcome = world
        .host(["status", "--db", "default=s3://bucket"])
        .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
        .env("AWS_ALLOW_HTTP", "true")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "nobody")
        .env("AWS_SECRET_ACCESS_KEY", "nobody's secret")
        .exits(5);
    assert!(
        started.elapsed() < Duration::from_secs(60),
        "{:?}",
        started.elapsed()
    );
    let told = outcome.told().replace(&port.to_string(), "[port]");
    insta::assert_snapshot!(told, @"error: database default at s3://bucket: the S3 endpoint http://127.0.0.1:[port] gave no answer within 30 s; check the endpoint in its storage-options, or AWS_ENDPOINT_URL, and the network, and run again");
}

#[test]
fn a_bucket_that_does_not_exist_is_named() {
    let (world, bucket) = world();
    let config = bucket
        .config("default")
        .replace("s3://lance/", "s3://missing/");
    world.write("lance-host.toml", config);
    let told = told(&world, &["status"]);
    let first = told.lines().next().unwrap();
    let place = regex::Regex::new(r"tests/\d+").unwrap();
    insta::assert_snapshot!(place.replace(first, "[prefix]"), @r#"error: database default at s3://missing/[prefix]: there is no bucket "missing" at the S3 endpoint http://[server], or it may not be listed; create it, or correct the location, and run again"#);
}

/// A server that denies everything, and answers with all that it was sent.
fn telltale() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut head = String::new();
            let mut lines = BufReader::new(connection.try_clone().unwrap()).lines();
            while let Some(Ok(line)) = lines.next()
                && !line.is_empty()
            {
                head.push_str(&line);
                head.push('\n');
            }
            let body = format!(
                "<Error><Code>AccessDenied</Code><Message>{head} key tests-access-key, secret tests-secret-key</Message></Error>"
            );
            let _ = write!(
                connection,
                "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
        }
    });
    endpoint
}

#[test]
fn credentials_are_in_no_output_even_if_the_server_tells_them() {
    let (world, bucket) = world();
    let mut config = bucket
        .config("default")
        .replace(&bucket.endpoint(), &telltale());
    config.push_str("session_token = { env = \"TOKEN_OF_A_TEST\" }\n");
    world.write("lance-host.toml", config);
    let declare = Declare::table(items("t", [("a", 1)]));
    let runs = [
        world.host(["status"]),
        world.host(["status", "--json"]),
        world.host(["optimize"]),
        world.declare("p", &declare),
        world.plan("p", &declare),
    ];
    for run in runs {
        let outcome = run
            .env("TOKEN_OF_A_TEST", "tests-session-token")
            .env("RUST_LOG", "trace")
            .env("RUST_BACKTRACE", "1")
            .exits(5);
        let all = outcome.stdout + &outcome.stderr;
        assert!(
            all.contains("denies access; check the credentials"),
            "{all}"
        );
        assert!(
            all.contains("[redacted]"),
            "the server's answer is told: {all}"
        );
        for secret in [
            "tests-access-key",
            "tests-secret-key",
            "tests-session-token",
        ] {
            assert!(!all.contains(secret), "{secret} in {all}");
        }
    }
}

#[test]
fn the_configuration_is_read_where_it_is_and_flags_come_before_it() {
    let (world, bucket) = world();
    let folder = world.path("conf");
    std::fs::create_dir(&folder).unwrap();
    let mut config = bucket.config("far");
    config.push_str("\n[databases.near]\nuri = \"data\"\n");
    world.write("conf/other.toml", config);
    let run = |arguments: &[&str], database: &str| {
        let declare = Declare::table(items("t", [("a", 1)])).in_database(database);
        world.declare(database, &declare).args(arguments)
    };
    run(&["--config", "conf/other.toml"], "near").exits(0);
    assert!(folder.join("data/t.lance").is_dir(), "beside the file");
    run(&["--config", "conf/other.toml"], "far").exits(0);
    assert_eq!(bucket.table("t").items(), [item("a", 1)]);
    run(
        &["--config", "conf/other.toml", "--db", "far=elsewhere"],
        "far",
    )
    .exits(0);
    assert!(
        world.path("elsewhere/t.lance").is_dir(),
        "not in the bucket"
    );

    let missing = world.host(["status", "--config", "none.toml"]).exits(2);
    assert!(
        missing.stderr.starts_with("error: cannot read none.toml\n"),
        "{}",
        missing.stderr
    );
    world.write("lance-host.toml", "[database.default]\nuri = \"x\"\n");
    let wrong = world.host(["status"]).exits(2);
    insta::assert_snapshot!(wrong.told(), @r#"error: lance-host.toml: database is not known; did you mean "databases"?"#);
    world.write(
        "lance-host.toml",
        "[databases.default]\nuri = \"data\"\nstorage-options = { region = \"x\" }\n",
    );
    let wrong = world.host(["status"]).exits(2);
    insta::assert_snapshot!(wrong.told(), @r#"error: database default: "data" is a directory, and only s3:// has storage-options; remove them"#);
}
