//! Joins the sandbox to the reconciler: what a pipeline declares there is declared here.
//!
//! The only place that knows both sides. It translates and decides nothing.

use std::sync::Arc;

use arrow::array::RecordBatch;
use async_trait::async_trait;
use lance_host_reconcile::{
    self as reconcile, Databases, Declarations, DeclareCode, DeclareError, TableRef,
};
use lance_host_sandbox::{
    Code, IndexDeclaration, TableDeclaration, TableHandle, Target, TargetError,
};

use tokio::sync::Mutex;

use crate::args::databases::unknown_database_message;

/// The declarations of one run, filled by the sandbox and taken back when it is done.
#[derive(Clone)]
pub struct Adapter {
    declarations: Arc<Mutex<Declarations>>,
    databases: Arc<Databases>,
}

impl Adapter {
    /// Begins with nothing declared.
    pub fn new(declarations: Declarations, databases: Arc<Databases>) -> Self {
        Self {
            declarations: Arc::new(Mutex::new(declarations)),
            databases,
        }
    }

    /// Everything that was declared; `None` while the sandbox still holds a clone.
    pub fn into_declarations(self) -> Option<Declarations> {
        let declarations = Arc::into_inner(self.declarations)?;
        Some(declarations.into_inner())
    }
}

#[async_trait]
impl Target for Adapter {
    async fn declare_table(&mut self, table: TableDeclaration) -> Result<TableHandle, TargetError> {
        let TableDeclaration {
            database,
            name,
            schema,
            primary_key,
            settings,
        } = table;
        let asked_for = database.clone();
        let declaration = reconcile::TableDeclaration {
            database,
            name,
            schema,
            primary_key,
            settings,
        };
        let mut declarations = self.declarations.lock().await;
        let declared = declarations.declare_table(declaration).await;
        match declared.map_err(target_error) {
            Ok(TableRef(number)) => Ok(TableHandle(number)),
            // Where databases come from is known to the command alone.
            Err(error) if error.code == Code::UnknownDatabase => Err(TargetError {
                message: unknown_database_message(&asked_for, &self.databases),
                ..error
            }),
            Err(error) => Err(error),
        }
    }

    async fn declare_rows(
        &mut self,
        table: TableHandle,
        rows: RecordBatch,
    ) -> Result<(), TargetError> {
        let mut declarations = self.declarations.lock().await;
        let declared = declarations.declare_rows(TableRef(table.0), rows).await;
        declared.map_err(target_error)
    }

    async fn declare_index(
        &mut self,
        table: TableHandle,
        index: IndexDeclaration,
    ) -> Result<(), TargetError> {
        let IndexDeclaration {
            column,
            kind,
            settings,
        } = index;
        let index = reconcile::IndexDeclaration {
            column,
            kind,
            settings,
        };
        let mut declarations = self.declarations.lock().await;
        let declared = declarations.declare_index(TableRef(table.0), index);
        declared.map_err(target_error)
    }
}

fn target_error(error: DeclareError) -> TargetError {
    let DeclareError {
        code,
        message,
        table,
        column,
        row,
        details,
    } = error;
    TargetError {
        code: code_of(code),
        message,
        table,
        column,
        row,
        details,
    }
}

fn code_of(code: DeclareCode) -> Code {
    match code {
        DeclareCode::UnknownDatabase => Code::UnknownDatabase,
        DeclareCode::InvalidSchema => Code::InvalidSchema,
        DeclareCode::DuplicateTable => Code::DuplicateTable,
        DeclareCode::UnknownColumn => Code::UnknownColumn,
        DeclareCode::InvalidValue => Code::InvalidValue,
        DeclareCode::Unsupported => Code::Unsupported,
        DeclareCode::Internal => Code::Internal,
    }
}
