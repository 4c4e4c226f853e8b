//! The values of one column, gathered in the buffers of the Arrow format.

use std::collections::HashMap;

use lance_host_data_type::DataType;

use super::super::{
    Problem,
    columns::Part,
    data_type::{self, Layout, Offsets},
};
use crate::{target::Code, text::Bytes};

/// How much memory the values of one row may take.
const MAX_ROW: usize = 64 << 20;

/// What a value costs beside its bytes: its offset and its validity.
const VALUE_OVERHEAD: usize = 8;

/// How much memory a row has left.
pub(super) struct Budget {
    spent: usize,
}

impl Budget {
    pub(super) fn of_a_row() -> Self {
        Self { spent: 0 }
    }

    pub(super) fn spent(&self) -> usize {
        self.spent
    }

    /// Accounts for one more value of so many bytes.
    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), Problem> {
        self.spent = self
            .spent
            .saturating_add(bytes)
            .saturating_add(VALUE_OVERHEAD);
        if self.spent <= MAX_ROW {
            return Ok(());
        }
        let message = format!("the row takes more than {}", Bytes(MAX_ROW as u64));
        Err(Problem::new(Code::TooLarge, message))
    }
}

/// The values of a column, or of a part of one.
///
/// The type is not kept here: whoever appends names it again, always the same.
pub(super) struct Cells {
    length: usize,
    nulls: usize,
    validity: Vec<u8>,
    /// Bits, values of a fixed width, offsets, or keys of a dictionary.
    values: Vec<u8>,
    /// What offsets divide, if that are bytes.
    bytes: Vec<u8>,
    children: Vec<Cells>,
    /// Where a dictionary has its values.
    known: HashMap<Box<[u8]>, usize>,
    /// How many values the dictionary can have.
    capacity: usize,
}

impl Cells {
    pub(super) fn new(data_type: &DataType) -> Self {
        let mut capacity = usize::MAX;
        let children = match data_type::layout(data_type) {
            Layout::List { item, .. } | Layout::FixedSizeList { item, .. } => {
                vec![Self::new(&item.data_type)]
            }
            Layout::Struct(fields) => fields
                .iter()
                .map(|field| Self::new(&field.data_type))
                .collect(),
            Layout::Map { key, value } => vec![Self::new(key), Self::new(&value.data_type)],
            Layout::Dictionary { key, value } => {
                capacity = data_type::dictionary_capacity(key);
                vec![Self::new(value)]
            }
            Layout::Bits
            | Layout::Fixed { .. }
            | Layout::Variable { .. }
            | Layout::Vector { .. } => Vec::new(),
        };
        Self {
            length: 0,
            nulls: 0,
            validity: Vec::new(),
            values: Vec::new(),
            bytes: Vec::new(),
            children,
            known: HashMap::new(),
            capacity,
        }
    }

    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// Whether a dictionary in here is so full that it should not take more rows.
    pub(super) fn is_crowded(&self) -> bool {
        self.known.len() > self.capacity / 2 || self.children.iter().any(Self::is_crowded)
    }

    /// Values of a fixed width.
    pub(super) fn values(&self) -> &[u8] {
        &self.values
    }

    pub(super) fn child(&mut self, index: usize) -> Option<&mut Self> {
        self.children.get_mut(index)
    }

    /// Appends a null, which takes the room of a value if that is fixed.
    pub(super) fn push_null(
        &mut self,
        data_type: &DataType,
        budget: &mut Budget,
    ) -> Result<(), Problem> {
        match data_type::layout(data_type) {
            Layout::Bits => self.push_bit(false, budget)?,
            Layout::Fixed { width } => self.push_zeros(width, budget)?,
            Layout::Vector { item, size } => {
                self.push_zeros(data_type::item_width(item).saturating_mul(size), budget)?;
            }
            Layout::Variable { offsets, .. } => self.push_bytes(offsets, &[], budget)?,
            Layout::List { offsets, .. } => self.push_list(offsets, budget)?,
            Layout::Map { .. } => self.push_list(Offsets::Narrow, budget)?,
            Layout::FixedSizeList { item, size } => {
                for _ in 0..size {
                    for child in &mut self.children {
                        child.push_null(&item.data_type, budget)?;
                    }
                }
                self.push_parent(budget)?;
            }
            Layout::Struct(fields) => {
                for (field, child) in fields.iter().zip(&mut self.children) {
                    child.push_null(&field.data_type, budget)?;
                }
                self.push_parent(budget)?;
            }
            Layout::Dictionary { key, .. } => {
                self.push_zeros(data_type::key_width(key), budget)?;
            }
        }
        // The value before was appended as a present one.
        let last = self.length.saturating_sub(1);
        set(&mut self.validity, last, false);
        self.nulls = self.nulls.saturating_add(1);
        Ok(())
    }

    pub(super) fn push_bit(&mut self, bit: bool, budget: &mut Budget) -> Result<(), Problem> {
        set(&mut self.values, self.length, bit);
        self.push_parent(budget)
    }

    /// Appends a value of a fixed width.
    pub(super) fn push_fixed(&mut self, bytes: &[u8], budget: &mut Budget) -> Result<(), Problem> {
        budget.spend(bytes.len())?;
        self.values.extend_from_slice(bytes);
        self.push_present();
        Ok(())
    }

    fn push_zeros(&mut self, width: usize, budget: &mut Budget) -> Result<(), Problem> {
        budget.spend(width)?;
        self.values
            .resize(self.values.len().saturating_add(width), 0);
        self.push_present();
        Ok(())
    }

    pub(super) fn push_bytes(
        &mut self,
        offsets: Offsets,
        bytes: &[u8],
        budget: &mut Budget,
    ) -> Result<(), Problem> {
        budget.spend(bytes.len())?;
        self.bytes.extend_from_slice(bytes);
        self.push_offset(offsets, self.bytes.len());
        self.push_present();
        Ok(())
    }

    /// Appends a list of all items that were appended to the children since the last one.
    pub(super) fn push_list(
        &mut self,
        offsets: Offsets,
        budget: &mut Budget,
    ) -> Result<(), Problem> {
        budget.spend(0)?;
        let items = self.children.first().map_or(0, |child| child.length);
        self.push_offset(offsets, items);
        self.push_present();
        Ok(())
    }

    /// Appends a value that consists of what was appended to the children.
    pub(super) fn push_parent(&mut self, budget: &mut Budget) -> Result<(), Problem> {
        budget.spend(0)?;
        self.push_present();
        Ok(())
    }

    /// Appends the key of a dictionary's value, which is stored only once.
    pub(super) fn push_key(
        &mut self,
        width: usize,
        value: &[u8],
        budget: &mut Budget,
        store: impl FnOnce(&mut Self, &mut Budget) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let next = self.known.len();
        let key = match self.known.get(value) {
            Some(key) => *key,
            None if next >= self.capacity => {
                let message = format!(
                    "the row brings the dictionary to more than the {} values that its keys can name",
                    self.capacity
                );
                return Err(Problem::new(Code::TooLarge, message));
            }
            None => {
                budget.spend(value.len())?;
                if let Some(values) = self.children.first_mut() {
                    store(values, budget)?;
                }
                self.known.insert(value.into(), next);
                next
            }
        };
        let bytes = key.to_le_bytes();
        self.push_fixed(bytes.get(..width).unwrap_or_default(), budget)
    }

    fn push_offset(&mut self, offsets: Offsets, end: usize) {
        // A row is so small, and rows are passed on so soon, that offsets always fit.
        match offsets {
            Offsets::Narrow => {
                if self.values.is_empty() {
                    self.values.extend(0i32.to_le_bytes());
                }
                let end = i32::try_from(end).unwrap_or(i32::MAX);
                self.values.extend(end.to_le_bytes());
            }
            Offsets::Wide => {
                if self.values.is_empty() {
                    self.values.extend(0i64.to_le_bytes());
                }
                let end = i64::try_from(end).unwrap_or(i64::MAX);
                self.values.extend(end.to_le_bytes());
            }
        }
    }

    fn push_present(&mut self) {
        set(&mut self.validity, self.length, true);
        self.length = self.length.saturating_add(1);
    }

    /// Forgets all values but the first `length`.
    pub(super) fn truncate(&mut self, data_type: &DataType, length: usize) {
        if self.length <= length && self.children.is_empty() {
            return;
        }
        let gone = length..self.length;
        let nulls = gone.filter(|index| !get(&self.validity, *index)).count();
        self.nulls = self.nulls.saturating_sub(nulls);
        self.length = self.length.min(length);
        let length = self.length;
        self.validity.truncate(length.div_ceil(8));
        match data_type::layout(data_type) {
            Layout::Bits => self.values.truncate(length.div_ceil(8)),
            Layout::Fixed { width } => self.values.truncate(length.saturating_mul(width)),
            Layout::Vector { item, size } => {
                let width = data_type::item_width(item).saturating_mul(size);
                self.values.truncate(length.saturating_mul(width));
            }
            Layout::Variable { offsets, .. } => {
                let end = self.truncate_offsets(offsets);
                self.bytes.truncate(end);
            }
            Layout::List { offsets, item } => {
                let end = self.truncate_offsets(offsets);
                for child in &mut self.children {
                    child.truncate(&item.data_type, end);
                }
            }
            Layout::Map { key, value } => {
                let end = self.truncate_offsets(Offsets::Narrow);
                for (child, data_type) in self.children.iter_mut().zip([key, &value.data_type]) {
                    child.truncate(data_type, end);
                }
            }
            Layout::FixedSizeList { item, size } => {
                for child in &mut self.children {
                    child.truncate(&item.data_type, length.saturating_mul(size));
                }
            }
            Layout::Struct(fields) => {
                for (field, child) in fields.iter().zip(&mut self.children) {
                    child.truncate(&field.data_type, length);
                }
            }
            Layout::Dictionary { key, value } => {
                self.values
                    .truncate(length.saturating_mul(data_type::key_width(key)));
                let known = self.known.len();
                for child in &mut self.children {
                    child.truncate(value, known);
                }
            }
        }
    }

    /// Cuts the offsets behind the last value, and returns that one's end.
    fn truncate_offsets(&mut self, offsets: Offsets) -> usize {
        let width = match offsets {
            Offsets::Narrow => size_of::<i32>(),
            Offsets::Wide => size_of::<i64>(),
        };
        self.values
            .truncate(self.length.saturating_add(1).saturating_mul(width));
        let start = self.values.len().saturating_sub(width);
        let mut end = [0; size_of::<u64>()];
        for (to, from) in end.iter_mut().zip(self.values.iter().skip(start)) {
            *to = *from;
        }
        usize::try_from(u64::from_le_bytes(end)).unwrap_or_default()
    }

    /// The parts of the column: its own, then those of its children, depth first.
    pub(super) fn into_parts(self, data_type: &DataType, parts: &mut Vec<Part>) {
        let mut part = Part {
            length: self.length,
            validity: (self.nulls > 0).then_some(self.validity),
            buffers: Vec::new(),
        };
        match data_type::layout(data_type) {
            Layout::Variable { .. } => part.buffers = vec![self.values, self.bytes],
            Layout::FixedSizeList { .. } | Layout::Struct(_) => {}
            _ => part.buffers = vec![self.values],
        }
        parts.push(part);
        let children = self.children.into_iter();
        match data_type::layout(data_type) {
            Layout::List { item, .. } | Layout::FixedSizeList { item, .. } => {
                children.for_each(|child| child.into_parts(&item.data_type, parts));
            }
            Layout::Struct(fields) => {
                for (field, child) in fields.iter().zip(children) {
                    child.into_parts(&field.data_type, parts);
                }
            }
            Layout::Map { key, value } => {
                parts.push(Part {
                    length: children.as_slice().first().map_or(0, Self::length),
                    validity: None,
                    buffers: Vec::new(),
                });
                for (child, data_type) in children.zip([key, &value.data_type]) {
                    child.into_parts(data_type, parts);
                }
            }
            Layout::Dictionary { value, .. } => {
                children.for_each(|child| child.into_parts(value, parts));
            }
            _ => {}
        }
    }
}

/// Sets a bit among or just behind those that there are.
fn set(bits: &mut Vec<u8>, index: usize, bit: bool) {
    let (place, mask) = (index / 8, 1u8 << (index % 8));
    if bits.len() <= place {
        bits.push(0);
    }
    if let Some(byte) = bits.get_mut(place) {
        match bit {
            true => *byte |= mask,
            false => *byte &= !mask,
        }
    }
}

fn get(bits: &[u8], index: usize) -> bool {
    bits.get(index / 8)
        .is_some_and(|byte| byte & (1 << (index % 8)) != 0)
}
