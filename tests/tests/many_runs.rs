//! Tables large enough that a run compares only the parts in which something differs, through
//! many runs of two pipelines and what other writers do between them.

use std::collections::BTreeMap;

use lance_host_reconcile::{Error, MaintenancePolicy, Report, RunOptions};
use lance_host_tests::{Dice, ForeignTable, InProcess, in_process};

const PIPELINES: [&str; 2] = ["p", "q"];

type Rows = BTreeMap<String, i64>;

struct Real {
    host: InProcess,
}

impl Real {
    fn new() -> Self {
        Self {
            host: InProcess::new(MaintenancePolicy::default()),
        }
    }

    /// A run in which these rows are declared, one of them a second time.
    fn run(&self, pipeline: &str, rows: &Rows, memory: u64) -> Result<Report, Error> {
        let again = rows.iter().next_back();
        let again: Vec<_> = again
            .map(|(key, value)| (key.as_str(), *value))
            .into_iter()
            .collect();
        self.run_with(pipeline, rows, &again, memory)
    }

    /// A run in which these rows are declared, and then others.
    fn run_with(
        &self,
        pipeline: &str,
        rows: &Rows,
        others: &[(&str, i64)],
        memory: u64,
    ) -> Result<Report, Error> {
        let options = RunOptions {
            memory_budget: memory,
            ..self.host.options(pipeline)
        };
        let rows = rows.iter().map(|(key, value)| (key.as_str(), *value));
        let rows: Vec<_> = rows.chain(others.iter().copied()).collect();
        let batches = rows.chunks(500);
        let batches = batches.map(|rows| in_process::batch(rows.iter().copied()));
        self.host.run(options, batches)
    }

    fn table(&self) -> ForeignTable {
        self.host.table().unwrap()
    }

    /// Whether the table is as the host remembers it.
    fn is_sound(&self) -> bool {
        let verified = self.host.verify(false);
        verified.is_none_or(|table| table.drift.is_empty() && table.damage.is_empty())
    }
}

fn rows(pipeline: usize, count: u64) -> Rows {
    let key = |number| format!("{} {number:05}", PIPELINES[pipeline]);
    (0..count).map(|number| (key(number), 1)).collect()
}

/// Some keys of a pipeline's rows.
fn some(dice: &mut Dice, rows: &Rows, count: u64) -> Vec<String> {
    let pick = |_| rows.keys().nth(dice.roll(rows.len() as u64) as usize);
    (0..count).filter_map(pick).cloned().collect()
}

#[test]
fn a_table_follows_its_declarations_through_many_changes_of_every_size() {
    let real = Real::new();
    let mut dice = Dice::new(7);
    let mut declared = [rows(0, 2000), rows(1, 300)];
    let mut foreign = Rows::new();
    let mut reports = Vec::new();
    for round in 0..60 {
        let pipeline = usize::from(dice.once_in(3));
        let others = 1 - pipeline;
        let rows = &mut declared[pipeline];
        let size = *dice.choose(&[1, 1, 3, 3, 10, 400]);
        for key in some(&mut dice, rows, size) {
            match dice.roll(3) {
                0 => drop(rows.remove(&key)),
                1 => drop(rows.insert(format!("{key} {round}"), round)),
                _ => drop(rows.insert(key, round)),
            }
        }
        // Between the runs, others change what they like; rows of the other pipeline are
        // mended by its own next run.
        let mut spoilt = false;
        if round > 2 && dice.once_in(4) {
            let table = real.table();
            let victim = some(&mut dice, &declared[pipeline], 1).remove(0);
            match dice.roll(3) {
                0 => {
                    let key = format!("foreign {round}");
                    table.append(&[(&key, round)]);
                    foreign.insert(key, round);
                }
                1 => table.delete(&format!("id = '{victim}'")),
                _ => table.update(&format!("id = '{victim}'"), -1),
            }
            spoilt = true;
        }
        let memory = *dice.choose(&[0, 64 << 10, 256 << 20]);
        let run = |pipeline: usize, rows| real.run(PIPELINES[pipeline], rows, memory).unwrap();
        let report = run(pipeline, &declared[pipeline]);
        assert!(report.warnings.is_empty(), "{report:?}");
        let table = &report.tables[0];
        assert_eq!(
            table.inserted + table.updated + table.unchanged,
            declared[pipeline].len() as u64,
            "round {round}"
        );
        reports.push((table.inserted, table.updated, table.deleted));
        if round == 0 {
            run(others, &declared[others]);
        }

        let all = declared.iter().chain([&foreign]).flatten();
        let mut all: Vec<_> = all
            .map(|(key, value)| (key.clone(), Some(*value)))
            .collect();
        all.sort();
        assert_eq!(real.table().items(), all, "round {round}");
        let again = run(pipeline, &declared[pipeline]);
        assert_eq!(again.tables[0].unchanged, declared[pipeline].len() as u64);
        if spoilt || round % 10 == 0 {
            assert!(real.is_sound(), "round {round}");
        }
    }
    // Runs of every kind were among them.
    assert!(reports.iter().any(|(inserted, ..)| *inserted > 100));
    assert!(reports.iter().any(|(.., deleted)| *deleted == 1));
}

#[test]
fn a_key_with_two_values_is_found_among_many_rows() {
    let real = Real::new();
    let rows = rows(0, 1000);
    for memory in [0, 256 << 20] {
        real.run("p", &rows, memory).unwrap();
        let mut other = rows.clone();
        let (key, _) = other.pop_last().unwrap();
        let twice = real.run_with("p", &other, &[(&key, 5), (&key, 6)], memory);
        let error = twice.unwrap_err().to_string();
        assert!(error.contains(&format!("id = {key:?}")), "{error}");
        assert_eq!(real.table().items().len(), 1000);
    }
}

#[test]
fn a_row_of_another_pipeline_is_found_among_many_rows() {
    let real = Real::new();
    let ours = rows(0, 1000);
    real.run("p", &ours, 0).unwrap();
    let mut theirs = rows(1, 1000);
    real.run("q", &theirs, 0).unwrap();
    theirs.insert("p 00500".to_owned(), 1);
    let error = real.run("q", &theirs, 0).unwrap_err().to_string();
    assert!(error.contains(r#"id = "p 00500""#), "{error}");
    assert!(error.contains("pipeline p"), "{error}");
}
