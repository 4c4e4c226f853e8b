//! Tables as an author declares them, from a struct.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::rc::Rc;

use crate::bindings::lance_host::pipeline::target;
use crate::bindings::lance_host::pipeline::types::Field;
use crate::declared::{self, Declared};
use crate::index::declares_indexes;
use crate::options::TableBuilder;
use crate::row::Columns;
use crate::{Error, Row};

/// A table that should exist, with the rows declared through it.
///
/// Dropping it ends nothing: what was declared stands.
pub struct Table<R: Row> {
    declared: Rc<RefCell<Declared<R::Columns>>>,
    row: PhantomData<fn(&R)>,
}

/// The columns of a table whose rows are `R`s.
pub struct OfRow<R>(PhantomData<fn(&R)>);

impl<R: Row> Table<R> {
    /// Declares a table that the host creates, changes and drops as needed.
    ///
    /// `database` is a name that the host knows, `default` if in doubt.
    ///
    /// # Errors
    /// If the host does not know the database, refuses the columns, or has seen a
    /// declaration of this table with other columns.
    pub fn declare(database: &str, name: &str) -> Result<Self, Error> {
        Self::builder(database, name).declare()
    }

    /// Declares a table with options.
    ///
    /// ```
    /// # use lance_host_sdk::{Error, ManagedBy, OnSchemaChange, Row, Table};
    /// # #[derive(Row)] struct Document { #[row(key)] id: String }
    /// # fn declare() -> Result<Table<Document>, Error> {
    /// Table::<Document>::builder("default", "documents")
    ///     .managed_by(ManagedBy::User)
    ///     .on_schema_change(OnSchemaChange::Fail)
    ///     .declare()
    /// # }
    /// ```
    pub fn builder(database: &str, name: &str) -> TableBuilder<OfRow<R>> {
        TableBuilder::new(database, name, OfRow(PhantomData))
    }

    /// Declares a row.
    ///
    /// Rows whose struct has lifetimes may borrow from different places: any
    /// `Document<'_>` goes into a table of `Document`.
    ///
    /// # Errors
    /// If a value does not fit its column: this row is then not declared, and
    /// the table takes further rows. If the host refuses a batch, which may show
    /// a while after the row concerned was declared and names it: every further
    /// call then returns that error, and the run fails.
    pub fn declare_row<S>(&mut self, row: &S) -> Result<(), Error>
    where
        S: Row<Columns = R::Columns>,
    {
        let append = |columns: &mut R::Columns| row.append(columns);
        self.declared.borrow_mut().declare_row(append)
    }

    /// Sends the rows that have been collected. There is rarely a need: it
    /// happens by itself whenever there is enough to send, and at the end.
    ///
    /// # Errors
    /// If the host refuses a row.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.declared.borrow_mut().flush()
    }

    declares_indexes!();
}

impl<R: Row> TableBuilder<OfRow<R>> {
    /// Declares the table.
    ///
    /// # Errors
    /// As [`Table::declare`]; also if the host does not know a setting.
    pub fn declare(self) -> Result<Table<R>, Error> {
        let key: Vec<_> = R::KEY.iter().map(|&name| name.to_owned()).collect();
        let declared = self.declare_columns(&R::fields(), &key, R::Columns::default())?;
        Ok(Table {
            declared,
            row: PhantomData,
        })
    }
}

impl<S> TableBuilder<S> {
    /// Declares the table with the host, and keeps it until the end of the run.
    pub(crate) fn declare_columns<C: Columns>(
        &self,
        fields: &[Field],
        key: &[String],
        columns: C,
    ) -> Result<Rc<RefCell<Declared<C>>>, Error> {
        let handle =
            target::declare_table(&self.database, &self.name, fields, key, &self.settings)?;
        let declared = Rc::new(RefCell::new(Declared::new(self.path(), handle, columns)));
        declared::register(declared.clone());
        Ok(declared)
    }
}
