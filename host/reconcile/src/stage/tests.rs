//! Rows come back from disk as they were.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, DictionaryArray, Int64Array, ListArray, RecordBatch, StringArray},
    buffer::OffsetBuffer,
    compute::cast,
    datatypes::{DataType, Field, Int8Type},
};

use super::{NewTable, Selection, Staged, Stager};
use crate::{
    declare::{DeclaredTable, OnSchemaChange},
    table::ManagedBy,
};

fn dictionary(values: &[&str]) -> DictionaryArray<Int8Type> {
    values.iter().copied().collect()
}

/// Rows whose columns have a dictionary, alone and within lists.
fn batch(first: i64, values: &[&str]) -> RecordBatch {
    let plain: ArrayRef = Arc::new(dictionary(values));
    let item = Arc::new(Field::new_list_field(plain.data_type().clone(), true));
    let lists = OffsetBuffer::from_lengths(values.iter().map(|_| 1));
    let lists: ArrayRef = Arc::new(ListArray::new(item, lists, plain.clone(), None));
    let ids = first..first + i64::try_from(values.len()).unwrap();
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(ids));
    let columns = [("id", ids), ("plain", plain), ("lists", lists)];
    RecordBatch::try_from_iter(columns).unwrap()
}

#[tokio::test]
async fn dictionaries_that_differ_between_batches_come_back_from_disk() {
    let batches = [batch(0, &["a", "b"]), batch(2, &["c", "a", "d"])];
    let schema = batches[0].schema();
    let primary_key = vec!["id".to_owned()];
    let declared = DeclaredTable {
        database: "default".to_owned(),
        name: "t".to_owned(),
        schema: schema.clone(),
        primary_key,
        managed_by: ManagedBy::System,
        on_schema_change: OnSchemaChange::default(),
        indexes: Vec::new(),
    };
    // No memory: everything goes to disk.
    let mut stager = Stager::new(0);
    let table = NewTable {
        label: declared.label(),
        schema: schema.clone(),
        primary_key: declared.primary_key.clone(),
        ahead: None,
    };
    stager.add_table(table).await.unwrap();
    for batch in batches {
        stager.push(0, batch).await.unwrap();
    }
    let rows = stager.finish().await.unwrap().pop().unwrap();
    let staged = Staged::new(declared, rows);
    let second = Selection::Only([1, 2, 4].into_iter().collect());
    let (plain, lists) = values(&staged, second);
    assert_eq!(plain, ["b", "c", "d"]);
    assert_eq!(lists, ["b", "c", "d"]);
    let (plain, _) = values(&staged, Selection::AllBut([1, 4].into_iter().collect()));
    assert_eq!(plain, ["a", "c", "a"]);
}

/// The selected rows: their text, and that in their lists.
fn values(staged: &Staged, selection: Selection) -> (Vec<String>, Vec<String>) {
    let schema = staged.declared.schema.clone();
    let selected = staged.select(selection, &schema, None).unwrap();
    let mut plain = Vec::new();
    let mut lists = Vec::new();
    for batch in selected {
        let batch = batch.unwrap();
        let text = cast(&batch["plain"], &DataType::Utf8).unwrap();
        let text = text.as_any().downcast_ref::<StringArray>().unwrap();
        plain.extend(text.iter().flatten().map(str::to_owned));
        let list = batch["lists"].as_any().downcast_ref::<ListArray>().unwrap();
        let items = list
            .iter()
            .flatten()
            .map(|items| cast(&items, &DataType::Utf8).unwrap());
        for items in items {
            let text = items.as_any().downcast_ref::<StringArray>().unwrap();
            lists.extend(text.iter().flatten().map(str::to_owned));
        }
    }
    (plain, lists)
}
