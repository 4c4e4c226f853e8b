//! Random sequences of everything that happens to a table, against a model in memory: runs, runs
//! that end anywhere, other writers, a lost state, and the return to an earlier version.
//!
//! Through the reconciler's own interface, without processes or components, so that many
//! steps fit into a short time. After every step the table's content is the model's. Half of the
//! tables are compacted, and lose their history, after every commit.

use std::{
    collections::BTreeMap,
    future::Future,
    path::Path,
    pin::Pin,
    task::{Context, Poll},
};

use arrow::array::RecordBatch;
use lance_host_reconcile::{Error, ErrorKind, MaintenancePolicy, Report, RunOptions};
use lance_host_tests::{ForeignTable, InProcess, in_process, remains};
use proptest::{collection::vec, prelude::*, test_runner::FileFailurePersistence};
use tokio::runtime::Runtime;

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
    /// The same, and the process ends after so many polls of the run, if it is not done by then.
    /// Then it runs again.
    Kill {
        pipeline: usize,
        rows: Rows,
        adopt: bool,
        polls: u32,
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
    /// Somebody else replaces all rows.
    Replace { rows: Rows },
    /// Somebody goes back to an earlier version: one of those that are left.
    Restore { which: usize },
    /// Somebody removes what the host remembers.
    LoseState,
}

/// Who a row belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Pipeline(usize),
    Nobody,
}

/// What should be stored.
#[derive(Debug, Clone, Default, PartialEq)]
struct Model {
    /// `None` if there is no such table.
    rows: Option<BTreeMap<String, (Owner, i64)>>,
    /// Which pipelines have declared the table.
    declared: [bool; 2],
    /// The same, as of earlier versions of the table.
    history: BTreeMap<u64, Past>,
}

/// What was stored, and by whom it was declared.
type Past = (BTreeMap<String, (Owner, i64)>, [bool; 2]);

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

    /// All rows are still there, and nobody's.
    fn lose_state(&mut self) {
        let past = self.history.values_mut();
        for (rows, declared) in past {
            rows.values_mut()
                .for_each(|(owner, _)| *owner = Owner::Nobody);
            *declared = [false; 2];
        }
        let rows = self.rows.iter_mut().flat_map(BTreeMap::values_mut);
        rows.for_each(|(owner, _)| *owner = Owner::Nobody);
        self.declared = [false; 2];
    }

    /// The table has this version now.
    fn remember(&mut self, version: Option<u64>) {
        match (version, &self.rows) {
            (Some(version), Some(rows)) => {
                self.history.insert(version, (rows.clone(), self.declared));
            }
            _ => self.history.clear(),
        }
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

/// A run that ends before it is done.
struct Dying<F> {
    run: Pin<Box<F>>,
    polls: u32,
}

impl<F: Future> Future for Dying<F> {
    /// Whether it was done.
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<bool> {
        if self.polls == 0 {
            return Poll::Ready(false);
        }
        self.polls -= 1;
        self.run.as_mut().poll(context).map(|_| true)
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

    fn options(&self, pipeline: usize, adopt: bool) -> RunOptions {
        RunOptions {
            adopt,
            ..self.host.options(PIPELINES[pipeline])
        }
    }

    fn run(&self, pipeline: usize, rows: Option<&Rows>, adopt: bool) -> Result<Report, Error> {
        let options = self.options(pipeline, adopt);
        let report = self.host.run(options, rows.map(batch_of))?;
        assert!(report.warnings.is_empty(), "{report:?}");
        Ok(report)
    }

    /// Ends a run after so many polls, with everything that it has begun. Returns whether it was
    /// done before.
    fn kill(&self, pipeline: usize, rows: &Rows, adopt: bool, polls: u32) -> Result<bool, Error> {
        let runtime = Runtime::new().unwrap();
        let databases = InProcess::opened(self.path());
        let options = self.options(pipeline, adopt);
        let declared = in_process::declare(databases, options, [batch_of(rows)]);
        let run = in_process::apply(self.host.runtime.block_on(declared)?);
        let was_done = runtime.block_on(Dying {
            run: Box::pin(run),
            polls,
        });
        // Waits for what blocks, as a disk does when a process ends.
        drop(runtime);
        Ok(was_done)
    }

    fn table(&self) -> Option<ForeignTable> {
        self.host.table()
    }

    fn content(&self) -> Option<Vec<(String, Option<i64>)>> {
        Some(self.table()?.items())
    }
}

fn batch_of(rows: &Rows) -> RecordBatch {
    in_process::batch(rows.iter().map(|(key, value)| (key.as_str(), *value)))
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
        Step::Kill {
            pipeline,
            rows,
            adopt,
            polls,
        } => {
            let before = model.content();
            let expected = model.run(*pipeline, rows, *adopt);
            real.kill(*pipeline, rows, *adopt, *polls).unwrap();
            let found = real.content();
            assert!(
                found == before || found == model.content(),
                "after a kill: {found:?} is neither {before:?} nor {:?}",
                model.content()
            );
            let again = real.run(*pipeline, Some(rows), *adopt);
            assert_eq!(expected.err(), again.err().map(|error| error.kind()));
            assert_eq!(remains(real.path()), [""; 0]);
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
        Step::Replace { rows } => {
            if let Some(stored) = &mut model.rows {
                let theirs = rows.iter();
                *stored = theirs
                    .map(|(key, value)| (key.clone(), (Owner::Nobody, *value)))
                    .collect();
                let rows: Vec<_> = rows
                    .iter()
                    .map(|(key, value)| (key.as_str(), *value))
                    .collect();
                ForeignTable::replace(real.path(), TABLE, &rows);
            }
        }
        Step::Restore { which } => {
            if let Some(table) = real.table() {
                let mut versions = table.versions();
                versions.retain(|version| model.history.contains_key(version));
                if let Some(version) = versions.get(which % versions.len().max(1)) {
                    let (rows, declared) = model.history[version].clone();
                    model.rows = Some(rows);
                    model.declared = declared;
                    table.restore(*version);
                }
            }
        }
        Step::LoseState => {
            model.lose_state();
            match std::fs::remove_dir_all(real.path().join("_lance_host")) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{error}"),
                _ => {}
            }
        }
    }
    assert_eq!(model.content(), real.content());
    model.remember(real.table().map(|table| table.version()));
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
            4 => (pipeline.clone(), rows(), proptest::bool::weighted(0.2), 0..40u32)
                .prop_map(|(pipeline, rows, adopt, polls)| {
                    Step::Kill { pipeline, rows, adopt, polls }
                }),
            1 => pipeline.prop_map(|pipeline| Step::Drop { pipeline }),
            2 => (key(), value.clone()).prop_map(|(key, value)| Step::Append { key, value }),
            2 => (key(), value.clone()).prop_map(|(key, value)| Step::Update { key, value }),
            2 => key().prop_map(|key| Step::Delete { key }),
            1 => (key(), value).prop_map(|(key, value)| Step::Merge { key, value }),
            1 => Just(Step::Optimize),
            1 => rows().prop_map(|rows| Step::Replace { rows }),
            2 => (0..8usize).prop_map(|which| Step::Restore { which }),
            1 => Just(Step::LoseState),
        ],
        1..14,
    )
}

/// The moments between two steps, and those within them.
#[test]
fn a_run_that_ends_at_any_moment_leaves_nothing_that_the_next_one_does_not_remove() {
    let rows = |numbers: std::ops::Range<i64>, value: i64| -> Rows {
        numbers
            .map(|number| (format!("k{number}"), value))
            .collect()
    };
    for is_new in [true, false] {
        // How far a run gets between two moments is up to the machine.
        let (mut left_files, mut moments) = (0, 0);
        while left_files <= 3 {
            assert!(
                moments < 500,
                "only {left_files} of {moments} left anything"
            );
            for polls in 0.. {
                let real = Real::new(false);
                if !is_new {
                    real.run(0, Some(&rows(0..8, 1)), false).unwrap();
                }
                let before = real.content();
                let was_done = real.kill(0, &rows(2..10, 2), false, polls).unwrap();
                let found = real.content();
                left_files += usize::from(!remains(real.path()).is_empty());
                real.run(0, Some(&rows(2..10, 2)), false).unwrap();
                let after = real.content();
                assert!(found == before || found == after, "after {polls} polls");
                assert_eq!(after.unwrap().len(), 8, "after {polls} polls");
                assert_eq!(remains(real.path()), [""; 0], "after {polls} polls");
                moments += 1;
                if was_done {
                    break;
                }
            }
        }
    }
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
        assert_eq!(remains(real.path()), [""; 0]);
    }
}
