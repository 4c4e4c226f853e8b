//! What can be said of a table beside its columns.

/// Who creates a table, changes its columns and drops it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ManagedBy {
    /// The host: what is no longer declared is dropped.
    #[default]
    System,
    /// Somebody else: the table has to exist with matching columns, and the host
    /// touches only the rows of this pipeline.
    User,
}

/// What becomes of a stored table whose columns differ from the declared ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnSchemaChange {
    /// The table is changed, and rebuilt where that is the only way.
    #[default]
    Evolve,
    /// Columns may be added; any other change is an error.
    AppendOnly,
    /// Every change is an error.
    Fail,
}

/// A table that is about to be declared, by its columns in an `S`.
#[must_use = "a table is declared by `declare`"]
pub struct TableBuilder<S> {
    pub(crate) database: String,
    pub(crate) name: String,
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) schema: S,
}

impl<S> TableBuilder<S> {
    pub(crate) fn new(database: &str, name: &str, schema: S) -> Self {
        Self {
            database: database.to_owned(),
            name: name.to_owned(),
            settings: Vec::new(),
            schema,
        }
    }

    /// The table as errors name it, the host's among them.
    pub(crate) fn path(&self) -> String {
        format!("{}/{}", self.database, self.name)
    }

    /// Says who manages the table; the host, if nothing is said.
    pub fn managed_by(self, manager: ManagedBy) -> Self {
        let manager = match manager {
            ManagedBy::System => "system",
            ManagedBy::User => "user",
        };
        self.setting("managed-by", manager)
    }

    /// Says what becomes of a stored table that has other columns; it is changed, if
    /// nothing is said.
    pub fn on_schema_change(self, policy: OnSchemaChange) -> Self {
        let policy = match policy {
            OnSchemaChange::Evolve => "evolve",
            OnSchemaChange::AppendOnly => "append-only",
            OnSchemaChange::Fail => "fail",
        };
        self.setting("on-schema-change", policy)
    }

    /// Adds a setting by its name, for those of a host that is newer than this
    /// SDK.
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_said_is_sent() {
        let silent = TableBuilder::new("default", "t", ());
        assert!(silent.settings.is_empty());
        let builder = TableBuilder::new("default", "t", ())
            .managed_by(ManagedBy::User)
            .on_schema_change(OnSchemaChange::AppendOnly)
            .setting("colour", "blue");
        let expected = [
            ("managed-by", "user"),
            ("on-schema-change", "append-only"),
            ("colour", "blue"),
        ];
        assert_eq!(
            builder.settings,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }
}
