//! Reads a table and its state, each in full, and holds one against the other.

use super::drifts::Drifts;
use crate::{
    error::Error,
    state::{Deltas, Entries, Journal, State},
    table::{Identity, StoredTable},
};

/// A table and its state, side by side.
pub(super) struct Examined {
    /// Where the stored state leads, before the table is looked at.
    pub(super) stored: Entries,
    /// As the next run would see it.
    pub(super) state: State,
    /// As it is: one entry for each row that the table really has.
    pub(super) truth: State,
    /// What tells them apart.
    pub(super) drifts: Drifts,
    /// What does no harm now.
    pub(super) notes: Vec<String>,
}

/// Damage is passed over, and said in `damage`.
pub(super) async fn examine(
    table: &StoredTable,
    identity: &Identity,
    damage: &mut Vec<String>,
) -> Result<Examined, Error> {
    let mut found = Vec::new();
    let replayed = Journal::salvage(table, identity, &mut found).await?;
    let stored = replayed.state.entries.clone();
    let was_read = replayed.reads_everything();
    let primary_key = &identity.primary_key;
    let state = replayed.settled(table, primary_key).await?;
    if let Some(whose) = state.owners.contradiction(&state.entries).await? {
        found.push(format!(
            "the state does not have the rows of {whose} that it counts"
        ));
    }
    let entries = match was_read {
        true => state.entries.clone(),
        false => state.examined(table, primary_key).await?,
    };
    let mut owners = state.owners.clone();
    owners.recount(&entries).await?;
    let truth = State {
        entries,
        owners,
        ..State::default()
    };
    let notes = unreadable_deltas(table, identity, &found).await?;
    damage.extend(found);
    let is_told = damage.is_empty();
    Ok(Examined {
        drifts: Drifts::between(&stored, &state.entries, &truth, is_told).await?,
        stored,
        state,
        truth,
        notes,
    })
}

/// Delta files that cannot be read, apart from those that are needed now.
async fn unreadable_deltas(
    table: &StoredTable,
    identity: &Identity,
    damage: &[String],
) -> Result<Vec<String>, Error> {
    let deltas = Deltas::open(&table.database, &table.name, &identity.table_id).await?;
    let mut notes = Vec::new();
    for name in deltas.list().await? {
        match deltas.read(name.version, &name.run_id).await {
            Err(Error::DamagedState { .. }) => {
                let unreadable =
                    format!("the delta file of version {} cannot be read", name.version);
                if !damage.contains(&unreadable) {
                    notes.push(format!(
                        "{unreadable}; it matters only if the table goes back to an earlier version"
                    ));
                }
            }
            read => drop(read?),
        }
    }
    Ok(notes)
}
