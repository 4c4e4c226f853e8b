//! Batches on the local disk, in files that disappear with the process.

use std::{
    fs::File,
    io::{self, BufReader},
};

use arrow::{
    datatypes::SchemaRef,
    error::ArrowError,
    ipc::{reader::StreamReader, writer::StreamWriter},
    record_batch::RecordBatch,
};

use crate::error::Error;

/// A file of batches that is being written.
pub(crate) struct Spill {
    file: File,
    writer: StreamWriter<io::BufWriter<File>>,
}

impl std::fmt::Debug for Spill {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spill")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

impl Spill {
    pub(crate) fn create(schema: &SchemaRef) -> Result<Self, Error> {
        let file = tempfile::tempfile().map_err(Error::Staging)?;
        let clone = file.try_clone().map_err(Error::Staging)?;
        let writer = StreamWriter::try_new_buffered(clone, schema).map_err(staging)?;
        Ok(Self { file, writer })
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        self.writer.write(batch).map_err(staging)
    }

    pub(crate) fn finish(mut self) -> Result<File, Error> {
        self.writer.finish().map_err(staging)?;
        Ok(self.file)
    }
}

/// The batches of a file, from its beginning.
pub(crate) fn read(
    file: &File,
) -> Result<impl Iterator<Item = Result<RecordBatch, ArrowError>> + Send + use<>, Error> {
    let file = file.try_clone().map_err(Error::Staging)?;
    let reader = BufReader::with_capacity(1 << 20, PositionedFile { file, position: 0 });
    StreamReader::try_new(reader, None).map_err(staging)
}

/// Reads at its own position: handles of the same file share theirs.
struct PositionedFile {
    file: File,
    position: u64,
}

impl io::Read for PositionedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = std::os::unix::fs::FileExt::read_at(&self.file, buffer, self.position)?;
        self.position += read as u64;
        Ok(read)
    }
}

pub(crate) fn staging(error: ArrowError) -> Error {
    Error::Staging(match error {
        ArrowError::IoError(_, source) => source,
        other => io::Error::other(other),
    })
}
