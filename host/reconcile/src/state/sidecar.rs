//! The sidecar: a Lance dataset that holds a table's entries as of `applied_through`.
//!
//! It has a part for each [`fold`](super::fold), oldest first; each part is sorted by key and row id.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures::{StreamExt, TryStreamExt};
use lance::Dataset;

use super::{
    checksum::{Checksum, Tally},
    damage::unreadable,
    entries::{self, Entry},
    names::{APPLIED_THROUGH, CHECKSUM, OWNERS},
    owners::Owners,
};
use crate::{contain::contained, database::Database, error::Error, merge::Run};

/// One version of a table's sidecar.
#[derive(Debug, Clone)]
pub(crate) struct Sidecar {
    dataset: Arc<Dataset>,
    /// The newest version of the sidecar, which may be later than this one.
    head: u64,
    /// The table version that it describes.
    pub(crate) applied_through: u64,
    /// The owners as of that version.
    pub(crate) owners: Owners,
    checksum: Checksum,
    /// `DATABASE/TABLE`.
    table: String,
}

pub(super) fn uri(database: &Database, table_id: &str) -> String {
    format!("{}/state/{table_id}", database.host_uri())
}

impl Sidecar {
    /// The newest sidecar that describes `version` or an earlier version of the table.
    pub(crate) async fn find(
        database: &Database,
        table: &str,
        table_id: &str,
        version: u64,
    ) -> Result<Option<Self>, Error> {
        let table = database.label(table);
        let Some(newest) = database
            .load(&uri(database, table_id))
            .await
            .map_err(|error| unreadable(&table, "open it", error))?
        else {
            return Ok(None);
        };
        let head = newest.version_id();
        let mut dataset = newest;
        loop {
            let sidecar = Self::describe(dataset, head, &table).await?;
            if sidecar.applied_through <= version {
                return Ok(Some(sidecar));
            }
            // Another host is ahead of the version asked for.
            let earlier = sidecar.dataset.version_id() - 1;
            if earlier == 0 {
                return Ok(None);
            }
            dataset = match contained(sidecar.dataset.checkout_version(earlier)).await {
                Ok(dataset) => dataset,
                Err(error) if error.is_not_found() => return Ok(None),
                Err(
                    lance::Error::DatasetNotFound { .. } | lance::Error::VersionNotFound { .. },
                ) => {
                    return Ok(None);
                }
                Err(error) => {
                    return Err(unreadable(&table, "open an earlier version of it", error));
                }
            };
        }
    }

    /// Its version, among those of the sidecar.
    pub(super) fn version(&self) -> u64 {
        self.dataset.version_id()
    }

    /// What one version of the dataset says of itself.
    async fn describe(dataset: Dataset, head: u64, table: &str) -> Result<Self, Error> {
        let transaction = dataset
            .read_version_transaction(dataset.version_id())
            .await
            .map_err(|error| unreadable(table, "read its latest change", error))?
            .transaction;
        let properties = transaction
            .and_then(|t| t.transaction_properties)
            .unwrap_or_default();
        let damaged = |problem: &str| Error::DamagedState {
            table: table.to_owned(),
            problem: format!("version {} of the sidecar {problem}", dataset.version_id()),
        };
        let property = |name| properties.get(name).map(String::as_str).unwrap_or_default();
        let (described, named) = (property(APPLIED_THROUGH), property(OWNERS));
        let applied_through: u64 = described
            .parse()
            .map_err(|_| damaged("does not say what it describes"))?;
        let owners = Owners::from_json(named).ok_or_else(|| damaged("does not name its owners"))?;
        let checksum: Checksum = property(CHECKSUM)
            .parse()
            .map_err(|()| damaged("has no checksum"))?;
        if !checksum.holds_for_said(&[described, named]) {
            return Err(damaged("has other owners than were written"));
        }
        Ok(Self {
            dataset: Arc::new(dataset),
            head,
            applied_through,
            owners,
            checksum,
            table: table.to_owned(),
        })
    }

    /// Whether this is the newest version, so that a fold may append to it.
    pub(crate) fn is_newest(&self) -> bool {
        self.dataset.version_id() == self.head
    }

    /// The entries as they were written, a run for each fold: later ones replace earlier ones,
    /// and may remove them. Whoever has read all of them knows that they are what was written.
    pub(super) async fn runs(&self) -> Result<Vec<Run<Entry>>, Error> {
        let (runs, read) = self.runs_from(0).await?;
        let unread = Arc::new(AtomicUsize::new(runs.len()));
        let checked = runs.into_iter().map(|run| {
            let (sidecar, read, unread) = (self.clone(), read.clone(), unread.clone());
            let check = move || {
                let is_last = unread.fetch_sub(1, Ordering::AcqRel) == 1;
                if is_last && read.sum() != sidecar.checksum.entries() {
                    return Err(sidecar.damaged("has other rows than were written"));
                }
                Ok(Vec::new())
            };
            run.chain(futures::stream::iter(std::iter::once_with(check)))
                .boxed()
        });
        Ok(checked.collect())
    }

    /// The runs from the part `first` on, and what is read of them.
    pub(super) async fn runs_from(&self, first: usize) -> Result<(Vec<Run<Entry>>, Tally), Error> {
        let mut runs = Vec::new();
        let read = Tally::default();
        for fragment in self.dataset.fragments().iter().skip(first) {
            let mut scan = self.dataset.scan();
            scan.with_fragments(vec![fragment.clone()]);
            scan.scan_in_order(true);
            let batches = contained(scan.try_into_stream()).await;
            let batches = batches.map_err(|error| self.unreadable("read it", error))?;
            let start = (batches, read.clone(), self.clone());
            let run = futures::stream::try_unfold(start, |(mut batches, read, sidecar)| async {
                let failed = |error| sidecar.unreadable("read it", error);
                let Some(batch) = contained(batches.try_next()).await.map_err(failed)? else {
                    return Ok(None);
                };
                let chunk = entries::decode(&batch).map_err(|error| failed(error.into()))?;
                read.add(&chunk);
                Ok(Some((chunk, (batches, read, sidecar))))
            });
            runs.push(run.boxed());
        }
        Ok((runs, read))
    }

    /// The error of a read of this version.
    fn unreadable(&self, action: &'static str, error: lance::Error) -> Error {
        unreadable(&self.table, action, error)
    }

    /// What is wrong with this version.
    fn damaged(&self, problem: &str) -> Error {
        Error::DamagedState {
            table: self.table.clone(),
            problem: format!("version {} of the sidecar {problem}", self.version()),
        }
    }

    /// A certain version of the sidecar; `head` is the newest one.
    pub(super) async fn open_version(
        database: &Database,
        table: &str,
        table_id: &str,
        version: u64,
        head: u64,
    ) -> Result<Self, Error> {
        let table = database.label(table);
        let label = format!("the state of table {table}");
        let uri = uri(database, table_id);
        let dataset = database.open_version(&uri, &label, version).await?;
        Self::describe(dataset, head, &table).await
    }

    /// The newest version, only to be replaced: nobody needs to know what it says.
    pub(super) async fn to_replace(
        database: &Database,
        table: &str,
        table_id: &str,
    ) -> Result<Option<Self>, Error> {
        let newest = database.load(&uri(database, table_id)).await;
        let newest =
            newest.map_err(|error| unreadable(&database.label(table), "open it", error))?;
        Ok(newest.map(|dataset| Self {
            head: dataset.version_id(),
            dataset: Arc::new(dataset),
            applied_through: 0,
            owners: Owners::default(),
            checksum: Checksum::default(),
            table: database.label(table),
        }))
    }

    pub(super) fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    pub(super) fn label(&self) -> String {
        format!("the state of table {}", self.table)
    }

    /// Of what was written into this version and is still in it.
    pub(super) fn checksum(&self) -> Checksum {
        self.checksum
    }
}
