//! Takes declared rows off the pipeline's hands: hashes and keeps them on another thread.

use std::sync::{Arc, Mutex, OnceLock};

use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use tokio::sync::{mpsc, oneshot};

use super::{
    Batches, StagedRows,
    ahead::{Ahead, Start},
    index::IndexBuilder,
};
use crate::{
    error::{Error, StorageContext},
    hash::RowHasher,
    spill::Spill,
};

/// How many batches may wait. A guest sends batches of about a MiB.
const WAITING: usize = 4;

/// What part of the memory budget goes to rows; the rest is for what reads and writes them.
const ROWS_PART: usize = 12;
/// What part of the memory budget goes to the index of rows.
const INDEX_PART: usize = 5;

/// Where declared rows go.
#[derive(Debug)]
pub(crate) struct Stager {
    memory: usize,
    thread: Option<Thread>,
}

/// The thread that keeps rows.
#[derive(Debug)]
struct Thread {
    sender: mpsc::Sender<Message>,
    /// The rows of each table, once there are no more.
    kept: oneshot::Receiver<Result<Vec<StagedRows>, Error>>,
    /// Why it ended early.
    failure: Arc<OnceLock<String>>,
}

/// A table for which rows are going to be declared.
#[derive(Debug)]
pub(crate) struct NewTable {
    pub(crate) label: String,
    pub(crate) schema: SchemaRef,
    pub(crate) primary_key: Vec<String>,
    /// How its rows are written ahead, if they may be.
    pub(crate) ahead: Option<Start>,
}

#[derive(Debug)]
enum Message {
    Table(Box<NewTable>),
    Rows(usize, RecordBatch),
}

impl Stager {
    /// `memory` is in bytes: what rows and their index may take, and what reads them later.
    pub(crate) fn new(memory: usize) -> Self {
        Self {
            memory,
            thread: None,
        }
    }

    /// Adds a table. Tables are numbered in the order of their addition.
    pub(crate) async fn add_table(&mut self, table: NewTable) -> Result<(), String> {
        self.send(Message::Table(Box::new(table))).await
    }

    /// Adds rows to a table.
    pub(crate) async fn push(&mut self, table: usize, rows: RecordBatch) -> Result<(), String> {
        if rows.num_rows() == 0 {
            return Ok(());
        }
        self.send(Message::Rows(table, rows)).await
    }

    async fn send(&mut self, message: Message) -> Result<(), String> {
        let thread = match &self.thread {
            Some(thread) => thread,
            None => {
                let started = Thread::start(self.memory).map_err(|error| error.to_string())?;
                self.thread.insert(started)
            }
        };
        if thread.sender.send(message).await.is_ok() {
            return Ok(());
        }
        let failure = thread.failure.get().cloned();
        Err(failure.unwrap_or_else(|| ENDED.to_owned()))
    }

    /// The rows of all tables, in the order of their addition.
    pub(crate) async fn finish(self) -> Result<Vec<StagedRows>, Error> {
        let Some(thread) = self.thread else {
            return Ok(Vec::new());
        };
        drop(thread.sender);
        let kept = thread.kept.await;
        kept.unwrap_or_else(|_| Err(Error::Staging(std::io::Error::other(ENDED))))
    }
}

const ENDED: &str = "the thread that keeps declared rows has ended";

impl Thread {
    fn start(memory: usize) -> Result<Self, std::io::Error> {
        let (sender, messages) = mpsc::channel(WAITING);
        let (done, kept) = oneshot::channel();
        let failure = Arc::new(OnceLock::new());
        let told = failure.clone();
        let keep = move || {
            let kept = Keeper::new(memory).keep(messages);
            if let Err(error) = &kept {
                let _ = told.set(error.to_string());
            }
            // Nobody waits for the rows of a run that has failed.
            let _ = done.send(kept);
        };
        std::thread::Builder::new()
            .name("stage".to_owned())
            .spawn(keep)?;
        Ok(Self {
            sender,
            kept,
            failure,
        })
    }
}

/// Keeps the rows of all tables of a run.
struct Keeper {
    tables: Vec<KeptTable>,
    /// Bytes of rows that may still stay in memory.
    free: usize,
    /// Bytes of memory that the indexes of all tables may take.
    index_memory: usize,
}

struct KeptTable {
    table: NewTable,
    hasher: RowHasher,
    index: IndexBuilder,
    in_memory: Vec<RecordBatch>,
    spill: Option<Spill>,
    /// Bytes of rows so far.
    bytes: usize,
    ahead: Option<Ahead>,
}

impl Keeper {
    fn new(memory: usize) -> Self {
        Self {
            tables: Vec::new(),
            free: memory / ROWS_PART,
            index_memory: memory / INDEX_PART,
        }
    }

    fn keep(mut self, mut messages: mpsc::Receiver<Message>) -> Result<Vec<StagedRows>, Error> {
        let mut waiting = Vec::with_capacity(WAITING);
        while messages.blocking_recv_many(&mut waiting, WAITING) > 0 {
            self.take(&mut waiting)?;
        }
        self.tables.into_iter().map(KeptTable::finish).collect()
    }

    /// Takes messages in their order; the rows in them are hashed and summed side by side.
    fn take(&mut self, waiting: &mut Vec<Message>) -> Result<(), Error> {
        let mut rows = Vec::new();
        for message in waiting.drain(..) {
            match message {
                Message::Table(table) => {
                    let table = KeptTable::new(*table, self.index_memory);
                    self.tables.push(table);
                }
                Message::Rows(table, batch) => rows.push((table, batch)),
            }
        }
        for table in &mut self.tables {
            table.index.prepare();
        }
        let hashed: Vec<_> = rows
            .par_iter()
            .map(|(table, batch)| {
                let kept = self.tables.get(*table)?;
                let subject = || format!("table {}", kept.table.label);
                let hashed = kept.hasher.hash(batch);
                let hashes = hashed.storage(subject(), "hash declared rows");
                Some(hashes.map(|hashes| kept.index.sum(hashes)))
            })
            .collect();
        for ((table, batch), hashes) in rows.into_iter().zip(hashed) {
            if let (Some(kept), Some(hashes)) = (self.tables.get_mut(table), hashes) {
                kept.index.push(batch.num_rows() as u64, hashes?);
                kept.push(batch, &mut self.free)?;
            }
        }
        self.bound_index()
    }

    /// Has the largest indexes shrink if all together take too much memory.
    fn bound_index(&mut self) -> Result<(), Error> {
        let memory = |table: &KeptTable| table.index.memory();
        while self.tables.iter().map(memory).sum::<usize>() > self.index_memory {
            match self.tables.iter_mut().max_by_key(|table| memory(table)) {
                Some(largest) if memory(largest) > 0 => largest.index.shrink()?,
                _ => break,
            }
        }
        Ok(())
    }
}

impl KeptTable {
    fn new(table: NewTable, index_memory: usize) -> Self {
        Self {
            hasher: RowHasher::new(&table.schema, &table.primary_key),
            index: IndexBuilder::new(table.ahead.is_some(), index_memory),
            table,
            in_memory: Vec::new(),
            spill: None,
            bytes: 0,
            ahead: None,
        }
    }

    fn push(&mut self, batch: RecordBatch, free: &mut usize) -> Result<(), Error> {
        let bytes = batch.get_array_memory_size();
        self.bytes = self.bytes.saturating_add(bytes);
        self.write_ahead(&batch);
        // Once one batch went to disk all later ones follow, so that the order stays.
        if let Some(spill) = &mut self.spill {
            return spill.write(&batch);
        }
        if let Some(rest) = free.checked_sub(bytes) {
            *free = rest;
            self.in_memory.push(batch);
            return Ok(());
        }
        let spill = self.spill.insert(Spill::create(&self.table.schema)?);
        // What is written ahead is looked at again only if something goes wrong, and writing it takes
        // the memory.
        if self.ahead.is_some() {
            for earlier in self.in_memory.drain(..) {
                spill.write(&earlier)?;
            }
            *free += self.bytes.saturating_sub(bytes);
        }
        spill.write(&batch)
    }

    /// Passes rows on to be written, once there are enough to make that worth while.
    fn write_ahead(&mut self, batch: &RecordBatch) {
        if let Some(ahead) = &mut self.ahead {
            ahead.push(batch.clone());
            return;
        }
        // Before anything is on disk: what has come so far is written too.
        if self.bytes < Start::WORTH_WHILE || self.spill.is_some() {
            return;
        }
        if let Some(start) = self.table.ahead.take()
            && let Some(mut ahead) = start.start()
        {
            for earlier in &self.in_memory {
                ahead.push(earlier.clone());
            }
            ahead.push(batch.clone());
            self.ahead = Some(ahead);
        }
    }

    fn finish(self) -> Result<StagedRows, Error> {
        Ok(StagedRows {
            label: self.table.label,
            primary_key: self.table.primary_key,
            hasher: self.hasher,
            index: self.index.finish()?,
            unique: OnceLock::new(),
            batches: Batches::new(self.in_memory, self.spill.map(Spill::finish).transpose()?),
            ahead: Mutex::new(self.ahead),
        })
    }
}

#[cfg(test)]
mod tests {
    use arrow::{
        array::Int64Array,
        datatypes::{DataType, Field, Schema},
    };

    use roaring::RoaringBitmap;

    use crate::ranges::{RangeSums, Ranges};

    use super::*;

    /// 160,000 rows in batches, of which so many wait at a time.
    fn kept(waiting: usize, memory: usize) -> StagedRows {
        let schema = Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, false)]));
        let primary_key = vec!["id".to_owned()];
        let mut keeper = Keeper::new(memory);
        let table = NewTable {
            label: "default/t".to_owned(),
            schema: schema.clone(),
            primary_key,
            ahead: None,
        };
        keeper
            .take(&mut vec![Message::Table(Box::new(table))])
            .unwrap();
        let batches: Vec<RecordBatch> = (0..8)
            .map(|batch| {
                let ids = Int64Array::from_iter_values(batch * 20_000..(batch + 1) * 20_000);
                RecordBatch::try_new(schema.clone(), vec![Arc::new(ids)]).unwrap()
            })
            .collect();
        for batches in batches.chunks(waiting) {
            let messages = batches.iter().map(|batch| Message::Rows(0, batch.clone()));
            keeper.take(&mut messages.collect()).unwrap();
        }
        keeper.tables.pop().unwrap().finish().unwrap()
    }

    async fn sums(waiting: usize, memory: usize) -> RangeSums {
        let rows = kept(waiting, memory);
        rows.index.sums(rows.again(), Ranges::FINEST).await.unwrap()
    }

    #[tokio::test]
    async fn rows_are_found_by_their_ranges_whatever_is_left_of_the_index() {
        let ranges = Ranges::of_bits(9).unwrap();
        let wanted = RoaringBitmap::from_iter([0, 7, 8, 511]);
        let found = async |memory, most| {
            let rows = kept(3, memory);
            let found = rows.index.rows_in(rows.again(), ranges, &wanted, most);
            found.await.unwrap()
        };
        let all = found(1 << 30, 160_000).await.unwrap();
        assert!(all.iter().all(|row| wanted.contains(ranges.of(row.key))));
        assert!((1000..1500).contains(&all.len()), "{}", all.len());
        // Of the second, the ranges are left.
        for memory in [0, 4 << 20] {
            assert_eq!(found(memory, all.len()).await.as_ref(), Some(&all));
            assert_eq!(found(memory, all.len() - 1).await, None);
        }
    }

    #[tokio::test]
    async fn every_row_is_in_the_sums_however_batches_wait() {
        let made_when_asked = sums(1, 0).await;
        for waiting in [1, 3, 8] {
            assert!(
                sums(waiting, 1 << 30).await == made_when_asked,
                "{waiting} batches at a time"
            );
        }
    }
}
