//! What happens to an index, in the form that users and programs read.

use serde::Serialize;

use super::declared::IndexSpec;

/// What happened, or would happen, to one index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IndexReport {
    /// The indexed column.
    pub column: String,
    /// The kind, as it is declared.
    pub kind: String,
    /// The name under which the table stores it.
    pub name: String,
    /// What happened to it.
    pub action: IndexAction,
    /// How many vectors it needs before it can be built, if it waits for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needs: Option<u64>,
    /// How many of those there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has: Option<u64>,
}

/// What happens to an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum IndexAction {
    /// It is built.
    Create,
    /// It is built, and the one before goes.
    Replace,
    /// It goes.
    Drop,
    /// It is as declared.
    None,
    /// There are too few vectors to build it.
    Wait,
}

impl IndexReport {
    pub(super) fn new(spec: &IndexSpec, action: IndexAction) -> Self {
        Self {
            column: spec.column.clone(),
            kind: spec.kind.clone(),
            name: spec.name(),
            action,
            needs: None,
            has: None,
        }
    }

    /// Whether the table changes.
    pub fn has_changes(&self) -> bool {
        !matches!(self.action, IndexAction::None | IndexAction::Wait)
    }
}
