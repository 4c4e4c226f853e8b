//! Reads what is left of a damaged state, and replaces it.
//!
//! A run that meets damage ends: nothing that it could do is certain. Whoever verifies or
//! rebuilds the state passes the damage over instead, and says so. What is passed over proves
//! nothing any more, so rows that nothing else proves to be ours become foreign.

use std::sync::Arc;

use lance::io::ObjectStore;
use lance_table::io::commit::ManifestNamingScheme;
use object_store::path::Path;

use super::{
    delta::Delta,
    layered::Entries,
    names::RUN_ID,
    owners::Owners,
    sidecar::Sidecar,
    version::{Content, Version, write},
};
use crate::{
    database::Database,
    error::{Error, StorageContext},
    intents::IntentLog,
    table::{Identity, Origin, StoredTable},
};

/// How often to replace a sidecar when other hosts write theirs first.
const ATTEMPTS: u32 = 5;

/// What to do about stored state that cannot be read or contradicts itself.
#[derive(Debug)]
pub(super) enum OnDamage<'a> {
    /// End with an error.
    Fail,
    /// Say so, pass it over, and go on.
    Note(&'a mut Vec<String>),
    /// Pass it over: it was noted before.
    Ignore,
}

impl OnDamage<'_> {
    /// The same without notes.
    pub(super) fn silent(&self) -> OnDamage<'static> {
        match self {
            Self::Fail => OnDamage::Fail,
            Self::Note(_) | Self::Ignore => OnDamage::Ignore,
        }
    }

    /// Forgets what was noted: everything is read again.
    pub(super) fn start_over(&mut self) {
        if let Self::Note(notes) = self {
            notes.clear();
        }
    }

    fn note(&mut self, damage: impl FnOnce() -> String) {
        if let Self::Note(notes) = self {
            let damage = damage();
            if !notes.contains(&damage) {
                notes.push(damage);
            }
        }
    }

    /// A delta file as it was read; none if there is none, or if it is damaged and that is
    /// passed over.
    pub(super) fn delta(
        &mut self,
        version: u64,
        read: Result<Option<Delta>, Error>,
    ) -> Result<Option<Delta>, Error> {
        match read {
            Err(Error::DamagedState { .. }) if !matches!(self, Self::Fail) => {
                self.note(|| format!("the delta file of version {version} cannot be read"));
                Ok(None)
            }
            read => read,
        }
    }

    /// The delta file of a commit of ours is not there, and is needed.
    pub(super) fn missing(&mut self, version: u64) {
        let unreadable = format!("the delta file of version {version} cannot be read");
        if let Self::Note(notes) = self
            && !notes.contains(&unreadable)
        {
            self.note(|| format!("the delta file of version {version} is missing"));
        }
    }

    /// There is no state at all.
    pub(super) async fn lost(&mut self, table: &StoredTable, identity: &Identity) {
        if matches!(self, Self::Note(_)) && had_state(table, identity).await {
            self.note(|| "there is neither a sidecar nor a delta file".to_owned());
        }
    }

    /// There is no sidecar, and the history from the first commit on is not complete.
    pub(super) fn without_beginning(&mut self, version: u64) {
        self.note(|| {
            format!("there is no sidecar, and the history of version {version} was removed")
        });
    }

    /// Whether a version whose transaction cannot be read is passed over.
    pub(super) fn history(&mut self, version: u64) -> bool {
        self.note(|| format!("the history of version {version} cannot be read"));
        !matches!(self, Self::Fail)
    }
}

/// The newest sidecar that describes `version` or an earlier version of the table. If damage is
/// passed over, the newest one whose rows can be read and add up to what it says.
pub(super) async fn sidecar(
    table: &StoredTable,
    identity: &Identity,
    version: u64,
    on_damage: &mut OnDamage<'_>,
) -> Result<Option<Sidecar>, Error> {
    let (database, name, id) = (&table.database, &table.name, &identity.table_id);
    if matches!(on_damage, OnDamage::Fail) {
        return Sidecar::find(database, name, id, version).await;
    }
    let (store, manifests) = manifests(database, name, id).await?;
    let Some(head) = manifests.first().map(|(version, _)| *version) else {
        return Ok(None);
    };
    for (number, path) in manifests {
        let Ok(sidecar) = Sidecar::open_version(database, name, id, number, head).await else {
            if answers(&store, &path, name).await? {
                on_damage.note(|| format!("version {number} of the sidecar cannot be read"));
            }
            continue;
        };
        if sidecar.applied_through > version {
            continue;
        }
        let stored = Entries::stored(sidecar.clone());
        let read = match stored.index().await {
            Ok(_) => sidecar.owners.contradiction(&stored).await,
            Err(error) => Err(error),
        };
        match read {
            Ok(None) => return Ok(Some(sidecar)),
            Ok(Some(whose)) => on_damage.note(|| {
                format!(
                    "version {number} of the sidecar does not have the rows of {whose} that it counts"
                )
            }),
            Err(Error::DamagedState { problem, .. }) if problem.starts_with("version") => {
                on_damage.note(|| problem);
            }
            Err(_) => {
                for file in sidecar.files(database, id).await? {
                    answers(&store, &file, name).await?;
                }
                on_damage
                    .note(|| format!("the rows in version {number} of the sidecar are damaged"));
            }
        }
    }
    Ok(None)
}

/// Whether a run has ever committed to the table, as far as its history is left.
async fn had_state(table: &StoredTable, identity: &Identity) -> bool {
    if identity.origin == Origin::Created {
        return true;
    }
    let Ok(versions) = table.dataset.version_refs().await else {
        return false;
    };
    for version in versions {
        let read = table.dataset.read_version_transaction(version.version);
        let properties = read
            .await
            .ok()
            .and_then(|read| read.transaction)
            .and_then(|transaction| transaction.transaction_properties);
        if properties.is_some_and(|properties| properties.contains_key(RUN_ID)) {
            return true;
        }
    }
    false
}

/// Writes these entries and owners of `table` in place of whatever the sidecar is, and removes versions
/// of it that cannot be opened and would hide the new one. What they say must follow from the table's
/// history and delta files: then it does not matter who is first.
pub(crate) async fn replace(
    log: &Arc<IntentLog>,
    table: &StoredTable,
    identity: &Identity,
    entries: &Entries,
    owners: &Owners,
) -> Result<(), Error> {
    let (database, name, id) = (&table.database, &table.name, &identity.table_id);
    for _ in 0..ATTEMPTS {
        uncover(table, identity).await?;
        let newest = Sidecar::to_replace(database, name, id).await?;
        let version = Version {
            base: newest.as_ref(),
            content: Content::Anew(entries.chunks().await?.stream()),
            applied_through: table.version(),
            owners,
        };
        if write(log, database, name, id, version).await? {
            return Ok(());
        }
    }
    Err(Error::Contention {
        table: table.label(),
        attempts: ATTEMPTS,
        written: "its state may not be as it should be yet".to_owned(),
    })
}

/// Removes the newest versions of the sidecar as far as they cannot be opened.
async fn uncover(table: &StoredTable, identity: &Identity) -> Result<(), Error> {
    let (database, name, id) = (&table.database, &table.name, &identity.table_id);
    let (store, manifests) = manifests(database, name, id).await?;
    for (number, path) in manifests {
        let opened = Sidecar::open_version(database, name, id, number, number).await;
        if opened.is_ok() {
            return Ok(());
        }
        if answers(&store, &path, name).await? {
            store
                .delete(&path)
                .await
                .storage(table.subject(), "remove a damaged version of its state")?;
        }
    }
    Ok(())
}

/// Whether a file is there. A storage that does not answer is no damage, but an error.
async fn answers(store: &ObjectStore, path: &Path, table: &str) -> Result<bool, Error> {
    match store.read_one_all(path).await {
        Ok(_) => Ok(true),
        Err(error) if error.is_not_found() => Ok(false),
        Err(error) => Err(error).storage(format!("the state of table {table}"), "read it"),
    }
}

/// The versions of a sidecar with their files, newest first, whether or not they can be opened.
async fn manifests(
    database: &Database,
    table: &str,
    table_id: &str,
) -> Result<(Arc<ObjectStore>, Vec<(u64, Path)>), Error> {
    let (store, root) = database.host_files().await?;
    let directory = root.join("state").join(table_id).join("_versions");
    let names = match store.read_dir(directory.clone()).await {
        Ok(names) => names,
        Err(error) if error.is_not_found() => Vec::new(),
        Err(error) => {
            let subject = format!("the state of table {}", database.label(table));
            return Err(error).storage(subject, "list its versions");
        }
    };
    let mut manifests: Vec<(u64, Path)> = names
        .iter()
        .filter_map(|name| {
            let version = ManifestNamingScheme::detect_scheme(name)?.parse_version(name)?;
            Some((version, directory.clone().join(name.as_str())))
        })
        .collect();
    manifests.sort_unstable_by_key(|(version, _)| std::cmp::Reverse(*version));
    Ok((store, manifests))
}

impl Sidecar {
    /// The files that hold its rows.
    async fn files(&self, database: &Database, table_id: &str) -> Result<Vec<Path>, Error> {
        let (_, root) = database.host_files().await?;
        let data = root.join("state").join(table_id).join("data");
        let fragments = self.dataset().manifest().fragments.clone();
        let files = fragments.iter().flat_map(|fragment| &fragment.files);
        Ok(files
            .map(|file| data.clone().join(file.path.as_str()))
            .collect())
    }
}
