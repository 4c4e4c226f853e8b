//! What a run has declared so far, on its way to the target.
//!
//! Rows that come one by one are gathered and go in batches; each table's rows reach the target
//! in the order in which they were declared.

use crate::{
    bindings::lance_host::pipeline::types,
    convert::{self, RowBuffer, TableShape},
    limits::Limits,
    target::{Code, IndexDeclaration, TableDeclaration, TableHandle, Target, TargetError},
    text::{Bytes, printable},
};

/// Rows that come one by one go to the target in batches of about this size, in bytes.
const FLUSH_TABLE: usize = 1 << 20;

/// How much all tables together may hold back, in bytes.
const FLUSH_ALL: usize = 16 << 20;

/// How much of a name from a guest appears in messages, in bytes.
const NAME: usize = 200;

/// What a run has declared so far.
pub(crate) struct Declarations {
    target: Box<dyn Target>,
    tables: Vec<DeclaredTable>,
    /// Bytes of the declarations of all tables and indexes.
    size: usize,
    /// Bytes of the rows that all tables hold back.
    held: usize,
    refused: Option<TargetError>,
    lost: Option<TargetError>,
}

/// A table that a guest declared and the target accepted.
struct DeclaredTable {
    handle: TableHandle,
    name: String,
    shape: TableShape,
    /// Rows that were declared, gathered ones included.
    rows: u64,
    /// Indexes that were declared.
    indexes: usize,
    gathered: RowBuffer,
}

impl Declarations {
    pub(crate) fn new(target: Box<dyn Target>) -> Self {
        Self {
            target,
            tables: Vec::new(),
            size: 0,
            held: 0,
            refused: None,
            lost: None,
        }
    }

    /// Whether there is room for one more table of `size` bytes, names and types included.
    pub(crate) fn check_room(&self, size: usize, limits: &Limits) -> Result<(), TargetError> {
        let count = self.tables.len();
        if count >= limits.declared_tables {
            let message = format!("the run has declared {count} tables, which is all it can");
            return Err(TargetError::new(Code::TooLarge, message));
        }
        self.check_size(size, limits)
    }

    /// Whether there is room for a declaration of `size` bytes.
    fn check_size(&self, size: usize, limits: &Limits) -> Result<(), TargetError> {
        let total = self.size.saturating_add(size);
        if total > limits.declaration_bytes {
            let message = format!(
                "names, types, metadata and settings of all tables and indexes would take {}, and can take {}",
                Bytes(total as u64),
                Bytes(limits.declaration_bytes as u64)
            );
            return Err(TargetError::new(Code::TooLarge, message));
        }
        Ok(())
    }

    /// Remembers a refusal that is told to the guest.
    pub(crate) fn refuse(&mut self, error: TargetError) {
        self.refused = Some(error);
    }

    /// The last declaration that was refused.
    pub(crate) fn refused(&self) -> Option<&TargetError> {
        self.refused.as_ref()
    }

    /// Passes on what is still held back, when the guest has returned successfully.
    ///
    /// Fails also if rows that had been accepted were refused later: the guest may have ignored
    /// that error, but the rows are gone.
    pub(crate) async fn finish(&mut self) -> Result<(), TargetError> {
        if let Some(lost) = self.lost.take() {
            return Err(lost);
        }
        for index in 0..self.tables.len() {
            self.flush(index).await?;
        }
        Ok(())
    }

    fn table(&mut self, index: usize) -> Result<&mut DeclaredTable, TargetError> {
        self.tables
            .get_mut(index)
            .ok_or_else(|| TargetError::new(Code::Internal, "the table's handle is lost"))
    }

    pub(crate) async fn declare_table(
        &mut self,
        table: TableDeclaration,
        shape: TableShape,
        size: usize,
    ) -> Result<usize, TargetError> {
        let name = table.name.clone();
        let handle = self
            .target
            .declare_table(table)
            .await
            .map_err(|error| in_table(error, &name))?;
        self.size = self.size.saturating_add(size);
        self.tables.push(DeclaredTable {
            handle,
            name,
            shape,
            rows: 0,
            indexes: 0,
            gathered: RowBuffer::default(),
        });
        Ok(self.tables.len() - 1)
    }

    pub(crate) async fn declare_row(
        &mut self,
        index: usize,
        row: Vec<types::Value>,
    ) -> Result<(), TargetError> {
        let table = self.table(index)?;
        // Flushed before the row is taken, so that an error leaves the row undeclared.
        if table.gathered.bytes() >= FLUSH_TABLE || table.gathered.is_crowded() {
            self.flush(index).await?;
        } else if self.held >= FLUSH_ALL {
            for index in 0..self.tables.len() {
                self.flush(index).await?;
            }
        }
        let table = self.table(index)?;
        let bytes = table
            .gathered
            .push(&table.shape, table.rows, row)
            .map_err(|error| in_table(error, &table.name))?;
        table.rows = table.rows.saturating_add(1);
        self.held = self.held.saturating_add(bytes);
        Ok(())
    }

    pub(crate) async fn declare_rows(
        &mut self,
        index: usize,
        columns: Vec<types::Column>,
    ) -> Result<(), TargetError> {
        self.flush(index).await?;
        let table = self.table(index)?;
        let batch = convert::record_batch(&table.shape, table.rows, columns)
            .map_err(|error| in_table(error, &table.name))?;
        let (handle, rows) = (table.handle, batch.num_rows() as u64);
        if rows == 0 {
            return Ok(());
        }
        let declared = self.target.declare_rows(handle, batch).await;
        let table = self.table(index)?;
        declared.map_err(|error| in_table(error, &table.name))?;
        table.rows = table.rows.saturating_add(rows);
        Ok(())
    }

    pub(crate) async fn declare_index(
        &mut self,
        table: usize,
        index: IndexDeclaration,
        size: usize,
        limits: &Limits,
    ) -> Result<(), TargetError> {
        let declared = self.table(table)?;
        let (handle, name, count) = (declared.handle, declared.name.clone(), declared.indexes);
        if count >= limits.indexes {
            let message =
                format!("the run has declared {count} indexes of the table, which is all it can");
            return Err(in_table(TargetError::new(Code::TooLarge, message), &name));
        }
        self.check_size(size, limits)
            .map_err(|error| in_table(error, &name))?;
        self.target
            .declare_index(handle, index)
            .await
            .map_err(|error| in_table(error, &name))?;
        self.size = self.size.saturating_add(size);
        self.table(table)?.indexes += 1;
        Ok(())
    }

    /// Passes on the rows of a table that came one by one.
    async fn flush(&mut self, index: usize) -> Result<(), TargetError> {
        let table = self.table(index)?;
        if table.gathered.is_empty() {
            return Ok(());
        }
        let bytes = table.gathered.bytes();
        let first = table.rows.saturating_sub(table.gathered.rows() as u64);
        let batch = table
            .gathered
            .take(&table.shape, first)
            .map_err(|error| in_table(error, &table.name))?;
        let handle = table.handle;
        self.held = self.held.saturating_sub(bytes);
        if let Err(error) = self.target.declare_rows(handle, batch).await {
            let error = in_table(error, &self.table(index)?.name);
            self.lost.get_or_insert_with(|| error.clone());
            return Err(error);
        }
        Ok(())
    }
}

/// Names the table, unless the error names one already.
pub(crate) fn in_table(mut error: TargetError, table: &str) -> TargetError {
    error.table.get_or_insert_with(|| printable(table, NAME));
    error
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use arrow::array::RecordBatch;
    use async_trait::async_trait;

    use super::*;
    use crate::bindings::lance_host::pipeline::types::{Column, Field, Value};

    /// Writes down what reaches it, and refuses the batches that it is told to.
    #[derive(Clone, Default)]
    struct Script {
        batches: Arc<Mutex<Vec<(u32, usize)>>>,
        indexes: Arc<Mutex<Vec<(u32, IndexDeclaration)>>>,
        refuse: Option<usize>,
    }

    #[async_trait]
    impl Target for Script {
        async fn declare_table(
            &mut self,
            table: TableDeclaration,
        ) -> Result<TableHandle, TargetError> {
            match table.name.strip_prefix('t') {
                Some(number) => Ok(TableHandle(number.parse().unwrap())),
                None => Err(TargetError::new(
                    Code::InvalidSchema,
                    "the name is not to my liking",
                )),
            }
        }

        async fn declare_rows(
            &mut self,
            table: TableHandle,
            rows: RecordBatch,
        ) -> Result<(), TargetError> {
            let mut batches = self.batches.lock().unwrap();
            batches.push((table.0, rows.num_rows()));
            if self.refuse == Some(batches.len() - 1) {
                return Err(TargetError::new(
                    Code::DuplicateKey,
                    "the key is there already",
                ));
            }
            Ok(())
        }

        async fn declare_index(
            &mut self,
            table: TableHandle,
            index: IndexDeclaration,
        ) -> Result<(), TargetError> {
            if index.kind == "magic" {
                let message = "there is no such kind of index";
                return Err(TargetError::new(Code::Unsupported, message));
            }
            self.indexes.lock().unwrap().push((table.0, index));
            Ok(())
        }
    }

    fn declarations(script: &Script) -> Declarations {
        Declarations::new(Box::new(script.clone()))
    }

    async fn declare(declarations: &mut Declarations, name: &str) -> Result<usize, TargetError> {
        let field = Field {
            name: "c".into(),
            data_type: "utf8".into(),
            nullable: true,
            metadata: Vec::new(),
        };
        let shape = TableShape::new(vec![field], &Limits::default())?;
        let table = TableDeclaration {
            database: "default".into(),
            name: name.into(),
            schema: shape.schema.clone(),
            primary_key: vec!["c".into()],
            settings: Vec::new(),
        };
        declarations.declare_table(table, shape, 1000).await
    }

    fn text(size: usize) -> Vec<Value> {
        vec![Value::Text("x".repeat(size))]
    }

    fn nulls(rows: u32) -> Vec<Column> {
        let offsets = vec![0; (rows as usize + 1) * 4];
        let validity = vec![0; (rows as usize).div_ceil(8)];
        vec![Column {
            length: rows,
            validity: Some(validity),
            buffers: vec![offsets, Vec::new()],
        }]
    }

    #[tokio::test]
    async fn single_rows_reach_the_target_at_the_end_in_one_batch() {
        let script = Script::default();
        let mut declared = declarations(&script);
        let table = declare(&mut declared, "t7").await.unwrap();
        for _ in 0..3 {
            declared.declare_row(table, text(1)).await.unwrap();
        }
        assert!(script.batches.lock().unwrap().is_empty());
        declared.finish().await.unwrap();
        assert_eq!(*script.batches.lock().unwrap(), [(7, 3)]);
    }

    #[tokio::test]
    async fn single_rows_keep_their_place_among_batches() {
        let script = Script::default();
        let mut declared = declarations(&script);
        let table = declare(&mut declared, "t1").await.unwrap();
        declared.declare_row(table, text(1)).await.unwrap();
        declared.declare_rows(table, nulls(5)).await.unwrap();
        declared.declare_row(table, text(1)).await.unwrap();
        declared.declare_rows(table, nulls(0)).await.unwrap();
        declared.finish().await.unwrap();
        assert_eq!(*script.batches.lock().unwrap(), [(1, 1), (1, 5), (1, 1)]);
    }

    #[tokio::test]
    async fn many_single_rows_are_passed_on_in_between() {
        let script = Script::default();
        let mut declared = declarations(&script);
        let table = declare(&mut declared, "t1").await.unwrap();
        for _ in 0..3 {
            declared
                .declare_row(table, text(FLUSH_TABLE / 2))
                .await
                .unwrap();
        }
        assert_eq!(*script.batches.lock().unwrap(), [(1, 2)]);
    }

    #[tokio::test]
    async fn many_tables_hold_back_little_together() {
        let script = Script::default();
        let mut declared = declarations(&script);
        let big = FLUSH_TABLE - 100;
        for number in 0..20 {
            let table = declare(&mut declared, &format!("t{number}")).await.unwrap();
            declared.declare_row(table, text(big)).await.unwrap();
            assert!(declared.held < FLUSH_ALL + FLUSH_TABLE);
        }
        assert_eq!(script.batches.lock().unwrap().len(), 17);
    }

    #[tokio::test]
    async fn positions_count_all_accepted_rows_of_a_table() {
        let mut declared = declarations(&Script::default());
        let table = declare(&mut declared, "t1").await.unwrap();
        declared.declare_rows(table, nulls(5)).await.unwrap();
        declared.declare_row(table, text(1)).await.unwrap();
        let error = declared
            .declare_row(table, vec![Value::Int64(1)])
            .await
            .unwrap_err();
        assert_eq!((error.table.as_deref(), error.row), (Some("t1"), Some(6)));
        let mut bad = nulls(2);
        bad[0] = Column {
            length: 2,
            validity: None,
            buffers: vec![vec![0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0], vec![0xff]],
        };
        let error = declared.declare_rows(table, bad).await.unwrap_err();
        insta::assert_snapshot!(error, @"table `t1`, column `c`, row 7: the text is not UTF-8: invalid utf-8 sequence of 1 bytes from index 0 (invalid-utf8)");
        // What was refused does not count.
        let error = declared
            .declare_row(table, vec![Value::Int64(1)])
            .await
            .unwrap_err();
        assert_eq!(error.row, Some(6));
    }

    #[tokio::test]
    async fn declarations_are_bounded_together() {
        let mut declared = declarations(&Script::default());
        declare(&mut declared, "t1").await.unwrap();
        let limits = Limits {
            declaration_bytes: 2000,
            declared_tables: 2,
            ..Limits::default()
        };
        declared.check_room(1000, &limits).unwrap();
        insta::assert_snapshot!(declared.check_room(2000, &limits).unwrap_err(), @"names, types, metadata and settings of all tables and indexes would take 3KiB, and can take 2KiB (too-large)");
        declare(&mut declared, "t2").await.unwrap();
        insta::assert_snapshot!(declared.check_room(0, &limits).unwrap_err(), @"the run has declared 2 tables, which is all it can (too-large)");
    }

    fn index(kind: &str) -> IndexDeclaration {
        IndexDeclaration {
            column: "c".into(),
            kind: kind.into(),
            settings: vec![("metric".into(), "dot".into())],
        }
    }

    #[tokio::test]
    async fn indexes_reach_the_target_as_the_guest_wrote_them() {
        let script = Script::default();
        let mut declared = declarations(&script);
        let limits = Limits::default();
        let table = declare(&mut declared, "t7").await.unwrap();
        let declaring = declared.declare_index(table, index("ivf-pq"), 100, &limits);
        declaring.await.unwrap();
        assert_eq!(*script.indexes.lock().unwrap(), [(7, index("ivf-pq"))]);

        let declaring = declared.declare_index(table, index("magic"), 100, &limits);
        insta::assert_snapshot!(declaring.await.unwrap_err(), @"table `t7`: there is no such kind of index (unsupported)");
    }

    #[tokio::test]
    async fn indexes_are_bounded_in_number_and_size() {
        let mut declared = declarations(&Script::default());
        let table = declare(&mut declared, "t1").await.unwrap();
        let limits = Limits {
            declaration_bytes: 2000,
            indexes: 2,
            ..Limits::default()
        };
        let declaring = declared.declare_index(table, index("btree"), 400, &limits);
        declaring.await.unwrap();
        let declaring = declared.declare_index(table, index("btree"), 700, &limits);
        insta::assert_snapshot!(declaring.await.unwrap_err(), @"table `t1`: names, types, metadata and settings of all tables and indexes would take 2.1KiB, and can take 2KiB (too-large)");
        let declaring = declared.declare_index(table, index("btree"), 400, &limits);
        declaring.await.unwrap();
        let declaring = declared.declare_index(table, index("btree"), 10, &limits);
        insta::assert_snapshot!(declaring.await.unwrap_err(), @"table `t1`: the run has declared 2 indexes of the table, which is all it can (too-large)");
    }

    #[tokio::test]
    async fn a_targets_refusal_names_the_table() {
        let mut declared = declarations(&Script::default());
        let error = declare(&mut declared, "\u{1b}[2J").await.unwrap_err();
        assert_eq!(error.table.as_deref(), Some("\u{fffd}[2J"));
    }

    #[tokio::test]
    async fn a_refused_batch_does_not_end_the_run() {
        let script = Script {
            refuse: Some(0),
            ..Script::default()
        };
        let mut declared = declarations(&script);
        let table = declare(&mut declared, "t1").await.unwrap();
        declared.declare_rows(table, nulls(1)).await.unwrap_err();
        declared.finish().await.unwrap();
    }

    #[tokio::test]
    async fn rows_that_were_accepted_and_refused_later_fail_the_run() {
        let script = Script {
            refuse: Some(0),
            ..Script::default()
        };
        let mut declared = declarations(&script);
        let table = declare(&mut declared, "t1").await.unwrap();
        declared
            .declare_row(table, text(FLUSH_TABLE))
            .await
            .unwrap();
        // The guest hears of it here, and may not care.
        declared.declare_row(table, text(1)).await.unwrap_err();
        let error = declared.finish().await.unwrap_err();
        assert_eq!(error.code, Code::DuplicateKey);
    }
}
