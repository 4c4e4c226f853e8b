//! Which indexes a table should have, and what that means for those that it has.

use std::collections::BTreeSet;

use lance::index::DatasetIndexExt;

use super::{
    declared::{DeclaredIndex, IndexSpec},
    kind::Kind,
    report::{IndexAction, IndexReport},
    vectors,
};
use crate::{
    error::{Error, StorageContext},
    state::Owners,
    table::StoredTable,
};

/// The indexes that a table should have once a run's rows have landed.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Declared by the run.
    declared: Vec<DeclaredIndex>,
    /// Declared by other pipelines. Building them is left to those, unless this run loses them.
    others: Vec<IndexSpec>,
    /// Names of all that pipelines have declared, now or before. Everything else is foreign.
    ours: BTreeSet<String>,
    /// What the table had before the run.
    had: BTreeSet<String>,
}

/// The rows that a plan looks at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rows {
    /// Those that are stored.
    Stored,
    /// Those that will be: so many.
    Expected(u64),
}

/// Which stored indexes go with columns before index work begins.
#[derive(Debug)]
pub(crate) enum Loses<'a> {
    /// None.
    Nothing,
    /// Those of columns that go or change their type.
    Columns(Vec<&'a str>),
    /// All: the table is written anew.
    Everything,
}

impl Loses<'_> {
    fn includes(&self, name: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::Columns(columns) => IndexSpec::parts(name).is_some_and(|(path, _)| {
                let column = path.split_once('.').map_or(path, |(column, _)| column);
                columns.contains(&column)
            }),
        }
    }
}

/// What has to be done about one index.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) report: IndexReport,
    /// The index to build, if there is one.
    pub(crate) build: Option<DeclaredIndex>,
    /// Names of indexes to remove in the same commit.
    pub(crate) remove: Vec<String>,
}

impl Work {
    fn new(index: &DeclaredIndex, action: IndexAction) -> Self {
        Self {
            report: IndexReport::new(&index.spec, action),
            build: None,
            remove: Vec::new(),
        }
    }
}

impl Wanted {
    /// What a run wants that declares `declared`, when `owners` own the table afterwards.
    pub(crate) fn new(owners: &Owners, declared: &[DeclaredIndex]) -> Self {
        let is_others = |spec: &&IndexSpec| declared.iter().all(|index| index.spec != **spec);
        let others = owners.iter().flat_map(|(_, owner)| &owner.indexes);
        let mut ours = owners.index_names.clone();
        ours.extend(declared.iter().map(|index| index.spec.name()));
        Self {
            others: others.filter(is_others).cloned().collect(),
            declared: declared.to_vec(),
            ours,
            had: BTreeSet::new(),
        }
    }

    /// Whether the table needs no look: nobody has ever declared an index of it.
    pub(crate) fn is_empty(&self) -> bool {
        self.ours.is_empty()
    }

    /// Remembers what the table has before the run.
    pub(crate) async fn note(&mut self, table: Option<&StoredTable>) -> Result<(), Error> {
        if !self.is_empty() {
            self.had = stored(table).await?;
        }
        Ok(())
    }

    /// What has to be done about each index, on the table as it is but for those that it `loses`.
    pub(crate) async fn work(
        &self,
        table: Option<&StoredTable>,
        rows: Rows,
        loses: &Loses<'_>,
    ) -> Result<Vec<Work>, Error> {
        if self.is_empty() {
            return Ok(Vec::new());
        }
        let mut stored = stored(table).await?;
        stored.retain(|name| !loses.includes(name));
        let mut retired = self.retired(&stored);
        let lost = self.lost(table, &stored);
        let mut all = Vec::new();
        for index in self.declared.iter().chain(&lost) {
            if stored.contains(&index.spec.name()) {
                all.push(Work::new(index, IndexAction::None));
                continue;
            }
            // What it replaces: the retired index of its column and class.
            let (replaced, rest): (Vec<_>, _) = retired
                .into_iter()
                .partition(|spec| spec.excludes(&index.spec));
            retired = rest;
            let needs = index.min_vectors();
            let has = vectors::count(table, index, needs, rows).await?;
            if has < needs {
                // Until there is a new one, the old one serves.
                let mut work = Work::new(index, IndexAction::Wait);
                work.report.needs = Some(needs);
                work.report.has = Some(has);
                all.push(work);
                continue;
            }
            let action = match replaced.is_empty() {
                true => IndexAction::Create,
                false => IndexAction::Replace,
            };
            all.push(Work {
                build: Some(index.clone()),
                remove: replaced.iter().map(|spec| spec.name.clone()).collect(),
                ..Work::new(index, action)
            });
        }
        all.extend(retired.into_iter().map(|retired| Work {
            report: IndexReport {
                column: retired.column,
                kind: retired.kind,
                name: retired.name.clone(),
                action: IndexAction::Drop,
                needs: None,
                has: None,
            },
            build: None,
            remove: vec![retired.name],
        }));
        Ok(all)
    }

    /// Stored indexes that pipelines have declared, and none declares any more.
    fn retired(&self, stored: &BTreeSet<String>) -> Vec<Retired> {
        let declared = self.declared.iter().map(|index| &index.spec);
        let kept: BTreeSet<String> = declared.chain(&self.others).map(IndexSpec::name).collect();
        self.ours
            .difference(&kept)
            .filter(|name| stored.contains(*name))
            .filter_map(|name| Retired::named(name))
            .collect()
    }

    /// Indexes of other pipelines that the table had before the run, and has no more: rows that
    /// are written anew lose them.
    fn lost(&self, table: Option<&StoredTable>, stored: &BTreeSet<String>) -> Vec<DeclaredIndex> {
        let Some(table) = table else {
            return Vec::new();
        };
        let is_lost = |spec: &&IndexSpec| {
            let name = spec.name();
            self.had.contains(&name) && !stored.contains(&name)
        };
        // What no longer suits its column is lost for good.
        self.others
            .iter()
            .filter(is_lost)
            .filter_map(|spec| DeclaredIndex::restored(&table.schema(), spec))
            .collect()
    }
}

/// A stored index that goes, as its name tells.
#[derive(Debug)]
struct Retired {
    name: String,
    column: String,
    kind: String,
}

impl Retired {
    fn named(name: &str) -> Option<Self> {
        let (column, kind) = IndexSpec::parts(name)?;
        Some(Self {
            name: name.to_owned(),
            column: column.to_owned(),
            kind: kind.to_owned(),
        })
    }

    fn excludes(&self, spec: &IndexSpec) -> bool {
        let class = Kind::named(&self.kind).map(Kind::class);
        self.column == spec.column && class == spec.class()
    }
}

/// The names of all indexes of a table.
pub(super) async fn stored(table: Option<&StoredTable>) -> Result<BTreeSet<String>, Error> {
    let Some(table) = table else {
        return Ok(BTreeSet::new());
    };
    let indexes = table.dataset.load_indices().await;
    let indexes = indexes.storage(table.subject(), "list its indexes")?;
    Ok(indexes.iter().map(|index| index.name.clone()).collect())
}
