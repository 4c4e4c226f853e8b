//! The sidecar: a Lance dataset that holds a table's entries as of `applied_through`.
//!
//! It has a part for each [`fold`](super::fold), oldest first; each part is sorted by key and row id,
//! and may have a [`summary`](super::summary) after its entries.

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures::{StreamExt, TryStreamExt};
use lance::Dataset;
use roaring::RoaringBitmap;
use tokio::sync::OnceCell;

use super::{
    checksum::{Checksum, Sum, Tally},
    damage::unreadable,
    entries::Entry,
    names::{APPLIED_THROUGH, CHECKSUM, OWNERS, SUMMARIES},
    owners::Owners,
    part,
    summary::{RangeIndex, Summaries},
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
    /// What it says of the summaries of its parts, if they have any.
    summaries: Option<Summaries>,
    /// The summaries, once they were read.
    index: Arc<OnceCell<RangeIndex>>,
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
        let summarized = property(SUMMARIES);
        if !checksum.holds_for_said(&[described, named, summarized]) {
            return Err(damaged("has other owners than were written"));
        }
        let summaries: Option<Summaries> = match summarized {
            "" => None,
            text => Some(
                text.parse()
                    .map_err(|()| damaged("has no readable summaries"))?,
            ),
        };
        let parts = dataset.fragments().len();
        if summaries
            .as_ref()
            .is_some_and(|summaries| summaries.rows.len() != parts)
        {
            return Err(damaged("has other parts than were written"));
        }
        Ok(Self {
            dataset: Arc::new(dataset),
            head,
            applied_through,
            owners,
            checksum,
            summaries,
            index: Arc::default(),
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
        for (number, entries) in self.part_sizes().enumerate().skip(first) {
            let tally = read.clone();
            let run = self.read_part(number, Some(0..entries)).await?;
            runs.push(run.inspect_ok(move |chunk| tally.add(chunk)).boxed());
        }
        Ok((runs, read))
    }

    /// The entries in some ranges of key hashes, a run for each part. None of them was changed since
    /// it was written.
    pub(super) async fn runs_in(
        &self,
        index: &RangeIndex,
        wanted: &RoaringBitmap,
    ) -> Result<Vec<Run<Entry>>, Error> {
        let mut runs = Vec::new();
        for number in 0..self.dataset.fragments().len() {
            let part = index.rows_in(number, wanted);
            let run = self.read_part(number, part.rows.clone()).await?;
            let (read, sidecar) = (Tally::default(), self.clone());
            let tally = read.clone();
            let check = move || match part.add_up_to(read.sum()) {
                true => Ok(Vec::new()),
                false => Err(sidecar.damaged("has other rows than were written")),
            };
            let run = run.inspect_ok(move |chunk| tally.add(chunk));
            let checked = run.chain(futures::stream::iter(std::iter::once_with(check)));
            runs.push(checked.boxed());
        }
        Ok(runs)
    }

    /// Which ranges of key hashes hold what; none if that was not written.
    pub(super) async fn index(&self) -> Result<Option<&RangeIndex>, Error> {
        let Some(summaries) = &self.summaries else {
            return Ok(None);
        };
        let index = self.index.get_or_try_init(|| self.read_index(summaries));
        Ok(Some(index.await?))
    }

    async fn read_index(&self, summaries: &Summaries) -> Result<RangeIndex, Error> {
        let mut parts = Vec::new();
        let mut read = Sum::default();
        for (number, entries) in self.part_sizes().enumerate() {
            let end = entries + summaries.rows.get(number).copied().unwrap_or_default();
            let run = self.read_part(number, Some(entries..end)).await?;
            let rows: Vec<Vec<Entry>> = run.try_collect().await?;
            let rows = rows.concat();
            read.add(&rows);
            parts.push(rows);
        }
        if read != summaries.sum {
            return Err(self.damaged("has other summaries than were written"));
        }
        Ok(RangeIndex::new(summaries.ranges, parts))
    }

    async fn read_part(
        &self,
        number: usize,
        rows: impl IntoIterator<Item = Range<u64>>,
    ) -> Result<Run<Entry>, Error> {
        let Some(fragment) = self.dataset.fragments().get(number) else {
            return Ok(futures::stream::empty().boxed());
        };
        let sidecar = self.clone();
        let failed = move |error| sidecar.unreadable("read it", error);
        part::read(&self.dataset, fragment, rows.into_iter().collect(), failed).await
    }

    /// How many entries each part has, those that were replaced or removed since included.
    pub(super) fn part_sizes(&self) -> impl Iterator<Item = u64> {
        let summaries = self.summaries.as_ref();
        let parts = self.dataset.iter_fragments().enumerate();
        parts.map(move |(number, part)| {
            let rows = part.physical_rows.unwrap_or_default() as u64;
            let summary = summaries.and_then(|summaries| summaries.rows.get(number));
            rows.saturating_sub(summary.copied().unwrap_or_default())
        })
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
            summaries: None,
            index: Arc::default(),
            table: database.label(table),
        }))
    }

    pub(super) fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    pub(super) fn label(&self) -> String {
        format!("the state of table {}", self.table)
    }

    /// What this version says of the summaries of its parts.
    pub(super) fn summaries(&self) -> Option<&Summaries> {
        self.summaries.as_ref()
    }

    /// Of what was written into this version and is still in it.
    pub(super) fn checksum(&self) -> Checksum {
        self.checksum
    }
}
