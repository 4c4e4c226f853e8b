//! Narrow rows: some text, some numbers, no vector.

use lance_host_sdk::Row;

use crate::job::{Job, write_key};
use crate::numbers::Numbers;
use crate::state::State;
use crate::words::Words;

#[derive(Row)]
struct Document<'a> {
    #[row(key)]
    doc_id: &'a str,
    title: &'a str,
    content: &'a str,
    score: f64,
    n: i64,
    tags: &'a str,
}

/// The row of the last state, which has a column more.
#[derive(Row)]
struct ExtendedDocument<'a> {
    #[row(key)]
    doc_id: &'a str,
    title: &'a str,
    content: &'a str,
    score: f64,
    n: i64,
    tags: &'a str,
    extra: Option<&'a str>,
}

impl<'a> Document<'a> {
    fn extended(self) -> ExtendedDocument<'a> {
        let Self {
            doc_id,
            title,
            content,
            score,
            n,
            tags,
        } = self;
        ExtendedDocument {
            doc_id,
            title,
            content,
            score,
            n,
            tags,
            extra: None,
        }
    }
}

/// Declares the rows of the job's state.
pub fn declare(job: &Job) -> anyhow::Result<()> {
    let mut texts = Texts::new();
    if job.state == State::Extended {
        let mut sink = job.sink::<ExtendedDocument>()?;
        for (key, numbers) in job.each() {
            sink.take(&texts.document(key, numbers).extended())?;
        }
    } else {
        let mut sink = job.sink::<Document>()?;
        for (key, numbers) in job.each() {
            sink.take(&texts.document(key, numbers))?;
        }
    }
    Ok(())
}

/// The texts of the row at hand, so that no row allocates.
struct Texts {
    words: Words,
    doc_id: String,
    title: String,
    content: String,
    tags: String,
}

impl Texts {
    fn new() -> Self {
        Self {
            words: Words::new(),
            doc_id: String::new(),
            title: String::new(),
            content: String::new(),
            tags: String::new(),
        }
    }

    fn document(&mut self, key: u64, numbers: Numbers) -> Document<'_> {
        write_key(&mut self.doc_id, key);
        self.words.write(&mut self.title, numbers, 0, 5);
        self.words
            .write(&mut self.content, numbers, 16, 58 + numbers.at(7) % 12);
        self.write_tags(numbers);
        Document {
            doc_id: &self.doc_id,
            title: &self.title,
            content: &self.content,
            score: numbers.fraction(1),
            // 63 bits always fit.
            n: (numbers.at(2) >> 1) as i64,
            tags: &self.tags,
        }
    }

    /// Three words as a JSON list.
    fn write_tags(&mut self, numbers: Numbers) {
        self.tags.clear();
        for (position, before) in [(8, "[\""), (9, "\", \""), (10, "\", \"")] {
            self.tags.push_str(before);
            self.tags.push_str(self.words.at(numbers, position));
        }
        self.tags.push_str("\"]");
    }
}
