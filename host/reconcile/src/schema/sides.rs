//! A declared and a stored schema side by side, for messages.

use std::fmt::Write as _;

use arrow::datatypes::{Field, Schema};

/// One line for each column; those that differ are marked.
pub(super) fn side_by_side(declared: &Schema, stored: &Schema) -> String {
    let added = declared
        .fields()
        .iter()
        .filter(|field| stored.field_with_name(field.name()).is_err());
    let names = stored
        .fields()
        .iter()
        .chain(added)
        .map(|field| field.name());
    let mut lines = vec![(
        "column".to_owned(),
        "declared".to_owned(),
        "stored".to_owned(),
        false,
    )];
    for name in names {
        let (ours, theirs) = (
            declared.field_with_name(name).ok(),
            stored.field_with_name(name).ok(),
        );
        let differs = match (ours, theirs) {
            (Some(ours), Some(theirs)) => {
                !ours.data_type().equals_datatype(theirs.data_type())
                    || ours.is_nullable() != theirs.is_nullable()
            }
            _ => true,
        };
        lines.push((
            format!("{name:?}"),
            described(ours),
            described(theirs),
            differs,
        ));
    }
    let width = |cell: fn(&(String, String, String, bool)) -> &String| {
        lines
            .iter()
            .map(|line| cell(line).chars().count())
            .max()
            .unwrap_or_default()
    };
    let (first, second, third) = (width(|l| &l.0), width(|l| &l.1), width(|l| &l.2));
    let mut text = String::new();
    for (name, declared, stored, differs) in &lines {
        let line = format!("  {name:first$}  {declared:second$}  {stored:third$}");
        let mark = if *differs { "  differs" } else { "" };
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n{}{mark}",
            if *differs { &line } else { line.trim_end() }
        );
    }
    text
}

fn described(field: Option<&Field>) -> String {
    match field {
        None => "-".to_owned(),
        Some(field) if field.is_nullable() => format!("{} or null", field.data_type()),
        Some(field) => field.data_type().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::DataType;

    use super::*;

    #[test]
    fn differing_columns_are_marked() {
        let declared = Schema::new(vec![
            Field::new("id", DataType::Utf8, false),
            Field::new("size", DataType::Int64, false),
            Field::new("tag", DataType::Utf8, true),
        ]);
        let stored = Schema::new(vec![
            Field::new("id", DataType::Utf8, false),
            Field::new("size", DataType::Int32, true),
            Field::new("note", DataType::Utf8, true),
        ]);
        insta::assert_snapshot!(side_by_side(&declared, &stored), @r#"
          column  declared      stored
          "id"    Utf8          Utf8
          "size"  Int64         Int32 or null  differs
          "note"  -             Utf8 or null   differs
          "tag"   Utf8 or null  -              differs
        "#);
    }
}
