//! Reads rows of one part of a sidecar.

use std::{ops::Range, sync::Arc};

use futures::{FutureExt, StreamExt, TryStreamExt};
use lance::{
    Dataset,
    dataset::fragment::{FileFragment, FragReadConfig},
};
use lance_io::scheduler::{ScanScheduler, SchedulerConfig};
use lance_table::format::Fragment;
use tokio::runtime::Handle;

use super::entries::{self, Entry};
use crate::{
    contain::contained,
    merge::{CHUNK, Run},
};

/// Bytes of a part that are read before anybody asks for them.
const AHEAD: u64 = 8 << 20;
/// Chunks of a part that are decoded at the same time.
const DECODED_AT_ONCE: usize = 2;

/// The entries in `rows` of a part, which ascend and do not overlap. `failed` names the part in the
/// error of a read.
pub(super) async fn read(
    dataset: &Arc<Dataset>,
    part: &Fragment,
    mut rows: Vec<Range<u64>>,
    failed: impl Fn(lance::Error) -> crate::error::Error + Clone + Send + 'static,
) -> Result<Run<Entry>, crate::error::Error> {
    rows.retain(|rows| !rows.is_empty());
    if rows.is_empty() {
        return Ok(futures::stream::empty().boxed());
    }
    let opened = async {
        let store = dataset.object_store(None).await?;
        let config = FragReadConfig::default()
            .with_scan_scheduler(ScanScheduler::new(store, SchedulerConfig::new(AHEAD)));
        let fragment = FileFragment::new(dataset.clone(), part.clone());
        let reader = fragment.open(dataset.schema(), config).await?;
        let chunk = u32::try_from(CHUNK).unwrap_or(u32::MAX);
        reader.read_ranges(rows.into(), chunk).await
    };
    // Boxed: types that hold all of Lance's are too deep for the compiler where a run is awaited.
    let batches = contained(opened.boxed()).await.map_err(&failed)?;
    // Whoever reads the run may be on a thread of its own.
    let runtime =
        Handle::try_current().map_err(|error| failed(lance::Error::internal(error.to_string())))?;
    let chunks = batches.map(move |batch| {
        let decode = async move { Ok(entries::decode(&batch.await?)?) };
        let decoded = runtime.spawn(contained(decode));
        decoded.map(|chunk| {
            chunk.unwrap_or_else(|stopped| Err(lance::Error::internal(stopped.to_string())))
        })
    });
    let chunks = chunks.buffered(DECODED_AT_ONCE).map_err(failed);
    Ok(chunks.boxed())
}
