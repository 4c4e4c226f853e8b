//! A table of greetings. Change what is declared here, build, and run it again.

use lance_host_sdk::prelude::*;

/// A row. Each field is a column.
#[derive(Row, Debug, PartialEq)]
struct Greeting {
    #[row(key)]
    language: &'static str,
    text: String,
}

/// Declares the rows that should exist; the host makes the table match.
#[lance_host_sdk::pipeline]
fn run(params: Params) -> anyhow::Result<()> {
    let mut table = Table::<Greeting>::declare("default", "greetings")?;
    for greeting in greetings(params.get("name").unwrap_or("world")) {
        table.declare_row(&greeting)?;
    }
    Ok(())
}

/// The rows for somebody of this name.
fn greetings(name: &str) -> Vec<Greeting> {
    [("en", "Hello"), ("fr", "Bonjour"), ("sw", "Habari")]
        .map(|(language, word)| Greeting {
            language,
            text: format!("{word}, {name}!"),
        })
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_greeted_by_name() {
        let texts: Vec<_> = greetings("Ada").into_iter().map(|row| row.text).collect();
        assert_eq!(texts, ["Hello, Ada!", "Bonjour, Ada!", "Habari, Ada!"]);
    }
}
