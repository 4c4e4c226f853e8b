//! Makes the state tell the truth about a table.

use super::examine::{Examined, examine};
use crate::{
    commit::{mend, settle},
    declare::RunContext,
    error::{Error, NOTHING_WRITTEN},
    table::{Identity, StoredTable},
};

/// How often to try when other writers commit first.
const ATTEMPTS: u32 = 10;

/// What the config says of the table; none if the host does not know it. If the primary key is
/// not told there any more, it is the one that is marked in the table.
pub(super) fn identity(
    table: &StoredTable,
    damage: &mut Vec<String>,
) -> Result<Option<Identity>, Error> {
    let error = match table.identity() {
        Err(error @ Error::DamagedState { .. }) => error,
        identity => return identity,
    };
    let marked = table.dataset.schema().unenforced_primary_key();
    let table_id = table.dataset.config().get(crate::state::names::TABLE_ID);
    let Some(table_id) = table_id.filter(|_| !marked.is_empty()) else {
        return Err(error);
    };
    damage.push("the table's config does not tell the primary key".to_owned());
    let primary_key = marked.iter().map(|field| field.name.clone()).collect();
    Ok(Some(table.identified(table_id.clone(), primary_key)))
}

/// Makes the state tell the truth about the newest version of the table. Returns what went wrong
/// without harm.
pub(super) async fn repair(
    run: &RunContext,
    mut table: StoredTable,
) -> Result<Option<String>, Error> {
    for _ in 0..ATTEMPTS {
        let mut damage = Vec::new();
        let Some(identity) = identity(&table, &mut damage)? else {
            return Ok(None);
        };
        let examined = examine(&table, &identity, &mut damage).await?;
        if damage.is_empty() && !examined.drifts.is_untold() {
            // Other writers did what there is, and the state only has to catch up.
            let state = &examined.state;
            let log = run.intents.of(&table.database).await?;
            return Ok(settle(&log, &table, &identity, state, &state.owners).await);
        }
        let Examined { stored, truth, .. } = examined;
        if mend(run, &table, &identity, &stored, &truth)
            .await?
            .is_some()
        {
            return Ok(None);
        }
        match StoredTable::open(&table.database, &table.name).await? {
            Some(newest) => table = newest,
            None => return Ok(None),
        }
    }
    Err(Error::Contention {
        table: table.label(),
        attempts: ATTEMPTS,
        written: NOTHING_WRITTEN.to_owned(),
    })
}
