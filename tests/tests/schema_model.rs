//! Random changes of declared columns against a model in memory.
//!
//! Two pipelines declare one table with columns that change from run to run, and another writer
//! adds rows and removes columns in between. After a run that succeeds, the pipeline's rows are
//! exactly as declared and everybody else's are as before; after one that fails, nothing changed.

use std::{collections::BTreeMap, sync::Arc};

use arrow::{
    array::{ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray},
    datatypes::{DataType, Field, Schema},
    util::display::{ArrayFormatter, FormatOptions},
};
use lance_host_reconcile::{Error, ErrorKind, MaintenancePolicy, Report, Status};
use lance_host_tests::{ForeignTable, InProcess};
use proptest::{collection::vec, prelude::*, test_runner::FileFailurePersistence};

const PIPELINES: [&str; 2] = ["first", "second"];
const COLUMNS: [&str; 3] = ["a", "b", "c"];

/// A column of a declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Column {
    kind: Kind,
    nullable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Int32,
    Int64,
    Float64,
    Text,
}

/// What a pipeline declares: which of the columns, and rows with a number for each.
#[derive(Debug, Clone)]
struct Declared {
    columns: [Option<Column>; 3],
    /// By the number in the key.
    rows: BTreeMap<u8, [u8; 3]>,
}

#[derive(Debug, Clone)]
enum Step {
    Run {
        pipeline: usize,
        declared: Declared,
    },
    /// Somebody else adds a row that has nothing but a key.
    Append {
        key: u8,
    },
    DropColumn {
        column: usize,
    },
    DeleteRow {
        pipeline: usize,
        key: u8,
    },
    Optimize,
}

/// The rows of a table: for each key the columns that are not null.
type Content = BTreeMap<String, BTreeMap<String, String>>;

impl Kind {
    fn data_type(self) -> DataType {
        match self {
            Self::Int32 => DataType::Int32,
            Self::Int64 => DataType::Int64,
            Self::Float64 => DataType::Float64,
            Self::Text => DataType::Utf8,
        }
    }

    fn text(self, number: u8) -> String {
        match self {
            Self::Int32 | Self::Int64 => number.to_string(),
            Self::Float64 => format!("{number}.0"),
            Self::Text => format!("v{number}"),
        }
    }

    fn array(self, numbers: impl Iterator<Item = Option<u8>>) -> ArrayRef {
        match self {
            Self::Int32 => Arc::new(numbers.map(|n| n.map(i32::from)).collect::<Int32Array>()),
            Self::Int64 => Arc::new(numbers.map(|n| n.map(i64::from)).collect::<Int64Array>()),
            Self::Float64 => Arc::new(numbers.map(|n| n.map(f64::from)).collect::<Float64Array>()),
            Self::Text => Arc::new(
                numbers
                    .map(|n| n.map(|number| self.text(number)))
                    .collect::<StringArray>(),
            ),
        }
    }
}

impl Declared {
    /// A number as it is declared: a nullable column has none in place of 0.
    fn value(column: Column, number: u8) -> Option<u8> {
        (!column.nullable || number > 0).then_some(number)
    }

    fn named(&self) -> impl Iterator<Item = (usize, &'static str, Column)> {
        let columns = COLUMNS.into_iter().zip(self.columns).enumerate();
        columns.filter_map(|(index, (name, column))| Some((index, name, column?)))
    }

    fn batch(&self, pipeline: usize) -> RecordBatch {
        let keys = self.rows.keys().map(|key| key_of(pipeline, *key));
        let mut fields = vec![Field::new("id", DataType::Utf8, false)];
        let mut arrays: Vec<ArrayRef> = vec![Arc::new(StringArray::from_iter_values(keys))];
        for (index, name, column) in self.named() {
            fields.push(Field::new(name, column.kind.data_type(), column.nullable));
            let numbers = self
                .rows
                .values()
                .map(|row| Self::value(column, row[index]));
            arrays.push(column.kind.array(numbers));
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
    }

    fn content(&self, pipeline: usize) -> Content {
        let rows = self.rows.iter().map(|(key, row)| {
            let values = self.named().filter_map(|(index, name, column)| {
                let number = Self::value(column, row[index])?;
                Some((name.to_owned(), column.kind.text(number)))
            });
            (key_of(pipeline, *key), values.collect())
        });
        rows.collect()
    }
}

/// Each pipeline has keys of its own: conflicts of rows have a model of their own.
fn key_of(pipeline: usize, key: u8) -> String {
    format!("{}{key}", PIPELINES[pipeline])
}

struct Real {
    host: InProcess,
}

impl Real {
    fn new() -> Self {
        Self {
            host: InProcess::new(MaintenancePolicy::default()),
        }
    }

    fn run(&self, pipeline: usize, declared: &Declared) -> Result<Report, Error> {
        let options = self.host.options(PIPELINES[pipeline]);
        self.host.run(options, [declared.batch(pipeline)])
    }

    fn table(&self) -> Option<ForeignTable> {
        self.host.table()
    }

    fn content(&self) -> Content {
        let Some(table) = self.table() else {
            return Content::new();
        };
        let rows = table.rows();
        let options = FormatOptions::default();
        let schema = rows.schema();
        let texts: Vec<_> = (rows.columns().iter())
            .map(|column| ArrayFormatter::try_new(column, &options).unwrap())
            .collect();
        let mut content = Content::new();
        for row in 0..rows.num_rows() {
            let mut values = BTreeMap::new();
            for ((field, array), text) in schema.fields().iter().zip(rows.columns()).zip(&texts) {
                if array.is_valid(row) {
                    values.insert(field.name().clone(), text.value(row).to_string());
                }
            }
            let key = values.remove("id").expect("a key is never null");
            assert!(
                content.insert(key.clone(), values).is_none(),
                "{key} is there twice"
            );
        }
        content
    }
}

/// Does a step, and checks what it promises.
fn step(real: &Real, step: &Step) {
    match step {
        Step::Run { pipeline, declared } => run(real, *pipeline, declared),
        Step::Append { key } => {
            if let Some(table) = real.table() {
                let nothing_required = table
                    .schema()
                    .fields()
                    .iter()
                    .all(|field| field.name() == "id" || field.is_nullable());
                let key = format!("theirs{key}");
                if nothing_required && !real.content().contains_key(&key) {
                    table.append_key(&key);
                }
            }
        }
        Step::DropColumn { column } => {
            let name = COLUMNS[*column];
            if let Some(table) = real.table()
                && table.schema().field_with_name(name).is_ok()
            {
                table.drop_column(name);
            }
        }
        Step::DeleteRow { pipeline, key } => {
            if let Some(table) = real.table() {
                table.delete(&format!("id = '{}'", key_of(*pipeline, *key)));
            }
        }
        Step::Optimize => {
            if let Some(table) = real.table() {
                table.optimize();
            }
        }
    }
}

fn run(real: &Real, pipeline: usize, declared: &Declared) {
    let before = real.content();
    let is_ours = |key: &str| key.starts_with(PIPELINES[pipeline]);
    let others = |content: &Content| -> Content {
        let others = content.iter().filter(|(key, _)| !is_ours(key));
        others
            .map(|(key, row)| (key.clone(), row.clone()))
            .collect()
    };
    match real.run(pipeline, declared) {
        Ok(_) => {
            let after = real.content();
            let ours: Content = after
                .iter()
                .filter(|(key, _)| is_ours(key))
                .map(|(key, row)| (key.clone(), row.clone()))
                .collect();
            assert_eq!(ours, declared.content(pipeline));
            assert_eq!(others(&after), others(&before));
            let version = real.table().unwrap().version();
            let again = real.run(pipeline, declared).unwrap();
            assert_eq!(again.status, Status::Unchanged, "{again:?}");
            assert_eq!(real.table().unwrap().version(), version);
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
            assert!(
                !others(&before).is_empty() || real.table().is_some(),
                "{error}"
            );
            assert_eq!(real.content(), before, "{error}");
        }
    }
}

fn declared() -> impl Strategy<Value = Declared> {
    let kind = prop_oneof![
        Just(Kind::Int32),
        Just(Kind::Int64),
        Just(Kind::Float64),
        Just(Kind::Text)
    ];
    let column = (kind, any::<bool>()).prop_map(|(kind, nullable)| Column { kind, nullable });
    let columns = proptest::array::uniform3(proptest::option::weighted(0.7, column));
    let rows = proptest::collection::btree_map(0..5u8, proptest::array::uniform3(0..3u8), 0..5);
    (columns, rows).prop_map(|(columns, rows)| Declared { columns, rows })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let pipeline = prop_oneof![3 => Just(0usize), 1 => Just(1usize)];
    vec(
        prop_oneof![
            8 => (pipeline.clone(), declared())
                .prop_map(|(pipeline, declared)| Step::Run { pipeline, declared }),
            1 => (0..3u8).prop_map(|key| Step::Append { key }),
            1 => (0..COLUMNS.len()).prop_map(|column| Step::DropColumn { column }),
            1 => (pipeline, 0..5u8).prop_map(|(pipeline, key)| Step::DeleteRow { pipeline, key }),
            1 => Just(Step::Optimize),
        ],
        1..10,
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        // More of them, for a long night: PROPTEST_CASES.
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24),
        max_shrink_iters: 300,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..ProptestConfig::default()
    })]

    #[test]
    fn rows_are_as_declared_whatever_the_columns_were_before(steps in steps()) {
        let real = Real::new();
        for step_ in &steps {
            step(&real, step_);
        }
    }
}
