//! Delta files: what a commit of ours changes in the state, written before the commit.
//!
//! A file's name is the version that the commit will have and the run's id. A file whose commit
//! never happened is ignored, since no transaction names its run. A checksum over the rest is its
//! end: what was cut off or changed must not pass for entries.

use std::{
    collections::HashMap,
    io::{Cursor, Write},
    sync::Arc,
};

use arrow::{
    datatypes::Schema,
    error::ArrowError,
    ipc::{reader::FileReader, writer::FileWriter},
};
use bytes::Bytes;
use futures::TryStreamExt;
use lance::io::ObjectStore;
use lance_io::traits::Writer;
use object_store::{ObjectStoreExt, path::Path};
use tokio::io::AsyncWriteExt;
use xxhash_rust::xxh3::{Xxh3Default, xxh3_128};

use super::{
    entries::{self, Entry},
    names::OWNERS,
    owners::Owners,
};
use crate::{
    database::Database,
    error::{Error, StorageContext},
    intents::IntentLog,
    merge::Run,
    sequence::{Sequence, SequenceBuilder},
    spill,
};

/// A delta file of more bytes than this is written in parts.
const PART: usize = 1 << 20;

/// The delta files of one table.
#[derive(Debug)]
pub(crate) struct Deltas {
    store: Arc<ObjectStore>,
    directory: Path,
    /// `DATABASE/TABLE`.
    label: String,
    table: String,
    table_id: String,
}

/// What one commit changed.
#[derive(Debug)]
pub(crate) struct Delta {
    /// Sorted by key and row id.
    pub(crate) entries: Sequence,
    /// All owners of the table after the commit.
    pub(crate) owners: Owners,
}

/// The name of a delta file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeltaName {
    /// The version that the commit will have.
    pub(crate) version: u64,
    /// The run that commits.
    pub(crate) run_id: String,
}

impl Deltas {
    pub(crate) async fn open(
        database: &Database,
        table: &str,
        table_id: &str,
    ) -> Result<Self, Error> {
        let (store, root) = database.host_files().await?;
        Ok(Self {
            store,
            directory: root.join("wal").join(table_id),
            label: database.label(table),
            table: table.to_owned(),
            table_id: table_id.to_owned(),
        })
    }

    /// Writes a delta file, from entries that are sorted by key and row id. Nobody else writes a
    /// file of that name: version and run id are used once.
    pub(crate) async fn put(
        &self,
        log: &Arc<IntentLog>,
        version: u64,
        run_id: &str,
        mut entries: Run<Entry>,
        owners: &Owners,
    ) -> Result<(), Error> {
        log.note_deltas(&self.table, &self.table_id);
        let store = log.recorded(&self.store);
        let path = self.path(version, run_id);
        let (encode, write) = ("encode its delta", "write its delta file");
        let mut encoder = Encoder::new(owners).storage(self.subject(), encode)?;
        let mut file = None;
        while let Some(chunk) = entries.try_next().await? {
            encoder.write(&chunk).storage(self.subject(), encode)?;
            if encoder.encoded() < PART {
                continue;
            }
            let file = match &mut file {
                Some(file) => file,
                None => {
                    let opened = store.create(&path).await;
                    file.insert(opened.storage(self.subject(), write)?)
                }
            };
            let written = file
                .write_all(&encoder.take())
                .await
                .map_err(lance::Error::from);
            written.storage(self.subject(), write)?;
        }
        let rest = encoder.finish().storage(self.subject(), encode)?;
        let Some(mut file) = file else {
            let put = store.put_if_absent(&path, rest.into()).await;
            return put
                .map_err(lance::Error::from)
                .storage(self.subject(), write);
        };
        let written = file.write_all(&rest).await.map_err(lance::Error::from);
        written.storage(self.subject(), write)?;
        let finished = Writer::shutdown(file.as_mut()).await;
        finished.map(drop).storage(self.subject(), write)
    }

    /// Reads a delta file; none if there is no such file.
    pub(crate) async fn read(&self, version: u64, run_id: &str) -> Result<Option<Delta>, Error> {
        let path = self.path(version, run_id);
        let Some(bytes) = self.bytes(&path).await? else {
            return Ok(None);
        };
        let damaged = |error| Error::DamagedState {
            table: self.label.clone(),
            problem: format!("delta file {path} is not as it was written: {error}"),
        };
        let (mut batches, owners) = decode(bytes).map_err(damaged)?;
        let mut entries = SequenceBuilder::new();
        while let Some(batch) = batches.next().transpose().map_err(damaged)? {
            for entry in entries::decode(&batch).map_err(damaged)? {
                entries.push(entry)?;
            }
        }
        let entries = entries.finish()?;
        Ok(Some(Delta { entries, owners }))
    }

    /// A whole file; none if there is no such file. Of a long one the bytes are on disk.
    async fn bytes(&self, path: &Path) -> Result<Option<Bytes>, Error> {
        let action = "read a delta file";
        let failed = |error: object_store::Error| lance::Error::from(error);
        let found = match self.store.inner.get(path).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(failed(error)).storage(self.subject(), action),
        };
        if found.meta.size <= PART as u64 {
            let bytes = found.bytes().await.map_err(failed);
            return bytes.map(Some).storage(self.subject(), action);
        }
        let mut file = tempfile::tempfile().map_err(Error::Staging)?;
        let mut parts = found.into_stream();
        while let Some(part) = parts
            .try_next()
            .await
            .map_err(failed)
            .storage(self.subject(), action)?
        {
            file.write_all(&part).map_err(Error::Staging)?;
        }
        spill::mapped(&file).map(Some)
    }

    /// The names of all delta files.
    pub(crate) async fn list(&self) -> Result<Vec<DeltaName>, Error> {
        let names = match self.store.read_dir(self.directory.clone()).await {
            Ok(names) => names,
            Err(error) if error.is_not_found() => Vec::new(),
            Err(error) => return Err(error).storage(self.subject(), "list its delta files"),
        };
        Ok(names.iter().filter_map(|name| parse(name)).collect())
    }

    /// Removes a delta file; it is fine if it is gone.
    pub(crate) async fn remove(&self, name: &DeltaName) -> Result<(), Error> {
        match self
            .store
            .delete(&self.path(name.version, &name.run_id))
            .await
        {
            Err(error) if !error.is_not_found() => {
                Err(error).storage(self.subject(), "remove a delta file")
            }
            _ => Ok(()),
        }
    }

    fn subject(&self) -> String {
        format!("table {}", self.label)
    }

    fn path(&self, version: u64, run_id: &str) -> Path {
        // Zeros in front keep the files in the order of versions.
        self.directory
            .clone()
            .join(format!("{version:020}-{run_id}.arrow"))
    }
}

fn parse(file_name: &str) -> Option<DeltaName> {
    let (version, run_id) = file_name.strip_suffix(".arrow")?.split_once('-')?;
    Some(DeltaName {
        version: version.parse().ok()?,
        run_id: run_id.to_owned(),
    })
}

/// Makes the content of a delta file, in parts: an Arrow IPC file, and a checksum of its bytes.
struct Encoder {
    writer: FileWriter<Vec<u8>>,
    checksum: Xxh3Default,
}

impl Encoder {
    fn new(owners: &Owners) -> Result<Self, ArrowError> {
        let metadata = HashMap::from([(OWNERS.to_owned(), owners.to_json())]);
        let schema = Schema::new_with_metadata(entries::schema().fields().clone(), metadata);
        Ok(Self {
            writer: FileWriter::try_new(Vec::new(), &schema)?,
            checksum: Xxh3Default::new(),
        })
    }

    fn write(&mut self, entries: &[Entry]) -> Result<(), ArrowError> {
        self.writer.write(&entries::encode(entries)?)
    }

    /// How many bytes can be taken.
    fn encoded(&self) -> usize {
        self.writer.get_ref().len()
    }

    /// What has been encoded since it was taken last.
    fn take(&mut self) -> Vec<u8> {
        let part = std::mem::take(self.writer.get_mut());
        self.checksum.update(&part);
        part
    }

    /// The rest of the file.
    fn finish(mut self) -> Result<Vec<u8>, ArrowError> {
        self.writer.finish()?;
        let mut rest = self.take();
        rest.extend(self.checksum.digest128().to_le_bytes());
        Ok(rest)
    }
}

/// Reads what an [`Encoder`] has made: batches of entries, and the owners.
fn decode(bytes: Bytes) -> Result<(FileReader<Cursor<Bytes>>, Owners), ArrowError> {
    let damaged = |problem: &str| ArrowError::SchemaError(problem.to_owned());
    let content = match bytes.split_last_chunk() {
        Some((content, checksum)) if xxh3_128(content) == u128::from_le_bytes(*checksum) => {
            bytes.slice_ref(content)
        }
        _ => return Err(damaged("its checksum does not match")),
    };
    let reader = FileReader::try_new(Cursor::new(content), None)?;
    let schema = reader.schema();
    let named = schema.metadata().get(OWNERS);
    let owners = named.and_then(|json| Owners::from_json(json));
    let owners = owners.ok_or_else(|| damaged("it names no owners"))?;
    Ok((reader, owners))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: Vec<u8>) -> Result<(Vec<Entry>, Owners), String> {
        let told = |error: ArrowError| error.to_string();
        let (batches, owners) = decode(bytes.into()).map_err(told)?;
        let mut all = Vec::new();
        for batch in batches {
            let entries = batch.and_then(|batch| entries::decode(&batch));
            all.extend(entries.map_err(told)?);
        }
        Ok((all, owners))
    }

    #[test]
    fn delta_reads_back() {
        let mut owners = Owners::default();
        let owner = owners.id_of("docs", "");
        let entry = Entry {
            key: 1,
            fingerprint: 2,
            row_id: 3,
            owner,
        };
        let second = Entry { key: 2, ..entry };
        let mut encoder = Encoder::new(&owners).unwrap();
        encoder.write(&[entry]).unwrap();
        // As a long one is written: in parts.
        let mut bytes = encoder.take();
        encoder.write(&[second]).unwrap();
        bytes.extend(encoder.finish().unwrap());
        assert_eq!(decoded(bytes), Ok((vec![entry, second], owners)));
    }

    #[test]
    fn a_file_that_is_cut_off_or_changed_is_noticed() {
        let mut owners = Owners::default();
        let owner = owners.id_of("docs", "");
        let entries: Vec<Entry> = (0..20)
            .map(|number| Entry {
                key: number,
                fingerprint: number,
                row_id: 1,
                owner,
            })
            .collect();
        let mut encoder = Encoder::new(&owners).unwrap();
        encoder.write(&entries).unwrap();
        let bytes = encoder.finish().unwrap();
        for length in 0..bytes.len() {
            decoded(bytes[..length].to_vec()).unwrap_err();
        }
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x10;
            decoded(changed).unwrap_err();
        }
    }

    #[test]
    fn name_of_another_file_is_not_a_delta() {
        assert_eq!(
            parse("00000000000000000007-a-b.arrow").unwrap().run_id,
            "a-b"
        );
        assert_eq!(parse("00000000000000000007-a.arrow.tmp.1"), None);
        assert_eq!(parse("readme.txt"), None);
    }
}
