//! The reconciler in this process, without components: many runs fit into a short time.

use std::{path::Path, sync::Arc, time::Duration};

use arrow::{
    array::{Int64Array, RecordBatch, StringArray},
    datatypes::{DataType, Field, Schema},
};
use lance_host_reconcile::{
    Databases, Declarations, Durability, Error, MaintenancePolicy, Report, RunOptions,
    TableDeclaration, VerifiedTable, verify,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::ForeignTable;

/// The table of all runs, in database `default`.
const TABLE: &str = "t";

/// A database, and runs that declare the rows of its table `t`.
pub struct InProcess {
    /// Where runs go on.
    pub runtime: Runtime,
    directory: TempDir,
    /// The database, as `default`.
    pub databases: Arc<Databases>,
    /// What runs do after a commit.
    pub maintenance: MaintenancePolicy,
}

impl InProcess {
    /// An empty database. A power failure is not in question, so nobody waits for the disk.
    pub fn new(maintenance: MaintenancePolicy) -> Self {
        let directory = TempDir::new().expect("a temporary directory can be made");
        Self {
            runtime: Runtime::new().expect("threads can be started"),
            databases: Self::opened(directory.path()),
            directory,
            maintenance,
        }
    }

    /// What is as eager as it can be: everything is compacted, and all history goes.
    pub fn eager() -> MaintenancePolicy {
        MaintenancePolicy {
            small_fragments: 2,
            deletion_files: 1,
            old_versions: 1,
            retention: Duration::ZERO,
            ..MaintenancePolicy::default()
        }
    }

    /// The database as another process would open it.
    pub fn opened(path: &Path) -> Arc<Databases> {
        let uri = path.to_str().expect("the path is text").to_owned();
        let databases = Databases::new([("default".to_owned(), uri)]);
        let databases = databases.expect("a directory is a location");
        Arc::new(databases.with_durability(Durability::Fast))
    }

    /// Where the database is.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// What a run of a pipeline is given.
    pub fn options(&self, pipeline: &str) -> RunOptions {
        RunOptions {
            maintenance: self.maintenance.clone(),
            ..RunOptions::new(pipeline)
        }
    }

    /// A run that declares the table with the rows of these batches, or nothing if there are none.
    pub fn run(
        &self,
        options: RunOptions,
        batches: impl IntoIterator<Item = RecordBatch>,
    ) -> Result<Report, Error> {
        let databases = self.databases.clone();
        self.runtime.block_on(async {
            let declared = declare(databases, options, batches).await?;
            apply(declared).await
        })
    }

    /// The table, as everybody else sees it.
    pub fn table(&self) -> Option<ForeignTable> {
        ForeignTable::open(self.path(), TABLE)
    }

    /// What `verify` says of the table; none if there is none that the host knows.
    pub fn verify(&self, repair: bool) -> Option<VerifiedTable> {
        let verified = verify(self.databases.clone(), &[], repair, Arc::default());
        let verified = self.runtime.block_on(verified);
        let mut verified = verified.expect("the database can be read");
        assert!(verified.failed.is_empty(), "{verified:?}");
        verified.tables.pop()
    }
}

/// Declares the table with the rows of these batches, or nothing if there are none.
pub async fn declare(
    databases: Arc<Databases>,
    options: RunOptions,
    batches: impl IntoIterator<Item = RecordBatch>,
) -> Result<Declarations, Error> {
    let mut declarations = Declarations::new(databases, options, Arc::default())?;
    for batch in batches {
        let table = TableDeclaration {
            database: "default".to_owned(),
            name: TABLE.to_owned(),
            schema: batch.schema(),
            primary_key: vec!["id".to_owned()],
            settings: Vec::new(),
        };
        let table = declarations.declare_table(table).await?;
        declarations.declare_rows(table, batch).await?;
    }
    Ok(declarations)
}

/// Plans what was declared, and commits it whatever the guards say.
pub async fn apply(declarations: Declarations) -> Result<Report, Error> {
    let plan = declarations.plan().await?;
    let approved = plan.approve(true).await.expect("everything is allowed");
    approved.commit().await.map_err(|failure| failure.error)
}

/// Rows with the columns `id` and `value`, as [`ForeignTable::create`](crate::ForeignTable::create)
/// makes them.
pub fn batch<'a>(rows: impl IntoIterator<Item = (&'a str, i64)>) -> RecordBatch {
    let (ids, values): (Vec<&str>, Vec<i64>) = rows.into_iter().unzip();
    let schema = Schema::new(vec![
        Field::new("id", DataType::Utf8, false),
        Field::new("value", DataType::Int64, true),
    ]);
    let (ids, values) = (StringArray::from(ids), Int64Array::from(values));
    RecordBatch::try_new(Arc::new(schema), vec![Arc::new(ids), Arc::new(values)])
        .expect("the columns are as long as each other")
}
