//! Picks out declared rows, in the columns in which they are stored.

use arrow::{
    array::{ArrayRef, BooleanArray, UInt64Array, new_null_array},
    compute::{
        BatchCoalescer, CastOptions, cast_with_options, filter_record_batch, not, take,
        take_record_batch,
    },
    datatypes::{Field, SchemaRef},
    error::ArrowError,
    record_batch::RecordBatch,
};
use roaring::RoaringTreemap;

/// Which of the declared rows, by their positions.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Selection {
    /// These.
    Only(RoaringTreemap),
    /// All others.
    AllBut(RoaringTreemap),
}

/// The selected rows of `batches`, whose columns are `declared`, with their columns in the order of
/// `schema`. Columns that are not declared come from `kept`.
pub(super) fn select(
    batches: Vec<RecordBatch>,
    declared: SchemaRef,
    selection: Selection,
    schema: SchemaRef,
    kept: Option<Kept>,
) -> impl Iterator<Item = Result<RecordBatch, ArrowError>> + Send {
    let mut first = 0u64;
    let (positions, are_selected) = match selection {
        Selection::Only(positions) => (positions, true),
        Selection::AllBut(positions) => (positions, false),
    };
    let mut positions = positions.into_iter().peekable();
    let columns = schema.clone();
    let selected = batches.into_iter().filter_map(move |batch| {
        let rows = first..first + batch.num_rows() as u64;
        let in_batch = |position: &u64| *position < rows.end;
        let here: Vec<u64> = std::iter::from_fn(|| positions.next_if(in_batch)).collect();
        let start = std::mem::replace(&mut first, rows.end);
        let picked = match (are_selected, here.is_empty()) {
            (true, true) => return None,
            (true, false) => pick(&batch, &here, start),
            (false, true) => Ok(batch),
            (false, false) => leave_out(&batch, &here, start),
        };
        let ordered =
            picked.and_then(|batch| stored(&batch, &declared, &columns, &here, kept.as_ref()));
        match ordered {
            Ok(batch) if batch.num_rows() == 0 => None,
            other => Some(other),
        }
    });
    Coalesced {
        batches: Some(selected),
        coalescer: BatchCoalescer::new(schema, FEW).with_biggest_coalesce_batch_size(Some(FEW / 2)),
    }
}

/// How many rows make up for what a batch costs those who write it, more or less.
const FEW: usize = 1024;

/// Batches, of which those with few rows are joined: a small change of a large table picks a row here
/// and a row there.
struct Coalesced<I> {
    /// None once all were joined.
    batches: Option<I>,
    coalescer: BatchCoalescer,
}

impl<I: Iterator<Item = Result<RecordBatch, ArrowError>>> Iterator for Coalesced<I> {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(batch) = self.coalescer.next_completed_batch() {
                return Some(Ok(batch));
            }
            let joined = match self.batches.as_mut()?.next() {
                Some(Ok(batch)) => self.coalescer.push_batch(batch),
                Some(Err(error)) => return Some(Err(error)),
                None => {
                    self.batches = None;
                    self.coalescer.finish_buffered_batch()
                }
            };
            if let Err(error) = joined {
                return Some(Err(error));
            }
        }
    }
}

/// Declared rows in the columns of `schema`; `positions` are theirs.
pub(super) fn stored(
    rows: &RecordBatch,
    declared: &SchemaRef,
    schema: &SchemaRef,
    positions: &[u64],
    kept: Option<&Kept>,
) -> Result<RecordBatch, ArrowError> {
    let mut arrays = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let index = declared.index_of(field.name()).ok();
        arrays.push(match (index, kept) {
            (Some(index), _) => renamed(rows.column(index), field)?,
            (None, Some(kept)) => kept.column(field, positions)?,
            (None, None) => new_null_array(field.data_type(), rows.num_rows()),
        });
    }
    RecordBatch::try_new(schema.clone(), arrays)
}

/// Values of columns that the pipeline does not declare, for rows that it updates: they stay.
#[derive(Debug)]
pub(crate) struct Kept {
    /// Of the declared rows, ascending.
    pub(crate) positions: Vec<u64>,
    /// Their stored values, in the same order.
    pub(crate) values: RecordBatch,
}

impl Kept {
    /// The values of a column for the declared rows at `positions`; null for new rows.
    fn column(&self, field: &Field, positions: &[u64]) -> Result<ArrayRef, ArrowError> {
        let Some(values) = self.values.column_by_name(field.name()) else {
            return Ok(new_null_array(field.data_type(), positions.len()));
        };
        let indices: UInt64Array = positions
            .iter()
            .map(|position| self.positions.binary_search(position).ok())
            .map(|index| index.and_then(|index| u64::try_from(index).ok()))
            .collect();
        take(values, &indices, None)
    }
}

/// A declared column as the table stores it, which may have other names for the items of its lists.
fn renamed(column: &ArrayRef, field: &Field) -> Result<ArrayRef, ArrowError> {
    let exact = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    cast_with_options(column, field.data_type(), &exact)
}

/// The rows of a batch that lie at `positions`, the first row being at `first`.
fn pick(batch: &RecordBatch, positions: &[u64], first: u64) -> Result<RecordBatch, ArrowError> {
    if positions.len() == batch.num_rows() {
        return Ok(batch.clone());
    }
    if positions.len() * 8 < batch.num_rows() {
        let indices =
            UInt64Array::from_iter_values(positions.iter().map(|position| position - first));
        return take_record_batch(batch, &indices);
    }
    filter_record_batch(batch, &mask(batch, positions, first))
}

/// The rows of a batch that do not lie at `positions`, the first row being at `first`.
fn leave_out(
    batch: &RecordBatch,
    positions: &[u64],
    first: u64,
) -> Result<RecordBatch, ArrowError> {
    filter_record_batch(batch, &not(&mask(batch, positions, first))?)
}

/// For each row of a batch whether it lies at one of `positions`.
fn mask(batch: &RecordBatch, positions: &[u64], first: u64) -> BooleanArray {
    let mut positions = positions.iter().peekable();
    let rows = first..first + batch.num_rows() as u64;
    rows.map(|row| Some(positions.next_if(|position| **position == row).is_some()))
        .collect()
}
