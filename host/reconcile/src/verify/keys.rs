//! The keys of rows, for people: the state has hashes only.

use std::collections::BTreeSet;

use lance::dataset::rowids::get_row_id_index;

use crate::{
    error::{Error, StorageContext},
    stage::describe_key,
    state::{Entry, State},
    table::{Identity, StoredTable},
};

/// The key of each row, or its row id where no version at hand has the row. Rows that the table
/// does not have any more are looked for in the version that the stored state describes.
pub(super) async fn keys(
    table: &StoredTable,
    identity: &Identity,
    state: &State,
    entries: &[Entry],
) -> Vec<String> {
    let mut found: Vec<Option<String>> = vec![None; entries.len()];
    look(table, identity, entries, &mut found).await;
    let described = state
        .sidecar
        .as_ref()
        .map(|sidecar| sidecar.applied_through);
    if found.contains(&None)
        && let Some(version) = described
        && version != table.version()
        // It may be gone.
        && let Ok(earlier) = table.at(version).await
    {
        look(&earlier, identity, entries, &mut found).await;
    }
    let named = found.into_iter().zip(entries);
    let mut named: Vec<String> = named
        .map(|(key, entry)| key.unwrap_or_else(|| format!("row id {}", entry.row_id)))
        .collect();
    named.sort_unstable();
    named
}

async fn look(
    table: &StoredTable,
    identity: &Identity,
    entries: &[Entry],
    found: &mut [Option<String>],
) {
    for (entry, found) in entries.iter().zip(found) {
        if found.is_none() {
            // A key is told as a help; what cannot be read is told elsewhere.
            *found = key(table, identity, entry).await.ok().flatten();
        }
    }
}

async fn key(
    table: &StoredTable,
    identity: &Identity,
    entry: &Entry,
) -> Result<Option<String>, Error> {
    let action = "read the key of a row";
    let index = get_row_id_index(&table.dataset).await;
    let Some(index) = index.storage(table.subject(), action)? else {
        return Ok(None);
    };
    let addresses = index.get_many(&[entry.row_id]);
    let addresses = addresses.storage(table.subject(), action)?;
    if addresses.first().copied().flatten().is_none() {
        return Ok(None);
    }
    let hasher = table.hasher(&identity.primary_key, &BTreeSet::new());
    let projection = table.dataset.schema().project(&hasher.columns);
    let projection = projection.storage(table.subject(), action)?;
    let row = table.dataset.take_rows(&[entry.row_id], projection).await;
    let row = row.storage(table.subject(), action)?;
    let hashes = hasher.hasher.hash(&row).storage(table.subject(), action)?;
    Ok((hashes.keys.first() == Some(&entry.key))
        .then(|| describe_key(&row, 0, &identity.primary_key)))
}
