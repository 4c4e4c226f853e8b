//! Syncs files to the local disk.

use std::{
    collections::BTreeSet,
    fs::File,
    io,
    path::{Path as FilePath, PathBuf},
};

use futures::{StreamExt, TryStreamExt, stream};

/// What a commit waits for on a local disk. Object storage is durable by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Durability {
    /// Everything that a version consists of is on disk before the version is visible, and the
    /// version itself before it is reported: nothing that was reported is lost when the power is.
    #[default]
    Safe,
    /// Nothing: the operating system writes when it likes. A version survives the end of the
    /// process, and may be lost or damaged when the power goes.
    Fast,
}

/// How many files are synced at once: the disk puts their waiting together.
const AT_ONCE: usize = 16;

/// Syncs files, and the directories on the way to them from `root`, which is one of them.
pub(super) async fn sync(files: BTreeSet<PathBuf>, root: &FilePath) -> io::Result<()> {
    let mut directories = BTreeSet::new();
    for file in &files {
        let above = file.ancestors().skip(1);
        directories.extend(
            above
                .take_while(|directory| directory.starts_with(root))
                .map(FilePath::to_owned),
        );
    }
    all(files, sync_file).await?;
    // The database may have been created, too.
    directories.extend(root.parent().map(FilePath::to_owned));
    all(directories, sync_directory).await
}

/// Syncs the directory in which a file was created, renamed or removed.
pub(super) async fn sync_parent(file: &FilePath) -> io::Result<()> {
    let parents = file.parent().map(FilePath::to_owned);
    all(parents.into_iter().collect(), sync_directory).await
}

async fn all(
    paths: BTreeSet<PathBuf>,
    sync: impl Fn(&FilePath) -> io::Result<()> + Copy + Send + 'static,
) -> io::Result<()> {
    stream::iter(paths)
        .map(|path| async move {
            tokio::task::spawn_blocking(move || sync(&path))
                .await
                .map_err(io::Error::other)?
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

fn sync_file(path: &FilePath) -> io::Result<()> {
    match File::open(path) {
        Ok(file) => file.sync_all(),
        // Written in vain, and taken back.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn sync_directory(path: &FilePath) -> io::Result<()> {
    use io::ErrorKind::{InvalidInput, NotFound, PermissionDenied, Unsupported};
    match File::open(path).and_then(|directory| directory.sync_all()) {
        // Not every file system syncs directories, and above the database one may not be ours.
        Err(error)
            if matches!(
                error.kind(),
                NotFound | PermissionDenied | InvalidInput | Unsupported
            ) =>
        {
            Ok(())
        }
        other => other,
    }
}
