//! Merges sorted runs into one sorted sequence, in chunks.
//!
//! Neither the runs nor the result are ever in memory as a whole: a run yields chunks, and so does
//! the merge.

use std::{
    cmp::{Ordering, Reverse},
    collections::{BinaryHeap, binary_heap::PeekMut},
    sync::Arc,
};

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
    /// The order of the next element of each run that has one, and the run's number.
    next: BinaryHeap<Reverse<((u128, u64), usize)>>,
}

/// A run, and the chunk of it that is being read.
struct Head<T> {
    run: Run<T>,
    chunk: Vec<T>,
    next: usize,
}

impl<T: Keyed> Merge<T> {
    pub(crate) async fn new(runs: Vec<Run<T>>) -> Result<Self, Error> {
        let mut heads = Vec::with_capacity(runs.len());
        let mut next = BinaryHeap::with_capacity(runs.len());
        for run in runs {
            let mut head = Head {
                run,
                chunk: Vec::new(),
                next: 0,
            };
            head.refill().await?;
            if let Some(order) = head.order() {
                next.push(Reverse((order, heads.len())));
                heads.push(head);
            }
        }
        Ok(Self { heads, next })
    }

    /// The next chunk; none at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<T>>, Error> {
        if self.next.len() == 1 {
            return self.rest_of_last().await;
        }
        let mut merged = Vec::with_capacity(CHUNK);
        while merged.len() < CHUNK {
            let Some(mut first) = self.next.peek_mut() else {
                break;
            };
            let Reverse((_, number)) = *first;
            let Some(head) = self.heads.get_mut(number) else {
                break;
            };
            merged.extend(head.chunk.get(head.next).copied());
            head.next += 1;
            if head.next == head.chunk.len() {
                head.refill().await?;
            }
            match head.order() {
                Some(order) => *first = Reverse((order, number)),
                None => drop(PeekMut::pop(first)),
            }
        }
        Ok((!merged.is_empty()).then_some(merged))
    }

    /// The next chunk of the only run that is left, as it is.
    async fn rest_of_last(&mut self) -> Result<Option<Vec<T>>, Error> {
        let Some(Reverse((_, number))) = self.next.pop() else {
            return Ok(None);
        };
        let Some(head) = self.heads.get_mut(number) else {
            return Ok(None);
        };
        let mut rest = std::mem::take(&mut head.chunk);
        rest.drain(..head.next);
        head.refill().await?;
        if let Some(order) = head.order() {
            self.next.push(Reverse((order, number)));
        }
        Ok(Some(rest))
    }
}

impl<T: Keyed> Head<T> {
    /// The order of the next element; none at the end.
    fn order(&self) -> Option<(u128, u64)> {
        self.chunk.get(self.next).map(Keyed::order)
    }

    /// Reads the next chunk that is not empty, if there is one.
    async fn refill(&mut self) -> Result<(), Error> {
        self.next = 0;
        self.chunk.clear();
        while self.chunk.is_empty() {
            match self.run.next().await {
                Some(chunk) => self.chunk = chunk?,
                None => break,
            }
        }
        Ok(())
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

    /// Goes to the element in the place of another, and returns it if there is one. Elements are looked
    /// for in their order.
    pub(crate) async fn find(&mut self, like: &T) -> Result<Option<T>, Error>
    where
        T: Keyed,
    {
        while let Some(element) = self.peek().await? {
            match element.order().cmp(&like.order()) {
                Ordering::Less => self.advance(),
                Ordering::Equal => return Ok(Some(element)),
                Ordering::Greater => break,
            }
        }
        Ok(None)
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
