//! What is left on disk that nothing needs.
//!
//! Lance itself says which files the versions of a dataset need. Everything else in a database
//! has been left behind by somebody.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use arrow::{array::AsArray, datatypes::Int64Type};
use futures::TryStreamExt;
use lance::{Dataset, dataset::builder::DatasetBuilder};
use tokio::runtime::Runtime;

/// Files of a database that no version of any table needs, directories of tables without a
/// version, and state of tables that do not exist; sorted, relative to the database.
pub fn remains(database: &Path) -> Vec<String> {
    let runtime = Runtime::new().expect("threads can be started");
    let mut found = Remains {
        database,
        runtime,
        unneeded: BTreeSet::new(),
    };
    let host = database.join("_lance_host");
    let mut ids = BTreeSet::new();
    for table in entries(database) {
        if table == host {
            continue;
        }
        if let Some(dataset) = found.dataset(&table)
            && let Some(id) = dataset.config().get("lance_host.table_id")
        {
            ids.insert(id.clone());
            found.deltas(&host.join("wal").join(id), &dataset);
        }
    }
    for part in ["wal", "state"] {
        for directory in entries(&host.join(part)) {
            let name = file_name(&directory);
            if !ids.contains(&name) {
                found.unneeded(&directory);
            } else if part == "state" {
                found.dataset(&directory);
            }
        }
    }
    for part in entries(&host) {
        match file_name(&part).as_str() {
            "wal" | "state" => {}
            // Empty directories are no trouble.
            _ if part.is_dir() => {
                for file in files(&part) {
                    found.unneeded(&file);
                }
            }
            _ => found.unneeded(&part),
        }
    }
    found.unneeded.into_iter().collect()
}

struct Remains<'a> {
    database: &'a Path,
    runtime: Runtime,
    unneeded: BTreeSet<String>,
}

impl Remains<'_> {
    fn unneeded(&mut self, path: &Path) {
        let place = path.strip_prefix(self.database).unwrap_or(path);
        self.unneeded.insert(place.display().to_string());
    }

    /// Compares the files of a dataset with those that its versions need.
    fn dataset(&mut self, directory: &Path) -> Option<Dataset> {
        let uri = directory
            .to_str()
            .expect("test directories have plain names");
        let loaded = self.runtime.block_on(DatasetBuilder::from_uri(uri).load());
        let Ok(dataset) = loaded else {
            self.unneeded(directory);
            return None;
        };
        let needed = self.runtime.block_on(async {
            let by_version = tracked(&dataset, directory).await;
            let mut needed: BTreeSet<_> = by_version.into_values().flatten().collect();
            let tags = dataset.tags().list().await.expect("tags can be listed");
            needed.extend(
                tags.keys()
                    .map(|tag| directory.join("_refs/tags").join(format!("{tag}.json"))),
            );
            needed
        });
        let hint = directory.join("_versions/latest_version_hint.json");
        for file in files(directory) {
            if !needed.contains(&file) && file != hint {
                self.unneeded(&file);
            }
        }
        Some(dataset)
    }

    /// Delta files belong to versions of ours, which nobody has removed.
    fn deltas(&mut self, directory: &Path, table: &Dataset) {
        for file in entries(directory) {
            let name = file_name(&file);
            let parsed = name
                .strip_suffix(".arrow")
                .and_then(|name| name.split_once('-'))
                .and_then(|(version, run)| Some((version.parse::<u64>().ok()?, run)));
            let is_needed = parsed.is_some_and(|(version, run)| {
                let read = self
                    .runtime
                    .block_on(table.read_version_transaction(version));
                let Ok(read) = read else {
                    // The version was pruned, and this may be all that is left of it.
                    return version < table.version_id();
                };
                let properties = read.transaction.and_then(|it| it.transaction_properties);
                properties.is_some_and(|properties| {
                    properties.get("lance_host.run_id").map(String::as_str) == Some(run)
                })
            });
            if !is_needed {
                self.unneeded(&file);
            }
        }
    }
}

/// The files that each version of a dataset needs, its manifest included.
pub fn needed_files(directory: &Path) -> BTreeMap<i64, BTreeSet<PathBuf>> {
    let runtime = Runtime::new().expect("threads can be started");
    let uri = directory
        .to_str()
        .expect("test directories have plain names");
    runtime.block_on(async {
        let dataset = DatasetBuilder::from_uri(uri).load().await;
        tracked(&dataset.expect("the dataset opens"), directory).await
    })
}

async fn tracked(dataset: &Dataset, directory: &Path) -> BTreeMap<i64, BTreeSet<PathBuf>> {
    let mut by_version: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    let mut batches = dataset.tracked_files().await;
    while let Some(batch) = batches.try_next().await.expect("files can be listed") {
        let paths = batch["path"].as_string::<i32>();
        let versions = batch["version"].as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let files = by_version.entry(versions.value(row)).or_default();
            files.insert(directory.join(paths.value(row)));
        }
    }
    by_version
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let Ok(read) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = read
        .map(|entry| entry.expect("directories can be read").path())
        .collect();
    paths.sort();
    paths
}

/// All files below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in entries(directory) {
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}
