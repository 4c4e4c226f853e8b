//! Databases in a bucket, on a server of this process that speaks the protocol of S3.
//!
//! The server is moto. It answers one request after the other: only so does it keep the promise
//! of a conditional put, which commits are made of.

use std::{
    collections::{BTreeMap, HashMap},
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use futures::TryStreamExt;
use lance::io::{ObjectStore, ObjectStoreParams, ObjectStoreRegistry, StorageOptionsAccessor};
use lancedb::Connection;
use tokio::runtime::Runtime;

use crate::{ForeignTable, python};

/// The bucket of all tests.
const BUCKET: &str = "lance";

/// Serves until its standard input ends, which it does with the process that started it.
const SERVER: &str = r#"
import logging, os, sys, threading
logging.getLogger("werkzeug").setLevel(logging.ERROR)
from moto.backends import get_backend
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

get_backend("s3")["123456789012"]["aws"].create_bucket(sys.argv[1], "us-east-1")
server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=False)
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
print(server.server_port, flush=True)
server.serve_forever()
"#;

struct Server {
    endpoint: String,
    // Its standard input stays open as long as this is there.
    _process: Child,
}

static SERVER_OF_ALL: LazyLock<Server> = LazyLock::new(|| {
    let mut process = Command::new(python())
        .args(["-c", SERVER, BUCKET])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the interpreter can be started");
    let output = process.stdout.take().expect("standard output is a pipe");
    let mut port = String::new();
    BufReader::new(output)
        .read_line(&mut port)
        .expect("the server says its port");
    let port = port.trim();
    assert!(!port.is_empty(), "moto does not start; is it installed?");
    Server {
        endpoint: format!("http://127.0.0.1:{port}"),
        _process: process,
    }
});

/// A place of its own in the bucket.
pub struct Bucket {
    prefix: String,
}

impl Bucket {
    /// An empty one.
    #[expect(
        clippy::new_without_default,
        reason = "a place on a server is no default value"
    )]
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Relaxed);
        Self {
            prefix: format!("tests/{number}"),
        }
    }

    /// Where the server listens.
    pub fn endpoint(&self) -> String {
        SERVER_OF_ALL.endpoint.clone()
    }

    /// The location of a database.
    pub fn uri(&self) -> String {
        format!("s3://{BUCKET}/{}", self.prefix)
    }

    /// What a client has to be told.
    pub fn options(&self) -> BTreeMap<String, String> {
        [
            ("endpoint", self.endpoint().as_str()),
            ("allow_http", "true"),
            ("region", "us-east-1"),
            ("access_key_id", "tests-access-key"),
            ("secret_access_key", "tests-secret-key"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
    }

    /// `lance-host.toml` with this database under a name.
    pub fn config(&self, name: &str) -> String {
        let mut text = format!(
            "[databases.{name}]\nuri = \"{}\"\n\n[databases.{name}.storage-options]\n",
            self.uri()
        );
        for (key, value) in self.options() {
            text.push_str(&format!("{key} = \"{value}\"\n"));
        }
        text
    }

    fn connect(&self) -> (Runtime, Connection) {
        let runtime = Runtime::new().expect("threads can be started");
        let connect = lancedb::connect(&self.uri()).storage_options(self.options());
        let connection = runtime
            .block_on(connect.execute())
            .expect("the database opens");
        (runtime, connection)
    }

    /// A table, as everybody else sees it.
    #[track_caller]
    pub fn table(&self, name: &str) -> ForeignTable {
        self.find_table(name)
            .unwrap_or_else(|| panic!("there is no table {name}"))
    }

    /// The same, if there is one.
    pub fn find_table(&self, name: &str) -> Option<ForeignTable> {
        let (runtime, connection) = self.connect();
        match runtime.block_on(connection.open_table(name).execute()) {
            Ok(table) => Some(ForeignTable { runtime, table }),
            Err(lancedb::Error::TableNotFound { .. }) => None,
            Err(error) => panic!("table {name} does not open: {error}"),
        }
    }

    /// All objects below the location, with what tells two of one name apart.
    pub fn objects(&self) -> BTreeMap<String, Option<String>> {
        let runtime = Runtime::new().expect("threads can be started");
        let options: HashMap<String, String> = self.options().into_iter().collect();
        let params = ObjectStoreParams {
            storage_options_accessor: Some(Arc::new(StorageOptionsAccessor::with_static_options(
                options,
            ))),
            ..ObjectStoreParams::default()
        };
        let list = async {
            let registry = Arc::new(ObjectStoreRegistry::default());
            let (store, path) =
                ObjectStore::from_uri_and_params(registry, &self.uri(), &params).await?;
            store
                .list(Some(path))
                .map_ok(|object| (object.location.to_string(), object.e_tag))
                .try_collect()
                .await
        };
        runtime.block_on(list).expect("objects can be listed")
    }
}
