//! The rows of the demo's table before and after a run, and what differs.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use serde_json::Value;

use super::documents::Touched;
use super::host::Host;

/// How many rows a run inserted, updated, deleted and left alone.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    pub inserted: usize,
    pub updated: usize,
    pub deleted: usize,
    pub unchanged: usize,
}

/// All rows of the table, by key.
pub struct Rows(BTreeMap<String, Value>);

impl Rows {
    /// Reads them through `lance-host show`.
    pub fn read(host: &Host) -> anyhow::Result<Self> {
        let rows = host.show()?;
        let number = rows.len();
        let mut by_key = BTreeMap::new();
        for row in rows {
            by_key.insert(text(&row, "id")?.to_owned(), row);
        }
        ensure!(
            by_key.len() == number,
            "the table holds rows with the same key"
        );
        Ok(Self(by_key))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// What it takes to go from these rows to those.
    pub fn changes_to(&self, after: &Self) -> Changes {
        let mut changes = Changes::default();
        for (key, row) in &after.0 {
            match self.0.get(key) {
                None => changes.inserted += 1,
                Some(old) if old != row => changes.updated += 1,
                Some(_) => changes.unchanged += 1,
            }
        }
        changes.deleted = self
            .0
            .keys()
            .filter(|key| !after.0.contains_key(*key))
            .count();
        changes
    }

    /// Fails unless every row that differs is of a touched document, and the added and
    /// the removed document came and went with all their rows.
    pub fn ensure_only_touched(&self, after: &Self, touched: &Touched) -> anyhow::Result<()> {
        let keys = self.0.keys().chain(after.0.keys());
        for key in keys.filter(|key| self.0.get(*key) != after.0.get(*key)) {
            let row = after.0.get(key).or_else(|| self.0.get(key));
            let path = text(row.context("a key without a row")?, "path")?;
            ensure!(
                touched.each().iter().any(|(_, file)| *file == path),
                "the row {key} changed, though nobody touched {path}"
            );
        }
        ensure!(
            self.of(&touched.added) == 0,
            "{} was there before",
            touched.added
        );
        ensure!(after.of(&touched.added) > 0, "{} is missing", touched.added);
        ensure!(
            self.of(&touched.removed) > 0,
            "{} was never there",
            touched.removed
        );
        ensure!(
            after.of(&touched.removed) == 0,
            "{} is still there",
            touched.removed
        );
        Ok(())
    }

    fn of(&self, path: &str) -> usize {
        self.0
            .values()
            .filter(|row| text(row, "path").is_ok_and(|of| of == path))
            .count()
    }
}

fn text<'a>(row: &'a Value, column: &str) -> anyhow::Result<&'a str> {
    let value = row.get(column).and_then(Value::as_str);
    value.with_context(|| format!("a row has no text in the column `{column}`: {row}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Changes, Rows};

    #[test]
    fn differences_are_counted_by_key() {
        let rows = |list: &[(&str, i32)]| {
            Rows(
                list.iter()
                    .map(|(key, value)| ((*key).to_owned(), json!(value)))
                    .collect(),
            )
        };
        let before = rows(&[("a", 1), ("b", 1), ("c", 1)]);
        let after = rows(&[("a", 1), ("b", 2), ("d", 1)]);
        let expected = Changes {
            inserted: 1,
            updated: 1,
            deleted: 1,
            unchanged: 1,
        };
        assert_eq!(before.changes_to(&after), expected);
    }
}
