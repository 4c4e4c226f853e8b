//! Tables that have been declared, and their rows on the way to the host.
//!
//! Rows are collected in the guest and sent in batches. What was collected last
//! is sent when the pipeline's function has returned, by [`finish`]: no
//! destructor sends anything, so a table may be dropped, kept or leaked.

use std::cell::RefCell;
use std::rc::Rc;

use crate::Error;
use crate::batch::Batch;
use crate::bindings::lance_host::pipeline::target;
use crate::bindings::lance_host::pipeline::types::Column;
use crate::row::Columns;

/// A declared table and its rows that have not been sent.
pub(crate) struct Declared<C, H = target::Table> {
    /// As an error names it.
    name: String,
    host: H,
    batch: Batch<C>,
    /// Rows that the host has taken.
    sent: u64,
    /// Why the host refused a batch. The rows of that batch are lost, and a run
    /// that went on without them would delete them from the table.
    refused: Option<Error>,
}

/// Who takes the batches of a table: the host, except in tests.
pub(crate) trait Host {
    fn declare_rows(&self, columns: &[Column]) -> Result<(), Error>;

    fn declare_index(
        &self,
        column: &str,
        kind: &str,
        settings: &[(String, String)],
    ) -> Result<(), Error>;
}

impl Host for target::Table {
    fn declare_rows(&self, columns: &[Column]) -> Result<(), Error> {
        Ok(target::Table::declare_rows(self, columns)?)
    }

    fn declare_index(
        &self,
        column: &str,
        kind: &str,
        settings: &[(String, String)],
    ) -> Result<(), Error> {
        Ok(target::Table::declare_index(self, column, kind, settings)?)
    }
}

impl<C: Columns, H: Host> Declared<C, H> {
    pub(crate) fn new(name: String, host: H, columns: C) -> Self {
        Self {
            name,
            host,
            batch: Batch::new(columns),
            sent: 0,
            refused: None,
        }
    }

    #[inline]
    pub(crate) fn declare_row(
        &mut self,
        append: impl FnOnce(&mut C) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if let Some(error) = &self.refused {
            return Err(error.clone());
        }
        if let Err(error) = self.batch.append(append) {
            let position = self.sent + u64::from(self.batch.rows());
            return Err(error.in_row(&self.name, position));
        }
        if self.batch.is_full() {
            self.flush()?;
        }
        Ok(())
    }

    /// Declares an index. It goes to the host at once: it says nothing of rows.
    pub(crate) fn declare_index(
        &self,
        column: &str,
        kind: &str,
        settings: &[(String, String)],
    ) -> Result<(), Error> {
        self.host.declare_index(column, kind, settings)
    }

    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        if let Some(error) = &self.refused {
            return Err(error.clone());
        }
        let rows = self.batch.rows();
        if rows == 0 {
            return Ok(());
        }
        if let Err(error) = self.host.declare_rows(&self.batch.finish()) {
            self.refused = Some(error.clone());
            return Err(error);
        }
        self.sent += u64::from(rows);
        Ok(())
    }
}

/// A table of any row, once only its end is of interest.
pub(crate) trait Unfinished {
    fn flush(&mut self) -> Result<(), Error>;
}

impl<C: Columns, H: Host> Unfinished for Declared<C, H> {
    fn flush(&mut self) -> Result<(), Error> {
        Declared::flush(self)
    }
}

thread_local! {
    /// All tables of the run, in the order in which they were declared.
    static TABLES: RefCell<Vec<Rc<RefCell<dyn Unfinished>>>> = const { RefCell::new(Vec::new()) };
}

/// Remembers a table until the end of the run.
pub(crate) fn register(table: Rc<RefCell<dyn Unfinished>>) {
    TABLES.with_borrow_mut(|tables| tables.push(table));
}

/// Sends what the tables of the run have collected last.
pub(crate) fn finish() -> Result<(), Error> {
    let tables = TABLES.take();
    tables
        .iter()
        .try_for_each(|table| table.borrow_mut().flush())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Row;

    #[derive(Row)]
    struct Text {
        #[row(key)]
        id: i64,
        text: String,
        #[row(dimension = 2)]
        vector: Vec<f32>,
    }

    fn row(id: i64, length: usize) -> Text {
        Text {
            id,
            text: "x".repeat(length),
            vector: vec![0.0; 2],
        }
    }

    type Columns = <Text as Row>::Columns;

    fn add(row: &Text) -> impl FnOnce(&mut Columns) -> Result<(), Error> + '_ {
        |columns| row.append(columns)
    }

    /// Counts the rows of each batch, and refuses every batch if told to.
    #[derive(Clone, Default)]
    struct Recorder {
        batches: Rc<RefCell<Vec<u32>>>,
        refuse: bool,
    }

    impl Host for Recorder {
        fn declare_rows(&self, columns: &[Column]) -> Result<(), Error> {
            if self.refuse {
                return Err(Error::new("duplicate-key", "the key 1 was declared twice"));
            }
            self.batches.borrow_mut().push(columns[0].length);
            Ok(())
        }

        fn declare_index(&self, _: &str, _: &str, _: &[(String, String)]) -> Result<(), Error> {
            Ok(())
        }
    }

    fn table(host: &Recorder) -> Declared<Columns, Recorder> {
        Declared::new("default/t".to_owned(), host.clone(), Default::default())
    }

    #[test]
    fn batch_is_sent_once_it_reaches_a_mebibyte() {
        let host = Recorder::default();
        let mut table = table(&host);
        table.declare_row(add(&row(0, (1 << 20) - 1000))).unwrap();
        assert!(host.batches.borrow().is_empty());
        table.declare_row(add(&row(1, 1000))).unwrap();
        assert_eq!(*host.batches.borrow(), [2]);
        table.declare_row(add(&row(2, 1))).unwrap();
        assert_eq!(*host.batches.borrow(), [2]);
        table.flush().unwrap();
        table.flush().unwrap();
        assert_eq!(*host.batches.borrow(), [2, 1]);
    }

    #[test]
    fn row_that_does_not_fit_leaves_no_trace_and_is_named() {
        let host = Recorder::default();
        let mut table = table(&host);
        table.declare_row(add(&row(0, 3))).unwrap();
        table.flush().unwrap();
        table.declare_row(add(&row(1, 3))).unwrap();
        let mut long = row(2, 3);
        long.vector.push(0.0);
        let error = table.declare_row(add(&long)).unwrap_err();
        assert_eq!(error.table(), Some("default/t"));
        assert_eq!((error.column(), error.row()), (Some("vector"), Some(2)));
        table.declare_row(add(&row(2, 1))).unwrap();

        let columns = table.batch.finish();
        let lengths: Vec<_> = columns.iter().map(|column| column.length).collect();
        assert_eq!(lengths, [2, 2, 2]);
        assert_eq!(columns[1].buffers[1], b"xxxx");
    }

    #[test]
    fn refused_batch_fails_everything_after_it() {
        let host = Recorder {
            refuse: true,
            ..Recorder::default()
        };
        let mut table = table(&host);
        table.declare_row(add(&row(1, 1))).unwrap();
        let refused = table.flush().unwrap_err();
        assert_eq!(refused.code(), "duplicate-key");
        assert_eq!(table.declare_row(add(&row(2, 1))), Err(refused.clone()));
        assert_eq!(table.flush(), Err(refused));
    }

    #[test]
    fn finish_sends_the_rest_of_every_table_even_of_one_that_was_dropped() {
        let host = Recorder::default();
        for rows in [1, 3] {
            let table = Rc::new(RefCell::new(table(&host)));
            register(table.clone());
            for id in 0..rows {
                table.borrow_mut().declare_row(add(&row(id, 1))).unwrap();
            }
        }
        finish().unwrap();
        assert_eq!(*host.batches.borrow(), [1, 3]);
        finish().unwrap();
        assert_eq!(*host.batches.borrow(), [1, 3]);
    }
}
