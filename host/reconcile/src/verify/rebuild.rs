//! Makes the state of a table anew from what is left: the table itself, sound parts of the
//! sidecar, and delta files.

use std::sync::Arc;

use serde::Serialize;

use super::{examine::examine, repair, statuses};
use crate::{
    commit::mend,
    database::Databases,
    declare::{RunContext, check_pipeline_name},
    error::Error,
    merge::Chunks,
    progress::{Phase, Progress},
    sequence::SequenceBuilder,
    state::{Entries, FOREIGN, ROOT_SCOPE, State},
    status::OwnerStatus,
    table::{Identity, StoredTable},
};

/// A state that was made anew and is not stored yet.
#[derive(Debug)]
pub struct StateRebuild {
    run: RunContext,
    table: StoredTable,
    identity: Identity,
    stored: Entries,
    truth: State,
    report: RebuiltState,
}

/// What a state that was made anew says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RebuiltState {
    /// The database's name.
    pub database: String,
    /// The table's name.
    pub table: String,
    /// What was wrong with the state before, in words.
    pub damage: Vec<String>,
    /// How many rows each pipeline owns.
    pub owners: Vec<OwnerStatus>,
    /// Rows of which nothing proves that a pipeline owns them.
    pub foreign_rows: u64,
    /// Rows among those of `owners` that a person gave to a pipeline.
    pub claimed: u64,
    /// The version that resulted; none if it is not stored yet.
    pub version: Option<u64>,
}

impl StateRebuild {
    /// Reads everything. Rows that nothing proves to be a pipeline's belong to `claimant`, or
    /// to nobody.
    ///
    /// # Errors
    /// [`Error::UnknownDatabase`] or [`Error::UnknownTable`] for a name that does not exist,
    /// [`Error::UnknownToHost`] for a table that no pipeline knows, [`Error::PipelineName`] for a
    /// claimant that cannot be an owner.
    pub async fn plan(
        databases: Arc<Databases>,
        database: &str,
        table: &str,
        claimant: Option<&str>,
        progress: Arc<Progress>,
    ) -> Result<Self, Error> {
        if let Some(claimant) = claimant {
            check_pipeline_name(claimant)?;
        }
        let table = StoredTable::existing(&databases, database, table).await?;
        let mut damage = Vec::new();
        let identity = repair::identity(&table, &mut damage)?;
        let identity = identity.ok_or_else(|| Error::UnknownToHost {
            table: table.label(),
        })?;
        let examined = examine(&table, &identity, &mut damage).await?;
        let mut truth = examined.truth;
        let claimed = truth.owners.foreign_rows;
        let claimed = match claimant {
            Some(claimant) if claimed > 0 => {
                claim(&mut truth, claimant).await?;
                claimed
            }
            _ => 0,
        };
        let report = RebuiltState {
            database: table.database.name.clone(),
            table: table.name.clone(),
            damage,
            owners: statuses(&truth.owners),
            foreign_rows: truth.owners.foreign_rows,
            claimed,
            version: None,
        };
        Ok(Self {
            run: RunContext::of_host(databases, progress),
            table,
            identity,
            stored: examined.stored,
            truth,
            report,
        })
    }

    /// What the state will say.
    pub fn report(&self) -> &RebuiltState {
        &self.report
    }

    /// Stores it.
    ///
    /// # Errors
    /// [`Error::Overtaken`] if the table changed since it was read; nothing was written.
    pub async fn commit(mut self) -> Result<RebuiltState, Error> {
        self.run.progress.enter(Phase::Committing);
        let landed = mend(
            &self.run,
            &self.table,
            &self.identity,
            &self.stored,
            &self.truth,
        );
        let landed = self.run.finished(landed.await).await?;
        let landed = landed.ok_or_else(|| Error::Overtaken {
            table: self.table.label(),
            action: "rebuild its state",
        })?;
        self.run.progress.enter(Phase::Done);
        self.report.version = Some(landed.version());
        Ok(self.report)
    }
}

/// Gives all rows that belong to nobody to a pipeline.
async fn claim(truth: &mut State, claimant: &str) -> Result<(), Error> {
    let owner = truth.owners.id_of(claimant, ROOT_SCOPE);
    let owners = &truth.owners;
    let mut claimed = SequenceBuilder::new();
    let mut chunks = truth.entries.chunks().await?;
    while let Some(chunk) = chunks.next_chunk().await? {
        for mut entry in chunk {
            if entry.owner == FOREIGN || owners.get(entry.owner).is_none() {
                entry.owner = owner;
            }
            claimed.push(entry)?;
        }
    }
    truth.entries = Entries::of(vec![claimed.finish()?]);
    truth.owners.recount(&truth.entries).await
}
