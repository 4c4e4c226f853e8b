//! Whether two Arrow types are one and the same to those who declare columns.

use arrow::datatypes::{DataType, Field};

/// The same values, in the same fields. What clients call the items of a list and the entries of
/// a map does not matter: there is only one of each.
pub(super) fn same(one: &DataType, other: &DataType) -> bool {
    use DataType as T;
    let same_field = |one: &Field, other: &Field| {
        one.is_nullable() == other.is_nullable() && same(one.data_type(), other.data_type())
    };
    match (one, other) {
        (T::List(one), T::List(other)) | (T::LargeList(one), T::LargeList(other)) => {
            same_field(one, other)
        }
        (T::FixedSizeList(one, size), T::FixedSizeList(other, other_size)) => {
            size == other_size && same_field(one, other)
        }
        (T::Struct(one), T::Struct(other)) => {
            let mut pairs = one.iter().zip(other);
            one.len() == other.len()
                && pairs.all(|(one, other)| one.name() == other.name() && same_field(one, other))
        }
        (T::Map(one, sorted), T::Map(other, other_sorted)) => {
            let entries = match (one.data_type(), other.data_type()) {
                (T::Struct(one), T::Struct(other)) => (one, other),
                _ => return one == other,
            };
            let mut pairs = entries.0.iter().zip(entries.1);
            sorted == other_sorted && pairs.all(|(one, other)| same_field(one, other))
        }
        (one, other) => one == other,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn field(name: &str) -> Field {
        Field::new(name, DataType::Int64, true)
    }

    #[test]
    fn names_of_items_do_not_matter_and_those_of_fields_do() {
        let list = |name| DataType::List(Arc::new(field(name)));
        assert!(same(&list("item"), &list("element")));
        let structs = |names: [&str; 2]| DataType::Struct(names.map(field).to_vec().into());
        assert!(same(&structs(["a", "b"]), &structs(["a", "b"])));
        assert!(!same(&structs(["a", "b"]), &structs(["a", "c"])));
        assert!(!same(&structs(["a", "b"]), &structs(["b", "a"])));
    }

    #[test]
    fn required_items_are_another_type() {
        let list = |nullable| DataType::new_list(DataType::Utf8, nullable);
        assert!(!same(&list(true), &list(false)));
    }
}
