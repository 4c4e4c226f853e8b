//! What a run says should exist: checked tables, and the rows for each.

mod columns;

use std::{collections::BTreeMap, sync::Arc};

use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};
use uuid::Uuid;

use crate::{
    database::Databases,
    error::{DeclareCode, DeclareError, Error},
    index::{DeclaredIndex, IndexDeclaration},
    intents::Intents,
    leftovers::Leftovers,
    maintain::MaintenancePolicy,
    plan::{self, Plan},
    progress::{Phase, Progress},
    stage::{NewTable, Staged, Stager, Start},
    table::ManagedBy,
};

/// How a run is to be done.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// The pipeline's name: it owns what the run declares.
    pub pipeline: String,
    /// Take over existing tables and rows that no pipeline owns.
    pub adopt: bool,
    /// Whether what is planned is meant to be committed: then rows of new tables are written
    /// while the pipeline runs.
    pub commits: bool,
    /// Bytes of memory of which declared rows and their index, over all tables, take shares; rows
    /// that do not fit go to the temporary directory.
    pub memory_budget: u64,
    /// When tables are maintained after their rows have changed.
    pub maintenance: MaintenancePolicy,
}

impl RunOptions {
    /// The defaults: nothing is adopted, the plan is to be committed, and 256 MiB of memory may
    /// be used.
    pub fn new(pipeline: impl Into<String>) -> Self {
        Self {
            pipeline: pipeline.into(),
            adopt: false,
            commits: true,
            memory_budget: 256 << 20,
            maintenance: MaintenancePolicy::default(),
        }
    }
}

/// What identifies a run in everything that it writes.
#[derive(Debug, Clone)]
pub(crate) struct RunContext {
    pub(crate) run_id: String,
    pub(crate) pipeline: String,
    pub(crate) adopt: bool,
    pub(crate) commits: bool,
    pub(crate) maintenance: MaintenancePolicy,
    pub(crate) databases: Arc<Databases>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) intents: Arc<Intents>,
}

impl RunContext {
    /// Work of the host's own, for no pipeline.
    pub(crate) fn of_host(databases: Arc<Databases>, progress: Arc<Progress>) -> Self {
        let run_id = new_run_id();
        Self {
            intents: Arc::new(Intents::new(&run_id)),
            run_id,
            pipeline: String::new(),
            adopt: false,
            commits: false,
            maintenance: MaintenancePolicy::default(),
            databases,
            progress,
        }
    }

    /// Removes what was written so far, of which nobody holds anything any more.
    pub(crate) async fn abandon(&self) {
        self.intents.finish(true).await;
    }

    /// What became of the work, after everything that was written in vain was removed.
    pub(crate) async fn finished<T>(&self, outcome: Result<T, Error>) -> Result<T, Error> {
        for warning in self.intents.finish(outcome.is_err()).await {
            tracing::warn!("{warning}");
        }
        outcome
    }
}

fn new_run_id() -> String {
    Uuid::now_v7().simple().to_string()
}

/// A table as a pipeline declares it.
#[derive(Debug, Clone)]
pub struct TableDeclaration {
    /// The name of a database.
    pub database: String,
    /// The table's name in it.
    pub name: String,
    /// Its columns.
    pub schema: SchemaRef,
    /// Names of the columns that identify a row.
    pub primary_key: Vec<String>,
    /// Options as names and values: `managed-by` is `system` or `user`, `on-schema-change` is
    /// `evolve`, `append-only` or `fail`.
    pub settings: Vec<(String, String)>,
}

/// A declared table, for [`Declarations::declare_rows`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TableRef(pub u32);

/// A declared table that has passed every check which needs no stored table.
#[derive(Debug, Clone)]
pub(crate) struct DeclaredTable {
    pub(crate) database: String,
    pub(crate) name: String,
    pub(crate) schema: SchemaRef,
    pub(crate) primary_key: Vec<String>,
    pub(crate) managed_by: ManagedBy,
    pub(crate) on_schema_change: OnSchemaChange,
    pub(crate) indexes: Vec<DeclaredIndex>,
}

/// What may happen to the columns of a stored table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum OnSchemaChange {
    /// They become as declared.
    #[default]
    Evolve,
    /// Columns are added; none is dropped or changed.
    AppendOnly,
    /// Nothing: a difference is an error.
    Fail,
}

impl DeclaredTable {
    /// `DATABASE/TABLE`.
    pub(crate) fn label(&self) -> String {
        format!("{}/{}", self.database, self.name)
    }
}

/// Everything a run declares. Nothing is written until its plan is approved and committed.
#[derive(Debug)]
pub struct Declarations {
    run: RunContext,
    tables: Vec<DeclaredTable>,
    by_name: BTreeMap<(String, String), TableRef>,
    stager: Stager,
}

impl Declarations {
    /// Begins a run.
    ///
    /// # Errors
    /// [`Error::PipelineName`] if the name cannot be an owner.
    pub fn new(
        databases: Arc<Databases>,
        options: RunOptions,
        progress: Arc<Progress>,
    ) -> Result<Self, Error> {
        check_pipeline_name(&options.pipeline)?;
        progress.enter(Phase::Declaring);
        let run_id = new_run_id();
        Ok(Self {
            run: RunContext {
                intents: Arc::new(Intents::new(&run_id)),
                run_id,
                pipeline: options.pipeline,
                adopt: options.adopt,
                commits: options.commits,
                maintenance: options.maintenance,
                databases,
                progress,
            },
            tables: Vec::new(),
            by_name: BTreeMap::new(),
            stager: Stager::new(usize::try_from(options.memory_budget).unwrap_or(usize::MAX)),
        })
    }

    /// What is left if the run is dropped before its end.
    pub fn leftovers(&self) -> Leftovers {
        Leftovers::new(self.run.intents.clone(), self.run.progress.clone())
    }

    /// Declares a table. Declaring it again in the same way gives the same reference.
    ///
    /// # Errors
    /// A [`DeclareError`] that says what cannot stand; the run may go on without the table.
    pub async fn declare_table(
        &mut self,
        table: TableDeclaration,
    ) -> Result<TableRef, DeclareError> {
        let declared = self.check(table)?;
        let name = (declared.database.clone(), declared.name.clone());
        if let Some(before) = self.by_name.get(&name).copied() {
            return self.same_as_before(before, &declared);
        }
        let number = u32::try_from(self.tables.len()).map_err(|_| {
            DeclareError::new(
                DeclareCode::Unsupported,
                &declared.label(),
                "too many tables in one run",
            )
        })?;
        let ahead = match self.run.databases.get(&declared.database) {
            Ok(database) => Start::new(&self.run, database, &declared).await,
            Err(_) => None,
        };
        let table = NewTable {
            label: declared.label(),
            schema: declared.schema.clone(),
            primary_key: declared.primary_key.clone(),
            ahead,
        };
        let added = self.stager.add_table(table).await;
        added.map_err(|problem| unkept(&declared, problem))?;
        self.tables.push(declared);
        self.by_name.insert(name, TableRef(number));
        Ok(TableRef(number))
    }

    /// Declares rows of a table, in a batch that has the table's schema.
    ///
    /// # Errors
    /// A [`DeclareError`] with code [`DeclareCode::Internal`] if the rows cannot be kept.
    pub async fn declare_rows(
        &mut self,
        table: TableRef,
        rows: RecordBatch,
    ) -> Result<(), DeclareError> {
        let count = rows.num_rows();
        let (number, declared) = declared(&mut self.tables, table)?;
        let kept = self.stager.push(number, rows).await;
        kept.map_err(|problem| unkept(declared, problem))?;
        self.run
            .progress
            .add_declared(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(())
    }

    /// Declares an index on a column of a table. Declaring it again in the same way changes
    /// nothing.
    ///
    /// # Errors
    /// A [`DeclareError`] that says what cannot stand; the run may go on without the index.
    pub fn declare_index(
        &mut self,
        table: TableRef,
        index: IndexDeclaration,
    ) -> Result<(), DeclareError> {
        let (_, declared) = declared(&mut self.tables, table)?;
        if let Some(index) = DeclaredIndex::check(declared, index)? {
            declared.indexes.push(index);
        }
        Ok(())
    }

    /// Compares everything declared with what is stored. Writes nothing.
    ///
    /// # Errors
    /// Any [`Error`]: what was declared cannot be, or the storage failed.
    pub async fn plan(self) -> Result<Plan, Error> {
        let run = self.run.clone();
        let planned = self.compare().await;
        if planned.is_err() {
            run.abandon().await;
        }
        planned
    }

    async fn compare(self) -> Result<Plan, Error> {
        self.run.progress.enter(Phase::Diffing);
        let rows = self.stager.finish().await?;
        let tables = self.tables.into_iter().zip(rows);
        let staged = tables.map(|(table, rows)| Staged::new(table, rows));
        plan::plan(self.run, staged.collect()).await
    }

    /// Forgets everything declared, and removes what was written of it.
    pub async fn discard(self) {
        drop(self.stager.finish().await);
        self.run.abandon().await;
    }

    fn same_as_before(
        &self,
        before: TableRef,
        declared: &DeclaredTable,
    ) -> Result<TableRef, DeclareError> {
        let first = usize::try_from(before.0)
            .ok()
            .and_then(|index| self.tables.get(index));
        match first {
            Some(first)
                if first.schema == declared.schema
                    && first.primary_key == declared.primary_key
                    && first.managed_by == declared.managed_by
                    && first.on_schema_change == declared.on_schema_change =>
            {
                Ok(before)
            }
            _ => Err(DeclareError::new(
                DeclareCode::DuplicateTable,
                &declared.label(),
                "the table was declared before with other columns, another primary key or other settings",
            )),
        }
    }

    fn check(&self, table: TableDeclaration) -> Result<DeclaredTable, DeclareError> {
        let label = format!("{}/{}", table.database, table.name);
        if self.run.databases.get(&table.database).is_err() {
            let known = self.run.databases.names().collect::<Vec<_>>().join(", ");
            let mut error = DeclareError::new(
                DeclareCode::UnknownDatabase,
                &label,
                format!("there is no database {:?}; known: {known}", table.database),
            );
            error.details = vec![
                ("database".to_owned(), table.database),
                ("known".to_owned(), known),
            ];
            return Err(error);
        }
        let invalid =
            |message: String| DeclareError::new(DeclareCode::InvalidSchema, &label, message);
        lancedb::utils::validate_table_name(&table.name).map_err(|_| {
            invalid(format!(
                "{:?} is not a name for a table; use letters, digits, '_', '-' and '.'",
                table.name
            ))
        })?;
        columns::check(&table.schema, &label)?;
        columns::check_primary_key(&table.schema, &table.primary_key, &label)?;
        let settings = Settings::read(&table.settings, &label)?;
        Ok(DeclaredTable {
            database: table.database,
            name: table.name,
            schema: table.schema,
            primary_key: table.primary_key,
            managed_by: settings.managed_by.unwrap_or(ManagedBy::System),
            on_schema_change: settings.on_schema_change.unwrap_or_default(),
            indexes: Vec::new(),
        })
    }
}

/// The rows of a table could not be kept.
fn unkept(table: &DeclaredTable, problem: String) -> DeclareError {
    DeclareError::new(DeclareCode::Internal, &table.label(), problem)
}

/// The table that a reference stands for, and its number.
fn declared(
    tables: &mut [DeclaredTable],
    table: TableRef,
) -> Result<(usize, &mut DeclaredTable), DeclareError> {
    usize::try_from(table.0)
        .ok()
        .and_then(|index| Some((index, tables.get_mut(index)?)))
        .ok_or_else(|| DeclareError {
            code: DeclareCode::Internal,
            message: "there is no such table in this run".to_owned(),
            table: None,
            column: None,
            row: None,
            details: Vec::new(),
        })
}

pub(crate) fn check_pipeline_name(name: &str) -> Result<(), Error> {
    let refuse = |problem| Error::PipelineName {
        name: name.to_owned(),
        problem,
    };
    if name.is_empty() {
        return Err(refuse("it is empty"));
    }
    if name.len() > 200 {
        return Err(refuse("it is longer than 200 bytes"));
    }
    if name.chars().any(char::is_control) {
        return Err(refuse("it has control characters"));
    }
    Ok(())
}

/// The settings of a table; what is not given is none.
#[derive(Default)]
struct Settings {
    managed_by: Option<ManagedBy>,
    on_schema_change: Option<OnSchemaChange>,
}

impl Settings {
    fn read(settings: &[(String, String)], label: &str) -> Result<Self, DeclareError> {
        let unsupported =
            |message: String| DeclareError::new(DeclareCode::Unsupported, label, message);
        let mut read = Self::default();
        for (name, value) in settings {
            let is_first = match (name.as_str(), value.as_str()) {
                ("managed-by", "system") => read.managed_by.replace(ManagedBy::System).is_none(),
                ("managed-by", "user") => read.managed_by.replace(ManagedBy::User).is_none(),
                ("managed-by", _) => {
                    return Err(unsupported(format!(
                        "setting managed-by has no value {value:?}; use system or user"
                    )));
                }
                ("on-schema-change", value) => {
                    let policy = match value {
                        "evolve" => OnSchemaChange::Evolve,
                        "append-only" => OnSchemaChange::AppendOnly,
                        "fail" => OnSchemaChange::Fail,
                        _ => {
                            return Err(unsupported(format!(
                                "setting on-schema-change has no value {value:?}; use evolve, append-only or fail"
                            )));
                        }
                    };
                    read.on_schema_change.replace(policy).is_none()
                }
                _ => {
                    return Err(unsupported(format!(
                        "there is no setting {name:?}; known: managed-by, on-schema-change"
                    )));
                }
            };
            if !is_first {
                return Err(unsupported(format!("setting {name} is given twice")));
            }
        }
        Ok(read)
    }
}
