//! Merges sorted runs into one sorted sequence, in chunks.
//!
//! Neither the runs nor the result are ever in memory as a whole: a run yields chunks, and so does
//! the merge. Where the heads of two runs lie far apart, whole pieces of a chunk are copied.

use std::sync::Arc;

use futures::{StreamExt, stream::BoxStream};

use crate::error::Error;

/// How many elements a chunk holds, more or less: at 48 bytes each, three quarters of a MiB.
pub(crate) const CHUNK: usize = 16 << 10;

/// Something that a run is sorted by.
pub(crate) trait Keyed: Copy + Send + Sync + 'static {
    /// Runs are sorted by this, ascending.
    fn order(&self) -> (u128, u64);
}

/// Sorted elements, in chunks.
pub(crate) type Run<T> = BoxStream<'static, Result<Vec<T>, Error>>;

/// A run over elements in memory.
pub(crate) fn run_of<T: Keyed>(elements: Arc<Vec<T>>) -> Run<T> {
    let chunks = elements.len().div_ceil(CHUNK);
    futures::stream::iter((0..chunks).map(move |number| {
        let rest = elements.get(number * CHUNK..).unwrap_or_default();
        Ok(rest.get(..CHUNK).unwrap_or(rest).to_vec())
    }))
    .boxed()
}

/// Several runs as one. Equal elements follow each other, those of earlier runs first.
pub(crate) struct Merge<T> {
    heads: Vec<Head<T>>,
}

/// A run, and the chunk of it that is being read.
struct Head<T> {
    run: Run<T>,
    chunk: Vec<T>,
    next: usize,
}

impl<T: Keyed> Merge<T> {
    pub(crate) async fn new(runs: Vec<Run<T>>) -> Result<Self, Error> {
        let mut merge = Self {
            heads: Vec::with_capacity(runs.len()),
        };
        for run in runs {
            let mut head = Head {
                run,
                chunk: Vec::new(),
                next: 0,
            };
            if head.refill().await? {
                merge.heads.push(head);
            }
        }
        Ok(merge)
    }

    /// The next chunk; none at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<T>>, Error> {
        let mut merged = Vec::new();
        while merged.len() < CHUNK {
            let Some(number) = self.smallest(None) else {
                break;
            };
            let limit = self
                .smallest(Some(number))
                .and_then(|other| Some((self.heads.get(other)?.order()?, other)));
            let Some(head) = self.heads.get_mut(number) else {
                break;
            };
            match limit {
                // The only run that is left: its chunks go through as they are.
                None if merged.is_empty() && head.next == 0 => {
                    merged = std::mem::take(&mut head.chunk);
                }
                None => {
                    merged.extend_from_slice(head.rest());
                    head.next = head.chunk.len();
                }
                Some((limit, other)) => {
                    let rest = head.rest();
                    let before = |element: &&T| {
                        let order = element.order();
                        order < limit || (order == limit && number < other)
                    };
                    let count = rest.iter().take_while(before).count();
                    merged.extend_from_slice(rest.get(..count).unwrap_or_default());
                    head.next += count;
                }
            }
            if head.rest().is_empty() && !head.refill().await? {
                self.heads.remove(number);
            }
        }
        Ok((!merged.is_empty()).then_some(merged))
    }

    /// The run whose next element comes first, without the run `except`.
    fn smallest(&self, except: Option<usize>) -> Option<usize> {
        let heads = self.heads.iter().enumerate();
        let others = heads.filter(|(number, _)| Some(*number) != except);
        // The first of several: equal elements of earlier runs come first.
        let smallest = others.min_by_key(|(_, head)| head.order());
        smallest.map(|(number, _)| number)
    }
}

impl<T: Keyed> Head<T> {
    fn rest(&self) -> &[T] {
        self.chunk.get(self.next..).unwrap_or_default()
    }

    fn order(&self) -> Option<(u128, u64)> {
        self.rest().first().map(Keyed::order)
    }

    /// Reads the next chunk; whether there is one.
    async fn refill(&mut self) -> Result<bool, Error> {
        self.next = 0;
        loop {
            match self.run.next().await {
                Some(chunk) => self.chunk = chunk?,
                None => return Ok(false),
            }
            if !self.chunk.is_empty() {
                return Ok(true);
            }
        }
    }
}

impl<T> std::fmt::Debug for Merge<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Merge")
            .field("runs", &self.heads.len())
            .finish()
    }
}

/// Reads a sorted sequence one element at a time.
#[derive(Debug)]
pub(crate) struct Reader<T, S> {
    source: S,
    chunk: Vec<T>,
    next: usize,
}

/// Something that yields sorted chunks.
pub(crate) trait Chunks<T> {
    /// The next chunk, which is not empty; none at the end.
    fn next_chunk(&mut self) -> impl Future<Output = Result<Option<Vec<T>>, Error>> + Send;
}

impl<T: Copy + Send, S: Chunks<T> + Send> Reader<T, S> {
    pub(crate) fn new(source: S) -> Self {
        Self {
            source,
            chunk: Vec::new(),
            next: 0,
        }
    }

    /// The next element, which stays.
    pub(crate) async fn peek(&mut self) -> Result<Option<T>, Error> {
        if self.next == self.chunk.len() {
            self.next = 0;
            self.chunk = self.source.next_chunk().await?.unwrap_or_default();
        }
        Ok(self.chunk.get(self.next).copied())
    }

    /// Goes past the element that was looked at.
    pub(crate) fn advance(&mut self) {
        self.next += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    struct Element(u128, &'static str);

    impl Keyed for Element {
        fn order(&self) -> (u128, u64) {
            (self.0, 0)
        }
    }

    async fn merged(runs: Vec<Vec<Element>>) -> Vec<Element> {
        let runs = runs.into_iter().map(|run| run_of(Arc::new(run))).collect();
        let mut merge = Merge::new(runs).await.unwrap();
        let mut all = Vec::new();
        while let Some(chunk) = merge.next().await.unwrap() {
            assert!(!chunk.is_empty());
            all.extend(chunk);
        }
        all
    }

    #[tokio::test]
    async fn equal_elements_keep_the_order_of_their_runs() {
        let all = merged(vec![
            vec![Element(1, "a"), Element(3, "a")],
            vec![],
            vec![Element(1, "b"), Element(2, "b"), Element(3, "b")],
        ])
        .await;
        let expected = [(1, "a"), (1, "b"), (2, "b"), (3, "a"), (3, "b")];
        assert_eq!(all, expected.map(|(key, run)| Element(key, run)));
    }

    #[tokio::test]
    async fn runs_longer_than_a_chunk_come_out_whole() {
        let long = |first: u128| -> Vec<Element> {
            let keys = (first..).step_by(3).take(3 * CHUNK + 7);
            keys.map(|key| Element(key, "x")).collect()
        };
        let runs = vec![long(0), long(1), long(2)];
        let mut expected: Vec<Element> = runs.concat();
        expected.sort_by_key(|element| element.0);
        assert_eq!(merged(runs).await, expected);
    }
}
