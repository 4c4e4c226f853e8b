//! Drops a table and what the host remembers of it.

use super::{Attempt, Landed};
use crate::{
    error::Error,
    state::forget,
    table::{Identity, StoredTable},
};

pub(super) async fn drop(table: &StoredTable, identity: &Identity) -> Result<Attempt, Error> {
    // LanceDB cannot drop a certain version; looking right before keeps the gap small.
    let newest = StoredTable::open(&table.database, &table.name).await?;
    if newest.is_some_and(|newest| newest.version() != table.version()) {
        return Ok(Attempt::Again(None));
    }
    table.database.drop_table(&table.name).await?;
    let warning = forget(&table.database, &identity.table_id)
        .await
        .err()
        .map(|error| {
            format!(
                "{error}; table {} is dropped, its state is left behind",
                table.label()
            )
        });
    Ok(Attempt::Landed(Landed {
        version: None,
        warning,
    }))
}
