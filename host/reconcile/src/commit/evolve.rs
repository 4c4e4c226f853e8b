//! Adds, drops, casts and annotates columns in the version that changes the rows.
//!
//! An added column costs nothing: Lance reads a column that a data file lacks as null. A dropped
//! one leaves the schema only. A cast column is written anew for each fragment, beside the files
//! that stay.

use std::{collections::BTreeMap, sync::Arc};

use arrow::{
    compute::{CastOptions, cast_with_options},
    datatypes::{Field, Schema as ArrowSchema, SchemaRef},
    record_batch::RecordBatch,
};
use lance::{
    dataset::{BatchUDF, NewColumnTransform, transaction::Operation},
    datatypes::Schema,
};
use lance_core::utils::deletion::DeletionVector;
use lance_table::{format::Fragment, io::deletion::write_deletion_file};

use super::rows::Deletions;
use crate::{
    error::{Error, StorageContext},
    schema::{Annotation, Cast, SchemaChange},
    table::StoredTable,
};

/// A table's columns as they will be, and its fragments with what was written for them.
pub(super) struct Evolved {
    pub(super) schema: Schema,
    fragments: Vec<Fragment>,
}

impl Evolved {
    /// Writes what the change of columns needs; nothing of it is visible yet.
    pub(super) async fn new(table: &StoredTable, change: &SchemaChange) -> Result<Self, Error> {
        let casts = CastColumns::new(table, &change.casts);
        let mut schema = table.dataset.schema().clone();
        let used = table.dataset.manifest().max_field_id();
        let action = "change its columns";
        // Lance numbers the cast columns in the same way when it writes them.
        let mut extend = |columns: &ArrowSchema| {
            schema = schema.merge(columns)?;
            schema.try_set_field_id(Some(used))
        };
        extend(&casts.written).storage(table.subject(), action)?;
        let adds = change
            .adds
            .iter()
            .map(|field| Field::clone(field).with_nullable(true));
        extend(&ArrowSchema::new(adds.collect::<Vec<_>>())).storage(table.subject(), action)?;
        casts.put_in_place(&mut schema);
        for field in &mut schema.fields {
            let of_field = |annotation: &&Annotation| annotation.column == field.name;
            if let Some(annotation) = change.annotates.iter().find(of_field) {
                field.metadata.clone_from(&annotation.metadata);
            }
        }
        schema
            .fields
            .retain(|field| !change.drops.contains(&field.name));
        Ok(Self {
            schema,
            fragments: casts.write(table).await?,
        })
    }

    /// The operation that makes the columns and the changes to rows visible at once.
    pub(super) async fn operation(
        self,
        table: &StoredTable,
        deletions: Deletions,
        new_fragments: Vec<Fragment>,
    ) -> Result<Operation, Error> {
        let mut deleted: BTreeMap<u64, Fragment> = deletions
            .updated
            .into_iter()
            .map(|fragment| (fragment.id, fragment))
            .collect();
        let mut fragments = self.fragments;
        for fragment in &mut fragments {
            if let Some(updated) = deleted.remove(&fragment.id) {
                fragment.deletion_file = updated.deletion_file;
            } else if deletions.emptied.contains(&fragment.id) {
                // Such a change cannot remove a fragment, so all its rows are marked as deleted.
                empty(table, fragment).await?;
            }
        }
        fragments.extend(new_fragments);
        Ok(Operation::Merge {
            fragments,
            schema: self.schema,
            // The commit is refused if anybody else commits first.
            preserves_nullability: false,
        })
    }
}

async fn empty(table: &StoredTable, fragment: &mut Fragment) -> Result<(), Error> {
    let action = "mark rows as deleted";
    let rows = fragment.physical_rows.unwrap_or_default();
    let rows = u32::try_from(rows).map_err(|_| Error::DamagedState {
        table: table.label(),
        problem: format!("fragment {} has {rows} rows", fragment.id),
    })?;
    let store = table
        .dataset
        .object_store(None)
        .await
        .storage(table.subject(), action)?;
    fragment.deletion_file = write_deletion_file(
        &table.dataset.branch_location().path,
        fragment.id,
        table.version(),
        &DeletionVector::from_iter(0..rows),
        &store,
    )
    .await
    .storage(table.subject(), action)?;
    Ok(())
}

/// Computes the columns to write from those that are stored.
type Mapper = Box<dyn Fn(&RecordBatch) -> lance::Result<RecordBatch> + Send + Sync>;

/// Columns that are cast. They are written under a name of their own and then take the place of
/// the column that they come from.
struct CastColumns {
    casts: Vec<Cast>,
    /// In the order of `casts`.
    written: SchemaRef,
}

impl CastColumns {
    fn new(table: &StoredTable, casts: &[Cast]) -> Self {
        let stored = table.schema();
        let fields = casts.iter().map(|cast| {
            let nullable = stored
                .field_with_name(&cast.column)
                .is_ok_and(Field::is_nullable);
            let mut name = format!("{}_cast", cast.column);
            while stored.field_with_name(&name).is_ok() {
                name.push('_');
            }
            Field::new(name, cast.to.clone(), nullable)
        });
        Self {
            written: Arc::new(ArrowSchema::new(fields.collect::<Vec<_>>())),
            casts: casts.to_vec(),
        }
    }

    /// Gives the cast columns, which stand at the end of `schema`, their places and names.
    fn put_in_place(&self, schema: &mut Schema) {
        for (cast, written) in self.casts.iter().zip(self.written.fields()) {
            let found = schema.fields.iter().position(|f| f.name == *written.name());
            let Some(new) = found.map(|index| schema.fields.remove(index)) else {
                continue;
            };
            if let Some(old) = schema.fields.iter_mut().find(|f| f.name == cast.column) {
                let mut new = new;
                new.name.clone_from(&old.name);
                new.metadata.clone_from(&old.metadata);
                new.unenforced_primary_key_position = old.unenforced_primary_key_position;
                *old = new;
            }
        }
    }

    /// Writes the cast columns of each fragment, and returns all fragments.
    async fn write(&self, table: &StoredTable) -> Result<Vec<Fragment>, Error> {
        if self.casts.is_empty() {
            return Ok(table.dataset.manifest().fragments.as_ref().clone());
        }
        let columns: Vec<String> = self.casts.iter().map(|cast| cast.column.clone()).collect();
        let mut fragments = Vec::new();
        for fragment in table.dataset.get_fragments() {
            let transform = NewColumnTransform::BatchUDF(BatchUDF {
                mapper: self.mapper(),
                output_schema: self.written.clone(),
                result_checkpoint: None,
            });
            let (written, _) = fragment
                .add_columns(transform, Some(columns.clone()), None)
                .await
                .storage(table.subject(), "cast columns")?;
            fragments.push(written);
        }
        Ok(fragments)
    }

    fn mapper(&self) -> Mapper {
        let (casts, written) = (self.casts.clone(), self.written.clone());
        let options = CastOptions {
            safe: false,
            ..CastOptions::default()
        };
        Box::new(move |batch| {
            let mut columns = Vec::with_capacity(casts.len());
            for cast in &casts {
                let index = batch.schema().index_of(&cast.column)?;
                columns.push(cast_with_options(batch.column(index), &cast.to, &options)?);
            }
            Ok(RecordBatch::try_new(written.clone(), columns)?)
        })
    }
}
