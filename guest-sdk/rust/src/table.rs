//! Tables as an author declares them.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::rc::Rc;

use crate::bindings::lance_host::pipeline::target;
use crate::declared::{self, Declared};
use crate::row::Columns;
use crate::{Error, Row};

/// A table that should exist, with the rows declared through it.
///
/// Dropping it ends nothing: what was declared stands.
pub struct Table<R: Row> {
    declared: Rc<RefCell<Declared<R::Columns>>>,
    row: PhantomData<fn(&R)>,
}

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
    /// # use lance_host_sdk::{Error, ManagedBy, Row, Table};
    /// # #[derive(Row)] struct Document { #[row(key)] id: String }
    /// # fn declare() -> Result<Table<Document>, Error> {
    /// Table::<Document>::builder("default", "documents")
    ///     .managed_by(ManagedBy::User)
    ///     .declare()
    /// # }
    /// ```
    pub fn builder(database: &str, name: &str) -> TableBuilder<R> {
        TableBuilder {
            database: database.to_owned(),
            name: name.to_owned(),
            settings: Vec::new(),
            row: PhantomData,
        }
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
        self.declared.borrow_mut().declare_row(row)
    }

    /// Sends the rows that have been collected. There is rarely a need: it
    /// happens by itself whenever there is enough to send, and at the end.
    ///
    /// # Errors
    /// If the host refuses a row.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.declared.borrow_mut().flush()
    }
}

/// Options of a table that is about to be declared.
#[must_use = "a table is declared by `declare`"]
pub struct TableBuilder<R> {
    database: String,
    name: String,
    settings: Vec<(String, String)>,
    row: PhantomData<fn(&R)>,
}

/// Who creates a table, changes its columns and drops it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ManagedBy {
    /// The host: what is no longer declared is dropped.
    #[default]
    System,
    /// Somebody else: the table has to exist with matching columns, and the host
    /// touches only the rows of this pipeline.
    User,
}

impl<R: Row> TableBuilder<R> {
    /// Says who manages the table; the host, if nothing is said.
    pub fn managed_by(self, manager: ManagedBy) -> Self {
        let manager = match manager {
            ManagedBy::System => "system",
            ManagedBy::User => "user",
        };
        self.setting("managed-by", manager)
    }

    /// Adds a setting by its name, for those of a host that is newer than this
    /// SDK.
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Declares the table.
    ///
    /// # Errors
    /// As [`Table::declare`]; also if the host does not know a setting.
    pub fn declare(self) -> Result<Table<R>, Error> {
        let key: Vec<_> = R::KEY.iter().map(|&name| name.to_owned()).collect();
        let handle = target::declare_table(
            &self.database,
            &self.name,
            &R::Columns::fields(),
            &key,
            &self.settings,
        )?;
        // The host names tables in this way too.
        let name = format!("{}/{}", self.database, self.name);
        let declared = Rc::new(RefCell::new(Declared::new(name, handle)));
        declared::register(declared.clone());
        Ok(Table {
            declared,
            row: PhantomData,
        })
    }
}
