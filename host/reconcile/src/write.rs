//! How rows are written, before any version holds them.

use std::sync::Arc;

use arrow::{
    datatypes::SchemaRef,
    error::ArrowError,
    record_batch::{RecordBatch, RecordBatchIterator, RecordBatchReader},
};
use lance::{
    dataset::{InsertBuilder, WriteDestination, WriteMode, WriteParams, transaction::Operation},
    session::Session,
};

use crate::table::StoredTable;

/// In the file format of `table` if there is one.
pub(crate) fn params(
    session: Arc<Session>,
    mode: WriteMode,
    table: Option<&StoredTable>,
) -> WriteParams {
    let format = table.map(|table| {
        let manifest = table.dataset.manifest();
        manifest.data_storage_format.lance_file_format().to_string()
    });
    WriteParams {
        mode,
        session: Some(session),
        data_storage_version: format.and_then(|format| format.parse().ok()),
        enable_stable_row_ids: true,
        skip_auto_cleanup: true,
        ..WriteParams::default()
    }
}

/// Writes rows, and returns the operation that would make them visible. The rows are read on a
/// thread that may block.
pub(crate) async fn write(
    destination: WriteDestination<'_>,
    params: WriteParams,
    rows: impl Iterator<Item = Result<RecordBatch, ArrowError>> + Send + 'static,
    schema: SchemaRef,
) -> Result<Operation, lance::Error> {
    let rows: Box<dyn RecordBatchReader + Send> = Box::new(RecordBatchIterator::new(rows, schema));
    let transaction = InsertBuilder::new(destination)
        .with_params(&params)
        .execute_uncommitted_stream(rows)
        .await?;
    Ok(transaction.operation)
}
