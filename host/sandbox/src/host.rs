//! The host's side of the contract: what a guest's calls do.
//!
//! What a guest can get wrong is told to the guest; only a broken contract traps.

use wasmtime::component::{Resource, ResourceTableError};

use crate::{
    bindings::lance_host::pipeline::{target, types},
    convert::{self, TableShape},
    declarations::in_table,
    store::State,
    target::{IndexDeclaration, TableDeclaration, TargetError},
};

/// What a guest holds for a table: its index among the tables of the run. The table itself
/// outlives it, because dropping a handle ends nothing.
pub struct Table(usize);

/// Why a call failed.
pub enum Refusal {
    /// The guest is told, and goes on.
    Refused(TargetError),
    /// The contract is broken: the guest ends here.
    Broken(wasmtime::Error),
}

impl From<TargetError> for Refusal {
    fn from(error: TargetError) -> Self {
        Self::Refused(error)
    }
}

impl From<ResourceTableError> for Refusal {
    fn from(error: ResourceTableError) -> Self {
        Self::Broken(error.into())
    }
}

impl types::Host for State {
    /// Every refusal passes here, and is remembered: what a guest makes of it, nobody knows.
    fn convert_target_error(&mut self, refusal: Refusal) -> wasmtime::Result<types::TargetError> {
        match refusal {
            Refusal::Refused(error) => {
                self.declarations.refuse(error.clone());
                Ok(types::TargetError {
                    code: error.code.as_str().to_owned(),
                    message: error.message,
                    table: error.table,
                    column: error.column,
                    row: error.row,
                    details: error.details,
                })
            }
            Refusal::Broken(error) => Err(error),
        }
    }
}

impl target::Host for State {
    async fn declare_table(
        &mut self,
        database: String,
        name: String,
        fields: Vec<types::Field>,
        primary_key: Vec<String>,
        settings: Vec<types::Setting>,
    ) -> Result<Resource<Table>, Refusal> {
        let texts = [database.as_str(), &name].into_iter();
        let texts = texts.chain(primary_key.iter().map(String::as_str));
        let texts = texts.chain(
            settings
                .iter()
                .flat_map(|(name, value)| [name.as_str(), value]),
        );
        let texts = texts.chain(fields.iter().flat_map(convert::texts));
        let size = convert::size(texts);
        self.declarations
            .check_room(size, &self.limits)
            .map_err(|error| in_table(error, &name))?;

        let shape =
            TableShape::new(fields, &self.limits).map_err(|error| in_table(error, &name))?;
        let schema = shape.schema.clone();
        let table = TableDeclaration {
            database,
            name,
            schema,
            primary_key,
            settings,
        };
        let index = self.declarations.declare_table(table, shape, size).await?;
        Ok(self.resources.push(Table(index))?)
    }
}

impl target::HostTable for State {
    async fn declare_row(
        &mut self,
        table: Resource<Table>,
        row: Vec<types::Value>,
    ) -> Result<(), Refusal> {
        let index = self.resources.get(&table)?.0;
        Ok(self.declarations.declare_row(index, row).await?)
    }

    async fn declare_rows(
        &mut self,
        table: Resource<Table>,
        columns: Vec<types::Column>,
    ) -> Result<(), Refusal> {
        let index = self.resources.get(&table)?.0;
        Ok(self.declarations.declare_rows(index, columns).await?)
    }

    async fn declare_index(
        &mut self,
        table: Resource<Table>,
        column: String,
        kind: String,
        settings: Vec<types::Setting>,
    ) -> Result<(), Refusal> {
        let table = self.resources.get(&table)?.0;
        let texts = [column.as_str(), &kind].into_iter();
        let texts = texts.chain(
            settings
                .iter()
                .flat_map(|(name, value)| [name.as_str(), value]),
        );
        let size = convert::size(texts);
        let index = IndexDeclaration {
            column,
            kind,
            settings,
        };
        Ok(self
            .declarations
            .declare_index(table, index, size, &self.limits)
            .await?)
    }

    async fn drop(&mut self, table: Resource<Table>) -> wasmtime::Result<()> {
        self.resources.delete(table)?;
        Ok(())
    }
}
