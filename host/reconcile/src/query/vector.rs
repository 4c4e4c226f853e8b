//! The vector that a search starts from, checked against the column that it searches.

use arrow::{
    array::{Array, ArrayRef, AsArray},
    compute::cast,
    datatypes::{DataType, Float32Type},
    error::ArrowError,
};

use super::{Near, QueryError, column::VectorColumn, key};
use crate::{
    error::{Error, StorageContext},
    table::StoredTable,
};

/// The vectors to search for: one, or several if each row of the column has several.
pub(super) async fn of(
    table: &StoredTable,
    column: &VectorColumn,
    near: &Near,
) -> Result<Vec<Vec<f32>>, Error> {
    let (flag, vectors) = match near {
        Near::Vectors(vectors) => ("--near", vectors.clone()),
        Near::Key(key) => {
            let value = key::value_of(table, key, &column.name).await?;
            let vectors =
                stored(&value, column).storage(table.subject(), "read a stored vector")?;
            ("--near-key", vectors)
        }
    };
    check(flag, column, &vectors)?;
    Ok(vectors)
}

/// The vectors of the only row of a column.
fn stored(value: &ArrayRef, column: &VectorColumn) -> Result<Vec<Vec<f32>>, ArrowError> {
    let vectors = if column.is_list {
        value.as_list::<i32>().value(0)
    } else {
        value.clone()
    };
    let vectors = vectors.as_fixed_size_list();
    (0..vectors.len())
        .map(|row| {
            let items = cast(&vectors.value(row), &DataType::Float32)?;
            Ok(items.as_primitive::<Float32Type>().values().to_vec())
        })
        .collect()
}

fn check(
    flag: &'static str,
    column: &VectorColumn,
    vectors: &[Vec<f32>],
) -> Result<(), QueryError> {
    let refuse = |problem: String| {
        Err(QueryError::Vector {
            flag,
            column: column.name.clone(),
            problem,
        })
    };
    if vectors.is_empty() {
        return refuse("there is none; give a vector".to_owned());
    }
    if vectors.len() > 1 && !column.is_list {
        return refuse(format!(
            "there are {}, and each row holds one; give one",
            vectors.len()
        ));
    }
    for vector in vectors {
        if vector.len() != column.dimension {
            return Err(QueryError::Dimension {
                flag,
                column: column.name.clone(),
                given: vector.len(),
                stored: column.dimension,
            });
        }
        if let Some(item) = vector.iter().find(|item| !item.is_finite()) {
            return refuse(format!("it has {item} in it; give finite numbers"));
        }
        let is_byte = |item: &f32| (0.0..=255.0).contains(item) && item.fract() == 0.0;
        if column.element == DataType::UInt8
            && let Some(item) = vector.iter().find(|item| !is_byte(item))
        {
            return refuse(format!(
                "it has {item} in it, and the column holds bytes; give integers from 0 to 255"
            ));
        }
    }
    Ok(())
}
