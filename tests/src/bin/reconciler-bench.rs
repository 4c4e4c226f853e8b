//! What the reconciler itself costs, without a guest: against Lance's own calls on the same
//! batches in the same process, and against its budgets.
//!
//! `cargo xtask bench` runs it, built for release. Arguments: `--rows N` for the comparison with Lance,
//! `--least N` and `--large N` for the sizes at which costs must stay flat.

use std::{
    fmt::Write as _,
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use arrow::{
    array::{Float64Array, Int64Array, RecordBatch, RecordBatchIterator, StringArray},
    datatypes::{DataType, Field, Schema, SchemaRef},
};
use lance::{
    Dataset,
    dataset::{InsertBuilder, MergeInsertBuilder, WhenMatched, WhenNotMatched, WriteParams},
};
use lance_host_reconcile::{
    Databases, Declarations, Durability, Report, RunOptions, TableDeclaration,
};

/// That of the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Rows of a batch, as a guest's SDK sends them: about a MiB.
const BATCH: u64 = 8192;
/// How many rows change where costs must not depend on how many there are.
const CHANGED: u64 = 1000;

/// A set of narrow rows.
#[derive(Clone, Copy)]
struct Rows {
    count: u64,
    /// Of so many rows so many, the first ones, have another value.
    changed: Option<(u64, u64)>,
}

impl Rows {
    fn schema() -> SchemaRef {
        Arc::new(Schema::new(vec![
            Field::new("id", DataType::Utf8, false),
            Field::new("title", DataType::Utf8, true),
            Field::new("score", DataType::Float64, true),
            Field::new("n", DataType::Int64, true),
        ]))
    }

    fn batches(self) -> impl Iterator<Item = RecordBatch> + Send {
        (0..self.count.div_ceil(BATCH)).map(move |number| {
            let rows = number * BATCH..self.count.min((number + 1) * BATCH);
            let ids = rows.clone().map(|row| format!("row {row:010}"));
            let titles = rows.clone().map(|row| format!("the title of row {row}"));
            let changed = |row: u64| self.changed.is_some_and(|(of, some)| row % of < some);
            let scores = rows.clone().map(|row| row as f64 / 7.0);
            let numbers = rows.map(|row| {
                let number = row.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 1;
                number as i64 ^ i64::from(changed(row))
            });
            RecordBatch::try_new(
                Self::schema(),
                vec![
                    Arc::new(StringArray::from_iter_values(ids)),
                    Arc::new(StringArray::from_iter_values(titles)),
                    Arc::new(Float64Array::from_iter_values(scores)),
                    Arc::new(Int64Array::from_iter_values(numbers)),
                ],
            )
            .unwrap()
        })
    }
}

/// Time on the clock and of processors.
#[derive(Clone, Copy, Default)]
struct Cost {
    wall: Duration,
    processor: Duration,
}

struct Stopwatch {
    wall: Instant,
    processor: Duration,
}

impl Stopwatch {
    fn start() -> Self {
        Self {
            wall: Instant::now(),
            processor: processor_time(),
        }
    }

    fn stop(self) -> Cost {
        Cost {
            wall: self.wall.elapsed(),
            processor: processor_time() - self.processor,
        }
    }
}

/// What all threads of this process have used, in steps of 10 ms.
fn processor_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    // After the name, which is in brackets and may hold anything: fields 14 and 15 are ticks.
    let fields: Vec<&str> = stat[stat.rfind(')').unwrap()..].split(' ').collect();
    let ticks: u64 = fields[12].parse::<u64>().unwrap() + fields[13].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

/// The most memory of its own that this process had since [`forget_peak`], in MiB. What it has
/// mapped of files, its program above all, is not among it.
static PEAK: AtomicU64 = AtomicU64::new(0);

/// Memory of its own that this process has now, in MiB.
fn memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let mut lines = status.lines();
    let line = lines.find(|line| line.starts_with("RssAnon")).unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<u64>()
        .unwrap()
        / 1024
}

fn peak_memory() -> u64 {
    PEAK.fetch_max(memory(), Relaxed).max(memory())
}

fn forget_peak() {
    PEAK.store(memory(), Relaxed);
}

/// Watches memory as long as the process lives.
fn watch_memory() {
    std::thread::spawn(|| {
        loop {
            PEAK.fetch_max(memory(), Relaxed);
            std::thread::sleep(Duration::from_millis(2));
        }
    });
}

/// What a run of ours cost.
struct Run {
    /// From the first batch to the finished plan.
    plan: Cost,
    /// From the approved plan to the landed commit and the folded state.
    commit: Cost,
    report: Report,
}

async fn run(folder: &Path, rows: Rows) -> Run {
    run_with(folder, rows, Durability::Safe).await
}

async fn run_with(folder: &Path, rows: Rows, durability: Durability) -> Run {
    let uri = folder.join("ours").to_string_lossy().into_owned();
    let databases = Databases::new([("default".to_owned(), uri)]).unwrap();
    let databases = Arc::new(databases.with_durability(durability));
    let options = RunOptions::new("bench");
    let watch = Stopwatch::start();
    let mut declarations = Declarations::new(databases, options, Arc::default()).unwrap();
    let table = declarations
        .declare_table(TableDeclaration {
            database: "default".to_owned(),
            name: "t".to_owned(),
            schema: Rows::schema(),
            primary_key: vec!["id".to_owned()],
            settings: Vec::new(),
        })
        .await
        .unwrap();
    for batch in rows.batches() {
        declarations.declare_rows(table, batch).await.unwrap();
    }
    let plan = declarations.plan().await.unwrap();
    let plan_cost = watch.stop();
    let watch = Stopwatch::start();
    let report = plan.approve(true).await.unwrap().commit().await.unwrap();
    Run {
        plan: plan_cost,
        commit: watch.stop(),
        report,
    }
}

impl Run {
    fn wall(&self) -> Duration {
        self.plan.wall + self.commit.wall
    }
}

/// What it costs to make the rows alone.
fn generate(rows: Rows) -> Cost {
    let watch = Stopwatch::start();
    for batch in rows.batches() {
        std::hint::black_box(batch);
    }
    watch.stop()
}

async fn write_with_lance(folder: &Path, rows: Rows) -> Cost {
    let uri = folder.join("lance").to_string_lossy().into_owned();
    let watch = Stopwatch::start();
    let source = RecordBatchIterator::new(rows.batches().map(Ok), Rows::schema());
    let params = WriteParams {
        enable_stable_row_ids: true,
        ..WriteParams::default()
    };
    InsertBuilder::new(&*uri)
        .with_params(&params)
        .execute_stream(source)
        .await
        .unwrap();
    watch.stop()
}

async fn merge_with_lance(folder: &Path, rows: Rows) -> Cost {
    let uri = folder.join("lance").to_string_lossy().into_owned();
    let watch = Stopwatch::start();
    let dataset = Arc::new(Dataset::open(&uri).await.unwrap());
    let source = RecordBatchIterator::new(rows.batches().map(Ok), Rows::schema());
    let mut merge = MergeInsertBuilder::try_new(dataset, vec!["id".to_owned()]).unwrap();
    merge
        .when_matched(WhenMatched::UpdateAll)
        .when_not_matched(WhenNotMatched::InsertAll);
    let job = merge.try_build().unwrap();
    job.execute_reader(source).await.unwrap();
    watch.stop()
}

/// The lines of the report, and whether every budget was kept.
#[derive(Default)]
struct Lines {
    text: String,
}

impl Lines {
    fn budget(&mut self, what: &str, measured: f64, unit: &str, bound: f64, at_least: bool) {
        let kept = if at_least {
            measured >= bound
        } else {
            measured <= bound
        };
        let sign = if at_least { "at least" } else { "at most" };
        let verdict = if kept { "kept" } else { "MISSED" };
        writeln!(
            self.text,
            "| {what} | {measured:.2} {unit} | {sign} {bound} {unit} | {verdict} |"
        )
        .unwrap();
    }

    fn note(&mut self, what: &str, value: impl std::fmt::Display) {
        writeln!(self.text, "| {what} | {value} | | |").unwrap();
    }
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

/// How often everything is measured. The least counts: the machine has other work.
const ROUNDS: usize = 3;

/// The least time on the clock that each piece of work took.
#[derive(Default)]
struct Least {
    made: Option<Duration>,
    lance: Option<Duration>,
    first: Option<Duration>,
    first_unsynced: Option<Duration>,
    same: Option<Duration>,
    merge: Option<Duration>,
    update: Option<Duration>,
}

fn lower(least: &mut Option<Duration>, measured: Duration) {
    *least = Some(least.map_or(measured, |least| least.min(measured)));
}

async fn against_lance(lines: &mut Lines, count: u64) {
    let base = Rows {
        count,
        changed: None,
    };
    let changed = Rows {
        count,
        changed: Some((100, 1)),
    };
    let mut found = Least::default();
    for _ in 0..ROUNDS {
        let folder = tempfile::tempdir().unwrap();
        lower(&mut found.made, generate(base).wall);
        lower(
            &mut found.lance,
            write_with_lance(folder.path(), base).await.wall,
        );
        let first = run(folder.path(), base).await;
        assert_eq!(first.report.tables[0].inserted, count);
        lower(&mut found.first, first.wall());
        let unsynced = tempfile::tempdir().unwrap();
        let first = run_with(unsynced.path(), base, Durability::Fast).await;
        lower(&mut found.first_unsynced, first.wall());
        let same = run(folder.path(), base).await;
        assert_eq!(same.report.tables[0].unchanged, count);
        lower(&mut found.same, same.wall());
        lower(
            &mut found.merge,
            merge_with_lance(folder.path(), changed).await.wall,
        );
        let update = run(folder.path(), changed).await;
        assert_eq!(update.report.tables[0].updated, count.div_ceil(100));
        lower(&mut found.update, update.wall());
    }
    let least = |of: Option<Duration>| seconds(of.unwrap_or_default());
    let (made, lance, first) = (least(found.made), least(found.lance), least(found.first));
    lines.budget(
        &format!("first load of {count} rows, times Lance's own write"),
        first / lance,
        "x",
        1.25,
        false,
    );
    let unsynced = least(found.first_unsynced);
    lines.note(
        "- ours, ours without waiting for the disk as Lance does not, Lance, making the rows",
        format!("{first:.2} s, {unsynced:.2} s, {lance:.2} s, {made:.2} s"),
    );
    lines.budget(
        &format!("{count} rows unchanged, times making them"),
        least(found.same) / made,
        "x",
        1.5,
        false,
    );
    let (merge, update) = (least(found.merge), least(found.update));
    lines.budget(
        &format!("1% of {count} rows changed, times faster than merge_insert"),
        merge / update,
        "x",
        3.0,
        true,
    );
    lines.note(
        "- ours, merge_insert",
        format!("{update:.2} s, {merge:.2} s"),
    );
}

/// Changes as many rows in tables of different sizes.
async fn flat(lines: &mut Lines, sizes: &[u64]) {
    let mut commits = Vec::new();
    for count in sizes {
        let folder = tempfile::tempdir().unwrap();
        let base = Rows {
            count: *count,
            changed: None,
        };
        forget_peak();
        let before = peak_memory();
        let first = run(folder.path(), base).await;
        let wall = seconds(first.wall());
        lines.note(
            &format!("first load of {count} rows"),
            format!(
                "{wall:.2} s, {} MiB at most, {before} before",
                peak_memory()
            ),
        );
        let made = generate(base);
        forget_peak();
        let same = run(folder.path(), base).await;
        lines.note(
            &format!("{count} rows unchanged"),
            format!(
                "{:.2} s, {:.2} s of processors beyond making them, {} MiB at most",
                seconds(same.plan.wall),
                seconds(same.plan.processor.saturating_sub(made.processor)),
                peak_memory()
            ),
        );
        let (mut best, mut diffed) = (Duration::MAX, Duration::MAX);
        for round in 0..=ROUNDS as u64 {
            let rows = Rows {
                count: *count,
                changed: Some((count / CHANGED, round + 1)),
            };
            forget_peak();
            let changed = run(folder.path(), rows).await;
            let beyond = changed.plan.processor.saturating_sub(made.processor);
            lines.note(
                &format!("{count} rows, {} updated", changed.report.tables[0].updated),
                format!(
                    "plan {:.2} s, {:.2} s of processors beyond making the rows, commit {:.0} ms, {} MiB at most",
                    seconds(changed.plan.wall),
                    seconds(beyond),
                    seconds(changed.commit.wall) * 1000.0,
                    peak_memory()
                ),
            );
            diffed = diffed.min(beyond);
            // The first one is easier: no row was ever deleted before.
            if round > 0 {
                best = best.min(changed.commit.wall);
            }
        }
        if *count >= 10_000_000 {
            lines.budget(
                &format!("diff of {count} rows, of which about {CHANGED} changed, processors"),
                seconds(diffed),
                "s",
                1.0,
                false,
            );
        }
        commits.push(seconds(best));
    }
    if let (Some(smallest), Some(largest)) = (commits.first(), commits.last()) {
        lines.budget(
            &format!("commit of {CHANGED} changed rows, {sizes:?} stored: largest to smallest"),
            largest / smallest,
            "x",
            1.5,
            false,
        );
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str, default: u64| {
        let position = arguments.iter().position(|argument| argument == name);
        position.map_or(default, |at| arguments[at + 1].parse().unwrap())
    };
    let rows = value("--rows", 1_000_000);
    let large = value("--large", 10_000_000);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    watch_memory();
    let mut lines = Lines::default();
    runtime.block_on(async {
        if rows > 0 {
            against_lance(&mut lines, rows).await;
        }
        let sizes = [100_000, 1_000_000, 10_000_000];
        let least = value("--least", 0);
        let is_wanted = |size: &u64| (least..=large).contains(size);
        let sizes: Vec<u64> = sizes.into_iter().filter(is_wanted).collect();
        flat(&mut lines, &sizes).await;
    });
    println!("| the reconciler alone, narrow rows | measured | budget | |");
    println!("| --- | ---: | ---: | --- |");
    print!("{}", lines.text);
}
