//! Tables are maintained after runs that change rows; nothing else notices.
//!
//! The triggers are tested through the command, with the numbers that users get. What needs
//! versions that are a week old, or takes more than one trigger, goes through the reconciler's own
//! interface with smaller numbers.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use lance_host_reconcile::{MaintenancePolicy, Optimization, Progress, Report, Status, optimize};
use lance_host_tests::{Declare, ForeignTable, InProcess, Table, World, in_process, item, items};
use lancedb::index::{
    Index,
    scalar::{BTreeIndexBuilder, BitmapIndexBuilder, FtsIndexBuilder},
    vector::IvfFlatIndexBuilder,
};
use serde_json::json;

fn numbered(count: i64) -> Vec<(String, i64)> {
    (0..count)
        .map(|number| (format!("row {number:05}"), number))
        .collect()
}

fn declare(count: i64) -> Declare {
    Declare::table(items("t", numbered(count)))
}

fn btree() -> Index {
    Index::BTree(BTreeIndexBuilder::default())
}

/// Appends one row at a time, each of which becomes a fragment.
fn append_fragments(table: &ForeignTable, count: i64) {
    for number in 0..count {
        let id = format!("theirs {number:05}");
        table.append(&[(&id, -1), (&format!("{id} too"), -2)]);
    }
}

mod triggers {
    use super::*;

    #[test]
    fn two_hundred_small_fragments_are_compacted() {
        let world = World::new();
        world.declare("p", &declare(1)).exits(0);
        append_fragments(&world.table("t"), 197);
        let version = world.table("t").version();

        let report = world.declare("p", &declare(2)).exits(0);
        assert_eq!(report.table("t")["version"], version + 1);
        assert_eq!(world.table("t").fragments(), 199);

        let report = world.declare("p", &declare(3)).exits(0);
        assert_eq!(world.table("t").fragments(), 1);
        let version = world.table("t").version();
        assert_eq!(report.table("t")["version"], version);
        assert_eq!(report.json().get("warnings"), None);
        assert_eq!(world.table("t").items().len(), 3 + 2 * 197);

        // It takes as many again: neither of the next runs does more than it declares.
        let report = world.declare("p", &declare(3)).exits(0);
        assert_eq!(report.json()["status"], "unchanged");
        world.declare("p", &declare(4)).exits(0);
        assert_eq!(world.table("t").version(), version + 1);
    }

    #[test]
    fn sixty_four_deletion_files_are_compacted_away() {
        let world = World::new();
        world.declare("p", &declare(1)).exits(0);
        append_fragments(&world.table("t"), 64);
        world
            .table("t")
            .delete("value = -2 AND id <> 'theirs 00000 too'");
        world.declare("p", &declare(2)).exits(0);
        assert_eq!(world.table("t").fragments(), 66, "63 files are not enough");
        world.table("t").delete("id = 'theirs 00000 too'");
        world.declare("p", &declare(3)).exits(0);
        assert_eq!(world.table("t").fragments(), 1);
        assert_eq!(world.table("t").items().len(), 3 + 64);
    }

    #[test]
    fn an_index_is_updated_when_it_lacks_fifty_rows_or_more() {
        let world = World::new();
        world.declare("p", &declare(1000)).exits(0);
        world.table("t").index("value", btree());
        world.declare("p", &declare(1049)).exits(0);
        assert_eq!(world.table("t").indexed("value_idx"), (1000, 49));
        world.declare("p", &declare(1050)).exits(0);
        assert_eq!(world.table("t").indexed("value_idx"), (1050, 0));
        assert_eq!(world.table("t").count("value = 1049"), 1);
        // The share counts: of 1050 rows, 50 are less than a twentieth.
        world.declare("p", &declare(1100)).exits(0);
        assert_eq!(world.table("t").indexed("value_idx"), (1050, 50));
    }

    #[test]
    fn indexes_of_others_are_brought_up_to_date_and_stay() {
        let world = World::new();
        let declare = |count: i64| {
            let table = Table::new("t")
                .required("id", "utf8")
                .required("body", "utf8")
                .required("v", "vector(float32, 2)")
                .key(&["id"]);
            let rows = (0..count).map(|n| json!([n.to_string(), format!("word{n}"), [n, 1]]));
            Declare::table(rows.fold(table, Table::row))
        };
        world.declare("p", &declare(300)).exits(0);
        let table = world.table("t");
        table.index("body", Index::FTS(FtsIndexBuilder::default()));
        table.index("v", Index::IvfFlat(IvfFlatIndexBuilder::default()));
        table.index("id", Index::Bitmap(BitmapIndexBuilder::default()));
        let report = world.declare("p", &declare(360)).exits(0);
        assert_eq!(report.json().get("warnings"), None);
        for index in ["body_idx", "v_idx", "id_idx"] {
            assert_eq!(world.table("t").indexed(index), (360, 0), "{index}");
        }
        world.write("v.json", "[359, 1]");
        for search in [
            ["--text", "word359"],
            ["--near", "v.json"],
            ["--where", "id = '359'"],
        ] {
            let limit = ["--limit", "1", "--json"];
            let found = world.host(["query", "default/t"]).args(search).args(limit);
            assert_eq!(found.exits(0).json()["rows"][0]["id"], "359", "{search:?}");
        }
    }

    #[test]
    fn nothing_is_done_by_a_run_that_changes_no_rows() {
        let world = World::new();
        world.declare("p", &declare(1)).exits(0);
        append_fragments(&world.table("t"), 210);
        let version = world.table("t").version();
        world.declare("p", &declare(1)).exits(0);
        world.plan("p", &declare(2)).exits(10);
        assert_eq!(world.table("t").version(), version);
        assert_eq!(world.table("t").fragments(), 211);
    }

    #[test]
    fn tables_that_the_user_manages_are_left_to_the_user() {
        let world = World::new();
        append_fragments(
            &ForeignTable::create(&world.database(), "t", &[("x", 1)]),
            210,
        );
        let declare = |count| Declare::table(items("t", numbered(count)).managed_by("user"));
        world.declare("p", &declare(1)).exits(0);
        world.declare("p", &declare(2)).exits(0);
        assert_eq!(world.table("t").fragments(), 213);
    }
}

/// A pipeline that declares rows of table `t` through the reconciler.
struct Pipeline {
    host: InProcess,
}

impl Pipeline {
    fn new(policy: MaintenancePolicy) -> Self {
        Self {
            host: InProcess::new(policy),
        }
    }

    /// Declares so many rows, each with this added to its value.
    fn run(&self, count: i64, plus: i64) -> Report {
        let rows = numbered(count);
        let rows = rows.iter().map(|(key, value)| (key.as_str(), value + plus));
        let batch = in_process::batch(rows);
        self.host.run(self.host.options("p"), [batch]).unwrap()
    }

    /// Runs again, and finds nothing to do.
    #[track_caller]
    fn assert_settled(&self, count: i64, plus: i64) {
        let version = self.table().version();
        let report = self.run(count, plus);
        assert_eq!(report.status, Status::Unchanged, "{report:?}");
        assert_eq!(self.table().version(), version);
    }

    fn optimize(&self) -> Optimization {
        let (databases, policy) = (&self.host.databases, &self.host.maintenance);
        let progress = Progress::default();
        let optimized = optimize(databases, None, None, policy, &progress);
        self.host.runtime.block_on(optimized).unwrap()
    }

    fn table(&self) -> ForeignTable {
        self.host.table().unwrap()
    }

    fn path(&self) -> &Path {
        self.host.path()
    }

    fn data_files(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.path().join("t.lance/data")).unwrap();
        files.map(|file| file.unwrap().path()).collect()
    }
}

/// Versions are old at once, and some of them are enough.
fn prunes(old_versions: usize) -> MaintenancePolicy {
    MaintenancePolicy {
        old_versions,
        retention: Duration::ZERO,
        ..MaintenancePolicy::default()
    }
}

/// Everything is due after every commit.
fn eager() -> MaintenancePolicy {
    MaintenancePolicy {
        unindexed_rows: 1,
        ..InProcess::eager()
    }
}

fn expected(count: i64, plus: i64) -> Vec<(String, Option<i64>)> {
    numbered(count)
        .into_iter()
        .map(|(id, value)| item(&id, value + plus))
        .collect()
}

mod versions {
    use super::*;

    #[test]
    fn old_versions_are_removed_when_there_are_enough_of_them() {
        let pipeline = Pipeline::new(prunes(4));
        for count in 1..=4 {
            pipeline.run(count, 0);
        }
        assert_eq!(pipeline.table().versions(), [1, 2, 3, 4]);
        pipeline.run(5, 0);
        assert_eq!(pipeline.table().versions(), [5]);
        pipeline.run(6, 0);
        assert_eq!(pipeline.table().versions(), [5, 6]);
        pipeline.assert_settled(6, 0);
    }

    #[test]
    fn versions_stay_while_they_are_young() {
        let pipeline = Pipeline::new(MaintenancePolicy {
            retention: Duration::from_secs(3600),
            ..prunes(1)
        });
        for count in 1..=4 {
            pipeline.run(count, 0);
        }
        assert_eq!(pipeline.optimize().tables[0].versions_removed, 0);
        assert_eq!(pipeline.table().versions()[..4], [1, 2, 3, 4]);
    }

    #[test]
    fn one_run_removes_so_many_and_the_next_goes_on() {
        let mut pipeline = Pipeline::new(MaintenancePolicy {
            old_versions: 1000,
            max_versions: 3,
            ..prunes(0)
        });
        for count in 1..=8 {
            pipeline.run(count, 0);
        }
        pipeline.host.maintenance.old_versions = 3;
        pipeline.run(9, 0);
        assert_eq!(pipeline.table().versions(), [4, 5, 6, 7, 8, 9]);
        pipeline.run(10, 0);
        assert_eq!(pipeline.table().versions(), [7, 8, 9, 10]);
    }

    #[test]
    fn a_tagged_version_stays_and_can_be_gone_back_to() {
        let pipeline = Pipeline::new(prunes(2));
        pipeline.run(3, 0);
        pipeline.run(4, 10);
        pipeline.table().tag("good", 2);
        for plus in 11..16 {
            pipeline.run(5, plus);
        }
        let versions = pipeline.table().versions();
        assert_eq!(versions[0], 2);
        assert!(versions.len() <= 3, "{versions:?}");

        pipeline.table().restore(2);
        assert_eq!(pipeline.table().items(), expected(4, 10));
        let report = pipeline.run(5, 16);
        assert_eq!(report.tables[0].updated, 4);
        assert_eq!(pipeline.table().items(), expected(5, 16));
        pipeline.assert_settled(5, 16);
    }

    #[test]
    fn the_state_catches_up_before_anything_that_it_needs_is_removed() {
        let pipeline = Pipeline::new(prunes(1000));
        pipeline.run(3, 0);
        let state = pipeline.path().join("_lance_host/state");
        let before = pipeline.path().join("state before");
        copy(&state, &before);
        for plus in 1..4 {
            pipeline.run(4, plus);
        }
        pipeline.table().append(&[("theirs", 7)]);
        // As if each of these runs had been killed right after its commit.
        fs::remove_dir_all(&state).unwrap();
        copy(&before, &state);

        let done = pipeline.optimize();
        assert!(done.warnings.is_empty(), "{done:?}");
        assert!(done.tables[0].versions_removed >= 4, "{done:?}");
        pipeline.assert_settled(4, 3);
        assert_eq!(pipeline.table().items().len(), 5);
    }

    #[test]
    fn a_table_that_went_back_and_lost_its_history_is_brought_in_step() {
        let pipeline = Pipeline::new(prunes(1000));
        pipeline.run(3, 0);
        pipeline.table().append(&[("theirs", 7)]);
        pipeline.run(5, 1);
        pipeline.run(6, 2);
        pipeline.table().restore(2);
        assert!(pipeline.optimize().tables[0].versions_removed >= 3);
        let report = pipeline.run(5, 1);
        assert_eq!(
            (report.tables[0].inserted, report.tables[0].updated),
            (2, 3)
        );
        let mut rows = expected(5, 1);
        rows.push(item("theirs", 7));
        assert_eq!(pipeline.table().items(), rows);
        pipeline.assert_settled(5, 1);
    }

    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let to = to.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                copy(&entry.path(), &to);
            } else {
                fs::copy(entry.path(), to).unwrap();
            }
        }
    }
}

#[test]
fn rows_and_state_are_exact_with_everything_done_after_every_commit() {
    let pipeline = Pipeline::new(eager());
    for (step, count) in [5, 3, 8, 8, 1, 9].into_iter().enumerate() {
        let plus = i64::try_from(step).unwrap() / 2;
        let report = pipeline.run(count, plus);
        assert!(report.warnings.is_empty(), "{report:?}");
        assert_eq!(pipeline.table().items(), expected(count, plus));
        assert_eq!(pipeline.table().fragments(), 1);
        pipeline.assert_settled(count, plus);
        if step == 1 {
            pipeline.table().index("id", btree());
        }
        if step > 1 {
            assert_eq!(pipeline.table().indexed("id_idx").1, 0);
            assert_eq!(pipeline.table().count("id = 'row 00000'"), 1);
        }
    }
}

#[test]
fn what_exceeds_the_bound_is_left_for_the_next_run() {
    let pipeline = Pipeline::new(MaintenancePolicy {
        small_fragments: 5,
        max_fragments: 4,
        ..MaintenancePolicy::default()
    });
    pipeline.run(1, 0);
    append_fragments(&pipeline.table(), 7);
    for fragments in [6, 4, 2] {
        let count = 20 - i64::try_from(fragments).unwrap();
        pipeline.run(count, 0);
        assert_eq!(
            pipeline.table().fragments(),
            fragments,
            "after {count} rows"
        );
        pipeline.assert_settled(count, 0);
    }
}

#[test]
fn a_failure_is_a_warning_and_the_rows_are_as_declared() {
    let mut pipeline = Pipeline::new(MaintenancePolicy {
        small_fragments: 3,
        ..MaintenancePolicy::default()
    });
    pipeline.run(3, 0);
    let ours = pipeline.data_files();
    pipeline.table().append(&[("theirs", 7)]);
    // What others wrote is read once, and then no more until the table is compacted.
    pipeline.run(3, 0);
    for file in pipeline.data_files() {
        if !ours.contains(&file) {
            fs::remove_file(file).unwrap();
        }
    }
    pipeline.host.databases = InProcess::opened(pipeline.path());
    let report = pipeline.run(4, 0);
    assert_eq!(report.status, Status::Applied);
    assert_eq!(report.tables[0].inserted, 1);
    assert_eq!(report.warnings.len(), 1, "{report:?}");
    let warning = &report.warnings[0];
    assert!(
        warning.starts_with("table default/t: cannot compact it: ")
            && warning.ends_with(
                "; its rows are as declared, and the next run that changes rows tries again"
            ),
        "{warning}"
    );
    pipeline.assert_settled(4, 0);
}

#[test]
fn other_writers_are_no_reason_for_a_warning() {
    // Not all history goes: the other writer reads versions that are no longer the newest.
    let pipeline = Pipeline::new(MaintenancePolicy {
        retention: Duration::from_secs(3600),
        ..eager()
    });
    pipeline.run(20, 0);
    let path = pipeline.path().to_owned();
    let writer = std::thread::spawn(move || {
        let table = ForeignTable::open(&path, "t").unwrap();
        for number in 0..20 {
            table.merge(&[("theirs", number)]);
        }
    });
    for plus in 1..10 {
        let report = pipeline.run(20, plus);
        assert!(report.warnings.is_empty(), "{report:?}");
    }
    writer.join().unwrap();
    pipeline.run(20, 10);
    let mut rows = expected(20, 10);
    rows.push(item("theirs", 19));
    assert_eq!(pipeline.table().items(), rows);
    pipeline.assert_settled(20, 10);
}
