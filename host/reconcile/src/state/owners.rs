//! Who declared rows of a table.

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::Schema;
use serde::{Deserialize, Serialize};

use super::{
    entries::{Entry, FOREIGN},
    layered::Entries,
};
use crate::{error::Error, hash::Digest, index::IndexSpec, merge::Chunks};

/// The scope in which everything is declared; pipelines cannot open others yet.
pub(crate) const ROOT_SCOPE: &str = "";

/// The owners of a table's rows, by the number that stands for them in the state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Owners {
    by_id: BTreeMap<u32, Owner>,
    /// Rows that no pipeline declared.
    pub(crate) foreign_rows: u64,
    /// The columns over which the fingerprints of all entries are taken.
    pub(crate) hashed: BTreeSet<String>,
    /// Names of indexes that owners have declared, now or before: a stored index of such a name
    /// is ours to drop once nobody declares it.
    pub(crate) index_names: BTreeSet<String>,
}

/// A part of a pipeline that declares rows of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    /// The pipeline's name.
    pub(crate) pipeline: String,
    /// The scope inside the pipeline; empty for the root scope.
    pub(crate) scope: String,
    /// Which rows it owns.
    pub(crate) digest: Digest,
    /// The columns that it declared in its latest run.
    pub(crate) columns: Vec<OwnedColumn>,
    /// The indexes that it declared in its latest run.
    pub(crate) indexes: Vec<IndexSpec>,
}

/// A column as an owner declared it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OwnedColumn {
    pub(crate) name: String,
    pub(crate) nullable: bool,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) metadata: BTreeMap<String, String>,
}

impl OwnedColumn {
    /// The columns of a declared schema, by name: their order is nobody's concern.
    pub(crate) fn all(schema: &Schema) -> Vec<Self> {
        let columns = schema.fields().iter().map(|field| Self {
            name: field.name().clone(),
            nullable: field.is_nullable(),
            metadata: field.metadata().clone().into_iter().collect(),
        });
        let mut columns: Vec<_> = columns.collect();
        columns.sort_unstable_by(|one, two| one.name.cmp(&two.name));
        columns
    }
}

impl Owners {
    pub(crate) fn get(&self, id: u32) -> Option<&Owner> {
        self.by_id.get(&id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Owner)> {
        self.by_id.iter().map(|(id, owner)| (*id, owner))
    }

    pub(crate) fn find(&self, pipeline: &str, scope: &str) -> Option<(u32, &Owner)> {
        self.iter()
            .find(|(_, owner)| owner.pipeline == pipeline && owner.scope == scope)
    }

    /// The number of an owner, which is added if it is new.
    pub(crate) fn id_of(&mut self, pipeline: &str, scope: &str) -> u32 {
        if let Some((id, _)) = self.find(pipeline, scope) {
            return id;
        }
        let id = self.by_id.keys().next_back().copied().unwrap_or(FOREIGN) + 1;
        self.by_id.insert(
            id,
            Owner {
                pipeline: pipeline.to_owned(),
                scope: scope.to_owned(),
                digest: Digest::default(),
                columns: Vec::new(),
                indexes: Vec::new(),
            },
        );
        id
    }

    /// Whether the pipeline declares the table, with any number of rows.
    pub(crate) fn owns(&self, pipeline: &str) -> bool {
        self.by_id.values().any(|owner| owner.pipeline == pipeline)
    }

    pub(crate) fn set_digest(&mut self, id: u32, digest: Digest) {
        if let Some(owner) = self.by_id.get_mut(&id) {
            owner.digest = digest;
        }
    }

    pub(crate) fn set_columns(&mut self, id: u32, columns: Vec<OwnedColumn>) {
        if let Some(owner) = self.by_id.get_mut(&id) {
            owner.columns = columns;
        }
    }

    /// All columns that some owner declares.
    pub(crate) fn declared_columns(&self) -> BTreeSet<String> {
        let columns = self.by_id.values().flat_map(|owner| &owner.columns);
        columns.map(|column| column.name.clone()).collect()
    }

    /// Notes which indexes an owner declares.
    pub(crate) fn set_indexes(&mut self, id: u32, indexes: Vec<IndexSpec>) {
        self.index_names.extend(indexes.iter().map(IndexSpec::name));
        if let Some(owner) = self.by_id.get_mut(&id) {
            owner.indexes = indexes;
        }
    }

    pub(crate) fn remove(&mut self, id: u32) {
        self.by_id.remove(&id);
    }

    /// Of how many rows it is known whose they are.
    pub(crate) fn rows(&self) -> u64 {
        let owned: u64 = self.by_id.values().map(|owner| owner.digest.rows).sum();
        owned + self.foreign_rows
    }

    /// An owner of rows other than `id`, if there is one; [`FOREIGN`] for other writers.
    pub(crate) fn other_than(&self, id: u32) -> Option<u32> {
        let other = |(other, owner): &(u32, &Owner)| *other != id && owner.digest.rows > 0;
        let foreign = || (self.foreign_rows > 0).then_some(FOREIGN);
        self.iter().find(other).map(|(id, _)| id).or_else(foreign)
    }

    /// Counts anew how many rows each owner has, and which.
    pub(crate) async fn recount(&mut self, entries: &Entries) -> Result<(), Error> {
        self.foreign_rows = 0;
        for owner in self.by_id.values_mut() {
            owner.digest = Digest::default();
        }
        let mut chunks = entries.chunks().await?;
        while let Some(chunk) = chunks.next_chunk().await? {
            self.count(&chunk);
        }
        Ok(())
    }

    /// Counts entries in addition to those that were counted before.
    fn count(&mut self, entries: &[Entry]) {
        for entry in entries {
            match self.by_id.get_mut(&entry.owner) {
                Some(owner) => {
                    owner.digest.add(entry.key, entry.fingerprint);
                }
                None => self.foreign_rows += 1,
            }
        }
    }

    /// Whose rows are others than they say, in words; none if the entries are as they say.
    pub(crate) async fn contradiction(&self, entries: &Entries) -> Result<Option<String>, Error> {
        let mut counted = self.clone();
        counted.recount(entries).await?;
        let differs = self.iter().find(|(id, owner)| {
            counted
                .get(*id)
                .is_none_or(|counted| counted.digest != owner.digest)
        });
        Ok(match differs {
            Some((_, owner)) => Some(format!("pipeline {}", owner.pipeline)),
            None if counted.foreign_rows != self.foreign_rows => Some("others".to_owned()),
            None => None,
        })
    }

    /// Their stored form.
    pub(crate) fn to_json(&self) -> String {
        let stored = Stored {
            foreign_rows: self.foreign_rows,
            hashed: self.hashed.clone(),
            index_names: self.index_names.clone(),
            owners: self
                .iter()
                .map(|(id, owner)| StoredOwner {
                    id,
                    pipeline: owner.pipeline.clone(),
                    scope: owner.scope.clone(),
                    digest: owner.digest.to_string(),
                    columns: owner.columns.clone(),
                    indexes: owner.indexes.clone(),
                })
                .collect(),
        };
        serde_json::json!(stored).to_string()
    }

    /// Reads [`Owners::to_json`]; none if the text is something else.
    pub(crate) fn from_json(text: &str) -> Option<Self> {
        let stored: Stored = serde_json::from_str(text).ok()?;
        let mut by_id = BTreeMap::new();
        for owner in stored.owners {
            by_id.insert(
                owner.id,
                Owner {
                    pipeline: owner.pipeline,
                    scope: owner.scope,
                    digest: owner.digest.parse().ok()?,
                    columns: owner.columns,
                    indexes: owner.indexes,
                },
            );
        }
        Some(Self {
            by_id,
            foreign_rows: stored.foreign_rows,
            hashed: stored.hashed,
            index_names: stored.index_names,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    foreign_rows: u64,
    hashed: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    index_names: BTreeSet<String>,
    owners: Vec<StoredOwner>,
}

#[derive(Serialize, Deserialize)]
struct StoredOwner {
    id: u32,
    pipeline: String,
    scope: String,
    digest: String,
    columns: Vec<OwnedColumn>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    indexes: Vec<IndexSpec>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_form_reads_back() {
        let mut owners = Owners::default();
        let id = owners.id_of("docs", "");
        assert_eq!(owners.id_of("docs", ""), id);
        owners.set_columns(
            id,
            vec![OwnedColumn {
                name: "id".to_owned(),
                nullable: false,
                metadata: [("unit".to_owned(), "m".to_owned())].into(),
            }],
        );
        owners.hashed = owners.declared_columns();
        let index = IndexSpec {
            column: "text".to_owned(),
            kind: "fts".to_owned(),
            settings: [("stem".to_owned(), "false".to_owned())].into(),
        };
        owners.set_indexes(id, vec![index]);
        let entry = |owner, key| Entry {
            key,
            fingerprint: 1,
            row_id: 1,
            owner,
        };
        owners.count(&[entry(id, 1), entry(FOREIGN, 2)]);
        assert_eq!(owners.foreign_rows, 1);
        assert_eq!(owners.get(id).unwrap().digest.rows, 1);
        assert_eq!(Owners::from_json(&owners.to_json()), Some(owners));
    }
}
