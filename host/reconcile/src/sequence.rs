//! Sequences of entries that may be longer than memory allows: their end is in memory, what does
//! not fit goes to a file that disappears with the process.

use std::{fs::File, sync::Arc};

use futures::StreamExt;

use crate::{
    error::Error,
    merge::{CHUNK, Run, run_of},
    spill::{self, Spill},
    state::{self, Entry},
};

/// Entries in the order in which they were pushed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sequence {
    on_disk: Option<Arc<File>>,
    in_memory: Arc<Vec<Entry>>,
    len: u64,
}

impl Sequence {
    /// How many entries it has.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Reads it from the beginning.
    pub(crate) fn run(&self) -> Result<Run<Entry>, Error> {
        let in_memory = run_of(self.in_memory.clone());
        let Some(file) = &self.on_disk else {
            return Ok(in_memory);
        };
        // Reading does not wait for long: the file was written a moment ago.
        let chunks = spill::read(file)?.map(|batch| {
            let batch = batch.map_err(spill::staging)?;
            state::decode(&batch).map_err(spill::staging)
        });
        Ok(futures::stream::iter(chunks).chain(in_memory).boxed())
    }
}

impl From<Vec<Entry>> for Sequence {
    fn from(entries: Vec<Entry>) -> Self {
        Self {
            on_disk: None,
            len: u64::try_from(entries.len()).unwrap_or(u64::MAX),
            in_memory: Arc::new(entries),
        }
    }
}

/// A sequence that is being made.
#[derive(Debug)]
pub(crate) struct SequenceBuilder {
    in_memory: Vec<Entry>,
    spill: Option<Spill>,
    len: u64,
    /// How many entries may be in memory.
    bound: usize,
}

impl SequenceBuilder {
    /// So many entries stay in memory unless it is told otherwise: 12 MiB of them.
    const BOUND: usize = 16 * CHUNK;

    pub(crate) fn new() -> Self {
        Self::with_bound(Self::BOUND)
    }

    fn with_bound(bound: usize) -> Self {
        Self {
            in_memory: Vec::new(),
            spill: None,
            len: 0,
            bound,
        }
    }

    pub(crate) fn push(&mut self, entry: Entry) -> Result<(), Error> {
        self.in_memory.push(entry);
        self.len += 1;
        if self.in_memory.len() >= self.bound {
            self.spill()?;
        }
        Ok(())
    }

    /// Adds a chunk that goes to disk at once, after all that came before.
    pub(crate) fn push_to_disk(&mut self, chunk: &[Entry]) -> Result<(), Error> {
        self.spill()?;
        self.len += chunk.len() as u64;
        self.write(chunk)
    }

    /// Moves everything that is in memory to disk.
    fn spill(&mut self) -> Result<(), Error> {
        let mut in_memory = std::mem::take(&mut self.in_memory);
        for chunk in in_memory.chunks(CHUNK) {
            self.write(chunk)?;
        }
        in_memory.clear();
        self.in_memory = in_memory;
        Ok(())
    }

    fn write(&mut self, chunk: &[Entry]) -> Result<(), Error> {
        let spill = match &mut self.spill {
            Some(spill) => spill,
            None => self.spill.insert(Spill::create(&state::schema())?),
        };
        spill.write(&state::encode(chunk).map_err(spill::staging)?)
    }

    pub(crate) fn finish(self) -> Result<Sequence, Error> {
        let on_disk = self.spill.map(Spill::finish).transpose()?;
        Ok(Sequence {
            on_disk: on_disk.map(Arc::new),
            in_memory: Arc::new(self.in_memory),
            len: self.len,
        })
    }
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt;

    use super::*;

    #[tokio::test]
    async fn entries_come_back_in_their_order_wherever_they_are() {
        let entries: Vec<Entry> = (0..10)
            .map(|number| Entry {
                key: u128::from(number % 3),
                fingerprint: 7,
                row_id: number,
                owner: 1,
            })
            .collect();
        for bound in [1, 3, 4, 100] {
            let mut builder = SequenceBuilder::with_bound(bound);
            for entry in &entries {
                builder.push(*entry).unwrap();
            }
            let sequence = builder.finish().unwrap();
            assert_eq!(sequence.len(), 10);
            for _ in 0..2 {
                let chunks: Vec<_> = sequence.run().unwrap().try_collect().await.unwrap();
                assert_eq!(chunks.concat(), entries);
            }
        }
    }
}
