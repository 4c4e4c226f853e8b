//! Drops a table and what the host remembers of it.

use super::{Attempt, Landed};
use crate::{
    declare::RunContext,
    error::Error,
    fault,
    state::forget,
    table::{Identity, StoredTable},
};

pub(super) async fn drop(
    run: &RunContext,
    table: &StoredTable,
    identity: &Identity,
) -> Result<Attempt, Error> {
    // LanceDB cannot drop a certain version; looking right before keeps the gap small.
    let newest = StoredTable::open(&table.database, &table.name).await?;
    if newest.is_some_and(|newest| newest.version() != table.version()) {
        return Ok(Attempt::Again(None));
    }
    let (database, id) = (&table.database, &identity.table_id);
    let log = run.intents.of(database).await?;
    log.note_table(&table.name, id);
    log.discard(&table.name, id).await?;
    fault::point("drop: table removed");
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
