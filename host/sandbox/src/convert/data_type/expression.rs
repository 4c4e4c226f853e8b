//! The grammar of data types, which knows no type.
//!
//! ```text
//! type     = name [ "(" argument { "," argument } ")" ]
//! argument = [ label ":" ] type
//! ```
//!
//! where names and labels are runs of characters other than `( ) , :`, and spaces around them do
//! not matter. Numbers and units are names too: `vector(float32, 384)`, `timestamp(us, UTC)`,
//! `struct(x: float64, y: float64)`.

/// How deep types may be nested: far more than anybody needs, far less than the stack holds.
const MAX_DEPTH: usize = 16;

/// How long a type's text may be, in bytes.
const MAX_LENGTH: usize = 4096;

/// A type's text, read but not understood.
pub(super) struct Expression<'a> {
    pub(super) name: &'a str,
    pub(super) arguments: Vec<Argument<'a>>,
}

/// What stands in brackets behind a name.
pub(super) struct Argument<'a> {
    pub(super) label: Option<&'a str>,
    pub(super) value: Expression<'a>,
}

impl<'a> Expression<'a> {
    /// Reads a whole text. The error says what is wrong with it.
    pub(super) fn read(text: &'a str) -> Result<Self, &'static str> {
        if text.len() > MAX_LENGTH {
            return Err("is too long");
        }
        let mut rest = text;
        let expression = Self::parse(&mut rest, 0)?;
        if rest.is_empty() {
            Ok(expression)
        } else {
            Err("goes on behind its end")
        }
    }

    /// Reads a type from the front of `rest`.
    fn parse(rest: &mut &'a str, depth: usize) -> Result<Self, &'static str> {
        let name = word(rest)?;
        Self::parse_arguments(name, rest, depth)
    }

    fn parse_arguments(
        name: &'a str,
        rest: &mut &'a str,
        depth: usize,
    ) -> Result<Self, &'static str> {
        let mut arguments = Vec::new();
        if taken(rest, '(') {
            if depth == MAX_DEPTH {
                return Err("is nested too deeply");
            }
            loop {
                arguments.push(Argument::parse(rest, depth + 1)?);
                if taken(rest, ')') {
                    break;
                }
                if !taken(rest, ',') {
                    return Err("lacks a closing bracket");
                }
            }
        }
        Ok(Self { name, arguments })
    }
}

impl<'a> Argument<'a> {
    fn parse(rest: &mut &'a str, depth: usize) -> Result<Self, &'static str> {
        let first = word(rest)?;
        if taken(rest, ':') {
            let value = Expression::parse(rest, depth)?;
            Ok(Self {
                label: Some(first),
                value,
            })
        } else {
            let value = Expression::parse_arguments(first, rest, depth)?;
            Ok(Self { label: None, value })
        }
    }
}

/// Takes a name from the front of `rest`, and the spaces around it.
fn word<'a>(rest: &mut &'a str) -> Result<&'a str, &'static str> {
    let end = rest.find(['(', ')', ',', ':']).unwrap_or(rest.len());
    let (name, behind) = rest.split_at(end);
    *rest = behind;
    let name = name.trim_matches(' ');
    if name.is_empty() {
        Err("lacks a name")
    } else {
        Ok(name)
    }
}

/// Takes one character from the front of `rest`, and the spaces behind it, if it is there.
fn taken(rest: &mut &str, character: char) -> bool {
    match rest.strip_prefix(character) {
        Some(behind) => {
            *rest = behind.trim_start_matches(' ');
            true
        }
        None => false,
    }
}
