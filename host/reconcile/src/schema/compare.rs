//! What a declaration changes in the columns of a stored table.
//!
//! The columns of a table that several pipelines declare are the union of what they declare. A
//! column that no pipeline ever declared belongs to other writers and stays.

use std::collections::BTreeMap;

use arrow::{
    compute::can_cast_types,
    datatypes::{DataType, Field, FieldRef, Schema},
};

use super::{annotate::Annotation, same::same, sides::side_by_side};
use crate::{
    declare::{DeclaredTable, OnSchemaChange},
    error::Error,
    state::{OwnedColumn, Owners},
    table::{Identity, ManagedBy},
};

/// What has to change in a stored table's columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SchemaChange {
    /// New columns. They are added as nullable; what has to be required is in `tightens` too.
    pub(crate) adds: Vec<FieldRef>,
    /// Columns that the pipeline declared before and nobody declares now.
    pub(crate) drops: Vec<String>,
    /// Columns whose stored values become values of another type where they are.
    pub(crate) casts: Vec<Cast>,
    /// Columns that get other metadata.
    pub(crate) annotates: Vec<Annotation>,
    /// Columns that become nullable.
    pub(crate) relaxes: Vec<String>,
    /// Columns that become required once the rows are as declared.
    pub(crate) tightens: Vec<String>,
    /// Why the table cannot be changed in place, and all its rows are written anew.
    pub(crate) rebuild: Option<String>,
    /// Stored columns that the pipeline does not declare and that stay.
    pub(crate) kept: Vec<String>,
}

/// A column that changes its type in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cast {
    pub(crate) column: String,
    pub(crate) from: DataType,
    pub(crate) to: DataType,
}

/// Who else declares columns of the table.
#[derive(Debug, Default)]
pub(crate) struct Declarers<'a> {
    /// The columns that the pipeline declared in its latest run.
    pub(super) mine: BTreeMap<&'a str, &'a OwnedColumn>,
    /// By column: pipeline, and whether it declares the column as nullable.
    others: BTreeMap<&'a str, (&'a str, bool)>,
    /// By column and name of metadata: pipeline, and the value that it declares.
    pub(super) annotated: BTreeMap<(&'a str, &'a str), (&'a str, &'a str)>,
    /// How many other owners declare the table at all.
    other_owners: usize,
    /// For each column, how many of them declare it.
    declared_by: BTreeMap<&'a str, usize>,
}

impl<'a> Declarers<'a> {
    /// What `owners` remember of their columns, as pipeline and scope `me` sees it.
    pub(crate) fn of(owners: &'a Owners, me: (&str, &str)) -> Self {
        let mut declarers = Self::default();
        for (_, owner) in owners.iter() {
            if (owner.pipeline.as_str(), owner.scope.as_str()) == me {
                declarers.mine = owner
                    .columns
                    .iter()
                    .map(|column| (column.name.as_str(), column))
                    .collect();
                continue;
            }
            declarers.other_owners += 1;
            for column in &owner.columns {
                for (key, value) in &column.metadata {
                    declarers
                        .annotated
                        .insert((&column.name, key), (&owner.pipeline, value));
                }
                *declarers.declared_by.entry(&column.name).or_default() += 1;
                declarers
                    .others
                    .entry(&column.name)
                    .and_modify(|(_, nullable)| *nullable |= column.nullable)
                    .or_insert((&owner.pipeline, column.nullable));
            }
        }
        declarers
    }

    /// Whether every other owner gives the column a value in each of its rows.
    fn all_require(&self, column: &str) -> bool {
        let declared_by = self.declared_by.get(column).copied().unwrap_or_default();
        declared_by == self.other_owners
            && self
                .others
                .get(column)
                .is_none_or(|(_, nullable)| !nullable)
    }
}

impl SchemaChange {
    /// Whether the columns are as declared.
    pub(crate) fn is_empty(&self) -> bool {
        !self.changes_columns()
            && self.relaxes.is_empty()
            && self.tightens.is_empty()
            && self.rebuild.is_none()
    }

    /// Whether columns come, go, or change their type or metadata in place.
    pub(crate) fn changes_columns(&self) -> bool {
        !(self.adds.is_empty()
            && self.drops.is_empty()
            && self.casts.is_empty()
            && self.annotates.is_empty())
    }

    /// The changes in words, for reports.
    pub(crate) fn described(&self) -> Vec<String> {
        if let Some(reason) = &self.rebuild {
            return vec![reason.clone()];
        }
        let adds = self.adds.iter().map(|field| {
            format!(
                "column {:?} is added as {}",
                field.name(),
                field.data_type()
            )
        });
        let drops = self
            .drops
            .iter()
            .map(|column| format!("column {column:?} is dropped"));
        let casts = self.casts.iter().map(|cast| {
            format!(
                "column {:?} changes from {} to {}",
                cast.column, cast.from, cast.to
            )
        });
        let relaxes = self
            .relaxes
            .iter()
            .map(|column| format!("column {column:?} becomes nullable"));
        let tightens = self
            .tightens
            .iter()
            .map(|column| format!("column {column:?} becomes required"));
        let annotates = self
            .annotates
            .iter()
            .map(|annotation| format!("column {:?} gets other metadata", annotation.column));
        adds.chain(drops)
            .chain(casts)
            .chain(annotates)
            .chain(relaxes)
            .chain(tightens)
            .collect()
    }
}

/// Compares a declaration with the stored columns. `identity` is none for a table that is about
/// to be adopted.
///
/// # Errors
/// [`Error::SchemaMismatch`] if the table may not be changed in the way that is needed, and
/// [`Error::ColumnConflict`] if another pipeline or writer stands in the way.
pub(crate) fn compare(
    declared: &DeclaredTable,
    stored: &Schema,
    identity: Option<&Identity>,
    declarers: &Declarers<'_>,
) -> Result<SchemaChange, Error> {
    let is_users = declared.managed_by == ManagedBy::User
        || identity.is_some_and(|identity| identity.managed_by == ManagedBy::User);
    let rules = Rules {
        declared,
        stored,
        is_users,
        keeps_dropped: is_users || declared.on_schema_change == OnSchemaChange::AppendOnly,
    };
    let mut change = SchemaChange::default();
    for field in declared.schema.fields() {
        rules.declared_column(field, declarers, &mut change)?;
    }
    for field in stored.fields() {
        if declared.schema.field_with_name(field.name()).is_err() {
            rules.undeclared_column(field, declarers, &mut change)?;
        }
    }
    if let Some(identity) = identity
        && sorted(&identity.primary_key) != sorted(&declared.primary_key)
    {
        change.rebuild = Some(format!(
            "the primary key changes from ({}) to ({})",
            identity.primary_key.join(", "),
            declared.primary_key.join(", ")
        ));
    }
    rules.allow(change, identity.is_some())
}

/// What decides over single columns.
pub(super) struct Rules<'a> {
    declared: &'a DeclaredTable,
    stored: &'a Schema,
    is_users: bool,
    /// Whether columns stay when nobody declares them any more.
    keeps_dropped: bool,
}

impl Rules<'_> {
    fn declared_column(
        &self,
        field: &FieldRef,
        declarers: &Declarers<'_>,
        change: &mut SchemaChange,
    ) -> Result<(), Error> {
        let name = field.name();
        let Ok(there) = self.stored.field_with_name(name) else {
            change.adds.push(field.clone());
            if !field.is_nullable() {
                change.tightens.push(name.clone());
            }
            return Ok(());
        };
        if !same(there.data_type(), field.data_type()) {
            if let Some((pipeline, _)) = declarers.others.get(name.as_str()) {
                return Err(self.conflict(
                    format!(
                        "column {name:?} is declared as {} and stored as {}, as pipeline {pipeline} declares it",
                        field.data_type(),
                        there.data_type()
                    ),
                    "let both pipelines declare the column with the same type",
                ));
            }
            if castable(there.data_type(), field.data_type()) {
                change.casts.push(Cast {
                    column: name.clone(),
                    from: there.data_type().clone(),
                    to: field.data_type().clone(),
                });
            } else {
                change.rebuild = Some(format!(
                    "column {name:?} changes from {} to {}",
                    there.data_type(),
                    field.data_type()
                ));
            }
        }
        if !self.is_users {
            self.annotate(field, there, declarers, change)?;
        }
        if field.is_nullable() && !there.is_nullable() {
            change.relaxes.push(name.clone());
        }
        // The user decides whether a column of theirs is required.
        if !field.is_nullable()
            && there.is_nullable()
            && !self.is_users
            && declarers.all_require(name)
        {
            change.tightens.push(name.clone());
        }
        Ok(())
    }

    fn undeclared_column(
        &self,
        there: &Field,
        declarers: &Declarers<'_>,
        change: &mut SchemaChange,
    ) -> Result<(), Error> {
        let name = there.name();
        let is_anothers = declarers.others.contains_key(name.as_str());
        let was_mine = declarers.mine.contains_key(name.as_str());
        if was_mine && !is_anothers && !self.keeps_dropped {
            change.drops.push(name.clone());
            return Ok(());
        }
        change.kept.push(name.clone());
        if there.is_nullable() {
            return Ok(());
        }
        // New rows have no value in it.
        if (is_anothers || was_mine) && !self.is_users {
            change.relaxes.push(name.clone());
            return Ok(());
        }
        Err(self.mismatch(
            format!("column {name:?} is stored as required and not declared"),
            "declare the column, or make it nullable in the table",
        ))
    }

    /// Refuses what the table's manager or the declared policy does not allow.
    fn allow(&self, change: SchemaChange, is_known: bool) -> Result<SchemaChange, Error> {
        let difference = || {
            let described = change.described();
            described.first().cloned().unwrap_or_default()
        };
        if self.is_users && !change.is_empty() {
            return Err(self.mismatch(
                difference(),
                "the table is managed by the user and is never changed: declare the columns as they are stored, or change the table",
            ));
        }
        let in_place = change.rebuild.is_none() && change.casts.is_empty();
        if !is_known && !in_place {
            return Err(self.mismatch(
                difference(),
                "a table is adopted with the types that it has: declare the columns as they are stored",
            ));
        }
        match self.declared.on_schema_change {
            OnSchemaChange::Evolve => Ok(change),
            OnSchemaChange::Fail if change.is_empty() => Ok(change),
            OnSchemaChange::Fail => Err(self.mismatch(
                difference(),
                "the table is declared with on-schema-change = fail: declare the columns as they are stored, or allow the change with evolve",
            )),
            OnSchemaChange::AppendOnly => {
                let tightens_stored = change
                    .tightens
                    .iter()
                    .find(|name| !change.adds.iter().any(|field| field.name() == *name));
                if in_place && tightens_stored.is_none() && change.annotates.is_empty() {
                    return Ok(change);
                }
                let difference = match tightens_stored {
                    Some(name) if in_place => format!("column {name:?} becomes required"),
                    _ => SchemaChange { adds: Vec::new(), ..change.clone() }
                        .described()
                        .first()
                        .cloned()
                        .unwrap_or_default(),
                };
                Err(self.mismatch(
                    difference,
                    "the table is declared with on-schema-change = append-only, which only adds columns: declare the column as it is stored, or allow the change with evolve",
                ))
            }
        }
    }

    fn mismatch(&self, difference: String, advice: &'static str) -> Error {
        Error::SchemaMismatch {
            table: self.declared.label(),
            difference,
            advice,
            sides: side_by_side(&self.declared.schema, self.stored),
        }
    }

    pub(super) fn conflict(&self, problem: String, advice: &'static str) -> Error {
        Error::ColumnConflict {
            table: self.declared.label(),
            problem,
            advice,
        }
    }
}

fn sorted(key: &[String]) -> Vec<&String> {
    let mut key: Vec<_> = key.iter().collect();
    key.sort_unstable();
    key
}

/// Whether Lance can turn one type into the other in place: the same kind of value in another
/// width, precision or unit.
fn castable(from: &DataType, to: &DataType) -> bool {
    use DataType as T;
    let same_kind = match (from, to) {
        (T::Dictionary(_, from), to) => from.equals_datatype(to) || castable(from, to),
        (from, T::Dictionary(_, to)) => from.equals_datatype(to) || castable(from, to),
        (T::Utf8 | T::LargeUtf8, to) => matches!(to, T::Utf8 | T::LargeUtf8),
        (T::Binary | T::LargeBinary, to) => matches!(to, T::Binary | T::LargeBinary),
        (T::Decimal128(_, _) | T::Decimal256(_, _), to) => {
            matches!(to, T::Decimal128(_, _) | T::Decimal256(_, _))
        }
        (T::FixedSizeList(from, size), T::FixedSizeList(to, other)) => {
            size == other && castable(from.data_type(), to.data_type())
        }
        (T::List(from) | T::LargeList(from), T::List(to) | T::LargeList(to)) => {
            from.data_type().equals_datatype(to.data_type())
                || castable(from.data_type(), to.data_type())
        }
        (from, to) => {
            (from.is_integer() && to.is_integer())
                || (from.is_floating() && to.is_floating())
                || (from.is_temporal() && to.is_temporal())
        }
    };
    same_kind && can_cast_types(from, to)
}
