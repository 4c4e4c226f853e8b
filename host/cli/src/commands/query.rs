//! `query`: rows near a vector, with some words, or that meet a condition.

use std::{io::Read, path::Path};

use lance_host_reconcile::{Near, Query};
use serde_json::Value;

use crate::{
    args::{databases::unknown_database, query::QueryArgs, values::TablePath},
    exit::Exit,
    failure::{Failure, Kind},
    output::rows::{Json, text},
    session::Session,
};

/// What stands for standard input where a file is asked for.
const STDIN: &str = "-";

/// Shows what is found, best first.
pub async fn query(args: QueryArgs, session: &Session) -> Result<Exit, Failure> {
    let TablePath { database, table } = &args.table;
    let databases = args.databases.databases()?;
    if !databases.names().any(|name| name == database) {
        return Err(unknown_database(database, &databases));
    }
    let near = match (&args.near, args.near_key) {
        (Some(file), _) => Some(Near::Vectors(vectors(file)?)),
        (None, Some(key)) => Some(Near::Key(key)),
        (None, None) => None,
    };
    if near.is_none() && args.metric.is_some() {
        return Err(usage(
            "--metric measures vectors; give one with --near or --near-key",
        ));
    }
    let query = Query {
        near,
        text: args.text,
        columns: args.columns,
        metric: args.metric,
        filter: args.filter,
        select: args.select,
        limit: args.limit.get(),
    };
    let rows = lance_host_reconcile::query(&databases, database, table, &query).await?;
    if session.json() {
        session.print_json(&Json::new(database, table, &rows))?;
    } else {
        session.print(&text(&rows))?;
    }
    Ok(Exit::Done)
}

/// The vector in a file, or the vectors, if it is an array of arrays.
fn vectors(file: &Path) -> Result<Vec<Vec<f32>>, Failure> {
    let name = file.display();
    let json = if file == Path::new(STDIN) {
        let mut json = String::new();
        std::io::stdin().read_to_string(&mut json).map(|_| json)
    } else {
        std::fs::read_to_string(file)
    };
    let json = json.map_err(|error| {
        Failure::new(
            Kind::Usage,
            anyhow::Error::new(error).context(format!("--near {name}: cannot read it")),
        )
    })?;
    let value: Value = serde_json::from_str(&json).map_err(|error| {
        Failure::new(
            Kind::Usage,
            anyhow::Error::new(error).context(format!(
                "--near {name}: this is not JSON; give an array of numbers, such as [0.5, 1.0]"
            )),
        )
    })?;
    let vectors = match &value {
        Value::Array(items) if items.iter().any(Value::is_array) => {
            items.iter().map(vector).collect()
        }
        one => vector(one).map(|vector| vec![vector]),
    };
    vectors.ok_or_else(|| {
        usage(format!(
            "--near {name}: expected an array of numbers, such as [0.5, 1.0]"
        ))
    })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "what is too large becomes infinite, and is refused as such"
)]
fn vector(value: &Value) -> Option<Vec<f32>> {
    let items = value.as_array()?;
    items
        .iter()
        .map(|item| item.as_f64().map(|item| item as f32))
        .collect()
}

fn usage(message: impl Into<String>) -> Failure {
    Failure::message(Kind::Usage, message)
}
