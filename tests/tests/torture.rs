//! Many kills in random sequences of runs, and of other writers' work in between.
//!
//! Two pipelines declare rows and columns of two tables that they share, and somebody else writes
//! to them. Runs are killed at the host's named places and at random moments, alone or two at
//! once. After each kill every row is as before or as declared, and after one more run
//! everything is as declared, everybody else's rows are as they were, and no file is left that
//! nothing needs.
//!
//! A few kills here; `cargo xtask torture` has them done by the thousand. It sets
//! `LANCE_HOST_TORTURE` to the number of kills and a seed, as in `1000:42`.

use std::{
    collections::BTreeMap,
    fs,
    process::Child,
    thread,
    time::{Duration, Instant},
};

use arrow::{
    array::Array,
    util::display::{ArrayFormatter, FormatOptions},
};
use lance_host_tests::{Declare, Dice, Table, World, needed_files, remains};
use serde_json::{Value, json};

const PIPELINES: [&str; 2] = ["p", "q"];
const TABLES: [&str; 2] = ["left", "right"];
/// A column of each pipeline's own.
const SIZES: [&str; 2] = ["size of p", "size of q"];
/// Keys of each pipeline in each table.
const KEYS: u64 = 60;
/// Afterwards a new database begins, since looking at all versions takes ever longer.
const KILLS_A_DATABASE: u32 = 20;

/// For each key the columns that are not null.
type Rows = BTreeMap<String, BTreeMap<String, String>>;

/// What a pipeline declares of a table.
#[derive(Debug, Clone, Default, PartialEq)]
struct Declared {
    /// Whether there is a column of the pipeline's own, and whether it is wide.
    size: Option<bool>,
    /// By number: value and size.
    rows: BTreeMap<u64, (u64, u64)>,
}

/// What is declared, by pipeline and table; none if a pipeline does not declare a table.
type Declarations = [[Option<Declared>; 2]; 2];

fn key(pipeline: usize, number: u64) -> String {
    format!("{} {number:03}", PIPELINES[pipeline])
}

impl Declared {
    fn random(dice: &mut Dice, before: Option<&Self>) -> Self {
        let mut declared = before.cloned().unwrap_or_default();
        if dice.once_in(4) {
            declared.size = *dice.choose(&[None, Some(false), Some(true)]);
        }
        let changes = dice.roll(KEYS);
        for _ in 0..changes {
            let number = dice.roll(KEYS);
            if dice.once_in(4) {
                declared.rows.remove(&number);
            } else {
                declared.rows.insert(number, (dice.roll(5), dice.roll(5)));
            }
        }
        declared
    }

    fn table(&self, pipeline: usize, name: &str) -> Table {
        let mut table = Table::new(name)
            .required("id", "utf8")
            .key(&["id"])
            .nullable("value", "int64");
        if let Some(wide) = self.size {
            table = table.nullable(SIZES[pipeline], if wide { "int64" } else { "int32" });
        }
        let rows = self.rows.iter();
        rows.fold(table, |table, (number, (value, size))| {
            let mut row = vec![json!(key(pipeline, *number)), json!(not_zero(*value))];
            if self.size.is_some() {
                row.push(json!(size));
            }
            table.row(Value::Array(row))
        })
    }

    fn content(&self, pipeline: usize) -> Rows {
        let rows = self.rows.iter().map(|(number, (value, size))| {
            let mut columns = BTreeMap::new();
            if let Some(value) = not_zero(*value) {
                columns.insert("value".to_owned(), value.to_string());
            }
            if self.size.is_some() {
                columns.insert(SIZES[pipeline].to_owned(), size.to_string());
            }
            (key(pipeline, *number), columns)
        });
        rows.collect()
    }
}

/// Nothing stands in place of 0.
fn not_zero(value: u64) -> Option<u64> {
    (value > 0).then_some(value)
}

fn declare(pipeline: usize, tables: &[Option<Declared>; 2]) -> Declare {
    let tables = TABLES.iter().zip(tables);
    tables.fold(
        Declare::nothing(),
        |declare, (name, declared)| match declared {
            Some(declared) => declare.and(declared.table(pipeline, name)),
            None => declare,
        },
    )
}

fn read(world: &World, table: &str) -> Rows {
    let Some(table) = world.find_table(table) else {
        return Rows::new();
    };
    let rows = table.rows();
    let options = FormatOptions::default();
    let schema = rows.schema();
    let mut content = Rows::new();
    let texts: Vec<_> = rows
        .columns()
        .iter()
        .map(|column| ArrayFormatter::try_new(column, &options).unwrap())
        .collect();
    for row in 0..rows.num_rows() {
        let mut columns = BTreeMap::new();
        for ((field, array), text) in schema.fields().iter().zip(rows.columns()).zip(&texts) {
            if array.is_valid(row) {
                columns.insert(field.name().clone(), text.value(row).to_string());
            }
        }
        let key = columns.remove("id").expect("a key is never null");
        let twice = content.insert(key.clone(), columns);
        assert_eq!(twice, None, "{key} is there twice");
    }
    content
}

/// The rows of one pipeline, or of nobody.
fn of(rows: &Rows, owner: &str) -> Rows {
    let prefix = format!("{owner} ");
    let rows = rows.iter().filter(|(key, _)| key.starts_with(&prefix));
    rows.map(|(key, columns)| (key.clone(), columns.clone()))
        .collect()
}

/// What was seen, for the summary.
#[derive(Debug, Default)]
struct Tally {
    kills: u32,
    by_place: BTreeMap<String, u32>,
    runs: u32,
    foreign_writes: u32,
    files: usize,
}

struct Torture {
    dice: Dice,
    world: World,
    declared: Declarations,
    /// Names of places that runs have passed.
    places: Vec<String>,
    length: Duration,
    tally: Tally,
}

impl Torture {
    fn new(seed: u64) -> Self {
        Self {
            dice: Dice::new(seed),
            world: World::new(),
            declared: Declarations::default(),
            places: Vec::new(),
            length: Duration::from_millis(500),
            tally: Tally::default(),
        }
    }

    /// Another writer's work.
    fn foreign_write(&mut self) {
        let name = *self.dice.choose(&TABLES);
        let Some(table) = self.world.find_table(name) else {
            return;
        };
        self.tally.foreign_writes += 1;
        let theirs = format!("x {:03}", self.dice.roll(KEYS));
        let any = match self.dice.roll(3) {
            0 => theirs.clone(),
            pipeline => key(pipeline as usize - 1, self.dice.roll(KEYS)),
        };
        match self.dice.roll(5) {
            0 | 1 => {
                if table.count(&format!("id = '{theirs}'")) == 0 {
                    table.append_key(&theirs);
                }
            }
            2 => table.delete(&format!("id = '{any}'")),
            3 => table.set(&format!("id = '{any}'"), "value", "77"),
            _ => table.optimize(),
        }
    }

    fn start(
        &mut self,
        pipeline: usize,
        declared: &[Option<Declared>; 2],
        place: Option<&str>,
    ) -> Child {
        let run = self
            .world
            .declare(PIPELINES[pipeline], &declare(pipeline, declared))
            .arg("--allow-destructive");
        let run = match place {
            Some(place) => run.env("LANCE_HOST_FAULT", place),
            None => run,
        };
        run.start()
    }

    /// Kills one run, or one of two at once, and has everything put right.
    fn round(&mut self) {
        for _ in 0..self.dice.roll(3) {
            self.foreign_write();
        }
        let before = TABLES.map(|name| read(&self.world, name));
        let pipeline = self.dice.roll(2) as usize;
        let other = 1 - pipeline;
        let old = self.declared[pipeline].clone();
        let new = TABLES.map(|name| {
            let table = usize::from(name == TABLES[1]);
            let before = old[table].as_ref();
            (!self.dice.once_in(12)).then(|| Declared::random(&mut self.dice, before))
        });
        let both = self.dice.once_in(5) && self.declared[other].iter().any(Option::is_some);

        let place = (!self.places.is_empty() && !self.dice.once_in(2)).then(|| {
            let name = self.dice.choose(&self.places).clone();
            (name, 1 + self.dice.roll(3))
        });
        let moment = self.length * u32::try_from(self.dice.roll(110)).unwrap() / 100;
        let companion = both.then(|| {
            let declared = self.declared[other].clone();
            self.start(other, &declared, None)
        });
        let fault = place
            .as_ref()
            .map(|(name, passing)| format!("{name}:{passing}"));
        let mut victim = self.start(pipeline, &new, fault.as_deref());
        if place.is_none() {
            thread::sleep(moment);
            victim.kill().unwrap();
        }
        if ended(victim).is_none() {
            self.tally.kills += 1;
            let place = place.as_ref().map_or("a random moment", |(name, _)| name);
            *self.tally.by_place.entry(place.to_owned()).or_default() += 1;
        }
        if let Some(companion) = companion {
            assert_ne!(ended(companion), None);
        }

        for (table, name) in TABLES.iter().enumerate() {
            let (found, before) = (read(&self.world, name), &before[table]);
            // Ours are as before or as declared; all others are as before.
            let (ours, was) = [&found, before]
                .map(|rows| of(rows, PIPELINES[pipeline]))
                .into();
            let wanted = content(new[table].as_ref(), pipeline);
            assert!(
                ours == wanted || ours == was,
                "{name} after {place:?}: {ours:#?} is neither {was:#?} nor {wanted:#?}"
            );
            if !both {
                let theirs = of(&found, PIPELINES[other]);
                assert_eq!(theirs, of(before, PIPELINES[other]), "{name}, {place:?}");
            }
            assert_eq!(of(&found, "x"), of(before, "x"), "{name} after {place:?}");
        }

        self.declared[pipeline] = new;
        self.converge(pipeline);
        if both {
            self.converge(other);
        }
        let left = remains(&self.world.database());
        assert_eq!(left, [""; 0], "after {place:?}");
        for (table, name) in TABLES.iter().enumerate() {
            let found = read(&self.world, name);
            assert_eq!(of(&found, "x"), of(&before[table], "x"), "{name}");
            let directory = self.world.database().join(format!("{name}.lance"));
            if directory.exists() {
                let needed = needed_files(&directory);
                self.tally.files += needed.values().map(|files| files.len()).sum::<usize>();
            }
        }
    }

    /// One run, and the tables are as declared.
    fn converge(&mut self, pipeline: usize) {
        let log = self.world.path("passed");
        let declared = self.declared[pipeline].clone();
        let run = self
            .world
            .declare(PIPELINES[pipeline], &declare(pipeline, &declared))
            .arg("--allow-destructive")
            .env("LANCE_HOST_FAULT_LOG", &log);
        let started = Instant::now();
        run.exits(0);
        self.length = (3 * self.length + started.elapsed()) / 4;
        self.tally.runs += 1;
        let passed = fs::read_to_string(&log).unwrap_or_default();
        for name in passed.lines() {
            if !self.places.iter().any(|known| known == name) {
                self.places.push(name.to_owned());
            }
        }
        let _ = fs::remove_file(log);
        for (table, name) in TABLES.iter().enumerate() {
            let found = of(&read(&self.world, name), PIPELINES[pipeline]);
            let wanted = content(declared[table].as_ref(), pipeline);
            assert_eq!(found, wanted, "{name} of {}", PIPELINES[pipeline]);
        }
    }
}

fn content(declared: Option<&Declared>, pipeline: usize) -> Rows {
    declared.map_or_else(Rows::new, |declared| declared.content(pipeline))
}

/// How a run ended; none if it was killed. If not, it did what it should, or gave way to others.
fn ended(run: Child) -> Option<i32> {
    let output = run.wait_with_output().unwrap();
    let code = output.status.code();
    assert!(
        matches!(code, None | Some(0 | 6)),
        "{code:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    code
}

/// How many kills, and the seed.
fn asked_for() -> (u32, u64) {
    let asked = std::env::var("LANCE_HOST_TORTURE").unwrap_or_else(|_| "24:20261127".to_owned());
    let (kills, seed) = asked.split_once(':').unwrap_or((&asked, "1"));
    (
        kills.parse().expect("the number of kills is a number"),
        seed.parse().expect("the seed is a number"),
    )
}

#[test]
fn nothing_is_lost_and_nothing_left_behind_whatever_is_killed() {
    let (kills, seed) = asked_for();
    let started = Instant::now();
    let mut torture = Torture::new(seed);
    let mut next = KILLS_A_DATABASE;
    for round in 1u32.. {
        assert!(round < 8 * kills + 100, "only {:?}", torture.tally);
        eprintln!("seed {seed}, round {round}, {} kills", torture.tally.kills);
        torture.round();
        if torture.tally.kills >= kills {
            break;
        }
        if torture.tally.kills >= next {
            next += KILLS_A_DATABASE;
            torture.world = World::new();
            torture.declared = Declarations::default();
        }
    }
    let tally = &torture.tally;
    println!("seed {seed}");
    println!("{:>6}  kills", tally.kills);
    for (place, times) in &tally.by_place {
        println!("{times:>10}  {place}");
    }
    println!("{:>6}  runs that converged, each at once", tally.runs);
    println!("{:>6}  writes of others", tally.foreign_writes);
    println!(
        "{:>6}  files of versions looked at, none too many",
        tally.files
    );
    println!("{:>6}  seconds", started.elapsed().as_secs());
}
