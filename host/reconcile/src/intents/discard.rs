//! Removes a table, so that nobody sees a part of it.
//!
//! On a local disk the whole directory is renamed away first. Elsewhere its files can only be
//! removed one after the other: first the tags, then the versions, from the oldest to the newest, while
//! all that the newest needs is still there. From then on it is no table, and another of its name may
//! be created. So the rest goes by the list that the log has of it.

use std::{io, path::PathBuf};

use futures::{StreamExt, TryStreamExt, stream};
use lance::io::ObjectStore;
use lance_table::io::commit::commit_handler_from_url;
use object_store::path::Path;
use uuid::Uuid;

use super::{
    durable,
    entry::Entry,
    log::{ACTION, IntentLog},
};
use crate::{
    error::{Error, StorageContext},
    fault,
};

const DROP: &str = "drop a table";

impl IntentLog {
    /// Removes the table of a name, which has a certain id.
    pub(crate) async fn discard(&self, table: &str, id: &str) -> Result<(), Error> {
        let uri = self.database.table_uri(table);
        if self.is_local() && self.rename_away(&uri, id).await? {
            return Ok(());
        }
        let path =
            ObjectStore::extract_path_from_uri(self.database.session().store_registry(), &uri)
                .storage(self.subject(), DROP)?;
        let files = remaining(&self.store, &path)
            .await
            .storage(self.subject(), DROP)?;
        self.add(&Entry::Drop {
            name: table.to_owned(),
            id: id.to_owned(),
            files: files.iter().filter_map(|file| self.place(file)).collect(),
        });
        self.flush()
            .await
            .map_err(lance::Error::from)
            .storage(self.subject(), ACTION)?;
        remove_versions(&self.store, &uri, &path)
            .await
            .storage(self.subject(), DROP)?;
        fault::point("drop: versions removed");
        remove_files(&self.store, files)
            .await
            .storage(self.subject(), DROP)?;
        if self.is_local() {
            // Its directories.
            match self.store.remove_dir_all(path).await {
                Err(error) if !error.is_not_found() => {
                    return Err(error).storage(self.subject(), DROP);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// False if the table is a disk of its own, which cannot be renamed to another.
    async fn rename_away(&self, uri: &str, id: &str) -> Result<bool, Error> {
        let name = format!("{id}-{}", Uuid::new_v4().simple());
        let trash = self.host.clone().join("trash").join(name);
        if let Some(place) = self.place(&trash) {
            self.add(&Entry::Scratch { place });
        }
        self.flush()
            .await
            .map_err(lance::Error::from)
            .storage(self.subject(), ACTION)?;
        let (from, to) = (PathBuf::from(uri), self.local(&trash));
        let moved = async {
            if let Some(above) = to.parent() {
                std::fs::create_dir_all(above)?;
            }
            std::fs::rename(&from, &to)?;
            if self.syncs() {
                durable::sync_parent(&from).await?;
            }
            Ok::<_, io::Error>(())
        };
        match moved.await {
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => return Ok(false),
            other => other
                .map_err(lance::Error::from)
                .storage(self.subject(), DROP)?,
        }
        fault::point("drop: out of sight");
        self.store
            .remove_dir_all(trash)
            .await
            .storage(self.subject(), DROP)?;
        Ok(true)
    }
}

/// All files of a dataset but its tags and versions.
async fn remaining(store: &ObjectStore, path: &Path) -> lance::Result<Vec<Path>> {
    let (tags, versions) = (path.clone().join("_refs"), path.clone().join("_versions"));
    let goes_later = |file: &Path| {
        let is_version = file.prefix_matches(&versions) && file.extension() == Some("manifest");
        !file.prefix_matches(&tags) && !is_version
    };
    let files = store.list(Some(path.clone())).map_ok(|file| file.location);
    files
        .try_filter(|file| std::future::ready(goes_later(file)))
        .try_collect()
        .await
}

/// Removes files, some of which may be gone.
pub(super) async fn remove_files(store: &ObjectStore, files: Vec<Path>) -> lance::Result<()> {
    let files = stream::iter(files.into_iter().map(Ok)).boxed();
    let removed = store.remove_stream(files);
    removed.try_for_each(|_| async { Ok(()) }).await
}

/// Removes the tags and all versions of a dataset, the newest last.
async fn remove_versions(store: &ObjectStore, uri: &str, path: &Path) -> lance::Result<()> {
    let tags = store.list(Some(path.clone().join("_refs")));
    let tags = tags.map_ok(|file| file.location).try_collect().await?;
    remove_files(store, tags).await?;
    let handler = commit_handler_from_url(uri, &None).await?;
    let mut versions: Vec<_> = handler
        .list_manifest_locations(path, store, true)
        .map_ok(|location| location.path)
        .try_collect()
        .await?;
    if versions.is_empty() {
        return Ok(());
    }
    let newest = versions.remove(0);
    remove_files(store, versions).await?;
    store.delete(&newest).await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::{
        array::{Int64Array, RecordBatch},
        datatypes::{DataType, Field, Schema},
    };
    use lance::{
        Dataset,
        dataset::{InsertBuilder, WriteMode, WriteParams},
    };

    use super::*;

    #[tokio::test]
    async fn a_dataset_whose_versions_are_removed_is_gone_before_its_rows_are() {
        let folder = tempfile::tempdir().unwrap();
        let uri = folder.path().join("t.lance");
        let uri = uri.to_str().unwrap();
        let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, false)]));
        for number in 0..3 {
            let column = Arc::new(Int64Array::from(vec![number]));
            let batch = RecordBatch::try_new(schema.clone(), vec![column]).unwrap();
            let params = WriteParams {
                mode: WriteMode::Append,
                ..WriteParams::default()
            };
            InsertBuilder::new(uri)
                .with_params(&params)
                .execute(vec![batch])
                .await
                .unwrap();
        }
        let (store, path) = ObjectStore::from_uri(uri).await.unwrap();
        remove_versions(&store, uri, &path).await.unwrap();
        assert!(Dataset::open(uri).await.is_err());
        let data = std::fs::read_dir(folder.path().join("t.lance/data")).unwrap();
        assert_eq!(data.count(), 3);
    }
}
