//! Reads a table and its state, each in full, and holds one against the other.

use crate::{
    error::Error,
    state::{Deltas, Difference, Entries, Entry, Journal, State, difference},
    table::{Identity, StoredTable},
};

/// A table and its state, side by side.
pub(super) struct Examined {
    /// Where the stored state leads, before the table is looked at.
    pub(super) stored: Vec<Entry>,
    /// As the next run would see it.
    pub(super) state: State,
    /// One entry for each row that the table really has.
    pub(super) truth: Vec<Entry>,
    /// From what is stored to what the next run would see: what other writers did.
    pub(super) told_by_history: Vec<Difference>,
    /// From what the next run would see to the truth.
    pub(super) untold: Vec<Difference>,
    /// What does no harm now.
    pub(super) notes: Vec<String>,
}

impl Examined {
    /// Whether the stored state does not describe the table as it is.
    pub(super) fn is_behind(&self) -> bool {
        !self.told_by_history.is_empty() || !self.untold.is_empty()
    }

    /// The state that tells the truth.
    pub(super) fn true_state(&self) -> State {
        let mut owners = self.state.owners.clone();
        owners.recount(&self.truth);
        State {
            entries: Entries::of(self.truth.clone()),
            owners,
            ..State::default()
        }
    }
}

/// Damage is passed over, and said in `damage`.
pub(super) async fn examine(
    table: &StoredTable,
    identity: &Identity,
    damage: &mut Vec<String>,
) -> Result<Examined, Error> {
    let mut found = Vec::new();
    let replayed = Journal::salvage(table, identity, &mut found).await?;
    let stored = replayed.state.entries.all().await?;
    let was_read = replayed.reads_everything();
    let primary_key = &identity.primary_key;
    let state = replayed.settled(table, primary_key).await?;
    let entries = state.entries.all().await?;
    if let Some(whose) = state.owners.contradiction(&entries) {
        found.push(format!(
            "the state does not have the rows of {whose} that it counts"
        ));
    }
    let truth = if was_read {
        entries.clone()
    } else {
        state.examined(table, primary_key).await?
    };
    let notes = unreadable_deltas(table, identity, &found).await?;
    damage.extend(found);
    Ok(Examined {
        told_by_history: difference(&stored, &entries),
        untold: difference(&entries, &truth),
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
