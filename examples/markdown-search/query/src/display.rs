//! Passages as people read them.

use textwrap::Options;

use crate::search::Passage;

const WIDTH: usize = 88;
/// Lines of a passage that are shown.
const LINES: usize = 4;

/// All passages, numbered.
pub fn passages(passages: &[Passage]) -> String {
    if passages.is_empty() {
        return "nothing found: the table has no rows\n".to_owned();
    }
    let numbered = (1..).zip(passages);
    let shown: Vec<_> = numbered.map(|(rank, found)| passage(rank, found)).collect();
    shown.join("\n")
}

fn passage(rank: usize, passage: &Passage) -> String {
    let Passage { distance, path, .. } = passage;
    let place = match &passage.heading {
        Some(heading) => format!("{path}, {heading}"),
        None => path.clone(),
    };
    format!(
        "{rank}. {place} (distance {distance:.3})\n{}\n",
        snippet(&passage.text)
    )
}

/// The beginning of a text, wrapped and indented.
fn snippet(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    let line = words.join(" ");
    let indented = Options::new(WIDTH)
        .initial_indent("   ")
        .subsequent_indent("   ");
    let lines = textwrap::wrap(&line, indented);
    let mut shown: Vec<_> = lines.iter().take(LINES).map(ToString::to_string).collect();
    if let Some(last) = shown.last_mut()
        && lines.len() > LINES
    {
        last.push_str(" …");
    }
    shown.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, heading: Option<&str>) -> Passage {
        Passage {
            distance: 0.25,
            path: "a/README.md".to_owned(),
            heading: heading.map(str::to_owned),
            text: text.to_owned(),
        }
    }

    #[test]
    fn passage_is_shown_with_its_place_and_distance() {
        let shown = passages(&[
            found("A line\nand  another.", Some("Use")),
            found("Last.", None),
        ]);
        assert_eq!(
            shown,
            "1. a/README.md, Use (distance 0.250)\n   A line and another.\n\n\
             2. a/README.md (distance 0.250)\n   Last.\n"
        );
    }

    #[test]
    fn long_passage_is_wrapped_and_cut() {
        let shown = snippet(&"word ".repeat(200));
        let lines: Vec<_> = shown.lines().collect();
        assert_eq!(lines.len(), LINES);
        assert!(lines.iter().all(|line| line.starts_with("   word")));
        assert!(lines[LINES - 1].ends_with(" …"));
    }

    #[test]
    fn empty_table_is_said_to_be_empty() {
        assert_eq!(passages(&[]), "nothing found: the table has no rows\n");
    }
}
