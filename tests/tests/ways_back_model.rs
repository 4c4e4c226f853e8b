//! Random sequences of runs, foreign writes, ways back and lost state that is made anew, against a model
//! in memory.
//!
//! Through the reconciler's own interface, without processes or components, so that many
//! steps fit into a short time. After every step the table's content is the model's, and `verify`
//! finds each row with the owner that the model has for it. Half of the tables are compacted, and
//! lose their history, after every commit.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use lance_host_reconcile::{
    Error, ErrorKind, MaintenancePolicy, Report, Rollback, RunOptions, StateRebuild,
};
use lance_host_tests::{ForeignTable, InProcess, in_process};
use proptest::{collection::vec, prelude::*, test_runner::FileFailurePersistence};

const TABLE: &str = "t";
const PIPELINES: [&str; 2] = ["first", "second"];
/// Few keys, so that the steps meet.
const KEYS: u8 = 8;

type Rows = BTreeMap<String, i64>;

/// Something that happens to the table.
#[derive(Debug, Clone)]
enum Step {
    /// A pipeline runs and declares exactly these rows.
    Run {
        pipeline: usize,
        rows: Rows,
        adopt: bool,
    },
    /// A pipeline is dropped.
    Drop { pipeline: usize },
    /// Somebody else appends a row, if its key is not there.
    Append { key: String, value: i64 },
    /// Somebody else changes a row, whoever owns it.
    Update { key: String, value: i64 },
    /// Somebody else deletes a row, whoever owns it.
    Delete { key: String },
    /// Somebody else inserts or replaces a row.
    Merge { key: String, value: i64 },
    /// Somebody else compacts the table.
    Optimize,
    /// Somebody else removes all versions but the newest.
    Prune,
    /// The table goes back to one of the versions that are left, by our command or by that of
    /// somebody else.
    GoBack { to: usize, ours: bool },
    /// What is remembered is put right, whether or not it is wrong.
    Repair,
    /// The newest fold is lost; the delta files since the one before tell the same.
    LoseFold,
    /// Everything that is remembered is lost, and made anew.
    LoseEverything,
}

/// Who a row belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Pipeline(usize),
    Nobody,
}

/// Rows with their owners and values, by key.
type Content = BTreeMap<String, (Owner, i64)>;

/// What should be stored.
#[derive(Debug, Clone, Default, PartialEq)]
struct Model {
    /// `None` if there is no such table.
    rows: Option<Content>,
    /// Which pipelines have declared the table.
    declared: [bool; 2],
    /// All memory of this version and of those before is lost.
    lost: u64,
    /// What was stored in each version of the table.
    history: BTreeMap<u64, (Content, [bool; 2])>,
}

impl Model {
    /// The outcome of a run; an error changes nothing.
    fn run(&mut self, pipeline: usize, declared: &Rows, adopt: bool) -> Result<(), ErrorKind> {
        let mut rows = self.rows.clone().unwrap_or_default();
        let ours = Owner::Pipeline(pipeline);
        for key in declared.keys() {
            match rows.get(key) {
                Some((Owner::Nobody, _)) if adopt => {}
                Some((owner, _)) if *owner != ours => return Err(ErrorKind::Conflict),
                _ => {}
            }
        }
        rows.retain(|key, (owner, _)| *owner != ours || declared.contains_key(key));
        rows.extend(
            declared
                .iter()
                .map(|(key, value)| (key.clone(), (ours, *value))),
        );
        self.rows = Some(rows);
        self.declared[pipeline] = true;
        Ok(())
    }

    /// The pipeline's rows go, and with the last pipeline the table, unless others use it.
    fn drop(&mut self, pipeline: usize) {
        let Some(rows) = &mut self.rows else { return };
        rows.retain(|_, (owner, _)| *owner != Owner::Pipeline(pipeline));
        let was_declared = std::mem::take(&mut self.declared[pipeline]);
        if was_declared && self.declared == [false, false] && rows.is_empty() {
            self.rows = None;
        }
    }

    /// Notes what is stored now as that of the table's newest version, and forgets versions
    /// that are gone.
    fn note(&mut self, table: Option<&ForeignTable>) {
        match (&self.rows, table) {
            (Some(rows), Some(table)) => {
                let left = table.versions();
                self.history.retain(|version, _| left.contains(version));
                self.history
                    .insert(table.version(), (rows.clone(), self.declared));
            }
            _ => {
                self.history.clear();
                self.lost = 0;
            }
        }
    }

    /// Nobody knows any more who declared what.
    fn forget_owners(&mut self) {
        let nobodys = |rows: &mut Content| {
            rows.values_mut().for_each(|row| row.0 = Owner::Nobody);
        };
        self.rows.as_mut().map(nobodys);
        self.declared = [false, false];
        for (rows, declared) in self.history.values_mut() {
            nobodys(rows);
            *declared = [false, false];
        }
    }

    /// How many rows belong to it.
    fn rows_of(&self, owner: Owner) -> u64 {
        let rows = self.rows.iter().flat_map(|rows| rows.values());
        rows.filter(|row| row.0 == owner).count() as u64
    }

    fn content(&self) -> Option<Vec<(String, Option<i64>)>> {
        let rows = self.rows.as_ref()?;
        Some(
            rows.iter()
                .map(|(key, (_, value))| (key.clone(), Some(*value)))
                .collect(),
        )
    }
}

/// The real thing.
struct Real {
    host: InProcess,
}

impl Real {
    fn new(maintained: bool) -> Self {
        Self {
            host: InProcess::new(match maintained {
                true => InProcess::eager(),
                false => MaintenancePolicy::default(),
            }),
        }
    }

    fn path(&self) -> &Path {
        self.host.path()
    }

    fn run(&self, pipeline: usize, rows: Option<&Rows>, adopt: bool) -> Result<Report, Error> {
        let options = RunOptions {
            adopt,
            ..self.host.options(PIPELINES[pipeline])
        };
        let batch = |rows: &Rows| {
            let rows = rows.iter().map(|(key, value)| (key.as_str(), *value));
            in_process::batch(rows)
        };
        let report = self.host.run(options, rows.map(batch))?;
        assert!(report.warnings.is_empty(), "{report:?}");
        Ok(report)
    }

    fn roll_back(&self, to: u64) {
        self.host.runtime.block_on(async {
            let (databases, to) = (self.host.databases.clone(), to.to_string());
            let rollback =
                Rollback::plan(databases, "default", TABLE, Some(&to), Arc::default()).await;
            rollback.unwrap().commit().await.unwrap();
        });
    }

    fn rebuild_state(&self) {
        self.host.runtime.block_on(async {
            let databases = self.host.databases.clone();
            let rebuild =
                StateRebuild::plan(databases, "default", TABLE, None, Arc::default()).await;
            rebuild.unwrap().commit().await.unwrap();
        });
    }

    /// `verify` finds every row, with the owner that the model has for it.
    fn is_as_remembered(&self, model: &Model) {
        let Some(verified) = self.host.verify(false) else {
            assert_eq!(model.rows, None);
            return;
        };
        assert!(verified.damage.is_empty(), "{verified:?}");
        assert!(
            verified.drift.iter().all(|drift| drift.in_history),
            "{verified:?}"
        );
        assert_eq!(verified.foreign_rows, model.rows_of(Owner::Nobody));
        for (number, name) in PIPELINES.into_iter().enumerate() {
            let owner = verified.owners.iter().find(|owner| owner.pipeline == name);
            assert_eq!(owner.is_some(), model.declared[number], "{verified:?}");
            let rows = owner.map_or(0, |owner| owner.rows);
            assert_eq!(rows, model.rows_of(Owner::Pipeline(number)), "{verified:?}");
        }
    }

    fn lose_state(&self) {
        std::fs::remove_dir_all(self.path().join("_lance_host")).unwrap();
    }

    fn lose_newest_fold(&self) {
        let Ok(states) = std::fs::read_dir(self.path().join("_lance_host/state")) else {
            return;
        };
        for state in states {
            let versions = std::fs::read_dir(state.unwrap().path().join("_versions")).unwrap();
            let mut versions: Vec<_> = versions.map(|entry| entry.unwrap().path()).collect();
            versions.retain(|path| path.extension().is_some_and(|end| end == "manifest"));
            // The newest one comes first by name.
            versions.sort();
            if let [newest, _, ..] = versions.as_slice() {
                std::fs::remove_file(newest).unwrap();
            }
        }
    }

    fn table(&self) -> Option<ForeignTable> {
        self.host.table()
    }

    fn has_table(&self) -> bool {
        self.table().is_some()
    }

    fn content(&self) -> Option<Vec<(String, Option<i64>)>> {
        Some(self.table()?.items())
    }
}

/// Does the step to both, and holds them against each other.
fn step(model: &mut Model, real: &Real, step: &Step) {
    match step {
        Step::Run {
            pipeline,
            rows,
            adopt,
        } => {
            let before = model.clone();
            let expected = model.run(*pipeline, rows, *adopt);
            let version = real.table().map(|table| table.version());
            let found = real.run(*pipeline, Some(rows), *adopt);
            match (&expected, &found) {
                (Ok(()), Ok(_)) => {}
                (Err(kind), Err(error)) => assert_eq!(*kind, error.kind(), "{error}"),
                _ => panic!("the model says {expected:?}, and the run {found:?}"),
            }
            if expected.is_err() || (before == *model && before.rows.is_some()) {
                let after = real.table().map(|table| table.version());
                assert_eq!(
                    version, after,
                    "nothing changed, and there is a new version"
                );
            }
        }
        Step::Drop { pipeline } => {
            model.drop(*pipeline);
            real.run(*pipeline, None, false).unwrap();
        }
        Step::Append { key, value } => {
            if let (Some(rows), Some(table)) = (&mut model.rows, real.table())
                && !rows.contains_key(key)
            {
                rows.insert(key.clone(), (Owner::Nobody, *value));
                table.append(&[(key, *value)]);
            }
        }
        Step::Update { key, value } => {
            if let (Some(rows), Some(table)) = (&mut model.rows, real.table()) {
                if let Some((_, stored)) = rows.get_mut(key) {
                    *stored = *value;
                }
                table.update(&format!("id = '{key}'"), *value);
            }
        }
        Step::Delete { key } => {
            if let (Some(rows), Some(table)) = (&mut model.rows, real.table()) {
                rows.remove(key);
                table.delete(&format!("id = '{key}'"));
            }
        }
        Step::Merge { key, value } => {
            if let (Some(rows), Some(table)) = (&mut model.rows, real.table()) {
                rows.entry(key.clone()).or_insert((Owner::Nobody, *value)).1 = *value;
                table.merge(&[(key, *value)]);
            }
        }
        Step::Optimize => {
            if let Some(table) = real.table() {
                table.optimize();
            }
        }
        Step::Prune => {
            if let Some(table) = real.table() {
                table.prune();
            }
        }
        Step::GoBack { to, ours } => {
            let versions = model.history.iter();
            if let Some((version, then)) = versions.cycle().nth(*to).filter(|_| real.has_table()) {
                let (version, (rows, declared)) = (*version, then.clone());
                if *ours {
                    real.roll_back(version);
                } else if let Some(table) = real.table() {
                    table.restore(version);
                    if version <= model.lost {
                        // That nobody knows whose its rows are is told until it is accepted.
                        real.host.verify(true);
                    }
                }
                model.rows = Some(rows);
                model.declared = declared;
            }
        }
        Step::Repair => {
            real.host.verify(true);
            assert!(
                real.host
                    .verify(false)
                    .is_none_or(|table| !table.is_wrong())
            );
        }
        Step::LoseFold => {
            // A fold that was done has let go of what only removed versions would need.
            let is_whole = real.table().is_some_and(|table| table.versions()[0] == 1);
            // So has a repair: after it, nothing but its own fold and delta tell what was lost.
            if is_whole && model.lost == 0 {
                real.lose_newest_fold();
            }
        }
        Step::LoseEverything => {
            if let Some(table) = real.table() {
                model.lost = table.version();
                real.lose_state();
                model.forget_owners();
                real.rebuild_state();
            }
        }
    }
    assert_eq!(model.content(), real.content());
    real.is_as_remembered(model);
    model.note(real.table().as_ref());
}

fn key() -> impl Strategy<Value = String> {
    (0..KEYS).prop_map(|number| format!("k{number}"))
}

fn rows() -> impl Strategy<Value = Rows> {
    proptest::collection::btree_map(key(), 0..4i64, 0..usize::from(KEYS))
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let pipeline = 0..PIPELINES.len();
    let value = 0..4i64;
    vec(
        prop_oneof![
            8 => (pipeline.clone(), rows(), proptest::bool::weighted(0.2))
                .prop_map(|(pipeline, rows, adopt)| Step::Run { pipeline, rows, adopt }),
            1 => pipeline.prop_map(|pipeline| Step::Drop { pipeline }),
            2 => (key(), value.clone()).prop_map(|(key, value)| Step::Append { key, value }),
            2 => (key(), value.clone()).prop_map(|(key, value)| Step::Update { key, value }),
            2 => key().prop_map(|key| Step::Delete { key }),
            1 => (key(), value).prop_map(|(key, value)| Step::Merge { key, value }),
            1 => Just(Step::Optimize),
            1 => Just(Step::Prune),
            2 => (0..12usize, any::<bool>()).prop_map(|(to, ours)| Step::GoBack { to, ours }),
            1 => Just(Step::Repair),
            1 => Just(Step::LoseFold),
            1 => Just(Step::LoseEverything),
        ],
        1..14,
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        // More of them, for a long night: PROPTEST_CASES.
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24),
        max_shrink_iters: 200,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..ProptestConfig::default()
    })]

    #[test]
    fn content_is_that_of_the_model_after_every_step(
        steps in steps(),
        maintained in any::<bool>(),
    ) {
        let mut model = Model::default();
        let real = Real::new(maintained);
        for step_ in &steps {
            step(&mut model, &real, step_);
        }
    }
}
