//! Wide rows: a text and its embedding of `D` dimensions.

use lance_host_sdk::Row;

use crate::job::{Job, write_key};
use crate::numbers::Numbers;
use crate::state::State;
use crate::words::Words;

#[derive(Row)]
struct Passage<'a, const D: usize> {
    #[row(key)]
    id: &'a str,
    text: &'a str,
    embedding: &'a [f32; D],
}

/// The row of the last state, which has a column more.
#[derive(Row)]
struct ExtendedPassage<'a, const D: usize> {
    #[row(key)]
    id: &'a str,
    text: &'a str,
    embedding: &'a [f32; D],
    extra: Option<&'a str>,
}

impl<'a, const D: usize> Passage<'a, D> {
    fn extended(self) -> ExtendedPassage<'a, D> {
        let Self {
            id,
            text,
            embedding,
        } = self;
        ExtendedPassage {
            id,
            text,
            embedding,
            extra: None,
        }
    }
}

/// Declares the rows of the job's state.
pub fn declare<const D: usize>(job: &Job) -> anyhow::Result<()> {
    let mut values = Values::<D>::new();
    if job.state == State::Extended {
        let mut sink = job.sink::<ExtendedPassage<D>>()?;
        for (key, numbers) in job.each() {
            sink.take(&values.passage(key, numbers).extended())?;
        }
    } else {
        let mut sink = job.sink::<Passage<D>>()?;
        for (key, numbers) in job.each() {
            sink.take(&values.passage(key, numbers))?;
        }
    }
    Ok(())
}

/// The values of the row at hand, so that no row allocates.
struct Values<const D: usize> {
    words: Words,
    id: String,
    text: String,
    embedding: [f32; D],
}

impl<const D: usize> Values<D> {
    fn new() -> Self {
        Self {
            words: Words::new(),
            id: String::new(),
            text: String::new(),
            embedding: [0.0; D],
        }
    }

    fn passage(&mut self, key: u64, numbers: Numbers) -> Passage<'_, D> {
        write_key(&mut self.id, key);
        self.words.write(&mut self.text, numbers, 16, 30);
        for (position, item) in (1000..).zip(&mut self.embedding) {
            *item = numbers.signed_fraction(position);
        }
        Passage {
            id: &self.id,
            text: &self.text,
            embedding: &self.embedding,
        }
    }
}
