//! Fields whose type has no builder of its own.

use std::marker::PhantomData;

use lance_host_data_type::DataType;
use serde::Serialize;

use super::ColumnBuilder;
use crate::Error;
use crate::bindings::lance_host::pipeline::types::Column;
use crate::nested::Node;

/// Builds a column of the type that `S` names, from what serde gives.
pub struct NestedColumn<S> {
    node: Node,
    data_type: PhantomData<fn() -> S>,
}

/// The text of a type, which the derive has checked.
pub trait TypeText: 'static {
    /// As the contract writes it.
    const TEXT: &'static str;
}

impl<S: TypeText> NestedColumn<S> {
    pub(crate) fn append(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        self.node.append(value)
    }
}

impl<S: TypeText> Default for NestedColumn<S> {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "the derive has parsed the same text")]
        let data_type = DataType::parse(S::TEXT).expect("a type's text");
        Self {
            node: Node::new(&data_type, false),
            data_type: PhantomData,
        }
    }
}

impl<S: TypeText> ColumnBuilder for NestedColumn<S> {
    fn data_type() -> String {
        S::TEXT.to_owned()
    }

    fn append_placeholder(&mut self) {
        self.node.append_placeholder();
    }

    fn size(&self) -> usize {
        self.node.size()
    }

    fn truncate(&mut self, rows: usize) {
        self.node.truncate(rows);
    }

    fn finish(&mut self, _: u32, columns: &mut Vec<Column>) {
        self.node.finish(columns);
    }
}
