//! The declared rows of a table, one for each key.

use std::sync::Arc;

use roaring::RoaringTreemap;

use super::{StagedRow, StagedRows};
use crate::{
    error::Error,
    hash::Digest,
    merge::{Chunks, Merge, Reader},
};

/// How messages name the scope that rows are declared in when a pipeline opens none.
const ROOT_SCOPE_NAME: &str = "/";

/// What is known of the rows once all of them have been read.
#[derive(Debug, Clone)]
pub(crate) struct Unique {
    /// Over one row for each key.
    pub(crate) digest: Digest,
    /// Positions of rows that were declared before with the same values.
    pub(crate) repeated: RoaringTreemap,
}

/// The index in chunks, sorted by key, with one row for each key. Fails if a key was declared
/// with two values.
#[derive(Debug)]
pub(crate) struct UniqueChunks {
    rows: Arc<StagedRows>,
    merge: Merge<StagedRow>,
    /// What was found so far; kept when everything was read.
    found: Unique,
    last: Option<StagedRow>,
}

/// The same, one row after the other.
pub(crate) type UniqueRows = Reader<StagedRow, UniqueChunks>;

impl UniqueChunks {
    pub(super) async fn new(rows: Arc<StagedRows>) -> Result<Self, Error> {
        let merge = rows.index.merge(rows.again()).await?;
        Ok(Self::of(rows, merge))
    }

    /// `merge` has all rows, or all but those of ranges of keys in which there are none twice.
    pub(super) fn of(rows: Arc<StagedRows>, merge: Merge<StagedRow>) -> Self {
        Self {
            merge,
            found: Unique {
                digest: rows.index.digest(),
                repeated: RoaringTreemap::new(),
            },
            rows,
            last: None,
        }
    }

    /// Whether a key is in these rows twice, or was the last one before them.
    fn repeats(&self, rows: &[StagedRow]) -> bool {
        let before = self.last.map(|last| last.key);
        let continues = before.is_some() && before == rows.first().map(|first| first.key);
        // All of them, without a branch for each.
        let pairs = rows.iter().zip(rows.iter().skip(1));
        let repeated = pairs.fold(false, |found, (one, next)| found | (one.key == next.key));
        continues || repeated
    }

    /// Whether a row is the first of its key.
    fn is_first(&mut self, row: StagedRow) -> Result<bool, Error> {
        let first = match self.last {
            Some(last) if last.key == row.key => last,
            _ => {
                self.last = Some(row);
                return Ok(true);
            }
        };
        if first.fingerprint != row.fingerprint {
            return Err(Error::DuplicateKey {
                table: self.rows.label.clone(),
                key: self.rows.key_text(first.position)?,
                first: first.position,
                first_scope: ROOT_SCOPE_NAME.to_owned(),
                second: row.position,
                second_scope: ROOT_SCOPE_NAME.to_owned(),
            });
        }
        self.found.repeated.insert(row.position);
        self.found.digest.remove(row.key, row.fingerprint);
        Ok(false)
    }
}

impl Chunks<StagedRow> for UniqueChunks {
    async fn next_chunk(&mut self) -> Result<Option<Vec<StagedRow>>, Error> {
        let known = self.rows.unique.get();
        let may_repeat = known.is_none_or(|unique| !unique.repeated.is_empty());
        while let Some(chunk) = self.merge.next().await? {
            if !may_repeat {
                return Ok(Some(chunk));
            }
            if !self.repeats(&chunk) {
                self.last = chunk.last().copied();
                return Ok(Some(chunk));
            }
            let mut unique = Vec::with_capacity(chunk.len());
            for row in chunk {
                if self.is_first(row)? {
                    unique.push(row);
                }
            }
            if !unique.is_empty() {
                return Ok(Some(unique));
            }
        }
        self.rows.unique.get_or_init(|| self.found.clone());
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use arrow::{
        array::{Int64Array, RecordBatch, StringArray},
        datatypes::{DataType, Field, Schema},
    };

    use crate::{
        ranges::Ranges,
        stage::{NewTable, Stager},
    };

    use super::*;

    async fn staged(rows: &[(&str, i64)], memory: usize) -> Arc<StagedRows> {
        let schema = Arc::new(Schema::new(vec![
            Field::new("id", DataType::Utf8, false),
            Field::new("value", DataType::Int64, false),
        ]));
        let primary_key = vec!["id".to_owned()];
        let mut stager = Stager::new(memory);
        let table = NewTable {
            label: "default/t".to_owned(),
            schema: schema.clone(),
            primary_key,
            ahead: None,
        };
        stager.add_table(table).await.unwrap();
        for (id, value) in rows {
            let id = StringArray::from(vec![*id]);
            let value = Int64Array::from(vec![*value]);
            let columns = vec![Arc::new(id) as _, Arc::new(value) as _];
            let batch = RecordBatch::try_new(schema.clone(), columns).unwrap();
            stager.push(0, batch).await.unwrap();
        }
        Arc::new(stager.finish().await.unwrap().pop().unwrap())
    }

    async fn positions(rows: &Arc<StagedRows>) -> Result<Vec<u64>, Error> {
        let mut chunks = UniqueChunks::new(rows.clone()).await?;
        let mut positions = Vec::new();
        let mut last = 0;
        while let Some(chunk) = chunks.next_chunk().await? {
            for row in chunk {
                assert!(row.key > last);
                last = row.key;
                positions.push(row.position);
            }
        }
        positions.sort_unstable();
        Ok(positions)
    }

    #[tokio::test]
    async fn rows_come_once_for_each_key_wherever_they_wait() {
        let declared = [("a", 1), ("b", 2), ("a", 1), ("c", 3), ("b", 2)];
        let alone = staged(&[("c", 3), ("a", 1), ("b", 2)], 1 << 20).await;
        for memory in [0, 1 << 20] {
            let rows = staged(&declared, memory).await;
            assert_eq!(rows.index.declared(), 5);
            for _ in 0..2 {
                assert_eq!(positions(&rows).await.unwrap(), [0, 1, 3]);
            }
            let unique = rows.unique.get().unwrap();
            assert_eq!(unique.repeated.iter().collect::<Vec<_>>(), [2, 4]);
            assert_eq!(unique.digest, alone.index.digest());
            assert_ne!(rows.index.digest(), alone.index.digest());
        }
    }

    #[tokio::test]
    async fn a_row_that_is_declared_again_and_again_is_not_picked_out() {
        for memory in [0, 1 << 20] {
            let rows = staged(&[("a", 1), ("a", 1), ("a", 1), ("b", 2)], memory).await;
            let all = (0..Ranges::FINEST.count()).collect();
            let rows_in = |most| rows.index.rows_in(rows.again(), Ranges::FINEST, &all, most);
            assert_eq!(rows_in(3).await.unwrap(), None);
            assert_eq!(rows_in(4).await.unwrap().unwrap().len(), 4);
        }
    }

    #[tokio::test]
    async fn a_key_with_two_values_is_named() {
        for memory in [0, 1 << 20] {
            let rows = staged(&[("a", 1), ("b", 2), ("a", 7)], memory).await;
            let error = positions(&rows).await.unwrap_err().to_string();
            assert!(error.contains("id = \"a\""), "{error}");
        }
    }
}
