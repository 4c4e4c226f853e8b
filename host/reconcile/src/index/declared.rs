//! A declared index: checked against its table, and named.

use std::fmt;

use arrow::datatypes::{DataType, Schema};
use lance::datatypes::{format_field_path, parse_field_path};
use serde::{Deserialize, Serialize};

use super::{
    kind::{Class, Kind, is_multivector},
    settings::{self, Canonical, Metric, Parameters},
};
use crate::{
    declare::DeclaredTable,
    error::{DeclareCode, DeclareError},
    table::ManagedBy,
};

/// An index as a pipeline declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexDeclaration {
    /// The column's name, or a path into a struct, such as `address.city`.
    pub column: String,
    /// The name of a kind, such as `ivf-pq`.
    pub kind: String,
    /// Options as names and values.
    pub settings: Vec<(String, String)>,
}

/// What an index is: all that the host stores of it, and all that its name follows from.
///
/// The kind is text, so that a host can carry along what a newer one has stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct IndexSpec {
    pub(crate) column: String,
    pub(crate) kind: String,
    #[serde(default, skip_serializing_if = "Canonical::is_empty")]
    pub(crate) settings: Canonical,
}

/// A declared index that has passed every check which needs no stored table.
#[derive(Debug, Clone)]
pub(crate) struct DeclaredIndex {
    pub(crate) spec: IndexSpec,
    /// The column as Lance writes it where a path is expected.
    pub(crate) path: String,
    pub(crate) kind: Kind,
    /// Whether a row has a list of vectors.
    pub(crate) holds_lists: bool,
    pub(crate) parameters: Parameters,
}

impl IndexSpec {
    /// The name under which the index is stored: `COLUMN_KIND_HASH`.
    pub(crate) fn name(&self) -> String {
        let settings = serde_json::json!(self.settings).to_string();
        let hash = xxhash_rust::xxh3::xxh3_64(settings.as_bytes()) >> 32;
        format!("{}_{}_{hash:08x}", self.column, self.kind)
    }

    /// The column and the kind in a name that [`Self::name`] made.
    pub(crate) fn parts(name: &str) -> Option<(&str, &str)> {
        let (rest, _) = name.rsplit_once('_')?;
        rest.rsplit_once('_')
    }

    /// None for a kind that this host does not know.
    pub(crate) fn class(&self) -> Option<Class> {
        Kind::named(&self.kind).map(Kind::class)
    }

    /// Whether both cannot be on one table.
    pub(crate) fn excludes(&self, other: &Self) -> bool {
        self != other
            && self.column == other.column
            && self.class().is_some()
            && self.class() == other.class()
    }
}

/// `ivf-pq (metric = cosine, num-partitions = 4)`.
impl fmt::Display for IndexSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        let settings: Vec<_> = self
            .settings
            .iter()
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        match settings.is_empty() {
            true => Ok(()),
            false => write!(f, " ({})", settings.join(", ")),
        }
    }
}

impl DeclaredIndex {
    /// An index that was declared before, on a table that has `schema` now; none if it does not
    /// suit it, or if this host does not know it.
    pub(crate) fn restored(schema: &Schema, spec: &IndexSpec) -> Option<Self> {
        let (path, data_type) = resolve(schema, &spec.column)?;
        let kind = Kind::named(&spec.kind).filter(|kind| kind.mismatch(data_type).is_none())?;
        let settings: Vec<_> = spec.settings.clone().into_iter().collect();
        let (parameters, _) = settings::parse(kind, data_type, &settings).ok()?;
        Some(Self {
            spec: spec.clone(),
            path,
            kind,
            holds_lists: is_multivector(data_type),
            parameters,
        })
    }

    /// Whether only the direction of vectors counts.
    pub(crate) fn uses_cosine(&self) -> bool {
        matches!(&self.parameters, Parameters::Vector(parameters) if parameters.metric == Metric::Cosine)
    }

    /// How many vectors there have to be before the index can be built as declared. With fewer,
    /// Lance would build it with other parameters, or not at all.
    pub(crate) fn min_vectors(&self) -> u64 {
        match &self.parameters {
            Parameters::Vector(parameters) => parameters.min_vectors(),
            Parameters::Fts(_) | Parameters::None => 0,
        }
    }

    /// Checks a declaration against its table and the indexes that were declared before.
    /// None if it was declared before in the same way.
    pub(crate) fn check(
        table: &DeclaredTable,
        index: IndexDeclaration,
    ) -> Result<Option<Self>, DeclareError> {
        let IndexDeclaration {
            column,
            kind,
            settings,
        } = index;
        let refuse = |code, message: String| {
            Err(DeclareError::new(code, &table.label(), message).column(&column))
        };
        if table.managed_by == ManagedBy::User {
            return refuse(
                DeclareCode::Unsupported,
                "the table is managed by the user, and its indexes are too; create the index \
                 yourself, or declare the table as managed by the system"
                    .to_owned(),
            );
        }
        let Some((path, data_type)) = resolve(&table.schema, &column) else {
            return refuse(
                DeclareCode::UnknownColumn,
                format!(
                    "there is no column {column:?} to index; columns: {}",
                    column_names(&table.schema)
                ),
            );
        };
        let Some(known) = Kind::named(&kind) else {
            return refuse(
                DeclareCode::Unsupported,
                format!(
                    "there is no index of kind {kind:?}; known: {}",
                    Kind::names()
                ),
            );
        };
        if let Some(needed) = known.mismatch(data_type) {
            return refuse(
                DeclareCode::Unsupported,
                format!("an index of kind {kind} needs {needed}, and the column is {data_type}"),
            );
        }
        let (parameters, settings) = match settings::parse(known, data_type, &settings) {
            Ok(parsed) => parsed,
            Err(problem) => return refuse(problem.code, problem.message),
        };
        let declared = Self {
            spec: IndexSpec {
                column: column.clone(),
                kind,
                settings,
            },
            path,
            kind: known,
            holds_lists: is_multivector(data_type),
            parameters,
        };
        let before = &table.indexes;
        if before.iter().any(|other| other.spec == declared.spec) {
            return Ok(None);
        }
        if let Some(other) = before
            .iter()
            .find(|other| other.spec.excludes(&declared.spec))
        {
            return refuse(
                DeclareCode::InvalidValue,
                format!(
                    "a column has one {} index, and two are declared: {} and {}",
                    known.class(),
                    other.spec,
                    declared.spec
                ),
            );
        }
        Ok(Some(declared))
    }
}

/// The path, as Lance writes it, and the type of a column, or of a field inside of a struct, such
/// as `address.city`.
fn resolve<'a>(schema: &'a Schema, column: &str) -> Option<(String, &'a DataType)> {
    if let Ok(field) = schema.field_with_name(column) {
        return Some((format_field_path(&[column]), field.data_type()));
    }
    let names = parse_field_path(column).ok()?;
    let (first, rest) = names.split_first()?;
    let mut field = schema.field_with_name(first).ok()?;
    for name in rest {
        let DataType::Struct(fields) = field.data_type() else {
            return None;
        };
        field = fields.iter().find(|field| field.name() == name)?;
    }
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    Some((format_field_path(&names), field.data_type()))
}

fn column_names(schema: &Schema) -> String {
    let names: Vec<_> = schema
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(column: &str, kind: &str, settings: &[(&str, &str)]) -> IndexSpec {
        let owned = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
        IndexSpec {
            column: column.to_owned(),
            kind: kind.to_owned(),
            settings: settings.iter().map(owned).collect(),
        }
    }

    #[test]
    fn a_name_follows_from_the_index_and_tells_column_and_kind() {
        let index = spec("text_fts", "fts", &[("stem", "false")]);
        // Stored tables have this name: it never changes.
        assert_eq!(index.name(), "text_fts_fts_6ddc23f2");
        assert_eq!(IndexSpec::parts(&index.name()), Some(("text_fts", "fts")));
        assert_eq!(index.name(), index.clone().name());
        let others = [
            spec("text_fts", "fts", &[]),
            spec("text_fts", "btree", &[]),
            spec("text", "fts", &[("stem", "false")]),
            spec(
                "text_fts",
                "fts",
                &[("stem", "false"), ("language", "French")],
            ),
        ];
        assert!(others.iter().all(|other| other.name() != index.name()));
    }

    #[test]
    fn indexes_of_one_class_exclude_each_other_on_one_column() {
        let index = spec("c", "btree", &[]);
        assert!(index.excludes(&spec("c", "bitmap", &[])));
        assert!(!index.excludes(&index));
        assert!(!index.excludes(&spec("d", "bitmap", &[])));
        assert!(!index.excludes(&spec("c", "fts", &[])));
        // What a newer host has stored is nobody's business.
        assert!(!spec("c", "new", &[]).excludes(&spec("c", "newer", &[])));
    }

    #[test]
    fn the_stored_form_reads_back() {
        for index in [
            spec("c", "btree", &[]),
            spec("c", "fts", &[("stem", "false")]),
        ] {
            let text = serde_json::to_string(&index).unwrap();
            assert_eq!(serde_json::from_str::<IndexSpec>(&text).unwrap(), index);
        }
    }
}
