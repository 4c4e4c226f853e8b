//! Goes back to an earlier version of a table: rows, columns and what is remembered of them.
//!
//! Everything that the table held at that version comes back, whoever owns it. The next run of a
//! pipeline then makes what it declares true again.

mod choice;

use std::{collections::BTreeMap, sync::Arc};

use serde::Serialize;

pub use choice::Choice;

use crate::{
    commit::{self, Restored},
    database::Databases,
    declare::RunContext,
    error::Error,
    progress::{Phase, Progress},
    sequence::Sequence,
    state::{self, Difference, Differences, Entry, Journal, Owners, State},
    table::{Identity, StoredTable},
};

const ACTION: &str = "roll it back";

/// A way back that was looked at and not gone yet.
#[derive(Debug)]
pub struct Rollback {
    run: RunContext,
    table: StoredTable,
    /// As of the version to go back to.
    identity: Identity,
    delta: Sequence,
    owners: Owners,
    report: RollbackReport,
}

/// What going back does, or did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RollbackReport {
    /// The database's name.
    pub database: String,
    /// The table's name.
    pub table: String,
    /// What became of it.
    pub status: RollbackStatus,
    /// The newest version before.
    pub from: u64,
    /// The version whose content comes back.
    pub to: u64,
    /// Why this one.
    pub chosen: Choice,
    /// What becomes of rows, for each pipeline, and for others where `pipeline` is none.
    pub rows: Vec<ReplacedRows>,
    /// Columns that come back or go, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub schema_changes: Vec<String>,
    /// The version that resulted.
    pub version: Option<u64>,
    /// The tag that keeps the version before, so that this can be taken back.
    pub tag: Option<String>,
    /// What went wrong without harm.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// What became of a rollback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RollbackStatus {
    /// It was only looked at.
    Planned,
    /// The earlier version is back.
    Applied,
    /// The version asked for is the newest one.
    Unchanged,
    /// Somebody said no.
    Refused,
}

/// What becomes of the rows of one owner.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ReplacedRows {
    /// The owner; none for rows that no pipeline declared.
    pub pipeline: Option<String>,
    /// Rows that are not in the earlier version.
    pub gone: u64,
    /// Rows that are only in the earlier version.
    pub back: u64,
    /// Rows that have other values there.
    pub changed: u64,
}

impl Rollback {
    /// Looks for the version to go back to: `to` is its number or a tag. Without it, the newest
    /// version that was tagged before a destructive commit, else the one before the last run.
    ///
    /// # Errors
    /// [`Error::NoSuchVersion`] for a version that the table cannot go back to,
    /// [`Error::UnknownToHost`] for a table that no pipeline knows.
    pub async fn plan(
        databases: Arc<Databases>,
        database: &str,
        table: &str,
        to: Option<&str>,
        progress: Arc<Progress>,
    ) -> Result<Self, Error> {
        let table = StoredTable::existing(&databases, database, table).await?;
        let known = table.identity()?.ok_or_else(|| Error::UnknownToHost {
            table: table.label(),
        })?;
        let chosen = choice::choose(&table, to).await?;
        let earlier = table.at(chosen.version).await?;
        let identity = match earlier.identity()? {
            Some(identity) if identity.table_id == known.table_id => identity,
            _ => return Err(chosen.unknown_then(&table)),
        };
        let now = Journal::read(&table, &known).await?.state().await?;
        let then = Journal::read(&earlier, &identity).await?.state().await?;
        let mut damage = Vec::new();
        Journal::salvage(&earlier, &identity, &mut damage).await?;
        let forgotten = damage.into_iter().map(|damage| {
            format!(
                "as of version {}, {damage}: rows that nothing proves to be a pipeline's belong to nobody there",
                chosen.version
            )
        });
        let report = RollbackReport {
            database: table.database.name.clone(),
            table: table.name.clone(),
            status: match chosen.version == table.version() {
                true => RollbackStatus::Unchanged,
                false => RollbackStatus::Planned,
            },
            from: table.version(),
            to: chosen.version,
            chosen: chosen.choice,
            rows: replaced(&now, &then).await?,
            schema_changes: columns(&table, &earlier),
            version: None,
            tag: None,
            warnings: forgotten.collect(),
        };
        Ok(Self {
            run: RunContext::of_host(databases, progress),
            table,
            identity,
            delta: state::delta(&now.entries, &then.entries).await?,
            owners: then.owners,
            report,
        })
    }

    /// What going back would do.
    pub fn report(&self) -> &RollbackReport {
        &self.report
    }

    /// Goes back, in one new version.
    ///
    /// # Errors
    /// [`Error::Overtaken`] if the table changed since it was looked at; nothing was written.
    pub async fn commit(self) -> Result<RollbackReport, Error> {
        let Self {
            run,
            table,
            identity,
            delta,
            owners,
            mut report,
        } = self;
        if report.status == RollbackStatus::Unchanged {
            return Ok(report);
        }
        run.progress.enter(Phase::Committing);
        let restored = commit::restore(&run, &table, &identity, report.to, &delta, &owners);
        let restored = run.finished(restored.await).await?;
        let Some(Restored {
            table,
            tag,
            warning,
        }) = restored
        else {
            return Err(Error::Overtaken {
                table: table.label(),
                action: ACTION,
            });
        };
        run.progress.enter(Phase::Done);
        report.status = RollbackStatus::Applied;
        report.version = Some(table.version());
        report.tag = Some(tag);
        report.warnings.extend(warning);
        Ok(report)
    }
}

/// What becomes of rows between two states. A row that was written anew with the same values
/// has another id, and for people it is the same.
async fn replaced(now: &State, then: &State) -> Result<Vec<ReplacedRows>, Error> {
    let mut rows: BTreeMap<Option<String>, ReplacedRows> = BTreeMap::new();
    let mut of = |owners: &Owners, entry: Entry, add: fn(&mut ReplacedRows)| {
        let pipeline = owners.get(entry.owner).map(|owner| owner.pipeline.clone());
        let entry = rows.entry(pipeline.clone()).or_default();
        entry.pipeline = pipeline;
        add(entry);
    };
    let (owners_now, owners_then) = (&now.owners, &then.owners);
    let mut differences = Differences::new(&now.entries, &then.entries).await?;
    let mut next = differences.next().await?;
    while let Some(first) = next {
        let mut same_key = vec![first];
        next = differences.next().await?;
        while let Some(other) = next.filter(|other| other.key() == first.key()) {
            same_key.push(other);
            next = differences.next().await?;
        }
        let (mut gone, mut back) = (Vec::new(), Vec::new());
        for difference in same_key {
            match difference {
                Difference::Gone(entry) => gone.push(entry),
                Difference::New(entry) => back.push(entry),
                Difference::Changed { before, after } => {
                    gone.push(before);
                    back.push(after);
                }
            }
        }
        let pairs = gone.len().min(back.len());
        for (before, after) in gone.iter().zip(&back) {
            if before.fingerprint != after.fingerprint {
                of(owners_then, *after, |rows| rows.changed += 1);
            }
        }
        for entry in gone.into_iter().skip(pairs) {
            of(owners_now, entry, |rows| rows.gone += 1);
        }
        for entry in back.into_iter().skip(pairs) {
            of(owners_then, entry, |rows| rows.back += 1);
        }
    }
    // Pipelines by name, then what belongs to nobody.
    let others = rows.remove(&None);
    Ok(rows.into_values().chain(others).collect())
}

/// Columns that come back, go, or get back their type, in words.
fn columns(now: &StoredTable, then: &StoredTable) -> Vec<String> {
    let (now, then) = (now.schema(), then.schema());
    let gone = now
        .fields()
        .iter()
        .filter(|field| then.field_with_name(field.name()).is_err())
        .map(|field| format!("column {:?} goes", field.name()));
    let back = then
        .fields()
        .iter()
        .filter_map(|field| match now.field_with_name(field.name()) {
            Err(_) => Some(format!("column {:?} comes back", field.name())),
            Ok(newer) if newer.data_type() != field.data_type() => Some(format!(
                "column {:?} is {} again, instead of {}",
                field.name(),
                field.data_type(),
                newer.data_type()
            )),
            Ok(newer) if newer.is_nullable() != field.is_nullable() => Some(format!(
                "column {:?} is {} again",
                field.name(),
                match field.is_nullable() {
                    true => "nullable",
                    false => "required",
                }
            )),
            Ok(_) => None,
        });
    gone.chain(back).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Entries, FOREIGN};

    fn entry(key: u128, row_id: u64, fingerprint: u128, owner: u32) -> Entry {
        Entry {
            key,
            fingerprint,
            row_id,
            owner,
        }
    }

    #[tokio::test]
    async fn rows_are_told_by_key_and_value_and_not_by_id() {
        let mut owners = Owners::default();
        let ours = owners.id_of("p", "");
        let now = [
            entry(1, 1, 1, ours),
            entry(2, 12, 5, ours),
            entry(3, 13, 1, ours),
            entry(4, 4, 1, FOREIGN),
        ];
        let then = [
            entry(1, 1, 1, ours),
            // Updated since.
            entry(2, 2, 1, ours),
            // Written anew since, with the same values.
            entry(3, 3, 1, ours),
            entry(5, 5, 1, ours),
        ];
        let state = |entries: &[Entry]| State {
            entries: Entries::of(vec![Sequence::from(entries.to_vec())]),
            owners: owners.clone(),
            ..State::default()
        };
        let rows = replaced(&state(&now), &state(&then)).await.unwrap();
        assert_eq!(
            rows,
            [
                ReplacedRows {
                    pipeline: Some("p".to_owned()),
                    gone: 0,
                    back: 1,
                    changed: 1
                },
                ReplacedRows {
                    pipeline: None,
                    gone: 1,
                    back: 0,
                    changed: 0
                },
            ]
        );
    }
}
