//! Splits a Markdown text into passages and finds each one's heading.

use std::ops::RangeInclusive;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use text_splitter::{Characters, ChunkConfig, MarkdownSplitter};

/// The length of a passage in characters: as much as is read at a glance. Short
/// neighbours are joined, as far as the structure of the text allows.
const LENGTH: RangeInclusive<usize> = 400..=1200;

/// A part of a text.
pub struct Passage<'a> {
    /// The heading that it begins with, or else the nearest one above.
    pub heading: Option<String>,
    pub text: &'a str,
}

/// Splits texts; to be made once for all of them.
pub struct Splitter(MarkdownSplitter<Characters>);

impl Splitter {
    pub fn new() -> Self {
        Self(MarkdownSplitter::new(ChunkConfig::new(LENGTH)))
    }

    pub fn passages<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Passage<'a>> {
        let mut headings = headings(text).into_iter().peekable();
        let mut heading = None;
        self.0.chunk_indices(text).map(move |(start, text)| {
            while let Some((_, next)) = headings.next_if(|(position, _)| *position <= start) {
                heading = Some(next);
            }
            Passage {
                heading: heading.clone(),
                text,
            }
        })
    }
}

/// The headings of a text, each with its position in bytes.
fn headings(text: &str) -> Vec<(usize, String)> {
    let mut headings = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (event, range) in Parser::new(text).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { .. }) => open = Some((range.start, String::new())),
            Event::End(TagEnd::Heading(_)) => headings.extend(open.take()),
            Event::Text(part) | Event::Code(part) => {
                if let Some((_, heading)) = &mut open {
                    heading.push_str(&part);
                }
            }
            _ => {}
        }
    }
    headings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paragraph(word: &str) -> String {
        format!("{word} ").repeat(900 / (word.len() + 1))
    }

    #[test]
    fn each_passage_has_the_heading_above_it() {
        let text = format!(
            "{}\n\n# Use of `read`\n\n{}\n\n{}\n\nLimits\n------\n\n{}",
            paragraph("preface"),
            paragraph("first"),
            paragraph("second"),
            paragraph("limit"),
        );
        let passages: Vec<_> = Splitter::new().passages(&text).collect();
        let found: Vec<_> = passages
            .iter()
            .map(|passage| {
                let last = passage.text.split_whitespace().last().unwrap();
                (passage.heading.as_deref(), last)
            })
            .collect();
        assert_eq!(
            found,
            [
                (None, "preface"),
                (Some("Use of read"), "first"),
                (Some("Use of read"), "second"),
                (Some("Limits"), "limit"),
            ]
        );
    }

    #[test]
    fn short_text_is_one_passage_and_an_empty_one_none() {
        let count = |text| Splitter::new().passages(text).count();
        assert_eq!(count("# Title\n\nA line.\n"), 1);
        assert_eq!(count(" \n\n"), 0);
    }
}
