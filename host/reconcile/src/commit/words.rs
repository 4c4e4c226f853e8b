//! What was done to a table before its rows could be written, as messages say it.

use crate::error::NOTHING_WRITTEN;

/// What versions of their own have done to a table before its rows could be written, in words.
pub(super) fn written_before(adopted: bool, relaxed: &[String]) -> String {
    let relaxed = (!relaxed.is_empty()).then(|| named(relaxed, "has", "have"));
    match (adopted, relaxed) {
        (false, None) => NOTHING_WRITTEN.to_owned(),
        (true, None) => "it was adopted, and no row was written".to_owned(),
        (false, Some(columns)) => format!("{columns} become nullable, and no row was written"),
        (true, Some(columns)) => {
            format!("it was adopted, {columns} become nullable, and no row was written")
        }
    }
}

/// Columns in words, with the verb that fits.
pub(super) fn named(columns: &[String], one: &str, several: &str) -> String {
    let names: Vec<String> = columns.iter().map(|name| format!("{name:?}")).collect();
    match names.as_slice() {
        [name] => format!("column {name} {one}"),
        names => format!("columns {} {several}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_before_a_run_gave_up_is_told() {
        let columns = ["title".to_owned(), "size".to_owned()];
        assert_eq!(written_before(false, &[]), "nothing was written to it");
        assert_eq!(
            written_before(true, &[]),
            "it was adopted, and no row was written"
        );
        assert_eq!(
            written_before(false, &columns[..1]),
            r#"column "title" has become nullable, and no row was written"#
        );
        assert_eq!(
            written_before(true, &columns),
            r#"it was adopted, columns "title", "size" have become nullable, and no row was written"#
        );
    }
}
