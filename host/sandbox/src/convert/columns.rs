//! Columns in the Arrow format, as a guest passes them, and the record batch that comes of them.
//!
//! A buffer is taken as it is: its bytes become Arrow's without a copy. So every property that
//! Arrow relies on is checked here, in an order in which no check can panic.

mod values;

#[cfg(test)]
mod tests;

use std::{sync::Arc, vec};

use arrow::{
    array::{
        Array, ArrayData, ArrayRef, BooleanArray, FixedSizeListArray, GenericBinaryArray,
        GenericListArray, GenericStringArray, MapArray, OffsetSizeTrait, RecordBatch,
        RecordBatchOptions, StructArray, make_array,
    },
    buffer::{BooleanBuffer, Buffer, NullBuffer},
    datatypes::DataType as ArrowType,
    error::ArrowError,
};
use lance_host_data_type::{DataType, DictionaryKey, Field, Item, VectorItem};

use super::{
    Problem, TableShape,
    buffers::{self, Presence},
    data_type::{self, Content, Layout, Offsets},
};
use crate::{
    bindings::lance_host::pipeline::types,
    target::{Code, TargetError},
    text::printable,
};

/// Checks one batch of columns for a table that has `first_row` rows so far. Takes all or none.
pub(crate) fn record_batch(
    table: &TableShape,
    first_row: u64,
    columns: Vec<types::Column>,
) -> Result<RecordBatch, TargetError> {
    let parts = |column: &super::ColumnShape| data_type::parts(&column.data_type);
    let expected: usize = table.columns.iter().map(parts).sum();
    if columns.len() != expected {
        let message = format!(
            "the number of columns is {} instead of {expected}",
            columns.len()
        );
        return Err(TargetError::new(Code::WrongColumnCount, message));
    }
    let rows = columns.first().map_or(0, |column| column.length);
    let mut top = 0;
    for shape in &table.columns {
        let length = columns.get(top).map_or(rows, |column| column.length);
        if length != rows {
            let message = format!("the length is {length}, but that of the first column is {rows}");
            return Err(TargetError::new(Code::InvalidValue, message).in_column(&shape.name));
        }
        top += parts(shape);
    }
    let parts: Vec<_> = columns.into_iter().map(Part::from).collect();
    of_parts(table, first_row, rows as usize, parts)
}

/// The batch of all parts of all columns, of which there are as many as the table needs.
pub(super) fn of_parts(
    table: &TableShape,
    first_row: u64,
    rows: usize,
    parts: Vec<Part>,
) -> Result<RecordBatch, TargetError> {
    let mut parts = parts.into_iter();
    let mut arrays = Vec::with_capacity(table.columns.len());
    for shape in &table.columns {
        let presence = match shape.nullable {
            true => Presence::Optional,
            false => Presence::Column,
        };
        let array = array(&shape.data_type, presence, Some(rows), &mut parts);
        arrays.push(array.map_err(|problem| problem.in_column(&shape.name, first_row))?);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::clone(&table.schema), arrays, &options)
        .map_err(|error| TargetError::new(Code::Internal, unexpected(&error)))
}

/// One part of a column: the whole of it, or one level of a nested one.
pub(super) struct Part {
    pub(super) length: usize,
    pub(super) validity: Option<Vec<u8>>,
    pub(super) buffers: Vec<Vec<u8>>,
}

impl From<types::Column> for Part {
    fn from(column: types::Column) -> Self {
        Self {
            length: column.length as usize,
            validity: column.validity,
            buffers: column.buffers,
        }
    }
}

/// The parts of all columns that are still to be used.
type Parts = vec::IntoIter<Part>;

/// Builds the array of a type from its parts: first its own, then those of its children, depth
/// first. Only the values of a dictionary may be as many as they like.
fn array(
    data_type: &DataType,
    presence: Presence<'_>,
    expected: Option<usize>,
    parts: &mut Parts,
) -> Result<ArrayRef, Problem> {
    let Some(part) = parts.next() else {
        let message = format!("`{data_type}` has more parts than were passed");
        return Err(Problem::new(Code::WrongColumnCount, message));
    };
    let length = part.length;
    if let Some(expected) = expected.filter(|expected| *expected != length) {
        let message = format!("the length is {length} instead of {expected}");
        return Err(buffers::mismatch(message));
    }
    let nulls = match part.validity {
        Some(bits) => buffers::nulls(bits, length, presence)?,
        None => None,
    };
    let own = Own {
        length,
        nulls,
        buffers: part.buffers,
    };
    match data_type::layout(data_type) {
        Layout::Bits => own.bits(),
        Layout::Fixed { width } => own.fixed(data_type, width),
        Layout::Variable { offsets, content } => match offsets {
            Offsets::Narrow => own.variable::<i32>(content),
            Offsets::Wide => own.variable::<i64>(content),
        },
        Layout::Vector { item, size } => own.vector(item, size),
        Layout::List { offsets, item } => match offsets {
            Offsets::Narrow => own.list::<i32>(item, parts),
            Offsets::Wide => own.list::<i64>(item, parts),
        },
        Layout::FixedSizeList { item, size } => own.fixed_size_list(item, size, parts),
        Layout::Struct(fields) => own.structs(fields, parts),
        Layout::Map { key, value } => own.map(key, value, parts),
        Layout::Dictionary { key, value } => own.dictionary(key, value, parts),
    }
}

/// A part whose validity was checked.
struct Own {
    length: usize,
    nulls: Option<NullBuffer>,
    buffers: Vec<Vec<u8>>,
}

impl Own {
    fn bits(self) -> Result<ArrayRef, Problem> {
        let [bits] = buffers::take(self.buffers)?;
        buffers::check_size(&bits, self.length.div_ceil(8))?;
        let values = BooleanBuffer::new(Buffer::from_vec(bits), 0, self.length);
        Ok(Arc::new(BooleanArray::new(values, self.nulls)))
    }

    fn fixed(self, data_type: &DataType, width: usize) -> Result<ArrayRef, Problem> {
        let [bytes] = buffers::take(self.buffers)?;
        buffers::check_size(&bytes, self.length.saturating_mul(width))?;
        let array = flat(data_type::arrow(data_type), self.length, self.nulls, bytes)?;
        values::check(data_type, &array)?;
        Ok(array)
    }

    fn variable<O: OffsetSizeTrait>(self, content: Content) -> Result<ArrayRef, Problem> {
        let [offsets, bytes] = buffers::take(self.buffers)?;
        let (offsets, end) = buffers::offsets::<O>(offsets, self.length)?;
        buffers::check_end(end, bytes.len())?;
        let bytes = Buffer::from_vec(bytes);
        if content == Content::Bytes {
            let array = GenericBinaryArray::try_new(offsets, bytes, self.nulls).map_err(arrow)?;
            return Ok(Arc::new(array));
        }
        // Arrow looks at all bytes at once; only if it finds fault does each value get a look.
        let array = GenericStringArray::try_new(offsets.clone(), bytes.clone(), self.nulls)
            .map_err(|error| {
                buffers::invalid_utf8(&offsets, &bytes).unwrap_or_else(|| arrow(error))
            })?;
        if content == Content::Json {
            values::check_json(&array)?;
        }
        Ok(Arc::new(array))
    }

    /// The items lie in the vector's own buffer: it has no child.
    fn vector(self, item: VectorItem, size: usize) -> Result<ArrayRef, Problem> {
        let [bytes] = buffers::take(self.buffers)?;
        buffers::check_dimension(&bytes, self.length, size, data_type::item_width(item))?;
        let item = item.data_type();
        let items = self.length.saturating_mul(size);
        let items = flat(data_type::arrow(&item), items, None, bytes)?;
        fixed_size_list(&item, size, items, self.nulls)
    }

    fn list<O: OffsetSizeTrait>(self, item: &Item, parts: &mut Parts) -> Result<ArrayRef, Problem> {
        let [offsets] = buffers::take(self.buffers)?;
        let (offsets, end) = buffers::offsets::<O>(offsets, self.length)?;
        let items = array(
            &item.data_type,
            part_of(item.nullable, None),
            Some(end),
            parts,
        )
        .map_err(|problem| problem.within("the items", |item| value_of(&offsets, item)))?;
        let field = data_type::list_item(item);
        let list = GenericListArray::try_new(field, offsets, items, self.nulls);
        Ok(Arc::new(list.map_err(arrow)?))
    }

    fn fixed_size_list(
        self,
        item: &Item,
        size: usize,
        parts: &mut Parts,
    ) -> Result<ArrayRef, Problem> {
        let [] = buffers::take(self.buffers)?;
        let expected = self.length.saturating_mul(size);
        let parents = self.nulls.as_ref().map(|nulls| nulls.expand(size));
        let presence = part_of(item.nullable, parents.as_ref());
        let items = array(&item.data_type, presence, Some(expected), parts)
            .map_err(|problem| problem.within("the items", |item| item / size.max(1)))?;
        fixed_size_list(&item.data_type, size, items, self.nulls)
    }

    fn structs(self, fields: &[Field], parts: &mut Parts) -> Result<ArrayRef, Problem> {
        let [] = buffers::take(self.buffers)?;
        let parents = self.nulls.as_ref();
        let field = |field: &Field| {
            let presence = part_of(field.nullable, parents);
            array(&field.data_type, presence, Some(self.length), parts).map_err(|problem| {
                let place = format!("field `{}`", printable(&field.name, 100));
                problem.within(&place, |index| index)
            })
        };
        let arrays = fields.iter().map(field).collect::<Result<_, _>>()?;
        let structs = StructArray::try_new(data_type::struct_fields(fields), arrays, self.nulls);
        Ok(Arc::new(structs.map_err(arrow)?))
    }

    fn map(self, key: &DataType, value: &Item, parts: &mut Parts) -> Result<ArrayRef, Problem> {
        let [offsets] = buffers::take(self.buffers)?;
        let (offsets, end) = buffers::offsets::<i32>(offsets, self.length)?;
        let field = data_type::map_entries(key, value);
        let entries = entries(key, value, end, parts)
            .map_err(|problem| problem.within("the entries", |entry| value_of(&offsets, entry)))?;
        let map = MapArray::try_new(field, offsets, entries, self.nulls, false);
        Ok(Arc::new(map.map_err(arrow)?))
    }

    fn dictionary(
        self,
        key: DictionaryKey,
        value: &DataType,
        parts: &mut Parts,
    ) -> Result<ArrayRef, Problem> {
        let [keys] = buffers::take(self.buffers)?;
        let width = data_type::key_width(key);
        buffers::check_size(&keys, self.length.saturating_mul(width))?;
        let key = data_type::arrow(&key.data_type());
        let keys = flat(key.clone(), self.length, self.nulls, keys)?;
        // The values are no rows: none of them has a place in the table.
        let mut values = array(value, Presence::Part(None), None, parts)
            .map_err(|problem| problem.within("the dictionary's values", |_| 0).nowhere())?;
        values::check_keys(&keys, values.len())?;
        if values.is_empty() {
            // Arrow's kernels want a value even where every key is null.
            values = default_value(values.data_type())?;
        }
        let data_type = ArrowType::Dictionary(Box::new(key), Box::new(values.data_type().clone()));
        let data = keys.to_data().into_builder().data_type(data_type);
        let data = data.add_child_data(values.to_data()).build();
        Ok(make_array(data.map_err(arrow)?))
    }
}

/// The entries of a map, which are never null.
fn entries(
    key: &DataType,
    value: &Item,
    length: usize,
    parts: &mut Parts,
) -> Result<StructArray, Problem> {
    let field = |name: &str, data_type: &DataType, nullable| Field {
        name: name.to_owned(),
        data_type: data_type.clone(),
        nullable,
    };
    let fields = vec![
        field("key", key, false),
        field("value", &value.data_type, value.nullable),
    ];
    let entries = array(
        &DataType::Struct(fields),
        Presence::Part(None),
        Some(length),
        parts,
    )?;
    Ok(StructArray::from(entries.to_data()))
}

/// Values of a width of their own in one buffer whose size was checked.
fn flat(
    data_type: ArrowType,
    length: usize,
    nulls: Option<NullBuffer>,
    bytes: Vec<u8>,
) -> Result<ArrayRef, Problem> {
    let data = ArrayData::builder(data_type).len(length).nulls(nulls);
    let data = data.add_buffer(buffers::aligned(bytes)).build();
    Ok(make_array(data.map_err(arrow)?))
}

fn fixed_size_list(
    item: &DataType,
    size: usize,
    items: ArrayRef,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef, Problem> {
    let field = data_type::fixed_size_item(item);
    let size = i32::try_from(size).unwrap_or(i32::MAX);
    let list = FixedSizeListArray::try_new(field, size, items, nulls);
    Ok(Arc::new(list.map_err(arrow)?))
}

/// One value that is not null, whatever it is.
fn default_value(data_type: &ArrowType) -> Result<ArrayRef, Problem> {
    let null = ArrayData::new_null(data_type, 1);
    Ok(make_array(
        null.into_builder().nulls(None).build().map_err(arrow)?,
    ))
}

fn part_of(nullable: bool, parent: Option<&NullBuffer>) -> Presence<'_> {
    match nullable {
        true => Presence::Optional,
        false => Presence::Part(parent),
    }
}

/// The value that has this item.
fn value_of<O: OffsetSizeTrait>(offsets: &[O], item: usize) -> usize {
    let starts_before = |offset: &O| offset.as_usize() <= item;
    offsets.partition_point(starts_before).saturating_sub(1)
}

fn arrow(error: ArrowError) -> Problem {
    Problem::new(Code::Internal, unexpected(&error))
}

/// Arrow finds fault with what passed all checks: our mistake, not the guest's.
fn unexpected(error: &ArrowError) -> String {
    format!("Arrow refuses checked values: {error}")
}
