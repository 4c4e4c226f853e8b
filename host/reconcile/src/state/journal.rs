//! Arrives at the state of an exact version of a table.
//!
//! The sidecar may be behind the table: a run was killed between its commit and its fold, or
//! other writers committed. The journal walks the table's transactions from where the sidecar
//! ends. Our own are applied from their delta files; those of other writers are found by their
//! kind and looked up in the table itself.

use std::collections::BTreeSet;

use lance::dataset::transaction::{Operation, Transaction};

use super::{
    Deltas, entries,
    layered::Entries,
    names::RUN_ID,
    owners::Owners,
    resync::{self, Extent},
    sidecar::Sidecar,
};
use crate::{
    error::{Error, StorageContext},
    merge::Chunks,
    sequence::Sequence,
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
        let found =
            resync::changes(table, &hasher, &nothing, Vec::new(), Extent::Everything).await?;
        Ok(Entries::of(entries::latest(found)))
    }

    /// How many live rows the table has.
    pub(crate) fn rows(&self) -> u64 {
        self.owners.rows()
    }

    /// Counts anew what each owner has.
    async fn recount(&mut self) -> Result<(), Error> {
        self.owners.forget_counts();
        let mut chunks = self.entries.chunks().await?;
        while let Some(chunk) = chunks.next_chunk().await? {
            self.owners.count(&chunk);
        }
        Ok(())
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

/// A transaction that matters to the state.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// A commit of this host or another one.
    Ours { version: u64, run_id: String },
    /// Another writer changed rows.
    Rows { version: u64 },
    /// Another writer changed columns, or did what this version does not know.
    Everything,
    /// Another writer replaced all rows.
    Overwrite,
    /// Another writer went back to an earlier version.
    Restore { to: u64 },
    /// The transaction is gone: old versions were pruned.
    Pruned { version: u64 },
}

impl<'a> Journal<'a> {
    /// Reads what happened up to the version of `table`, without reading any entries.
    pub(crate) async fn read(
        table: &'a StoredTable,
        identity: &'a Identity,
    ) -> Result<Self, Error> {
        Self::read_until(table, identity, table.version()).await
    }

    async fn read_until(
        table: &'a StoredTable,
        identity: &'a Identity,
        version: u64,
    ) -> Result<Self, Error> {
        let database = &table.database;
        let sidecar = Sidecar::find(database, &table.name, &identity.table_id, version).await?;
        let deltas = Deltas::open(database, &table.name, &identity.table_id).await?;
        let applied_through = sidecar
            .as_ref()
            .map_or(0, |sidecar| sidecar.applied_through);
        let steps = if sidecar.is_none() && deltas.list().await?.is_empty() {
            // No run has ever committed: whatever is stored is foreign.
            vec![Step::Everything]
        } else {
            steps(table, applied_through + 1, version).await?
        };
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
    pub(crate) async fn state(mut self) -> Result<State, Error> {
        for _ in 1..ATTEMPTS {
            if let Some(state) = self.try_state().await? {
                return Ok(state);
            }
            self = Self::read_until(self.table, self.identity, self.version).await?;
        }
        self.try_state().await?.ok_or_else(|| Error::Contention {
            table: self.table.label(),
            attempts: ATTEMPTS,
        })
    }

    /// None if another host folded a delta and removed it meanwhile.
    async fn try_state(&self) -> Result<Option<State>, Error> {
        let mut state = State::default();
        if let Some(sidecar) = &self.sidecar {
            state.entries = Entries::stored(sidecar.clone());
            state.owners = sidecar.owners.clone();
        }
        state.sidecar = self.sidecar.clone();
        let mut extent = Extent::Nothing;
        let mut candidates = Vec::new();

        for step in &self.steps {
            match step {
                Step::Ours { version, run_id } => match self.deltas.read(*version, run_id).await? {
                    Some(delta) => {
                        state.entries.apply(Sequence::from(delta.entries));
                        state.owners = delta.owners;
                    }
                    None if self.was_folded(*version).await? => return Ok(None),
                    None => extent = Extent::Everything,
                },
                Step::Rows { version } => extent = extent.and_since(version - 1),
                Step::Everything => extent = Extent::Everything,
                Step::Overwrite => {
                    state.entries = Entries::default();
                    extent = Extent::Everything;
                }
                Step::Restore { to } => {
                    let journal = Self::read_until(self.table, self.identity, *to).await?;
                    let restored = Box::pin(journal.state()).await?;
                    state.entries = restored.entries;
                    state.owners = restored.owners;
                    extent = Extent::Nothing;
                }
                Step::Pruned { version } => {
                    for name in self.deltas.list().await? {
                        if name.version == *version
                            && let Some(delta) =
                                self.deltas.read(name.version, &name.run_id).await?
                        {
                            candidates.extend(delta.entries);
                            state.owners = delta.owners;
                        }
                    }
                    extent = Extent::Everything;
                }
            }
        }
        if extent != Extent::Nothing {
            let table = self.table.at(self.version).await?;
            if state.owners.iter().next().is_none() && state.owners.hashed.is_empty() {
                // Nobody has declared the table yet, or all memory of it is lost.
                let schema = table.schema();
                let columns = schema.fields().iter().map(|field| field.name().clone());
                state.owners.hashed = columns.collect();
            }
            let hasher = table.hasher(&self.identity.primary_key, &state.owners.hashed);
            let changes =
                resync::changes(&table, &hasher, &state.entries, candidates, extent).await?;
            state
                .entries
                .apply(Sequence::from(entries::latest(changes)));
            state.recount().await?;
        }
        Ok(Some(state))
    }

    async fn was_folded(&self, version: u64) -> Result<bool, Error> {
        let newest = Sidecar::find(
            &self.table.database,
            &self.table.name,
            &self.identity.table_id,
            self.version,
        )
        .await?;
        Ok(newest.is_some_and(|sidecar| sidecar.applied_through >= version))
    }
}

/// The steps that versions `first..=last` are made of.
async fn steps(table: &StoredTable, first: u64, last: u64) -> Result<Vec<Step>, Error> {
    let mut steps = Vec::new();
    for version in first..=last {
        let transaction = match table.dataset.read_version_transaction(version).await {
            Ok(read) => read.transaction,
            Err(error) if is_gone(&error) => None,
            Err(error) => return Err(error).storage(table.subject(), "read its history"),
        };
        match transaction {
            Some(transaction) => steps.extend(step(version, &transaction)),
            None => steps.push(Step::Pruned { version }),
        }
    }
    Ok(steps)
}

fn is_gone(error: &lance::Error) -> bool {
    error.is_not_found()
        || matches!(
            error.find_root(),
            lance::Error::DatasetNotFound { .. } | lance::Error::VersionNotFound { .. }
        )
}

/// What a transaction means for the state; none if nothing.
fn step(version: u64, transaction: &Transaction) -> Option<Step> {
    let properties = transaction.transaction_properties.as_deref();
    if let Some(run_id) = properties.and_then(|properties| properties.get(RUN_ID)) {
        return Some(Step::Ours {
            version,
            run_id: run_id.clone(),
        });
    }
    match &transaction.operation {
        // Rows keep their ids and values.
        Operation::Rewrite { .. }
        | Operation::CreateIndex { .. }
        | Operation::UpdateConfig { .. }
        | Operation::UpdateBases { .. }
        | Operation::ReserveFragments { .. } => None,
        Operation::Append { .. } | Operation::Delete { .. } | Operation::Update { .. } => {
            Some(Step::Rows { version })
        }
        Operation::Overwrite { .. } => Some(Step::Overwrite),
        Operation::Restore { version } => Some(Step::Restore { to: *version }),
        _ => Some(Step::Everything),
    }
}
