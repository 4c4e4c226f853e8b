//! Values with parts, which `declare-row` takes as JSON text.
//!
//! A list is an array, a struct an object, and a map an object too or an array of pairs. What
//! has no form of its own in JSON is text: dates and decimals as usual, bytes in hexadecimal.
//! The text is read once, from front to back, straight into the columns.

use std::fmt;

use lance_host_data_type::{DataType, Field, Item};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{
    super::{
        Problem,
        buffers::NULL_WITHIN,
        data_type::{self, Layout, Offsets},
    },
    append::check_dimension,
    cells::{Budget, Cells},
    scalar::{self, Scalar, invalid, unfit},
    text_form,
};
use crate::{target::Code, text::printable};

/// Appends the value that the text holds.
pub(super) fn append(
    cells: &mut Cells,
    data_type: &DataType,
    text: &str,
    budget: &mut Budget,
) -> Result<(), Problem> {
    let mut state = State {
        budget,
        problem: None,
    };
    let seed = Value {
        cells,
        data_type,
        nullable: true,
        state: &mut state,
    };
    let mut json = serde_json::Deserializer::from_str(text);
    let result = seed.deserialize(&mut json).and_then(|()| json.end());
    let Err(error) = result else { return Ok(()) };
    Err(match state.problem {
        Some(mut problem) => {
            let (line, column) = (error.line(), error.column());
            problem.message = format!("{} (line {line}, column {column})", problem.message);
            problem
        }
        None => invalid(format!("the text is not JSON: {error}")),
    })
}

/// What reading keeps beside the columns.
struct State<'a> {
    budget: &'a mut Budget,
    /// The parser takes no error but its own.
    problem: Option<Problem>,
}

/// A value that is to be read.
struct Value<'a, 'b> {
    cells: &'a mut Cells,
    data_type: &'a DataType,
    nullable: bool,
    state: &'a mut State<'b>,
}

impl<'de> DeserializeSeed<'de> for Value<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        if *self.data_type != DataType::Json {
            return json.deserialize_any(self);
        }
        match serde_json::Value::deserialize(json)? {
            serde_json::Value::Null => self.null(),
            value => self.scalar(Ok(Scalar::Bytes(value.to_string().into_bytes()))),
        }
    }
}

impl<'b> Value<'_, 'b> {
    fn fail<E: Error>(self, problem: Problem) -> E {
        self.state.fail(problem)
    }

    fn null<E: Error>(self) -> Result<(), E> {
        let pushed = match self.nullable {
            true => self.cells.push_null(self.data_type, self.state.budget),
            false => Err(Problem::new(Code::NullInRequiredColumn, NULL_WITHIN)),
        };
        pushed.map_err(|problem| self.fail(problem))
    }

    fn scalar<E: Error>(self, scalar: Result<Scalar, Problem>) -> Result<(), E> {
        let budget = &mut *self.state.budget;
        scalar
            .and_then(|scalar| scalar.push(self.cells, self.data_type, budget))
            .map_err(|problem| self.fail(problem))
    }

    fn number<E: Error>(self, number: i128, float: f64) -> Result<(), E> {
        let target = scalar::value_type(self.data_type);
        let scalar = match target {
            DataType::Decimal128 { .. } | DataType::Decimal256 { .. } => {
                text_form::scalar(target, &number.to_string())
            }
            _ => scalar::integer(target, number)
                .or_else(|| scalar::float(target, float))
                .unwrap_or_else(|| Err(self.unfit("a number"))),
        };
        self.scalar(scalar)
    }

    fn unfit(&self, found: &str) -> Problem {
        let message = format!("{found} stands where `{}` is expected", self.data_type);
        Problem::new(Code::TypeMismatch, message)
    }

    /// Reads one more item of a list, and says whether there was one.
    fn next_item<'de, A: SeqAccess<'de>>(
        &mut self,
        items: &mut A,
        item: &Item,
    ) -> Result<bool, A::Error> {
        let Some(part) = self.part(0, &item.data_type, item.nullable) else {
            return Ok(false);
        };
        let read = items.next_element_seed(part);
        Ok(read?.is_some())
    }

    fn end_list<E: Error>(self, offsets: Offsets) -> Result<(), E> {
        let pushed = self.cells.push_list(offsets, self.state.budget);
        pushed.map_err(|problem| self.fail(problem))
    }

    /// Reads the fields of a struct in any order; those that are missing are null.
    fn fields<'de, A: MapAccess<'de>>(
        mut self,
        fields: &[Field],
        mut entries: A,
    ) -> Result<(), A::Error> {
        let mut missing = vec![true; fields.len()];
        while let Some(name) = entries.next_key::<String>()? {
            let known = fields.iter().zip(&mut missing).enumerate();
            let found = known.into_iter().find(|(_, (field, _))| field.name == name);
            let Some((index, (field, missing))) = found else {
                let message = format!("the struct has no field `{}`", printable(&name, 100));
                return Err(self.fail(invalid(message)));
            };
            if !std::mem::take(missing) {
                let message = format!("field `{}` is there twice", printable(&name, 100));
                return Err(self.fail(invalid(message)));
            }
            if let Some(part) = self.part(index, &field.data_type, field.nullable) {
                let read = entries.next_value_seed(part);
                read.inspect_err(|_| self.state.within("field", &name))?;
            }
        }
        for (index, (field, missing)) in fields.iter().zip(missing).enumerate() {
            if let Some(part) = self.part(index, &field.data_type, field.nullable)
                && missing
            {
                let null = part.null::<A::Error>();
                null.inspect_err(|_| self.state.within("field", &field.name))?;
            }
        }
        let pushed = self.cells.push_parent(self.state.budget);
        pushed.map_err(|problem| self.fail(problem))
    }

    /// The value of a part of this one.
    fn part<'c>(
        &'c mut self,
        index: usize,
        data_type: &'c DataType,
        nullable: bool,
    ) -> Option<Value<'c, 'b>> {
        Some(Value {
            cells: self.cells.child(index)?,
            data_type,
            nullable,
            state: self.state,
        })
    }
}

impl State<'_> {
    fn fail<E: Error>(&mut self, problem: Problem) -> E {
        let error = E::custom(&problem.message);
        self.problem = Some(problem);
        error
    }

    /// Says of the problem, if that is why reading stopped, in which part it is.
    fn within(&mut self, what: &str, name: &str) {
        let part = format!("{what} `{}`", printable(name, 100));
        let problem = self.problem.take();
        self.problem = problem.map(|problem| problem.within(&part, |index| index));
    }
}

impl<'de> Visitor<'de> for Value<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a value of `{}`", self.data_type)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.null()
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        let scalar = match scalar::value_type(self.data_type) {
            DataType::Bool => Ok(Scalar::Bit(value)),
            _ => Err(self.unfit("a boolean")),
        };
        self.scalar(scalar)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.number(value.into(), value as f64)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.number(value.into(), value as f64)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        let target = scalar::value_type(self.data_type);
        let scalar = scalar::float(target, value)
            .unwrap_or_else(|| Err(self.unfit("a number with a fraction or of more than 64 bits")));
        self.scalar(scalar)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        let scalar = of_text(self.data_type, text);
        self.scalar(scalar)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        match data_type::layout(self.data_type) {
            Layout::List { offsets, item } => {
                while self.next_item(&mut items, item)? {}
                self.end_list(offsets)
            }
            Layout::FixedSizeList { item, size } => {
                let mut found = 0;
                // One too many is enough to know.
                while found <= size && self.next_item(&mut items, item)? {
                    found += 1;
                }
                if found != size {
                    let message = match found > size {
                        true => format!("the list has more than {size} items"),
                        false => format!("the list has {found} items instead of {size}"),
                    };
                    return Err(self.fail(Problem::new(Code::DimensionMismatch, message)));
                }
                let pushed = self.cells.push_parent(self.state.budget);
                pushed.map_err(|problem| self.fail(problem))
            }
            Layout::Vector { item, size } => {
                let item = item.data_type();
                let mut numbers = Cells::new(&item);
                loop {
                    let number = Value {
                        cells: &mut numbers,
                        data_type: &item,
                        nullable: false,
                        state: self.state,
                    };
                    if items.next_element_seed(number)?.is_none() {
                        break;
                    }
                }
                let pushed = check_dimension(numbers.length(), size)
                    .and_then(|()| self.cells.push_fixed(numbers.values(), self.state.budget));
                pushed.map_err(|problem| self.fail(problem))
            }
            Layout::Map { key, value } => {
                loop {
                    let pair = Pair {
                        map: &mut self,
                        key,
                        value,
                    };
                    if items.next_element_seed(pair)?.is_none() {
                        break;
                    }
                }
                self.end_list(Offsets::Narrow)
            }
            _ => {
                let problem = self.unfit("an array");
                Err(self.fail(problem))
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<(), A::Error> {
        match data_type::layout(self.data_type) {
            Layout::Struct(fields) => self.fields(fields, entries),
            Layout::Map { key, value } => {
                while let Some(text) = entries.next_key::<String>()? {
                    if let Some(part) = self.part(0, key, false) {
                        part.visit_str::<A::Error>(&text)?;
                    }
                    if let Some(part) = self.part(1, &value.data_type, value.nullable) {
                        let read = entries.next_value_seed(part);
                        read.inspect_err(|_| self.state.within("the value of", &text))?;
                    }
                }
                self.end_list(Offsets::Narrow)
            }
            _ => {
                let problem = self.unfit("an object");
                Err(self.fail(problem))
            }
        }
    }
}

/// A text in JSON as a value without parts.
fn of_text(data_type: &DataType, text: &str) -> Result<Scalar, Problem> {
    let target = scalar::value_type(data_type);
    match target {
        DataType::Utf8 | DataType::LargeUtf8 => Ok(Scalar::Bytes(text.as_bytes().into())),
        DataType::Binary | DataType::LargeBinary | DataType::FixedSizeBinary(_) => {
            text_form::bytes(target, text)
        }
        nested if nested.is_nested() || matches!(nested, DataType::Vector { .. }) => {
            Err(unfit("a text", nested))
        }
        target => text_form::scalar(target, text),
    }
}

/// An entry of a map that is written as an array of key and value.
struct Pair<'a, 'b, 'c> {
    map: &'a mut Value<'b, 'c>,
    key: &'a DataType,
    value: &'a Item,
}

impl<'de> DeserializeSeed<'de> for Pair<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Pair<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a pair of key and value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Self { map, key, value } = self;
        let mut read = true;
        if let Some(part) = map.part(0, key, false) {
            let key = items.next_element_seed(part);
            read &= key
                .inspect_err(|_| map.state.within("the", "key"))?
                .is_some();
        }
        if let Some(part) = map.part(1, &value.data_type, value.nullable) {
            read &= items.next_element_seed(part)?.is_some();
        }
        match read {
            true => Ok(()),
            false => Err(A::Error::invalid_length(1, &"a pair of key and value")),
        }
    }
}
