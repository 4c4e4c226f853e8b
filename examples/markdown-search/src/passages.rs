//! Splits a Markdown text into passages and finds each one's heading.

use std::ops::{Range, RangeInclusive};

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

    /// The passages of a text. A heading without a text below it is none.
    pub fn passages<'a>(&self, text: &'a str) -> Vec<Passage<'a>> {
        let mut headings = headings(text).into_iter().peekable();
        let mut above: Option<Heading> = None;
        let mut passages = Vec::new();
        for (start, text) in self.0.chunk_indices(text) {
            while let Some(next) = headings.next_if(|next| next.range.start <= start) {
                above = Some(next);
            }
            let end = start + text.len();
            if above.as_ref().is_none_or(|above| above.range.end < end) {
                passages.push(Passage {
                    heading: above.as_ref().map(|above| above.text.clone()),
                    text,
                });
            }
        }
        passages
    }
}

/// A heading and the bytes that it takes.
struct Heading {
    range: Range<usize>,
    text: String,
}

fn headings(text: &str) -> Vec<Heading> {
    let mut headings = Vec::new();
    let mut open = None;
    for (event, range) in Parser::new(text).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { .. }) => {
                let text = String::new();
                open = Some(Heading { range, text });
            }
            Event::End(TagEnd::Heading(_)) => headings.extend(open.take()),
            Event::Text(part) | Event::Code(part) => {
                if let Some(heading) = &mut open {
                    heading.text.push_str(&part);
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
        let passages = Splitter::new().passages(&text);
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
    fn heading_alone_is_no_passage() {
        let text = format!("# Title\n\n{}\n\n## Empty\n", paragraph("text"));
        let passages = Splitter::new().passages(&text);
        let headings: Vec<_> = passages.iter().map(|p| p.heading.as_deref()).collect();
        assert_eq!(headings, [Some("Title")]);
    }

    #[test]
    fn short_text_is_one_passage_and_an_empty_one_none() {
        let count = |text| Splitter::new().passages(text).len();
        assert_eq!(count("# Title\n\nA line.\n"), 1);
        assert_eq!(count(" \n\n"), 0);
    }
}
