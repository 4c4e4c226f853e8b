//! Arrives at the state of an exact version of a table.
//!
//! The sidecar may be behind the table: a run was killed between its commit and its fold, or
//! other writers committed. The journal walks the table's transactions from where the sidecar
//! ends. Our own are applied from their delta files; those of other writers are found by their
//! kind and looked up in the table itself.

use std::collections::BTreeSet;

use super::{
    Deltas,
    delta::Delta,
    layered::Entries,
    owners::Owners,
    resync::{self, Extent},
    salvage::{self, OnDamage},
    sidecar::Sidecar,
    steps::{Step, steps},
};
use crate::{
    error::{Error, NOTHING_WRITTEN},
    table::{Identity, StoredTable},
};

/// How many versions the state may lag behind although nothing in them matters: each costs a
/// request to walk past.
const LONGEST_WALK: u64 = 64;

/// How often to start over when another host moves the state on while it is read.
const ATTEMPTS: u32 = 5;

/// The state of one version of a table.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// One entry for each live row.
    pub(crate) entries: Entries,
    /// Who owns them.
    pub(crate) owners: Owners,
    /// The sidecar that the next fold follows. The entries need not be built on it.
    pub(crate) sidecar: Option<Sidecar>,
    /// Rows with this id and those after it are not in the sidecar, if that is known.
    pub(crate) new_rows: Option<u64>,
}

impl State {
    /// The entries of a table that the host knows nothing about: every row is foreign.
    /// Fingerprints are taken over the columns in `hashed`.
    pub(crate) async fn of_foreign(
        table: &StoredTable,
        primary_key: &[String],
        hashed: &BTreeSet<String>,
    ) -> Result<Entries, Error> {
        let hasher = table.hasher(primary_key, hashed);
        let nothing = Entries::default();
        let found = resync::changes(table, &hasher, &nothing, &nothing, Extent::Everything).await?;
        Ok(Entries::of(vec![found]))
    }

    /// The entries that describe `table` as it is, whatever its history tells: all rows are read.
    pub(crate) async fn examined(
        &self,
        table: &StoredTable,
        primary_key: &[String],
    ) -> Result<Entries, Error> {
        let hasher = table.hasher(primary_key, &self.owners.hashed);
        let (nothing, everything) = (Entries::default(), Extent::Everything);
        let changes = resync::changes(table, &hasher, &self.entries, &nothing, everything).await?;
        let mut examined = self.entries.clone();
        examined.apply(changes);
        Ok(examined)
    }

    /// How many live rows the table has.
    pub(crate) fn rows(&self) -> u64 {
        self.owners.rows()
    }
}

/// Where the sidecar and our own commits lead, before the table itself is looked at.
#[derive(Debug, Default)]
pub(crate) struct Replayed {
    pub(crate) state: State,
    /// What other writers may have changed.
    extent: Extent,
    /// Entries of commits whose transactions were pruned.
    candidates: Entries,
}

impl Replayed {
    /// Whether all rows will be read to see what other writers changed.
    pub(crate) fn reads_everything(&self) -> bool {
        self.extent == Extent::Everything
    }

    /// The state, once the rows that other writers may have changed were looked at in `table`.
    pub(crate) async fn settled(
        self,
        table: &StoredTable,
        primary_key: &[String],
    ) -> Result<State, Error> {
        let Self {
            mut state,
            extent,
            candidates,
        } = self;
        if extent != Extent::Nothing {
            if state.owners.iter().next().is_none() && state.owners.hashed.is_empty() {
                // Nobody has declared the table yet, or all memory of it is lost.
                let schema = table.schema();
                let columns = schema.fields().iter().map(|field| field.name().clone());
                state.owners.hashed = columns.collect();
            }
            let hasher = table.hasher(primary_key, &state.owners.hashed);
            let changes =
                resync::changes(table, &hasher, &state.entries, &candidates, extent).await?;
            state.entries.apply(changes);
            state.owners.recount(&state.entries).await?;
        }
        Ok(state)
    }
}

/// What happened to a table since its sidecar was written.
#[derive(Debug)]
pub(crate) struct Journal<'a> {
    table: &'a StoredTable,
    identity: &'a Identity,
    version: u64,
    sidecar: Option<Sidecar>,
    deltas: Deltas,
    steps: Vec<Step>,
}

impl<'a> Journal<'a> {
    /// Reads what happened up to the version of `table`, without reading any entries.
    pub(crate) async fn read(
        table: &'a StoredTable,
        identity: &'a Identity,
    ) -> Result<Self, Error> {
        Self::read_until(table, identity, table.version(), &mut OnDamage::Fail).await
    }

    async fn read_until(
        table: &'a StoredTable,
        identity: &'a Identity,
        version: u64,
        on_damage: &mut OnDamage<'_>,
    ) -> Result<Self, Error> {
        let database = &table.database;
        let sidecar = salvage::sidecar(table, identity, version, on_damage).await?;
        let deltas = Deltas::open(database, &table.name, &identity.table_id).await?;
        let applied_through = sidecar
            .as_ref()
            .map_or(0, |sidecar| sidecar.applied_through);
        let steps = if sidecar.is_none() && deltas.list().await?.is_empty() {
            // No run has ever committed: whatever is stored is foreign.
            on_damage.lost(table, identity).await;
            vec![Step::Everything]
        } else {
            steps(table, applied_through + 1, version, on_damage).await?
        };
        if sidecar.is_none()
            && let Some(Step::Pruned { version }) = steps.first()
        {
            on_damage.without_beginning(*version);
        }
        Ok(Self {
            table,
            identity,
            version,
            sidecar,
            deltas,
            steps,
        })
    }

    /// The owners, if they are known without reading entries: nothing has to be replayed.
    pub(crate) fn owners(&self) -> Option<&Owners> {
        match &self.sidecar {
            Some(sidecar) if self.steps.is_empty() => Some(&sidecar.owners),
            _ => None,
        }
    }

    /// The version that the stored state describes, if nothing that matters has happened since:
    /// loading the state needs no earlier one.
    pub(crate) fn settled_through(&self) -> Option<u64> {
        let sidecar = self.sidecar.as_ref()?;
        self.steps.is_empty().then_some(sidecar.applied_through)
    }

    /// Whether the next run would have to do again what this one does.
    pub(crate) fn lags(&self) -> bool {
        let applied_through = self
            .sidecar
            .as_ref()
            .map_or(0, |sidecar| sidecar.applied_through);
        !self.steps.is_empty() || self.version - applied_through > LONGEST_WALK
    }

    /// Reads the entries and replays what happened since.
    pub(crate) async fn state(self) -> Result<State, Error> {
        let (table, identity) = (self.table, self.identity);
        let replayed = self.replayed(&mut OnDamage::Fail).await?;
        replayed.settled(table, &identity.primary_key).await
    }

    /// The same as [`Journal::read`] and a replay, but what is damaged or missing is noted and
    /// passed over: what it alone would have proved is not ours any more.
    pub(crate) async fn salvage(
        table: &'a StoredTable,
        identity: &'a Identity,
        damage: &mut Vec<String>,
    ) -> Result<Replayed, Error> {
        let mut on_damage = OnDamage::Note(damage);
        Self::read_until(table, identity, table.version(), &mut on_damage)
            .await?
            .replayed(&mut on_damage)
            .await
    }

    async fn replayed(mut self, on_damage: &mut OnDamage<'_>) -> Result<Replayed, Error> {
        for _ in 1..ATTEMPTS {
            if let Some(replayed) = self.try_replay(on_damage).await? {
                return Ok(replayed);
            }
            on_damage.start_over();
            self = Self::read_until(self.table, self.identity, self.version, on_damage).await?;
        }
        let replayed = self.try_replay(on_damage).await?;
        replayed.ok_or_else(|| Error::Contention {
            table: self.table.label(),
            attempts: ATTEMPTS,
            written: NOTHING_WRITTEN.to_owned(),
        })
    }

    /// None if another host folded a delta and removed it meanwhile.
    async fn try_replay(&self, on_damage: &mut OnDamage<'_>) -> Result<Option<Replayed>, Error> {
        let mut state = State::default();
        if let Some(sidecar) = &self.sidecar {
            state.entries = Entries::stored(sidecar.clone());
            state.owners = sidecar.owners.clone();
        }
        state.sidecar = self.sidecar.clone();
        // Nothing came since it was written.
        if self.steps.is_empty() && self.version == self.table.version() {
            state.new_rows = Some(self.table.dataset.manifest().next_row_id);
        }
        let mut extent = Extent::Nothing;
        let mut candidates = Entries::default();

        for step in &self.steps {
            match step {
                Step::Ours { version, run_id } => {
                    let read = self.deltas.read(*version, run_id).await;
                    match on_damage.delta(*version, read)? {
                        Some(delta) => {
                            state.entries.apply(delta.entries);
                            state.owners = delta.owners;
                        }
                        None if self.was_folded(*version, on_damage).await? => return Ok(None),
                        None => {
                            on_damage.missing(*version);
                            extent = Extent::Everything;
                        }
                    }
                }
                Step::Rows { version } => extent = extent.and_since(version - 1),
                Step::Everything => extent = Extent::Everything,
                Step::Overwrite => {
                    state.entries = Entries::default();
                    extent = Extent::Everything;
                }
                Step::Restore { to } => {
                    let journal =
                        Self::read_until(self.table, self.identity, *to, on_damage).await?;
                    // What other writers did up to that version is looked at in this one: the
                    // rows are the same, and that one may be gone.
                    let restored = Box::pin(journal.replayed(on_damage)).await?;
                    state.entries = restored.state.entries;
                    state.owners = restored.state.owners;
                    extent = restored.extent;
                    candidates = restored.candidates;
                }
                Step::Pruned { version } => {
                    if let Some(delta) = self.only_delta(*version, on_damage).await? {
                        candidates.apply(delta.entries);
                        state.owners = delta.owners;
                    }
                    extent = Extent::Everything;
                }
            }
        }
        Ok(Some(Replayed {
            state,
            extent,
            candidates,
        }))
    }

    /// The delta of a version whose transaction is gone. Of several, nothing tells which one was
    /// committed, and ownership is never guessed.
    async fn only_delta(
        &self,
        version: u64,
        on_damage: &mut OnDamage<'_>,
    ) -> Result<Option<Delta>, Error> {
        let mut names = self.deltas.list().await?;
        names.retain(|name| name.version == version);
        let [name] = names.as_slice() else {
            return Ok(None);
        };
        let read = self.deltas.read(name.version, &name.run_id).await;
        on_damage.delta(version, read)
    }

    async fn was_folded(&self, version: u64, on_damage: &mut OnDamage<'_>) -> Result<bool, Error> {
        let newest = salvage::sidecar(
            self.table,
            self.identity,
            self.version,
            &mut on_damage.silent(),
        )
        .await?;
        Ok(newest.is_some_and(|sidecar| sidecar.applied_through >= version))
    }
}
