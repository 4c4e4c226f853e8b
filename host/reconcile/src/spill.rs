//! Batches on the local disk, in files that disappear with the process.

use std::{fs::File, io};

use arrow::{
    buffer::Buffer,
    datatypes::SchemaRef,
    error::ArrowError,
    ipc::{reader::StreamDecoder, writer::StreamWriter},
    record_batch::RecordBatch,
};
use bytes::Bytes;
use memmap2::Mmap;

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

/// The batches of a file, from its beginning. They are not copied: of a batch only what is looked at
/// is read.
pub(crate) fn read(
    file: &File,
) -> Result<impl Iterator<Item = Result<RecordBatch, ArrowError>> + Send + use<>, Error> {
    let mut rest = Buffer::from(mapped(file)?);
    // SAFETY: a batch that was valid was written here, and nobody else writes this file.
    #[allow(unsafe_code, reason = "to check all rows again, all have to be read")]
    let mut decoder = unsafe { StreamDecoder::new().with_skip_validation(true) };
    Ok(std::iter::from_fn(move || {
        decoder.decode(&mut rest).transpose()
    }))
}

/// The bytes of a temporary file that is complete. They take memory only while they are looked at.
pub(crate) fn mapped(file: &File) -> Result<Bytes, Error> {
    // SAFETY: the file has no name, so only this process can change it, and it is written no more.
    #[allow(
        unsafe_code,
        reason = "whoever maps a file has to know that nobody changes it"
    )]
    let mapped = unsafe { Mmap::map(file) }.map_err(Error::Staging)?;
    Ok(Bytes::from_owner(mapped))
}

pub(crate) fn staging(error: ArrowError) -> Error {
    Error::Staging(match error {
        ArrowError::IoError(_, source) => source,
        other => io::Error::other(other),
    })
}
